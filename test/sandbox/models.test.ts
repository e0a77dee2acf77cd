import { describe, expect, it } from "vitest";
import prisma from "../../src/review/orms/prisma.ts";
import type { Dialect, Models } from "../../src/review/types.ts";
import { renderPrisma, startPrisma, startWarmPrisma } from "../../src/sandbox/prisma/render.ts";

function modelsOf(text: string) {
  const files = [{ path: "schema.prisma", text }];
  return { orm: "prisma", isPushed: false, isIncomplete: false, statements: null, base: [], head: files };
}

function render(models: Models, dialect: Dialect, start = startPrisma) {
  return renderPrisma(models, dialect, start);
}

const source = `datasource db {\n  provider = "postgresql"\n  url = env("URL")\n}\n`;

describe("Prisma's engine", () => {
  it("says what a schema builds", async () => {
    const { head, base } = await render(
      modelsOf(`${source}model A {\n  id Int @id @default(autoincrement())\n}\n`),
      "postgresql",
    );
    expect(head).toEqual({ sql: expect.stringContaining('"id" SERIAL NOT NULL') });
    expect(base).toEqual({ sql: "" });
  });

  it("refuses what is no schema, and the next one is read", async () => {
    const { head } = await render(modelsOf(`${source}model A {\n  id Nothing @id\n}\n`), "postgresql");
    expect(head).toEqual({ refused: expect.stringContaining('Type "Nothing"') });
    const broken = await render(
      {
        ...modelsOf(`${source}model A {\n  id Int @id\n}\n`),
        base: [{ path: "schema.prisma", text: `${source}model {` }],
      },
      "postgresql",
    );
    expect(broken).toMatchObject({
      head: { sql: expect.any(String) },
      base: { refused: expect.any(String) },
    });
  });

  it("has nothing left of what it was warmed up with", async () => {
    const { head } = await render(
      modelsOf(`${source}model A {\n  key String @id\n  kind Kind\n}\nenum Kind {\n  z\n}\n`),
      "postgresql",
      startWarmPrisma,
    );
    const sql = "sql" in head ? head.sql : "";
    expect(
      sql
        .match(/^(CREATE T.*| {2}.*)$/gm)
        ?.map((line) => line.trim())
        .join(" "),
    ).toBe(
      `CREATE TYPE "Kind" AS ENUM ('z'); CREATE TABLE "A" ( "key" TEXT NOT NULL, "kind" "Kind" NOT NULL, CONSTRAINT "A_pkey" PRIMARY KEY ("key")`,
    );
  });

  it("is not asked about what is too large", async () => {
    expect((await render(modelsOf(" ".repeat(2 ** 20 + 1)), "postgresql")).head).toEqual({
      refused: "it is larger than what is read",
    });
  });

  it("is asked for SQLite as well, and for no other database than the migrations'", async () => {
    const models = modelsOf(
      `${source.replace("postgresql", "sqlite")}model A {\n  id Int @id @default(autoincrement())\n  at DateTime?\n}\n`,
    );
    expect((await render(models, "sqlite")).head).toEqual({
      sql: expect.stringContaining('"id" INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,\n    "at" DATETIME\n'),
    });
    expect((await render(models, "postgresql")).head).toEqual({
      refused: "its datasource is not for PostgreSQL",
    });
  });

  it("makes nothing of what is managed elsewhere, and no key to it", async () => {
    const text = `${source}model users {
  id    Int     @id
  role  role
  posts posts[]
}

model posts {
  id        Int   @id
  author_id Int
  author    users @relation(fields: [author_id], references: [id])
  parent_id Int?
  parent    posts?  @relation("tree", fields: [parent_id], references: [id])
  children  posts[] @relation("tree")
}

enum role {
  customer
}
`;
    const config = `export default defineConfig({
  tables: { external: ["public.users"] },
  enums: {
    external: [
      "public.role",
    ],
  },
});`;
    const models = modelsOf(text);
    const head = [...models.head, { path: "prisma.config.ts", text: config }];
    const answer = (await render({ ...models, head }, "postgresql")).head;
    const sql = "sql" in answer ? answer.sql : answer.refused;
    expect(sql).toContain('CREATE TABLE "posts"');
    expect(sql).toContain("posts_parent_id_fkey");
    expect(sql).not.toMatch(/users|role/);
  });

  it("knows the forms of indexes, types, schemas and views", async () => {
    const text = `datasource db {
  provider     = "postgresql"
  schemas      = ["base", "shop"]
  relationMode = "foreignKeys"
  extensions   = [citext]
}

generator client {
  provider        = "prisma-client-js"
  previewFeatures = ["views", "postgresqlExtensions", "fullTextSearchPostgres"]
}

model Example {
  id    Int      @id(map: "example_key") @default(autoincrement())
  uid   String   @default(dbgenerated("gen_random_uuid()")) @db.Uuid
  key   BigInt   @default(sequence(start: 10)) @unique(map: "one_key", sort: Desc)
  code  String   @default(nanoid()) @db.VarChar(20)
  ip    String   @db.Inet
  data  Json     @default("{}")
  big   Decimal  @db.Decimal(10, 2)
  at    DateTime @default(now()) @db.Timestamptz(3)
  tags  String[] @default(["a", "b"])
  raw   Unsupported("circle")?
  state State    @default(OPEN)

  @@unique([uid, code(sort: Desc)], name: "named", map: "uid_code")
  @@index([data(ops: JsonbPathOps)], type: Gin)
  @@index([ip(ops: InetOps)], type: Gist)
  @@index([code(ops: TextOps)], type: SpGist)
  @@index([key(ops: Int8BloomOps)], type: Brin)
  @@index([code], type: Hash, map: "by_code")
  @@index([code(ops: raw("text_pattern_ops"))], map: "by_pattern")
  @@map("examples")
  @@schema("shop")
}

enum State {
  OPEN @map("open")

  @@map("states")
  @@schema("base")
}

view Shown {
  id Int @unique

  @@schema("shop")
}
`;
    const { head } = await render(
      modelsOf(text.replace("sequence(start: 10)", "autoincrement()")),
      "postgresql",
    );
    const sql = "sql" in head ? head.sql : head.refused;
    for (const line of [
      'CREATE SCHEMA IF NOT EXISTS "shop";',
      `CREATE TYPE "base"."states" AS ENUM ('open');`,
      '"uid" UUID NOT NULL DEFAULT gen_random_uuid()',
      '"code" VARCHAR(20) NOT NULL,',
      '"at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP',
      `"tags" TEXT[] DEFAULT ARRAY['a', 'b']::TEXT[]`,
      '"raw" circle',
      'CONSTRAINT "example_key" PRIMARY KEY ("id")',
      'CREATE UNIQUE INDEX "one_key" ON "shop"."examples"("key" DESC)',
      'CREATE UNIQUE INDEX "uid_code" ON "shop"."examples"("uid", "code" DESC)',
      '("data" jsonb_path_ops)',
      'USING GIST ("ip" inet_ops)',
      'USING SPGIST ("code" text_ops)',
      'USING BRIN ("key" int8_bloom_ops)',
      'CREATE INDEX "by_code" ON "shop"."examples" USING HASH ("code")',
      '("code" text_pattern_ops)',
    ])
      expect(sql).toContain(line);
    expect(sql).not.toContain("Shown");
  });

  it("builds nothing of relations and keys that is not found at its line", async () => {
    const text = `${source}
model Author {
  first String @map("first_name")
  last  String @map(name: "last_name")
  alias String @default("none") @unique // SetDefault falls back to it
  notes Json   @default("{ \\"a\\": [1] }")
  roles Role[] @default([READ, WRITE])
  books Book[] @relation("written")
  pins  Book[] @relation(name: "pinned")
  next  Author? @relation("order", fields: [nextFirst, nextLast], references: [first, last])
  prior Author? @relation("order")
  nextFirst String?
  nextLast  String?

  @@id(name: "full", fields: [first, last])
  @@unique([nextFirst, nextLast])
  @@map(name: "authors")
}

model Book {
  id     Int     @id @default(value: autoincrement())
  first  String
  last   String
  alias  String? @default("none")
  author Author  @relation("written", fields: [first, last], references: [first, last], onDelete: Cascade)
  pinned Author? @relation(name: "pinned", fields: [alias], references: [alias], onDelete: SetDefault)
  tags   Tagged[]

  @@unique(name: "byAuthor", [first, last(sort: Desc)])
}

model Tagged {
  book   Book @relation(fields: [bookId], references: [id], onUpdate: NoAction, map: "onto_book")
  bookId Int  @map("book_id")
  tag    String

  @@id([bookId, tag])
}

enum Role {
  READ  @map("read")
  WRITE
}
`;
    const { head } = await render(modelsOf(text), "postgresql");
    const built = builtBy("sql" in head ? head.sql : head.refused);
    const { find } = prisma.read([{ path: "schema.prisma", text }], "postgresql").declarations;
    const lines = text.split("\n");
    const found = built.map(
      (name) => `${name}: ${lines[(find(name)?.line ?? 0) - 1]?.trim().split(/ +/)[0]}`,
    );
    expect(found.sort()).toMatchInlineSnapshot(`
      [
        "Book(alias) foreign key: pinned",
        "Book(first, last) foreign key: author",
        "Book(first, last) unique: @@unique(name:",
        "Book(id) unique: id",
        "Book.alias: alias",
        "Book.first: first",
        "Book.id: id",
        "Book.last: last",
        "Book: model",
        "Role.WRITE: WRITE",
        "Role.read: READ",
        "Role: enum",
        "Tagged(book_id) foreign key: book",
        "Tagged(book_id, tag) unique: @@id([bookId,",
        "Tagged.book_id: bookId",
        "Tagged.tag: tag",
        "Tagged: model",
        "authors(alias) unique: alias",
        "authors(first_name, last_name) unique: @@id(name:",
        "authors(nextFirst, nextLast) foreign key: next",
        "authors(nextFirst, nextLast) unique: @@unique([nextFirst,",
        "authors.alias: alias",
        "authors.first_name: first",
        "authors.last_name: last",
        "authors.nextFirst: nextFirst",
        "authors.nextLast: nextLast",
        "authors.notes: notes",
        "authors.roles: roles",
        "authors: model",
      ]
    `);
  });
});

