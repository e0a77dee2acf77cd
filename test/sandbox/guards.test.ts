import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { nothingBrought } from "../../src/review/framework.ts";
import { frameworks } from "../../src/review/frameworks/index.ts";
import type { Dialect, DryRun, Migration, Script } from "../../src/review/types.ts";
import { type Batch, createBatch } from "../batch.ts";
import { only, outcomesOf } from "./dry.ts";

let batch: Batch;
beforeAll(() => {
  batch = createBatch();
});
afterAll(() => batch.close());

const head = `import sqlalchemy as sa
from alembic import op

orders = sa.table("orders", sa.column("id"), sa.column("note"))

class Order(Base):
    __tablename__ = "orders"
    id = sa.Column(sa.Integer, primary_key=True)

def has_column(table, column):
    inspector = sa.inspect(op.get_bind())
    if table not in inspector.get_table_names():
        return False
    return column in [c["name"] for c in inspector.get_columns(table)]
`;

function read(body: string, direction: "up" | "down", dialect: Dialect, i = 0): Script {
  const text = `${head}\ndef ${direction}grade():\n${body.replace(/^/gm, "    ")}\n`;
  const script = frameworks.alembic?.read({
    path: `versions/${i}.py`,
    text,
    direction,
    dialect,
    settings: {},
  }).script;
  if (!script) throw new Error("nothing was read");
  return script;
}

const shop =
  'op.create_table("orders", sa.Column("id", sa.Integer(), primary_key=True), sa.Column("note", sa.Text()))\nop.create_index("orders_note", "orders", ["note"])';

async function run(
  dialect: Dialect,
  up: string,
  down: string | null = null,
  history: readonly string[] = [shop],
): Promise<DryRun> {
  const step: Migration = {
    id: "versions/step",
    version: "step",
    name: "step",
    up: read(up, "up", dialect, history.length),
    down: down === null ? null : read(down, "down", dialect, history.length),
    downWaived: null,
    downPath: null,
    status: "added",
    changed: ["up", "down"],
    unchanged: [],
    former: null,
    together: false,
    time: null,
    settings: {},
  };
  return batch.dryRun({
    database: {
      directory: "versions",
      framework: "alembic",
      dialect,
      habits: { late: "run", duplicates: "refused", checksums: false, together: false },
      brought: nothingBrought,
      takenBack: [],
      models: null,
      snapshots: null,
      history: history.map((text, i) => ({
        path: `versions/${i}.py`,
        version: String(i),
        digest: text,
        settings: {},
      })),
      steps: [step],
    },
    scope: "guards",
    loadHistory: async () => history.map((body, i) => read(body, "up", dialect, i)),
    queries: [],
    rows: {},
  });
}

const dialects: Dialect[] = ["postgresql", "sqlite"];

function columnsOf({ head }: DryRun, table = "orders"): string[] {
  return head.tables.find(({ name }) => name === table)?.columns.map(({ name }) => name) ?? [];
}

/** What is run, by the words that guard it. */
const forms: readonly (readonly [test: string, isDue: boolean])[] = [
  ['not has_column("orders", "x")', true],
  ['has_column("orders", "note")', true],
  ['has_column("nothing", "note")', false],
  ['sa.inspect(op.get_bind()).has_table("orders")', true],
  ['op.get_bind().dialect.has_table(op.get_bind(), "nothing")', false],
  ['"nothing" in sa.inspect(op.get_bind()).get_table_names()', false],
  ['any(i["name"] == "orders_note" for i in sa.inspect(op.get_bind()).get_indexes("orders"))', true],
  ['any(i["column_names"] == ["id"] for i in sa.inspect(op.get_bind()).get_indexes("orders"))', false],
  ['{c["name"]: c for c in sa.inspect(op.get_bind()).get_columns("orders")}["note"]["nullable"]', true],
  ['"id" in sa.inspect(op.get_bind()).get_pk_constraint("orders")["constrained_columns"]', true],
  ['len(sa.inspect(op.get_bind()).get_columns("orders")) > 100', false],
  ['{"id", "note"}.issubset({c["name"] for c in sa.inspect(op.get_bind()).get_columns("orders")})', true],
  ['op.get_bind().execute(sa.text("SELECT 1 FROM orders WHERE id = :id"), {"id": -1}).fetchone()', false],
  ['op.get_bind().execute(sa.text("SELECT count(*) FROM orders WHERE id = -1")).scalar() == 0', true],
  ['op.get_bind().execute(sa.text("SELECT count(*) FROM orders WHERE id = -1")).scalar()', false],
  [
    'next((c for c in sa.inspect(op.get_bind()).get_columns("orders") if c["name"] == "x"), None) is None',
    true,
  ],
  ["op.get_bind().execute(sa.select(orders.c.id).where(orders.c.id == -1)).first()", false],
  ["sa.orm.Session(op.get_bind()).query(Order).filter(Order.id == -1).count() == 0", true],
  ["sa.orm.Session(op.get_bind()).query(Order).filter(Order.id > -1).first() is not None", true],
];

