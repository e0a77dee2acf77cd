import { describe, expect, it } from "vitest";
import { conflictsOf, isMigrationOf } from "../../src/review/conflicts.ts";
import { plain } from "../../src/review/text.ts";
import { type Files, read } from "../helpers.ts";

const base = {
  "db/0001_orders.up.sql": "CREATE TABLE orders (id bigint, note text);",
  "db/0001_orders.down.sql": "DROP TABLE orders;",
};

function conflicts(own: Files, theirs: Readonly<Record<string, string | null>>) {
  const { databases } = read(base, { ...base, ...own });
  const others = Object.entries(theirs).map(([path, text]) => ({ pull: 3, path, text }));
  return conflictsOf(databases, others).map(({ message }) => plain(message));
}

describe("two open pull requests", () => {
  it("cannot have the same version, whatever it is called and however it is written", () => {
    expect(conflicts({ "db/0002_a.up.sql": "SELECT 1;" }, { "db/2_b.up.sql": null })).toEqual([
      "#3 adds db/2_b.up.sql with the same version as db/0002_a.up.sql: golang-migrate runs only the one that is merged first.",
    ]);
    expect(conflicts({ "db/0002_a.up.sql": "SELECT 1;" }, { "db/0003_b.up.sql": null })).toEqual([]);
  });

  it.each([
    [
      "ALTER TABLE orders ADD paid bool;",
      "ALTER TABLE orders ADD COLUMN paid text;",
      "Both this pull request and #3 add column orders.paid: the one that is merged second fails.",
    ],
    [
      "ALTER TABLE orders ALTER note TYPE varchar(9);",
      "ALTER TABLE orders DROP note;",
      "#3 takes column orders.note away, which this pull request changes.",
    ],
    [
      "DROP TABLE orders;",
      "ALTER TABLE orders ADD paid bool;",
      "This pull request takes table orders away, to which #3 does something.",
    ],
    [
      "UPDATE orders SET note = '';",
      "ALTER TABLE orders RENAME TO bills;",
      "#3 takes table orders away, to which this pull request does something.",
    ],
    [
      "CREATE TABLE bills (id int);",
      "CREATE TABLE bills (id bigint);",
      "Both this pull request and #3 add table bills: the one that is merged second fails.",
    ],
  ])("%s and %s", (own, theirs, message) => {
    expect(conflicts({ "db/0002_a.up.sql": own }, { "db/0003_b.up.sql": theirs })).toEqual([message]);
  });

  it.each([
    ["ALTER TABLE orders ADD paid bool;", "ALTER TABLE orders ADD sent bool;"],
    ["CREATE INDEX a ON orders (id);", "CREATE INDEX b ON orders (id);"],
    ["CREATE TABLE a (id int); ALTER TABLE a ADD n int;", "CREATE TABLE b (id int);"],
    ["UPDATE orders SET note = '';", "UPDATE orders SET note = 'x';"],
  ])("may %s and %s", (own, theirs) => {
    expect(conflicts({ "db/0002_a.up.sql": own }, { "db/0003_b.up.sql": theirs })).toEqual([]);
  });

  it("are compared by the files that may be migrations of the same directory", () => {
    const { databases } = read(base, { ...base, "db/0002_a.up.sql": "SELECT 1;" });
    const paths = ["db/0003_b.up.sql", "db/0003_b.down.sql", "other/0003.up.sql", "db/notes.md"];
    expect(paths.filter((path) => isMigrationOf(databases, path))).toEqual(["db/0003_b.up.sql"]);
  });
});
