import { afterAll, beforeAll, expect, it } from "vitest";
import { readScript } from "../../src/review/script.ts";
import type { DryRun, Migration } from "../../src/review/types.ts";
import { createSharedDry, type Dry, outcomesOf, type Step } from "./dry.ts";

let dry: Dry;
beforeAll(() => {
  dry = createSharedDry();
});
afterAll(() => dry.close());

const history = ["CREATE TABLE orders (id bigint PRIMARY KEY, total int)"];
const steps: readonly Step[] = [
  { up: "ALTER TABLE orders ADD COLUMN note text", down: "ALTER TABLE orders DROP COLUMN note" },
  // Made-up rows hold the same value twice.
  { up: "UPDATE orders SET total = 1; CREATE UNIQUE INDEX orders_total ON orders (total)" },
  { up: "CREATE TABLE notes (id int); GRANT SELECT ON notes TO app" },
  { up: "ALTER TABLE orders ALTER COLUMN total TYPE bigint" },
];

/** The first so many steps are only applied, as in a version of the change that leaves them alone. */
const keeping = (count: number) => (all: readonly Migration[]) =>
  all.map((step, i) => (i < count ? { ...step, status: "kept" as const } : step));

async function runs(...versions: readonly ((all: readonly Migration[]) => readonly Migration[])[]) {
  const seen: DryRun[] = [];
  await dry.run({ history, steps, versions, saw: (run) => seen.push(run) });
  return seen;
}

function facts({ migrations, head, seeded, standIns }: DryRun) {
  const plain = migrations.map((migration) => ({ ...migration, before: null, after: null }));
  return JSON.parse(
    JSON.stringify({ migrations: plain, head, seeded, standIns }, (key, value) => (key === "ms" ? 0 : value)),
  );
}

it("sees of another version of the change what it saw of the first, wherever it goes on from", async () => {
  const [first, ...others] = await runs(keeping(0), keeping(1), keeping(2), keeping(3), keeping(4));
  expect(others).toHaveLength(5);
  expect(first?.migrations.map(({ up }) => outcomesOf(up))).toEqual([
    ["ran"],
    ["ran", "ran"],
    ["ran", "ran"],
    ["ran"],
  ]);
  for (const other of others.slice(0, 4)) expect(facts(other)).toEqual(facts(first as DryRun));
  expect(others[4]?.head).toEqual(first?.head);
});

it("runs only what comes after the steps that a version leaves alone", async () => {
  const [first, second] = await runs((all) =>
    keeping(2)(all)
      .map((step, i) => (i === 2 ? { ...step, up: (all[3] as Migration).up } : step))
      .slice(0, 3),
  );
  expect(second?.migrations[1]).toBe(first?.migrations[1]);
  expect(second?.head.tables.map(({ name }) => name)).toEqual(["orders"]);
  expect(second?.head.tables[0]?.columns.find(({ name }) => name === "total")?.type).toBe("bigint");
});

/** Another first step, and the others only applied. */
const startingWith = (sql: string) => (all: readonly Migration[]) =>
  all.map((step, i) =>
    i === 0
      ? { ...step, up: readScript(step.up.path, sql, "implicit") }
      : { ...step, status: "kept" as const },
  );

it("does not run again what follows on the same objects and rows", async () => {
  const [first, second] = await runs(startingWith("ALTER TABLE orders ADD note pg_catalog.text NULL"));
  expect(second?.migrations[0]?.up.statements).toHaveLength(1);
  expect(second?.migrations.slice(1)).toEqual(first?.migrations.slice(1));
  expect(second?.migrations[3]).toBe(first?.migrations[3]);
  expect(second?.head).toBe(first?.head);
});

it.each([
  ["objects", "ALTER TABLE orders ADD COLUMN note varchar(9)"],
  ["rows", "ALTER TABLE orders ADD COLUMN note text; UPDATE orders SET note = 'x'"],
])("runs again what follows on other %s", async (_, sql) => {
  const [first, second] = await runs(startingWith(sql));
  expect(second?.migrations).toHaveLength(4);
  expect(second?.migrations[1]).not.toBe(first?.migrations[1]);
});

it("runs again what follows on a NOT NULL that nothing has proved", async () => {
  const seen: DryRun[] = [];
  await dry.run({
    history: ["CREATE TABLE orders (id bigint PRIMARY KEY, total int CHECK (total IS NOT NULL))"],
    steps: [
      { up: "ALTER TABLE orders ALTER COLUMN total SET NOT NULL" },
      { up: "ALTER TABLE orders ADD UNIQUE (id, total)" },
    ],
    versions: [
      startingWith("ALTER TABLE orders ADD CONSTRAINT orders_total_not_null NOT NULL total NOT VALID"),
    ],
    saw: (run) => seen.push(run),
  });
  const [first, second] = seen;
  expect(second?.migrations.map(({ up }) => outcomesOf(up))).toEqual([["ran"], ["ran"]]);
  expect(second?.migrations[1]).not.toBe(first?.migrations[1]);
});
