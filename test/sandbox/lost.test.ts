import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createDry, type Dry, outcomesOf } from "./dry.ts";

let dry: Dry;
beforeAll(() => {
  dry = createDry({ limits: { statement: 2_000 } });
});
afterAll(() => dry.close());

const history = ["CREATE TABLE t (a integer)"];
const endless = "DO $$ BEGIN LOOP END LOOP; END $$";

/** Each of these ends several processes. */
const patience = 180_000;

describe("an engine that is lost", { timeout: patience }, () => {
  it("takes nothing away that was seen before", async () => {
    const run = await dry.run({
      history,
      steps: [
        {
          up: "ALTER TABLE t ADD COLUMN b integer; CREATE INDEX i ON t (b)",
          down: "ALTER TABLE t DROP COLUMN b",
        },
        { up: `ALTER TABLE t ADD COLUMN c integer; ${endless}; SELECT 1`, down: "SELECT 1" },
        { up: "SELECT 1", down: "SELECT 1" },
      ],
      queries: [{ index: 0, sql: "SELECT 1", baseSql: "SELECT 1" }],
    });
    expect(run.lost).toMatch(/took longer than 2 s/);
    const [first, second, third] = run.migrations;
    expect(outcomesOf(first?.up)).toEqual(["ran", "ran"]);
    expect(first?.up.statements[0]?.locks).toHaveLength(1);
    expect(first?.roundTrip).toMatchObject({ residue: [], notEvaluated: null });
    expect(outcomesOf(second?.up)).toEqual(["ran", `not evaluated: ${run.lost}`, "not-reached"]);
    expect(second?.roundTrip?.notEvaluated).not.toBeNull();
    expect(outcomesOf(third?.up)).toEqual(["not-reached"]);
    expect(run.queries[0]?.before?.kind).toBe("planned");
    expect(run.queries[0]?.after.kind).toBe("not-evaluated");
  });

  it("in a down leaves the up's verdict", async () => {
    const run = await dry.run({
      history,
      steps: [{ up: "CREATE TABLE n (a integer)", down: `DROP TABLE n; ${endless}` }],
    });
    const [migration] = run.migrations;
    expect(outcomesOf(migration?.up)).toEqual(["ran"]);
    expect(outcomesOf(migration?.roundTrip?.down)).toEqual(["ran", `not evaluated: ${run.lost}`]);
    expect(migration?.roundTrip?.notEvaluated).toBe(run.lost);
  });

  it("in the history leaves only the statement out that did it", async () => {
    const bad = [
      "CREATE TABLE t (a integer)",
      `CREATE TABLE u (a integer); ${endless}; CREATE TABLE v (a integer)`,
      "CREATE TABLE w (a integer)",
    ];
    const run = await dry.run({ history: bad, steps: [{ up: "ALTER TABLE v ADD COLUMN b integer" }] });
    expect(run.lost).toBeNull();
    expect(run.history.failed).toMatchObject([{ path: "migrations/1.up.sql", line: 1 }]);
    expect(run.base.tables.map(({ name }) => name)).toEqual(["t", "u", "v", "w"]);
    expect(outcomesOf(run.migrations[0]?.up)).toEqual(["ran"]);
  });

  it("in a trigger that made-up rows fire leaves the tables empty", async () => {
    const trap = [
      "CREATE TABLE t (a integer); CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN LOOP END LOOP; END$$; CREATE TRIGGER x BEFORE INSERT ON t FOR EACH ROW EXECUTE FUNCTION f()",
    ];
    const run = await dry.run({ history: trap, steps: [{ up: "ALTER TABLE t ADD COLUMN b integer" }] });
    expect(run.lost).toBeNull();
    expect(run.seeded).toEqual({
      tables: 0,
      rows: 0,
      empty: [{ table: "*", reason: "filling the tables brought the sandbox down" }],
    });
    expect(outcomesOf(run.migrations[0]?.up)).toEqual(["ran"]);
  });
});

describe("errors that speak of the sandbox", { timeout: patience }, () => {
  it.each([
    ["SELECT repeat('x', 1000000000)", /more memory or disk/],
    ["SELECT pg_sleep(3600)", /took longer/],
    [
      "DO $$ BEGIN EXECUTE 'SELECT pg_terminate_backend(1)'; END $$",
      /function that the sandbox does not have/,
    ],
    ["ALTER FUNCTION pg_catalog.lo_export OWNER TO CURRENT_USER", /function that the sandbox does not have/],
  ])("%s", async (up, expected) => {
    const run = await dry.run({ history, steps: [{ up }] });
    expect(outcomesOf(run.migrations[0]?.up)[0]).toMatch(/^not evaluated: /);
    expect(outcomesOf(run.migrations[0]?.up)[0]).toMatch(expected);
  });
});

describe("a run that is called off", () => {
  it("rejects with the signal's reason, also while a statement runs", async () => {
    const controller = new AbortController();
    const run = dry.run({
      history,
      steps: [{ up: "SELECT pg_sleep(3600)" }],
      signal: controller.signal,
      onProgress: ({ phase }) => {
        if (phase === "migrations") setTimeout(() => controller.abort(new Error("the head moved")), 200);
      },
    });
    await expect(run).rejects.toThrow("the head moved");
    await expect(dry.run({ history, signal: AbortSignal.abort(new Error("too late")) })).rejects.toThrow(
      "too late",
    );
  });
});
