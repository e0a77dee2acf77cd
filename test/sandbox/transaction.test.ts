import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { TransactionMode } from "../../src/review/types.ts";
import { createSharedDry, type Dry, only, outcomesOf } from "./dry.ts";

let dry: Dry;
beforeAll(() => {
  dry = createSharedDry();
});
afterAll(() => dry.close());

async function upOf(up: string, mode: TransactionMode = "implicit") {
  const history = ["CREATE TABLE t (a integer UNIQUE DEFERRABLE)"];
  const run = await dry.run({ history, steps: [{ up }], mode });
  const { statements, leftOpen } = only(run).up;
  return {
    outcomes: outcomesOf({ statements, leftOpen }),
    leftOpen,
    tables: run.head.tables.map(({ name }) => name),
  };
}

describe("several statements in one simple query", () => {
  it("are one transaction: CREATE INDEX CONCURRENTLY is refused in it", async () => {
    const { outcomes } = await upOf("CREATE INDEX CONCURRENTLY i ON t (a); SELECT 1");
    expect(outcomes).toEqual([
      "25001 CREATE INDEX CONCURRENTLY cannot run inside a transaction block",
      "not-reached",
    ]);
  });

  it("are undone together when one fails", async () => {
    const { outcomes, tables } = await upOf("CREATE TABLE n (a integer); SELECT 1/0; SELECT 1");
    expect(outcomes).toEqual(["ran", "22012 division by zero", "not-reached"]);
    expect(tables).toEqual(["t"]);
  });

  it("end their transaction at the file's own COMMIT, and start another after it", async () => {
    const { outcomes, leftOpen } = await upOf(
      "CREATE TABLE n (a integer); COMMIT; CREATE INDEX CONCURRENTLY i ON t (a)",
    );
    expect(outcomes).toEqual([
      "ran",
      "ran",
      "25001 CREATE INDEX CONCURRENTLY cannot run inside a transaction block",
    ]);
    expect(leftOpen).toBe(false);
  });

  it("may hold the file's own BEGIN and COMMIT", async () => {
    const { outcomes, leftOpen, tables } = await upOf("BEGIN; CREATE TABLE n (a integer); COMMIT;");
    expect(outcomes).toEqual(["ran", "ran", "ran"]);
    expect(leftOpen).toBe(false);
    expect(tables).toEqual(["n", "t"]);
  });

  it("stay open after a BEGIN without COMMIT, and nothing takes effect", async () => {
    const { outcomes, leftOpen, tables } = await upOf("BEGIN; CREATE TABLE n (a integer);");
    expect(outcomes).toEqual(["ran", "ran"]);
    expect(leftOpen).toBe(true);
    expect(tables).toEqual(["t"]);
  });

  it("refuse savepoints outside of an explicit block", async () => {
    const { outcomes } = await upOf("SELECT 1; SAVEPOINT s; SELECT 2");
    expect(outcomes).toEqual([
      "ran",
      "25P01 SAVEPOINT can only be used in transaction blocks",
      "not-reached",
    ]);
    expect((await upOf("BEGIN; SAVEPOINT s; SELECT 2; COMMIT")).outcomes).toEqual([
      "ran",
      "ran",
      "ran",
      "ran",
    ]);
  });

  it("fail at the end when a deferred constraint does not hold", async () => {
    const { outcomes, tables } = await upOf(
      "SET CONSTRAINTS ALL DEFERRED; INSERT INTO t VALUES (77), (77); CREATE TABLE n (a integer)",
    );
    expect(outcomes.at(-1)).toMatch(/^23505 /);
    expect(tables).toEqual(["t"]);
  });
});

describe("one statement alone", () => {
  it("runs in no transaction", async () => {
    expect((await upOf("CREATE INDEX CONCURRENTLY i ON t (a)")).outcomes).toEqual(["ran"]);
    expect((await upOf("LOCK TABLE t")).outcomes).toEqual([
      "25P01 LOCK TABLE can only be used in transaction blocks",
    ]);
  });
});

describe("the other ways to send a script", () => {
  it("transaction: one statement is wrapped as well", async () => {
    expect((await upOf("CREATE INDEX CONCURRENTLY i ON t (a)", "transaction")).outcomes).toEqual([
      "25001 CREATE INDEX CONCURRENTLY cannot run inside a transaction block",
    ]);
    expect((await upOf("LOCK TABLE t", "transaction")).outcomes).toEqual(["ran"]);
  });

  it("autocommit: each statement takes effect on its own", async () => {
    const { outcomes } = await upOf(
      "CREATE INDEX CONCURRENTLY i ON t (a); CREATE TABLE n (a integer)",
      "autocommit",
    );
    expect(outcomes).toEqual(["ran", "ran"]);
    expect((await upOf("BEGIN; SELECT 1", "autocommit")).leftOpen).toBe(true);
  });

  it("every script finds a new session", async () => {
    const history = ["CREATE SCHEMA app; SELECT pg_catalog.set_config('search_path', '', false)"];
    const run = await dry.run({ history, steps: [{ up: "CREATE TABLE plain (a integer)" }] });
    expect(run.head.tables.map(({ name }) => name)).toEqual(["plain"]);
  });
});

describe("an error's position", () => {
  it("is an offset in UTF-16 units in the statement", async () => {
    const up = "SELECT 1; SELECT '🙂🙂', nope";
    const { up: script } = only(await dry.run({ steps: [{ up }] }));
    const [, failed] = script.statements;
    expect(failed?.outcome).toMatchObject({ kind: "failed", code: "42703" });
    const position = failed?.outcome.kind === "failed" ? failed.outcome.position : null;
    expect("SELECT '🙂🙂', nope".slice(position ?? 0)).toBe("nope");
  });
});

describe("migrations of a tool that runs all that is pending in one transaction", () => {
  const history = ["CREATE TYPE e AS ENUM ('a'); CREATE TABLE t (e e)"];
  const steps = [{ up: "ALTER TYPE e ADD VALUE 'b'" }, { up: "SELECT 1; INSERT INTO t VALUES ('b')" }];
  const outcomes = async (together: boolean) => {
    const run = await dry.run({
      history,
      steps: steps.map((step) => ({ ...step, together })),
      mode: "transaction",
      queries: [{ index: 0, sql: "SELECT * FROM t WHERE e = 'b'", baseSql: null }],
    });
    expect(run.queries[0]?.after.kind).toBe("planned");
    return run.migrations.map(({ up }) => outcomesOf(up));
  };

  it("fail at what only runs alone", async () => {
    const unsafe = '55P04 unsafe use of new value "b" of enum type e';
    expect(await outcomes(true)).toEqual([["ran"], ["ran", unsafe]]);
    expect(await outcomes(false)).toEqual([["ran"], ["ran", "ran"]]);
  });
});
