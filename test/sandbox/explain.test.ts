import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { PlanNode, PlanOutcome } from "../../src/review/types.ts";
import { createSharedDry, type Dry } from "./dry.ts";

let dry: Dry;
beforeAll(() => {
  dry = createSharedDry();
});
afterAll(() => dry.close());

const history = [
  `CREATE TABLE users (id bigint PRIMARY KEY, email text NOT NULL);
  CREATE TABLE orders (id bigint PRIMARY KEY, user_id bigint NOT NULL REFERENCES users, status text NOT NULL, at timestamptz);
  CREATE INDEX orders_at ON orders (at); CREATE SCHEMA billing; CREATE TABLE billing.invoices (id int PRIMARY KEY, order_id bigint)`,
];

function planOf(outcome: PlanOutcome | undefined | null): PlanNode {
  if (outcome?.kind !== "planned") throw new Error(`not planned: ${JSON.stringify(outcome)}`);
  return outcome.root;
}

async function plan(sql: string, rows: Record<string, number> = {}) {
  const run = await dry.run({ history, queries: [{ index: 0, sql, baseSql: null }], rows });
  return run.queries[0]?.after;
}

describe("the plan of a query", () => {
  it("sees tables as large as configured", async () => {
    const root = planOf(await plan("SELECT * FROM orders WHERE user_id = $1", { orders: 5_000_000 }));
    expect(root).toMatchObject({
      type: "Seq Scan",
      relation: "orders",
      details: { Filter: "(user_id = $1)" },
    });
    expect(root.cost).toBeGreaterThan(90_000);
    expect(root.rows).toBeCloseTo(25_000, -3);
  });

  it("is made on the base schema as well, for code that is deployed before the migrations", async () => {
    const [changed, kept] = ["SELECT note FROM orders", "SELECT status FROM orders"];
    const run = await dry.run({
      history,
      steps: [{ up: "ALTER TABLE orders ADD COLUMN note text" }],
      queries: [
        { index: 0, sql: changed, baseSql: kept },
        { index: 1, sql: kept, baseSql: kept },
      ],
    });
    expect(run.queries.map(({ before, early, after }) => [before?.kind, early?.kind, after.kind])).toEqual([
      ["planned", "failed", "planned"],
      ["planned", undefined, "planned"],
    ]);
    expect(run.queries[0]?.early).toMatchObject({ code: "42703" });
  });

  it("finds a table in the only other schema that has it: where the application looks is not known", async () => {
    const more =
      "CREATE SCHEMA app; CREATE TABLE app.orders (id int); CREATE TABLE billing.states (id int); CREATE TABLE app.states (id int)";
    const sqlOf = (sql: string) => ({ index: 0, sql, baseSql: null });
    const run = await dry.run({
      history: [...history, more],
      queries: ["invoices JOIN orders USING (id)", "states", "lines", "billing.lines"].map((from, index) => ({
        ...sqlOf(`SELECT * FROM ${from}`),
        index,
      })),
    });
    expect(run.queries.map(({ after }) => ("reason" in after ? after.reason : after.kind))).toEqual([
      "planned",
      "it names states without a schema, and 2 schemas have one",
      "failed",
      "failed",
    ]);
    const relations = planOf(run.queries[0]?.after).children.flatMap((node) => [node, ...node.children]);
    expect(relations.flatMap(({ relation }) => relation ?? []).sort()).toEqual([
      "billing.invoices",
      "orders",
    ]);
  });

  it("takes an index of a large table", async () => {
    const root = planOf(await plan("SELECT * FROM orders WHERE id = $1", { orders: 5_000_000 }));
    expect(root).toMatchObject({
      type: "Index Scan",
      index: "orders_pkey",
      details: { "Index Cond": "(id = $1)" },
    });
    expect(root.cost).toBeLessThan(20);
  });

  it("shows children, conditions and sort keys", async () => {
    const root = planOf(
      await plan(
        "SELECT u.email FROM users u JOIN orders o ON o.user_id = u.id WHERE o.status = 'x' ORDER BY u.email",
        {
          orders: 3_000_000,
          users: 1_000_000,
        },
      ),
    );
    const nodes = [root];
    for (const node of nodes) nodes.push(...node.children);
    expect(nodes.some(({ details }) => "Sort Key" in details)).toBe(true);
    expect(nodes.some(({ details }) => "Hash Cond" in details || "Index Cond" in details)).toBe(true);
    expect(new Set(nodes.flatMap(({ relation }) => relation ?? []))).toEqual(new Set(["users", "orders"]));
  });

  it("names tables of other schemas in full", async () => {
    const root = planOf(
      await plan("SELECT * FROM billing.invoices WHERE order_id = 3", { "billing.invoices": 2_000_000 }),
    );
    expect(root).toMatchObject({ type: "Seq Scan", relation: "billing.invoices" });
    expect(root.cost).toBeGreaterThan(10_000);
  });

  it("has PostgreSQL's own guess where nothing is configured, whatever the made-up rows are", async () => {
    expect(planOf(await plan("SELECT * FROM orders")).rows).toBeGreaterThan(500);
  });

  it("spreads the rows of a partitioned table", async () => {
    const parts = [
      "CREATE TABLE log (id int, at date NOT NULL) PARTITION BY RANGE (at); CREATE TABLE log_1 PARTITION OF log FOR VALUES FROM ('2024-01-01') TO ('2025-01-01'); CREATE TABLE log_2 PARTITION OF log FOR VALUES FROM ('2025-01-01') TO ('2026-01-01')",
    ];
    const run = await dry.run({
      history: parts,
      queries: [{ index: 0, sql: "SELECT * FROM log", baseSql: null }],
      rows: { log: 1_000_000 },
    });
    const root = planOf(run.queries[0]?.after);
    expect(root.children.map(({ relation, rows }) => `${relation} ${Math.round(rows / 1e5)}`)).toEqual([
      "log_1 5",
      "log_2 5",
    ]);
  });
});

