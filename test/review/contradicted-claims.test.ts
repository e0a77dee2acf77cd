import { afterAll, describe, expect, it } from "vitest";
import { check } from "../../src/review/check.ts";
import { defaultConfig, readConfig } from "../../src/review/config.ts";
import { readScript } from "../../src/review/script.ts";
import { plain } from "../../src/review/text.ts";
import type { StatementRun } from "../../src/review/types.ts";
import { createBatch } from "../batch.ts";
import { read } from "../helpers.ts";

/**
 * What is often told of PostgreSQL's locks and rewrites and is not so. Each statement really runs; what was seen is compared,
 * and then what the rules say, or do not say, of it.
 */
const sandbox = createBatch();
afterAll(() => sandbox.close());

const base = `
CREATE TABLE users (id bigint PRIMARY KEY, name text, email text);
CREATE TABLE orders (id bigint PRIMARY KEY, user_id bigint, total bigint);
CREATE UNIQUE INDEX users_email_idx ON users (email);
CREATE TABLE events (id bigint, at date) PARTITION BY RANGE (at);
CREATE TABLE events_rest PARTITION OF events DEFAULT;
CREATE TABLE events_2026 (id bigint, at date);
CREATE DOMAIN short AS text;
CREATE TABLE notes (id bigint PRIMARY KEY, body short);`;

async function review(up: string, history = base) {
  const start = { "migrations/0001_base.up.sql": history };
  const changes = read(start, { ...start, "migrations/0002_change.up.sql": up });
  const [database] = changes.databases;
  if (!database) throw new Error("no database was read");
  const run = await sandbox.dryRun({
    database,
    scope: "claims",
    loadHistory: async () => [readScript("migrations/0001_base.up.sql", history, "implicit")],
    queries: [],
    rows: {},
  });
  expect([run.lost, run.history.failed]).toEqual([null, []]);
  const seen = run.migrations[0]?.up.statements ?? [];
  const findings = check({ changes, runs: [run], config: defaultConfig });
  return { seen, ids: findings.map(({ rule }) => rule), findings };
}

/** "MODE table" for every lock on a table, strongest first. */
function locksOf(statement: StatementRun | undefined): string[] {
  return (statement?.locks ?? [])
    .filter(({ kind }) => kind === "table")
    .map(({ mode, relation }) => `${mode} ${relation}`);
}

function tablesOf(list: readonly { readonly relation: string }[] | undefined): string[] {
  return (list ?? []).map(({ relation }) => relation);
}

/** Why a statement failed: its SQLSTATE; "ran" when it did not. */
function outcomeOf(statement: StatementRun | undefined): string {
  return statement?.outcome.kind === "failed" ? statement.outcome.code : (statement?.outcome.kind ?? "");
}

describe("a new column", () => {
  it.each([
    ["now() is stable: it is evaluated once", "created timestamptz NOT NULL DEFAULT now()"],
    ["an immutable function is evaluated once", "data jsonb DEFAULT jsonb_build_object('a', 1)"],
    ["a virtual generated column is not stored", "upper_name text GENERATED ALWAYS AS (upper(name)) VIRTUAL"],
    ["a constant is kept in the catalog", "plan text NOT NULL DEFAULT 'free'"],
  ])("writes no row: %s", async (_, column) => {
    const { seen, ids } = await review(`ALTER TABLE users ADD COLUMN ${column};`);
    expect(locksOf(seen[0])).toEqual(["ACCESS EXCLUSIVE users"]);
    expect(seen[0]).toMatchObject({ rewrites: [], scans: [] });
    expect(ids).not.toContain("no-new-column-rewrite");
  });

  it.each([
    "key uuid DEFAULT gen_random_uuid()",
    "seen timestamptz DEFAULT clock_timestamp()",
    "number bigserial",
    "upper_name text GENERATED ALWAYS AS (upper(name)) STORED",
  ])("writes every row: %s", async (column) => {
    const { seen, ids } = await review(`ALTER TABLE users ADD COLUMN ${column};`);
    expect(tablesOf(seen[0]?.rewrites)).toContain("users");
    expect(ids).toContain("no-new-column-rewrite");
  });
});

