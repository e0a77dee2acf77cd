// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the code that is read holds a template
import { describe, expect, it } from "vitest";
import type { ChangeSet } from "../../src/review/types.ts";
import { type Files, read } from "../helpers.ts";

const migrations = {
  "postgres/1_a.up.sql": "CREATE TABLE orders (id int, state text);",
  "postgres/1_a.down.sql": "",
};
const more = { ...migrations, "postgres/2_b.up.sql": "ALTER TABLE orders DROP COLUMN state;" };

function marked(queries: Readonly<Record<string, string>>): string {
  return Object.entries(queries)
    .map(([name, sql]) => `-- drydock:explain ${name}\n${sql};\n`)
    .join("\n");
}

const shown = ({ queries }: ChangeSet) => queries.map(({ name, sql, baseSql }) => [name, sql, baseSql]);

describe("SQL files that are no migrations", () => {
  it("are told in one note, and a dump that is compared with nothing in another", () => {
    const dump = "--\n-- PostgreSQL database dump\n--\n\nCREATE TABLE orders (id int);\n";
    const files = { "db/structure.sql": dump, "notes.sql": "SELECT 1;" };
    const head = { ...more, ...files };
    expect(read(migrations, head).skipped.map(({ path, reason }) => `${path}: ${reason}`)).toEqual([
      "db/structure.sql: it is a dump of a schema, which is compared with SQL migrations beside it alone: `structure.sql` or `schema.sql` in the folder above them",
      "notes.sql: it is neither a migration nor holds a query marked `drydock:explain`",
    ]);
  });
});

describe("annotated queries", () => {
  it("carry their place, numbered placeholders, tables, and what the base side had", () => {
    const base = { ...migrations, "q.sql": marked({ open: "SELECT * FROM orders WHERE state = 'open'" }) };
    const head = {
      ...base,
      "q.sql": marked({
        open: "SELECT * FROM orders JOIN billing.invoices i USING (id)\nWHERE state = :state AND i.id > :id",
      }),
    };
    expect(read(base, head).queries).toEqual([
      {
        path: "q.sql",
        name: "open",
        line: 2,
        endLine: 3,
        sql: "SELECT * FROM orders JOIN billing.invoices i USING (id)\nWHERE state = $1 AND i.id > $2",
        baseSql: "SELECT * FROM orders WHERE state = 'open'",
        tables: ["orders", "billing.invoices"],
      },
    ]);
  });

  it("are matched by name, in the same file first, then anywhere that changed", () => {
    const base = {
      ...migrations,
      "a.sql": marked({ one: "SELECT 1", two: "SELECT 2" }),
      "b.sql": marked({ one: "SELECT 11" }),
    };
    const head = {
      ...migrations,
      "a.sql": marked({ new: "SELECT 0", one: "SELECT 1 + 0" }),
      "b.sql": marked({ one: "SELECT 12", two: "SELECT 22" }),
    };
    expect(shown(read(base, head))).toEqual([
      ["new", "SELECT 0", null],
      ["one", "SELECT 1 + 0", "SELECT 1"],
      ["one", "SELECT 12", "SELECT 11"],
      ["two", "SELECT 22", "SELECT 2"],
    ]);
  });

  it("without a name are matched by their position among the nameless", () => {
    const base = { ...migrations, "a.sql": marked({ "": "SELECT 1", named: "SELECT 2" }) };
    const head = {
      ...migrations,
      "a.sql": `${marked({ named: "SELECT 20", "": "SELECT 10" })}${marked({ "": "SELECT 30" })}`,
    };
    expect(shown(read(base, head))).toEqual([
      ["named", "SELECT 20", "SELECT 2"],
      ["a #2", "SELECT 10", "SELECT 1"],
      ["a #3", "SELECT 30", null],
    ]);
  });

  it("are followed when their file moves", () => {
    const sql = marked({ "": "SELECT 1" });
    expect(shown(read({ ...migrations, "a.sql": sql }, { ...migrations, "b/c.sql": sql }))).toEqual([
      ["c #1", "SELECT 1", "SELECT 1"],
    ]);
  });

  it("of unchanged files are read when a migration changes: it can break them", () => {
    const sql = marked({ open: "SELECT state FROM orders" });
    const base = { ...migrations, "q.sql": sql, "testdata/q.sql": marked({ test: "SELECT 1" }) };
    expect(shown(read(base, { ...base, ...more }))).toEqual([
      ["open", "SELECT state FROM orders", "SELECT state FROM orders"],
    ]);
    expect(read(base, { ...base, "README.md": "x" }).queries).toEqual([]);
  });

  it("of code are read when the patch shows the mark, or the configuration names the file", () => {
    const code = (sql: string, filler: string) => `${filler}// drydock:explain open\nconst q = \`${sql}\`;\n`;
    const far = "\n".repeat(20);
    const base = {
      ...migrations,
      "src/a.ts": code("SELECT 1", ""),
      "src/b.ts": code("SELECT 2", far),
      "src/c.ts": code("SELECT 3", ""),
    };
    const head = { ...base, "src/a.ts": code("SELECT 10", ""), "src/b.ts": `x${code("SELECT 2", far)}` };
    expect(shown(read(base, head))).toEqual([["open", "SELECT 10", "SELECT 1"]]);
    expect(shown(read(base, { ...head, ...more }, { queries: ["src/**"] })).map(([, sql]) => sql)).toEqual([
      "SELECT 10",
      "SELECT 2",
      "SELECT 3",
    ]);
  });

  it("inside migrations are none", () => {
    expect(read({}, { "postgres/1_a.up.sql": marked({ a: "SELECT 1" }) }).queries).toEqual([]);
  });

  it("that stand no chance are skipped with their line", () => {
    const base = { ...migrations, "a.ts": "" };
    const head = { ...base, "a.ts": "\n// drydock:explain x\nconst q = `SELECT * FROM ${table}`;\n" };
    const { queries, skipped } = read(base, head);
    expect(queries).toEqual([]);
    expect(skipped).toEqual([
      { path: "a.ts", line: 2, reason: expect.stringContaining("put together from parts"), matters: true },
    ]);
  });

  it("whose tables cannot be read are planned all the same", () => {
    const { queries, skipped } = read(migrations, {
      ...migrations,
      "a.sql": marked({ a: "SELECT FROM WHERE" }),
    });
    expect(queries).toMatchObject([{ sql: "SELECT FROM WHERE", tables: [] }]);
    expect(skipped).toEqual([
      { path: "a.sql", line: 2, reason: expect.stringContaining("planned all the same"), matters: false },
    ]);
  });

  it("are at most 500", () => {
    const lots = (file: number) =>
      marked(Object.fromEntries(Array.from({ length: 300 }, (_, i) => [`q${file}-${i}`, `SELECT ${i}`])));
    const { queries, skipped } = read(migrations, { ...migrations, "a.sql": lots(1), "b.sql": lots(2) });
    expect(queries).toHaveLength(500);
    expect(skipped).toEqual([
      { path: "b.sql", line: null, reason: expect.stringContaining("more than 500 queries"), matters: true },
    ]);
  });
});

