import { describe, expect, it } from "vitest";
import { splitStatements } from "../../src/review/sql/statements.ts";

function texts(sql: string): string[] {
  return splitStatements(sql).map((statement) => statement.sql);
}

describe("a statement ends at a semicolon", () => {
  it.each([
    ["a plain string", "SELECT 'a;b''c;d'", "SELECT 2"],
    ["a backslash before the closing quote", "SELECT 'a\\'", "SELECT 2"],
    ["an escape string", "SELECT E'a\\';b\\\\'", "SELECT 2"],
    ["an escape string that goes on", "SELECT e'a'\n -- still\n 'b\\';c'", "SELECT 2"],
    ["no escape string on the same line", "SELECT E'a' 'b\\'", "SELECT 2"],
    ["a name that ends in e", "SELECT done'a\\'", "SELECT 2"],
    ["bits, national and Unicode strings", "SELECT B'1', X'f', N'a;', U&'\\0061;\\'", "SELECT 2"],
    ["quoted names", 'SELECT "a;""b", U&"c;\\"', "SELECT 2"],
    ["dollar quotes", "SELECT $$a;'$$, $x$b;$$;$y$;$x$", "SELECT 2"],
    ["dollar quotes with letters beyond ASCII", "SELECT $é_1$a;$é_1$", "SELECT 2"],
    ["no dollar quote inside a name", "SELECT a$x$", "SELECT b$x$"],
    ["parameters", "SELECT $1, $2", "SELECT $1"],
    ["a parameter before a dollar quote", "SELECT $1$$;$$", "SELECT 2"],
    ["line comments", "SELECT 1 -- a;'\n, 2", "SELECT 2"],
    ["a line comment inside an operator", "SELECT 1 +-- a;\n2", "SELECT 2"],
    ["nested comments", "SELECT /* a; /* b; */ c; */ 1", "SELECT 2"],
    ["parentheses", "CREATE RULE r AS ON INSERT TO t DO (SELECT 1; SELECT 2)", "SELECT 2"],
    ["a no-break space, which is a letter", "SELECT\u00a01", "SELECT 2"],
  ])("but not in %s", (_, first, second) => {
    expect(texts(`${first};${second}`)).toEqual([first, second]);
  });

  it("but not in the body of a routine in standard SQL", () => {
    const body =
      "CREATE OR REPLACE FUNCTION f() RETURNS int BEGIN ATOMIC SELECT CASE WHEN a THEN 1 END AS end; SELECT (CASE 1 WHEN 2 THEN 3 END); END";
    const procedure = "create procedure p() begin atomic insert into t values (1); end";
    expect(texts(`${body}; ${procedure}; SELECT 2`)).toEqual([body, procedure, "SELECT 2"]);
  });

  it("also after BEGIN and END that are no such body", () => {
    expect(texts("BEGIN; SELECT 1; END; CREATE TABLE begin_atomic (a int); SELECT atomic")).toEqual([
      "BEGIN",
      "SELECT 1",
      "END",
      "CREATE TABLE begin_atomic (a int)",
      "SELECT atomic",
    ]);
  });

  it("and none is empty", () => {
    expect(texts(" ; ;-- a\n; /* b */ ;SELECT 1;;")).toEqual(["SELECT 1"]);
    expect(texts("")).toEqual([]);
    expect(texts("-- only a comment")).toEqual([]);
  });

  it.each([
    "SELECT 'a; SELECT 2",
    "SELECT 1 /* a; /* b */ SELECT 2",
    "/* a; SELECT 2",
    'SELECT "a; SELECT 2',
    "SELECT $a$; SELECT 2 $b$",
    "SELECT (1; SELECT 2",
  ])("or the end of the text: %s", (sql) => {
    expect(texts(`SELECT 0; ${sql}`)).toEqual(["SELECT 0", sql]);
  });
});

