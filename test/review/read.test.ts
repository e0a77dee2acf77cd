import { describe, expect, it } from "vitest";
import { defaultConfig } from "../../src/review/config.ts";
import { frameworks } from "../../src/review/frameworks/index.ts";
import { concernsDatabase, noChanges, readHistory, wantedFiles } from "../../src/review/read.ts";
import type { ChangeSet, Database, Skipped } from "../../src/review/types.ts";
import { changeOf, type Files, read, readChange } from "../helpers.ts";

const table = (name: string) => `CREATE TABLE ${name} (id bigserial PRIMARY KEY);\n`;

/** Migrations 1 to n with ups and downs, in db/migrations. */
function history(n: number, folder = "db/migrations"): Record<string, string> {
  const numbers = Array.from({ length: n }, (_, i) => i + 1);
  return Object.fromEntries(
    numbers.flatMap((i) => [
      [`${folder}/${i}_t${i}.up.sql`, table(`t${i}`)],
      [`${folder}/${i}_t${i}.down.sql`, `DROP TABLE t${i};\n`],
    ]),
  );
}

function without(files: Files, ...paths: string[]): Files {
  return Object.fromEntries(
    Object.entries(files).filter(([path]) => !paths.some((prefix) => path.startsWith(prefix))),
  );
}

function only({ databases }: ChangeSet): Database {
  const [database, ...others] = databases;
  if (!database || others.length > 0) throw new Error(`expected one database, got ${databases.length}`);
  return database;
}

/** "1 2 | 3 added 4 kept": the history, then the steps. */
function order(changes: ChangeSet): string {
  const { history, steps } = only(changes);
  const versions = history.map(({ version }) => version).join(" ");
  return `${versions} | ${steps.map(({ version, status }) => `${version} ${status}`).join(", ")}`;
}

function reasons({ skipped }: ChangeSet): string[] {
  return skipped.map(
    ({ path, line, reason, matters }) => `${matters ? "!" : "·"} ${path}${line ? `:${line}` : ""}: ${reason}`,
  );
}

