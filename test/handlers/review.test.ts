import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { reviewChange } from "../../src/handlers/review.ts";
import type { Blob, Source } from "../../src/handlers/source.ts";
import type { PullTraits } from "../../src/review/left-out.ts";
import { plain } from "../../src/review/text.ts";
import type { Report } from "../../src/review/types.ts";
import { type Batch, createBatch } from "../batch.ts";
import { changeOf, type Files } from "../helpers.ts";

let batch: Batch;
beforeAll(() => {
  batch = createBatch();
});
afterAll(() => batch.close());

const base = {
  "migrations/0001_orders.up.sql": "CREATE TABLE orders (id bigint PRIMARY KEY, user_id bigint);",
  "migrations/0001_orders.down.sql": "DROP TABLE orders;",
};
const index = {
  "migrations/0002_index.up.sql": "CREATE INDEX orders_user_id_idx ON orders (user_id);",
  "migrations/0002_index.down.sql": "DROP INDEX orders_user_id_idx;",
};
const named = { ".github/drydock.yml": "statistics: ./db/statistics.json\n" };
const statistics = (rows: number, bytes: number) => ({
  "db/statistics.json": JSON.stringify({ version: 1, tables: { orders: { rows, bytes } } }),
});

function review(
  before: Files,
  change: Files,
  shared: string | null = null,
  traits?: PullTraits,
  module: string | null = null,
) {
  const { changed, base: files, blobs } = changeOf(before, { ...before, ...change });
  const source: Source = {
    repository: "test",
    base: "b",
    head: "h",
    changedFiles: async () => ({ files: changed, complete: true }),
    sharedConfig: async () => (shared === null ? null : { bytes: new TextEncoder().encode(shared) }),
    search: async () => ({ unknown: "it is a test" }),
    origins: async () => new Map(),
    baseFiles: async () => ({ files, complete: true }),
    read: async (digests) =>
      new Map(
        digests.map((digest): [string, Blob] => {
          const bytes = blobs.get(digest);
          const isModule =
            module !== null && changed.some((file) => file.path === module && file.digest === digest);
          if (isModule) return [digest, { missing: "it is a submodule" }];
          return [digest, bytes ? { bytes } : { missing: "it is not there" }];
        }),
      ),
  };
  const sandbox = { ...batch, ready: async () => undefined };
  return reviewChange(source, sandbox, traits ? { traits } : {});
}

describe("sizes", () => {
  it("of the base side's statistics decide how much a finding counts, and how long it takes", async () => {
    const large = await review({ ...base, ...named, ...statistics(40_000_000, 6 * 1024 ** 3) }, index);
    expect(large.findings).toMatchObject([{ rule: "no-blocking-index-build", severity: "error" }]);
    expect(large.findings[0]?.evidence.map(plain)).toContain(
      "size: orders has 40 M rows, 6 GB: expect the index build to take minutes, not milliseconds",
    );
    const small = await review({ ...base, ...named, ...statistics(400, 64 * 1024) }, index);
    expect(small.findings).toMatchObject([{ rule: "no-blocking-index-build", severity: "info" }]);
    expect(small.conclusion).toBe("success");
    const wide = await review({ ...base, ...named, ...statistics(400, 6 * 1024 ** 3) }, index);
    expect(wide.findings).toMatchObject([{ severity: "error" }]);
  });

  it("tell how long a lock is held for the work that is done under it", async () => {
    const files = { ...base, ...named, ...statistics(40_000_000, 6 * 1024 ** 3) };
    const up = "ALTER TABLE orders ADD COLUMN shown boolean;\nUPDATE orders SET shown = id > 7;\n";
    const { findings } = await review(files, { "migrations/0002_shown.up.sql": up });
    const held = findings.find(({ rule }) => rule === "no-work-under-lock");
    expect(held?.evidence.map(plain)).toContain(
      "size: orders has 40 M rows, 6 GB: expect the update to take minutes, not milliseconds",
    );
  });

  it("of the pull request's own statistics do not count", async () => {
    const report = await review(
      { ...base, ...named, ...statistics(40_000_000, 6 * 1024 ** 3) },
      {
        ...index,
        ...statistics(4, 8_192),
      },
    );
    expect(report.findings).toMatchObject([{ severity: "error" }]);
  });

  it("that are not known are said once", async () => {
    const report = await review(base, index);
    expect(report.receipt.unsized).toEqual(["orders"]);
    expect(report.findings[0]?.evidence.map(plain).join()).not.toContain("orders has");
    expect(report.findings[0]?.evidence.map(plain).join()).not.toContain("unsized");
  });

  it("whose file is missing or broken are told, and the review goes on", async () => {
    const missing = await review({ ...base, ...named }, index);
    const broken = await review({ ...base, ...named, "db/statistics.json": "{}" }, index);
    for (const { findings, conclusion, receipt } of [missing, broken]) {
      expect([findings.length, conclusion]).toEqual([1, "failure"]);
      expect(receipt.notChecked.join()).toContain("sizes of tables are not known");
    }
  });
});