/** The tables, columns, keys, indexes and labels that statements of the engine make, by their names. */
function builtBy(sql: string): string[] {
  const named = (list = "") => [...list.matchAll(/"(\w+)"/g)].map(([, name = ""]) => name).join(", ");
  const tables = [...sql.matchAll(/CREATE TABLE "(\w+)" \(([\s\S]*?)\n\);/g)].flatMap(
    ([, table, body = ""]) => [
      `${table}`,
      ...[...body.matchAll(/^ {4}"(\w+)"/gm)].map(([, column]) => `${table}.${column}`),
      ...[...body.matchAll(/PRIMARY KEY \(([^)]*)\)/g)].map(([, list]) => `${table}(${named(list)}) unique`),
    ],
  );
  const keys = sql.matchAll(/ALTER TABLE "(\w+)" ADD .* FOREIGN KEY \(([^)]*)\)/g);
  const indexes = sql.matchAll(/CREATE (UNIQUE )?INDEX .* ON "(\w+)"\((.*)\);/g);
  const types = sql.matchAll(/CREATE TYPE "(\w+)" AS ENUM \((.*)\)/g);
  return [
    ...tables,
    ...[...keys].map(([, table, list]) => `${table}(${named(list)}) foreign key`),
    ...[...indexes].map(
      ([, unique, table, list]) => `${table}(${named(list)}) ${unique ? "unique" : "index"}`,
    ),
    ...[...types].flatMap(([, type, list = ""]) => [
      `${type}`,
      ...[...list.matchAll(/'(\w+)'/g)].map(([, label]) => `${type}.${label}`),
    ]),
  ];
}
