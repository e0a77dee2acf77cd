import { describe, expect, it } from "vitest";
import { readSide } from "../../src/review/models.ts";
import drizzle from "../../src/review/orms/drizzle.ts";
import prisma from "../../src/review/orms/prisma.ts";
import { read } from "../helpers.ts";

const lock = { "prisma/migrations/migration_lock.toml": 'provider = "postgresql"\n' };
const source = 'datasource db {\n  provider = "postgresql"\n}\n';
const order = (...fields: string[]) => `model Order {\n  id Int @id\n${fields.join("\n")}\n}\n`;

describe("models", () => {
  it("are read once while their files, their ORM and their database stay the same", () => {
    const files = (...texts: string[]) => texts.map((text, i) => ({ path: `${i}.prisma`, text }));
    const reading = readSide(prisma, files(source, order()), "postgresql");
    expect(readSide(prisma, files(source, order()), "postgresql")).toBe(reading);
    const others = [
      readSide(prisma, files(source, order("  note String?")), "postgresql"),
      readSide(prisma, files(order(), source), "postgresql"),
      readSide(prisma, files(source), "postgresql"),
      readSide(prisma, files(source, order()), "sqlite"),
      readSide(drizzle, files(source, order()), "postgresql"),
    ];
    expect(new Set([reading, ...others]).size).toBe(6);
  });

  it("of a file that cannot be read are left out on both sides, and the others are read", () => {
    const base = {
      ...lock,
      "prisma/migrations/1_init/migration.sql": 'CREATE TABLE "Order" ("id" INTEGER PRIMARY KEY);\n',
      "prisma/schema/base.prisma": source,
      "prisma/schema/order.prisma": order(),
      "prisma/schema/user.prisma": "model User {\n  id Int @id\n}\n",
    };
    const changes = read(base, {
      ...base,
      "prisma/schema/order.prisma": order("  note String?"),
      "prisma/schema/user.prisma": "version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 1\n",
    });
    const [models] = changes.databases.map((database) => database.models);
    const paths = ["prisma/schema/base.prisma", "prisma/schema/order.prisma"];
    expect(models?.head.map(({ path }) => path)).toEqual(paths);
    expect(models?.base.map(({ path }) => path)).toEqual(paths);
    expect(models?.isIncomplete).toBe(true);
    expect(changes.skipped.filter(({ path }) => path.endsWith("user.prisma"))).toEqual([
      {
        path: "prisma/schema/user.prisma",
        line: null,
        reason: expect.stringMatching(/^the models in it are not reviewed: it is stored in Git LFS/),
        matters: false,
      },
    ]);
  });

  it("that begin, and are pushed, are reviewed from nothing on", () => {
    const changes = read(
      { "README.md": "x" },
      { "README.md": "x", "prisma/schema.prisma": source + order() },
    );
    expect(
      changes.databases.map(({ directory, models }) => [directory, models?.isPushed, models?.base]),
    ).toEqual([["prisma", true, []]]);
    expect(changes.skipped.map(({ reason }) => reason)).toEqual([
      expect.stringContaining("prisma db push brings the models to the database"),
    ]);
  });

  it("are not pushed where the repository keeps migrations of a tool that is not read", () => {
    const steps = "prisma/migrations/20200618145356-first";
    const base = {
      "prisma/schema.prisma": source + order(),
      [`${steps}/schema.prisma`]: source + order(),
      [`${steps}/steps.json`]: "{}",
    };
    const changes = read(base, { ...base, "prisma/schema.prisma": source + order("  note String?") });
    expect(changes.databases).toEqual([]);
    expect(changes.skipped.map(({ path, reason }) => `${path}: ${reason}`)).toEqual([
      "prisma/schema.prisma: these models belong to no database that is read, so that they are not reviewed",
    ]);
  });
});
