import { afterAll, expect, it } from "vitest";
import { applyEdits } from "../../src/review/fix.ts";
import { plain } from "../../src/review/text.ts";
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

const index = "CREATE INDEX orders_note_idx ON orders (note);";
const concurrent = "CREATE INDEX CONCURRENTLY orders_note_idx ON orders (note);";
const noIndex = "DROP INDEX orders_note_idx;";
const sqlMigrate = (up: string, down: string) => `-- +migrate Up\n${up}\n\n-- +migrate Down\n${down}\n`;
const atlasSum = "h1:a=\n1_start.sql h1:b=\n2_index.sql h1:c=\n";

/** A base, the file of a migration that builds an index, what it becomes so that nobody waits, and what must follow by hand. */
const inPlace: readonly (readonly [
  string,
  Record<string, string>,
  readonly [string, string],
  string,
  string | null,
])[] = [
  [
    "goose",
    { "migrations/00001_start.sql": goose(start, "DROP TABLE orders;") },
    ["migrations/00002_index.sql", goose(index, noIndex)],
    `-- +goose NO TRANSACTION\n${goose(concurrent, noIndex)}`,
    null,
  ],
  [
    "dbmate",
    { "db/migrations/20240101000000_start.sql": dbmate(start, "DROP TABLE orders;") },
    ["db/migrations/20240102000000_index.sql", dbmate(index, noIndex)],
    dbmate(concurrent, noIndex).replace("-- migrate:up", "-- migrate:up transaction:false"),
    null,
  ],
  [
    "sql-migrate",
    { "migrations/1-start.sql": sqlMigrate(start, "DROP TABLE orders;") },
    ["migrations/2-index.sql", sqlMigrate(index, noIndex)],
    sqlMigrate(concurrent, noIndex).replace("-- +migrate Up", "-- +migrate Up notransaction"),
    null,
  ],
  [
    "Atlas",
    { "migrations/atlas.sum": atlasSum, "migrations/1_start.sql": `${start}\n` },
    ["migrations/2_index.sql", `${index}\n`],
    `-- atlas:txmode none\n\n${concurrent}\n`,
    "Run atlas migrate hash, so that atlas.sum knows the file.",
  ],
  [
    "Flyway",
    { "db/migration/V1__start.sql": `${start}\n` },
    ["db/migration/V2__index.sql", `${index}\n`],
    `${concurrent}\n`,
    "Set flyway.postgresql.transactional.lock=false, or the build waits for Flyway's own lock.",
  ],
  [
    "Prisma",
    {
      "prisma/migrations/migration_lock.toml": 'provider = "postgresql"\n',
      "prisma/migrations/20240101000000_start/migration.sql": `${start}\n`,
    },
    ["prisma/migrations/20240102000000_index/migration.sql", `${index}\n`],
    `${concurrent}\n`,
    null,
  ],
  [
    "golang-migrate",
    { "migrations/1_start.up.sql": `${start}\n`, "migrations/1_start.down.sql": "DROP TABLE orders;\n" },
    ["migrations/2_index.up.sql", `${index}\n`],
    `${concurrent}\n`,
    null,
  ],
];

it.each(inPlace)(
  "%s leaves its transaction in its own way",
  async (_tool, base, [path, text], fixed, followUp) => {
    const report = await reviewing.review(base, { ...base, [path]: text });
    const finding = report.findings.find(({ rule }) => rule === "no-blocking-index-build");
    expect(applyEdits(text, finding?.fix?.edits ?? [])).toBe(fixed);
    expect(finding?.fix?.followUp ? plain(finding.fix.followUp) : null).toBe(followUp);
    expect(finding?.verified?.after.failure).toBeNull();
    expect(finding?.sequence).toBeNull();
  },
);

const journal = (...tags: readonly string[]) =>
  JSON.stringify({
    version: "7",
    dialect: "postgresql",
    entries: tags.map((tag, idx) => ({ idx, version: "7", when: idx + 1, tag, breakpoints: true })),
  });

it.each([
  [
    "Drizzle",
    { "drizzle/meta/_journal.json": journal("0000_start"), "drizzle/0000_start.sql": `${start}\n` },
    {
      "drizzle/meta/_journal.json": journal("0000_start", "0001_index"),
      "drizzle/0001_index.sql": `${index}\n`,
    },
    "in a session of its own with psql, before the migration, and keep the plain statement with IF NOT EXISTS in the migration: Drizzle runs all migrations in one transaction.",
  ],
  [
    "node-pg-migrate",
    { "migrations/1_start.sql": `-- Up Migration\n${start}\n-- Down Migration\nDROP TABLE orders;\n` },
    { "migrations/2_index.sql": `-- Up Migration\n${index}\n-- Down Migration\n${noIndex}\n` },
    "in a migration in JavaScript that calls pgm.noTransaction().",
  ],
] as const)(
  "%s has no way out for a file of SQL, and is told another",
  async (_tool, base, change, where) => {
    const report = await reviewing.review(base, { ...base, ...change });
    const finding = report.findings.find(({ rule }) => rule === "no-blocking-index-build");
    expect(finding).toMatchObject({ fix: null, sequence: null });
    expect(finding && plain(finding.instead)).toBe(`Run ${concurrent.replace(";", "")} ${where}`);
  },
);