describe("what stands in the place of a migration and is none", () => {
  it.each([
    ["a symbolic link", "0001_orders.up.sql", "symbolic link"],
    [
      "an LFS pointer",
      `version https://git-lfs.github.com/spec/v1\noid sha256:${"4d".repeat(32)}\nsize 12\n`,
      "LFS",
    ],
    ["a file that cannot be had", null, "it is a submodule"],
  ])("is told and judged by nobody: %s", async (_, text, reason) => {
    const name = "migrations/0002_odd.up.sql";
    const report = await review(
      base,
      { [name]: text ?? "SELECT 1;" },
      null,
      undefined,
      text === null ? name : null,
    );
    expect([report.findings, report.conclusion]).toEqual([[], "neutral"]);
    expect(report.receipt.notChecked.join("\n")).toMatch(new RegExp(`${name}.*${reason}`));
  });
});

describe("a suppression", () => {
  const configured = (entry: string) => ({
    ".github/drydock.yml": `suppress:\n  - rule: no-blocking-index-build\n    paths: ["migrations/*"]\n    reason: small\n${entry}`,
  });

  it("of the base side's configuration accepts until its day", async () => {
    const report = await review({ ...base, ...configured("") }, index);
    expect([report.findings, report.conclusion]).toEqual([[], "success"]);
    expect(report.accepted).toMatchObject([{ by: "config", reason: "small" }]);
    const over = await review({ ...base, ...configured("    until: 2020-01-01\n") }, index);
    expect([over.findings.length, over.accepted.length]).toEqual([1, 0]);
    expect(over.receipt.notChecked).toContain(
      ".github/drydock.yml: what suppress: accepts of no-blocking-index-build ended on 2020-01-01; take the entry out, or give it a later day",
    );
  });

  it("of the pull request's own configuration does not count", async () => {
    const report = await review(base, { ...index, ...configured("") });
    expect(report.conclusion).toBe("failure");
  });
});

