import { afterAll, beforeAll, expect, it } from "vitest";
import type { DryRun, Migration } from "../../src/review/types.ts";
import { type Case, createSharedDry, type Dry, outcomesOf } from "./dry.ts";

let dry: Dry;
beforeAll(() => {
  dry = createSharedDry();
});
afterAll(() => dry.close());

const history = [
  `CREATE TABLE orders (id bigint PRIMARY KEY, total int, state text NOT NULL DEFAULT 'new');
CREATE INDEX orders_state ON orders (state)`,
];

/** A change step by step, and all the way; what a run by itself measures is left out. */
async function bothWays(one: Case, keep = 0) {
  const seen: DryRun[] = [];
  const version = (all: readonly Migration[]) =>
    all.map((step, i) => (i < keep ? { ...step, status: "kept" as const } : step));
  for (const isStepByStep of [true, false])
    await dry.run({ history, ...one, versions: [version], isStepByStep, saw: (run) => seen.push(run) });
  const [slowFirst, slow, quickFirst, quick] = seen as [DryRun, DryRun, DryRun, DryRun];
  expect(facts(quickFirst, 0)).toEqual(facts(slowFirst, 0));
  const [isFirstQuick, isQuick] = [quickFirst, quick].map(({ timings }) => !("trace" in timings));
  return { slow: facts(slow, keep), quick: facts(quick, keep), isFirstQuick, isQuick };
}

/** Of what is only there no more is told than where it leads. */
function facts({ migrations, head, standIns, seeded, lost }: DryRun, keep: number) {
  return JSON.parse(
    JSON.stringify({ migrations: migrations.slice(keep), head, standIns, seeded, lost }, (key, value) =>
      key === "ms" || key === "oid" ? 0 : value,
    ),
  );
}

const renamed = [
  { up: "ALTER TABLE orders ADD COLUMN status text", down: "ALTER TABLE orders DROP COLUMN status" },
  { up: "UPDATE orders SET status = state", down: "UPDATE orders SET status = NULL" },
  {
    up: "CREATE INDEX orders_status ON orders (status); ALTER TABLE orders ALTER COLUMN status SET NOT NULL",
    down: "ALTER TABLE orders ALTER COLUMN status DROP NOT NULL; DROP INDEX orders_status",
  },
];

it.each<[string, Case, number]>([
  ["that go forth and back", { steps: renamed }, 0],
  ["behind one that is only there", { steps: renamed }, 1],
  ["that have no way back", { steps: renamed.map(({ up }) => ({ up })) }, 0],
  ["without a way back, behind one that is only there", { steps: renamed.map(({ up }) => ({ up })) }, 1],
  ["whose statements each have a transaction", { steps: renamed, mode: "autocommit" }, 0],
  [
    "that leave a function with other white space",
    {
      history: [...history, "CREATE FUNCTION one() RETURNS int LANGUAGE sql AS 'SELECT  1'"],
      steps: [
        {
          up: "CREATE OR REPLACE FUNCTION one() RETURNS int LANGUAGE sql AS 'SELECT 2 - 1'",
          down: "CREATE OR REPLACE FUNCTION one() RETURNS int LANGUAGE sql AS 'SELECT 1'",
        },
        { up: "CREATE TABLE a (id int)", down: "DROP TABLE a" },
      ],
    },
    0,
  ],
])("sees of steps %s all the way what it sees step by step", async (_, one, keep) => {
  const { slow, quick, isQuick } = await bothWays(one, keep);
  expect(quick).toEqual(slow);
  expect(isQuick).toBe(true);
});

