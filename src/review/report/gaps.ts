import type {
  ChangeSet,
  Database,
  DryRun,
  Finding,
  Migration,
  MigrationRun,
  Operation,
  Script,
  ScriptRun,
  Skipped,
} from "../types.ts";
import { count } from "./words.ts";

/** Something that was not checked: a skipped file, or what the dry run could not show. */
export interface Gap extends Skipped {
  readonly kind: "file" | "run" | "history" | "statement" | "round trip" | "query";
}

/**
 * Everything that was seen and not checked, with a reason. `matters` is true where the verdict is incomplete without it:
 * nothing that counts here may end in a green check.
 */
export function gapsOf(
  changes: ChangeSet,
  runs: readonly DryRun[],
  findings: readonly Finding[],
): readonly Gap[] {
  return [
    ...changes.skipped.map((skipped): Gap => ({ ...skipped, kind: "file" })),
    ...changes.databases.flatMap((database) =>
      databaseGaps(database, runOf(database, runs), changes, findings),
    ),
    ...queryGaps(changes, runs, findings),
  ];
}

/** The dry run of a database; undefined when it was not run. */
export function runOf(database: Database, runs: readonly DryRun[]): DryRun | undefined {
  return runs.find((run) => run.directory === database.directory);
}

/** The steps that the pull request adds or edits; those that only run in between are left out. */
export function changedSteps(database: Database): readonly Migration[] {
  return database.steps.filter((step) => step.status !== "kept");
}

function databaseGaps(
  database: Database,
  run: DryRun | undefined,
  changes: ChangeSet,
  findings: readonly Finding[],
): readonly Gap[] {
  const { directory } = database;
  if (!run)
    return database.steps.length > 0
      ? [gap("run", directory, null, "its migrations were not run", true)]
      : [];
  const lost =
    run.lost === null ? [] : [gap("run", directory, null, `the run came to no verdict: ${run.lost}`, true)];
  const touched = touchedTables(database);
  return [
    ...lost,
    ...historyGaps(run),
    ...run.seeded.empty
      .filter(({ table }) => touched.has(table))
      .map(({ table, reason }) =>
        gap("run", directory, null, `table ${table} stayed empty in the sandbox: ${reason}`, false),
      ),
    ...changedSteps(database).flatMap((step) => stepGaps(step, run, findings)),
    ...database.steps
      .filter((step) => step.status === "kept")
      .flatMap((step) => keptGaps(step, run, changes)),
  ];
}

/** A history that did not replay in full matters when something of the change then did not get through. */
function historyGaps(run: DryRun): readonly Gap[] {
  const matters =
    run.migrations.some(({ up }) => up.statements.some(({ outcome }) => outcome.kind !== "ran")) ||
    run.queries.some(({ after }) => after.kind !== "planned");
  return run.history.failed.map(({ path, line, code, reason }) =>
    gap(
      "history",
      path,
      line,
      `did not replay in the sandbox: ${reason}${code ? ` (${code})` : ""}`,
      matters,
    ),
  );
}

function stepGaps(step: Migration, run: DryRun, findings: readonly Finding[]): readonly Gap[] {
  const ran = run.migrations.find((candidate) => candidate.migration === step.id);
  if (!ran) {
    return run.lost === null
      ? [gap("statement", step.up.path, null, "was not run", true)]
      : unread(step.up, null);
  }
  return [
    ...scriptGaps(step.up, ran.up, findings, true),
    ...unread(step.up, ran.up),
    ...(step.down === null ? waived(step) : roundTripGaps(step, step.down, ran, findings)),
  ];
}

function roundTripGaps(
  step: Migration,
  down: Script,
  ran: MigrationRun,
  findings: readonly Finding[],
): readonly Gap[] {
  const trip = ran.roundTrip;
  if (!trip) {
    const upRan = ran.up.statements.every(({ outcome }) => outcome.kind === "ran");
    if (step.downWaived !== null) return waived(step);
    return upRan
      ? [gap("round trip", down.path, null, "up and down were not run against each other", true)]
      : [];
  }
  const again = trip.upAgain?.statements.find(({ outcome }) => outcome.kind === "not-evaluated");
  return [
    ...(trip.notEvaluated === null ? [] : [gap("round trip", down.path, null, trip.notEvaluated, true)]),
    ...(trip.notEvaluated === null ? scriptGaps(down, trip.down, findings, false) : []),
    ...unread(down, trip.down),
    ...(again
      ? [gap("round trip", step.up.path, null, "the second up, after the down, was not evaluated", true)]
      : []),
  ];
}

