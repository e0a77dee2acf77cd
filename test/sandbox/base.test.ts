import { readdirSync, truncateSync, utimesSync, writeFileSync } from "node:fs";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { DryRun } from "../../src/review/types.ts";
import { createDry, createSharedDry, type Dry, only, outcomesOf } from "./dry.ts";

describe("the history of the base side", () => {
  let dry: Dry;
  beforeAll(() => {
    dry = createSharedDry();
  });
  afterAll(() => dry.close());

  it("is replayed file by file, with rows of COPY", async () => {
    const { base, history, seeded } = await dry.run({
      history: [
        "CREATE TABLE a (x integer, y text)",
        "COPY a FROM stdin;\n1\tone\n2\ttwo\n\\.\nCREATE TABLE b (x integer);",
      ],
    });
    expect(history).toEqual({ migrations: 2, statements: 3, cached: false, failed: [] });
    expect(base.tables.map(({ name }) => name)).toEqual(["a", "b"]);
    expect(seeded).toMatchObject({ tables: 1, rows: 10 });
  });

  it("goes on after a file that fails, with as much of it as possible", async () => {
    const { base, history } = await dry.run({
      history: [
        "BEGIN;\nCREATE TABLE a (x integer);\nSELECT nope();\nCREATE TABLE b (x integer);\nCOMMIT;",
        "ALTER TABLE b ADD y text",
      ],
    });
    expect(history.failed).toEqual([
      {
        path: "migrations/0.up.sql",
        line: 3,
        code: "42883",
        reason: "function nope() does not exist",
        // What a function would have done can be anything.
        words: null,
      },
    ]);
    expect(base.tables.map(({ name, columns }) => `${name} ${columns.length}`)).toEqual(["a 1", "b 2"]);
  });

  it("records what is never run", async () => {
    const { history } = await dry.run({ history: ["CREATE TABLE a (x integer);\nCOPY a TO PROGRAM 'cat';"] });
    expect(history.failed).toMatchObject([{ line: 2, code: "" }]);
    expect(history.failed[0]?.reason).toMatch(/PROGRAM/);
  });

  it("imitates a hosted platform's schema only where the migrations do not create it", async () => {
    const foreign = await dry.run({ history: ["CREATE TABLE a (user_id uuid REFERENCES auth.users (id))"] });
    expect(foreign.standIns).toEqual(["schema auth of a hosted platform was imitated"]);
    const own = await dry.run({
      history: [
        "CREATE TABLE auth.users (id uuid PRIMARY KEY, name text)",
        "ALTER TABLE auth.users DROP name",
      ],
    });
    expect(own.standIns).toEqual(["schema auth was created"]);
    expect(own.history.failed).toEqual([]);
  });

  it("creates an extension of which the history uses a function and that it does not create, in no change", async () => {
    const up = "CREATE TABLE a (id uuid DEFAULT uuid_generate_v4(), token bytea DEFAULT gen_random_bytes(8))";
    const past = await dry.run({
      history: [up, "CREATE POLICY p ON storage.objects USING (storage.filename(name) = '')"],
    });
    expect(past.history.failed).toEqual([]);
    expect(past.standIns).toEqual([
      "extension uuid-ossp was created, which the migrations use and do not create",
      "extension pgcrypto was created, which the migrations use and do not create",
      "schema storage of a hosted platform was imitated",
    ]);
    const now = only(await dry.run({ history: [], steps: [{ up }] }));
    expect(outcomesOf(now.up)[0]).toMatch(/^42883 function uuid_generate_v4\(\) does not exist/);
  });

  it("excuses a failure that may come from its gaps, and no other", async () => {
    const history = ["CREATE TABLE a (x integer); CREATE TABLE gap (x nosuchtype)"];
    const step = async (up: string) => outcomesOf(only(await dry.run({ history, steps: [{ up }] })).up)[0];
    expect(await step("ALTER TABLE gap ADD COLUMN y integer")).toMatch(
      /^not evaluated: it may depend on a statement that did not run: migrations\/0\.up\.sql:1: /,
    );
    expect(await step("ALTER TABLE typo ADD COLUMN y integer")).toBe('42P01 relation "typo" does not exist');
  });

  it.each(["postgresql", "sqlite"] as const)(
    "excuses a table that comes from elsewhere, and no other (%s)",
    async (dialect) => {
      const step = async (up: string, history: string[] = []) =>
        outcomesOf(only(await dry.run({ history, steps: [{ up }], dialect })).up)[0];
      const foreign = /^not evaluated: it needs a table that no migration makes/;
      expect(await step("UPDATE settings SET a = 1")).toMatch(foreign);
      expect(await step("UPDATE more SET a = 1", ["UPDATE settings SET a = 1"])).toMatch(foreign);
      const own = ["CREATE TABLE a (x integer)"];
      const gone = /relation "[ab]" does not exist$|no such table: [ab]$/;
      expect(await step("UPDATE b SET x = 1", own)).not.toMatch(foreign);
      expect(await step("UPDATE b SET x = 1", own)).toMatch(gone);
      expect(await step("UPDATE a SET x = 1", [...own, "DROP TABLE a", "UPDATE settings SET n = 1"])).toMatch(
        gone,
      );
      expect(await step("UPDATE b SET x = 1; CREATE TABLE b (x integer)")).toMatch(gone);
      const swap =
        "CREATE TABLE m (x integer); INSERT INTO m SELECT x FROM n; DROP TABLE n; ALTER TABLE m RENAME TO n";
      const swapped = only(
        await dry.run({ history: ["UPDATE settings SET k = 1"], steps: [{ up: swap }], dialect }),
      );
      expect(outcomesOf(swapped.up)[1]).toMatch(foreign);
      const tool = "DELETE FROM schema_migrations";
      expect(await step(tool, own)).toMatch(/^not evaluated: .*the migration tool keeps itself/);
      expect(await step("UPDATE b SET x = 1", [...own, tool])).toMatch(gone);
    },
  );

  it("excuses a schema that a first change needs, a foreign server, and the role that the sandbox was set up with", async () => {
    const step = async (up: string, history: string[] = []) =>
      outcomesOf(only(await dry.run({ history, steps: [{ up }] })).up).at(-1);
    const grant = "GRANT USAGE ON SCHEMA billing TO PUBLIC";
    expect(await step(grant)).toMatch(/^not evaluated: it needs a table/);
    expect(await step(grant, ["CREATE TABLE a (x integer)"])).toBe('3F000 schema "billing" does not exist');
    expect(await step(`DROP SCHEMA IF EXISTS billing; ${grant}; CREATE SCHEMA billing`)).toMatch(
      /^not-reached/,
    );
    expect(await step("CREATE FOREIGN TABLE f (x integer) SERVER stream")).toMatch(
      /^not evaluated: it needs a foreign server/,
    );
    expect(await step("ALTER ROLE postgres NOSUPERUSER")).toMatch(/^not evaluated: postgres is the role/);
  });

  it("excuses the schema into which the connection seems to put what is made without one, and no other", async () => {
    const history = ["CREATE TABLE a (x integer); CREATE TABLE c (x integer)"];
    const step = async (up: string, down?: string) => {
      const run = only(await dry.run({ history, steps: [{ up, ...(down && { down }) }] }));
      return down ? (run.roundTrip?.notEvaluated ?? "") : (outcomesOf(run.up).at(-1) ?? "");
    };
    const excuse = /schema app, into which a setting of the connection seems to put/;
    expect(await step("GRANT SELECT ON app.a TO PUBLIC")).toMatch(excuse);
    expect(await step("CREATE TABLE b (x integer); CREATE INDEX ON app.b (x)")).toMatch(excuse);
    expect(await step("CREATE INDEX i ON a (x)", "ALTER TABLE app.a DROP COLUMN x")).toMatch(excuse);
    expect(await step("GRANT SELECT ON app.other TO PUBLIC")).toMatch(/^3F000/);
    expect(await step("CREATE SCHEMA app; GRANT SELECT ON app.a TO PUBLIC")).toMatch(/^42P01/);
  });

  it("excuses a GIN index for whose first columns an extension is set up apart, and not one that no extension is meant for", async () => {
    const history = ["CREATE TABLE a (name text, data jsonb)"];
    const step = async (columns: string) =>
      outcomesOf(
        only(await dry.run({ history, steps: [{ up: `CREATE INDEX ON a USING gin (${columns})` }] })).up,
      );
    expect(await step("name, data")).toEqual([expect.stringMatching(/^not evaluated: it needs btree_gin/)]);
    expect(await step("name")).toEqual([expect.stringMatching(/^42704 data type text has no default/)]);
  });

  it("shows that the tool sends one statement at a time when it only runs that way", async () => {
    const history = ["CREATE TABLE a (x integer); CREATE INDEX CONCURRENTLY i ON a (x)"];
    const run = await dry.run({ history, steps: [{ up: "SELECT 1; CREATE INDEX CONCURRENTLY j ON a (x)" }] });
    expect(run.history.failed).toEqual([]);
    expect(run.standIns).toEqual(["files are run one statement at a time, as parts of the history need it"]);
    expect(outcomesOf(only(run).up)).toEqual(["ran", "ran"]);
  });

  it("keeps settings of the database and forgets those of the session", async () => {
    const history = [
      "CREATE SCHEMA app; ALTER DATABASE postgres SET search_path = app; SET lock_timeout = '1s'",
      "CREATE TABLE inner_one (x integer)",
    ];
    const run = await dry.run({
      history,
      steps: [{ up: "SELECT 1 / (current_setting('lock_timeout') = '0')::int" }],
    });
    expect(run.base.tables.map(({ name }) => name)).toEqual(["app.inner_one"]);
    expect(outcomesOf(only(run).up)).toEqual(["ran"]);
  });
});