describe("a foreign key", () => {
  it("stops writes to both tables, and reads of neither", async () => {
    const { seen, ids } = await review("ALTER TABLE orders ADD FOREIGN KEY (user_id) REFERENCES users;");
    expect(locksOf(seen[0])).toEqual(["SHARE ROW EXCLUSIVE orders", "SHARE ROW EXCLUSIVE users"]);
    expect(tablesOf(seen[0]?.scans)).toContain("orders");
    expect(ids).toContain("no-blocking-foreign-key");
  });

  it("stops writes to the referenced table also when the referencing one is new", async () => {
    const { seen, findings } = await review("CREATE TABLE visits (user_id bigint REFERENCES users);");
    expect(locksOf(seen[0])).toEqual(["SHARE ROW EXCLUSIVE users"]);
    const own = findings.find(({ rule }) => rule === "no-lock-on-referenced-table");
    expect(plain(own?.message ?? [])).toBe(
      "The foreign keys of visits make every write to users wait until the transaction ends.",
    );
  });

  it("takes the same locks when it is not enforced", async () => {
    const { seen } = await review(
      "ALTER TABLE orders ADD FOREIGN KEY (user_id) REFERENCES users NOT ENFORCED;",
    );
    expect(locksOf(seen[0])).toEqual(["SHARE ROW EXCLUSIVE orders", "SHARE ROW EXCLUSIVE users"]);
    expect(seen[0]?.scans).toEqual([]);
  });

  it("reads no row in a new column without a default", async () => {
    const { seen, ids } = await review("ALTER TABLE orders ADD COLUMN editor bigint REFERENCES users;");
    expect(seen[0]?.scans).toEqual([]);
    expect(ids).not.toContain("no-blocking-foreign-key");
  });

  it.each(["DROP TABLE orders;", "ALTER TABLE orders DROP CONSTRAINT orders_user_id_fkey;"])(
    "stops reads of the referenced table when it goes: %s",
    async (up) => {
      const key = `${base} ALTER TABLE orders ADD FOREIGN KEY (user_id) REFERENCES users;`;
      const { seen, ids } = await review(up, key);
      expect(locksOf(seen[0])).toContain("ACCESS EXCLUSIVE users");
      expect(ids).toContain("no-lock-on-referenced-table");
    },
  );

  it("lets TRUNCATE … CASCADE empty the tables that refer", async () => {
    const key = `${base} ALTER TABLE orders ADD FOREIGN KEY (user_id) REFERENCES users;`;
    const { seen, findings } = await review("TRUNCATE users CASCADE;", key);
    expect(locksOf(seen[0])).toEqual(["ACCESS EXCLUSIVE orders", "ACCESS EXCLUSIVE users"]);
    const own = findings.find(({ rule }) => rule === "no-truncate");
    expect(own?.severity).toBe("error");
    expect(plain(own?.message ?? [])).toContain("orders");
  });
});

describe("constraints that build or check", () => {
  it.each([
    ["ADD UNIQUE (name)", ["users"], "no-blocking-unique"],
    ["ADD CHECK (name <> '')", ["users"], "no-blocking-check"],
    ["ADD CONSTRAINT users_email_key UNIQUE USING INDEX users_email_idx", [], null],
  ])("stop reads as well as writes: %s", async (clause, scans, rule) => {
    const { seen, ids } = await review(`ALTER TABLE users ${clause};`);
    expect(locksOf(seen[0])).toEqual(["ACCESS EXCLUSIVE users"]);
    expect(tablesOf(seen[0]?.scans)).toEqual(scans);
    if (rule !== null) expect(ids).toContain(rule);
    else expect(ids).not.toContain("no-blocking-unique");
  });

  it("of a domain stop writes to every table that uses it", async () => {
    const { seen, ids } = await review("ALTER DOMAIN short ADD CHECK (length(VALUE) < 1000);");
    expect(locksOf(seen[0])).toEqual(["SHARE notes"]);
    expect(tablesOf(seen[0]?.scans)).toEqual(["notes"]);
    expect(ids).toContain("no-blocking-domain-constraint");
  });
});

