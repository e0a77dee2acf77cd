import { describe, expect, it } from "vitest";
import { read } from "../helpers.ts";

const config = { "drizzle.config.ts": 'export default { dialect: "postgresql", out: "./drizzle" };\n' };

/** A repository of Drizzle whose second migration brings a snapshot with these members. */
function withSnapshot(members: object) {
  const base = {
    ...config,
    "drizzle/1_a/migration.sql": "CREATE TABLE a (id int);\n",
    "drizzle/1_a/snapshot.json": '{ "version": "9", "dialect": "postgres", "type": "base", "ddl": [] }',
  };
  const head = {
    ...base,
    "drizzle/2_b/migration.sql": "CREATE TABLE b (id int);\n",
    "drizzle/2_b/snapshot.json": JSON.stringify({ dialect: "postgres", ...members }),
  };
  const { databases, skipped } = read(base, head);
  return { snapshots: databases[0]?.snapshots, reasons: skipped.map(({ reason }) => reason) };
}

describe("a snapshot of Drizzle", () => {
  it("that holds only what changed is told not to be compared", () => {
    const { snapshots, reasons } = withSnapshot({ version: "9", type: "diff", deltas: [] });
    expect(snapshots).toBeNull();
    expect(reasons).toEqual([
      "this snapshot is not compared with the migrations: it tells only what changed since the one before",
    ]);
  });

  it("of a form that is not known is told not to be compared", () => {
    const entity = { entityType: "spheres", name: "a" };
    const { snapshots, reasons } = withSnapshot({ version: "10", ddl: [entity] });
    expect(snapshots).toBeNull();
    expect(reasons).toEqual([
      "this snapshot is not compared with the migrations: snapshots of version 10 in this form are not read",
    ]);
  });

  it("of another database is none of this one's", () => {
    expect(withSnapshot({ version: "7", dialect: "sqlite", tables: {} })).toEqual({
      snapshots: null,
      reasons: [],
    });
  });
});
