import { lockModes } from "../locks.ts";
import { isSettled } from "../statement-run.ts";
import { say } from "../text.ts";
import type {
  DryRun,
  Lock,
  Migration,
  MigrationRun,
  Outcome,
  Report,
  Script,
  ScriptRun,
  StatementRun,
  Text,
} from "../types.ts";
import { beginning } from "./escape.ts";
import { changedSteps, runOf } from "./gaps.ts";
import { count, joined } from "./words.ts";

/** One statement as the table of its migration shows it. */
export interface StatementRow {
  readonly path: string;
  readonly line: number;
  /** On one line, shortened. */
  readonly sql: string;
  /** Strongest lock on something that existed, and on what. */
  readonly lock: Text;
  /** Rewrites, scans, rows written; or why it did not run. */
  readonly effect: Text;
}

export interface MigrationView {
  readonly step: Migration;
  readonly up: readonly StatementRow[];
  readonly down: readonly StatementRow[];
  /** The strongest lock that its up takes on what existed before the pull request; null when it takes none. */
  readonly strongest: Lock | null;
  /** What the round trip came to, in a few words. */
  readonly roundTrip: string;
}

/** The changed migrations of a report, each with what was observed of its statements. */
export function migrationViews({
  changes,
  runs,
}: Pick<Report, "changes" | "runs">): readonly MigrationView[] {
  return changes.databases.flatMap((database) => {
    const run = runOf(database, runs);
    return changedSteps(database).map((step) => viewOf(step, run));
  });
}

function viewOf(step: Migration, run: DryRun | undefined): MigrationView {
  const ran = run?.migrations.find((candidate) => candidate.migration === step.id);
  return {
    step,
    up: rowsOf(step.up, ran?.up),
    down: step.down ? rowsOf(step.down, ran?.roundTrip?.down) : [],
    strongest: strongestLock(ran?.up.statements ?? []),
    roundTrip: roundTripWords(step, ran),
  };
}

function rowsOf(script: Script, run: ScriptRun | undefined): readonly StatementRow[] {
  const runs = new Map(run?.statements.map((one) => [one.index, one]));
  return script.statements.map((statement) => {
    const ran = runs.get(statement.index);
    return {
      path: script.path,
      line: statement.line,
      sql: beginning(statement.sql.slice(0, 2_000).replace(/\s+/g, " "), 100),
      lock: ran ? lockText(ran.locks) : [],
      effect: ran ? effectText(ran) : ["not run"],
    };
  });
}

function strongestLock(statements: readonly StatementRun[]): Lock | null {
  return byStrength(statements.flatMap(({ locks }) => locks).filter((lock) => !lock.isNew))[0] ?? null;
}

function byStrength(locks: readonly Lock[]): readonly Lock[] {
  const rank = (lock: Lock) => lockModes.indexOf(lock.mode) * -2 + (lock.kind === "table" ? 0 : 1);
  return locks.toSorted((a, b) => rank(a) - rank(b));
}

function lockText(locks: readonly Lock[]): Text {
  const [first, ...others] = byStrength(locks.filter((lock) => !lock.isNew));
  if (!first) return locks.length > 0 ? ["only on new tables"] : [];
  const same = [...new Set(others.filter((lock) => lock.mode === first.mode).map((lock) => lock.relation))];
  const names = [first.relation, ...same.filter((name) => name !== first.relation)];
  const shown = joined(names.slice(0, 3).map((name): Text => [{ code: name }]));
  const more: Text = names.length > 3 ? [` and ${names.length - 3} more`] : [];
  const source: Text = first.source === "documented" ? [" (documented)"] : [];
  return [`${first.mode} on `, ...shown, ...more, ...source];
}

function effectText(run: StatementRun): Text {
  if (run.outcome.kind !== "ran") return outcomeText(run.outcome);
  const rewrites = run.rewrites.filter(({ isNew, kind }) => !isNew && kind !== "index");
  const scans = run.scans.filter(({ isNew }) => !isNew);
  return joined([
    ...rewrites.slice(0, 3).map(({ relation }) => say`rewrites ${relation}`),
    ...scans.slice(0, 3).map(({ relation }) => say`scans ${relation}`),
    ...run.writes.slice(0, 3).map(({ relation, inserted, updated, deleted }): Text => {
      const parts = [inserted > 0 && "inserts into", updated > 0 && "updates", deleted > 0 && "deletes from"];
      const verbs = parts.filter((verb) => verb !== false).join(", ");
      return verbs ? [`${verbs} `, { code: relation }] : [];
    }),
  ]);
}

function outcomeText(outcome: Exclude<Outcome, { kind: "ran" }>): Text {
  if (outcome.kind === "failed") return say`failed: ${outcome.message}`;
  if (outcome.kind === "not-evaluated") return say`not evaluated: ${outcome.reason}`;
  if (outcome.kind === "not-due") return say`not run: ${outcome.words} does not hold here`;
  return ["not reached"];
}

function roundTripWords(step: Migration, run: MigrationRun | undefined): string {
  if (!step.down) return step.downWaived === null ? "no down" : "no down owed";
  const trip = run?.roundTrip;
  if (!trip || trip.notEvaluated !== null) return "round trip not evaluated";
  if (!trip.down.statements.every(({ outcome }) => isSettled(outcome))) return "down did not get through";
  const left = [
    trip.residue.length > 0 && count(trip.residue.length, "object"),
    trip.data.length > 0 && `data of ${count(new Set(trip.data.map(({ table }) => table)).size, "table")}`,
  ].filter((part) => part !== false);
  if (left.length > 0) return `down does not restore ${left.join(" and ")}`;
  const again = trip.upAgain?.statements.every(({ outcome }) => isSettled(outcome)) ?? false;
  return again && trip.upAgainResidue.length === 0
    ? "round trip restored everything"
    : "up fails after the down";
}
