import { afterAll, describe, expect, it } from "vitest";
import { check } from "../../src/review/check.ts";
import { compatibilityOf } from "../../src/review/compatibility.ts";
import { defaultConfig } from "../../src/review/config.ts";
import { deployOrdersOf } from "../../src/review/deploy-order.ts";
import { frameworks } from "../../src/review/frameworks/index.ts";
import { readHistory } from "../../src/review/read.ts";
import { jsonReport, toJson } from "../../src/review/report/json.ts";
import { toMarkdown } from "../../src/review/report/markdown.ts";
import { toPretty } from "../../src/review/report/pretty.ts";
import { reportOf } from "../../src/review/report/report.ts";
import { plain } from "../../src/review/text.ts";
import type { Break } from "../../src/review/types.ts";
import { createBatch } from "../batch.ts";
import { type Files, read } from "../helpers.ts";

const sandbox = createBatch();
afterAll(() => sandbox.close());

interface Case {
  /** SQL of the history and of the change. */
  readonly base: string;
  readonly up: string;
  /** Bodies of the models, and texts of annotated queries. */
  readonly models?: readonly [string, string];
  readonly queries?: readonly [string, string];
}

const datasource = 'datasource db {\n  provider = "postgresql"\n}\n';

/** Both sides of a change of Prisma's. */
function reviewed({ base, up, models, queries }: Case) {
  const side = (i: 0 | 1) => ({
    "db/migrations/migration_lock.toml": 'provider = "postgresql"\n',
    "db/migrations/1_init/migration.sql": base,
    ...(models && { "db/schema.prisma": datasource + models[i] }),
    ...(queries && { "app/q.sql": queries[i] }),
  });
  return review(side(0), { ...side(1), "db/migrations/2_change/migration.sql": up });
}

/** Reads and runs a change as the pipeline does. */
async function review(before: Files, after: Files) {
  const changes = read(before, after);
  const [database] = changes.databases;
  const framework = frameworks[database?.framework ?? ""];
  if (!database || !framework) throw new Error("there is one database");
  const run = await sandbox.dryRun({
    database,
    scope: "compatibility",
    loadHistory: async () =>
      database.history.map((entry) => {
        const script = readHistory(entry, framework, new TextEncoder().encode(String(before[entry.path])));
        if ("reason" in script) throw new Error(script.reason);
        return script;
      }),
    queries: changes.queries.map(({ sql, baseSql }, index) => ({ index, sql, baseSql })),
    deployed: changes.deployed.map(({ sql }) => sql),
    rows: {},
  });
  const findings = check({ changes, runs: [run], config: defaultConfig });
  const fit = compatibilityOf(changes, database, run);
  const [order] = deployOrdersOf(changes, [run], findings);
  return { changes, run, findings, fit, order };
}

const told = (breaks: readonly Break[] = []) =>
  breaks.map(({ path, line, kind, reason }) => `${path}:${line} ${kind}: ${plain(reason)}`);

const orders = 'CREATE TABLE "orders" ("id" SERIAL PRIMARY KEY, "note" TEXT, "code" TEXT NOT NULL);';
const model = (...fields: readonly string[]) =>
  [
    "model orders {",
    "  id Int @id @default(autoincrement())",
    ...fields.map((field) => `  ${field}`),
    "}",
    "",
  ].join("\n");
const both = ["note String?", "code String"] as const;

