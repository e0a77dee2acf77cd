import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { StatementRun } from "../../src/review/types.ts";
import { createSharedDry, type Dry, only, outcomesOf } from "./dry.ts";

let dry: Dry;
beforeAll(() => {
  dry = createSharedDry();
});
afterAll(() => dry.close());

const schema = `
CREATE TABLE users (id bigint PRIMARY KEY, name varchar(20) NOT NULL);
CREATE TABLE t (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, x integer, s varchar(20), p bigint, ts timestamp);
CREATE INDEX t_x ON t (x);
CREATE INDEX t_p ON t (p);`;

/** Strongest lock on t, what is rewritten, what is read in full. */
function sightOf({ locks, rewrites, scans }: StatementRun): string {
  const lock = locks.find(({ relation }) => relation === "t");
  return [
    lock ? `${lock.mode}${lock.source === "documented" ? " (documented)" : ""}` : "none",
    rewrites.length > 0
      ? `rewrites ${rewrites
          .map(({ relation }) => relation)
          .sort()
          .join(", ")}`
      : "",
    scans.length > 0
      ? `scans ${scans
          .map(({ relation }) => relation)
          .sort()
          .join(", ")}`
      : "",
  ]
    .filter(Boolean)
    .join("; ");
}

const all = "rewrites t, t_p, t_pkey, t_x; scans t";

