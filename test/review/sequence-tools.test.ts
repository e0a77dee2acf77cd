import { afterAll, expect, it } from "vitest";
import { createReviewing } from "../handlers/reviewing.ts";

const reviewing = createReviewing();
afterAll(() => reviewing.close());

const start = "CREATE TABLE orders (id bigint PRIMARY KEY, note text);";
const rename = "ALTER TABLE orders RENAME COLUMN note TO remark;";
const back = "ALTER TABLE orders RENAME COLUMN remark TO note;";
const goose = (up: string, down: string) => `-- +goose Up\n${up}\n\n-- +goose Down\n${down}\n`;
const dbmate = (up: string, down: string) => `-- migrate:up\n${up}\n\n-- migrate:down\n${down}\n`;

/** A base, a change that renames a column, and the files that are offered in its place. */
const tools: readonly (readonly [
  string,
  Record<string, string>,
  Record<string, string>,
  readonly string[],
])[] = [
  [
    "goose",
    { "migrations/00001_start.sql": goose(start, "DROP TABLE orders;") },
    { "migrations/00002_rename.sql": goose(rename, back) },
    [
      "migrations/00002_add_orders_remark.sql",
      "migrations/00003_fill_orders_remark.sql",
      "migrations/00004_drop_orders_note.sql",
    ],
  ],
  [
    "dbmate",
    { "db/migrations/20240101000000_start.sql": dbmate(start, "DROP TABLE orders;") },
    { "db/migrations/20240102000000_rename.sql": dbmate(rename, back) },
    [
      "db/migrations/20240102000000_add_orders_remark.sql",
      "db/migrations/20240102000001_fill_orders_remark.sql",
      "db/migrations/20240102000002_drop_orders_note.sql",
    ],
  ],
  [
    "Flyway",
    { "db/migration/V1__start.sql": `${start}\n` },
    { "db/migration/V2__rename.sql": `${rename}\n` },
    [
      "db/migration/V2__add_orders_remark.sql",
      "db/migration/V3__fill_orders_remark.sql",
      "db/migration/V3__fill_orders_remark.sql.conf",
      "db/migration/V4__drop_orders_note.sql",
    ],
  ],
];

it.each(tools)("%s gets its own files", async (_tool, base, change, paths) => {
  const report = await reviewing.review(base, { ...base, ...change });
  const finding = report.findings.find(({ rule }) => rule === "no-column-rename");
  const files = finding?.sequence?.steps.flatMap((step) => step.files) ?? [];
  expect(files.map(({ path }) => path)).toEqual(paths);
});