describe.each(dialects)("a guard, on %s", (dialect) => {
  it("holds where the database answers so", async () => {
    const up = forms.map(
      ([test], i) => `if ${test}:\n    op.add_column("orders", sa.Column("c${i}", sa.Integer()))`,
    );
    const seen = await run(dialect, up.join("\n"));
    const outcomes = outcomesOf(only(seen).up);
    expect(forms.map(([test], i) => [test, outcomes[i]])).toEqual(
      forms.map(([test, isDue]) => [test, isDue ? "ran" : "not-due"]),
    );
    expect(columnsOf(seen).slice(2)).toEqual(forms.flatMap(([, isDue], i) => (isDue ? [`c${i}`] : [])));
  });

  it("is asked once, where the migration asks, whatever is done after", async () => {
    const up = `names = sa.inspect(op.get_bind()).get_table_names()
if "lists" not in names:
    op.create_table("lists", sa.Column("id", sa.Integer()))
    op.create_index("lists_id", "lists", ["id"])
else:
    op.drop_table("lists")
if "lists" in names:
    op.drop_table("orders")`;
    const { up: ran } = only(await run(dialect, up));
    expect(outcomesOf(ran)).toEqual(["ran", "ran", "not-due", "not-due"]);
  });

  it("lets the rest be for an early return, in the function alone", async () => {
    const up = `def add(table, column):
    if has_column(table, column):
        return
    op.add_column(table, sa.Column(column, sa.Integer()))
add("orders", "note")
add("orders", "x")
for table in ("orders", "nothing"):
    if not sa.inspect(op.get_bind()).has_table(table):
        continue
    op.execute(f"DELETE FROM {table}")
if has_column("orders", "x"):
    return
op.drop_table("orders")`;
    const seen = await run(dialect, up);
    expect(outcomesOf(only(seen).up)).toEqual(["not-due", "ran", "ran", "not-due", "not-due"]);
    expect(columnsOf(seen)).toEqual(["id", "note", "x"]);
  });

  it("decides what is in the history, and leaves no gap where nothing is run", async () => {
    const history = [
      shop,
      'if not has_column("orders", "x"):\n    op.add_column("orders", sa.Column("x", sa.Integer()))',
      'if has_column("orders", "y"):\n    op.drop_column("orders", "y")',
      'for row in op.get_bind().execute(sa.text("SELECT id FROM orders")).fetchall():\n    op.execute(make(row))',
      "for row in sa.orm.Session(op.get_bind()).query(Order).filter(elsewhere).all():\n    op.execute(make(row))",
    ];
    const seen = await run(dialect, "pass", null, history);
    expect(seen.history.failed).toEqual([]);
    expect(columnsOf(seen)).toEqual(["id", "note", "x"]);
  });

  it("is a matter of the down as well", async () => {
    const up = 'if not has_column("orders", "x"):\n    op.add_column("orders", sa.Column("x", sa.Integer()))';
    const down = 'if has_column("orders", "x"):\n    op.drop_column("orders", "x")';
    const { roundTrip } = only(await run(dialect, up, down));
    expect(outcomesOf(roundTrip?.down)).toEqual(["ran"]);
    expect(roundTrip).toMatchObject({ residue: [], notEvaluated: null, upAgainResidue: [] });
  });

  it("is said where the rows decide that are made up", async () => {
    const up =
      'for row in op.get_bind().execute(sa.text("SELECT id FROM orders")).fetchall():\n    op.execute(make(row))';
    const { up: ran } = only(await run(dialect, up));
    expect(outcomesOf(ran)).toEqual([
      expect.stringMatching(/^not evaluated: it is not read: what it goes over/),
    ]);
  });

  it("of a loop that may give rows their values takes made-up rows away that lack them", async () => {
    const up = `op.add_column("orders", sa.Column("total", sa.Integer()))
for row in op.get_bind().execute(sa.text("SELECT id FROM orders")).fetchall():
    op.execute(make(row))
with op.batch_alter_table("orders") as batch:
    batch.alter_column("total", nullable=False)`;
    const { up: ran } = only(await run(dialect, up));
    expect(outcomesOf(ran)).toEqual(["ran", "not-due", "ran"]);
  });

  it("that cannot be asked leaves open whether the statement is run, and hides no other", async () => {
    const up =
      'if op.get_bind().execute(sa.text("SELECT 1 FROM nothing")).fetchone():\n    op.drop_table("orders")\nop.add_column("orders", sa.Column("x", sa.Integer()))';
    const seen = await run(dialect, up);
    expect(outcomesOf(only(seen).up)).toEqual([
      expect.stringMatching(/^not evaluated: what it asks the database first could not be asked .*nothing/),
      "ran",
    ]);
    expect(columnsOf(seen)).toEqual(["id", "note", "x"]);
  });
});

