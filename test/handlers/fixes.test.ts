import { afterAll, describe, expect, it } from "vitest";
import { applyEdits } from "../../src/review/fix.ts";
import { suggestionOf } from "../../src/review/report/fix-view.ts";
import type { Finding, Report } from "../../src/review/types.ts";
import { createReviewing } from "./reviewing.ts";

const reviewing = createReviewing();
afterAll(() => reviewing.close());

const base = {
  "db/0001_start.up.sql":
    "CREATE TABLE users (id bigint PRIMARY KEY);\nCREATE TABLE orders (id bigint PRIMARY KEY, user_id bigint, total int);\n",
  "db/0001_start.down.sql": "DROP TABLE orders;\nDROP TABLE users;\n",
};

function review(up: string, down: string): Promise<Report> {
  return reviewing.review(base, { ...base, "db/0002_change.up.sql": up, "db/0002_change.down.sql": down });
}

function only(report: Report, rule: string): Finding {
  const found = report.findings.filter((finding) => finding.rule === rule);
  expect(found).toHaveLength(1);
  return found[0] as Finding;
}

describe("a fix of a review", () => {
  it("was run, with what was seen before and after", async () => {
    const report = await review(
      "CREATE INDEX orders_user_id_idx ON orders (user_id);\n",
      "DROP INDEX orders_user_id_idx;\n",
    );
    const { fix, verified } = only(report, "no-blocking-index-build");
    expect(fix?.title).toBe("Build the index with CONCURRENTLY");
    expect(verified).toEqual({
      before: {
        locks: [{ relation: "orders", mode: "SHARE", source: "observed" }],
        rewrites: [],
        scans: ["orders"],
        failure: null,
      },
      after: {
        locks: [{ relation: "orders", mode: "SHARE UPDATE EXCLUSIVE", source: "documented" }],
        rewrites: [],
        scans: [],
        failure: null,
      },
    });
    expect(reviewing.runs()).toBe(2);
  });

  it("costs no second run where there is none", async () => {
    const report = await review("CREATE TABLE notes (id bigint PRIMARY KEY);\n", "DROP TABLE notes;\n");
    expect(report.findings).toEqual([]);
    expect(reviewing.runs()).toBe(1);
  });

  it("is run together with others, once", async () => {
    const report = await review(
      "ALTER TABLE orders ADD CONSTRAINT orders_user_id_fkey FOREIGN KEY (user_id) REFERENCES users (id);\nALTER TABLE orders ADD CONSTRAINT total_check CHECK (total > 0);\n",
      "ALTER TABLE orders DROP CONSTRAINT total_check;\nALTER TABLE orders DROP CONSTRAINT orders_user_id_fkey;\n",
    );
    const key = only(report, "no-blocking-foreign-key");
    const check = only(report, "no-blocking-check");
    expect(key.verified?.before.scans).toContain("orders");
    expect(key.verified?.after.scans).toEqual([]);
    expect(check.verified?.after).toMatchObject({ scans: [], failure: null });
  });

  it("stands in its suggestion letter by letter", async () => {
    const up = "-- one\nCREATE INDEX orders_user_id_idx\n  ON orders (user_id); -- two\n";
    const report = await review(up, "DROP INDEX orders_user_id_idx;\n");
    const finding = only(report, "no-blocking-index-build");
    const suggestion = suggestionOf(finding, up);
    const lines = up.split("\n");
    lines.splice(finding.line - 1, finding.endLine - finding.line + 1, ...(suggestion ?? "").split("\n"));
    expect(lines.join("\n")).toBe(applyEdits(up, finding.fix?.edits ?? []));
  });

  it("writes a down that is missing, and only one that brings everything back", async () => {
    const withUp = (up: string) => reviewing.review(base, { ...base, "db/0002_change.up.sql": up });
    const plain = await withUp("ALTER TABLE orders ADD COLUMN note text;\n");
    expect(only(plain, "require-down").fix?.edits).toEqual([
      {
        path: "db/0002_change.down.sql",
        start: 0,
        end: 0,
        text: "ALTER TABLE orders DROP COLUMN note;\n",
      },
    ]);
    const replacing = await withUp(
      "CREATE VIEW v AS SELECT id FROM users;\nCREATE OR REPLACE VIEW v AS SELECT id FROM users;\n",
    );
    expect(only(replacing, "require-down").fix).toBeNull();
  });
});