describe("partitions", () => {
  it("are attached without stopping the partitioned table, but not the DEFAULT partition", async () => {
    const { seen, ids } = await review(
      "ALTER TABLE events ATTACH PARTITION events_2026 FOR VALUES FROM (MINVALUE) TO (MAXVALUE);",
      base.replace("CREATE TABLE events_rest PARTITION OF events DEFAULT;", ""),
    );
    expect(locksOf(seen[0])).toEqual(["ACCESS EXCLUSIVE events_2026", "SHARE UPDATE EXCLUSIVE events"]);
    expect(ids).toContain("no-blocking-partition-scan");
    expect(ids).not.toContain("no-partitioned-table-lock");

    const beside = await review(
      "ALTER TABLE events ATTACH PARTITION events_2026 FOR VALUES FROM ('0001-01-01') TO ('0002-01-01');",
      base.replace(
        "events_2026 (id bigint, at date)",
        "events_2026 (id bigint, at date CHECK (at < '0002-01-01'))",
      ),
    );
    expect(locksOf(beside.seen[0])).toEqual([
      "ACCESS EXCLUSIVE events_2026",
      "ACCESS EXCLUSIVE events_rest",
      "SHARE UPDATE EXCLUSIVE events",
    ]);
  });

  it("are created in place by stopping the partitioned table", async () => {
    const { seen, ids } = await review(
      "CREATE TABLE events_1 PARTITION OF events FOR VALUES FROM ('0001-01-01') TO ('0002-01-01');",
    );
    expect(locksOf(seen[0])).toEqual(["ACCESS EXCLUSIVE events", "ACCESS EXCLUSIVE events_rest"]);
    expect(ids).toContain("no-partitioned-table-lock");
  });
});

describe("views and functions", () => {
  const dependents = `${base}
CREATE VIEW names AS SELECT name FROM users;
CREATE FUNCTION parsed() RETURNS bigint BEGIN ATOMIC SELECT count(name) FROM users; END;
CREATE FUNCTION unparsed() RETURNS bigint LANGUAGE sql AS 'SELECT count(name) FROM users';`;

  it.each(["ALTER TABLE users RENAME COLUMN name TO title;", "ALTER TABLE users RENAME TO people;"])(
    "go on after a rename, but for bodies that are strings: %s",
    async (rename) => {
      const { seen, findings } = await review(
        `${rename} SELECT * FROM names; SELECT parsed(); SELECT unparsed();`,
        dependents,
      );
      expect(seen.slice(0, 3).map(outcomeOf)).toEqual(["ran", "ran", "ran"]);
      expect(outcomeOf(seen[3])).toMatch(/^(?:42703|42P01)$/);
      for (const { message } of findings) expect(plain(message)).not.toMatch(/\bnames\b/);
    },
  );

  it("stop a column that they read from being dropped or changed, at once", async () => {
    expect(outcomeOf((await review("ALTER TABLE users DROP COLUMN name;", dependents)).seen[0])).toBe(
      "2BP01",
    );
    expect(outcomeOf((await review("ALTER TABLE users ALTER name TYPE varchar;", dependents)).seen[0])).toBe(
      "0A000",
    );
  });
});

describe("short but strong locks", () => {
  it.each([
    ["CREATE POLICY p ON users USING (true)", "ACCESS EXCLUSIVE"],
    ["ALTER TABLE users ENABLE ROW LEVEL SECURITY", "ACCESS EXCLUSIVE"],
    ["ALTER TABLE users REPLICA IDENTITY FULL", "ACCESS EXCLUSIVE"],
    ["ALTER TABLE users DISABLE TRIGGER USER", "SHARE ROW EXCLUSIVE"],
    [
      "CREATE TRIGGER t BEFORE UPDATE ON users FOR EACH ROW EXECUTE FUNCTION suppress_redundant_updates_trigger()",
      "SHARE ROW EXCLUSIVE",
    ],
  ])("%s", async (up, mode) => {
    const { seen, ids } = await review(`${up};`);
    expect(locksOf(seen[0])).toEqual([`${mode} users`]);
    expect(ids).toContain("no-hidden-table-lock");
  });

  it("ALTER TABLE users ALTER name SET DEFAULT 'nobody'", async () => {
    const { seen, ids } = await review("ALTER TABLE users ALTER name SET DEFAULT 'nobody';");
    expect(locksOf(seen[0])).toEqual(["ACCESS EXCLUSIVE users"]);
    expect(ids).toContain("require-lock-timeout");
  });

  it.each([
    "ALTER INDEX users_email_idx RENAME TO users_email",
    "ALTER TABLE users ALTER name SET STATISTICS 500",
    "ALTER TABLE users SET (autovacuum_enabled = true)",
    "COMMENT ON TABLE users IS 'people'",
  ])("let reads and writes through: %s", async (up) => {
    const { seen, ids } = await review(`${up};`);
    for (const lock of locksOf(seen[0])) expect(lock).toBe("SHARE UPDATE EXCLUSIVE users");
    expect(ids).not.toContain("no-hidden-table-lock");
  });
});

