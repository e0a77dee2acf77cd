"""What Alembic itself sends for revisions: its offline SQL, one list for every direction.

Reads {"roots": [...], "dialect": "...", "files": [...]} from standard input and writes one JSON line for each file.
Only for bench/fidelity-alembic.mjs: unlike the review, this executes the files.
"""
import importlib
import importlib.abc
import importlib.machinery
import importlib.util
import json
import sys
import types

import sqlalchemy as sa
from alembic.config import Config
from alembic.operations import Operations
from alembic.runtime.environment import EnvironmentContext
from alembic.runtime.migration import MigrationContext
from sqlalchemy import create_mock_engine
from sqlalchemy.dialects import postgresql


class AutoString(sa.types.TypeDecorator):
    impl = sa.String
    cache_ok = True


class Meta(type):
    def __getattr__(cls, name):
        if name.startswith("__"):
            raise AttributeError(name)
        return Anything

    def __getitem__(cls, item):
        return cls


class Anything(metaclass=Meta):
    def __init__(self, *a, **k):
        pass

    def __init_subclass__(cls, **k):
        pass

    def __call__(self, *a, **k):
        return a[0] if len(a) == 1 and callable(a[0]) else self

    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)
        return Anything()


class Stub(types.ModuleType):
    """A package that is not installed: whatever is asked of it is there."""

    __path__ = []
    AutoString = AutoString

    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)
        if name in ("sqltypes", "sql") and self.__name__.startswith("sqlmodel"):
            return importlib.import_module(self.__name__ + "." + name)
        return type(name, (Anything,), {})


class Stubs(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    def find_spec(self, name, path=None, target=None):
        return importlib.machinery.ModuleSpec(name, self, is_package=True)

    def create_module(self, spec):
        return Stub(spec.name)

    def exec_module(self, module):
        pass


class Citext(sa.types.UserDefinedType):
    cache_ok = True

    def get_col_spec(self, **kw):
        return "CITEXT"


class Uuid(sa.types.TypeDecorator):
    impl = sa.CHAR
    cache_ok = True

    def __init__(self, *a, **k):
        super().__init__()

    def load_dialect_impl(self, dialect):
        if dialect.name == "postgresql":
            return dialect.type_descriptor(postgresql.UUID())
        return dialect.type_descriptor(sa.CHAR(32))


# Names that SQLAlchemy 2 added and that mean the same here.
for name, value in {
    "Uuid": Uuid,
    "UUID": postgresql.UUID,
    "Double": postgresql.DOUBLE_PRECISION,
    "Dialect": sa.engine.Dialect,
    "Row": object,
    "UUID": postgresql.UUID,
}.items():
    if not hasattr(sa, name):
        setattr(sa, name, value)
if not hasattr(postgresql, "CITEXT"):
    postgresql.CITEXT = Citext
sa.Column.inherit_cache = True


class Asked(Exception):
    """The migration wants an answer of the database."""


class Nothing:
    def __getattr__(self, name):
        if name == "rowcount":
            return 0
        raise Asked(name)

    def __iter__(self):
        raise Asked("iter")

    def __bool__(self):
        raise Asked("bool")


def render(construct, dialect):
    if isinstance(construct, str):
        construct = sa.text(construct)
    if isinstance(construct, sa.schema.DDLElement):
        return str(construct.compile(dialect=dialect)).strip()
    return str(construct.compile(dialect=dialect, compile_kwargs={"literal_binds": True})).strip()


def run(module, direction, dialect_name):
    sent = []
    context = MigrationContext.configure(dialect_name=dialect_name, opts={"as_sql": True, "literal_binds": True})
    dialect = context.dialect
    impl = context.impl

    def execute(construct, execution_options=None, multiparams=(), params=None, **kw):
        text = render(construct, dialect)
        if len(sent) > 5000:
            raise Asked("an end")
        sent.append(text)
        return Nothing()

    impl._exec = execute
    mock = create_mock_engine(dialect_name + "://", execute)
    mock.close = lambda: None
    mock.exec_driver_sql = lambda sql, *a, **k: (sent.append(sql), Nothing())[1]
    operations = Operations(context)
    operations.get_bind = lambda: mock
    impl.connection = mock

    class Block:
        def __enter__(self):
            sent.append("COMMIT")

        def __exit__(self, *a):
            sent.append("BEGIN")

    context.autocommit_block = lambda: Block()
    environment = EnvironmentContext(Config(), None)
    environment._migration_context = context
    environment.is_offline_mode = lambda: False
    with environment:
        operations._install_proxy()
        try:
            getattr(module, direction)()
        finally:
            operations._remove_proxy()
    return sent


def main():
    request = json.load(sys.stdin)
    sys.path[:0] = request["roots"]
    sys.meta_path.append(Stubs())
    out = sys.stdout
    sys.stdout = sys.stderr
    for path in request["files"]:
        answer = {"path": path}
        try:
            spec = importlib.util.spec_from_file_location("revision", path)
            module = importlib.util.module_from_spec(spec)
            spec.loader.exec_module(module)
        except BaseException as error:
            answer["error"] = "%s: %s" % (type(error).__name__, error)
            print(json.dumps(answer), file=out, flush=True)
            continue
        for direction in ("upgrade", "downgrade"):
            try:
                answer[direction] = {"sql": run(module, direction, request["dialect"])}
            except BaseException as error:
                answer[direction] = {"error": "%s: %s" % (type(error).__name__, str(error)[:300])}
        print(json.dumps(answer), file=out, flush=True)


if __name__ == "__main__":
    main()