describe("old code on the new schema, new code on the old", () => {
  it("is told of a column that goes", async () => {
    const { fit, order } = await reviewed({
      base: orders,
      up: 'ALTER TABLE "orders" DROP COLUMN "note";',
      models: [model(...both), model("code String")],
    });
    expect(told(fit?.oldCode)).toEqual([
      "db/schema.prisma:6 column: maps orders.note, which the migrations take away",
    ]);
    expect([fit?.newCode, order?.order]).toEqual([[], "deploy-first"]);
  });

  it("is told of a column that comes", async () => {
    const { fit, order } = await reviewed({
      base: orders,
      up: 'ALTER TABLE "orders" ADD COLUMN "paid" BOOLEAN;',
      models: [model(...both), model(...both, "paid Boolean?")],
    });
    expect(told(fit?.newCode)).toEqual([
      "db/schema.prisma:8 column: maps orders.paid, which only the migrations bring",
    ]);
    expect([fit?.oldCode, order?.order]).toEqual([[], "migrate-first"]);
  });

  it("cannot both be served by a rename, nor by dropping a column that every INSERT has to give", async () => {
    const renamed = await reviewed({
      base: orders,
      up: 'ALTER TABLE "orders" RENAME COLUMN "note" TO "remark";',
      models: [model(...both), model("remark String?", "code String")],
    });
    expect(renamed.order?.order).toBe("not-in-one-step");
    expect(renamed.order?.steps.map(plain)).toEqual([
      "First a migration that running code does not notice: add orders.remark beside orders.note, copied and kept in step.",
      "Deploy the new code.",
      "In a later release, when no old code runs any more, a migration with the rest: take away orders.note.",
      "Written out as migrations, and run: with no-column-rename at db/migrations/2_change/migration.sql:1.",
    ]);

    const dropped = await reviewed({
      base: orders,
      up: 'ALTER TABLE "orders" DROP COLUMN "code";',
      models: [model(...both), model("note String?")],
    });
    expect(told(dropped.fit?.newCode)).toEqual([
      "db/schema.prisma:4 unwritten: maps orders without code, which every INSERT has to give until the migrations ran",
    ]);
    expect(dropped.order?.steps.map(plain)[0]).toBe(
      "First a migration that running code does not notice: no longer demand a value of orders.code.",
    );
  });

  it("differ in what must have a value", async () => {
    const known = await reviewed({
      base: orders,
      up: 'ALTER TABLE "orders" ALTER COLUMN "note" SET NOT NULL;',
      models: [model(...both), model("note String", "code String")],
    });
    expect(told(known.fit?.oldCode)).toEqual([
      "db/schema.prisma:6 nullable: may write no value to orders.note, which has to have one after the migrations",
    ]);
    expect(known.order?.order).toBe("deploy-first");
    expect(
      known.findings.filter(({ rule }) => rule === "no-rejected-insert").map(({ severity }) => severity),
    ).toEqual(["warning"]);

    const unknown = await reviewed({
      base: orders,
      up: 'ALTER TABLE "orders" ADD COLUMN "kind" TEXT; UPDATE "orders" SET "kind" = \'a\'; ALTER TABLE "orders" ALTER COLUMN "kind" SET NOT NULL;',
      models: [model(...both), model(...both, "kind String")],
    });
    expect(told(unknown.fit?.oldCode)).toEqual([
      "db/schema.prisma:4 unwritten: maps orders without kind, which every INSERT has to give after the migrations",
    ]);
    expect(unknown.order?.order).toBe("not-in-one-step");
  });

  it("differ in kinds of types and values of enums, not in sizes of a type", async () => {
    const types = await reviewed({
      base: 'CREATE TYPE "Kind" AS ENUM (\'A\', \'B\'); CREATE TABLE "orders" ("id" SERIAL PRIMARY KEY, "n" TEXT NOT NULL, "big" INTEGER NOT NULL, "kind" "Kind");',
      up: 'ALTER TABLE "orders" ALTER COLUMN "n" TYPE INTEGER USING 1, ALTER COLUMN "big" TYPE BIGINT; ALTER TYPE "Kind" RENAME VALUE \'B\' TO \'C\';',
      models: [
        `${model("n String", "big Int", "kind Kind?")}enum Kind {\n  A\n  B\n}\n`,
        `${model("n Int", "big BigInt", "kind Kind?")}enum Kind {\n  A\n  C\n}\n`,
      ],
    });
    expect(told(types.fit?.oldCode)).toEqual([
      "db/schema.prisma:6 type: maps orders.n as text, which becomes integer",
      "db/schema.prisma:12 enum value: maps Kind.B, which the migrations rename to C",
    ]);
    expect(told(types.fit?.newCode)).toEqual([
      "db/schema.prisma:6 type: maps orders.n as integer, which is text until the migrations ran",
      "db/schema.prisma:12 enum value: maps Kind.C, which only the migrations bring",
    ]);
  });

  it("is told of the columns that a view under the table's name leaves out, on either side", async () => {
    const view = 'ALTER TABLE "orders" RENAME TO "all_orders"; CREATE VIEW "orders" AS SELECT';
    const left = await reviewed({
      base: orders,
      up: `${view} "id", "code" FROM "all_orders";`,
      models: [model(...both), model("code String")],
    });
    expect(told(left.fit?.oldCode)).toEqual([
      "db/schema.prisma:6 column: maps orders.note, which the migrations take away",
    ]);
    const whole = await reviewed({
      base: orders,
      up: `${view} *, '' AS "mark" FROM "all_orders";`,
      models: [model(...both), model(...both, "mark String")],
    });
    expect(told(whole.fit?.oldCode)).toEqual([]);
    expect(told(whole.fit?.newCode)).toEqual([
      "db/schema.prisma:8 column: maps orders.mark, which only the migrations bring",
    ]);
  });

  it("are told by annotated queries alone", async () => {
    const { fit, order } = await reviewed({
      base: orders,
      up: 'ALTER TABLE "orders" ADD COLUMN "paid" BOOLEAN;',
      queries: ["", "-- drydock:explain paid\nSELECT paid FROM orders;\n"],
    });
    expect(told(fit?.newCode)).toEqual([
      'app/q.sql:2 query: sends paid, which fails on the schema before the migrations: column "paid" does not exist (42703)',
    ]);
    expect([order?.order, order?.models, order?.queries]).toEqual(["migrate-first", [], 1]);
  });
});