describe("history and steps", () => {
  it("puts added migrations after the whole base side, even with a lower version", () => {
    const late = without(history(12), "db/migrations/5_");
    expect(order(read(late, history(13)))).toBe("1 2 3 4 6 7 8 9 10 11 12 | 5 added, 13 added");
  });

  it("reads an added migration in full", () => {
    const base = history(1);
    const up = "-- orders\nCREATE TABLE orders (id int);\n\nCREATE INDEX ON t1 (id);\n";
    const changes = read(base, {
      ...base,
      "db/migrations/2_orders.up.sql": up,
      "db/migrations/2_orders.down.sql": "DROP TABLE orders;",
    });
    expect(changes.skipped).toEqual([]);
    const database = only(changes);
    expect(database).toMatchObject({
      directory: "db/migrations",
      framework: "golang-migrate",
      dialect: "postgresql",
    });
    expect(database.history).toEqual([
      {
        path: "db/migrations/1_t1.up.sql",
        version: "1",
        digest: expect.stringMatching(/^[0-9a-f]{40}$/),
        settings: {},
      },
    ]);
    const step = database.steps[0];
    expect(step).toMatchObject({
      id: "db/migrations/2",
      version: "2",
      name: "orders",
      status: "added",
      changed: ["up", "down"],
      downWaived: null,
      downPath: "db/migrations/2_orders.down.sql",
    });
    expect(step?.up.transaction).toBe("implicit");
    expect(step?.up.statements.map(({ line, sql, operations }) => [line, sql, operations[0]?.kind])).toEqual([
      [2, "CREATE TABLE orders (id int)", "createTable"],
      [4, "CREATE INDEX ON t1 (id)", "createIndex"],
    ]);
    for (const { span, sql } of step?.up.statements ?? []) expect(up.slice(span.start, span.end)).toBe(sql);
  });

  it("runs an edited migration again, and what follows it", () => {
    const base = history(5);
    const edited = { ...base, "db/migrations/3_t3.up.sql": table("other") };
    expect(order(read(base, edited))).toBe("1 2 | 3 edited, 4 kept, 5 kept");
    const withNew = { ...edited, "db/migrations/6_n.up.sql": table("n") };
    expect(order(read(base, withNew))).toBe("1 2 | 3 edited, 4 kept, 5 kept, 6 added");
    expect(only(read(base, edited)).steps[0]?.changed).toEqual(["up"]);
  });

  it("takes a down that is added, changed or removed for an edit", () => {
    const base = history(2);
    const down = "db/migrations/2_t2.down.sql";
    for (const [from, to] of [
      [without(base, down), base],
      [base, { ...base, [down]: "DROP TABLE IF EXISTS t2;" }],
      [base, without(base, down)],
    ] satisfies [Files, Files][]) {
      const changes = read(from, to);
      expect(order(changes)).toBe("1 | 2 edited");
      expect(only(changes).steps[0]?.changed).toEqual(["down"]);
    }
  });

  it("sees no change in comments, white space and the case of keywords", () => {
    const base = history(3);
    const licence = Object.fromEntries(
      Object.entries(base).map(([path, sql]) => [
        path,
        `-- SPDX-License-Identifier: Apache-2.0\n\n${sql.replace("TABLE", "table")}`,
      ]),
    );
    expect(read(base, licence)).toEqual(noChanges);
    const added = { ...licence, "db/migrations/4_n.up.sql": table("n") };
    expect(order(read(base, added))).toBe("1 2 3 | 4 added");
    expect(only(read(base, added)).history.map(({ digest }) => digest)).not.toContain(
      changeOf({}, base).changed[0]?.digest,
    );
  });

  it("runs a renumbered migration again as a new one", () => {
    const base = history(3);
    const { "db/migrations/3_t3.up.sql": up = "", "db/migrations/3_t3.down.sql": down = "" } = base;
    const head = {
      ...without(base, "db/migrations/3_"),
      "db/migrations/7_t3.up.sql": up,
      "db/migrations/7_t3.down.sql": down,
    };
    const changes = read(base, head);
    expect(order(changes)).toBe("1 2 | 7 added");
    expect(reasons(changes)).toEqual([
      expect.stringContaining("· db/migrations/3_t3.up.sql: this migration is removed"),
    ]);
  });

  it("knows a migration under another name or in another folder", () => {
    const base = history(3);
    const { "db/migrations/2_t2.up.sql": up = "" } = base;
    expect(
      read(base, { ...without(base, "db/migrations/2_t2.up"), "db/migrations/2_better.up.sql": up })
        .databases,
    ).toEqual([]);
    const moved = Object.fromEntries(
      Object.entries(base).map(([path, sql]) => [path.replace("db/", "database/"), sql]),
    );
    expect(read(base, moved).databases).toEqual([]);
    const changes = read(base, { ...moved, "database/migrations/4_n.up.sql": table("n") });
    expect(order(changes)).toBe("1 2 3 | 4 added");
    expect(only(changes).directory).toBe("database/migrations");
  });

  it.each([
    ["node-pg-migrate", (name: string) => `m/2_${name}.sql`, "-- Up Migration\n"],
    ["sql-migrate", (name: string) => `m/2_${name}.sql`, "-- +migrate Up\n"],
    ["prisma", (name: string) => `prisma/migrations/2_${name}/migration.sql`, ""],
  ])(
    "takes a file under another name for another migration where the tool is %s, which knows it by that",
    (_, path, head) => {
      const before = {
        [path("a").replace("2_a", "1_first")]: `${head}SELECT 1;`,
        [path("a")]: `${head}SELECT 2;`,
      };
      const renamed = { ...without(before, path("a")), [path("b")]: `${head}SELECT 2;` };
      const changes = read(before, renamed);
      expect(order(changes)).toBe("1 | 2 added");
      expect(reasons(changes)).toEqual([
        `· ${path("a")}: this migration is removed; databases that already ran it keep what it did`,
      ]);
    },
  );

  it("replays a squash as a new database would", () => {
    const base = history(6);
    const gone = ["1_", "2_", "3_", "4_"].map((version) => `db/migrations/${version}`);
    const squashed = { ...without(base, ...gone), "db/migrations/0_all.up.sql": table("t1") };
    expect(order(read(base, squashed))).toBe(" | 0 added, 5 kept, 6 kept");
    const intoFirst = {
      ...without(base, ...gone.slice(1)),
      "db/migrations/1_t1.up.sql": table("t1") + table("t2"),
    };
    expect(order(read(base, intoFirst))).toBe(" | 1 edited, 5 kept, 6 kept");
    const whole = { "db/migrations/7_all.up.sql": table("t1") };
    expect(order(read(base, whole))).toBe(" | 7 added");
  });

  it("has no step when migrations are only removed, and says so", () => {
    const base = history(3);
    const changes = read(base, without(base, "db/migrations/2_", "db/migrations/3_"));
    expect(changes.databases).toEqual([]);
    expect(reasons(changes)).toEqual([
      expect.stringContaining("· db/migrations/2_t2.up.sql: 2 migrations are removed here"),
    ]);
  });

  it("keeps two files of one version apart, and says that the tool would not start", () => {
    const base = history(2);
    const changes = read(base, { ...base, "db/migrations/02_twin.up.sql": table("twin") });
    expect(order(changes)).toBe("1 2 | 02 added");
    expect(only(changes).steps[0]?.id).toBe("db/migrations/02");
    expect(reasons(changes)).toEqual([
      expect.stringMatching(/^! db\/migrations\/02_twin.up.sql: it has version 2, as 2_t2.up.sql has/),
    ]);
    const both = read({}, { "m/1_a.up.sql": "SELECT 1;", "m/1_b.up.sql": "SELECT 2;" });
    expect(only(both).steps.map(({ id }) => id)).toEqual(["m/1", "m/1_b"]);
  });

  it("says that steps in code between the files are not run", () => {
    const base = { ...history(1), "db/migrations/2_rehash.up.go": "package migrations" };
    const changes = read(base, { ...base, ...history(3), "db/migrations/2_t2.up.sql": "" });
    expect(reasons(changes)).toContainEqual(
      expect.stringContaining(
        "· db/migrations/2_rehash.up.go: a step between these migrations is written in code",
      ),
    );
  });

  it("keeps several databases apart", () => {
    const base = { ...history(2, "a/db"), ...history(1, "b/db") };
    const { databases } = read(base, { ...base, ...history(3, "a/db"), ...history(2, "b/db") });
    expect(
      databases.map(({ directory, history, steps }) => [directory, history.length, steps.length]),
    ).toEqual([
      ["a/db", 2, 1],
      ["b/db", 1, 1],
    ]);
  });
});

