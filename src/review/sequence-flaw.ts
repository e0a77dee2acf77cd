import { sql } from "./advice.ts";
import { sameEnd } from "./same-end.ts";
import { isThrough, runOf } from "./statement-run.ts";
import { say } from "./text.ts";
import type {
  Database,
  DryRun,
  Finding,
  MigrationSequence,
  RoundTrip,
  Script,
  ScriptRun,
  Text,
} from "./types.ts";

interface Seen {
  readonly database: Database;
  readonly run: DryRun;
  readonly findings: readonly Finding[];
}

/**
 * Why the migrations of a sequence would not do, as part of a sentence. Null when every one ran up, down and up again, left
 * nothing behind, draws no finding that gates, and all lead to where the author's statement would have led.
 */
export function flawOf(
  { steps }: MigrationSequence,
  { database, run, findings }: Seen,
  first: DryRun,
): Text | null {
  const paths = new Set(steps.flatMap(({ files }) => files.map(({ path }) => path)));
  const own = database.steps.filter(({ up }) => paths.has(up.path));
  if (own.length !== steps.length) return say`they could not be read`;
  for (const { id, up, down } of own) {
    const seen = run.migrations.find(({ migration }) => migration === id);
    if (!seen) return say`they could not be run`;
    if (!isThrough(seen.up)) return failureOf(up, seen.up);
    const flaw = down && returnFlaw(up, down, seen.roundTrip);
    if (flaw) return flaw;
  }
  const gating = findings.find(({ gates, path }) => gates && paths.has(path));
  if (gating) return say`they would be stopped by ${gating.rule}`;
  return endsRight(first, run) ? null : say`they lead to another schema`;
}

function returnFlaw(up: Script, down: Script, trip: RoundTrip | null): Text | null {
  if (!trip || trip.notEvaluated !== null) return say`their way back could not be run`;
  if (!isThrough(trip.down)) return failureOf(down, trip.down);
  const [lost] = trip.residue;
  if (lost) return say`going back does not restore the ${[lost.kind]} ${lost.identity}`;
  if (!trip.upAgain) return say`they could not be run again`;
  return isThrough(trip.upAgain) ? null : failureOf(up, trip.upAgain);
}

function failureOf(script: Script, run: ScriptRun): Text {
  for (const statement of script.statements) {
    const outcome = runOf(run.statements, statement.index)?.outcome;
    if (outcome?.kind !== "failed") continue;
    const { message, detail } = outcome;
    const more = detail === null ? "" : ` (${detail.replaceAll("\n", "; ")})`;
    return say`${sql(statement.sql)} fails, ${message + more}`;
  }
  return say`they do not run to their end`;
}

/** Where the author's statement would have led; where that one failed, everything must run now. */
function endsRight(first: DryRun, { migrations, head }: DryRun): boolean {
  if (first.migrations.every(({ up }) => isThrough(up))) return sameEnd(first.head, head);
  return migrations.every(({ up }) => isThrough(up));
}
