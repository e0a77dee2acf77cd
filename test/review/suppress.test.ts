import { describe, expect, it } from "vitest";
import { judge } from "../../src/review/check.ts";
import { commentSyntaxOf, commentsOf } from "../../src/review/comments.ts";
import { defaultConfig, readConfig } from "../../src/review/config.ts";
import { defineRule } from "../../src/review/rule.ts";
import { suppressionsAt } from "../../src/review/suppressions.ts";
import { say } from "../../src/review/text.ts";
import { read } from "../helpers.ts";

const noTable = defineRule({
  summary: "No table",
  why: "None.",
  instead: "None.",
  severity: "error",
  ignoreWhen: "never.",
  sources: ["-"],
  check: { createTable: ({ table, at }) => ({ message: say`${table}`, object: table, at }) },
});

function review(up: string, yaml = "", more: { today?: string; baseline?: ReadonlySet<string> } = {}) {
  const { config, problems } = readConfig(yaml.replaceAll("no-table", "no-table-drop"), "drydock.yml");
  expect(problems).toEqual([]);
  const suppress = config.suppress.map((entry) => ({ ...entry, rule: "no-table" }));
  const changes = read({}, { "migrations/0001_a.up.sql": up });
  const { findings, accepted } = judge({
    changes,
    runs: [],
    config: { ...defaultConfig, suppress },
    rules: { "no-table": noTable },
    ...more,
  });
  return {
    stand: findings.map(({ object }) => object),
    accepted: accepted.map(({ finding, reason, by }) => [finding.object, reason, by]),
    findings,
  };
}

describe("a comment", () => {
  it("accepts the finding of the statement that it stands above, behind or in, and no other", () => {
    const { stand, accepted } = review(`
-- drydock:ignore no-table first
CREATE TABLE a ();
CREATE TABLE b (); -- drydock:ignore no-table second
CREATE TABLE c ();
/* Words.
 * drydock:ignore no-table third
 */

CREATE TABLE d ();
CREATE TABLE e (
  -- drydock:ignore no-table: fourth
);
`);
    expect(stand).toEqual(["c"]);
    expect(accepted).toEqual([
      ["a", "first", "comment"],
      ["b", "second", "comment"],
      ["d", "third", "comment"],
      ["e", "fourth", "comment"],
    ]);
  });

  it("speaks of the whole file where it says so, wherever it stands", () => {
    const { stand } = review(
      "CREATE TABLE a ();\nCREATE TABLE b ();\n-- drydock:ignore-file no-table generated\n",
    );
    expect(stand).toEqual([]);
  });

  it("accepts nothing without a reason, in quotes, in running text, or for another rule", () => {
    for (const line of [
      "-- drydock:ignore no-table",
      "-- drydock:ignore no-table: --",
      "-- drydock:ignored no-table why",
      "-- write drydock:ignore no-table why",
      "-- drydock:ignore no-column why",
      "SELECT '\n-- drydock:ignore no-table why\n';",
    ])
      expect(review(`${line}\nCREATE TABLE a ();`).stand, line).toEqual(["a"]);
  });
});

describe("a comment in a migration of Python", () => {
  it("stands on the operation, or in the SQL that it sends", () => {
    const changes = read(
      { "alembic.ini": "[alembic]\nscript_location = alembic\n", "alembic/env.py": "" },
      {
        "alembic.ini": "[alembic]\nscript_location = alembic\n",
        "alembic/env.py": "",
        "alembic/versions/a1_start.py": `from alembic import op
import sqlalchemy as sa

revision = "a1"
down_revision = None


def upgrade():
    # drydock:ignore no-table first
    op.create_table("a", sa.Column("id", sa.BigInteger()))
    op.create_table("b", sa.Column("id", sa.BigInteger()))  # drydock:ignore no-table second
    op.execute("""
        -- drydock:ignore no-table third
        CREATE TABLE c (id bigint)
    """)
    op.create_table("d", sa.Column("id", sa.BigInteger()))


def downgrade():
    pass
`,
      },
    );
    const { findings, accepted } = judge({
      changes,
      runs: [],
      config: defaultConfig,
      rules: { "no-table": noTable },
    });
    expect(findings.map(({ object }) => object)).toEqual(["d"]);
    expect(accepted.map(({ finding, reason }) => [finding.object, reason])).toEqual([
      ["a", "first"],
      ["b", "second"],
      ["c", "third"],
    ]);
  });
});