describe("a down", () => {
  const step = (down: string | null, folder = "db/migrations") => {
    const base = history(1, folder);
    const files = down === null ? {} : { [`${folder}/2_a.down.sql`]: down };
    return only(
      read(base, { ...base, [`${folder}/2_a.up.sql`]: "ALTER TYPE mood ADD VALUE 'meh';", ...files }),
    ).steps[0];
  };

  it.each([
    ["-- irreversible", "irreversible"],
    ["-- Nothing to undo\n", "Nothing to undo"],
    ["BEGIN;\n-- no-op: enum values cannot be removed\nCOMMIT;", "no-op: enum values cannot be removed"],
    [
      "/* This down migration is intentionally left blank. */",
      "This down migration is intentionally left blank.",
    ],
    [
      "-- Copyright 2024 The Authors\n-- SPDX-License-Identifier: MIT\n\n-- Can't delete enum types,\n-- so we'll just leave it",
      "Can't delete enum types, so we'll just leave it",
    ],
    ["-- There is no good way to roll back this change", "There is no good way to roll back this change"],
    ["-- Do nothing on DOWN.", "Do nothing on DOWN."],
    ["-- Keep existing columns: they may be used again", "Keep existing columns: they may be used again"],
  ])("is waived by the comment in %j", (down, reason) => {
    expect(step(down)).toMatchObject({ downWaived: reason, down: { text: down } });
  });

  it("quotes a long or hostile reason shortened and harmless", () => {
    const waived = step(`-- irreversible \u202e\u001b[31m ${"because ".repeat(60)}`)?.downWaived ?? "";
    expect(waived).toMatch(/^irreversible \\u\{202e\}\\u\{1b\}\[31m because .* …$/);
    expect(waived.length).toBeLessThan(170);
  });

  it.each([
    ["", 0],
    ["-- Copyright 2024 The Authors. You may not use this file.\n-- SPDX-License-Identifier: MIT\n", 0],
    ["-- drop the value", 0],
    ["-- TODO: not possible yet, write this", 0],
    ["-- to keep in mind: drop the value", 0],
    ["-- irreversible\nDROP TABLE a;", 1],
  ])("is a down like any other in %j", (down, statements) => {
    expect(step(down)).toMatchObject({ downWaived: null });
    expect(step(down)?.down?.statements).toHaveLength(statements);
  });

  it("that is missing has a place to be made", () => {
    expect(step(null)).toMatchObject({
      down: null,
      downWaived: null,
      downPath: "db/migrations/2_a.down.sql",
    });
  });

  it("is not owed where plain files have none", () => {
    const base = { "db/migrations/001_a.sql": table("a") };
    const changes = read(base, { ...base, "db/migrations/002_b.sql": table("b") });
    expect(only(changes)).toMatchObject({
      framework: "sql-pairs",
      steps: [
        { version: "002", down: null, downPath: null, downWaived: "nothing in this folder has a down" },
      ],
    });
  });
});

describe("the dialect", () => {
  const first = (files: Files, config = {}) => read({}, files, config);

  it.each([
    ["internal/sqlite/migrations", "sqlite"],
    ["migrations/sqlite3", "sqlite"],
    ["migrations/postgres", "postgresql"],
    ["drivers/pgxv5/migration", "postgresql"],
    ["db/migrations", "postgresql"],
  ])("of %s is %s by its folders", (folder, dialect) => {
    expect(only(first({ [`${folder}/1_a.up.sql`]: "SELECT 1;" })).dialect).toBe(dialect);
  });

  it("of the innermost folder counts", () => {
    expect(only(first({ "mysql-tools/postgres/1_a.up.sql": "SELECT 1;" })).dialect).toBe("postgresql");
  });

  it.each([
    ["migrations/mysql", "MySQL"],
    ["migrations/mariadb", "MariaDB"],
    ["migrations/clickhouse", "ClickHouse"],
    ["migrations/cockroachdb", "CockroachDB"],
    ["migrations/sqlserver", "SQL Server"],
  ])("of %s is not read", (folder, name) => {
    const changes = first({ [`${folder}/1_a.up.sql`]: "SELECT 1;", [`${folder}/2_b.up.sql`]: "SELECT 1;" });
    expect(changes.databases).toEqual([]);
    expect(reasons(changes)).toEqual([`! ${folder}/1_a.up.sql: migrations for ${name} are not read yet`]);
  });

  it("says nothing of other databases that the change leaves alone", () => {
    const base = { ...history(2, "migrations/mysql"), ...history(2, "migrations/postgres") };
    const changes = read(base, { ...base, ...history(3, "migrations/postgres") });
    expect(changes.skipped).toEqual([]);
    expect(only(changes).directory).toBe("migrations/postgres");
  });

  it.each([
    ["CREATE TABLE a (id INTEGER PRIMARY KEY AUTOINCREMENT);", "sqlite"],
    ["PRAGMA foreign_keys = ON;", "sqlite"],
    [
      "CREATE TABLE `a` (`id` integer primary key autoincrement); CREATE TABLE b (x) WITHOUT ROWID;",
      "sqlite",
    ],
    ["CREATE TABLE a (id INTEGER PRIMARY KEY, key BLOB NOT NULL);", "sqlite"],
    ["CREATE TABLE a (id bigserial, j jsonb); -- ENGINE=InnoDB `x`", "postgresql"],
    ["CREATE TABLE a (id int, t text DEFAULT 'AUTOINCREMENT PRAGMA');", "postgresql"],
    ["ALTER TABLE a ADD COLUMN b int;", "postgresql"],
    ['CREATE TABLE "`a`" (id int, "say `hi`" text);', "postgresql"],
  ])("of %j is %s by its words", (sql, dialect) => {
    expect(only(first({ "db/migrations/1_a.up.sql": sql })).dialect).toBe(dialect);
  });

  it.each([
    ["CREATE TABLE `a` (`id` int unsigned AUTO_INCREMENT) ENGINE=InnoDB;", "MySQL"],
    [
      "CREATE TABLE a (\n id UUID PRIMARY KEY DEFAULT gen_random_uuid(),\n slug STRING NOT NULL,\n INDEX a_slug (slug)\n);",
      "CockroachDB",
    ],
    ["CREATE TABLE a (id NUMBER(10), n VARCHAR2(20));", "Oracle"],
    ["CREATE TABLE [dbo].[a] (id int IDENTITY(1,1), n nvarchar(20));\nGO\n", "SQL Server"],
  ])("of %j is not read", (sql, name) => {
    expect(reasons(first({ "db/migrations/1_a.up.sql": sql }))).toEqual([
      `! db/migrations/1_a.up.sql: migrations for ${name} are not read yet`,
    ]);
  });

  const cockroach = [
    "CREATE TABLE a (id uuid PRIMARY KEY DEFAULT gen_random_uuid(), j jsonb, t timestamptz);",
    "CREATE INDEX a_j ON a (id) STORING (j);",
  ].join("\n");

  it.each([
    cockroach,
    cockroach.replace("STORING (j)", "USING HASH WITH BUCKET_COUNT = 8"),
    cockroach.replace("CREATE INDEX a_j ON a (id) STORING (j)", "CREATE INVERTED INDEX ON a (j)"),
    "CREATE TABLE a (id INT8 NOT NULL DEFAULT unique_rowid(), j jsonb, t timestamptz, n text[]);",
    "ALTER TABLE a ALTER PRIMARY KEY USING COLUMNS (id); SELECT now()::timestamptz, '{}'::jsonb;",
  ])("of %j is CockroachDB's, which has PostgreSQL's words as well", (sql) => {
    expect(reasons(first({ "db/migrations/1_a.up.sql": sql }))).toEqual([
      "! db/migrations/1_a.up.sql: migrations for CockroachDB are not read yet",
    ]);
  });

  it("is CockroachDB's by the history's words, not by those of the change", () => {
    const base = { "db/migrations/1_a.up.sql": cockroach };
    const added = { "db/migrations/2_b.up.sql": "ALTER TABLE a ADD COLUMN b int;" };
    expect(read(base, { ...base, ...added }).databases).toEqual([]);
    const plain = { "db/migrations/1_a.up.sql": "CREATE TABLE a (id uuid, j jsonb);" };
    const foreign = { "db/migrations/2_b.up.sql": "CREATE INDEX a_j ON a (id) STORING (j);" };
    expect(only(read(plain, { ...plain, ...foreign })).dialect).toBe("postgresql");
  });

  it("is CockroachDB's where it is what the project starts", () => {
    const compose = (image: string) => `services:\n  db:\n    image: ${image}\n`;
    const dialect = (services: Files, config = {}) => {
      const base = { ...services, "db/migrations/1_a.up.sql": "CREATE TABLE a (id uuid, j jsonb);" };
      const head = { ...base, "db/migrations/2_b.up.sql": "ALTER TABLE a ADD COLUMN b int;" };
      const changes = read(base, head, config);
      return changes.databases[0]?.dialect ?? reasons(changes);
    };
    const file = ".devcontainer/docker-compose.yml";
    const services = { [file]: compose('"cockroachdb/cockroach:v22.2"') };
    expect(dialect(services)).toEqual([
      `! db/migrations/2_b.up.sql: migrations for CockroachDB are not read yet; ${file} starts it`,
    ]);
    const migrations = [{ directory: "db/migrations", dialect: "postgresql" as const }];
    expect(dialect(services, { migrations })).toBe("postgresql");
    expect(dialect({ ...services, "compose.yaml": compose("postgres:16") })).toBe("postgresql");
    expect(dialect({ "docker-compose.yml": compose("redis") })).toBe("postgresql");
    expect(dialect({ "other/docker-compose.yml": compose("cockroachdb/cockroach") })).toBe("postgresql");
  });

  it("is the one that sqlc reads the directory for", () => {
    const dialect = (path: string, sqlc: string) => {
      const base = { [path]: sqlc, "db/migrations/1_a.up.sql": "CREATE TABLE a (id INTEGER PRIMARY KEY);" };
      const head = { ...base, "db/migrations/2_b.up.sql": "ALTER TABLE a ADD COLUMN b int;" };
      const changes = read(base, head);
      return changes.databases[0]?.dialect ?? reasons(changes);
    };
    const file = (schema: string, engine: string) => `sql:\n  - schema: ${schema}\n    engine: ${engine}\n`;
    expect(dialect("sqlc.yaml", file("db/migrations", "sqlite"))).toBe("sqlite");
    expect(dialect("db/queries/sqlc.yml", file('["../migrations", "x.sql"]', "sqlite"))).toBe("sqlite");
    expect(dialect("sqlc.json", '{"packages": [{"schema": "./db/migrations/", "engine": "mysql"}]}')).toEqual(
      ["! db/migrations/2_b.up.sql: migrations for MySQL are not read yet"],
    );
    expect(dialect("sqlc.yaml", file("other/migrations", "sqlite"))).toBe("postgresql");
    expect(dialect("sqlc.yaml", "sql: [")).toBe("postgresql");
  });

  it("is told by the first migrations when the changed one says nothing", () => {
    const base = { "db/migrations/1_a.up.sql": "CREATE TABLE a (id INTEGER PRIMARY KEY AUTOINCREMENT);" };
    const head = { ...base, "db/migrations/2_b.up.sql": "ALTER TABLE a ADD COLUMN b int;" };
    expect(only(read(base, head)).dialect).toBe("sqlite");
  });

  it("is what the configuration says", () => {
    const migrations = [{ directory: "db/mysql", dialect: "postgresql" as const }];
    expect(only(first({ "db/mysql/1_a.up.sql": "SELECT 1;" }, { migrations })).dialect).toBe("postgresql");
  });
});

describe("tools", () => {
  it.each([
    ["prisma", { "prisma/migrations/20240101000000_a/migration.sql": "SELECT 1;" }],
    ["drizzle", { "drizzle/0001_a.sql": "SELECT 1;", "drizzle/meta/_journal.json": "{}" }],
    ["drizzle", { "db/migrations/0001_a.sql": "SELECT 1;\n--> statement-breakpoint\nSELECT 2;" }],
    ["goose", { "db/migrations/00001_a.sql": "-- +goose Up\nSELECT 1;\n-- +goose Down\nSELECT 2;" }],
    ["dbmate", { "db/migrations/20240101000000_a.sql": "-- migrate:up\nSELECT 1;\n-- migrate:down\n" }],
    ["sql-migrate", { "migrations/1_a.sql": "-- +migrate Up\nSELECT 1;" }],
    ["flyway", { "src/main/resources/db/migration/V1__a.sql": "SELECT 1;" }],
    ["atlas", { "migrations/20240101000000_a.sql": "SELECT 1;", "migrations/atlas.sum": "h1:x=" }],
    ["pop", { "migrations/20240101000000_a.postgres.up.sql": "SELECT 1;" }],
    ["supabase", { "supabase/migrations/20240101000000_a.sql": "SELECT 1;" }],
    ["node-pg-migrate", { "migrations/1700000000000_a.sql": "-- Up Migration\nSELECT 1;" }],
    ["sql-pairs", { "migrations/001_a.sql": "SELECT 1;" }],
  ])("%s is found by its own marks", (framework, files) => {
    expect(read({}, files).databases.map((database) => database.framework)).toEqual([framework]);
  });

  it("know what a platform brings by the place of its migrations, whoever runs them", () => {
    const journal = '{"dialect":"postgresql","entries":[{"tag":"0000_a","when":1}]}';
    const byDrizzle = { "supabase/migrations/meta/_journal.json": journal };
    const sql = { "supabase/migrations/0000_a.sql": "SELECT 1;" };
    for (const [framework, files] of [
      ["supabase", sql],
      ["drizzle", { ...sql, ...byDrizzle }],
    ] as const) {
      const database = only(read({}, files));
      expect([database.framework, database.brought.by]).toEqual([framework, "Supabase"]);
    }
    expect(only(read({}, { "migrations/1_a.sql": "SELECT 1;" })).brought.schemas).toEqual([]);
  });

  it("keep a history each in one repository", () => {
    const base = {
      "apps/a/prisma/migrations/0_init/migration.sql": "CREATE TABLE a (id int);",
      "apps/a/prisma/migrations/migration_lock.toml": 'provider = "postgresql"',
      "apps/b/drizzle/0000_a.sql": "CREATE TABLE b (id integer);",
      "apps/b/drizzle/meta/_journal.json": '{"dialect":"sqlite","entries":[{"tag":"0000_a","when":1}]}',
      "apps/c/migrations/1_a.sql": "-- +goose Up\nCREATE TABLE c (id int);",
    };
    const head = {
      ...base,
      "apps/a/prisma/migrations/1_more/migration.sql": "CREATE TABLE a2 (id int);",
      "apps/b/drizzle/0001_b.sql": "CREATE TABLE b2 (id integer);",
      "apps/b/drizzle/meta/_journal.json":
        '{"dialect":"sqlite","entries":[{"tag":"0000_a","when":1},{"tag":"0001_b","when":2}]}',
      "apps/c/migrations/2_b.sql": "-- +goose Up\nCREATE TABLE c2 (id int);",
    };
    const { databases, skipped } = read(base, head);
    expect(skipped).toEqual([]);
    expect(
      databases.map(({ directory, framework, dialect }) => `${directory} ${framework} ${dialect}`),
    ).toEqual([
      "apps/a/prisma/migrations prisma postgresql",
      "apps/b/drizzle drizzle sqlite",
      "apps/c/migrations goose postgresql",
    ]);
    expect(databases.map(({ steps }) => steps[0]?.downWaived)).toEqual([
      "Prisma Migrate has no downs",
      "Drizzle has no downs",
      null,
    ]);
    expect(databases.map(({ history, steps }) => [history.length, steps.length])).toEqual([
      [1, 1],
      [1, 1],
      [1, 1],
    ]);
  });

  it("tell an edit of the down from one of the up where both stand in one file", () => {
    const file = (up: string, down: string) => ({
      "m/1_a.sql": `-- +goose Up\n${up}\n-- +goose Down\n${down}\n`,
    });
    const base = file("CREATE TABLE a (id int);", "DROP TABLE a;");
    const head = file("CREATE TABLE a (id int);", "DROP TABLE IF EXISTS a;");
    expect(only(read(base, head)).steps.map(({ status, changed }) => [status, changed])).toEqual([
      ["edited", ["down"]],
    ]);
    expect(read(base, file("CREATE TABLE a (id int); -- why", "DROP TABLE a;")).databases).toEqual([]);
    const marked = { "m/1_a.sql": `-- +goose NO TRANSACTION\n${base["m/1_a.sql"]}` };
    expect(only(read(base, marked)).steps.map(({ changed }) => changed)).toEqual([["up", "down"]]);
    const without = { "m/1_a.sql": "-- +goose Up\nCREATE TABLE a (id int);\n" };
    expect(only(read({}, without)).steps.map(({ down, downPath }) => [down, downPath])).toEqual([
      [null, "m/1_a.sql"],
    ]);
  });

  it("run a repeatable migration that changed once more, after what it did before", () => {
    const base = {
      "db/migration/V1__a.sql": "CREATE TABLE a (id int);",
      "db/migration/R__v.sql": "CREATE OR REPLACE VIEW v AS SELECT 1;",
    };
    const head = { ...base, "db/migration/R__v.sql": "CREATE OR REPLACE VIEW v AS SELECT id FROM a;" };
    const database = only(read(base, head));
    expect(database.history.map(({ path }) => path)).toEqual([
      "db/migration/V1__a.sql",
      "db/migration/R__v.sql",
    ]);
    expect(database.history[1]?.digest).toBe(
      changeOf(base, head).base.find(({ path }) => path.endsWith("R__v.sql"))?.digest,
    );
    expect(database.steps.map(({ version, status }) => `${version} ${status}`)).toEqual(["R__v added"]);
  });

  it("begin with a baseline whose versions are gone, but never run a new one", () => {
    const base = { "db/migration/V1__a.sql": "CREATE TABLE a (id int);" };
    const based = { "db/migration/B1__all.sql": "CREATE TABLE a (id int);" };
    const later = { ...based, "db/migration/V2__b.sql": "CREATE TABLE b (id int);" };
    expect(order(read(based, later))).toBe("1 | 2 added");
    expect(read(base, based).databases.flatMap(({ steps }) => steps)).toEqual([]);
    expect(order(read(base, { ...base, ...later }))).toBe("1 | 2 added");
  });

  it("follow the journal, not the names", () => {
    const entries = (...tags: string[]) =>
      JSON.stringify({ dialect: "pg", entries: tags.map((tag, when) => ({ tag, when })) });
    const base = {
      "d/0000_b.sql": "SELECT 0;",
      "d/0001_a.sql": "SELECT 1;",
      "d/meta/_journal.json": entries("0001_a", "0000_b"),
    };
    const head = {
      ...base,
      "d/0002_c.sql": "SELECT 2;",
      "d/meta/_journal.json": entries("0001_a", "0000_b", "0002_c"),
    };
    expect(order(read(base, head))).toBe("0001 0000 | 0002 added");
  });
});

describe("what is not read", () => {
  it.each([
    ["Sqitch", { "sqitch.plan": "", "deploy/001_a.sql": "SELECT 1;" }],
    ["Django", { "shop/migrations/0001_initial.py": "" }],
    ["Rails", { "db/migrate/20240101000000_a.rb": "" }],
    ["Prisma 8", { "migrations/app/20260707T1005_init/ops.json": "[]" }],
    ["Prisma 2.12", { "prisma/migrations/20200618145356-first/steps.json": "{}" }],
  ])("is said for %s, once for its directory", (tool, files) => {
    const changes = read({}, { "README.md": "", ...files });
    expect(changes.databases).toEqual([]);
    expect(reasons(changes)).toEqual([
      expect.stringMatching(new RegExp(`^! .*: ${tool} migrations are not read yet$`)),
    ]);
    const more = Object.fromEntries(Object.entries(files).map(([path, text]) => [path, `${text}\n-- more`]));
    expect(read(files, { ...more, "README.md": "x" }).skipped.filter(({ matters }) => matters)).toHaveLength(
      1,
    );
    expect(read(files, { ...files, "README.md": "x" }).skipped).toEqual([]);
  });

  it.each([
    ["golang-migrate", history(1)],
    ["goose", { "db/migrations/1_a.sql": "-- +goose Up\nSELECT 1;\n" }],
    ["dbmate", { "db/migrations/1_a.sql": "-- migrate:up\nSELECT 1;\n-- migrate:down\n" }],
    ["flyway", { "db/migrations/V1__a.sql": "SELECT 1;\n" }],
  ])("is not Atlas where the layout is that of %s", (framework, files) => {
    expect(only(read({}, { ...files, "db/migrations/atlas.sum": "" })).framework).toBe(framework);
  });

  it("is a model, and does not count", () => {
    expect(reasons(read({}, { "prisma/schema.prisma": "model A {}" }))).toEqual([
      "· prisma/schema.prisma: these models belong to no database that is read, so that they are not reviewed",
    ]);
  });

  it("is test data, unless the configuration names it", () => {
    const files = history(2, "internal/testdata/migrations");
    const changes = read({}, files);
    expect(changes.databases).toEqual([]);
    expect(reasons(changes)).toEqual([
      expect.stringMatching(/^· .*: migrations in a folder called testdata are taken for test data; name/),
    ]);
    expect(
      read({}, files, { migrations: [{ directory: "internal/testdata/migrations" }] }).databases,
    ).toHaveLength(1);
  });

  it("is what the configuration excludes", () => {
    expect(read({}, history(2, "examples/shop/db"), { exclude: ["examples/**"] })).toEqual(noChanges);
  });

  it("is SQL that is no migration and holds no marked query: one note", () => {
    const changes = read({}, { "schema.sql": table("a"), "views/a.sql": "SELECT 1;" });
    expect(reasons(changes)).toEqual([
      "· schema.sql: 2 changed SQL files are neither migrations nor hold a query marked `drydock:explain`",
    ]);
  });

  it("is named by the configuration, with its framework", () => {
    const files = { "odd/place/1_a.sql": "SELECT 1;" };
    expect(read({}, files).databases).toEqual([]);
    const { databases } = read({}, files, {
      migrations: [{ directory: "odd/place", framework: "sql-pairs" }],
    });
    expect(databases).toMatchObject([
      { directory: "odd/place", framework: "sql-pairs", steps: [{ version: "1" }] },
    ]);
  });
});

describe("hostile input", () => {
  const added = (content: string | Uint8Array) =>
    read(history(1), { ...history(1), "db/migrations/2_a.up.sql": content });

  it.each([
    ["binary", Uint8Array.from({ length: 400 }, (_, i) => (i * 7) % 256)],
    ["NUL", `SELECT 1;${" ".repeat(500)}\0`],
    ["not valid UTF-8", Uint8Array.from([...new TextEncoder().encode("SELECT 'caf"), 0xe9, 0x27, 0x3b])],
    ["8 MB", "x".repeat(8 * 1024 * 1024 + 1)],
    ["LFS", "version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 1\n"],
  ])("that is %s is a step that is never run, with its reason", (reason, content) => {
    const changes = added(content);
    expect(reasons(changes)).toEqual([
      expect.stringMatching(new RegExp(`^! db/migrations/2_a.up.sql: .*${reason}`)),
    ]);
    expect(only(changes).steps[0]?.up.statements).toMatchObject([
      { sql: "", refused: expect.stringContaining(reason) },
    ]);
  });

  it("that holds no SQL is asked for no down", () => {
    const pointer = "version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 1\n";
    const { downWaived } = only(added(pointer)).steps[0] ?? {};
    expect(downWaived).toBe("what it does could not be read");
  });

  it("that could not be fetched says so", () => {
    const change = changeOf(history(1), history(2));
    const changes = readChange({ ...change, blobs: new Map() });
    expect(reasons(changes)).toContain(
      "! db/migrations/2_t2.up.sql: its content could not be fetched: it is not in the test",
    );
  });

  it("in UTF-16 and behind a byte order mark is read, and told", () => {
    const bytes = (text: string) =>
      Uint8Array.from([0xff, 0xfe, ...[...text].flatMap((c) => [c.charCodeAt(0), 0])]);
    const changes = added(bytes(table("a")));
    expect(only(changes).steps[0]?.up.statements[0]?.operations[0]?.kind).toBe("createTable");
    expect(reasons(changes)).toEqual([
      expect.stringContaining("! db/migrations/2_a.up.sql: it is UTF-16 text"),
    ]);
    expect(reasons(added(`\ufeff${table("a")}`))).toEqual([
      expect.stringContaining("· db/migrations/2_a.up.sql: it starts with a byte order mark"),
    ]);
  });

  it("of 40,000 statements is read up to the limit, and the rest is told", () => {
    const changes = added("SELECT 1;\n".repeat(40_000));
    const statements = only(changes).steps[0]?.up.statements ?? [];
    expect(statements).toHaveLength(30_001);
    expect(statements.at(-1)).toMatchObject({
      line: 30_001,
      endLine: 40_000,
      refused: expect.stringContaining("30,000"),
    });
    expect(reasons(changes)).toEqual([
      expect.stringMatching(/^! db\/migrations\/2_a.up.sql:30001: it has more than 30,000 statements/),
    ]);
  });

  it("with psql commands says that tools cannot run them", () => {
    const statements = only(added("\\set ON_ERROR_STOP on\nSELECT 1;\n")).steps[0]?.up.statements;
    expect(statements?.[0]?.refused).toContain("`\\set` is a command of psql");
    expect(statements?.[1]).toMatchObject({ sql: "SELECT 1", refused: null });
  });

  it("in paths throws nothing", () => {
    const folders = [
      "__proto__",
      "constructor/migrations",
      "a\nb/migrations",
      "x".repeat(10_000),
      "\u202emigrations",
      "a//b",
      "..",
    ];
    const versions = ["1", "0".repeat(5000), "9".repeat(5000), "18446744073709551615"];
    const files = Object.fromEntries(
      folders.flatMap((folder) =>
        versions.flatMap((version) => [
          [`${folder}/${version}_a.up.sql`, "SELECT 1;"],
          [`${folder}/${version}_toString.sql`, ""],
        ]),
      ),
    );
    const { databases } = read({}, files);
    expect(databases.map(({ directory }) => directory).toSorted()).toEqual([...folders].sort());
    for (const { steps } of databases)
      expect(steps.map(({ version }) => version)).toEqual(["0".repeat(5000), "1", "18446744073709551615"]);
  });

  it("that contradicts itself throws nothing", () => {
    const digest = "0".repeat(40);
    const changed = [
      { path: "m/1_a.up.sql", previousPath: null, status: "modified", digest, patch: null },
      { path: "m/2_b.up.sql", previousPath: "m/9_gone.up.sql", status: "renamed", digest, patch: null },
      { path: "m/3_c.up.sql", previousPath: null, status: "removed", digest: null, patch: null },
    ] as const;
    const changes = readChange({ changed, base: [], blobs: new Map() });
    expect(order(changes)).toBe(" | 1 edited, 2 added");
  });
});

describe("concernsDatabase", () => {
  const file = (path: string, patch: string | null = null) =>
    ({ path, previousPath: null, status: "modified", digest: "d", patch }) as const;

  it.each([
    "a.sql",
    "db/A.SQL",
    "prisma/schema.prisma",
    ".github/drydock.yml",
    "alembic/versions/a1_x.py",
    "model/networking/2024_01_31-0123456789ab_x.py",
    "db/migrate/20240101000000_a.rb",
    "drizzle/meta/_journal.json",
    "hasura/migrations/default/1700000000000_a/up.yaml",
  ])("is concerned by %s", (path) => {
    expect(concernsDatabase([file("README.md"), file(path)])).toBe(true);
  });

  it.each(["README.md", "src/index.ts", "docs/sql.md", "versions/a.py", "drydock.yml", "a.sqlite"])(
    "is not by %s",
    (path) => {
      expect(concernsDatabase([file(path)])).toBe(false);
    },
  );

  it.each([
    ["src/components/tables/UserTable.tsx", "-<td>{user.name}</td>\n+<td>{user.email}</td>"],
    ["src/app/models/user.model.ts", "-  name: string;\n+  email: string;"],
    ["src/schemas/login.ts", "+  email: z.string().email(),"],
    ["packages/ui/table.tsx", "+  const rows = useRows();"],
    ["src/check.ts", "+  assert.notNull(x);\n+  foo.references('x');"],
    ["src/orders.ts", '+import { eq } from "drizzle-orm";\n+  where: eq(orders.id, id),'],
    ["cli/print.py", "+from rich.table import Column, Table\n+table = Table(title='x')"],
    ["cli/print.py", '+    Column("Released", justify="right"),\n+# Column widths'],
    ["stats/frame.py", '+index = pd.Index(["a"])\n+df.Index'],
    ["api/schemas/chat.py", "+    rank: int = Field(ge=0, description='index of the row')"],
    ["app/models/llm.py", "@@ -1,3 +1,4 @@ class Trainer:\n     steps = 4\n+    lr = 3"],
    ["ml/models/resnet.py", "@@ -1 +1,2 @@ class ResNet(nn.Module):\n+        self.layers = 4"],
    ["shop/models.py", "@@ -1 +1,2 @@ class Order(models.Model):\n+    note = models.TextField()"],
  ])("is not by what only looks like a model in %s", (path, patch) => {
    expect(concernsDatabase([file(path, patch)])).toBe(false);
  });

  it.each([
    ["src/db/schema.ts", '     id: serial("id").primaryKey(),\n+    note: text(),'],
    ["src/tables/orders.ts", "+  note: varchar({ length: 20 }),"],
    ["src/tables/index.ts", '+export * from "./orders";'],
    ["src/tables/orders.ts", "+    .references(() => users.id),\n"],
    ["src/orders.ts", '+export const orders = pgTable("orders", {'],
    ["src/orders.ts", "+    userId: integer().notNull(),"],
    ["src/orders.ts", "-    .defaultNow(),"],
    ["shop/orders.py", "+    note: Mapped[str | None]"],
    ["shop/orders.py", "+    note = sa.Column(sa.Text)"],
    ["shop/orders.py", '+    Column("note", Text),'],
    ["shop/orders.py", '+        Index(\n+            "ix_orders_note",'],
    ["shop/orders.py", '-    Index("ix_orders_note", "note"),'],
    ["shop/orders.py", '+    user_id: int = Field(foreign_key="users.id")'],
    [
      "shop/models/orders.py",
      "@@ -1,3 +1,4 @@ class Order(SQLModel, table=True):\n     id: int\n+    note: str",
    ],
    ["shop/models/state.py", '@@ -1 +1,2 @@ class State(str, Enum):\n+    PAID = "paid"'],
    ["shop/orders.go", '+\tNote string `gorm:"size:20"`'],
  ])("is by what makes a model of %s", (path, patch) => {
    expect(concernsDatabase([file(path, patch)])).toBe(true);
  });

  it("looks for marks in patches, and at old names", () => {
    expect(concernsDatabase([file("a.ts", "@@ -1 +1,2 @@\n+// drydock:explain x\n")])).toBe(true);
    expect(concernsDatabase([{ ...file("a.txt"), status: "renamed", previousPath: "a.sql" }])).toBe(true);
    expect(concernsDatabase([])).toBe(false);
  });
});

describe("wantedFiles", () => {
  const wanted = (base: Files, head: Files) => {
    const change = changeOf(base, head);
    return wantedFiles({ ...change, config: defaultConfig, texts: new Map() })
      .map(({ side, path }) => `${side} ${path}`)
      .toSorted();
  };

  it("are those of the steps, and none of the history behind a telling name", () => {
    const base = history(200, "postgres/migrations");
    expect(wanted(base, { ...base, "postgres/migrations/201_a.up.sql": "SELECT 1;" })).toEqual([
      "head postgres/migrations/201_a.up.sql",
    ]);
  });

  it("are the first two as well where the name does not tell the database", () => {
    const base = history(200);
    expect(wanted(base, { ...base, ...history(201) })).toEqual([
      "head db/migrations/1_t1.up.sql",
      "head db/migrations/201_t201.down.sql",
      "head db/migrations/201_t201.up.sql",
      "head db/migrations/2_t2.up.sql",
    ]);
  });

  it("are the counterparts of what changed, the old side of it, and what is kept after it", () => {
    const base = history(4, "postgres");
    expect(wanted(base, { ...base, "postgres/3_t3.down.sql": "DROP TABLE IF EXISTS t3;" })).toEqual([
      "base postgres/3_t3.down.sql",
      "head postgres/3_t3.down.sql",
      "head postgres/3_t3.up.sql",
      "head postgres/4_t4.down.sql",
      "head postgres/4_t4.up.sql",
    ]);
  });

  it("are at most 200 of the SQL files that could hold a marked query, none of them large or foreign", () => {
    const files = Object.fromEntries(
      Array.from({ length: 230 }, (_, i) => [`queries/q${i}.sql`, `SELECT ${i};`]),
    );
    const base = {
      ...files,
      "dump.sql": `SELECT '${"x".repeat(300_000)}';`,
      "node_modules/a/b.sql": "SELECT 'n';",
      ...history(1, "postgres"),
    };
    const head = { ...base, ...history(2, "postgres") };
    const paths = wanted(base, head);
    expect(paths.filter((path) => path.includes("queries/"))).toHaveLength(200);
    expect(paths.filter((path) => /dump|node_modules/.test(path))).toEqual([]);
    expect(reasons(read(base, head))).toEqual([
      expect.stringContaining("only 200 of 230 SQL files were searched"),
    ]);
  });

  it("are no unchanged queries when no migration changes, and nothing at all when nothing concerns a database", () => {
    const base = { ...history(3, "postgres"), "q.sql": "-- drydock:explain\nSELECT 1;", "a.ts": "" };
    expect(wanted(base, { ...base, "a.ts": "x" })).toEqual([]);
  });
});

describe("readHistory", () => {
  const entry = { path: "db/1_a.up.sql", version: "1", digest: "d", settings: {} };
  const framework = frameworks["golang-migrate"];
  if (!framework) throw new Error("golang-migrate is gone");

  it("gives a script, or the reason why there is none", () => {
    expect(readHistory(entry, framework, new TextEncoder().encode(table("a")))).toMatchObject({
      path: entry.path,
      transaction: "implicit",
      statements: [{ sql: table("a").trim().slice(0, -1) }],
    });
    const skipped: Skipped = {
      path: entry.path,
      line: null,
      reason: "its content could not be fetched: gone",
      matters: true,
    };
    expect(readHistory(entry, framework, { missing: "gone" })).toEqual(skipped);
    expect(readHistory(entry, framework, Uint8Array.of(0xff))).toMatchObject({
      reason: expect.stringContaining("UTF-8"),
    });
  });
});

describe("a down in the same file", () => {
  const dbmate = (down: string) => `-- migrate:up\nCREATE TABLE a (id int);\n\n-- migrate:down\n${down}`;
  const downOf = (text: string) => {
    const [database] = read({}, { "db/migrations/20240101000000_a.sql": text }).databases;
    const step = database?.steps[0];
    return [step?.down?.statements.length ?? null, step?.downWaived];
  };

  it("that is left empty was not written, unless a comment says that it is meant so", () => {
    expect(downOf(dbmate("DROP TABLE a;\n"))).toEqual([1, null]);
    expect(downOf(dbmate("\n"))).toEqual([null, null]);
    expect(downOf(dbmate("-- irreversible\n"))).toEqual([null, "irreversible"]);
  });
});

describe("what an Alembic migration takes of other modules", () => {
  const revision = (id: string, after: string, body: string) =>
    `import os\nimport sqlalchemy as sa\nfrom alembic import op\nfrom shop.enums import Kind, LIMIT\n\nrevision = "${id}"\ndown_revision = ${after}\n\ndef upgrade():\n    ${body}\n\ndef downgrade():\n    pass\n`;
  const base: Files = {
    "alembic/env.py": "",
    "alembic/versions/a_one.py": revision("a", "None", 'op.execute(f"SELECT {LIMIT}")'),
    "shop/__init__.py": "",
    "shop/enums.py":
      'import os\nfrom enum import Enum\nfrom .limits import MOST as LIMIT\n\nclass Kind(Enum):\n    OLD = "old"\n',
    "shop/limits.py": 'import os\nMOST = int(os.environ.get("MOST", "3"))\n',
    "shop/other.py": "x = 1\n",
  };
  const head = {
    ...base,
    "shop/enums.py": `${base["shop/enums.py"]}    NEW = "new"\n`,
    "alembic/versions/b_two.py": revision(
      "b",
      '"a"',
      'op.execute("; ".join(f"SELECT \'{kind.value}\', {LIMIT}" for kind in Kind))',
    ),
  };

  it("is fetched, and read as the head side has it; a setting's default is told once", () => {
    const changes = read(base, head);
    const [step] = only(changes).steps;
    expect(step?.up.statements.map(({ sql }) => sql)).toEqual(["SELECT 'old', 3", "SELECT 'new', 3"]);
    expect(changes.skipped).toMatchObject([
      {
        path: "alembic/versions/b_two.py",
        reason: expect.stringContaining("does not set MOST"),
        matters: false,
      },
    ]);
  });

  it("is all that is fetched of them", () => {
    const change = changeOf(base, head);
    const texts = new Map<string, Uint8Array>();
    const paths = new Set<string>();
    const input = { ...change, config: defaultConfig };
    for (
      let wanted = wantedFiles({ ...input, texts });
      wanted.length > 0;
      wanted = wantedFiles({ ...input, texts })
    )
      for (const { path, digest } of wanted) {
        paths.add(path);
        texts.set(digest, change.blobs.get(digest) ?? new Uint8Array());
      }
    expect([...paths].filter((path) => path.startsWith("shop/")).sort()).toEqual([
      "shop/enums.py",
      "shop/limits.py",
    ]);
  });
});