describe("what a server would have", () => {
  let dry: Dry;
  beforeAll(() => {
    dry = createSharedDry();
  });
  afterAll(() => dry.close());

  it("roles and schemas of the history are made", async () => {
    const { standIns, history } = await dry.run({
      history: [
        "CREATE TABLE a (x integer); ALTER TABLE a OWNER TO app; GRANT SELECT ON a TO reader; GRANT USAGE ON SCHEMA ops TO app",
      ],
    });
    expect(history.failed).toEqual([]);
    expect(standIns).toEqual(["role app was created", "role reader was created", "schema ops was created"]);
  });

  it("a role that a new migration needs is made, and is no residue", async () => {
    const run = await dry.run({
      history: ["CREATE TABLE a (x integer)"],
      steps: [
        {
          up: "GRANT SELECT ON a TO reader",
          down: "REVOKE SELECT ON a FROM reader; GRANT SELECT ON a TO other; REVOKE SELECT ON a FROM other",
        },
      ],
    });
    expect(run.standIns).toEqual(["role reader was created", "role other was created"]);
    expect(only(run).roundTrip).toMatchObject({ residue: [], notEvaluated: null });
    expect(outcomesOf(only(run).roundTrip?.down)).toEqual(["ran", "ran", "ran"]);
  });

  it("a schema that a new migration needs is not: nobody made it", async () => {
    const run = await dry.run({ steps: [{ up: "CREATE TABLE nosuch.a (x integer)" }] });
    expect(outcomesOf(only(run).up)).toEqual(['3F000 schema "nosuch" does not exist']);
  });

  it("a bundled extension is there", async () => {
    const up =
      "CREATE EXTENSION citext; CREATE EXTENSION pgcrypto; CREATE TABLE a (x citext, y uuid DEFAULT gen_random_uuid())";
    const run = await dry.run({
      steps: [{ up, down: "DROP TABLE a; DROP EXTENSION citext; DROP EXTENSION pgcrypto" }],
    });
    expect(outcomesOf(only(run).up)).toEqual(["ran", "ran", "ran"]);
    expect(only(run).roundTrip).toMatchObject({ residue: [], benign: [], notEvaluated: null });
  });

  it("a missing extension is said, and what needs it is not blamed", async () => {
    const run = await dry.run({
      history: [
        "CREATE EXTENSION IF NOT EXISTS timescaledb",
        "CREATE TABLE m (at timestamptz NOT NULL, v int); SELECT create_hypertable('m', 'at', chunk_time_interval => INTERVAL '1 day', if_not_exists => TRUE)",
      ],
      steps: [
        {
          up: "ALTER TABLE m ADD COLUMN w int; SELECT add_dimension('m', 'v'); ALTER TABLE m SET (timescaledb.compress)",
        },
      ],
    });
    expect(run.history.failed.map(({ line, reason }) => `${line} ${reason}`)).toEqual([
      '1 extension "timescaledb" is not available',
    ]);
    expect(run.standIns[0]).toMatch(/^extension timescaledb is not available/);
    const outcomes = outcomesOf(only(run).up);
    expect(outcomes[0]).toBe("ran");
    expect(outcomes.slice(1).every((outcome) => outcome.startsWith("not evaluated"))).toBe(true);
  });

  it("geometry of PostGIS is an opaque type", async () => {
    const { history, base } = await dry.run({
      history: ["CREATE EXTENSION postgis", "CREATE TABLE p (id int, at geometry(Point, 4326))"],
    });
    expect(history.failed).toHaveLength(1);
    expect(base.tables.map(({ columns }) => columns.length)).toEqual([2]);
  });
});

