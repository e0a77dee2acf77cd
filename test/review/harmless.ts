import MarkdownIt from "markdown-it";
import { expect } from "vitest";
import { say } from "../../src/review/text.ts";
import {
  changeSet,
  database,
  dryRun,
  indexFinding,
  migration,
  migrationRun,
  sample,
  schema,
  script,
  scriptRun,
  table,
} from "./report-samples.ts";

/** HTML on, as GitHub has it: whatever gets through as markup shows. */
export const renderer = new MarkdownIt({ html: true, linkify: true });

/** A report in which everything that has a name has this one. */
export function hostileReport(name: string) {
  const up = script(`db/${name}.up.sql`, "SELECT 1;");
  const statements = up.statements.map((statement) => ({
    ...statement,
    sql: `SELECT '${name}'`,
    skipped: name,
  }));
  const step = migration("9", { ...up, statements }, null);
  const run = migrationRun(step, {
    up: {
      statements: scriptRun(up).statements.map((statement) => ({
        ...statement,
        outcome: { kind: "failed", code: "42P01", message: name, detail: null, hint: null, position: null },
        locks: [
          { relation: name, kind: "table", table: null, mode: "SHARE", isNew: false, source: "observed" },
        ],
      })),
      leftOpen: false,
    },
  });
  const query = { name, path: `q/${name}.sql`, line: 2, endLine: 3, sql: "", baseSql: null, tables: [] };
  return sample({
    changes: changeSet([database([step])], {
      queries: [query],
      skipped: [{ path: name, line: 1, reason: `the file ${name} is broken`, matters: true }],
    }),
    runs: [
      dryRun([run], {
        standIns: [name],
        head: schema(table(name, { [name]: name })),
        queries: [
          { query: 0, before: null, early: null, after: { kind: "failed", code: "42P01", message: name } },
        ],
      }),
    ],
    findings: [
      { ...indexFinding, path: `db/${name}.up.sql`, message: say`Look at ${name}.`, object: name, fix: null },
    ],
  });
}

/** Without the diagram, whose text is tested by itself. */
export function withoutDiagram(summary: string): string {
  return summary.replace(/```mermaid[\s\S]*?```/, "");
}

/** Nothing but our own markup, no link, and outside of code nothing that GitHub would link or notify about. */
export function expectHarmless(html: string): void {
  const tags = [...html.matchAll(/<(\/?[a-z][\w-]*)/gi)].map(
    (match) => match[1]?.replace("/", "").toLowerCase() ?? "",
  );
  const own = [
    "p",
    "strong",
    "em",
    "code",
    "ul",
    "li",
    "br",
    "h3",
    "h4",
    "pre",
    "details",
    "summary",
    "table",
    "thead",
    "tbody",
    "tr",
    "th",
    "td",
    "sub",
  ];
  expect([...new Set(tags)].filter((tag) => !own.includes(tag))).toEqual([]);
  expect(html.match(/<details>/g)?.length).toBe(html.match(/<\/details>/g)?.length);
  expect(html.match(/<!--/g)?.length ?? 0).toBeLessThanOrEqual(1);
  const outside = html.replace(/<code>[\s\S]*?<\/code>/g, "").replace(/<pre>[\s\S]*?<\/pre>/g, "");
  expect(outside).not.toMatch(/@\w|#\d|GH-\d|:\/\/|www\.|\b[0-9a-f]{40}\b/i);
  expect(html).not.toMatch(/[\u0000-\u0008\u000b-\u001f\u202a-\u202e\u2066-\u2069]/);
}
