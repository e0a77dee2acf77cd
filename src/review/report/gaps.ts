import { isSettled } from "../statement-run.ts";
import type {
  ChangeSet,
  Database,
  DryRun,
  Finding,
  Migration,
  MigrationRun,
  Operation,
  Outcome,
  Report,
  Script,
  ScriptRun,
  Skipped,
} from "../types.ts";
import { count } from "./words.ts";

/** Something that was not checked: a skipped file, or what the dry run could not show. */
export interface Gap extends Skipped {
  readonly kind: "file" | "run" | "history" | "statement" | "round trip" | "query";
  /** How many statements it stands for; 1 for everything else. */
  readonly count: number;
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
    ...changes.skipped.map((skipped): Gap => ({ ...skipped, kind: "file", count: 1 })),
    ...changes.databases.flatMap((database) => databaseGaps(database, runOf(database, runs), findings)),
    ...queryGaps(changes, runs, findings),
  ];
}

/** The same of a report. A failure that somebody accepted was seen, and is no gap. */
export function gapsIn({
  changes,
  runs,
  findings,
  accepted,
}: Pick<Report, "changes" | "runs" | "findings" | "accepted">): readonly Gap[] {
  return gapsOf(changes, runs, [...findings, ...accepted.map(({ finding }) => finding)]);
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
    ...modelGaps(database, run),
    ...run.seeded.empty
      .filter(({ table }) => touched.has(table))
      .map(({ table, reason }) =>
        gap("run", directory, null, `table ${table} stayed empty in the sandbox: ${reason}`, false),
      ),
    ...changedSteps(database).flatMap((step) => stepGaps(step, run, findings)),
    ...database.steps.filter((step) => step.status === "kept").flatMap((step) => keptGaps(step, run)),
  ];
}

/** Models that could not be built are not compared; what they build is no part of the verdict on the migrations. */
function modelGaps({ models }: Database, { models: seen }: DryRun): readonly Gap[] {
  const path = models?.head[0]?.path;
  if (path === undefined || !seen) return [];
  const { head } = seen;
  const notDone = models?.isPushed ? "is not judged" : "is not compared with the migrations";
  if (head.kind === "built") {
    // What is refused of a table after that follows from it.
    const first = new Map(head.refused.toReversed().map((one) => [one.table, one]));
    return [...first.values()]
      .toReversed()
      .map(({ table, reason }) =>
        gap(
          "file",
          path,
          null,
          `${table === null ? "a part of the models" : `the model of ${table}`} ${notDone}: ${reason.split("\n")[0]}`,
          false,
        ),
      );
  }
  const [reason = ""] = head.reason.split("\n");
  return [gap("file", path, null, `the model ${notDone}: ${reason}`, false)];
}

/** A history that did not replay in full matters when something of the change then did not get through. */
function historyGaps(run: DryRun): readonly Gap[] {
  const matters = historyMatters(run);
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

function historyMatters(run: DryRun): boolean {
  return (
    run.migrations.some(({ up }) => up.statements.some(({ outcome }) => !isSettled(outcome))) ||
    run.queries.some(({ after }) => after.kind !== "planned")
  );
}

function stepGaps(step: Migration, run: DryRun, findings: readonly Finding[]): readonly Gap[] {
  const ran = run.migrations.find((candidate) => candidate.migration === step.id);
  if (!ran) {
    return run.lost === null
      ? [gap("statement", step.up.path, null, "was not run", true)]
      : unread(step.up, null, findings);
  }
  return [
    ...scriptGaps(step.up, ran.up, findings, true),
    ...unread(step.up, ran.up, findings),
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
    const upRan = ran.up.statements.every(({ outcome }) => isSettled(outcome));
    if (step.downWaived !== null) return waived(step);
    return upRan
      ? [gap("round trip", down.path, null, "up and down were not run against each other", true)]
      : [];
  }
  const again = trip.upAgain?.statements.find(({ outcome }) => outcome.kind === "not-evaluated");
  return [
    ...(trip.notEvaluated === null ? [] : [gap("round trip", down.path, null, trip.notEvaluated, true)]),
    ...(trip.notEvaluated === null ? scriptGaps(down, trip.down, findings, false) : []),
    ...unread(down, trip.down, findings),
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
  const gaps = run.statements.flatMap(({ index, outcome, hasIdleLoop }) => {
    const line = lineOf(index);
    if (outcome.kind === "ran")
      return hasIdleLoop ? [gap("statement", script.path, line, idleLoop, false)] : [];
    if (outcome.kind === "failed" && said(line)) return [];
    if (outcome.kind === "not-due")
      return [gap("statement", script.path, line, `was not run: ${outcome.words} does not hold here`, false)];
    return [
      gap("statement", script.path, line, whyNot(outcome), matters || outcome.kind === "not-evaluated"),
    ];
  });
  if (!run.leftOpen || said(null)) return grouped(gaps);
  const open = "a transaction is still open at the end of the file";
  return [...grouped(gaps), gap("statement", script.path, null, open, matters)];
}

const idleLoop =
  "ran, but a loop of it found no rows in the sandbox: what it runs for each, where there are some, was not seen";

function whyNot(outcome: Outcome): string {
  if (outcome.kind === "failed") return `failed in the sandbox: ${outcome.message} (${outcome.code})`;
  return outcome.kind === "not-evaluated" ? outcome.reason : "not reached";
}

/**
 * Statements that the rules could not read. When they were seen to run, their locks and failures are known all the same; when
 * the database refused them too, and a finding says so, there is nothing else to know.
 */
function unread(script: Script, run: ScriptRun | null, findings: readonly Finding[]): readonly Gap[] {
  const indexesOf = (kind: Outcome["kind"]) =>
    new Set(run?.statements.filter(({ outcome }) => outcome.kind === kind).map(({ index }) => index));
  const [ran, failed] = [indexesOf("ran"), indexesOf("failed")];
  const said = (line: number) => findings.some((one) => one.path === script.path && one.line === line);
  const gaps = script.statements.flatMap(({ index, line, skipped }) => {
    if (skipped === null || (failed.has(index) && said(line))) return [];
    const how = ran.has(index) ? "it ran, but the rules could not read it" : "the rules could not read it";
    return [gap("statement", script.path, line, `${how}: ${skipped}`, !ran.has(index))];
  });
  return grouped(gaps);
}

/** Gaps of one script with the same reason, as one: the first of them, with their number. */
function grouped(gaps: readonly Gap[]): readonly Gap[] {
  const groups = new Map<string, Gap>();
  for (const one of gaps) {
    const known = groups.get(one.reason);
    groups.set(one.reason, known ? { ...known, count: known.count + one.count } : one);
  }
  return [...groups.values()].map((group) =>
    group.count === 1 ? group : { ...group, reason: `${group.reason} (${count(group.count, "statement")})` },
  );
}

/** A step that only runs in between is history. */
function keptGaps(step: Migration, run: DryRun): readonly Gap[] {
  const ran = run.migrations.find((candidate) => candidate.migration === step.id);
  if (!ran) return [];
  const matters = historyMatters(run);
  return scriptGaps(step.up, ran.up, [], matters).map((one) => ({ ...one, kind: "history", matters }));
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
  return { kind, path, line, reason, matters, count: 1 };
}