it.each<[string, Case]>([
  ["whose down leaves something", { steps: [{ up: "CREATE TABLE a (id int)", down: "SELECT 1" }] }],
  [
    "whose down is only made good by the one before it",
    {
      steps: [
        { up: "CREATE TABLE a (id int)", down: "DROP TABLE a" },
        { up: "CREATE INDEX a_id ON a (id)", down: "SELECT 1" },
      ],
    },
  ],
  [
    "whose down loses rows",
    {
      steps: [
        {
          up: "UPDATE orders SET total = 7",
          down: "SELECT 1",
        },
      ],
    },
  ],
  ["whose up fails", { steps: [{ up: "ALTER TABLE orders ADD COLUMN id int" }] }],
  ["whose down fails", { steps: [{ up: "CREATE TABLE a (id int)", down: "DROP TABLE b" }] }],
  [
    "that only runs up once",
    {
      steps: [
        {
          up: "CREATE TABLE a (id int); CREATE ROLE once",
          down: "DROP TABLE a",
        },
      ],
    },
  ],
  [
    "that its tool's transaction refuses",
    { steps: [{ up: "CREATE INDEX CONCURRENTLY orders_total ON orders (total)" }], mode: "transaction" },
  ],
  [
    "that leaves a harmless difference to the ones below",
    {
      steps: [
        {
          up: "ALTER TABLE orders ADD COLUMN a int, ADD COLUMN b int",
          down: "ALTER TABLE orders DROP COLUMN a, DROP COLUMN b",
        },
        { up: "ALTER TABLE orders DROP COLUMN a", down: "ALTER TABLE orders ADD COLUMN a int" },
      ],
    },
  ],
  [
    "one of which has no way back",
    { steps: [{ up: "CREATE TABLE a (id int)", down: "DROP TABLE a" }, { up: "CREATE TABLE b (id int)" }] },
  ],
])("goes step by step where one is there %s", async (_, one) => {
  const { slow, quick, isFirstQuick } = await bothWays(one);
  expect(quick).toEqual(slow);
  expect(isFirstQuick).toBe(false);
});

const apart = [
  { up: "ALTER TABLE orders ADD COLUMN status text", down: "ALTER TABLE orders DROP COLUMN status" },
  { up: "CREATE INDEX orders_total ON orders (total)", down: "DROP INDEX orders_total" },
  {
    up: "ALTER TABLE orders ALTER COLUMN status SET DEFAULT 'new'",
    down: "ALTER TABLE orders ALTER COLUMN status DROP DEFAULT",
  },
];

/** The change with its first two steps compared as one, beside the change with each by itself. */
async function atOnce(steps: NonNullable<Case["steps"]>) {
  const seen: DryRun[] = [];
  const same = (all: readonly Migration[]) => all;
  const ids = steps.map((_, i) => `migrations/${i + history.length}`);
  for (const levels of [undefined, [ids.slice(0, 2), ids.slice(2)]])
    await dry.run({
      history,
      steps,
      versions: [same],
      ...(levels && { levels }),
      saw: (run) => seen.push(run),
    });
  return { alone: seen[1] as DryRun, together: seen[3] as DryRun };
}

it("sees of steps that are compared as one what it sees of each by itself", async () => {
  const { alone, together } = await atOnce(apart);
  const told = ({ migrations }: DryRun) =>
    facts(
      {
        ...together,
        migrations: migrations.map((run) => ({ ...run, before: alone.head, after: alone.head })),
      },
      0,
    );
  expect(told(together)).toEqual(told(alone));
  expect(together.head).toEqual(alone.head);
  expect(alone.migrations[0]?.after).not.toEqual(alone.migrations[1]?.after);
  expect(together.migrations[0]?.after).toEqual(alone.migrations[1]?.after);
  expect(together.migrations.map(({ up }) => up.statements[0]?.locks.map(({ mode }) => mode))).toEqual([
    ["ACCESS EXCLUSIVE"],
    ["SHARE"],
    ["ACCESS EXCLUSIVE"],
  ]);
});

it.each([
  ["something is left behind", { up: "CREATE TABLE a (id int)", down: "SELECT 1" }],
  ["rows are lost", { up: "UPDATE orders SET total = 7", down: "SELECT 1" }],
])("reaches none of steps that are compared as one where %s", async (_, step) => {
  const { alone, together } = await atOnce([apart[0] ?? step, step, { up: "SELECT 1", down: "SELECT 1" }]);
  const { residue = [], data = [] } = alone.migrations[1]?.roundTrip ?? {};
  expect([...residue, ...data]).toHaveLength(1);
  expect(together.lost).toBeNull();
  expect(together.migrations.flatMap(({ up }) => outcomesOf(up))).toEqual(Array(3).fill("not-reached"));
});
