import { describe, expect, it } from "vitest";
import { receiptLines } from "../../src/review/report/receipt-lines.ts";
import { reportOf } from "../../src/review/report/report.ts";
import { say } from "../../src/review/text.ts";
import type { Finding, Outcome, QueryRun, Skipped } from "../../src/review/types.ts";
import {
  changeSet,
  database,
  dryRun,
  indexDown,
  indexFinding,
  indexStep,
  indexUp,
  migration,
  migrationRun,
  restored,
  sample,
  script,
  scriptRun,
} from "./report-samples.ts";

const warning: Finding = { ...indexFinding, gates: false, severity: "warning" };
const skipped: Skipped = { path: "db/x.sql", line: 3, reason: "it is a binary file", matters: true };
const lock = { kind: "not-evaluated", reason: "it ran for more than 20 s" } as const;

function sampleRun(more: Parameters<typeof migrationRun>[1]) {
  return sample({ findings: [], runs: [dryRun([migrationRun(indexStep, more)])] });
}

describe("the conclusion", () => {
  it("is failure when a gating finding stands, also when something was not checked", () => {
    const report = sample({ changes: changeSet([database([indexStep])], { skipped: [skipped] }) });
    expect(report.conclusion).toBe("failure");
    expect(report.title).toBe("1 blocking finding in 1 migration; could not check 1 file");
  });

  it("is success with warnings only, and when there is nothing to say", () => {
    const warned = sample({ findings: [warning, { ...warning, severity: "info" }] });
    expect([warned.conclusion, warned.title]).toEqual(["success", "1 warning, 1 note in 1 migration"]);
    const quiet = sample({ findings: [] });
    expect([quiet.conclusion, quiet.title]).toEqual(["success", "1 migration run, nothing to say"]);
  });

  it("is skipped when no database file is touched, or nothing in it is ours to review", () => {
    const untouched = sample({ changes: changeSet([]), runs: [], findings: [], concerned: false });
    expect([untouched.conclusion, untouched.title]).toEqual([
      "skipped",
      "No migration and no annotated query is touched",
    ]);
    const other: Skipped = { ...skipped, reason: "it is neither a migration nor marked", matters: false };
    const report = sample({ changes: changeSet([], { skipped: [other] }), runs: [], findings: [] });
    expect(report.conclusion).toBe("skipped");
  });

  it.each([
    [
      "a file that matters",
      () => sample({ findings: [], changes: changeSet([database([indexStep])], { skipped: [skipped] }) }),
    ],
    [
      "a list that is not complete",
      () =>
        sample({ findings: [], changes: changeSet([], { skipped: [{ ...skipped, path: "", line: null }] }) }),
    ],
    ["a lost run", () => sample({ findings: [], runs: [dryRun([], { lost: "the engine was killed" })] })],
    ["a database that was not run", () => sample({ findings: [], runs: [] })],
    ["a migration that was not run", () => sample({ findings: [], runs: [dryRun([])] })],
    ["a statement of the up", () => sampleRun({ up: scriptRun(indexUp, lock) })],
    [
      "a failure that no finding speaks of",
      () =>
        sampleRun({
          up: scriptRun(indexUp, {
            kind: "failed",
            code: "42P01",
            message: "gone",
            detail: null,
            hint: null,
            position: null,
          }),
        }),
    ],
    [
      "a statement of the down",
      () => sampleRun({ roundTrip: restored(indexDown, indexUp, { down: scriptRun(indexDown, lock) }) }),
    ],
    [
      "a second up",
      () => sampleRun({ roundTrip: restored(indexDown, indexUp, { upAgain: scriptRun(indexUp, lock) }) }),
    ],
    [
      "a round trip",
      () => sampleRun({ roundTrip: restored(indexDown, indexUp, { notEvaluated: "the engine was killed" }) }),
    ],
    ["a round trip that was left out", () => sampleRun({ roundTrip: null })],
    ["a transaction that is left open", () => sampleRun({ up: { ...scriptRun(indexUp), leftOpen: true } })],
  ])("is neutral when %s could not be checked", (_, make) => {
    const report = make();
    expect(report.conclusion).toBe("neutral");
    expect(report.title).toMatch(/^Could not check /);
    expect(report.receipt.notChecked).not.toEqual([]);
  });

  it("is not spoilt by a history that did not replay where the change still ran", () => {
    const failed = [
      { path: "db/migrations/0001_orders.up.sql", line: 2, code: "42704", reason: "no such type", words: [] },
    ];
    const history = { migrations: 1, statements: 2, cached: false, failed };
    const fine = sample({ findings: [], runs: [dryRun([migrationRun(indexStep)], { history })] });
    expect(fine.conclusion).toBe("success");
    expect(fine.receipt.notChecked).toEqual([
      "db/migrations/0001_orders.up.sql:2: did not replay in the sandbox: no such type (42704)",
    ]);
    const step = migrationRun(indexStep, {
      up: scriptRun(indexUp, { kind: "not-reached" }),
      roundTrip: null,
    });
    expect(sample({ findings: [], runs: [dryRun([step], { history })] }).conclusion).toBe("neutral");
  });

  it("does not call a failure unchecked when a finding speaks of it", () => {
    const failed = {
      kind: "failed",
      code: "42P01",
      message: "gone",
      detail: null,
      hint: null,
      position: null,
    } as const;
    const up = { ...scriptRun(indexUp, failed) };
    const report = sample({ runs: [dryRun([migrationRun(indexStep, { up, roundTrip: null })])] });
    expect([report.conclusion, report.receipt.notChecked]).toEqual(["failure", []]);
  });
});

