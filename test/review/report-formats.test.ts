import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import AjvModule from "ajv-draft-04";
import { describe, expect, it } from "vitest";
import { toAnnotations } from "../../src/review/report/annotations.ts";
import { toHtml } from "../../src/review/report/html.ts";
import { jsonReport, reportJsonSchema, toJson } from "../../src/review/report/json.ts";
import { toPretty } from "../../src/review/report/pretty.ts";
import { toSarif } from "../../src/review/report/sarif.ts";
import { columns } from "../../src/review/report/terminal.ts";
import { rules } from "../../src/review/rules/index.ts";
import { say } from "../../src/review/text.ts";
import type { Finding, Report } from "../../src/review/types.ts";
import {
  changeSet,
  database,
  dryRun,
  hostileNames,
  indexFinding,
  indexStep,
  indexUp,
  migrationRun,
  sample,
  schema,
  script,
  summaryOptions,
  table,
} from "./report-samples.ts";

const commits = { base: "a".repeat(40), head: "b".repeat(40) };

/** A report whose every name is hostile. */
function hostile(name: string): Report {
  const finding: Finding = {
    ...indexFinding,
    rule: "no-blocking-index-build",
    path: `db/${name}.sql`,
    message: say`Look at ${name}.`,
    evidence: [say`observed: lock on ${name}`],
    instead: say`Use ${name}.`,
    object: name,
    fix: null,
  };
  return sample({
    findings: [finding],
    changes: changeSet([database([{ ...indexStep, up: script(`db/${name}.sql`, `SELECT '${name}';`) }])], {
      skipped: [{ path: `${name}.sql`, line: 2, reason: `${name} is broken`, matters: true }],
    }),
    runs: [
      dryRun([migrationRun(indexStep)], { standIns: [name], head: schema(table(name, { [name]: name })) }),
    ],
  });
}

describe("JSON", () => {
  it("keeps its contract", () => {
    const json = toJson(sample(), commits);
    expect(jsonReport.parse(JSON.parse(JSON.stringify(json)))).toEqual(json);
    expect(json).toMatchInlineSnapshot(`
      {
        "accepted": [],
        "base": "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
        "conclusion": "failure",
        "deploy": [],
        "findings": [
          {
            "endLine": 1,
            "evidence": [
              "observed: SHARE lock on orders",
              "observed: full scan of orders",
            ],
            "fingerprint": "f00dfeed",
            "fix": {
              "edits": [
                {
                  "end": 12,
                  "path": "db/migrations/0002_idx.up.sql",
                  "start": 12,
                  "text": " CONCURRENTLY",
                },
              ],
              "followUp": null,
              "title": "Build the index with CONCURRENTLY",
            },
            "gates": true,
            "instead": "Run CREATE INDEX CONCURRENTLY orders_user_id_idx ON orders (user_id).",
            "line": 1,
            "message": "Building orders_user_id_idx blocks every write to orders until it ends.",
            "object": "orders_user_id_idx",
            "path": "db/migrations/0002_idx.up.sql",
            "rule": "no-blocking-index-build",
            "sequence": null,
            "severity": "error",
            "verified": {
              "after": {
                "failure": null,
                "locks": [
                  {
                    "mode": "SHARE UPDATE EXCLUSIVE",
                    "relation": "orders",
                    "source": "documented",
                  },
                ],
                "rewrites": [],
                "scans": [],
              },
              "before": {
                "failure": null,
                "locks": [
                  {
                    "mode": "SHARE",
                    "relation": "orders",
                    "source": "observed",
                  },
                ],
                "rewrites": [],
                "scans": [
                  "orders",
                ],
              },
            },
          },
        ],
        "head": "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb",
        "receipt": {
          "accepted": 0,
          "engines": [
            "PostgreSQL 18.6 (PGlite 0.5.16)",
          ],
          "migrations": {
            "changed": 1,
            "history": 1,
          },
          "notChecked": [],
          "postgres": null,
          "queries": {
            "found": 0,
            "planned": 0,
          },
          "roundTrips": {
            "restored": 1,
            "run": 1,
          },
          "standIns": [],
          "statements": {
            "ran": 2,
            "seen": 2,
          },
          "unsized": [],
        },
        "skipped": [],
        "timings": {
          "run": 12.5,
        },
        "title": "1 blocking finding in 1 migration",
        "version": 1,
      }
    `);
  });

  it("keeps it with hostile names, none of which holds a control character in a text", () => {
    for (const name of Object.values(hostileNames)) {
      const json = jsonReport.parse(JSON.parse(JSON.stringify(toJson(hostile(name), commits))));
      const texts = [
        json.title,
        ...json.receipt.notChecked,
        ...json.findings.flatMap((one) => [one.message, ...one.evidence]),
      ];
      for (const text of texts) expect(text).not.toMatch(/[\p{Cc}\u202a-\u202e\u2066-\u2069]/u);
    }
  });

  it("is described by the schema in the documentation", () => {
    const documented = JSON.parse(
      readFileSync(new URL("../../docs/report.schema.json", import.meta.url), "utf8"),
    );
    expect(reportJsonSchema()).toEqual(documented);
  });
});