describe("prepared statements", () => {
  it("fail once after a type change that rewrites nothing", async () => {
    const change = "ALTER TABLE users ALTER name TYPE varchar";
    const { seen } = await review(
      `PREPARE names AS SELECT name FROM users; EXECUTE names; ${change}; EXECUTE names;`,
    );
    expect(seen.map(outcomeOf)).toEqual(["ran", "ran", "ran", "0A000"]);
    expect((await review(`${change};`)).ids).toContain("no-cached-plan-change");
  });
});

describe("building a table of SQLite anew", () => {
  const tables = `
CREATE TABLE users (id INTEGER PRIMARY KEY, name TEXT, team_id INTEGER REFERENCES teams (id));
CREATE TABLE teams (id INTEGER PRIMARY KEY);
CREATE TABLE orders (id INTEGER PRIMARY KEY, user_id INTEGER NOT NULL REFERENCES users (id) ON DELETE CASCADE);
CREATE INDEX users_name ON users (name);
CREATE TRIGGER users_trim AFTER INSERT ON users BEGIN UPDATE users SET name = trim(name) WHERE id = NEW.id; END;`;
  const up = `
PRAGMA foreign_keys = ON;
BEGIN;
CREATE TABLE users_new (id INTEGER PRIMARY KEY, name TEXT NOT NULL, team_id INTEGER);
INSERT INTO users_new SELECT id, coalesce(name, ''), team_id FROM users;
DROP TABLE users;
ALTER TABLE users_new RENAME TO users;
CREATE TABLE violations (n INTEGER CHECK (n = 0));
INSERT INTO violations SELECT count(*) FROM pragma_foreign_key_check;
COMMIT;`;

  it("loses its index, its trigger and its foreign key, and the rows that refer to it, of which foreign_key_check finds nothing", async () => {
    const { config } = readConfig(
      "migrations:\n  - directory: migrations\n    dialect: sqlite\n",
      "drydock.yml",
    );
    const start = { "migrations/0001_base.up.sql": tables };
    const changes = read(start, { ...start, "migrations/0002_change.up.sql": up }, config);
    const [database] = changes.databases;
    if (!database) throw new Error("no database was read");
    const run = await sandbox.dryRun({
      database,
      scope: "claims",
      loadHistory: async () => [
        readScript("migrations/0001_base.up.sql", tables, "autocommit", undefined, "sqlite"),
      ],
      queries: [],
      rows: {},
    });
    const [seen] = run.migrations;
    expect(seen?.up.statements.map(outcomeOf)).toEqual(Array(9).fill("ran"));
    const dropped = seen?.up.statements[4]?.writes.find(({ relation }) => relation === "orders");
    expect(dropped?.deleted).toBeGreaterThan(0);
    const users = run.head.tables.find(({ name }) => name === "users");
    expect([users?.indexes, run.head.triggers]).toEqual([[], []]);
    expect(users?.constraints.filter(({ kind }) => kind === "foreign-key")).toEqual([]);
    const ids = check({ changes, runs: [run], config }).map(({ rule }) => rule);
    expect(ids).toContain("no-cascading-rebuild");
    expect(ids).toContain("no-rebuild-loss");
  });
});