function waived(step: Migration): readonly Gap[] {
  if (step.downWaived === null) return [];
  return [gap("round trip", step.up.path, null, `no round trip: ${step.downWaived}`, false)];
}

/** What of a script was not seen to run. A failure that a finding speaks of is checked, not a gap. */
function scriptGaps(
  script: Script,
  run: ScriptRun,
  findings: readonly Finding[],
  matters: boolean,
): readonly Gap[] {
  const lineOf = (index: number) => script.statements[index]?.line ?? null;
  const said = (line: number | null) =>
    findings.some((finding) => finding.path === script.path && (line === null || finding.line === line));
  const unreached = run.statements.filter(({ outcome }) => outcome.kind === "not-reached");
  const first = unreached[0];
  return [
    ...run.statements.flatMap(({ index, outcome }) => {
      const line = lineOf(index);
      if (outcome.kind === "not-evaluated")
        return [gap("statement", script.path, line, outcome.reason, true)];
      if (outcome.kind !== "failed" || said(line)) return [];
      return [
        gap(
          "statement",
          script.path,
          line,
          `failed in the sandbox: ${outcome.message} (${outcome.code})`,
          matters,
        ),
      ];
    }),
    ...(first
      ? [
          gap(
            "statement",
            script.path,
            lineOf(first.index),
            `${count(unreached.length, "statement")} not reached`,
            matters,
          ),
        ]
      : []),
    ...(run.leftOpen && !said(null)
      ? [gap("statement", script.path, null, "a transaction is still open at the end of the file", matters)]
      : []),
  ];
}

/** Statements that the rules could not read. When they were seen to run, their locks and failures are known all the same. */
function unread(script: Script, run: ScriptRun | null): readonly Gap[] {
  return script.statements.flatMap((statement) => {
    if (statement.skipped === null) return [];
    const ran =
      run?.statements.some(({ index, outcome }) => index === statement.index && outcome.kind === "ran") ??
      false;
    const how = ran ? "it ran, but the rules could not read it" : "the rules could not read it";
    return [gap("statement", script.path, statement.line, `${how}: ${statement.skipped}`, !ran)];
  });
}

/** A step that only runs in between is history: it matters when an annotated query or a later step needs it. */
function keptGaps(step: Migration, run: DryRun, changes: ChangeSet): readonly Gap[] {
  const ran = run.migrations.find((candidate) => candidate.migration === step.id);
  if (!ran) return [];
  const matters = changes.queries.length > 0;
  return scriptGaps(step.up, ran.up, [], matters);
}

function queryGaps(
  changes: ChangeSet,
  runs: readonly DryRun[],
  findings: readonly Finding[],
): readonly Gap[] {
  const lost = runs.some((run) => run.lost !== null);
  return changes.queries.flatMap((query, index) => {
    const run = runs.flatMap(({ queries }) => queries).find((candidate) => candidate.query === index);
    const { path, line, name } = query;
    if (!run) {
      const why =
        lost || runs.length > 0
          ? "was not planned"
          : "was not planned: no migrated PostgreSQL database was found";
      return [gap("query", path, line, `query ${name} ${why}`, true)];
    }
    if (run.after.kind === "not-evaluated") {
      return [gap("query", path, line, `query ${name} was not planned: ${run.after.reason}`, true)];
    }
    if (
      run.after.kind !== "failed" ||
      findings.some((finding) => finding.path === path && finding.line === line)
    )
      return [];
    const why = `query ${name} does not run on the sandbox's schema: ${run.after.message} (${run.after.code})`;
    return [gap("query", path, line, why, run.before?.kind !== "failed")];
  });
}

function touchedTables(database: Database): ReadonlySet<string> {
  const operations = changedSteps(database).flatMap(({ up, down }) =>
    [up, down].flatMap((script) => script?.statements.flatMap((statement) => statement.operations) ?? []),
  );
  return new Set(operations.flatMap(tableOf));
}

function tableOf(operation: Operation): readonly string[] {
  return "table" in operation ? [operation.table] : [];
}

function gap(kind: Gap["kind"], path: string, line: number | null, reason: string, matters: boolean): Gap {
  return { kind, path, line, reason, matters };
}