describe("what a statement does to a table that existed before", () => {
  it.each([
    ["ALTER TABLE t ADD COLUMN a integer", "ACCESS EXCLUSIVE"],
    ["ALTER TABLE t ADD COLUMN a integer NOT NULL DEFAULT 5", "ACCESS EXCLUSIVE"],
    ["ALTER TABLE t ADD COLUMN a timestamptz DEFAULT now()", "ACCESS EXCLUSIVE"],
    ["ALTER TABLE t ADD COLUMN a uuid DEFAULT gen_random_uuid()", `ACCESS EXCLUSIVE; ${all}`],
    ["ALTER TABLE t ADD COLUMN a serial", `ACCESS EXCLUSIVE; ${all}`],
    ["ALTER TABLE t ADD COLUMN a integer GENERATED ALWAYS AS (x * 2) STORED", `ACCESS EXCLUSIVE; ${all}`],
    ["ALTER TABLE t ALTER COLUMN x TYPE bigint", `ACCESS EXCLUSIVE; ${all}`],
    ["ALTER TABLE t ALTER COLUMN s TYPE varchar(50)", "ACCESS EXCLUSIVE"],
    ["ALTER TABLE t ALTER COLUMN s TYPE text", "ACCESS EXCLUSIVE"],
    ["ALTER TABLE t ALTER COLUMN ts TYPE timestamptz", "ACCESS EXCLUSIVE"],
    ["ALTER TABLE t ALTER COLUMN ts TYPE timestamp(3)", `ACCESS EXCLUSIVE; ${all}`],
    ["ALTER TABLE t ALTER COLUMN x SET NOT NULL", "ACCESS EXCLUSIVE; scans t"],
    ["ALTER TABLE t ADD CONSTRAINT c CHECK (x > -5)", "ACCESS EXCLUSIVE; scans t"],
    ["ALTER TABLE t ADD CONSTRAINT c CHECK (x > -5) NOT VALID", "ACCESS EXCLUSIVE"],
    ["ALTER TABLE t ADD CONSTRAINT u UNIQUE (x)", "ACCESS EXCLUSIVE; scans t"],
    ["ALTER TABLE t ADD FOREIGN KEY (id) REFERENCES users", "SHARE ROW EXCLUSIVE; scans t, users"],
    ["ALTER TABLE t ADD FOREIGN KEY (p) REFERENCES users NOT VALID", "SHARE ROW EXCLUSIVE"],
    ["ALTER TABLE t RENAME TO t9", "ACCESS EXCLUSIVE"],
    ["CREATE INDEX i2 ON t (p)", "SHARE; scans t"],
    ["CREATE INDEX CONCURRENTLY i2 ON t (p)", "SHARE UPDATE EXCLUSIVE (documented)"],
    ["DROP INDEX CONCURRENTLY t_x", "SHARE UPDATE EXCLUSIVE (documented)"],
    ["DROP INDEX t_x", "ACCESS EXCLUSIVE"],
    ["REINDEX TABLE t", "SHARE; rewrites t_p, t_pkey, t_x; scans t"],
    ["ALTER TABLE t SET (fillfactor = 70)", "SHARE UPDATE EXCLUSIVE"],
    ["COMMENT ON TABLE t IS 'x'", "SHARE UPDATE EXCLUSIVE"],
    [
      "CREATE TRIGGER tr BEFORE INSERT ON t FOR EACH ROW EXECUTE FUNCTION suppress_redundant_updates_trigger()",
      "SHARE ROW EXCLUSIVE",
    ],
    ["UPDATE t SET s = 'x' WHERE id = 3", "ROW EXCLUSIVE"],
    ["UPDATE t SET s = 'x' WHERE s = 'y'", "ROW EXCLUSIVE; scans t"],
    ["DROP TABLE t", "ACCESS EXCLUSIVE"],
  ])("%s", async (sql, expected) => {
    const { up } = only(await dry.run({ history: [schema], steps: [{ up: sql }], mode: "autocommit" }));
    expect(outcomesOf(up)).toEqual(["ran"]);
    expect(up.statements.map(sightOf)).toEqual([expected]);
  });

  it.each([
    ["has the database forget our own questions", "DEALLOCATE ALL"],
    [
      "answers our own questions",
      `DEALLOCATE "drydock: locks"; PREPARE "drydock: locks" AS SELECT 1::oid, '' WHERE false`,
    ],
  ])("is seen where a stranger %s", async (_, sql) => {
    const up = `${sql}; ALTER TABLE t ALTER COLUMN x TYPE bigint; DO $$ BEGIN EXECUTE 'DEALLOCATE ALL'; END $$; ALTER TABLE t ALTER COLUMN x SET NOT NULL`;
    const run = await dry.run({ history: [schema], steps: [{ up }] });
    expect(run.migrations[0]?.up.statements.map(({ outcome }) => outcome.kind)).not.toContain("failed");
    const seen = run.migrations[0]?.up.statements.map(sightOf) ?? [];
    expect(seen.filter((sight) => sight !== "none")).toEqual([
      `ACCESS EXCLUSIVE; ${all}`,
      "ACCESS EXCLUSIVE; scans t",
    ]);
  });

  it("LOCK TABLE, which only runs inside a transaction", async () => {
    const { up } = only(
      await dry.run({
        history: [schema],
        steps: [{ up: "LOCK TABLE t IN SHARE MODE" }],
        mode: "transaction",
      }),
    );
    expect(outcomesOf(up)).toEqual(["ran"]);
    expect(up.statements.map(sightOf)).toEqual(["SHARE"]);
  });

  it("counts the rows that are written", async () => {
    const { up } = only(await dry.run({ history: [schema], steps: [{ up: "DELETE FROM t WHERE id > 4" }] }));
    expect(up.statements[0]?.writes).toEqual([{ relation: "t", inserted: 0, updated: 0, deleted: 6 }]);
  });

  it("counts nothing that was done before the statement, also where the server has not reported it yet", async () => {
    const up = "ALTER TABLE t ADD COLUMN a integer; ALTER TABLE users ADD COLUMN b integer";
    const { statements } = only(await dry.run({ history: [schema], steps: [{ up }] })).up;
    expect(statements.map(({ writes, scans }) => ({ writes, scans }))).toEqual([
      { writes: [], scans: [] },
      { writes: [], scans: [] },
    ]);
  });

  it("tells what the change itself made from what was there, also under an old name", async () => {
    const up =
      "DROP TABLE t; CREATE TABLE t (a integer); CREATE INDEX n ON t (a); ALTER TABLE users RENAME TO people; ALTER TABLE people ADD b integer";
    const { statements } = only(await dry.run({ history: [schema], steps: [{ up }] })).up;
    const locks = statements.flatMap(({ locks }) => locks.filter(({ kind }) => kind === "table"));
    expect(locks.map(({ relation, isNew }) => `${relation}${isNew ? " (new)" : ""}`)).toEqual([
      "t",
      "t (new)",
      "users",
      "people",
    ]);
  });
});