describe("the configuration", () => {
  const yaml =
    "suppress:\n  - rule: no-table\n    paths: [migrations/**]\n    reason: old\n    until: 2026-06-30\n";

  it("accepts by rule and path, with its reason", () => {
    expect(review("CREATE TABLE a ();", yaml).accepted).toEqual([["a", "old", "config"]]);
    expect(review("CREATE TABLE a ();", yaml.replace("migrations/**", "other/**")).stand).toEqual(["a"]);
  });

  it("does so up to and with its last day", () => {
    expect(review("CREATE TABLE a ();", yaml, { today: "2026-06-30" }).stand).toEqual([]);
    expect(review("CREATE TABLE a ();", yaml, { today: "2026-07-01" }).stand).toEqual(["a"]);
  });

  it("needs a rule that is there, paths and a reason", () => {
    const problems = (text: string) =>
      readConfig(text, "drydock.yml").problems.map(({ line, message }) => `${line}: ${message}`);
    expect(problems("suppress:\n  - rule: no-table-drops\n    paths: [a]\n    reason: x\n")).toEqual([
      "2: `suppress.0.rule`: no rule is called `no-table-drops`: did you mean `no-table-drop`?",
    ]);
    expect(problems("suppress:\n  - rule: no-table-drop\n    paths: [a]\n")).toEqual([
      "2: `suppress.0.reason`: is missing; say why; without a reason nothing is accepted",
    ]);
    expect(problems("suppress:\n  - rule: no-table-drop\n    paths: [a]\n    reason: '-'\n")).toEqual([
      "4: `suppress.0.reason`: say why",
    ]);
    expect(
      problems("suppress:\n  - rule: no-table-drop\n    paths: []\n    reason: x\n    until: soon\n"),
    ).toEqual(["3: `suppress.0.paths`: must be at least 1", "5: `suppress.0.until`: Invalid ISO date"]);
  });
});

describe("comments", () => {
  const of = (path: string, text: string) => {
    const syntax = commentSyntaxOf(path);
    return syntax === null ? null : commentsOf(text, syntax).map(({ start, end }) => text.slice(start, end));
  };

  it("are read by the kind of file", () => {
    expect(of("a.sql", "-- a\nSELECT '-- b' /* c /* d */ e */;")).toEqual(["-- a", "/* c /* d */ e */"]);
    expect(of("a.py", 'x = \'# no\'  # a\ny = """\n# no\n"""\n')).toEqual(["# a"]);
    expect(of("a.ts", "const u = 'http://x'; // a\n/* b */ const t = `// no`;")).toEqual(["// a", "/* b */"]);
    expect(of("a.go", "s := `// no` // a\n")).toEqual(["// a"]);
    expect(of("schema.prisma", 'model A { // a\n  url String @default("// no")\n}\n/// b')).toEqual([
      "// a",
      "/// b",
    ]);
    expect(of("a.txt", "-- a")).toBeNull();
  });

  it("of SQL are read in the strings of code", () => {
    expect(of("a.py", 'op.execute("""\n-- a\nCREATE INDEX i ON t (x)\n""")  # b')).toEqual(["-- a", "# b"]);
    expect(of("a.ts", "await sql`SELECT 1 -- a\n`; // b")).toEqual(["-- a", "// b"]);
  });

  it("stand on the query that follows, or that they are in", () => {
    const queries = [
      { line: 3, endLine: 5 },
      { line: 9, endLine: 9 },
    ];
    const text = "// drydock:ignore r a\n\n\n-- no\n\n\n// drydock:ignore r b\n\n\n// drydock:ignore r c";
    expect(suppressionsAt("a.ts", text, queries).map(({ reason, target }) => [reason, target])).toEqual([
      ["a", { line: 3, endLine: 5 }],
      ["b", { line: 9, endLine: 9 }],
      ["c", null],
    ]);
  });

  it("take linear time", () => {
    const text = "/* drydock:ignore */ '".repeat(50_000);
    const started = performance.now();
    for (const path of ["a.sql", "a.ts", "a.py"]) of(path, text);
    expect(performance.now() - started).toBeLessThan(20_000);
  });
});
