import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { baselinePath } from "../../src/handlers/base-facts.ts";
import { reviewChange } from "../../src/handlers/review.ts";
import type { Blob, Source } from "../../src/handlers/source.ts";
import { reviewWhole } from "../../src/handlers/whole.ts";
import { baselineText } from "../../src/review/baseline.ts";
import { toJson } from "../../src/review/report/json.ts";
import { type Batch, createBatch } from "../batch.ts";
import { changeOf, type Files } from "../helpers.ts";

let batch: Batch;
beforeAll(() => {
  batch = createBatch();
});
afterAll(() => batch.close());

function sourceOf(before: Files, after: Files): Source {
  const { changed, base, blobs } = changeOf(before, after);
  return {
    repository: "test",
    base: "b",
    head: "h",
    changedFiles: async () => ({ files: changed, complete: true }),
    baseFiles: async () => ({ files: base, complete: true }),
    sharedConfig: async () => null,
    search: async () => ({ unknown: "it is a test" }),
    origins: async () => new Map(),
    read: async (digests) =>
      new Map(
        digests.map((digest): [string, Blob] => {
          const bytes = blobs.get(digest);
          return [digest, bytes ? { bytes } : { missing: "it is not there" }];
        }),
      ),
  };
}

const sandbox = () => ({ ...batch, ready: async () => undefined });
const index = "CREATE INDEX orders_user_id_idx ON orders (user_id);\n";
const repository = {
  "README.md": "# Shop\n",
  ".github/drydock.yml": "rules:\n  require-down: off\n  no-rejected-insert: off\n",
  "db/0001_orders.up.sql": "CREATE TABLE orders (id bigint PRIMARY KEY, user_id bigint);\n",
  "db/0002_index.up.sql": index,
  "db/0003_note.up.sql": "ALTER TABLE orders ADD COLUMN note text;\n",
  "db/0004_there.up.sql": "ALTER TABLE orders ALTER COLUMN user_id SET NOT NULL;\n",
  "queries/orders.sql": "-- drydock:explain\nSELECT note FROM orders;\n",
};
const blocking = ["no-blocking-index-build", "no-blocking-not-null"];
const stands = ["no-blocking-index-build orders_user_id_idx", "no-blocking-not-null orders.user_id"];

/** Only of the two rules that this is about: others may have more to say. */
function rulesOf(findings: readonly { readonly rule: string; readonly object: string }[]): string[] {
  return findings
    .filter(({ rule }) => blocking.includes(rule))
    .map(({ rule, object }) => `${rule} ${object}`);
}

describe("all of a repository", () => {
  it("is reviewed as if each migration were a pull request of its own", async () => {
    const { report, findings } = await reviewWhole(sourceOf(repository, repository), sandbox());
    expect(rulesOf(report.findings)).toEqual(stands);
    expect(rulesOf(findings)).toEqual(stands);
    expect(report.receipt).toMatchObject({
      migrations: { history: 0, changed: 4 },
      statements: { seen: 4, ran: 4 },
      notChecked: [],
    });
    expect(report.conclusion).toBe("failure");
    expect(report.receipt.unsized).toContain("orders");
    expect(rulesOf(toJson(report, { base: "b", head: "h" }).findings)).toEqual(stands);
  });

  it("without migrations is nothing to review", async () => {
    const files = { "README.md": "# Shop\n" };
    const { report } = await reviewWhole(sourceOf(files, files), sandbox());
    expect([report.conclusion, report.findings]).toEqual(["skipped", []]);
  });
});

describe("a baseline", () => {
  const edited = {
    ...repository,
    "db/0002_index.up.sql": `${index}CREATE INDEX orders_both ON orders (user_id, id);\n`,
  };

  it("accepts what stands today, in a later review and in an edit of an old migration, but nothing new", async () => {
    const { findings } = await reviewWhole(sourceOf(repository, repository), sandbox());
    const based = { ...repository, [baselinePath]: baselineText(findings) };

    const again = await reviewWhole(sourceOf(based, based), sandbox());
    expect(again.report).toMatchObject({ conclusion: "success", findings: [] });
    expect(new Set(again.accepted.map(({ by }) => by))).toEqual(new Set(["baseline"]));

    const edit = await reviewChange(sourceOf(based, { ...based, ...edited }), sandbox());
    expect(rulesOf(edit.findings)).toEqual(["no-blocking-index-build orders_both"]);
    expect(rulesOf(edit.accepted.map(({ finding }) => finding))).toEqual([
      "no-blocking-index-build orders_user_id_idx",
    ]);
  });

  it("of the pull request's own side accepts nothing, and a broken one is told", async () => {
    const { findings } = await reviewWhole(sourceOf(repository, repository), sandbox());
    const own = await reviewChange(
      sourceOf(repository, { ...edited, [baselinePath]: baselineText(findings) }),
      sandbox(),
    );
    expect(rulesOf(own.findings)).toHaveLength(2);
    const broken = { ...repository, [baselinePath]: "[]" };
    const told = await reviewChange(sourceOf(broken, { ...broken, ...edited }), sandbox());
    expect(rulesOf(told.findings)).toHaveLength(2);
    expect(told.receipt.notChecked.join()).toContain(`${baselinePath}: it accepts nothing`);
  });

  it("accepts a finding where it stands, not the same words in another file", async () => {
    const { findings } = await reviewWhole(sourceOf(repository, repository), sandbox());
    const based = { ...repository, [baselinePath]: baselineText(findings) };
    const again = { ...based, "db/0005_again.up.sql": `DROP INDEX orders_user_id_idx;\n${index}` };
    const report = await reviewChange(sourceOf(based, again), sandbox());
    expect(rulesOf(report.findings)).toEqual(["no-blocking-index-build orders_user_id_idx"]);
  });
});
