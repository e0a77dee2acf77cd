import { afterAll, expect, it } from "vitest";
import { createReviewing } from "./reviewing.ts";

const reviewing = createReviewing();
afterAll(() => reviewing.close());

const model = (fields: string) =>
  `datasource db {\n  provider = "postgresql"\n}\nmodel Order {\n  id Int @id @default(autoincrement())\n${fields}}\n`;
const start = {
  "prisma/migrations/migration_lock.toml": 'provider = "postgresql"\n',
  "prisma/migrations/1_init/migration.sql": 'CREATE TABLE "Order" ("id" SERIAL PRIMARY KEY);\n',
};
const base = {
  ...start,
  "prisma/migrations/2_note/migration.sql":
    'ALTER TABLE "Order" ADD COLUMN "note" TEXT;\nCREATE INDEX ON "Order" ("note");\n',
  "prisma/schema.prisma": model("  note String?\n  old String?\n\n  @@index([note])\n"),
};

it("tells what models keep of a migration that is taken away, and nothing that differed before", async () => {
  const { findings } = await reviewing.review(base, {
    ...start,
    "prisma/schema.prisma": base["prisma/schema.prisma"],
  });
  expect(findings.map(({ rule, path, line, object }) => [rule, path, line, object])).toEqual([
    ["no-model-drift", "prisma/schema.prisma", 6, "Order.note"],
  ]);
  expect(findings[0]?.evidence.flat()).toContainEqual({ code: "prisma/migrations/2_note/migration.sql" });
});

it("tells nothing of one that the models follow, nor of a history that is gone", async () => {
  const followed = await reviewing.review(base, {
    ...start,
    "prisma/schema.prisma": model("  old String?\n"),
  });
  expect(followed.findings).toEqual([]);
  const gone = await reviewing.review(base, {
    "prisma/migrations/migration_lock.toml": start["prisma/migrations/migration_lock.toml"],
    "prisma/schema.prisma": base["prisma/schema.prisma"],
  });
  expect(gone.findings).toEqual([]);
});