describe("places", () => {
  it("leave out comments, white space and the semicolon around it", () => {
    const text = "-- about\n  SELECT 1 -- one\n , 2 /* two */ ;\n\nSELECT\n3";
    const [first, second] = splitStatements(text);
    expect(first).toMatchObject({ index: 0, sql: "SELECT 1 -- one\n , 2", line: 2, endLine: 3 });
    expect(second).toMatchObject({ index: 1, sql: "SELECT\n3", line: 5, endLine: 6 });
    expect(text.slice(second?.span.start, second?.span.end)).toBe("SELECT\n3");
  });

  it("count in UTF-16 units, with CRLF and a byte order mark", () => {
    const text = "\uFEFFSELECT '😀é';\r\n-- ü\r\nSELECT 2;\r\n";
    const found = splitStatements(text);
    expect(found.map(({ sql, line, endLine }) => [sql, line, endLine])).toEqual([
      ["SELECT '😀é'", 1, 1],
      ["SELECT 2", 3, 3],
    ]);
    expect(found.map(({ span }) => text.slice(span.start, span.end))).toEqual(found.map(({ sql }) => sql));
  });

  it("point into the whole text when only a part is split", () => {
    const text = "SELECT 0;\n-- up\nSELECT 1;\n-- down\nSELECT 2;";
    const range = { start: text.indexOf("-- up"), end: text.indexOf("-- down") };
    expect(splitStatements(text, range)).toEqual([
      {
        index: 0,
        span: { start: 16, end: 24 },
        line: 3,
        endLine: 3,
        sql: "SELECT 1",
        copyData: null,
        psql: false,
      },
    ]);
    const cut = { start: 0, end: text.indexOf("1;") };
    expect(splitStatements(text, cut).map(({ sql }) => sql)).toEqual(["SELECT 0", "SELECT"]);
  });
});

describe("psql", () => {
  it("commands are told apart, with their line", () => {
    const text = "\\set x 1\r\nSELECT 1;\n  \\i 'a;b.sql'  \nSELECT 2 \\gexec\n\\restrict abc";
    expect(splitStatements(text).map(({ psql, line, sql }) => [psql, line, sql])).toEqual([
      [true, 1, "\\set x 1"],
      [false, 2, "SELECT 1"],
      [true, 3, "\\i 'a;b.sql'"],
      [false, 4, "SELECT 2"],
      [true, 4, "\\gexec"],
      [true, 5, "\\restrict abc"],
    ]);
  });

  it("rows after COPY … FROM STDIN are data", () => {
    const text =
      "COPY a (b) FROM stdin; -- rows\n1\tit's;\n\\.x\n\\.\nCOPY a FROM STDIN WITH (FORMAT csv);\r\n\\.\r\nSELECT 1;";
    expect(splitStatements(text).map(({ sql, copyData, line }) => [sql, copyData, line])).toEqual([
      ["COPY a (b) FROM stdin", "1\tit's;\n\\.x\n", 1],
      ["COPY a FROM STDIN WITH (FORMAT csv)", "", 5],
      ["SELECT 1", null, 7],
    ]);
  });

  it("without the line that ends them there are no rows", () => {
    const text = "COPY a FROM stdin;\nSELECT 1;\nCOPY a TO stdout;\nSELECT 'from stdin';\n";
    expect(splitStatements(text).map(({ sql, copyData }) => [sql, copyData])).toEqual([
      ["COPY a FROM stdin", null],
      ["SELECT 1", null],
      ["COPY a TO stdout", null],
      ["SELECT 'from stdin'", null],
    ]);
  });
});

describe("standard_conforming_strings", () => {
  it("off makes a backslash an escape until it is on again", () => {
    expect(
      texts(
        "SET standard_conforming_strings = off; SELECT 'a\\';b'; RESET standard_conforming_strings; SELECT 'a\\'; SELECT 2",
      ),
    ).toEqual([
      "SET standard_conforming_strings = off",
      "SELECT 'a\\';b'",
      "RESET standard_conforming_strings",
      "SELECT 'a\\'",
      "SELECT 2",
    ]);
    expect(texts("SET LOCAL standard_conforming_strings TO 'on'; SELECT 'a\\'; SELECT 2")).toHaveLength(3);
  });
});

describe("time", () => {
  const megabyte = 1024 * 1024;

  it.each([
    ["one string", () => `SELECT '${"x".repeat(5 * megabyte)}'`, 1],
    [
      "one list of rows",
      () => `INSERT INTO a VALUES ${"(1, 'b', now()),".repeat(300_000)}(1, 'b', now())`,
      1,
    ],
    ["comments that open", () => "/*".repeat(2 * megabyte), 1],
    ["parentheses that open", () => "(".repeat(5 * megabyte), 1],
    ["quotes that open", () => `SELECT ${"E'a' --b\n".repeat(500_000)}`, 1],
    ["semicolons", () => ";".repeat(5 * megabyte), 0],
    ["COPY without end", () => "COPY a FROM stdin;\n".repeat(250_000), 250_000],
    ["short statements", () => "SELECT 1;\n".repeat(500_000), 500_000],
  ])("is linear in 5 MB of %s", (_, make, count) => {
    const text = make();
    const start = process.cpuUsage();
    expect(splitStatements(text)).toHaveLength(count);
    // Measured: 0.3 s at most; anything quadratic takes hours.
    expect(process.cpuUsage(start).user / 1e6).toBeLessThan(10);
  });
});
