import { PGlite } from "@electric-sql/pglite";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { readStatistics, type Statistics } from "../../src/review/statistics.ts";
import { statisticsQuery } from "../../src/review/statistics-query.ts";
import type { PlanOutcome } from "../../src/review/types.ts";
import { createSharedDry, type Dry } from "./dry.ts";

describe("the query of drydock stats", () => {
  let db: PGlite;
  beforeAll(async () => {
    db = await PGlite.create();
    await db.exec(`
      CREATE TABLE orders (id bigint PRIMARY KEY, status text, note text);
      INSERT INTO orders SELECT i, CASE WHEN i % 4 = 0 THEN 'secret-word' ELSE 'new' END, NULL FROM generate_series(1, 4000) i;
      CREATE SCHEMA "Bil.ling"; CREATE TABLE "Bil.ling"."In""voices" (id int);
      CREATE TABLE events (at date) PARTITION BY RANGE (at);
      CREATE TABLE events_a PARTITION OF events FOR VALUES FROM ('2026-01-01') TO ('2026-02-01');
      CREATE TABLE events_b PARTITION OF events FOR VALUES FROM ('2026-02-01') TO ('2026-03-01');
      INSERT INTO events SELECT '2026-01-05' FROM generate_series(1, 300); INSERT INTO events SELECT '2026-02-05' FROM generate_series(1, 200);
      CREATE TEMP TABLE scratch (id int);
      ANALYZE orders; ANALYZE events;
      CREATE TABLE fresh (id int); INSERT INTO fresh SELECT generate_series(1, 100);`);
  });
  afterAll(() => db.close());

  async function take(withValues: boolean): Promise<{ text: string; statistics: Statistics }> {
    const { rows } = await db.query<Record<string, string>>(statisticsQuery({ withValues }));
    const [text = ""] = Object.values(rows[0] ?? {}).map((value) =>
      typeof value === "string" ? value : JSON.stringify(value),
    );
    const statistics = readStatistics(text);
    if ("problem" in statistics) throw new Error(statistics.problem);
    return { text, statistics };
  }

  it("answers with rows, bytes and column statistics of every table that stays", async () => {
    const { statistics } = await take(false);
    expect(Object.keys(statistics.tables).sort()).toEqual([
      'Bil.ling.In"voices',
      "events",
      "events_a",
      "events_b",
      "fresh",
      "orders",
    ]);
    const { orders, events, fresh } = statistics.tables;
    expect(orders).toMatchObject({
      rows: 4000,
      columns: { status: { distinct: 2, nullFrac: 0 }, note: { nullFrac: 1 } },
    });
    expect(orders?.bytes).toBeGreaterThan(100_000);
    expect(orders?.indexBytes).toBeGreaterThan(50_000);
    expect(events?.rows).toBe(500);
    expect(events?.bytes).toBeGreaterThanOrEqual(16_384);
    expect(fresh?.rows).toBeUndefined();
    expect(fresh?.bytes).toBeGreaterThan(0);
    expect(statistics.postgres).toBeGreaterThan(180_000);
  });

  it("takes no value of a row out of the database unless it is told to", async () => {
    expect((await take(false)).text).not.toContain("secret-word");
    const { statistics } = await take(true);
    expect(statistics.tables.orders?.columns?.status).toMatchObject({
      mostCommon: "{new,secret-word}",
      frequencies: [0.75, 0.25],
    });
  });
});

describe("plans with statistics", () => {
  let dry: Dry;
  beforeAll(() => {
    dry = createSharedDry();
  });
  afterAll(() => dry.close());

  const history = [
    "CREATE TABLE orders (id bigint PRIMARY KEY, status text NOT NULL, user_id bigint NOT NULL)",
  ];

  async function plan(sql: string, statistics: Statistics, rows: Record<string, number> = {}) {
    const run = await dry.run({ history, queries: [{ index: 0, sql, baseSql: null }], statistics, rows });
    expect(run.lost).toBeNull();
    return rootOf(run.queries[0]?.after);
  }

  function rootOf(outcome: PlanOutcome | undefined) {
    if (outcome?.kind !== "planned") throw new Error(`not planned: ${JSON.stringify(outcome)}`);
    return outcome.root;
  }

  const orders = (more: Statistics["tables"][string]): Statistics => ({
    version: 1,
    tables: { orders: more },
  });

  it("see tables and columns as they are in production", async () => {
    const columns = { status: { distinct: 4, nullFrac: 0 }, user_id: { distinct: -0.1, nullFrac: 0 } };
    const statistics = orders({ rows: 4_000_000, bytes: 800 * 1024 ** 2, columns });
    expect((await plan("SELECT * FROM orders WHERE status = $1", statistics)).rows).toBeCloseTo(
      1_000_000,
      -4,
    );
    expect((await plan("SELECT * FROM orders WHERE user_id = $1", statistics)).rows).toBe(10);
    expect((await plan("SELECT * FROM orders", statistics)).cost).toBeGreaterThan((800 * 1024) / 8);
  });

  it("see values where the file has them", async () => {
    const status = { distinct: 2, nullFrac: 0, mostCommon: "{new,gone}", frequencies: [0.999, 0.001] };
    const statistics = orders({ rows: 1_000_000, columns: { status } });
    expect((await plan("SELECT * FROM orders WHERE status = 'gone'", statistics)).rows).toBeLessThan(2_000);
  });

  it("follow the configured rows first", async () => {
    const root = await plan("SELECT * FROM orders", orders({ rows: 5_000_000, bytes: 1024 ** 3 }), {
      orders: 100,
    });
    expect(root.rows).toBe(100);
    expect(root.cost).toBeLessThan(10);
  });

  it("go on where the file does not fit", async () => {
    const columns = {
      gone: { distinct: 3 },
      id: { mostCommon: "{not a number}", frequencies: [1] },
      status: { mostCommon: "{", frequencies: [] },
    };
    const root = await plan("SELECT * FROM orders", orders({ rows: 1_000, columns }));
    expect(root.rows).toBe(1_000);
  });
});
