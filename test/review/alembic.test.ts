import { describe, expect, it } from "vitest";
import { orderRevisions, readRevision } from "../../src/review/alembic/revisions.ts";
import { parsePython } from "../../src/review/code/python.ts";
import { frameworks } from "../../src/review/frameworks/index.ts";
import { isVerbatim } from "../../src/review/script.ts";
import { isInTransaction, outsideTransaction } from "../../src/review/transaction.ts";
import { waiverOf } from "../../src/review/waiver.ts";

const alembic = frameworks.alembic;
if (!alembic) throw new Error("Alembic is gone");

function read(body: string, direction: "up" | "down" = "up", head = "") {
  const text = `import sqlalchemy as sa\nfrom alembic import op\n${head}\ndef ${direction}grade():\n${body
    .split("\n")
    .map((line) => `    ${line}`)
    .join("\n")}\n`;
  const path = "alembic/versions/a.py";
  const script = alembic?.read({ path, text, direction, dialect: "postgresql", settings: {} }).script;
  if (!script) throw new Error("nothing was read");
  return script;
}

function sent(body: string, head = ""): string[] {
  return read(body, "up", head).statements.map(({ sql, refused }) =>
    refused === null ? sql : `not read: ${refused}`,
  );
}

describe("SQL in a string", () => {
  it("keeps its places, letter by letter", () => {
    const script = read('op.execute("""\n  UPDATE a SET x = 1;\n  DROP TABLE b\n""")');
    expect(script.statements.map((statement) => isVerbatim(script, statement))).toEqual([true, true]);
    expect(script.statements.map(({ line }) => line)).toEqual([6, 7]);
    const [, drop] = script.statements;
    const at = drop?.operations[0]?.at;
    expect(script.text.slice(at?.start, at?.end)).toContain("b");
  });

  it("is no text to edit where it is put together", () => {
    const script = read('op.execute("DROP TABLE " + NAME)', "up", 'NAME = "b"\n');
    const [drop] = script.statements;
    expect(drop?.sql).toBe("DROP TABLE b");
    expect(drop && isVerbatim(script, drop)).toBe(false);
  });

  it("has colons that are no parameters", () => {
    expect(sent("op.execute(\"SELECT '12:30'::time, 'a\\\\:b'\")")).toEqual(["SELECT '12:30'::time, 'a:b'"]);
    expect(sent('op.execute("DELETE FROM a WHERE b = :b")')[0]).toMatch(/^not read: .*parameter :b/);
  });
});

it("a sequence is made, gives a default, and goes", () => {
  const head = "from sqlalchemy.schema import CreateSequence, DropSequence, Sequence\n";
  const body = `ids = Sequence("a_ids", start=5, schema="s")
op.execute(CreateSequence(ids))
op.add_column("a", sa.Column("id", sa.Integer(), server_default=ids.next_value()))
op.execute(DropSequence(ids, if_exists=True))`;
  expect(sent(body, head)).toEqual([
    "CREATE SEQUENCE s.a_ids START WITH 5",
    "ALTER TABLE a ADD COLUMN id INTEGER DEFAULT nextval('s.a_ids')",
    "DROP SEQUENCE IF EXISTS s.a_ids",
  ]);
});

describe("an id that is another one each time", () => {
  const body = `ids = [uuid.uuid4() for _ in range(2)]
op.execute(sa.text("INSERT INTO a VALUES (:a, :b)").bindparams(a=ids[0], b=str(ids[1])))
op.execute(f"DELETE FROM a WHERE a = '{ids[0]}' OR b = '{uuid.uuid4().hex}'")`;

  it("is any, the same wherever it is used", () => {
    const [insert = "", remove = ""] = sent(body, "import uuid\n");
    const id = "[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-8[0-9a-f]{3}-[0-9a-f]{12}";
    const [, first, second] =
      new RegExp(`^INSERT INTO a VALUES \\('(${id})', '(${id})'\\)$`).exec(insert) ?? [];
    expect(first).toBeDefined();
    expect(second).not.toBe(first);
    expect(remove).toMatch(new RegExp(`^DELETE FROM a WHERE a = '${first}' OR b = '[0-9a-f]{32}'$`));
    expect(sent(body, "import uuid\n")).toEqual([insert, remove]);
  });
});

