import type { StatementRun } from "./types.ts";

/** What became of a statement; undefined when nothing is known of it. Runs stand in the order of their statements. */
export function runOf(runs: readonly StatementRun[], index: number): StatementRun | undefined {
  const inPlace = runs[index];
  return inPlace?.index === index ? inPlace : runs.find((run) => run.index === index);
}
