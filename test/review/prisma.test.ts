import { describe, expect, it } from "vitest";
import prisma from "../../src/review/orms/prisma.ts";
import { databaseParts } from "../../src/review/prisma/sources.ts";

const path = "prisma/schema.prisma";

function lineOf(text: string, object: string): number | null {
  return prisma.read([{ path, text }], "postgresql").declarations.find(object)?.line ?? null;
}

function filesFor(
  directory: string,
  paths: readonly string[],
  texts: Readonly<Record<string, string>> = {},
): readonly string[] {
  return prisma.filesFor(directory, { paths, text: (name) => texts[name] ?? null });
}

describe("Prisma's models", () => {
  it("are found by the names that the database has", () => {
    const text = `// model Old {
model Order {
  id      Int    @id
  userId  Int    @map("user_id") /* a } here */
  code    String @default("a, } ) //") @unique(map: "codes")
  user    User   @relation("o", fields: [userId, id], references: [a, b], onDelete: Cascade)
  @@index([
    userId, // first
    code(sort: Desc, ops: raw("x, y"))
  ], map: "by_user")
  @@unique(fields: [code, id])
  @@map("orders")
  @@schema("shop")
}

enum State {
  OPEN @map("open")
  @@map("states")
}
`;
    expect(lineOf(text, "shop.orders")).toBe(2);
    expect(lineOf(text, "shop.orders.user_id")).toBe(4);
    expect(lineOf(text, "shop.orders(code)")).toBe(5);
    expect(lineOf(text, "shop.orders(user_id, id)")).toBe(6);
    expect(lineOf(text, "shop.orders(user_id, code)")).toBe(7);
    expect(lineOf(text, "shop.orders(code, id)")).toBe(11);
    expect(lineOf(text, "states.open")).toBe(17);
    expect(lineOf(text, "Old")).toBeNull();
    expect(lineOf('model A {\n  id Int @id\n  @@schema(map: "auth")\n}\n', "auth.A.id")).toBe(2);
  });

  it("are found where a block begins on the line on which another ends", () => {
    const text = "model A {\n  id Int @id\n} model B {\n  id Int @id\n}enum C {\n  D\n}\n";
    expect(["A", "B", "B.id", "C", "C.D"].map((object) => lineOf(text, object))).toEqual([1, 3, 4, 5, 6]);
  });

  it("are found where they are composite, refer to themselves, or are left out of the client", () => {
    const text = `model Node {
  shop   Int @db.SmallInt
  number Int @default(autoincrement())
  up     Int? @map("parent")
  old    String? @ignore
  parent Node?  @relation("tree", fields: [up, shop], references: [number, shop], map: "onto_parent")
  kids   Node[] @relation("tree")
  @@id([shop, number], name: "key", map: "node_key")
  @@unique([up(sort: Desc), old(length: 10)])
}

model Legacy {
  a Int
  @@ignore
}
`;
    expect(lineOf(text, "Node(shop, number)")).toBe(8);
    expect(lineOf(text, "Node(parent, old)")).toBe(9);
    expect(lineOf(text, "Node(parent, shop)")).toBe(6);
    const { find } = prisma.read([{ path, text }], "postgresql").declarations;
    expect(find("Node.number")).toMatchObject({ line: 3, hasOwnDefault: true });
    expect(find("Node.old")?.isUnused).toBe(true);
    expect(find("Node.parent")).toMatchObject({ line: 4, isUnused: false });
    expect(find("Legacy.a")?.isUnused).toBe(true);
  });

  it("are not compared where they are managed elsewhere", () => {
    const schema = { path, text: 'model users {\n  id Int @id\n  @@schema("auth")\n}\n' };
    const configured = (list: string) =>
      prisma.read(
        [schema, { path: "prisma.config.ts", text: `export default { tables: { external: ${list} } }` }],
        "postgresql",
      );
    const told = configured(`["auth.users", "public.logs"]`);
    expect(["auth.users", "logs", "orders"].map((table) => told.declarations.isPartial(table))).toEqual([
      true,
      true,
      false,
    ]);
    expect(told.skipped).toEqual([]);
    const open = configured("names");
    expect(open.declarations.isIncomplete).toBe(true);
    expect(open.skipped).toMatchObject([
      { path: "prisma.config.ts", reason: expect.stringContaining("managed elsewhere") },
    ]);
  });

  it("take the configuration along that names what is managed elsewhere", () => {
    const paths = [
      path,
      "prisma/migrations/1_a/migration.sql",
      "prisma/migrations/migration_lock.toml",
      "prisma.config.ts",
    ];
    const text = `export default { tables: { external: ["public.users"] } }`;
    expect(filesFor("prisma/migrations", paths, { "prisma.config.ts": text })).toEqual([
      path,
      "prisma.config.ts",
    ]);
    expect(filesFor("prisma/migrations", paths, { "prisma.config.ts": "export default {}" })).toEqual([path]);
  });

  it("tell what the database cannot know", () => {
    const text = `model A {\n  at DateTime @updatedAt\n  v Unsupported("vector(3)")?\n}\n`;
    const { find, hasForeignKeys } = prisma.read([{ path, text }], "postgresql").declarations;
    expect(find("A.at")).toMatchObject({ hasOwnDefault: true, isOpaque: false });
    expect(find("A.v")).toMatchObject({ hasOwnDefault: false, isOpaque: true });
    expect(hasForeignKeys).toBe(true);
    const off = `datasource db {\n  provider = "postgresql"\n  relationMode = "prisma"\n}\n`;
    expect(prisma.read([{ path, text: off }], "postgresql").declarations.hasForeignKeys).toBe(false);
  });

  it("belong to the migrations beside them", () => {
    const paths = [
      "a/prisma/schema.prisma",
      "a/prisma/schema/b.prisma",
      "b/prisma/schema.prisma",
      "a/prisma/x.sql",
      "a/prisma/other/schema.prisma",
      "a/prisma/other/migrations/migration_lock.toml",
      "a/prisma/generated/client/schema.prisma",
    ];
    expect(filesFor("a/prisma/migrations", paths)).toEqual(paths.slice(0, 2));
    expect(filesFor("a/prisma/other/migrations", paths)).toEqual(["a/prisma/other/schema.prisma"]);
    expect(filesFor("migrations", ["prisma/schema.prisma", "other/schema.prisma"])).toEqual([path]);
  });

  it("are told by Prisma's own configuration where several schemas, or none, are beside the migrations", () => {
    const paths = [
      "db/a.prisma",
      "db/b.prisma",
      "db/part/c.prisma",
      "src/models/d.prisma",
      "src/models/e.prisma",
    ];
    const config = "export default defineConfig({\n  // schema: 'db/a.prisma',\n  schema: ";
    const told = (files: Readonly<Record<string, string>>, directory = "db/migrations") =>
      filesFor(directory, [...paths, ...Object.keys(files)], files);
    expect(told({ "package.json": '{"prisma": {"seed": "x", "schema": "./db/b.prisma"}}' })).toEqual([
      "db/b.prisma",
    ]);
    expect(
      told({
        "prisma.config.ts": `${config}path.join("src", "models"),\n  migrations: { path: "db/migrations" },\n})`,
      }),
    ).toEqual(["src/models/d.prisma", "src/models/e.prisma"]);
    expect(
      told(
        {
          "app/.config/prisma.mjs": `${config}'../../src/models',\n  migrations: { path: "../../sql" },\n})`,
        },
        "sql",
      ),
    ).toEqual(["src/models/d.prisma", "src/models/e.prisma"]);
    expect(told({ "prisma.config.ts": `${config}"src/models",\n})` }, "src/models/migrations")).toEqual([
      "src/models/d.prisma",
      "src/models/e.prisma",
    ]);
    expect(told({ "prisma.config.ts": `${config}"../elsewhere/x.prisma",\n})` })).toEqual(paths.slice(0, 3));
  });

  it("are what a configuration says that names the migrations, whatever is beside them", () => {
    const paths = ["db/old.prisma", "src/new.prisma", "prisma/schema.prisma"];
    const told = (text: string) =>
      filesFor("db/migrations", [...paths, "prisma.config.ts"], { "prisma.config.ts": text });
    const migrations = 'migrations: { path: "./db/migrations" }';
    expect(told(`export default defineConfig({ schema: "src/new.prisma", ${migrations} })`)).toEqual([
      "src/new.prisma",
    ]);
    expect(told(`export default defineConfig({ ${migrations} })`)).toEqual(["prisma/schema.prisma"]);
    expect(told('export default defineConfig({ schema: "src/new.prisma" })')).toEqual(["db/old.prisma"]);
  });

  it("are Prisma's default file where none is beside the migrations and none is told", () => {
    const config = (text: string) => ({ "app/prisma.config.ts": `export default {\n${text}\n}` });
    const usual = (files: Readonly<Record<string, string>>, directory: string) =>
      filesFor(directory, ["app/prisma/schema.prisma", "schema.prisma", ...Object.keys(files)], files);
    expect(usual({}, "migrations")).toEqual(["schema.prisma"]);
    expect(usual({}, "app/db/migrations")).toEqual([]);
    expect(usual(config('  migrations: { path: "db/migrations" },'), "app/db/migrations")).toEqual([
      "app/prisma/schema.prisma",
    ]);
    const open = '  schema: process.env.SCHEMA,\n  migrations: { path: "db/migrations" },';
    expect(usual(config(open), "app/db/migrations")).toEqual([]);
  });

  it("are one schema where one file names the database, and cannot be told where several do", () => {
    const source = 'datasource db {\n  provider = "postgresql"\n}\n';
    const paths = ["db/schema.prisma", "db/mysql.prisma"];
    expect(filesFor("db/migrations", paths, { "db/schema.prisma": source })).toEqual(paths);
    const both = { "db/schema.prisma": source, "db/mysql.prisma": source };
    expect(filesFor("db/migrations", paths, both)).toEqual(["db/schema.prisma"]);
    const others = { "db/pg.prisma": source, "db/mysql.prisma": source };
    expect(filesFor("db/migrations", Object.keys(others), others)).toEqual([]);
  });

  it("are read without generators and addresses, each line where it was", () => {
    const text = `generator js {
  provider = "prisma-client-js"
  previewFeatures = ["metrics", "postgresqlExtensions"]
}
datasource db {
  provider = "postgresql"
  url = env("URL")
}
model A {
  url String
}
`;
    const [own, added] = databaseParts([{ path, text }]);
    expect(own?.text.split("\n").slice(4)).toEqual(
      text
        .split("\n")
        .slice(4)
        .map((line) => (line.includes("env(") ? "" : line)),
    );
    expect(own?.text).not.toContain("generator");
    expect(added?.text).toContain('["postgresqlExtensions"]');
  });
});
