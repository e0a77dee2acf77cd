import { describe, expect, it } from "vitest";
import { commentBody } from "../../src/review/report/comment.ts";
import { toHtml } from "../../src/review/report/html.ts";
import { jsonReport, toJson } from "../../src/review/report/json.ts";
import { toMarkdown } from "../../src/review/report/markdown.ts";
import { toPretty } from "../../src/review/report/pretty.ts";
import { say } from "../../src/review/text.ts";
import type { Finding, MigrationSequence } from "../../src/review/types.ts";
import { hostileNames, indexFinding, indexUp, sample, summaryOptions } from "./report-samples.ts";

const sequence: MigrationSequence = {
  steps: [
    {
      phase: "expand",
      title: say`Let ${"code"} be NULL.`,
      files: [
        { path: "db/0003_a.up.sql", text: "ALTER TABLE orders ALTER COLUMN code DROP NOT NULL;\n" },
        { path: "db/0003_a.down.sql", text: "ALTER TABLE orders ALTER COLUMN code SET NOT NULL;\n" },
      ],
    },
    {
      phase: "contract",
      title: say`Drop ${"code"}.`,
      files: [{ path: "db/0004_b.up.sql", text: "ALTER TABLE orders DROP COLUMN code;\n" }],
    },
  ],
  replaces: [],
  edits: [{ path: indexUp.path, start: 0, end: 5, text: "" }],
};

const finding: Finding = { ...indexFinding, fix: null, verified: null, sequence };
const report = sample({ findings: [finding] });
const commits = { base: "a".repeat(40), head: "b".repeat(40) };

describe("a sequence of migrations", () => {
  it("is a collapsed block of a comment, with every file", () => {
    expect(commentBody(finding, { suggestion: null })).toMatchInlineSnapshot(`
      "❌ **Building \`orders_user_id_idx\` blocks every write to \`orders\` until it ends.**

      **Observed:** SHARE lock on \`orders\`; full scan of \`orders\`

      **Instead**, in 2 migrations that were run in the sandbox:

      1. **expand:** Let \`code\` be NULL.
      2. **contract:** Drop \`code\`.

      <details><summary>The 2 migrations, with the statement taken out of <code>db/migrations/0002_idx.up.sql</code></summary>

      \`db/0003_a.up.sql\`

      \`\`\`sql
      ALTER TABLE orders ALTER COLUMN code DROP NOT NULL;
      \`\`\`

      \`db/0003_a.down.sql\`

      \`\`\`sql
      ALTER TABLE orders ALTER COLUMN code SET NOT NULL;
      \`\`\`

      \`db/0004_b.up.sql\`

      \`\`\`sql
      ALTER TABLE orders DROP COLUMN code;
      \`\`\`

      </details>

      <sub>accept it with \`/drydock ignore no-blocking-index-build <reason>\`</sub>

      <!-- drydock:f00dfeed -->"
    `);
  });

  it("says whose place it takes", () => {
    const replacing = { ...finding, sequence: { ...sequence, replaces: ["db/0002_x.up.sql"], edits: [] } };
    expect(commentBody(replacing, { suggestion: null })).toContain(
      "The 2 migrations, in place of <code>db/0002_x.up.sql</code>",
    );
  });

  it("stands in the summary where there is no comment", () => {
    expect(toMarkdown(report, summaryOptions)).toContain(
      "**Instead**, in 2 migrations that were run in the sandbox:",
    );
  });

  it("is one line a migration in the terminal", () => {
    const text = toPretty(report, { colour: false, width: 100 });
    expect(text).toContain("in steps    expand: Let code be NULL. (db/0003_a.up.sql)");
    expect(text).toContain("            contract: Drop code. (db/0004_b.up.sql)");
  });

  it("is whole in JSON", () => {
    const json = toJson(report, commits);
    expect(jsonReport.parse(JSON.parse(JSON.stringify(json)))).toEqual(json);
    expect(json.findings[0]?.sequence?.steps.map(({ phase, title }) => [phase, title])).toEqual([
      ["expand", "Let code be NULL."],
      ["contract", "Drop code."],
    ]);
    expect(json.findings[0]?.sequence?.steps[0]?.files).toEqual(sequence.steps[0]?.files);
  });

  it("opens and closes on the page", () => {
    const html = toHtml(report, { ...summaryOptions, name: "x into main", diffs: [] });
    expect(html).toContain("<details><summary>The 2 migrations, with the statement taken out of <code>");
    expect(html).toContain("ALTER TABLE orders DROP COLUMN code;");
    expect(html.split("<details").length).toBe(html.split("</details>").length);
  });

  it.each(Object.entries(hostileNames))("keeps names from the pull request harmless: %s", (_kind, name) => {
    const hostile: MigrationSequence = {
      replaces: [name],
      edits: [],
      steps: [
        { phase: "expand", title: say`Add ${name}.`, files: [{ path: name, text: `SELECT '${name}';\n` }] },
      ],
    };
    const found = { ...finding, sequence: hostile };
    const body = commentBody(found, { suggestion: null });
    expect(body).not.toMatch(/[\u0000-\u0008\u000b-\u001f\u202e\u2066\u200b]/);
    expect(body.match(/^<!-- drydock:.*$/gm)?.at(-1)).toBe("<!-- drydock:f00dfeed -->");
    const html = toHtml(sample({ findings: [found] }), { ...summaryOptions, name: "x", diffs: [] });
    expect(html).not.toMatch(/<script|<img|<h1>hi/);
    expect(html.split("<details").length).toBe(html.split("</details>").length);
  });
});