describe("SARIF", () => {
  const schemaFile = createRequire(import.meta.url).resolve(
    "@microsoft/jest-sarif/lib/schemas/sarif-2.1.0-rtm.5.json",
  );
  const ajv = new AjvModule.default({
    unicodeRegExp: false,
    strict: false,
    formats: { uri: URL.canParse, "uri-reference": isReference, "date-time": true },
  });
  const isSarif = ajv.compile(JSON.parse(readFileSync(schemaFile, "utf8")));
  const options = { version: "1.2.3", rules, head: commits.head };

  it("is valid, with rules, fingerprints and fixes as replacements", () => {
    const log = JSON.parse(JSON.stringify(toSarif(sample(), options)));
    expect(isSarif(log) || isSarif.errors).toBe(true);
    const [run] = log.runs;
    const [result] = run.results;
    expect(run.tool.driver.rules[result.ruleIndex]).toMatchObject({ id: "no-blocking-index-build" });
    expect(run.tool.driver.rules.every((rule: { help?: object }) => rule.help)).toBe(true);
    expect(result).toMatchObject({
      level: "error",
      partialFingerprints: { "drydockFingerprint/v1": "f00dfeed" },
      locations: [
        {
          physicalLocation: {
            artifactLocation: { uri: "db/migrations/0002_idx.up.sql" },
            region: { startLine: 1, endLine: 1 },
          },
        },
      ],
    });
    expect(result.fixes[0].artifactChanges[0].replacements).toEqual([
      {
        deletedRegion: { startLine: 1, startColumn: 13, endLine: 1, endColumn: 13 },
        insertedContent: { text: " CONCURRENTLY" },
      },
    ]);
  });

  it("is valid with hostile names, and says what was not checked", () => {
    for (const name of Object.values(hostileNames)) {
      const log = JSON.parse(JSON.stringify(toSarif(hostile(name), options)));
      expect(isSarif(log) || isSarif.errors).toBe(true);
      const [invocation] = log.runs[0].invocations;
      expect(invocation.executionSuccessful).toBe(false);
      expect(invocation.toolExecutionNotifications.length).toBeGreaterThan(0);
    }
  });

  it("is not valid for what is none", () => {
    expect(isSarif({ ...toSarif(sample(), options), version: "2.0.0" })).toBe(false);
  });
});

describe("workflow annotations", () => {
  it("are commands with level, place and title", () => {
    expect(toAnnotations(sample())).toMatchInlineSnapshot(`
      "::error file=db/migrations/0002_idx.up.sql,line=1,endLine=1,title=Drydock%3A no-blocking-index-build::Building orders_user_id_idx blocks every write to orders until it ends.%0A- observed: SHARE lock on orders%0A- observed: full scan of orders%0AInstead: Run CREATE INDEX CONCURRENTLY orders_user_id_idx ON orders (user_id).
      "
    `);
  });

  it("escape what would end a property or a command", () => {
    const finding: Finding = {
      ...indexFinding,
      gates: false,
      severity: "info",
      path: "db/a,line=9::b%0A.sql",
      message: say`100 % of ${"x\n::error::y"}`,
      evidence: [],
      instead: [],
    };
    const notice = toAnnotations(sample({ findings: [finding] }));
    expect(notice).toBe(
      "::notice file=db/a%2Cline=9%3A%3Ab%250A.sql,line=1,endLine=1,title=Drydock%3A no-blocking-index-build::100 %25 of x ::error::y\n",
    );
  });

  it("stay one line each with hostile names", () => {
    for (const name of Object.values(hostileNames)) {
      const lines = toAnnotations(hostile(name)).trimEnd().split("\n");
      expect(lines).toHaveLength(2);
      for (const line of lines)
        expect(line).toMatch(/^::(error|warning) file=[^:\r\n]+,line=\d+,endLine=\d+,title=[^:]+::/);
    }
  });
});

