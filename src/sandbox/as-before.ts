import { isDeepStrictEqual } from "node:util";
import type { Migration, MigrationRun } from "../review/types.ts";
import { compareCatalogs } from "./compare.ts";
import type { State } from "./content.ts";
import type { Data } from "./fingerprint.ts";
import type { Seen } from "./seen.ts";
import { areTogether } from "./together.ts";

/** Whether all rows are what they were, as far as they are read: a value in place of a null is another row. */
function isSameData(before: Data, after: Data): boolean {
  if (before.size !== after.size) return false;
  return [...before].every(([table, rows]) => {
    const now = after.get(table);
    return now === rows || isDeepStrictEqual(now, rows);
  });
}

/** How many steps at the beginning are what they were, and only to be applied. */
export function sameSteps(before: readonly Migration[], now: readonly Migration[]): number {
  const changed = now.findIndex((step, i) => !isSameStep(step, before[i]));
  return changed === -1 ? now.length : changed;
}

function isSameStep(step: Migration, before: Migration | undefined): boolean {
  return step.status === "kept" && isDeepStrictEqual({ ...step, status: before?.status }, before);
}

/** A run of the change as it is. */
export interface Earlier {
  readonly seen: Seen;
  readonly steps: readonly Migration[];
}

/**
 * What becomes of the steps after one: what became of them in an earlier run, when they are the same steps there, only to be
 * applied, and begin with the same objects and rows; the database is left before them. null when they must run.
 */
export function restAsBefore(
  now: readonly Migration[],
  step: number,
  state: State,
  { seen, steps }: Earlier,
): readonly MigrationRun[] | null {
  const then = seen.contents[step + 1];
  if (!then || now.length !== steps.length || seen.migrations.length !== steps.length || areTogether(now))
    return null;
  if (!now.every((one, i) => i <= step || isSameStep(one, steps[i]))) return null;
  const { residue, benign } = compareCatalogs(then.catalog, state.catalog);
  if (residue.length > 0 || benign.length > 0 || !isSameData(then.data, state.data)) return null;
  return seen.migrations.slice(step + 1);
}