describe("a migrated base", () => {
  const history = Array.from(
    { length: 5 },
    (_, i) => `CREATE TABLE t${i} (id bigserial PRIMARY KEY, name text); GRANT SELECT ON t${i} TO app`,
  );
  const steps = [{ up: "ALTER TABLE t1 DROP COLUMN name", down: "ALTER TABLE t1 ADD COLUMN name text" }];
  let dry: Dry;
  beforeAll(() => {
    dry = createDry();
  });
  afterAll(() => dry.close());
  const entries = () => readdirSync(path.join(dry.cacheDirectory, "migrated")).sort();

  it("is kept, and the next run says the same without replaying", async () => {
    const first = await dry.run({ history, steps });
    expect(first.history.cached).toBe(false);
    const second = await dry.run({ history, steps });
    expect(second.history).toEqual({ ...first.history, cached: true });
    expect(dry.loads()).toBe(1);
    expect(said(second)).toEqual(said(first));
  });

  it("is kept with the rows of unlogged tables, which a start from files would lose", async () => {
    const unlogged = [
      "CREATE TABLE job (id bigint PRIMARY KEY); CREATE UNLOGGED TABLE lease (id bigserial PRIMARY KEY, job_id bigint REFERENCES job)",
    ];
    const steps = [
      { up: "UPDATE lease SET id = id + 100", down: "UPDATE lease SET id = id - 100" },
      { up: "ALTER TABLE lease SET LOGGED", down: "ALTER TABLE lease SET UNLOGGED" },
      { up: "ALTER TABLE lease ADD COLUMN note text", down: "TRUNCATE lease" },
    ];
    const first = await dry.run({ history: unlogged, steps, scope: "unlogged" });
    const second = await dry.run({ history: unlogged, steps, scope: "unlogged" });
    expect([first, second].map(({ history }) => history.cached)).toEqual([false, true]);
    expect(first.migrations.map(({ roundTrip }) => roundTrip?.data.length)).toEqual([0, 0, 1]);
    expect(said(second)).toEqual(said(first));
  });

  it("does not cross repositories", async () => {
    const before = dry.loads();
    expect((await dry.run({ history, steps, scope: "other" })).history.cached).toBe(false);
    expect(dry.loads()).toBe(before + 1);
  });

  it("is made again when its files are damaged, and foreign files are left alone", async () => {
    const folder = path.join(dry.cacheDirectory, "migrated");
    for (const name of entries()) {
      if (name.endsWith(".json")) writeFileSync(path.join(folder, name), "{");
    }
    writeFileSync(path.join(folder, "notes.txt"), "mine");
    expect((await dry.run({ history, steps })).history.cached).toBe(false);
    expect(entries()).toContain("notes.txt");
    for (const name of entries()) if (name.endsWith(".tar")) truncateSync(path.join(folder, name), 1_000);
    expect((await dry.run({ history, steps })).history.cached).toBe(false);
    expect((await dry.run({ history, steps })).history.cached).toBe(true);
  });

  it("gives way to newer ones when there are too many", async () => {
    const folder = path.join(dry.cacheDirectory, "migrated");
    const old = new Date(2020, 0, 1);
    for (let i = 0; i < 30; i += 1) {
      const key = String(i).padStart(64, "0");
      for (const end of ["json", "tar"]) {
        writeFileSync(path.join(folder, `${key}.${end}`), "{}");
        utimesSync(path.join(folder, `${key}.${end}`), old, old);
      }
    }
    await dry.run({ history, steps, scope: "third" });
    expect(entries().filter((name) => name.endsWith(".json"))).toHaveLength(20);
  });
});

/** What a run says besides how long it took and whether its base was kept. */
function said({ timings: _, history: { cached: __, ...history }, ...run }: DryRun): unknown {
  return JSON.parse(JSON.stringify({ ...run, history }, (key, item) => (key === "ms" ? 0 : item)));
}
