import { describe, expect, it } from "vitest";
import { numberPlaceholders, readQuery } from "../../src/review/sql/queries.ts";

describe("tables of a query", () => {
  it.each([
    ["SELECT * FROM orders", ["orders"]],
    ['SELECT * FROM public."Orders" o JOIN billing.items i ON true', ["Orders", "billing.items"]],
    [
      "SELECT (SELECT 1 FROM a) FROM b, LATERAL (SELECT 1 FROM c) x WHERE EXISTS (SELECT 1 FROM d)",
      ["a", "b", "c", "d"],
    ],
    ["SELECT 1 FROM a UNION ALL SELECT 2 FROM b", ["a", "b"]],
    ["INSERT INTO a SELECT * FROM b ON CONFLICT DO NOTHING", ["a", "b"]],
    ["UPDATE a SET b = $1 FROM c WHERE a.d = c.d", ["a", "c"]],
    ["DELETE FROM a WHERE b IN (SELECT c FROM d)", ["a", "d"]],
    ["SELECT * FROM generate_series(1, 2) g", []],
    ["SELECT 1", []],
    // What follows is read by PostgreSQL's own parser.
    ["DELETE FROM a USING b WHERE a.c = b.c", ["a", "b"]],
    ["MERGE INTO a USING b ON a.c = b.c WHEN MATCHED THEN DELETE", ["a", "b"]],
    ["SELECT a ->> $1 FROM b FOR UPDATE OF b SKIP LOCKED", ["b"]],
    ["SELECT sum(a) OVER w FROM b WINDOW w AS (PARTITION BY c)", ["b"]],
    ["SELECT 1 FROM a TABLESAMPLE system (10) /* FROM b */ -- FROM c", ["a"]],
  ])("%s", (sql, expected) => {
    const { tables, skipped } = readQuery(sql);
    expect(skipped).toBeNull();
    expect([...tables].sort()).toEqual(expected.toSorted());
  });

  it.each([
    ["pgsql-ast-parser", ""],
    ["PostgreSQL's parser", " FOR UPDATE OF x NOWAIT"],
  ])("are not its WITH queries, as %s sees them", (_, end) => {
    const of = (sql: string) => [...readQuery(`${sql}${end}`).tables].sort();
    expect(of("WITH a AS (SELECT * FROM b), c AS (SELECT * FROM a) SELECT * FROM c, d x")).toEqual([
      "b",
      "d",
    ]);
    // Without RECURSIVE a WITH query of the same name reads the table.
    expect(of("WITH a AS (SELECT * FROM a) SELECT * FROM a, e x")).toEqual(["a", "e"]);
    expect(of("SELECT * FROM (WITH a AS (SELECT 1) SELECT * FROM a) y, a x")).toEqual(["a"]);
    expect(of("WITH a AS (SELECT 1) SELECT * FROM s.a, a x")).toEqual(["s.a"]);
    expect(
      of("WITH RECURSIVE a AS (SELECT 1 AS n UNION ALL SELECT n + 1 FROM a) SELECT * FROM a, f x"),
    ).toEqual(["f"]);
  });

  it("are written to also under the name of a WITH query", () => {
    expect(readQuery("WITH a AS (SELECT 1) INSERT INTO a SELECT * FROM a").tables).toEqual(["a"]);
    expect(readQuery("WITH a AS (SELECT 1) DELETE FROM a USING a AS b").tables).toEqual(["a"]);
  });
});

describe("what is not read", () => {
  it.each([
    ["SELECT FROM FROM", 'syntax error at or near "FROM"'],
    ["SELECT 1; SELECT 2", "it is more than one statement"],
    ["-- nothing", "it is empty"],
    ["", "it is empty"],
    [`SELECT '${"a".repeat(64 * 1024)}'`, "it is longer than 64 kB"],
    ["SELECT '\0'", "it holds a NUL byte, which PostgreSQL does not accept in SQL"],
    [
      `SELECT ${"(".repeat(2000)}`,
      "it is nested more than 1,000 levels deep, or chains more than 3,000 operators",
    ],
  ])("has a reason (%#)", (sql, reason) => {
    expect(readQuery(sql)).toMatchObject({ tables: [], skipped: reason });
  });

  it("is little: a long list is read without pgsql-ast-parser, which would run out of memory", () => {
    const start = process.cpuUsage();
    expect(readQuery(`SELECT * FROM a WHERE b IN (${"1,".repeat(30_000)}1)`).tables).toEqual(["a"]);
    // Measured: 0.1 s; pgsql-ast-parser takes more than 4 GB.
    expect(process.cpuUsage(start).user / 1e6).toBeLessThan(5);
  });

  it("does not count what is deeply nested but readable", () => {
    expect(readQuery(`SELECT ${"(SELECT ".repeat(900)}1 FROM a${")".repeat(900)}`).tables).toEqual(["a"]);
  });
});

