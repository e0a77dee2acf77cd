import { describe, expect, it } from "vitest";
import { renderPrisma } from "../../src/sandbox/prisma/render.ts";

function modelsOf(text: string) {
  const files = [{ path: "schema.prisma", text }];
  return { orm: "prisma", isPushed: false, isIncomplete: false, statements: null, base: [], head: files };
}

const source = `datasource db {\n  provider = "postgresql"\n  url = env("URL")\n}\n`;

describe("Prisma's engine", () => {
  it("says what a schema builds", async () => {
    const { head, base } = await renderPrisma(
      modelsOf(`${source}model A {\n  id Int @id @default(autoincrement())\n}\n`),
      "postgresql",
    );
    expect(head).toEqual({ sql: expect.stringContaining('"id" SERIAL NOT NULL') });
    expect(base).toEqual({ sql: "" });
  });

  it("refuses what is no schema, and the next one is read", async () => {
    const { head } = await renderPrisma(modelsOf(`${source}model A {\n  id Nothing @id\n}\n`), "postgresql");
    expect(head).toEqual({ refused: expect.stringContaining('Type "Nothing"') });
    const broken = await renderPrisma(
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

  it("is not asked about what is too large", async () => {
    expect((await renderPrisma(modelsOf(" ".repeat(2 ** 20 + 1)), "postgresql")).head).toEqual({
      refused: "it is larger than what is read",
    });
  });

  it("is asked for SQLite as well, and for no other database than the migrations'", async () => {
    const models = modelsOf(
      `${source.replace("postgresql", "sqlite")}model A {\n  id Int @id @default(autoincrement())\n  at DateTime?\n}\n`,
    );
    expect((await renderPrisma(models, "sqlite")).head).toEqual({
      sql: expect.stringContaining('"id" INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,\n    "at" DATETIME\n'),
    });
    expect((await renderPrisma(models, "postgresql")).head).toEqual({
      refused: "its datasource is not for PostgreSQL",
    });
  });
});
