// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the code that is searched holds templates
import { describe, expect, it } from "vitest";
import { findAnnotatedQueries } from "../../src/review/queries.ts";

const find = (path: string, text: string) => {
  const { queries, skipped } = findAnnotatedQueries(path, text);
  return {
    queries: queries.map(({ name, sql, line, endLine }) => [name, sql, line, endLine]),
    skipped: skipped.map(({ line, reason }) => `${line}: ${reason}`),
  };
};

/** The SQL of the only query of a file, white space folded. */
const sqlIn = (path: string, text: string) => {
  const { queries, skipped } = findAnnotatedQueries(path, text);
  expect(skipped).toEqual([]);
  expect(queries).toHaveLength(1);
  return queries[0]?.sql.replace(/\s+/g, " ");
};

describe("in SQL files", () => {
  it("is the statement after the mark, and only that", () => {
    const text = `SELECT 0;

-- drydock:explain open-orders
-- the ones that wait
SELECT *
FROM orders
WHERE state = :state;
SELECT 2;
/* drydock:explain */ DELETE FROM carts WHERE id = $1;
`;
    expect(find("db/orders.sql", text)).toEqual({
      queries: [
        ["open-orders", "SELECT *\nFROM orders\nWHERE state = :state", 5, 7],
        ["orders #2", "DELETE FROM carts WHERE id = $1", 9, 9],
      ],
      skipped: [],
    });
  });

  it("takes the name that sqlc or PgTyped knows it by", () => {
    const text = `-- name: ListOrders :many
-- drydock:explain
SELECT 1;
-- drydock:explain
-- name: GetOrder :one
SELECT 2;
/* @name CountOrders */
-- drydock:explain
SELECT 3;
-- drydock:explain mine
-- name: Theirs :one
SELECT 4;
`;
    expect(find("q.sql", text).queries.map(([name]) => name)).toEqual([
      "ListOrders",
      "GetOrder",
      "CountOrders",
      "mine",
    ]);
  });

  it("is no mark in a string, a body or running text", () => {
    const text = `SELECT '
-- drydock:explain a
';
CREATE FUNCTION f() RETURNS int LANGUAGE sql AS $$
-- drydock:explain b
SELECT 1 $$;
-- see drydock:explain
SELECT 2; -- drydock:explain c
-- drydock:explained
SELECT 3;
`;
    expect(find("q.sql", text)).toEqual({ queries: [], skipped: [] });
  });

  it("is skipped, with its line, when nothing follows", () => {
    expect(find("q.sql", "SELECT 1;\n-- drydock:explain last\n")).toEqual({
      queries: [],
      skipped: ["2: no SQL follows this `drydock:explain`"],
    });
  });

  it("reads Windows line ends", () => {
    expect(find("q.sql", "-- drydock:explain a\r\nSELECT\r\n1;\r\n").queries).toEqual([
      ["a", "SELECT\r\n1", 2, 3],
    ]);
  });
});

