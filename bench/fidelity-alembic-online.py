"""What Alembic itself does to a database: revisions run online, one function after the other.

Reads {"roots": [...], "url": "...", "files": [...]} from standard input: first every upgrade, then every downgrade in reverse.
After each it writes one JSON line and waits for a line, so that the database can be looked at in between.
Only for bench/fidelity-alembic.mjs: unlike the review, this executes the files.
"""
import importlib.util
import json
import sys

import sqlalchemy as sa
from alembic.config import Config
from alembic.operations import Operations
from alembic.runtime.environment import EnvironmentContext
from alembic.runtime.migration import MigrationContext



loader = importlib.util.spec_from_file_location("offline", sys.path[0] + "/fidelity-alembic.py")
offline = importlib.util.module_from_spec(loader)
loader.loader.exec_module(offline)


def run(engine, path, direction):
    spec = importlib.util.spec_from_file_location("revision", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"transaction_per_migration": True})
        environment = EnvironmentContext(Config(), None)
        environment._migration_context = context
        with environment, context.begin_transaction(_per_migration=True):
            with Operations.context(context):
                getattr(module, direction)()


def main():
    request = json.loads(sys.stdin.readline())
    sys.path[:0] = request["roots"]
    sys.meta_path.append(offline.Stubs())
    engine = sa.create_engine(request["url"], poolclass=sa.pool.NullPool)
    out, sys.stdout = sys.stdout, sys.stderr
    files = request["files"]
    for direction, paths in (("upgrade", files), ("downgrade", files[::-1])):
        for path in paths:
            answer = {"path": path, "direction": direction, "error": None}
            try:
                run(engine, path, direction)
            except BaseException as error:
                answer["error"] = "%s: %s" % (type(error).__name__, str(error)[:300])
            print(json.dumps(answer), file=out, flush=True)
            if not sys.stdin.readline():
                return


main()