describe("the deploy order", () => {
  it("is any where the models change and nothing breaks", async () => {
    const { order } = await reviewed({
      base: orders,
      up: 'CREATE INDEX "orders_code_idx" ON "orders" ("code");',
      models: [model(...both), model(...both, "@@index([code])")],
    });
    expect(order?.order).toBe("any");
  });

  it("is not told where nothing is known, nothing changes, or what is forbidden may be sent", async () => {
    const unread = await reviewed({ base: orders, up: 'ALTER TABLE "orders" DROP COLUMN "note";' });
    expect([unread.fit, unread.order]).toEqual([null, undefined]);
    const only = await reviewed({
      base: orders,
      up: 'ALTER TABLE "orders" DROP COLUMN "note";',
      models: [model("code String"), model("code String")],
    });
    expect(only.order).toBeUndefined();
    const unique = await reviewed({
      base: orders,
      up: 'CREATE UNIQUE INDEX "orders_code_key" ON "orders" ("code");',
      models: [model(...both), model("note String?", "code String @unique")],
    });
    expect(unique.order).toBeUndefined();
    const dropped = await reviewed({
      base: `${orders} CREATE UNIQUE INDEX "orders_code_key" ON "orders" ("code");`,
      up: 'DROP INDEX "orders_code_key";',
      models: [model("note String?", "code String @unique"), model(...both)],
    });
    expect(dropped.order).toBeUndefined();
  });

  it("is not told where a migration did not run", async () => {
    const { fit } = await reviewed({
      base: orders,
      up: 'ALTER TABLE "orders" DROP COLUMN "nothing";',
      models: [model(...both), model("code String")],
    });
    expect(fit).toBeNull();
  });

  it("is not told of a model that is not understood in full, nor is what it seems to lack", async () => {
    const side = (embedded: string, ...fields: readonly string[]) => ({
      "go.mod": "module example.com/shop\n\nrequire gorm.io/gorm v1.25.12\n",
      "migrations/1_init.up.sql":
        "CREATE TABLE orders (id bigserial PRIMARY KEY, note text, code text); CREATE TABLE users (id bigserial PRIMARY KEY, created_at timestamptz, updated_at timestamptz, deleted_at timestamptz);",
      "models/models.go": `package models\n\nimport "gorm.io/gorm"\n\ntype User struct {\n\tgorm.Model\n}\n\ntype Order struct {\n\tID uint\n${[...fields, embedded].map((field) => `\t${field}\n`).join("")}}\n`,
    });
    const change = (embedded: string) => {
      const head = side(embedded, 'Code string `gorm:"size:20"`');
      const up =
        "ALTER TABLE orders DROP COLUMN note, ADD COLUMN kind text NOT NULL DEFAULT 'a'; ALTER TABLE orders ALTER COLUMN kind DROP DEFAULT;";
      return review(side(embedded, 'Note string `gorm:"size:20"`', 'Code string `gorm:"size:20"`'), {
        ...head,
        "migrations/2_note.up.sql": up,
      });
    };
    const known = await change('Sum int64 `gorm:"-"`');
    expect(told(known.fit?.oldCode).map((text) => text.replace(/ maps.*/, ""))).toEqual([
      "models/models.go:11 column:",
      "models/models.go:9 unwritten:",
    ]);
    expect(known.order?.order).toBe("deploy-first");
    const partial = await change("other.Audit");
    expect(told(partial.fit?.oldCode).map((text) => text.replace(/ maps.*/, ""))).toEqual([
      "models/models.go:11 column:",
    ]);
    expect(partial.order).toBeUndefined();
  });

  it("takes a field that the client ignores for one that no code uses", async () => {
    const { fit, order, findings } = await reviewed({
      base: orders,
      up: 'ALTER TABLE "orders" DROP COLUMN "note";',
      models: [model("note String? @ignore", "code String"), model("code String")],
    });
    expect([fit?.oldCode, order]).toEqual([[], undefined]);
    expect(findings.filter(({ rule }) => rule === "no-column-drop").map(({ severity }) => severity)).toEqual([
      "info",
    ]);
  });

  it("stands in the summary, with its reasons folded", async () => {
    const { changes, run, findings } = await reviewed({
      base: orders,
      up: 'ALTER TABLE "orders" DROP COLUMN "note", ADD COLUMN "paid" BOOLEAN, ADD COLUMN "sum" INTEGER;',
      models: [model(...both), model("code String", "paid Boolean?", "sum Int?")],
    });
    const report = reportOf({ changes, runs: [run], findings, timings: {}, concerned: true });
    const { deploy } = jsonReport.parse(toJson(report, { base: "", head: "" }));
    expect(deploy).toMatchObject([
      {
        directory: "db/migrations",
        order: "not-in-one-step",
        oldCode: [{ kind: "column", object: "orders.note", path: "db/schema.prisma", line: 6 }],
        models: ["db/schema.prisma"],
        queries: 0,
      },
    ]);
    expect(toPretty(report, { colour: false, width: 80 })).toContain(
      "Deploy order\n  Not safely in one step: of the old code, db/schema.prisma:6 maps orders.note,",
    );
    const summary = toMarkdown(report, { version: "1", base: "", head: "" });
    const from = summary.indexOf("**Deploy order");
    expect(summary.slice(from, summary.indexOf("</details>", from) + 10)).toMatchInlineSnapshot(`
      "**Deploy order:** Not safely in one step: of the old code, \`db/schema.prisma:6\` maps \`orders.note\`, which the migrations take away; of the new code, \`db/schema.prisma:7\` maps \`orders.paid\`, which only the migrations bring, and 1 more.

      <details><summary>Deploy order: why</summary>

      Code of the base branch, once the migrations ran:
      - \`db/schema.prisma:6\` maps \`orders.note\`, which the migrations take away

      Code of this change, until the migrations ran:
      - \`db/schema.prisma:7\` maps \`orders.paid\`, which only the migrations bring
      - \`db/schema.prisma:8\` maps \`orders.sum\`, which only the migrations bring

      In steps:
      - First a migration that running code does not notice: add \`orders.paid\`, \`orders.sum\`.
      - Deploy the new code.
      - In a later release, when no old code runs any more, a migration with the rest: take away \`orders.note\`.

      Looked at:
      - the models of \`db/schema.prisma\`; other SQL in the code is not seen

      </details>"
    `);
  });
});
