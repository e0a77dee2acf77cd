import { describe, expect, it } from "vitest";
import { readScript } from "../../src/review/script.ts";
import { sqliteOperationsOf } from "../../src/review/sql/sqlite-operations.ts";
import { splitSqlite } from "../../src/review/sql/sqlite-statements.ts";
import { readSqliteTable } from "../../src/review/sql/sqlite-table.ts";

const script = (sql: string) => readScript("m/1_a.up.sql", sql, "transaction", undefined, "sqlite");

describe("statements", () => {
  const texts = (sql: string) => splitSqlite(sql).map((statement) => statement.sql);

  it("are cut at semicolons outside of quotes and comments", () => {
    expect(texts(`SELECT ';'; SELECT ";" , \`;\`, [;]; -- ;\n/* ; */ SELECT x'3b';`)).toEqual([
      "SELECT ';'",
      'SELECT ";" , `;`, [;]',
      "SELECT x'3b'",
    ]);
    // PostgreSQL's dollar quotes, nested comments and backslash escapes mean nothing here.
    expect(texts("SELECT $a; SELECT '\\'; /* /* */ SELECT 2; SELECT ?1, :b, @c")).toEqual([
      "SELECT $a",
      "SELECT '\\'",
      "SELECT 2",
      "SELECT ?1, :b, @c",
    ]);
  });

  it("keep the body of a trigger together", () => {
    const trigger = `CREATE TRIGGER IF NOT EXISTS a AFTER UPDATE ON t WHEN new.x <> CASE WHEN old.x THEN 1 ELSE 2 END
BEGIN
  UPDATE t SET x = CASE new.x WHEN 1 THEN 2 END;
  DELETE FROM u; -- END;
END`;
    expect(texts(`${trigger};\nSELECT 1;`)).toEqual([trigger, "SELECT 1"]);
    expect(texts(`${trigger.replace("TRIGGER", "TEMPORARY TRIGGER")} ; BEGIN; END; SELECT 2`)).toHaveLength(
      4,
    );
    expect(texts(trigger)).toEqual([trigger]);
    expect(texts("CREATE TABLE trigger_log (a); SELECT 1")).toHaveLength(2);
  });

  it("know their places", () => {
    const text = "\uFEFF\n-- first\nSELECT\n 1;;\n SELECT 2";
    expect(
      splitSqlite(text).map(({ line, endLine, span }) => [line, endLine, text.slice(span.start, span.end)]),
    ).toEqual([
      [3, 4, "SELECT\n 1"],
      [5, 5, "SELECT 2"],
    ]);
    expect(splitSqlite("a; b; c", { start: 2, end: 5 }).map(({ span }) => span)).toEqual([
      { start: 3, end: 4 },
    ]);
  });

  it("take anything", () => {
    expect(texts("")).toEqual([]);
    expect(texts(" ;; -- x")).toEqual([]);
    for (const open of ["'", '"', "`", "[", "/*", "x'"])
      expect(texts(`SELECT 1; SELECT ${open} a; b`).length).toBeLessThanOrEqual(2);
  });

  it("take linear time", () => {
    const started = performance.now();
    expect(splitSqlite("INSERT INTO t VALUES (1, 'a;b', [c]);\n".repeat(40_000))).toHaveLength(40_000);
    expect(performance.now() - started).toBeLessThan(5_000);
  });
});

