import type { Outcome, ScriptRun, StatementRun } from "./types.ts";

/** What became of a statement; undefined when nothing is known of it. Runs stand in the order of their statements. */
export function runOf(runs: readonly StatementRun[], index: number): StatementRun | undefined {
  const inPlace = runs[index];
  return inPlace?.index === index ? inPlace : runs.find((run) => run.index === index);
}

/** Whether a statement had its effect: it ran, or the migration itself leaves it out. */
export function isSettled(outcome: Outcome | undefined): boolean {
  return outcome?.kind === "ran" || outcome?.kind === "not-due";
}

/** Whether every statement of a script had its effect, and its transaction has an end. */
export function isThrough({ statements, leftOpen }: ScriptRun): boolean {
  return !leftOpen && statements.every(({ outcome }) => isSettled(outcome));
}
