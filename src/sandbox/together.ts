import type { Migration, MigrationRun, Script, Statement } from "../review/types.ts";
import type { State } from "./content.ts";
import { type LeftOut, runScript } from "./script-run.ts";
import type { RunContext } from "./step.ts";

/**
 * Errors of statements that run alone and not behind an earlier migration in its transaction: the use of an enum value that
 * it added, and a change of a table whose constraints it left to be checked at the end (documentation, appendix A).
 */
const ofTheTransaction = new Set(["55P04", "55006"]);

/** Whether the tool runs these migrations in one transaction: all of them are new to every database. */
export function areTogether(steps: readonly Migration[]): boolean {
  return steps.length > 1 && steps.every(({ status, together }) => status === "added" && together);
}

/**
 * Tools that run all that is pending in one transaction run the change's migrations as one: what only fails there is recorded
 * as the statement's failure. `start` is the database before the first of them; the caller puts the database back.
 */
export async function runTogether(
  context: RunContext,
  steps: readonly Migration[],
  runs: readonly MigrationRun[],
  start: State,
): Promise<readonly MigrationRun[]> {
  const { script, leftOut, homes } = asOne(steps, runs);
  await context.session.restore(start.checkpoint);
  const { stop, lost } = await runScript(context.session, script, context.known, leftOut);
  context.lap("together");
  const home = stop && lost === null ? homes[stop.index] : undefined;
  if (!stop || !home || stop.outcome.kind !== "failed" || !ofTheTransaction.has(stop.outcome.code))
    return runs;
  const outcome = {
    ...stop.outcome,
    detail: "it ran alone, and not in one transaction with the migrations before it",
  };
  return runs.map((run, i) =>
    i === home.step
      ? {
          ...run,
          up: {
            ...run.up,
            statements: run.up.statements.map((one) =>
              one.index === home.index ? { ...one, outcome } : one,
            ),
          },
        }
      : run,
  );
}

/** All ups as one script, without what did not run, and where each of its statements stands. */
function asOne(steps: readonly Migration[], runs: readonly MigrationRun[]) {
  const statements: Statement[] = [];
  const homes: { readonly step: number; readonly index: number }[] = [];
  const leftOut = new Map<number, string>();
  for (const [step, { up }] of steps.entries())
    for (const statement of up.statements) {
      const index = statements.length;
      const outcome = runs[step]?.up.statements.find((one) => one.index === statement.index)?.outcome;
      if (outcome?.kind !== "ran") leftOut.set(index, "it did not run alone");
      // What it was run for is known.
      statements.push({ ...statement, index, asks: [], guard: null });
      homes.push({ step, index: statement.index });
    }
  const [first] = steps;
  const script: Script = {
    path: first?.up.path ?? "",
    text: "",
    range: { start: 0, end: 0 },
    statements,
    transaction: "transaction",
  };
  return { script, leftOut: leftOut satisfies LeftOut, homes };
}
