import { existsSync } from "node:fs";
import path from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { check } from "../../src/review/check.ts";
import { defaultConfig } from "../../src/review/config.ts";
import { readScript } from "../../src/review/script.ts";
import { plain } from "../../src/review/text.ts";
import type { DryRun } from "../../src/review/types.ts";
import { createSandbox } from "../../src/sandbox/dry-run.ts";
import { type Files, read } from "../helpers.ts";
import { createSqliteDry, only, outcomes } from "./sqlite-dry.ts";

const dry = createSqliteDry();
afterAll(() => dry.close());

const users = `CREATE TABLE users (id INTEGER PRIMARY KEY AUTOINCREMENT, name VARCHAR(20) NOT NULL UNIQUE, kind TEXT CHECK (kind IN ('a', 'b')));`;
const orders = `CREATE TABLE orders (id TEXT PRIMARY KEY, user_id INTEGER NOT NULL REFERENCES users ON DELETE CASCADE, total DECIMAL(10, 2));
CREATE INDEX orders_user_id ON orders (user_id) WHERE total > 0;`;
const history = [users, orders];

describe("a history", () => {
  it("is replayed, and tables are filled with rows that fit", async () => {
    const run = await dry.run({
      history: [
        ...history,
        `CREATE TABLE odd (a INT, b INT, CHECK ((a IS NULL) <> (b IS NULL)));
         CREATE TABLE strict_one (n INTEGER NOT NULL, t TEXT, r REAL, b BLOB, x ANY) STRICT;
         CREATE TABLE keyed (a TEXT, b INT, PRIMARY KEY (a, b)) WITHOUT ROWID;
         CREATE TABLE tree (id INTEGER PRIMARY KEY, parent_id INTEGER REFERENCES tree (id));
         CREATE TABLE never (a INT CHECK (a < 0 AND a > 0) NOT NULL);
         CREATE TABLE child_of_never (never_id INT NOT NULL REFERENCES never (a));
         CREATE VIRTUAL TABLE words USING fts5 (text);`,
      ],
    });
    expect(run.engine).toMatch(/^SQLite 3\.\d+\.\d+ \(sqlite-wasm 3\./);
    expect(run.history).toMatchObject({ migrations: 3, statements: 10, cached: false, failed: [] });
    expect(run.seeded).toMatchObject({ tables: 6, rows: 60 });
    expect(run.seeded.empty.map(({ table, reason }) => `${table}: ${reason}`)).toEqual(
      [
        "child_of_never: its parent never has no rows",
        expect.stringContaining("never: its made-up rows were refused: "),
      ].sort(),
    );
  });

  it("does not stand in the way of a change that reads values which only the application writes", async () => {
    const run = await dry.run({
      history: ["CREATE TABLE jobs (id INTEGER PRIMARY KEY, doc TEXT NOT NULL, errors BLOB);"],
      steps: [{ up: "UPDATE jobs SET errors = jsonb(doc);" }],
    });
    expect(run.migrations[0]?.up.statements.map(({ outcome }) => outcome.kind)).toEqual(["ran"]);
    expect(run.seeded.empty).toMatchObject([
      { table: "jobs", reason: expect.stringMatching(/malformed JSON.*ran without them/) },
    ]);
  });

  it("is known by its schema", async () => {
    const { base } = await dry.run({
      history: [...history, "CREATE VIEW v AS SELECT 1; CREATE TABLE t (a INT, b AS (a + 1) STORED);"],
    });
    expect(base.views).toEqual([
      {
        name: "v",
        materialized: false,
        definition: "create view v as select 1",
        options: [],
        columns: null,
        reads: [],
        privileges: [],
        indexes: [],
      },
    ]);
    expect(base.tables.map(({ name }) => name)).toEqual(["orders", "t", "users"]);
    const [table, generated, parent] = base.tables;
    expect(table?.columns).toMatchObject([
      { name: "id", type: "TEXT", notNull: false },
      { name: "user_id", type: "INTEGER", notNull: true },
      { name: "total", type: "DECIMAL(10, 2)" },
    ]);
    expect(table?.constraints).toMatchObject([
      { kind: "foreign-key", columns: ["user_id"], references: { table: "users", columns: ["id"] } },
      { kind: "primary-key", columns: ["id"] },
    ]);
    expect(table?.indexes).toMatchObject([
      { name: "orders_user_id", columns: ["user_id"], unique: false, primary: false, where: "total > 0" },
      { primary: true, unique: true, columns: ["id"] },
    ]);
    expect(generated?.columns[1]).toMatchObject({ name: "b", generated: true, defaultSql: null });
    expect(parent?.constraints.map(({ kind }) => kind).sort()).toEqual(["check", "primary-key", "unique"]);
    expect(new Set(base.tables.map(({ oid }) => oid)).size).toBe(3);
  });

  it("is kept for the next review", async () => {
    const only = [...history, "CREATE TABLE kept (a COLLATE natural_order);"];
    const first = await dry.run({ history: only });
    const before = dry.loads();
    const second = await dry.run({ history: only, steps: [{ up: "DROP TABLE kept;" }] });
    expect([first.history.cached, second.history.cached, dry.loads() - before]).toEqual([false, true, 0]);
    expect(second.base).toEqual(first.base);
    expect(second.seeded).toEqual(first.seeded);
    expect(second.standIns).toEqual(["collation natural_order, which compares byte by byte here"]);
  });

  it("records what does not run, and goes on", async () => {
    const run = await dry.run({
      history: [users, "CREATE TABLE a (x);\nSELECT my_own(1);\nCREATE TABLE b (x);", "CREATE TABLE c (x"],
      steps: [{ up: "INSERT INTO c VALUES (1); INSERT INTO d VALUES (1);" }],
    });
    expect(run.history.failed).toMatchObject([
      { path: "migrations/sqlite/1_step.up.sql", line: 2, reason: "no such function: my_own" },
      { path: "migrations/sqlite/2_step.up.sql", line: 1, reason: "incomplete input" },
    ]);
    expect(run.base.tables.map(({ name }) => name)).toEqual(["a", "b", "users"]);
    expect(outcomes(only(run).up)).toEqual([
      expect.stringContaining("not evaluated: it may depend on a statement that did not run"),
      "failed: no such table: d",
    ]);
  });

  it("may use functions and collations of the application that no row calls", async () => {
    const run = await dry.run({
      history: [
        users,
        "UPDATE users SET name = my_own(name, 1); CREATE VIEW v AS SELECT my_own(name) AS name FROM users;",
      ],
      steps: [
        {
          up: "ALTER TABLE users RENAME COLUMN kind TO sort; SELECT * FROM users ORDER BY name COLLATE natural_ci;",
        },
        { up: "SELECT * FROM v;" },
        { up: "SELECT your_own(1);" },
      ],
    });
    expect(run.history.failed).toEqual([]);
    expect(run.migrations.map(({ up }) => outcomes(up))).toEqual([
      ["ran", "ran"],
      [expect.stringContaining("not evaluated: it calls a function that the sandbox does not have")],
      [expect.stringContaining("not evaluated: it calls a function that the sandbox does not have")],
    ]);
    expect(run.standIns).toEqual([
      "function my_own, which fails here when a row calls it",
      "collation natural_ci, which compares byte by byte here",
    ]);
  });

  it("may hold files that commit on their own", async () => {
    const own = "BEGIN; CREATE TABLE a (x); COMMIT; VACUUM;";
    const run = await dry.run({
      history: [users, own],
      steps: [{ up: own.replace(" a ", " b "), down: "DROP TABLE b;" }],
    });
    expect(run.history.failed).toEqual([]);
    expect(outcomes(only(run).up)).toEqual(["ran", "ran", "ran", "ran"]);
    expect(only(run).roundTrip).toMatchObject({ residue: [], data: [], notEvaluated: null });
  });
});

describe("an up", () => {
  const up = async (sql: string) => only(await dry.run({ history, steps: [{ up: sql }] }));

  it("fails in SQLite's words, where rows are what it fails for as well", async () => {
    const run = await up(
      "SELECT 1;\nALTER TABLE users ADD COLUMN at TEXT DEFAULT CURRENT_TIMESTAMP;\nSELECT 2;",
    );
    expect(outcomes(run.up)).toEqual([
      "ran",
      "failed: Cannot add a column with non-constant default",
      "not-reached",
    ]);
    expect(run.after).toEqual(run.before);
    expect(outcomes((await up("ALTER TABLE users ADD COLUMN at TEXT NOT NULL;")).up)).toEqual([
      "failed: Cannot add a NOT NULL column with default value NULL",
    ]);
    const [first] = (await up("SELECT 'ä', nothing FROM users;")).up.statements;
    expect(first?.outcome).toMatchObject({ kind: "failed", code: "SQLITE_ERROR", position: 12 });
  });

  it("is rolled back as a whole", async () => {
    const run = await dry.run({ history, steps: [{ up: "CREATE TABLE a (x); DROP TABLE nothing;" }] });
    expect(run.head).toEqual(run.base);
  });

  it("takes double quotes for text, as usual builds of SQLite do", async () => {
    expect(
      outcomes(
        (await up('ALTER TABLE users ADD COLUMN x TEXT DEFAULT "no"; UPDATE users SET kind = "a";')).up,
      ),
    ).toEqual(["ran", "ran"]);
  });

  it("is not blamed for rows that were made up", async () => {
    const run = await dry.run({
      history,
      steps: [{ up: "CREATE UNIQUE INDEX one_kind ON users (kind);", down: "DROP INDEX one_kind;" }],
    });
    expect(outcomes(only(run).up)).toEqual(["ran"]);
    expect(run.seeded.empty).toMatchObject([
      { table: "users", reason: expect.stringContaining("UNIQUE constraint failed: users.kind") },
    ]);
  });

  it("is blamed when it leaves a column of its own empty", async () => {
    const run = await up(
      "CREATE TABLE n (id INTEGER PRIMARY KEY, region TEXT NOT NULL); INSERT INTO n (id) SELECT id FROM users;",
    );
    expect(outcomes(run.up)).toEqual(["ran", "failed: NOT NULL constraint failed: n.region"]);
  });

  it("says what depends on how the tool is set up", async () => {
    const run = await up("CREATE TABLE a (x); VACUUM; CREATE TABLE b (x);");
    expect(outcomes(run.up)).toEqual([
      "ran",
      "not evaluated: SQLite runs it only outside of a transaction, and most tools put one around a file (cannot VACUUM from within a transaction)",
      "ran",
    ]);
  });

  it("may leave its own transaction open", async () => {
    expect((await up("BEGIN; CREATE TABLE a (x);")).up.leftOpen).toBe(true);
  });

  it("shows what it writes, also what foreign keys delete", async () => {
    const run = await dry.run({
      history,
      mode: "autocommit",
      steps: [{ up: "PRAGMA foreign_keys = ON; DELETE FROM users; PRAGMA foreign_keys;" }],
    });
    expect(only(run).up.statements[1]?.writes).toEqual(
      expect.arrayContaining([
        { relation: "users", inserted: 0, updated: 0, deleted: 10 },
        { relation: "orders", inserted: 0, updated: 0, deleted: 10 },
      ]),
    );
  });

  it("does not inherit the settings of the one before", async () => {
    const run = await dry.run({
      history,
      mode: "autocommit",
      steps: [{ up: "PRAGMA foreign_keys = ON;" }, { up: "DELETE FROM users;" }],
    });
    expect(run.migrations[1]?.up.statements[0]?.writes.map(({ relation }) => relation)).toEqual(["users"]);
  });
});

describe("a round trip", () => {
  const trip = async (up: string, down: string, base: readonly string[] = history) => {
    const { roundTrip } = only(await dry.run({ history: base, steps: [{ up, down }] }));
    if (!roundTrip) throw new Error("no round trip");
    return roundTrip;
  };
  const rebuilt = (columns: string, list: string) =>
    `CREATE TABLE n (${columns}); INSERT INTO n (${list}) SELECT ${list} FROM users; DROP TABLE users; ALTER TABLE n RENAME TO users;`;
  const definition = users.slice(users.indexOf("(") + 1, users.lastIndexOf(")"));

  it("restores what ALTER TABLE changes, whatever it does to the text", async () => {
    const run = await trip(
      "ALTER TABLE users RENAME TO people; ALTER TABLE people RENAME COLUMN kind TO sort; ALTER TABLE people ADD x INT;",
      "ALTER TABLE people DROP x; ALTER TABLE people RENAME COLUMN sort TO kind; ALTER TABLE people RENAME TO users;",
    );
    expect(run).toMatchObject({ residue: [], benign: [], data: [], upAgainResidue: [], notEvaluated: null });
    expect(outcomes(run.upAgain ?? { statements: [], leftOpen: false })).toEqual(["ran", "ran", "ran"]);
  });

  it("restores a table that is built anew, twice", async () => {
    const up = rebuilt(`${definition}, email TEXT`, "id, name, kind");
    expect(await trip(up, rebuilt(definition, "id, name, kind"))).toMatchObject({
      residue: [],
      data: [],
      notEvaluated: null,
    });
  });

  it("takes rows without a key for rows, whatever the primary key says", async () => {
    const base = [
      "CREATE TABLE keys (k BLOB PRIMARY KEY, n INTEGER NOT NULL)",
      "INSERT INTO keys VALUES (NULL, 1), (NULL, 2), (NULL, 3)",
    ];
    const { data } = await trip("CREATE TABLE other (a INTEGER)", "DROP TABLE other", base);
    expect(data).toEqual([]);
  });

  it("names what a table built anew has lost", async () => {
    const base = [
      ...history,
      "CREATE INDEX users_kind ON users (kind); CREATE TRIGGER t AFTER INSERT ON users BEGIN SELECT 1; END;",
    ];
    const up = rebuilt(definition, "id, name, kind");
    const run = await trip(up, rebuilt(definition.replace(" AUTOINCREMENT", ""), "id, name"), base);
    expect(run.residue.map(({ kind, identity, change }) => `${kind} ${identity} ${change}`).sort()).toEqual([
      "index users_kind missing",
      "table option users: AUTOINCREMENT missing",
      "trigger users.t missing",
    ]);
    expect(run.data).toEqual([{ table: "users", column: "kind", rows: 10, of: 10, change: "lost" }]);
  });

  it("tells a column's old definition from its new one", async () => {
    const up = rebuilt(definition.replace("NOT NULL UNIQUE", "COLLATE NOCASE DEFAULT 'x'"), "id, name, kind");
    const run = await trip(up, "SELECT 1;");
    expect(
      run.residue.map(({ kind, identity, change, before, after }) => [kind, identity, change, before, after]),
    ).toEqual([
      ["column", "users.name", "changed", "varchar(20) not null", "varchar(20) default 'x' collate nocase"],
      ["constraint", "users.unique (name)", "missing", "unique (name)", null],
    ]);
  });

  it("takes other ways to write the same for the same", async () => {
    const other =
      "id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, [name] varchar (20) unique not null, kind text, check(\"kind\" in ('a','b'))";
    const run = await trip(
      rebuilt(definition, "id, name, kind"),
      rebuilt(other.replace(" NOT NULL PRIMARY", " PRIMARY"), "id, name, kind"),
    );
    expect(run.residue).toEqual([]);
  });

  it("does not take the row's time of change for lost data", async () => {
    const stamped = `${users} ALTER TABLE users ADD COLUMN updated_at TEXT; CREATE TRIGGER stamp AFTER UPDATE OF kind ON users BEGIN UPDATE users SET updated_at = datetime('now') WHERE id = new.id; END;`;
    const run = await trip("UPDATE users SET kind = kind;", "UPDATE users SET kind = kind;", [stamped]);
    expect(run.data).toEqual([]);
  });

  it("does not tell a document in bytes from the same in text", async () => {
    const base = "CREATE TABLE jobs (id INTEGER PRIMARY KEY, args BLOB NOT NULL DEFAULT '{}', tags JSON);";
    const up = "UPDATE jobs SET args = jsonb(args), tags = jsonb(tags);";
    expect((await trip(up, "UPDATE jobs SET args = json(args), tags = json(tags);", [base])).data).toEqual(
      [],
    );
    expect((await trip(up, "SELECT 1;", [base])).data).toHaveLength(2);
  });

  it("is left when the down fails", async () => {
    const run = await trip("CREATE TABLE a (x);", "DROP TABLE b;");
    expect(outcomes(run.down)).toEqual(["failed: no such table: b"]);
    expect(run.upAgain).toBe(null);
  });

  it("sees that the up cannot be run again", async () => {
    const run = await trip("CREATE TABLE a (x);", "SELECT 1;");
    expect(run.residue).toMatchObject([{ kind: "table", identity: "a", change: "extra" }]);
    expect(outcomes(run.upAgain ?? { statements: [], leftOpen: false })).toEqual([
      "failed: table a already exists",
    ]);
  });
});

describe("hostile SQL", () => {
  const quick = createSqliteDry({ limits: { statement: 500 } });
  afterAll(() => quick.close());
  const file = path.join(quick.cacheDirectory, "stolen.db");

  it.each([
    [
      "WITH RECURSIVE r(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM r) SELECT count(*) FROM r",
      "it took longer than 500 ms",
    ],
    [
      "WITH RECURSIVE r(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM r) INSERT INTO orders SELECT n, n, n FROM r",
      "",
    ],
    ["SELECT hex(zeroblob(4e8))", "it makes a longer value than the sandbox allows"],
    ["SELECT group_concat(hex(randomblob(1e6))) FROM users a, users b, users c", ""],
    [
      "CREATE TABLE big AS WITH RECURSIVE r(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM r) SELECT zeroblob(1e7) AS b FROM r",
      "",
    ],
    [`ATTACH '${file}' AS stolen`, "it opens another database file"],
    [`ATTACH 'file:${file}?mode=rwc' AS stolen`, "it opens another database file"],
    [`VACUUM INTO '${file}'`, ""],
    ["SELECT load_extension('/lib/libc.so.6')", "it calls a function that the sandbox does not have"],
    ["SELECT readfile('/etc/passwd')", "it calls a function that the sandbox does not have"],
    ["SELECT writefile('/tmp/x', 'y')", "it calls a function that the sandbox does not have"],
  ])("comes to no verdict: %s", async (sql, reason) => {
    const run = await quick.run({
      history,
      steps: [{ up: `CREATE TABLE a (x); ${sql}; CREATE TABLE b (x);` }],
    });
    expect(outcomes(only(run).up)[1]).toMatch(/^not evaluated: /);
    expect(outcomes(only(run).up)[1]).toContain(reason);
    // What is around it is still run.
    expect([outcomes(only(run).up)[0], outcomes(only(run).up)[2]]).toEqual(["ran", "ran"]);
    expect(existsSync(file)).toBe(false);
  });

  it("that breaks the database is seen", async () => {
    const run = await quick.run({
      history,
      mode: "autocommit",
      steps: [
        { up: "PRAGMA writable_schema = ON; UPDATE sqlite_schema SET rootpage = 99999, sql = 'nonsense';" },
      ],
    });
    const [step] = run.migrations;
    const all = step ? outcomes(step.up) : [];
    expect(run.lost !== null || all.some((outcome) => outcome !== "ran")).toBe(true);
  });

  it("in a trigger does not keep tables from being filled", async () => {
    const run = await quick.run({
      history: [
        users,
        "CREATE TRIGGER t AFTER INSERT ON users BEGIN INSERT INTO users (name) WITH RECURSIVE r(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM r) SELECT n FROM r; END;",
        "CREATE TABLE other (a INT);",
      ],
    });
    expect(run.lost).toBe(null);
    expect(run.seeded).toMatchObject({ rows: 10, empty: [{ table: "users" }] });
  });

  it("with NUL bytes is not sent", async () => {
    const run = await quick.run({ steps: [{ up: "SELECT 1\0; SELECT 2;" }] });
    expect(outcomes(only(run).up)[0]).toContain("NUL byte");
  });

  it("does not outlive its review", async () => {
    const abort = new AbortController();
    const sql = "WITH RECURSIVE r(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM r) SELECT count(*) FROM r";
    const running = dry.run({ steps: [{ up: sql }], signal: abort.signal });
    setTimeout(() => abort.abort(new Error("gone")), 1_500);
    const started = performance.now();
    await expect(running).rejects.toThrow("gone");
    expect(performance.now() - started).toBeLessThan(4_500);
  });
});

describe("a query", () => {
  it("is not planned, and that is said", async () => {
    const run = await dry.run({ history, queries: [{ index: 0, sql: "SELECT 1", baseSql: null }] });
    expect(run.queries).toEqual([
      {
        query: 0,
        before: null,
        early: { kind: "not-evaluated", reason: "queries are not planned on SQLite" },
        after: { kind: "not-evaluated", reason: "queries are not planned on SQLite" },
      },
    ]);
  });
});

describe("other versions of a change", () => {
  const columns = ({ head }: DryRun) =>
    head.tables.map((table) => `${table.name}: ${table.columns.map(({ name }) => name).join(" ")}`);

  it("are run one after the other, each from the base, and the first is answered", async () => {
    const seen: DryRun[] = [];
    const run = await dry.run({
      history: ["CREATE TABLE a (x INT)"],
      steps: [{ up: "ALTER TABLE a ADD COLUMN y INT; DELETE FROM a", down: "ALTER TABLE a DROP COLUMN y" }],
      versions: [
        [{ up: "CREATE TABLE b (x INT); UPDATE a SET x = NULL; ALTER TABLE a RENAME TO c" }],
        [{ up: "SELECT nope FROM a" }],
        [],
      ],
      saw: (version) => void seen.push(version),
    });
    expect(seen[0]).toBe(run);
    expect(seen.map(columns)).toEqual([["a: x y"], ["b: x", "c: x"], ["a: x"], ["a: x"]]);
    const [, second, third] = seen.map(({ migrations }) => migrations[0]?.up);
    expect(second?.statements[1]?.writes).toEqual([{ relation: "a", inserted: 0, updated: 10, deleted: 0 }]);
    expect(third && outcomes(third)).toEqual(["failed: no such column: nope"]);
    expect(new Set(seen.map(({ base }) => base))).toEqual(new Set([run.base]));
  });

  it("end with the one that loses the engine, which is told", async () => {
    const short = createSqliteDry({ limits: { run: 1_500, statement: 60_000 } });
    const seen: DryRun[] = [];
    const endless = "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n";
    await short.run({
      history: ["CREATE TABLE a (x INT)"],
      steps: [{ up: "SELECT 1" }],
      versions: [[{ up: endless }], [{ up: "SELECT 2" }]],
      saw: (version) => void seen.push(version),
    });
    await short.close();
    expect(seen.map(({ lost }) => lost)).toEqual([null, "the run took longer than 1.5 s and was stopped"]);
  });
});

describe("a review", () => {
  const sandbox = createSandbox({ spares: 0, cacheDirectory: dry.cacheDirectory });
  afterAll(() => sandbox.close());
  const base: Files = {
    "db/sqlite3/0001_users.up.sql": users,
    "db/sqlite3/0001_users.down.sql": "DROP TABLE users;",
    "db/sqlite3/0002_orders.up.sql": orders,
    "db/sqlite3/0002_orders.down.sql": "DROP TABLE orders;",
  };

  async function review(up: string, down: string | null) {
    const changes = read(base, {
      ...base,
      "db/sqlite3/0003_change.up.sql": up,
      ...(down !== null && { "db/sqlite3/0003_change.down.sql": down }),
    });
    const [database] = changes.databases;
    if (!database) throw new Error("no database");
    const run: DryRun = await sandbox.dryRun({
      database,
      scope: "review",
      loadHistory: async () =>
        database.history.map((entry) =>
          readScript(entry.path, String(base[entry.path]), "transaction", undefined, database.dialect),
        ),
      queries: [],
      rows: {},
    });
    expect([run.lost, run.history.failed]).toEqual([null, []]);
    return check({ changes, runs: [run], config: defaultConfig });
  }
  const told = (findings: Awaited<ReturnType<typeof review>>) =>
    findings.map(({ rule, severity, message }) => `${rule} ${severity}: ${plain(message)}`);

  it("has nothing to say about a change that is well", async () => {
    expect(
      told(
        await review(
          "ALTER TABLE users ADD COLUMN email TEXT; CREATE INDEX users_email ON users (email);",
          "DROP INDEX users_email; ALTER TABLE users DROP COLUMN email;",
        ),
      ),
    ).toEqual([]);
  });

  it("speaks of SQLite where a statement fails", async () => {
    const findings = await review(
      "ALTER TABLE users ADD COLUMN at TEXT DEFAULT CURRENT_TIMESTAMP;",
      "SELECT 1;",
    );
    expect(told(findings)).toEqual([
      "no-failing-migration error: This statement fails: Cannot add a column with non-constant default.",
    ]);
    expect(findings[0]?.evidence.map(plain)).toEqual([
      "observed: SQLite answered Cannot add a column with non-constant default (SQLITE_ERROR)",
    ]);
  });

  it("takes a table that is built anew for the same table, and names the column that it lacks", async () => {
    const rebuild = (columns: string, list: string) =>
      `CREATE TABLE orders_new (${columns});
INSERT INTO orders_new (${list}) SELECT ${list} FROM orders;
DROP TABLE orders;
ALTER TABLE orders_new RENAME TO orders;
CREATE INDEX orders_user_id ON orders (user_id) WHERE total > 0;`;
    const whole =
      "id TEXT PRIMARY KEY, user_id INTEGER NOT NULL REFERENCES users ON DELETE CASCADE, total DECIMAL(10, 2)";
    const narrow = whole.replace("id TEXT PRIMARY KEY, ", "");
    const list = "id, user_id, total";
    expect(told(await review(rebuild(`${whole}, note TEXT`, list), rebuild(whole, list)))).toEqual([]);
    expect(
      told(
        await review(
          rebuild(narrow, "user_id, total"),
          rebuild(whole.replace("PRIMARY KEY", "PRIMARY KEY"), "user_id, total"),
        ),
      ),
    ).toEqual([
      expect.stringMatching(/^no-round-trip-data-loss error: .*`?id`?/),
      "no-column-drop warning: Building orders anew without id breaks running code that still uses it.",
    ]);
  });

  it("says what a down leaves, what is missing, and what is dropped", async () => {
    expect(told(await review("CREATE TABLE a (x); DROP TABLE orders;", "SELECT 1;")).sort()).toEqual([
      expect.stringMatching(/^no-table-drop warning: Dropping orders loses its rows/),
      expect.stringMatching(/^require-restoring-down error: After up and down the table \w+ is /),
    ]);
    expect(told(await review("CREATE TABLE a (x);", null))).toEqual([
      expect.stringMatching(/^require-down warning: /),
    ]);
  });
});