describe("a query that cannot be planned", () => {
  it.each([
    ["SELECT nope FROM orders", { kind: "failed", code: "42703", message: 'column "nope" does not exist' }],
    ["SELECT 1; SELECT 2", { kind: "not-evaluated", reason: "it is not one statement" }],
    ["SELECT $1", { kind: "planned" }],
    ["VACUUM orders", { kind: "failed", code: "42601" }],
  ])("%s", async (sql, expected) => {
    expect(await plan(sql)).toMatchObject(expected);
  });

  it("does not spoil the next one", async () => {
    const queries = ["SELECT nope", "SELECT * FROM users"].map((sql, index) => ({
      index,
      sql,
      baseSql: null,
    }));
    const run = await dry.run({ history, queries, rows: { users: 1000 } });
    expect(run.queries.map(({ after }) => after.kind)).toEqual(["failed", "planned"]);
  });
});

describe("before and after the change", () => {
  it("each text is planned on its own schema", async () => {
    const run = await dry.run({
      history,
      steps: [
        {
          up: "ALTER TABLE orders RENAME status TO state; CREATE INDEX ON orders (user_id)",
          down: "SELECT 1",
        },
      ],
      queries: [
        {
          index: 0,
          sql: "SELECT state FROM orders WHERE user_id = $1",
          baseSql: "SELECT status FROM orders WHERE user_id = $1",
        },
        { index: 1, sql: "SELECT status FROM orders", baseSql: "SELECT status FROM orders" },
      ],
      rows: { orders: 5_000_000, users: 1_000_000 },
    });
    expect(planOf(run.queries[0]?.before).type).toBe("Seq Scan");
    expect(planOf(run.queries[0]?.after).type).not.toBe("Seq Scan");
    expect(run.queries[1]?.before?.kind).toBe("planned");
    expect(run.queries[1]?.after).toMatchObject({ kind: "failed", code: "42703" });
    expect(run.migrations[0]?.up.statements.map(({ outcome }) => outcome.kind)).toEqual(["ran", "ran"]);
  });

  it("is not planned when the migrations did not get through", async () => {
    const run = await dry.run({
      history,
      steps: [{ up: "SELECT 1/0" }],
      queries: [{ index: 0, sql: "SELECT 1", baseSql: "SELECT 1" }],
    });
    expect(run.queries[0]?.before?.kind).toBe("planned");
    expect(run.queries[0]?.after.kind).toBe("not-evaluated");
  });
});