describe("annotated queries", () => {
  const query = {
    name: "orders",
    path: "q.sql",
    line: 2,
    endLine: 3,
    sql: "SELECT 1",
    baseSql: null,
    tables: [],
  };
  const changes = changeSet([database([])], { queries: [query] });
  const withRun = (run: QueryRun) =>
    sample({ changes, findings: [], runs: [dryRun([], { queries: [run] })] });

  it("count when they are planned, and are neutral when they are not", () => {
    const root = { type: "Result", relation: null, index: null, cost: 1, rows: 1, details: {}, children: [] };
    const planned = withRun({
      query: 0,
      before: null,
      early: null,
      after: { kind: "planned", cost: 1, root },
    });
    expect([planned.conclusion, planned.title]).toEqual(["success", "1 query planned, nothing to say"]);
    const unplanned = withRun({
      query: 0,
      before: null,
      early: null,
      after: { kind: "not-evaluated", reason: "too long" },
    });
    expect([unplanned.conclusion, unplanned.title]).toEqual(["neutral", "Could not check 1 annotated query"]);
    const unseen = sample({ changes, findings: [], runs: [dryRun([])] });
    expect(unseen.receipt.notChecked).toEqual(["q.sql:2: query orders was not planned"]);
  });

  it("that failed before as well are told, and do not change the verdict", () => {
    const failed = { kind: "failed", code: "42P01", message: 'relation "x" does not exist' } as const;
    const report = withRun({ query: 0, before: failed, early: null, after: failed });
    expect(report.conclusion).toBe("success");
    expect(report.receipt.notChecked).toEqual([
      'q.sql:2: query orders does not run on the sandbox\'s schema: relation "x" does not exist (42P01)',
    ]);
  });
});