describe("operations", () => {
  const brief = (sql: string) =>
    sqliteOperationsOf(sql, 0).map((operation) => {
      const { at, ...rest } = operation;
      expect(at).toEqual({ start: 0, end: sql.length });
      return rest;
    });

  it("are those of ALTER TABLE, with names in any quotes and their own case", () => {
    expect(brief('ALTER TABLE main."Users" RENAME TO [People]')).toEqual([
      { kind: "renameTable", table: "Users", to: "People" },
    ]);
    expect(brief("ALTER TABLE t RENAME a TO `b c`")).toMatchObject([
      { kind: "renameColumn", table: "t", column: "a", to: "b c" },
    ]);
    expect(brief("alter table t rename column 'to' to x")).toMatchObject([{ column: "to", to: "x" }]);
    expect(brief("ALTER TABLE t DROP a")).toMatchObject([{ kind: "dropColumn", table: "t", column: "a" }]);
    expect(brief("ALTER TABLE t DROP COLUMN a")).toMatchObject([{ kind: "dropColumn", column: "a" }]);
    expect(brief("ALTER TABLE t ADD age INTEGER NOT NULL DEFAULT (1 + 1) CHECK (age > 0)")).toMatchObject([
      {
        kind: "addColumn",
        table: "t",
        column: { name: "age", type: "INTEGER", notNull: true, defaultSql: "( 1 + 1 )" },
      },
    ]);
  });

  it("are those of CREATE and DROP", () => {
    expect(brief("CREATE TABLE IF NOT EXISTS t (id INTEGER PRIMARY KEY AUTOINCREMENT)")).toMatchObject([
      { kind: "createTable", table: "t", ifNotExists: true, temporary: false },
    ]);
    expect(brief("CREATE TEMP TABLE t AS SELECT 1")).toMatchObject([{ table: "temp.t", temporary: true }]);
    expect(brief("CREATE VIRTUAL TABLE f USING fts5(a)")).toMatchObject([
      { kind: "createTable", table: "f" },
    ]);
    expect(brief("CREATE UNIQUE INDEX i ON t (a DESC, lower(b)) WHERE c IS NULL")).toMatchObject([
      {
        kind: "createIndex",
        name: "i",
        table: "t",
        columns: ["a", "lower ( b )"],
        unique: true,
        where: "c IS NULL",
      },
    ]);
    expect(brief("DROP TABLE IF EXISTS `t`")).toMatchObject([
      { kind: "dropTable", table: "t", ifExists: true },
    ]);
    expect(brief("DROP INDEX i")).toMatchObject([{ kind: "dropIndex", name: "i", ifExists: false }]);
    expect(brief("CREATE VIEW v AS SELECT 1")).toMatchObject([{ kind: "createView", name: "v" }]);
    expect(brief("DROP TRIGGER a")).toEqual([{ kind: "other", node: "drop trigger" }]);
  });

  it("are writes, settings and transactions", () => {
    expect(brief("INSERT OR REPLACE INTO t SELECT 1")).toMatchObject([{ verb: "insert", table: "t" }]);
    expect(brief("REPLACE INTO t VALUES (1)")).toMatchObject([{ verb: "insert", table: "t" }]);
    expect(brief("WITH d AS (DELETE FROM x) UPDATE OR IGNORE t SET a = 1")).toMatchObject([
      { verb: "update", table: "t", filtered: false },
    ]);
    expect(brief("DELETE FROM t WHERE a = (SELECT 1)")).toMatchObject([{ verb: "delete", filtered: true }]);
    expect(brief("PRAGMA main.foreign_keys(OFF)")).toMatchObject([{ kind: "set", value: "OFF" }]);
    expect(brief("PRAGMA foreign_keys = off")).toMatchObject([{ name: "foreign_keys", value: "off" }]);
    const verbs = ["BEGIN IMMEDIATE", "END", "COMMIT TRANSACTION", "ROLLBACK", "ROLLBACK TO a", "RELEASE a"];
    expect(verbs.map((sql) => brief(sql)[0])).toEqual(
      ["begin", "commit", "commit", "rollback", "savepoint", "savepoint"].map((verb) => ({
        kind: "transaction",
        verb,
      })),
    );
  });

  it("never make a statement unread: only SQLite says what it cannot read", () => {
    const read = script("PRAGMA x; REPLACE INTO t VALUES (1); nonsense; \\d t;");
    expect(read.statements.map(({ skipped, refused }) => [skipped, refused])).toEqual(
      Array.from({ length: 4 }, () => [null, null]),
    );
  });
});

describe("a table's text", () => {
  it("tells what pragmas do not", () => {
    const { columns, checks, clauses } = readSqliteTable(`CREATE TABLE t (
      id INTEGER PRIMARY KEY AUTOINCREMENT, -- the key
      "name" varchar (255) COLLATE NoCase DEFAULT 'a, b' CHECK (length("Name") > 1),
      total AS (a * 2) STORED,
      a REAL REFERENCES u (id) DEFERRABLE INITIALLY DEFERRED,
      CONSTRAINT x CHECK (a < id),
      UNIQUE (a) ON CONFLICT REPLACE
    )`);
    expect(columns.map(({ name, type }) => [name, type])).toEqual([
      ["id", "INTEGER"],
      ["name", "varchar(255)"],
      ["total", ""],
      ["a", "REAL"],
    ]);
    expect(columns[0]).toMatchObject({ primaryKey: true, autoincrement: true });
    expect(columns[1]).toMatchObject({ collation: "nocase", defaultSql: "'a, b'" });
    expect(columns[2]).toMatchObject({ generated: "stored", expression: "a * 2" });
    expect(checks.map(({ expression, columns: names }) => [expression, names])).toEqual([
      ["length (name) > 1", ["name"]],
      ["a < id", ["id", "a"]],
    ]);
    expect(clauses).toHaveLength(2);
  });
});