describe("a batch on SQLite, for which Alembic copies the table", () => {
  const history = [
    `op.create_table("lists", sa.Column("id", sa.Integer(), primary_key=True))
op.create_table("items", sa.Column("id", sa.Integer(), primary_key=True), sa.Column("size", sa.Integer(), nullable=False),
    sa.Column("name", sa.String(20), server_default="none"), sa.Column("list_id", sa.Integer()), sa.Column("old", sa.Text()),
    sa.ForeignKeyConstraint(["list_id"], ["lists.id"], name="items_list"), sa.UniqueConstraint("name", name="items_name"))
op.create_index("items_size", "items", ["size"])
op.create_index("items_old", "items", ["old"])`,
  ];

  it("changes columns, constraints and indexes, and keeps the rest and the rows", async () => {
    const up = `with op.batch_alter_table("items") as batch:
    batch.alter_column("size", type_=sa.BigInteger(), nullable=True, server_default="0")
    batch.alter_column("name", new_column_name="title", nullable=False)
    batch.drop_column("old")
    batch.drop_index("items_old")
    batch.add_column(sa.Column("made", sa.DateTime(), server_default=sa.text("CURRENT_TIMESTAMP")))
    batch.create_index("items_made", ["made"])
    batch.drop_constraint("items_name", type_="unique")
    batch.create_check_constraint("items_positive", "size >= 0")
    batch.create_unique_constraint("items_both", ["list_id", "size"])`;
    const seen = await run("sqlite", up, null, history);
    expect(new Set(outcomesOf(only(seen).up))).toEqual(new Set(["ran"]));
    const items = seen.head.tables.find(({ name }) => name === "items");
    expect(
      items?.columns.map(({ name, type, notNull, defaultSql }) => [name, type, notNull, defaultSql]),
    ).toEqual([
      ["id", "INTEGER", true, null],
      ["size", "BIGINT", false, "'0'"],
      ["title", "VARCHAR(20)", true, "'none'"],
      ["list_id", "INTEGER", false, null],
      ["made", "DATETIME", false, "CURRENT_TIMESTAMP"],
    ]);
    expect(items?.constraints.map(({ kind, columns }) => [kind, columns])).toEqual(
      expect.arrayContaining([
        ["primary-key", ["id"]],
        ["foreign-key", ["list_id"]],
        ["unique", ["list_id", "size"]],
        ["check", ["size"]],
      ]),
    );
    expect(items?.indexes.map(({ name }) => name)).toEqual(
      expect.arrayContaining(["items_size", "items_made"]),
    );
    expect(seen.head.tables.map(({ name }) => name)).toEqual(["items", "lists"]);
  });

  it("fails where a constraint that it drops is not there, as Alembic does", async () => {
    const up =
      'with op.batch_alter_table("items") as batch:\n    batch.drop_constraint("items_other", type_="unique")';
    const { up: ran } = only(await run("sqlite", up, null, history));
    expect(outcomesOf(ran)).toEqual(["SQLITE_ERROR no such constraint: items_other in items"]);
  });
});