describe("the receipt", () => {
  it("counts what was seen and what ran, in ups and downs of changed migrations only", () => {
    const kept = { ...migration("1b", script("k.up.sql", "SELECT 1;"), null), status: "kept" as const };
    const lossy = migration("3", script("l.up.sql", "A;", "B;"), script("l.down.sql", "C;"));
    const trip = restored(script("l.down.sql", "C;"), lossy.up, {
      data: [{ table: "orders", column: "note", rows: 5, of: 5, change: "lost" }],
    });
    const report = sample({
      changes: changeSet([database([kept, indexStep, lossy])]),
      runs: [
        dryRun([migrationRun(kept), migrationRun(indexStep), migrationRun(lossy, { roundTrip: trip })], {
          standIns: ["role web"],
        }),
      ],
    });
    expect(report.receipt).toEqual({
      migrations: { history: 1, changed: 2 },
      statements: { seen: 5, ran: 5 },
      roundTrips: { run: 2, restored: 1 },
      queries: { found: 0, planned: 0 },
      engines: ["PostgreSQL 18.6 (PGlite 0.5.16)"],
      standIns: ["role web"],
      notChecked: [],
      accepted: 0,
      unsized: [],
      postgres: null,
    });
  });

  it("does not say again that a statement cannot be read which the database refused", () => {
    const up = script("m.up.sql", "MYSTERY;");
    const unread = { ...up, statements: up.statements.map((one) => ({ ...one, skipped: "syntax error" })) };
    const step = migration("4", unread, null);
    const refusal = { code: "42601", message: "syntax error", detail: null, hint: null, position: null };
    const failed: Outcome = { kind: "failed", ...refusal };
    const run = { ...migrationRun(step), up: scriptRun(unread, failed) };
    const changes = changeSet([database([step])]);
    const findings = [{ ...indexFinding, path: "m.up.sql", line: 1, endLine: 1 }];
    const told = (some: readonly Finding[]) =>
      sample({ findings: some, changes, runs: [dryRun([run])] }).receipt.notChecked.join("\n");
    expect(told(findings)).not.toContain("could not read");
    expect(told([])).toContain("the rules could not read it: syntax error");
  });

  it("says what the rules could not read although it ran, and why a down is not owed", () => {
    const up = script("m.up.sql", "MYSTERY;");
    const unread = { ...up, statements: up.statements.map((one) => ({ ...one, skipped: "syntax error" })) };
    const step = { ...migration("4", unread, null), downWaived: "irreversible: data is deleted" };
    const report = sample({
      findings: [],
      changes: changeSet([database([step])]),
      runs: [dryRun([migrationRun(step)])],
    });
    expect(report.conclusion).toBe("success");
    expect(report.receipt.notChecked).toEqual([
      "m.up.sql:1: it ran, but the rules could not read it: syntax error",
      "m.up.sql: no round trip: irreversible: data is deleted",
    ]);
  });

  it("says that a loop found no rows, and is green all the same", () => {
    const up = script("m.up.sql", "DO $$ … $$;", "DO $$ … $$;");
    const step = { ...migration("4", up, null), downWaived: "nothing to undo" };
    const { statements, ...run } = scriptRun(up);
    const idle = { ...run, statements: statements.map((one) => ({ ...one, hasIdleLoop: true })) };
    const report = sample({
      findings: [],
      changes: changeSet([database([step])]),
      runs: [dryRun([{ ...migrationRun(step), up: idle }])],
    });
    expect([report.conclusion, report.receipt.notChecked[0]]).toEqual([
      "success",
      "m.up.sql:1: ran, but a loop of it found no rows in the sandbox: what it runs for each, where there are some, was not seen (2 statements)",
    ]);
  });

  it("tells one reason once, however many statements it holds for", () => {
    const up = script("m.up.sql", ...Array.from({ length: 2_000 }, () => "SELECT 1;"));
    const step = migration("5", up, null);
    const run = migrationRun(step, {
      up: scriptRun(up, { kind: "not-evaluated", reason: "the engine was killed" }),
    });
    const report = sample({ findings: [], changes: changeSet([database([step])]), runs: [dryRun([run])] });
    expect(report.title).toBe("Could not check 2000 statements");
    expect(report.receipt.notChecked).toEqual(["m.up.sql:1: the engine was killed (2000 statements)"]);
  });

  it("shows control characters as escapes", () => {
    const reason = "bad \u001b[31mname\u202e";
    const report = sample({ changes: changeSet([], { skipped: [{ ...skipped, reason }] }), runs: [] });
    expect(report.receipt.notChecked).toEqual(["db/x.sql:3: bad \\u{1b}[31mname\\u{202e}"]);
  });

  it("tells for which version was judged, where the sandbox ran another one", () => {
    expect(sample({ postgres: 14 }).receipt.postgres).toBe(14);
    expect(sample({ postgres: 18 }).receipt.postgres).toBeNull();
    expect(receiptLines(sample({ postgres: 14 }).receipt).join()).toContain("Judged for PostgreSQL 14");
  });

  it("names tables of unknown size once, also when it is made anew", () => {
    const unsized = ["a", "b", "c", "d", "e", "f", "g"].map((name) => say`unsized: ${name}`);
    const report = sample({
      findings: [{ ...indexFinding, evidence: [...indexFinding.evidence, ...unsized] }],
    });
    expect(report.findings[0]?.evidence).toEqual(indexFinding.evidence);
    expect(receiptLines(report.receipt).join()).toContain(
      "Sizes in production are not known: a, b, c, d, e and 2 others are taken to be large.",
    );
    expect(reportOf({ ...report, concerned: true }).receipt).toEqual(report.receipt);
  });
});
