import { describe, expect, it } from "vitest";
import { check } from "../../src/review/check.ts";
import { defaultConfig } from "../../src/review/config.ts";
import { defineRule } from "../../src/review/rule.ts";
import { rules } from "../../src/review/rules/index.ts";
import { plain } from "../../src/review/text.ts";
import { read } from "../helpers.ts";

const base = "CREATE TABLE orders (id integer PRIMARY KEY, user_id integer, note text);";
const dangers = `CREATE INDEX orders_user_id ON orders (user_id);
ALTER TABLE orders ADD COLUMN total integer NOT NULL;
ALTER TABLE orders ADD COLUMN user integer REFERENCES users (id);
ALTER TABLE orders DROP COLUMN note;
ALTER TABLE orders RENAME COLUMN user_id TO buyer_id;
ALTER TABLE orders RENAME TO sales;
DROP TABLE users;`;

function judge(directory: string, up: string, ruleSet = rules) {
  const before = { [`${directory}/0001_base.up.sql`]: base };
  const changes = read(before, { ...before, [`${directory}/0002_change.up.sql`]: up });
  expect(changes.skipped.filter(({ matters }) => matters)).toEqual([]);
  expect(changes.databases.map(({ dialect }) => dialect)).toEqual([
    directory.includes("sqlite") ? "sqlite" : "postgresql",
  ]);
  return check({ changes, runs: [], config: defaultConfig, rules: ruleSet });
}

describe("on SQLite", () => {
  it("rules that speak of PostgreSQL's locks are not asked, and those that hold for both are", () => {
    expect(judge("migrations/sqlite3", dangers).map(({ rule }) => rule)).toEqual([
      "require-down",
      "no-column-drop",
      "no-column-rename",
      "no-table-rename",
      "no-table-drop",
    ]);
    expect(judge("migrations/postgres", dangers).map(({ rule }) => rule)).toContain(
      "no-blocking-index-build",
    );
  });

  it("a rename is not answered with a view that could not be written to", () => {
    const instead = (directory: string) =>
      plain(judge(directory, dangers).find(({ rule }) => rule === "no-table-rename")?.instead ?? []);
    expect(instead("migrations/sqlite3")).toContain("for code that only reads");
    expect(instead("migrations/postgres")).toContain("In the same migration run CREATE VIEW");
  });

  it("nothing that PostgreSQL's parser cannot read is a gap", () => {
    expect(
      judge(
        "migrations/sqlite3",
        "CREATE TABLE t (id INTEGER PRIMARY KEY AUTOINCREMENT); PRAGMA user_version = 2;",
      ),
    ).toMatchObject([{ rule: "require-down" }]);
  });

  it("a new rule is silent until it says that it holds there", () => {
    const rule = defineRule({
      summary: "Say something",
      why: "Why.",
      instead: "Instead.",
      severity: "warning",
      ignoreWhen: "never.",
      sources: ["none"],
      check: { dropTable: () => ({ message: ["told"], object: "x" }) },
    });
    expect(judge("migrations/sqlite3", "DROP TABLE orders;", { "no-say": rule })).toEqual([]);
    expect(judge("migrations/postgres", "DROP TABLE orders;", { "no-say": rule })).toHaveLength(1);
  });
});