describe("the organisation's configuration", () => {
  it("counts where the repository says nothing", async () => {
    const shared = "rows:\n  orders: 10\nrules:\n  require-down: off\n";
    const { findings } = await review(base, index, shared);
    expect(findings).toMatchObject([{ rule: "no-blocking-index-build", severity: "info" }]);
    const own = { ...base, ".github/drydock.yml": "rows:\n  orders: 50000000\n" };
    const overruled = await review(own, index, shared);
    expect(overruled.findings).toMatchObject([{ rule: "no-blocking-index-build", severity: "error" }]);
  });

  it("is told when it is broken, by where it is", async () => {
    const { skipped } = await review(base, index, "rows:\n  orders: many\n");
    expect(skipped.map(({ reason }) => reason)).toContainEqual(
      expect.stringMatching(/^the organisation's repository \.github: line 2: /),
    );
  });
});

describe("an edited migration", () => {
  const up = (column: string) => ({
    "migrations/0002_total.up.sql": `ALTER TABLE orders ADD COLUMN ${column} int;\nCREATE INDEX orders_total_idx ON orders (total);`,
    "migrations/0002_total.down.sql": "ALTER TABLE orders DROP COLUMN total;",
  });

  it("gates by what the edit breaks, also in a statement that it leaves as it was", async () => {
    const { findings } = await review({ ...base, ...up("total") }, up("sum"));
    expect(findings.filter(({ gates }) => gates)).toMatchObject([{ rule: "no-failing-migration", line: 2 }]);
  });

  it("does not gate by a statement that its old down did not undo either", async () => {
    const kept = "INSERT INTO orders (id) VALUES (1);";
    const down = { "migrations/0002_row.down.sql": "SELECT 1;" };
    const before = { ...base, ...down, "migrations/0002_row.up.sql": kept };
    const edited = await review(before, { "migrations/0002_row.up.sql": `${kept}\nSELECT 2;` });
    const added = await review(base, { ...down, "migrations/0002_row.up.sql": kept });
    const again = ({ findings }: Report) =>
      findings.filter(({ rule }) => rule === "no-failing-migration").map(({ severity }) => severity);
    expect([again(edited), again(added)]).toEqual([["warning"], ["error"]]);
  });

  it("counts a statement as run before only as far as its old text got when it is run", async () => {
    const made = "CREATE INDEX orders_user_id_idx ON orders (user_id);";
    const file = (sql: string) => ({ "migrations/0002_index.up.sql": sql });
    const down = { "migrations/0002_index.down.sql": "DROP INDEX orders_user_id_idx;" };
    const severity = async (before: string) => {
      const { findings } = await review({ ...base, ...down, ...file(before) }, file(`${made}\nSELECT 2;`));
      return findings.find(({ rule }) => rule === "no-blocking-index-build")?.severity;
    };
    expect(await severity(`${made}\nALTER TABLE ordres ADD COLUMN n int;`)).toBe("error");
    expect(await severity(`${made}\nSELECT 3;`)).toBe("info");
  });

  it("is told of its round trip what its old text did not leave already", async () => {
    const file = (up: string, down: string) => ({
      "migrations/0002_note.up.sql": up,
      "migrations/0002_note.down.sql": down,
    });
    const restoring = async (before: Files, after: Files) => {
      const { findings } = await review({ ...base, ...before }, after);
      return findings
        .filter(({ rule }) => rule === "require-restoring-down")
        .map(({ message, severity }) => [plain(message), severity]);
    };
    const up = "ALTER TABLE orders ALTER user_id SET DEFAULT 1;";
    const before = file(up, "SELECT 1;");
    expect(await restoring(before, file(`${up}\nSELECT 2;`, "SELECT 1;"))).toEqual([]);
    expect(
      await restoring(before, file(`${up}\nALTER TABLE orders ALTER id SET DEFAULT 2;`, "SELECT 1;")),
    ).toEqual([
      [
        "After up and down the column orders.id was bigint not null and is bigint not null default 2.",
        "error",
      ],
    ]);
    expect(await restoring({}, before)).toHaveLength(1);
  });

  it("does not gate by what such a statement does where it runs", async () => {
    const { findings } = await review({ ...base, ...up("total") }, up("IF NOT EXISTS total"));
    expect(findings.map(({ rule, severity }) => [rule, severity])).toEqual([
      ["require-lock-timeout", "info"],
      ["no-blocking-index-build", "info"],
    ]);
  });
});

describe("a pull request", () => {
  const excluding = {
    ".github/drydock.yml": "excludePulls:\n  authors: ['*[bot]']\n  labels: [Release, 'skip: *']\n",
  };

  it.each([
    ["renovate[bot]", [], "opened by renovate[bot]"],
    ["alice", ["bug", "release"], "labelled release"],
    ["alice", ["skip: database"], "labelled skip: database"],
  ])("of %s with the labels %j is left out", async (author, labels, why) => {
    const report = await review({ ...base, ...excluding }, index, null, { author, labels });
    expect([report.conclusion, report.title]).toEqual(["skipped", `Left out by the configuration: ${why}`]);
  });

  it.each([
    ["robot", ["released"]],
    ["renovateb", ["skip"]],
  ])("of %s with the labels %j is reviewed", async (author, labels) => {
    const report = await review({ ...base, ...excluding }, index, null, { author, labels });
    expect(report.conclusion).toBe("failure");
  });

  it("is not left out by its own configuration, and is told so", async () => {
    const report = await review(base, { ...index, ...excluding }, null, {
      author: "renovate[bot]",
      labels: [],
    });
    expect(report.conclusion).toBe("failure");
    expect(report.receipt.notChecked).toContain(
      ".github/drydock.yml: this version counts once it is merged; the base branch's was used here",
    );
  });
});

describe("what a merge queue is about to merge, each side right by itself", () => {
  const model = (...fields: readonly string[]) => ({
    "prisma/schema.prisma": `datasource db {\n  provider = "postgresql"\n  url      = env("DATABASE_URL")\n}\nmodel orders {\n  id BigInt @id\n${fields.map((field) => `  ${field}\n`).join("")}}\n`,
  });
  const lock = { "prisma/migrations/migration_lock.toml": 'provider = "postgresql"\n' };
  const migration = (name: string, sql: string) => ({ [`prisma/migrations/${name}/migration.sql`]: sql });
  const first = { ...lock, ...migration("1_init", "CREATE TABLE orders (id BIGINT PRIMARY KEY);") };

  it("replays the migrations of both together", async () => {
    const merged = {
      ...base,
      ...index,
      "migrations/0002_index.up.sql": "ALTER TABLE orders DROP COLUMN user_id;",
    };
    const { findings } = await review(merged, {
      "migrations/0003_code.up.sql": "UPDATE orders SET user_id = 0 WHERE user_id IS NULL;",
      "migrations/0003_code.down.sql": "SELECT 1;",
    });
    expect(findings.map(({ rule, gates }) => [rule, gates])).toContainEqual(["no-failing-migration", true]);
  });

  it("tells two migrations of one version", async () => {
    const { findings } = await review({ ...base, ...index }, { "migrations/0002_note.up.sql": "SELECT 1;" });
    expect(findings.map(({ rule, gates }) => [rule, gates])).toContainEqual(["no-duplicate-version", true]);
  });

  it("tells a column of the merged models that the migrations of neither add", async () => {
    const other = migration("2_note", "ALTER TABLE orders ADD COLUMN note TEXT;");
    const { findings } = await review(
      { ...first, ...other, ...model("note String?") },
      { ...model("note String?", "tag String?"), ...migration("3_more", "SELECT 1;") },
    );
    expect(findings.filter(({ rule }) => rule === "no-model-drift").map(({ object }) => object)).toEqual([
      "orders.tag",
    ]);
  });
});