describe("the terminal", () => {
  it("shows finding, lines, fix, migrations and receipt", () => {
    expect(toPretty(sample(), { colour: false, width: 80 })).toMatchInlineSnapshot(`
      "
      ✖ Building orders_user_id_idx blocks every write to orders until it ends.
        (blocks)
        db/migrations/0002_idx.up.sql:1

        1 │ CREATE INDEX orders_user_id_idx ON orders (user_id);
          │ ━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━

        observed    SHARE lock on orders
                    full scan of orders
        instead     Run CREATE INDEX CONCURRENTLY orders_user_id_idx ON orders
                    (user_id).
        fix         Build the index with CONCURRENTLY
          - CREATE INDEX orders_user_id_idx ON orders (user_id);
          + CREATE INDEX CONCURRENTLY orders_user_id_idx ON orders (user_id);
        run         SHARE lock on orders → SHARE UPDATE EXCLUSIVE lock on orders
                    (documented)
        rule        no-blocking-index-build

      db/migrations/0002_idx.up.sql
        up      1  CREATE INDEX orders_user_id_idx ON orders (user_id)
                   → SHARE on orders; scans orders
        down    1  DROP INDEX orders_user_id_idx
        round trip restored everything

      1 migration read, after 1 earlier migration; 2 of 2 statements run on PostgreSQL
      18.6 (PGlite 0.5.16).
      1 of 1 round trip (up, down, up) restored schema and data.

      ✖ 1 blocking finding in 1 migration
      "
    `);
  });

  it.each([40, 60, 80, 200])("fits into %i columns", (width) => {
    for (const name of [...Object.values(hostileNames), "表".repeat(200)]) {
      const lines = toPretty(hostile(name), { colour: false, width }).split("\n");
      expect(Math.max(...lines.map(columns))).toBeLessThanOrEqual(Math.min(width, 120));
    }
  });

  it("lets no control character through but its own colours", () => {
    for (const name of Object.values(hostileNames)) {
      const sources = new Map([[`db/${name}.sql`, `SELECT '${name}';\r\n\u001b[2J`]]);
      const plain = toPretty(hostile(name), { colour: false, width: 80, sources });
      expect(plain.replaceAll("\n", "")).not.toMatch(/[\p{Cc}\u200b\u202a-\u202e\u2066-\u2069]/u);
      const coloured = toPretty(hostile(name), { colour: true, width: 80, sources });
      expect(coloured).toContain("\u001b[1m");
      expect(coloured.replace(/\u001b\[\d\d?m/g, "")).toBe(plain);
    }
  });
});

describe("the page", () => {
  const patch = "@@ -0,0 +1,1 @@\n+CREATE INDEX orders_user_id_idx ON orders (user_id);";
  const diffs = [{ path: indexUp.path, previousPath: null, status: "added" as const, patch }];

  it("shows each comment at its line, with its suggestion, and the summary", () => {
    const html = toHtml(sample(), { ...summaryOptions, diffs, name: "branch into main" });
    const line = html.indexOf('<div class="row added">');
    const comment = html.indexOf('<article class="comment');
    expect(line).toBeGreaterThan(0);
    expect(comment).toBeGreaterThan(line);
    expect(html).toContain(
      '<span class="line added">+ CREATE INDEX CONCURRENTLY orders_user_id_idx ON orders (user_id);\n</span>',
    );
    expect(html).toContain("Each finding stands as a comment at its line.");
    expect(html).not.toContain("drydock:f00dfeed");
    expect(html).not.toContain("&lt;sub&gt;");
    expect(html).toContain("accept it with <code>");
    expect(html).toContain("check: failing");
  });

  it("puts a finding whose line is not in the diff into the summary", () => {
    const html = toHtml(sample(), { ...summaryOptions, diffs: [], name: "branch into main" });
    expect(html).not.toContain('<article class="comment');
    expect(html).toContain("blocks every write to <code>orders</code>");
  });

  it("lets nothing from the pull request become markup", () => {
    for (const name of Object.values(hostileNames)) {
      const hostileDiffs = [
        {
          path: `db/${name}.sql`,
          previousPath: name,
          status: "renamed" as const,
          patch: `@@ -1,1 +1,1 @@\n-${name}\n+${name}`,
        },
      ];
      const html = toHtml(hostile(name), { ...summaryOptions, diffs: hostileDiffs, name });
      expect(html).not.toMatch(/<script|<img|<h1>hi|<a |javascript:alert\(1\)"[^&]|\son\w+=[^<&]*>/i);
      expect(html.match(/<details/g)?.length).toBe(html.match(/<\/details>/g)?.length);
      expect(html.match(/<section/g)?.length).toBe(html.match(/<\/section>/g)?.length);
      expect(html.replaceAll("\n", "")).not.toMatch(/[\u0000-\u0008\u000b-\u001f\u202a-\u202e\u2066-\u2069]/);
    }
  });
});

function isReference(text: string): boolean {
  return URL.canParse(text, "https://example.com/") && !/[\s<>"{}|\\^`]/.test(text);
}
