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

/** As Drizzle Kit 1.0.0-rc.5 writes it: the schema of the first, then what each changed. */
const first = {
  type: "base",
  prevIds: ["00000000-0000-0000-0000-000000000000"],
  ddl: [
    { schema: "public", name: "hulls", isRlsEnabled: false, entityType: "tables" },
    { schema: "public", name: "kind", values: ["a", "b"], entityType: "enums" },
    { ...columnOf("hulls", "nr", "integer"), notNull: true },
    { ...columnOf("hulls", "kind", "kind"), typeSchema: "public" },
    columnOf("hulls", "up", "integer"),
    {
      schema: "public",
      table: "hulls",
      name: "sorted",
      nameExplicit: true,
      columns: [
        { value: "nr", isExpression: false, asc: false, nullsFirst: false, opclass: null },
        { value: "nr", isExpression: true, asc: true, nullsFirst: false, opclass: null },
      ],
      isUnique: false,
      where: null,
      with: "",
      method: "btree",
      concurrently: false,
      entityType: "indexes",
    },
    {
      schema: "public",
      table: "hulls",
      name: "above",
      nameExplicit: true,
      columns: ["up"],
      schemaTo: "public",
      tableTo: "hulls",
      columnsTo: ["nr"],
      onUpdate: "NO ACTION",
      onDelete: "NO ACTION",
      entityType: "fks",
    },
    {
      schema: "public",
      table: "hulls",
      name: "hulls_pkey",
      columns: ["nr"],
      nameExplicit: false,
      entityType: "pks",
    },
  ],
};

function columnOf(table: string, name: string, type: string) {
  return {
    schema: "public",
    table,
    name,
    type,
    typeSchema: null,
    notNull: false,
    dimensions: 0,
    default: null,
    generated: null,
    identity: null,
    entityType: "columns",
  };
}

const renamed = {
  type: "diff",
  prevIds: ["0"],
  deltas: [
    { op: "rename", key: 'enums\0["public","kind"]', set: { name: "sort" } },
    { op: "rename", key: 'tables\0["public","hulls"]', set: { name: "bodies" } },
    { op: "rename", key: 'columns\0["public","bodies","nr"]', set: { name: "no" } },
    { op: "alter", key: 'enums\0["public","sort"]', set: { values: ["a", "c", "b"] } },
  ],
};

const adding = (prevIds: readonly string[], ...rows: readonly object[]) => ({
  type: "diff",
  prevIds,
  deltas: rows.map((row) => ({ op: "create", row })),
});

/** What the head side's snapshots build, the last of which the change adds; each has its place for its id. */
function builtBy(...snapshots: readonly object[]) {
  const filesOf = (some: readonly object[]) =>
    some.flatMap((members, i) => [
      [`drizzle/${1000 + i}_a/migration.sql`, `CREATE TABLE a${i} (id int);\n`],
      [
        `drizzle/${1000 + i}_a/snapshot.json`,
        JSON.stringify({ version: "9", dialect: "postgres", id: String(i), footprints: [], ...members }),
      ],
    ]);
  const base = { ...config, ...Object.fromEntries(filesOf(snapshots.slice(0, -1))) };
  const head = { ...config, ...Object.fromEntries(filesOf(snapshots)) };
  const { databases, skipped } = read(base, head);
  const statements = databases[0]?.snapshots?.statements;
  return {
    base: statements?.base.map(({ sql }) => sql) ?? null,
    head: statements?.head.map(({ sql }) => sql) ?? null,
    reasons: skipped.map(({ reason }) => reason),
  };
}

const notCompared = "this snapshot is not compared with the migrations:";

describe("a snapshot of Drizzle that holds only what changed", () => {
  it("is applied to those before it, and new names are followed wherever they stand", () => {
    const { base, head, reasons } = builtBy(
      first,
      renamed,
      adding(["1"], columnOf("bodies", "crew", "integer")),
    );
    expect(reasons).toEqual([]);
    const common = [
      `CREATE TYPE "public"."sort" AS ENUM('a', 'c', 'b')`,
      expect.stringMatching(
        /"public"."bodies" \(\s+"no" integer PRIMARY KEY NOT NULL,\s+"kind" "sort",\s+"up" integer\n\)$/,
      ),
      `ALTER TABLE "public"."bodies" ADD CONSTRAINT "above" FOREIGN KEY ("up") REFERENCES "public"."bodies"("no") ON DELETE NO ACTION ON UPDATE NO ACTION`,
      `CREATE INDEX "sorted" ON "public"."bodies" USING btree ("no" DESC NULLS LAST,nr)`,
    ];
    expect(base).toEqual(common);
    expect(head).toEqual(common.with(1, expect.stringMatching(/"up" integer,\s+"crew" integer\n\)$/)));
  });

  it("counts branches that are merged, and those that are not", () => {
    const port = { schema: "public", name: "ports", isRlsEnabled: false, entityType: "tables" };
    const left = adding(["0"], port, columnOf("ports", "id", "integer"));
    const right = adding(["0"], columnOf("hulls", "crew", "integer"));
    const apart = builtBy(first, left, right);
    const merged = builtBy(first, left, right, adding(["2", "1"], columnOf("ports", "name", "text")));
    expect(apart.head?.join()).toMatch(/"crew" integer.*"public"."ports"/s);
    expect(merged.base).toEqual(apart.head);
    expect(merged.head?.join()).toMatch(/"crew" integer.*"ports" \(\s+"id" integer,\s+"name" text/s);
  });

  it("drops things, and passes over what is not there", () => {
    const key = 'columns\0["public","hulls","up"]';
    const deltas = [
      { op: "drop", key: 'fks\0["public","hulls","above"]' },
      ...[1, 2].map(() => ({ op: "drop", key })),
    ];
    const { head } = builtBy(first, { type: "diff", prevIds: ["0"], deltas });
    expect(head?.join()).not.toContain('"up"');
    expect(head).toHaveLength(3);
  });

  it.each([
    ["a parent is missing", [first, adding(["9"])], "is missing or out of place"],
    ["a parent stands after it", [first, adding(["2"]), adding(["0"])], "is missing or out of place"],
    ["two are whole", [first, first, adding(["1"])], "is missing or out of place"],
    ["none is whole", [renamed, adding(["0"])], "is missing or out of place"],
    ["one is of an older version", [{ ...first, version: "8" }, renamed], "has a form that is not read"],
    ["it is of a newer one", [first, { ...renamed, version: "10" }], "has a form that is not read"],
    [
      "a change is of an unknown kind",
      [first, { ...renamed, deltas: [{ op: "move", key: "x" }] }],
      "has a form that is not read",
    ],
    [
      "two branches give one name to two things",
      [
        first,
        adding(["0"], columnOf("hulls", "crew", "text")),
        adding(["0"], columnOf("hulls", "crew", "integer")),
      ],
      "what it and those before it changed does not fit together",
    ],
    [
      "a new name is another's",
      [
        first,
        {
          ...renamed,
          deltas: [{ op: "rename", key: 'columns\0["public","hulls","nr"]', set: { name: "up" } }],
        },
      ],
      "what it and those before it changed does not fit together",
    ],
    [
      "it builds on too many",
      [first, ...Array.from({ length: 101 }, (_, i) => adding([String(i)]))],
      "more than 100",
    ],
  ])("is told not to be compared where %s", (_, snapshots, reason) => {
    const { head, reasons } = builtBy(...snapshots);
    expect(head).toBeNull();
    expect(reasons).toEqual([expect.stringContaining(reason)]);
    expect(reasons[0]).toContain(notCompared);
  });
});