describe("what is certain of a call that is not read", () => {
  it("is the table that it creates", () => {
    const script = read('op.create_table("a", sa.Column("b", sa.Enum(Kind)), schema="s")');
    expect(script.statements.map(({ refused }) => refused)).toEqual([
      expect.stringMatching(/^it is not read: /),
    ]);
    expect(script.statements.flatMap(({ operations }) => operations)).toMatchObject([
      { kind: "createTable", table: "s.a", at: script.statements[0]?.span },
    ]);
  });

  it("is the table that it may create", () => {
    const body =
      'if not missing(op.get_bind()):\n    op.create_table("a", sa.Column("b", sa.Integer()))\nop.create_index("i", "a", ["b"])';
    expect(read(body).statements.flatMap(({ operations }) => operations.map(({ kind }) => kind))).toEqual([
      "createTable",
      "createIndex",
    ]);
  });
});

describe("what a file computes", () => {
  it.each([
    ['for t in ("a", "b"): op.drop_table(t)', ["DROP TABLE a", "DROP TABLE b"]],
    ['for i, t in enumerate(["a"]): op.execute("DROP TABLE %s_%d" % (t, i))', ["DROP TABLE a_0"]],
    ['op.execute("DROP TABLE {}".format("a"))', ["DROP TABLE a"]],
    ['op.drop_table("a" if not False or True and False else "b")', ["DROP TABLE a"]],
    ['if op.get_bind().dialect.name != "postgresql": return\nop.drop_table("a")', ["DROP TABLE a"]],
    ['op.drop_column(*["a", "b"])', ["ALTER TABLE a DROP COLUMN b"]],
    ['op.execute(", ".join([f"DROP TABLE {t}" for t in ["a"] if t != "b"]))', ["DROP TABLE a"]],
    [
      'import json\nop.drop_table(json.dumps({"a": [1, "ä", None]}))',
      ['DROP TABLE "{""a"": [1, ""\\u00e4"", null]}"'],
    ],
    [
      'from sqlalchemy_utils import StringEncryptedType\nop.add_column("a", sa.Column("b", StringEncryptedType(sa.String, "k")))',
      ["ALTER TABLE a ADD COLUMN b VARCHAR"],
    ],
    ['op.drop_table("sales force".title())', ['DROP TABLE "Sales Force"']],
    ["op.execute(f\"SELECT '{[1, -2]}'\")", ["SELECT '[1, -2]'"]],
    [
      '@dataclass\nclass T:\n    name: str\n    key: str = "id"\nt = T("a")\nop.drop_column(t.name, t.key)',
      ["ALTER TABLE a DROP COLUMN id"],
    ],
    [
      't = sa.MetaData().tables["a"]\nop.execute(t.delete().where(t.c.b == 1))',
      ["DELETE FROM a WHERE a.b = 1"],
    ],
  ])("is followed: %s", (body, expected) => {
    expect(sent(body)).toEqual(expected);
  });

  it("is followed through context managers of the file", () => {
    const head =
      'from contextlib import contextmanager\n@contextmanager\ndef without(t):\n    op.execute(f"LOCK TABLE {t}")\n    try:\n        yield\n    finally:\n        op.execute("RESET ALL")\n';
    expect(sent('with without("a"): op.drop_table("b")', head)).toEqual([
      "LOCK TABLE a",
      "DROP TABLE b",
      "RESET ALL",
    ]);
  });

  it("is said where it depends on what is elsewhere, and what follows is read", () => {
    const body = 'if settings.has("a"): op.drop_table("a")\nop.drop_table("b")';
    const [first, second] = sent(body);
    expect(first).toMatch(/^not read: it is not read: whether it runs depends on/);
    expect(second).toBe("DROP TABLE b");
  });

  it("is said where Alembic itself would fail", () => {
    expect(sent('op.drop_constraint(None, "a", type_="foreignkey")')).toEqual([
      "not read: Alembic fails here: a constraint is dropped without its name",
    ]);
  });

  const rows = 'rows = op.get_bind().execute(sa.text("SELECT a FROM t")).fetchall()\n';
  const table = 't = sa.table("t", sa.column("a"))\n';

  it.each([
    'names = []\nfor row in rows: names.append("a")\nif names: op.drop_table("a")',
    'names = []\nfor row in rows: names.append("a")\nfor name in names: op.drop_table("a")',
    'names = []\nfor row in rows: names.append(row.a)\nfor i, name in enumerate([n for n in names if n]): op.drop_table("a")',
    'names = {}\nfor row in rows: names[row.a] = "a"\nfor key, name in names.items(): op.drop_table(name)',
    `${table}names = []\nfor row in rows: names.append({"a": f(row)})\nop.bulk_insert(t, names)`,
    'from collections import defaultdict\nnames = defaultdict(list)\nfor row in rows: names[row.a].append("a")\nfor each in names.values(): op.drop_table("a")',
    'names = [f(row) for row in rows if row.a]\nfor name in names: op.drop_table("a")',
  ])("is only said for rows that there may be, where they put it together: %s", (body) => {
    const { statements } = read(rows + body);
    expect(statements.map(({ refused, guard }) => [refused !== null, guard !== null])).toEqual([
      [true, true],
    ]);
    const asked = statements.flatMap(({ asks }) => asks.map(({ sql }) => sql));
    expect(asked).toEqual([expect.stringMatching(/^SELECT EXISTS \(SELECT 1 FROM \(SELECT a FROM t/)]);
  });

  it.each([
    [
      'd = {"a": "b"}\nd["c"] = d.pop("a")\nop.drop_table("_".join([*d.keys(), *d.values()]))',
      "DROP TABLE c_b",
    ],
    ['d = {}\nd.update({"a": "b"}, c="d")\nop.drop_table("_".join(d.values()))', "DROP TABLE b_d"],
    [
      'from collections import defaultdict\nd = defaultdict(list)\nfor a in ["b", "b"]: d[a].append("c")\nop.drop_table("_".join(d["b"]))',
      "DROP TABLE c_c",
    ],
    ['l = ["a", "b"]\nl.remove("a")\nfor t in l: op.drop_table(t)', expect.stringMatching(/^not read/)],
    ['d = {}\nd.setdefault("a", "b")\nfor t in d: op.drop_table(t)', expect.stringMatching(/^not read/)],
    [
      'l = []\nfor r in rows(): l.append("a")\nop.execute(f"SELECT {len(l)}")',
      expect.stringMatching(/^not read/),
    ],
  ])("is followed, or lost, where lists and dicts change: %s", (body, expected) => {
    expect(sent(body)).toEqual([expected]);
  });
});

describe("a foreign key with use_alter", () => {
  const body =
    'op.create_table("a", sa.Column("b", sa.Integer(), sa.ForeignKey("b.id", use_alter=True)), sa.ForeignKeyConstraint(["b"], ["c.id"], use_alter=True))\nop.add_column("a", sa.Column("d", sa.Integer(), sa.ForeignKey("d.id", use_alter=True)))';

  it("is left out of CREATE TABLE, as SQLAlchemy leaves it to a later ALTER TABLE that Alembic does not send", () => {
    expect(sent(body).map((sql) => sql.replaceAll(/\s+/g, " "))).toEqual([
      "CREATE TABLE a ( b INTEGER )",
      "ALTER TABLE a ADD COLUMN d INTEGER",
      "ALTER TABLE a ADD FOREIGN KEY(d) REFERENCES d (id)",
    ]);
  });
});

describe("a setting of the environment", () => {
  function reading(body: string, settings: Record<string, string> = {}) {
    const text = `import os\nfrom alembic import op\nfrom conf import FLAG\n\ndef upgrade():\n    ${body.replaceAll("\n", "\n    ")}\n`;
    const read = alembic?.read({ path: "v/a.py", text, direction: "up", dialect: "postgresql", settings });
    return {
      sent: read?.script?.statements.map(({ sql, refused }) => refused ?? sql),
      told: read?.skipped.map(({ line, reason, matters }) => `${line} ${reason}${matters ? " !" : ""}`),
    };
  }

  it("is what the code gives where it is not set, which is told", () => {
    const body =
      'role = os.getenv("ROLE", "app")\nif os.environ.get("SKIP", "").lower() == "true": return\nfor i in range(int(os.environ.get("N", "1"))): op.execute(f"CREATE ROLE {role}")';
    expect(reading(body)).toEqual({
      sent: ["CREATE ROLE app"],
      told: [
        '6 it is read as where the environment does not set ROLE, for which the code gives "app"',
        '7 it is read as where the environment does not set SKIP, for which the code gives ""',
        '8 it is read as where the environment does not set N, for which the code gives "1"',
      ],
    });
  });

  it("is not told where nothing depends on it", () => {
    expect(reading('log = os.getenv("LOG", "no")\nif log == "yes": print("a")\nop.drop_table("a")')).toEqual({
      sent: ["DROP TABLE a"],
      told: [],
    });
  });

  it("is told where a module of the project has it", () => {
    const modules = JSON.stringify({
      texts: { "conf.py": 'import os\nFLAG = os.environ.get("FLAG", "no") == "yes"' },
      paths: { conf: "conf.py" },
    });
    expect(reading('if not FLAG: op.drop_table("a")', { modules })).toEqual({
      sent: ["DROP TABLE a"],
      told: ['3 it is read as where the environment does not set FLAG, for which the code gives "no"'],
    });
  });

  it("is not known where the code gives nothing for it", () => {
    const { sent: statements, told } = reading(
      'if os.environ.get("A"): op.drop_table("a")\nop.drop_table(os.environ["B"])',
    );
    expect(statements).toEqual([
      expect.stringContaining("whether it runs depends on os.environ.get"),
      expect.stringContaining("known only when it runs"),
    ]);
    expect(told).toEqual([]);
  });
});

describe("a statement that is built of calls", () => {
  const head = `from sqlalchemy.dialects.postgresql import JSONB, insert
t = sa.table("t", sa.column("a"), sa.column("b", JSONB))
u = sa.table("u", sa.column("a"), sa.column("d"))
k = t.alias("k")
class Kind(Enum):
    OLD = "old"
class M(Base):
    __tablename__ = "m"
    n = mapped_column("number")
    kind = mapped_column(sa.Enum(Kind))
class Line(SQLModel, table=True):
    n: int = Field()
inner = sa.select(u.c.a).where(u.c.d == 1)
made = insert(t).values([{"a": 1}])
`;

  // As SQLAlchemy 1.4 renders them.
  it.each([
    ["sa.delete(t).where(t.c.a.in_(inner))", "DELETE FROM t WHERE t.a IN (SELECT u.a FROM u WHERE u.d = 1)"],
    [
      "sa.update(t).where(t.c.a.not_in(inner), t.c.b.is_(None)).values(a='x')",
      "UPDATE t SET a='x' WHERE (t.a NOT IN (SELECT u.a FROM u WHERE u.d = 1)) AND t.b IS NULL",
    ],
    ["sa.update(t).where(t.c.a == u.c.a).values(a=u.c.d)", "UPDATE t SET a=u.d FROM u WHERE t.a = u.a"],
    [
      "sa.update(t).where(~sa.exists(sa.select(1).where(k.c.a == u.c.a))).values(a='x')",
      "UPDATE t SET a='x' WHERE NOT (EXISTS (SELECT 1 FROM t AS k, u WHERE k.a = u.a))",
    ],
    [
      "sa.update(t).values(a=sa.case((t.c.a < 3, 'x'), else_=sa.func.lower(t.c.b)))",
      "UPDATE t SET a=CASE WHEN (t.a < 3) THEN 'x' ELSE lower(t.b) END",
    ],
    [
      "t.insert().from_select(['a', 'b'], sa.select(u.c.a, sa.literal('x').label('b')).where(~sa.select(t.c.b).where(t.c.a == u.c.a).exists()))",
      "INSERT INTO t (a, b) SELECT u.a, 'x' AS b FROM u WHERE NOT (EXISTS (SELECT t.b FROM t WHERE t.a = u.a))",
    ],
    [
      "insert(t).values(a=1).on_conflict_do_nothing(index_elements=['a'])",
      "INSERT INTO t (a) VALUES (1) ON CONFLICT (a) DO NOTHING",
    ],
    [
      "made.on_conflict_do_update(index_elements=['a'], set_={'b': made.excluded.b}).returning(t.c.a)",
      "INSERT INTO t (a) VALUES (1) ON CONFLICT (a) DO UPDATE SET b = excluded.b RETURNING t.a",
    ],
    [
      "sa.update(t).values(b=sa.select(u.c.d).where(u.c.a == t.c.a).order_by(u.c.d.desc()).limit(1).scalar_subquery())",
      "UPDATE t SET b=(SELECT u.d FROM u WHERE u.a = t.a ORDER BY u.d DESC LIMIT 1)",
    ],
    [
      "sa.update(t).where(t.c.b == sa.cast([], JSONB)).values(b=[1])",
      "UPDATE t SET b='[1]' WHERE t.b = CAST('[]' AS JSONB)",
    ],
    [
      "sa.update(M).where(M.kind == Kind.OLD, M.n > 1).values(kind=Kind.OLD)",
      "UPDATE m SET kind='OLD' WHERE m.kind = 'OLD' AND m.number > 1",
    ],
    ["sa.delete(Line).where(Line.n == 1)", "DELETE FROM line WHERE line.n = 1"],
    ["sa.text('SELECT :a').bindparams(a=['x', 'y'])", "SELECT ARRAY['x', 'y']"],
  ])("is %s", (body, expected) => {
    expect(sent(`op.execute(${body})`, head)).toEqual([expected]);
  });
});

describe("an autocommit_block", () => {
  const script = read(
    'op.drop_table("a")\nwith op.get_context().autocommit_block():\n    op.create_index("i", "b", ["c"], postgresql_concurrently=True)\nop.drop_table("d")',
  );

  it("stands outside the transactions around it", () => {
    const inside = script.statements.map((statement) => isInTransaction(script, statement));
    expect(script.statements.map(({ sql }) => sql)).toEqual([
      "BEGIN",
      "DROP TABLE a",
      "COMMIT",
      "CREATE INDEX CONCURRENTLY i ON b (c)",
      "BEGIN",
      "DROP TABLE d",
      "COMMIT",
    ]);
    expect([inside[1], inside[3], inside[5]]).toEqual([true, false, true]);
  });

  it("is what is recommended", () => {
    expect(outsideTransaction({ script, framework: alembic })).toContainEqual({
      code: "with op.get_context().autocommit_block()",
    });
  });
});

it("takes a raised NotImplementedError for the author's word that there is no way back", () => {
  expect(waiverOf(read("raise NotImplementedError()", "down"))).toContain("NotImplementedError");
  expect(waiverOf(read("pass", "down"))).toBeNull();
});

describe("revisions", () => {
  it("are read without the rest of the file", () => {
    const text = 'revision: str = "b"\ndown_revision = ("a", "x")\ndepends_on = "y"\n@mark\ndef upgrade(:';
    expect(readRevision("b.py", text)).toMatchObject({ id: "b", after: ["a", "x"], dependsOn: ["y"] });
    expect(readRevision("c.py", "x = 1")).toBeNull();
    expect(readRevision("moved.py", text)).toEqual({ ...readRevision("b.py", text), path: "moved.py" });
    expect(readRevision("b.py", text.replaceAll(/\bb\b/g, "c"))).toMatchObject({ id: "c" });
  });

  it("that follow each other are told", () => {
    const of = (id: string, after: string) => ({
      path: `${id}.py`,
      id,
      after: [after],
      dependsOn: [],
      labels: [],
    });
    const { revisions, problems } = orderRevisions([of("a", "b"), of("b", "a")]);
    expect(revisions).toHaveLength(2);
    expect(problems[0]?.reason).toContain("follows itself");
  });
});

it("reads every kind of statement of Python that is no mistake", () => {
  expect(parsePython("def f():\n    try:\n        yield\n    finally:\n        pass\n").kind).toBe("module");
  expect(parsePython("def f(:\n").kind).toBe("unreadable");
});