describe("deployed queries", () => {
  const deployed = (base: Files, head: Files) =>
    read({ ...migrations, ...base }, { ...migrations, ...head }).deployed.map(({ name, path, line, sql }) => [
      name,
      path,
      line,
      sql,
    ]);

  it("are those of the base side that change or go", () => {
    const base = {
      "q.sql": marked({ open: "SELECT id FROM orders WHERE state = :s", all: "SELECT 1", gone: "SELECT 2" }),
      "old.sql": marked({ last: "SELECT 3" }),
    };
    const head = { "q.sql": marked({ open: "SELECT id FROM orders", all: "select 1" }) };
    expect(deployed(base, head)).toEqual([
      ["open", "q.sql", 2, "SELECT id FROM orders WHERE state = $1"],
      ["gone", "q.sql", 8, "SELECT 2"],
      ["last", "old.sql", 2, "SELECT 3"],
    ]);
  });

  it("are none where a query only moves, or only a comment changes", () => {
    const base = { "q.sql": marked({ open: "SELECT id FROM orders" }) };
    expect(deployed(base, { "r.sql": marked({ open: "SELECT id\nFROM orders" }) })).toEqual([]);
    expect(deployed(base, { "q.sql": marked({ open: "SELECT id /* all */ FROM orders" }) })).toEqual([]);
  });
});

describe("the database that queries are planned on", () => {
  const homes = (base: Files, head: Files) =>
    read(base, head).databases.map(({ directory, history, steps }) => [
      directory,
      history.length,
      steps.length,
    ]);
  const query = marked({ a: "SELECT 1" });
  const at = (folder: string, n: number) =>
    Object.fromEntries(Array.from({ length: n }, (_, i) => [`${folder}/${i + 1}_a.up.sql`, `SELECT ${i};`]));

  it("is the one that changes", () => {
    expect(homes(migrations, { ...more, "q.sql": query })).toEqual([["postgres", 1, 1]]);
  });

  it("is the nearest one of PostgreSQL when none changes", () => {
    const base = {
      ...at("x/postgres", 5),
      ...at("services/a/db", 2),
      ...at("services/b/db", 3),
      ...at("services/a/sqlite", 9),
    };
    expect(homes(base, { ...base, "services/a/q.sql": query })).toEqual([["services/a/db", 2, 0]]);
    expect(homes(base, { ...base, "q.sql": query })).toEqual([["x/postgres", 5, 0]]);
  });

  it("is none when the queries of a change are only looked at because of it", () => {
    const base = { ...at("sqlite", 1), ...at("postgres", 1), "q.sql": query };
    const changes = read(base, { ...base, ...at("sqlite", 2) });
    expect(changes.queries).toEqual([]);
    expect(changes.databases.map(({ directory }) => directory)).toEqual(["sqlite"]);
  });

  it("is none where there is none, and the changed queries remain to be told", () => {
    const changes = read({}, { "q.sql": query });
    expect(changes.databases).toEqual([]);
    expect(changes.queries).toHaveLength(1);
  });
});