describe("parameters", () => {
  it("are counted by the highest number, outside of quotes", () => {
    expect(readQuery("SELECT $2, '$5', $$ $6 $$ FROM a -- $7").parameters).toBe(2);
    expect(readQuery("SELECT 1").parameters).toBe(0);
  });
});

describe("placeholders", () => {
  it.each([
    [
      "SQLAlchemy",
      "SELECT :id::int, :name, a FROM b WHERE c = :id",
      "SELECT $1::int, $2, a FROM b WHERE c = $1",
    ],
    ["by position with a colon", "SELECT :1, :2, :1", "SELECT $1, $2, $1"],
    [
      "sqlc's short form",
      "SELECT * FROM a WHERE b=@id AND c = @name OR d=@id",
      "SELECT * FROM a WHERE b=$1 AND c = $2 OR d=$1",
    ],
    [
      "sqlc",
      "SELECT sqlc.embed(a) FROM a WHERE b = sqlc.arg('x') AND c = sqlc.narg(y) AND d IN (sqlc.slice(\"x\"))",
      "SELECT a.* FROM a WHERE b = $1 AND c = $2 AND d IN ($1)",
    ],
    ["sqlc beside $n", "SELECT $2, sqlc.arg(x), :kept", "SELECT $2, $3, :kept"],
    [
      "knex and JDBC",
      "SELECT * FROM a WHERE b = ? AND c IN (?, ?) AND d BETWEEN ? AND ? LIMIT ?",
      "SELECT * FROM a WHERE b = $1 AND c IN ($2, $3) AND d BETWEEN $4 AND $5 LIMIT $6",
    ],
    ["SQLite", "SELECT ?1, ?2, ?1", "SELECT $1, $2, $1"],
    [
      "psycopg",
      "SELECT * FROM a WHERE b = %s AND c LIKE %s AND d = %(id)s AND e = %(id)s",
      "SELECT * FROM a WHERE b = $1 AND c LIKE $2 AND d = $3 AND e = $3",
    ],
    ["braces", `SELECT {id}, \${ other }, #{id}, {}, {}`, "SELECT $1, $2, $1, $3, $4"],
    [
      "pgx and sqlx",
      "SELECT $1, $2 FROM a WHERE b ? 'c' AND d % e",
      "SELECT $1, $2 FROM a WHERE b ? 'c' AND d % e",
    ],
  ])("of %s are numbered", (_, sql, expected) => {
    expect(numberPlaceholders(sql)).toBe(expected);
  });

  it.each([
    "SELECT ':a', \"@b\", $$ ? $$, E'\\':c' -- :d ?\n /* %s @e {f} */",
    "SELECT a::int, b :: text, c[1:d], c[e:f + 1]",
    "SELECT a @> b, c <@d, e @@ f, g @? h, |/ @ i",
    "SELECT a ? 'b', a ?| b, a ?& c, (d) ? 'e', f[1] ? g",
    "SELECT 10 % s, (a) % s, b %seconds",
    "SELECT a := 1, f(b => 2)",
    "SELECT sqlc.other(a), sqlc.b",
  ])("are nothing else: %s", (sql) => {
    expect(numberPlaceholders(sql)).toBe(sql);
  });

  it("stand in ARRAY[…] and in subscripts", () => {
    expect(numberPlaceholders("SELECT ARRAY[:a, :b], c[:d]")).toBe("SELECT ARRAY[$1, $2], c[$3]");
  });

  it("take linear time", () => {
    const start = process.cpuUsage();
    for (const part of ["x:b,", "?,", "{", "%", ":a,", "(", "@a,", "sqlc.arg(a),"])
      numberPlaceholders(`SELECT a[${part.repeat(20_000)}1]`);
    // Measured: 0.3 s.
    expect(process.cpuUsage(start).user / 1e6).toBeLessThan(10);
  });
});