describe("in code", () => {
  it("has the lines of the literal, and the file's name when none is given", () => {
    const text = ["const a = 1;", "// drydock:explain", "const q = `", "  SELECT 1", "`;"].join("\n");
    expect(find("src/orders.repo.ts", text)).toEqual({
      queries: [["orders.repo #1", "SELECT 1", 3, 5]],
      skipped: [],
    });
  });

  it("has them too when the mark stands inside", () => {
    const text = "func f() {\n  q := `\n    -- drydock:explain inner\n    SELECT 1\n  `\n}";
    expect(find("a.go", text)).toEqual({ queries: [["inner", "SELECT 1", 2, 5]], skipped: [] });
  });

  it.each([
    [
      "a.ts",
      "// drydock:explain\nawait db.query('SELECT * FROM a WHERE b = $1', [b]);",
      "SELECT * FROM a WHERE b = $1",
    ],
    ["a.js", '/* drydock:explain */\nquery("SELECT \\"b\\" FROM a")', 'SELECT "b" FROM a'],
    ["a.tsx", "/**\n * drydock:explain x\n */\nconst q = sql`SELECT 1;`", "SELECT 1"],
    ["a.ts", "// drydock:explain\nconst q = 'SELECT a ' +\n  // of all\n  'FROM b'", "SELECT a FROM b"],
    ["a.ts", "// drydock:explain\ndb.prepare('orders', 'SELECT 1')", "SELECT 1"],
    ["a.ts", "// drydock:explain\nfoo(/it's/.test(x), `SELECT 1`)", "SELECT 1"],
    ["a.mts", "const q = `\n-- drydock:explain x\nSELECT 1`", "SELECT 1"],
    ["a.py", '# drydock:explain\nQ = """\nSELECT a\n  FROM b\n"""', "SELECT a FROM b"],
    [
      "a.py",
      "# drydock:explain\ncur.execute(\n    'SELECT a '\n    'FROM b WHERE c = %s', (c,))",
      "SELECT a FROM b WHERE c = %s",
    ],
    ["a.py", "# drydock:explain\nq = r'''SELECT '\\d' '''", "SELECT '\\d'"],
    ["a.go", "// drydock:explain\nconst q = `SELECT a\nFROM b`", "SELECT a FROM b"],
    ["a.go", "const q = `-- drydock:explain\n-- name: X :many\nSELECT 1`", "SELECT 1"],
    ["a.go", '// drydock:explain\nrows, err := db.Query(ctx, "SELECT 1" +\n\t" FROM b")', "SELECT 1 FROM b"],
    ["a.go", '// drydock:explain\nf(\'"\', "SELECT 1")', "SELECT 1"],
    ["a.rb", "# drydock:explain\nQ = <<~SQL\n  SELECT a\n  FROM b\nSQL\n", "SELECT a FROM b"],
    ["a.rb", "# drydock:explain\nq = 'SELECT 1'", "SELECT 1"],
    ["A.java", '// drydock:explain\n@Query("""\n  SELECT a\n  FROM b\n  """)', "SELECT a FROM b"],
    ["A.java", '// drydock:explain\nString q = "SELECT a "\n  + "FROM b";', "SELECT a FROM b"],
    [
      "a.kt",
      '// drydock:explain\nval q = """SELECT a FROM b WHERE c = $1"""',
      "SELECT a FROM b WHERE c = $1",
    ],
    ["a.rs", '// drydock:explain\nsqlx::query!(r#"SELECT "a" FROM b"#)', 'SELECT "a" FROM b'],
    ["a.rs", "// drydock:explain\nfn f<'a>(x: &'a str) { q(\"SELECT 1\") }", "SELECT 1"],
    ["a.php", "// drydock:explain\n$q = 'SELECT a ' . 'FROM b';", "SELECT a FROM b"],
    ["a.php", "# drydock:explain\n$q = <<<SQL\nSELECT a\nSQL;", "SELECT a"],
    ["a.cs", '// drydock:explain\nvar q = @"SELECT ""a"" FROM b";', 'SELECT "a" FROM b'],
    ["a.cs", '// drydock:explain\nvar q = """SELECT a""";', "SELECT a"],
  ])("of %s: %j", (path, text, sql) => {
    expect(sqlIn(path, text)).toBe(sql);
  });

  it.each([
    ["a.ts", "SELECT * FROM a WHERE b = ${b} AND c >= ${c.d}", "SELECT * FROM a WHERE b = $1 AND c >= $2"],
    ["a.ts", "INSERT INTO a (b, c) VALUES (${x}, ${fn({ y: `}` })})", "INSERT INTO a (b, c) VALUES ($1, $2)"],
    [
      "a.ts",
      "SELECT * FROM a WHERE b BETWEEN ${x} AND ${y} LIMIT ${n} OFFSET ${m}",
      "SELECT * FROM a WHERE b BETWEEN $1 AND $2 LIMIT $3 OFFSET $4",
    ],
    [
      "a.ts",
      "SELECT * FROM a WHERE b = $1 AND c = ${c}::int",
      "SELECT * FROM a WHERE b = $1 AND c = $2::int",
    ],
    ["a.ts", "UPDATE a SET b = ${b} WHERE c LIKE ${c}", "UPDATE a SET b = $1 WHERE c LIKE $2"],
    ["a.kt", "SELECT * FROM a WHERE b = $b AND c = ${c.d}", "SELECT * FROM a WHERE b = $1 AND c = $2"],
    ["a.php", "SELECT * FROM a WHERE b = $b AND c = {$c->d}", "SELECT * FROM a WHERE b = $1 AND c = $2"],
    ["a.rb", "SELECT * FROM a WHERE b = #{b}", "SELECT * FROM a WHERE b = $1"],
    ["a.py", "SELECT '{{}}' FROM a WHERE b = {b}", "SELECT '{}' FROM a WHERE b = $1"],
    ["a.cs", "SELECT * FROM a WHERE b = {b}", "SELECT * FROM a WHERE b = $1"],
  ])("of %s fills values in: %j", (path, body, sql) => {
    const quotes: Record<string, [string, string]> = {
      ts: ["// drydock:explain\nq = `", "`"],
      kt: ['// drydock:explain\nval q = """', '"""'],
      php: ['// drydock:explain\n$q = "', '";'],
      rb: ['# drydock:explain\nq = "', '"'],
      py: ['# drydock:explain\nq = f"', '"'],
      cs: ['// drydock:explain\nvar q = $"', '";'],
    };
    const [open, close] = quotes[path.slice(2)] ?? ["", ""];
    expect(sqlIn(path, `${open}${body}${close}`)).toBe(sql);
  });

  it.each([
    ["a name", "SELECT * FROM ${table}"],
    ["a column", "SELECT ${column} FROM a"],
    ["a condition", "SELECT * FROM a WHERE ${where}"],
    ["a clause", "SELECT * FROM a ${join} WHERE b = 1"],
    ["one more condition", "SELECT * FROM a WHERE b = 1 AND ${more}"],
    ["a list", "SELECT * FROM a WHERE b IN ${list}"],
    ["columns", "INSERT INTO a (${columns}) VALUES (1)"],
    ["a sort order", "SELECT * FROM a ORDER BY b, ${c}"],
    ["part of a name", "SELECT * FROM a_${suffix}"],
    ["part of a string", "SELECT * FROM a WHERE b = 'x${y}'"],
  ])("is skipped where code stands for %s", (_, sql) => {
    expect(find("a.ts", `\n// drydock:explain\nq = sql\`${sql}\``)).toEqual({
      queries: [],
      skipped: [expect.stringMatching(/^2: this query is put together from parts/)],
    });
  });

  it.each([
    ["a.ts", "// drydock:explain\nq = 'SELECT a FROM ' + table"],
    ["a.py", "# drydock:explain\nq = 'SELECT a FROM %s' % table"],
    ["a.py", "# drydock:explain\nq = 'SELECT a FROM {}'.format(table)"],
    ["a.go", '// drydock:explain\nq := fmt.Sprintf("SELECT a FROM %s", table)'],
    ["a.php", "// drydock:explain\n$q = 'SELECT a FROM ' . $table;"],
    ["a.ts", "// drydock:explain\nq = `SELECT 1; SELECT 2`"],
    ["a.ts", "// drydock:explain\nq = `SELECT 1"],
    ["a.py", `# drydock:explain\nq = """SELECT ${"x".repeat(70_000)}"""`],
  ])("is skipped when put together, or endless: %s", (path, text) => {
    expect(find(path, text)).toEqual({
      queries: [],
      skipped: [expect.stringMatching(/^1: this query is put together/)],
    });
  });

  it.each([
    ["the statement ends", "a.ts", "// drydock:explain\nconst rows = repo.find();\nconst q = 'SELECT 1';"],
    ["a blank line follows the code", "a.py", "# drydock:explain\nrows = repo.find()\n\nq = 'SELECT 1'"],
    ["another mark follows", "a.ts", "// drydock:explain a\n// drydock:explain b\nq = 'SELECT 1'"],
    ["the code is long", "a.ts", `// drydock:explain\nf(\n${"x,\n".repeat(20)}'SELECT 1')`],
    ["no literal is SQL", "a.ts", "// drydock:explain\nf('select-box', 'insertion')"],
  ])("does not reach beyond its statement: %s", (_, path, text) => {
    expect(find(path, text).skipped[0]).toBe("1: no SQL follows this `drydock:explain`");
    expect(find(path, text).queries.map(([name]) => name)).toEqual(text.includes("explain b") ? ["b"] : []);
  });

  it("takes hostile text in its stride", () => {
    const started = performance.now();
    for (const text of [
      "'".repeat(100_000),
      '"'.repeat(100_000),
      "`${".repeat(50_000),
      "/*".repeat(100_000),
      "\\".repeat(100_000),
      "<<~A\n".repeat(20_000),
      "(".repeat(100_000),
    ]) {
      for (const path of ["a.ts", "a.py", "a.rb", "a.kt", "a.cs", "a.sql"]) {
        findAnnotatedQueries(path, `// drydock:explain\n${text}`);
        findAnnotatedQueries(path, `# drydock:explain\nq = "SELECT ${text}`);
        findAnnotatedQueries(path, `# drydock:explain\nq = f"""SELECT ${text}`);
        findAnnotatedQueries(path, `-- drydock:explain\nSELECT ${text}`);
      }
    }
    const marks = findAnnotatedQueries("a.ts", "// drydock:explain\n".repeat(100_000));
    expect(marks.skipped.at(-1)?.reason).toMatch(/^more than 500 queries/);
    expect(performance.now() - started).toBeLessThan(10_000);
  });
});
