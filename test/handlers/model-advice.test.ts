import { afterAll, describe, expect, it } from "vitest";
import { suggestionOf } from "../../src/review/report/fix-view.ts";
import { createReviewing } from "./reviewing.ts";

const reviewing = createReviewing();
afterAll(() => reviewing.close());

const base = {
  "prisma/migrations/migration_lock.toml": 'provider = "postgresql"\n',
  "prisma/migrations/1_init/migration.sql":
    'CREATE TABLE "User" ("id" SERIAL PRIMARY KEY);\nCREATE TABLE "Order" ("id" SERIAL PRIMARY KEY, "userId" INTEGER NOT NULL);\n',
  "prisma/schema.prisma":
    'datasource db {\n  provider = "postgresql"\n}\nmodel User {\n  id Int @id @default(autoincrement())\n}\nmodel Order {\n  id Int @id @default(autoincrement())\n  userId Int\n}\n',
};
const schema = `datasource db {
  provider = "postgresql"
}
model User {
  id Int @id @default(autoincrement())
  orders Order[]
}
model Order {
  id Int @id @default(autoincrement())
  userId Int
  user User @relation(fields: [userId], references: [id])
}
`;

describe("advice on a model", () => {
  it("is offered as a suggestion that was built in the sandbox", async () => {
    const report = await reviewing.review(base, { ...base, "prisma/schema.prisma": schema });
    const [finding] = report.findings.filter(({ rule }) => rule === "require-foreign-key-index");
    if (!finding) throw new Error("nothing is said");
    expect([finding.path, finding.line]).toEqual(["prisma/schema.prisma", 11]);
    expect(suggestionOf(finding, schema)).toBe(
      "  user User @relation(fields: [userId], references: [id])\n\n  @@index([userId])",
    );
    expect(finding.verified).not.toBeNull();
    expect(reviewing.runs()).toBe(2);
  });
});

describe("models that are found by what other files import", () => {
  const steps = ["index", "a", "b", "c", "d", "e", "f", "orders"];
  const table = (column: string) =>
    `import { pgTable, integer, text } from "drizzle-orm/pg-core";\nexport const orders = pgTable("orders", {\n  id: integer().primaryKey(),\n${column}});\n`;
  const files = {
    "drizzle.config.ts":
      'export default { dialect: "postgresql", schema: "./schema/index.ts", out: "./drizzle" };\n',
    "drizzle/meta/_journal.json":
      '{"version": "7", "dialect": "postgresql", "entries": [{"idx": 0, "version": "7", "when": 1, "tag": "0000_init", "breakpoints": true}]}',
    "drizzle/0000_init.sql": 'CREATE TABLE "orders" ("id" integer PRIMARY KEY);\n',
    ...Object.fromEntries(
      steps.slice(0, -1).map((name, i) => [`schema/${name}.ts`, `export * from "./${steps[i + 1]}";\n`]),
    ),
  };

  it("are read however long the way is", async () => {
    const report = await reviewing.review(
      { ...files, "schema/orders.ts": table("") },
      { ...files, "schema/orders.ts": table("  note: text(),\n") },
    );
    expect(report.skipped).toEqual([]);
    expect(report.findings.map(({ rule, path, line }) => `${rule} ${path}:${line}`)).toEqual([
      "no-model-drift schema/orders.ts:4",
    ]);
  });
});