describe("statements that only run inside their own script", () => {
  it("are seen there when they do not run alone", async () => {
    const up = `CREATE TEMP TABLE ids ON COMMIT DROP AS SELECT id FROM t; UPDATE t SET s = 'x' FROM ids WHERE t.id = ids.id;
      ALTER TABLE users ADD COLUMN a integer`;
    const { statements } = only(await dry.run({ history: [schema], steps: [{ up }] })).up;
    expect(statements.map(({ outcome }) => outcome.kind)).toEqual(["ran", "ran", "ran"]);
    expect(
      statements[1]?.locks.some(({ relation, mode }) => relation === "t" && mode === "ROW EXCLUSIVE"),
    ).toBe(true);
    expect(statements[1]?.writes).toEqual([{ relation: "t", inserted: 0, updated: 10, deleted: 0 }]);
    expect(statements[2]?.locks.map(({ relation }) => relation)).toEqual(["users"]);
  });

  it("keep a SET LOCAL of an earlier statement", async () => {
    const history = ["CREATE SCHEMA app; CREATE TABLE app.inner_one (a integer)"];
    const up = "SET LOCAL search_path = app; ALTER TABLE inner_one ADD COLUMN b integer";
    const { statements } = only(await dry.run({ history, steps: [{ up }] })).up;
    expect(statements[1]?.locks.map(({ relation }) => relation)).toEqual(["app.inner_one"]);
  });
});

describe("what an edited or a kept migration made", () => {
  it("is no new table for those that follow, and holds rows", async () => {
    const run = await dry.run({
      steps: [
        { up: "CREATE TABLE a (id integer PRIMARY KEY)", status: "edited" },
        { up: "CREATE TABLE b (a_id integer)", status: "kept" },
        { up: "CREATE TABLE c (a_id integer)" },
        {
          up: "ALTER TABLE b ADD FOREIGN KEY (a_id) REFERENCES a; ALTER TABLE c ADD FOREIGN KEY (a_id) REFERENCES a",
        },
      ],
    });
    const [ofB, ofC] = run.migrations.at(-1)?.up.statements ?? [];
    expect(ofB?.locks.map(({ relation, isNew }) => `${relation} ${isNew}`).sort()).toEqual([
      "a false",
      "b false",
    ]);
    expect(ofB?.scans.map(({ relation, rows }) => `${relation} ${rows}`)).toContain("b 10");
    expect(ofC?.locks.map(({ relation, isNew }) => `${relation} ${isNew}`).sort()).toEqual([
      "a false",
      "c true",
    ]);
    expect(ofC?.scans.filter(({ isNew }) => !isNew)).toEqual([]);
    expect(run.seeded).toEqual({ tables: 2, rows: 20, empty: [] });
  });
});

describe("a loop of a DO block", () => {
  const tenants = "SELECT nspname AS name FROM pg_namespace WHERE nspname LIKE 'tenant_%'";
  const each = "EXECUTE format('ALTER TABLE %I.t ADD COLUMN y integer', r.name)";
  const block = (query: string, body = each, rest = "") =>
    `DO $$ DECLARE r record; n integer := 0; BEGIN FOR r IN ${query} LOOP ${body}; END LOOP; ${rest} END $$`;
  const ofTables = "SELECT oid::regclass AS name FROM pg_class WHERE oid IN ('t'::regclass)";

  it.each([
    ["found no rows", block(`${tenants} -- of tenants\n`), true],
    ["found some", block(ofTables, "EXECUTE format('ALTER TABLE %s ADD COLUMN y integer', r.name)"), false],
    ["ended its own rows", block(`${ofTables} AND NOT relhassubclass`, "DROP TABLE t"), false],
    ["only counts", block(tenants, "n := n + 1"), false],
    ["only counts, beside what runs", block(tenants, "n := n + 1", "EXECUTE 'SELECT 1';"), false],
    ["is not known: its query needs a variable", block(`${tenants} AND n > 0`), false],
    ["goes over numbers", "DO $$ BEGIN FOR i IN 2..1 LOOP DELETE FROM t; END LOOP; END $$", false],
    [
      "stands in another one that found some",
      block(ofTables, `FOR r IN ${tenants} LOOP ${each}; END LOOP`),
      true,
    ],
  ])("that %s", async (_, up, isIdle) => {
    const { up: run } = only(await dry.run({ history: [schema], steps: [{ up }] }));
    expect(outcomesOf(run)).toEqual(["ran"]);
    expect(run.statements[0]?.hasIdleLoop).toBe(isIdle);
  });
});
