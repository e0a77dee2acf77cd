import type { Alteration } from "./edited.ts";
import { collide, distinctEdits } from "./fix.ts";
import type { Database, DryRun, Finding, Migration, MigrationSequence } from "./types.ts";

/** What a sequence does to the files of a change. */
export function alterationOf({ steps, edits, replaces }: MigrationSequence): Alteration {
  return { edits, added: steps.flatMap(({ files }) => files), removed: replaces };
}

/** Findings with sequences that each take something else out of the change, as many as there are. */
export function apartFromEachOther(
  findings: readonly Finding[],
): readonly { readonly finding: Finding; readonly sequence: MigrationSequence }[] {
  const taken: MigrationSequence[] = [];
  return findings.flatMap((finding) => {
    const { sequence } = finding;
    if (!sequence || taken.some((other) => areMixed(sequence, other))) return [];
    taken.push(sequence);
    return [{ finding, sequence }];
  });
}

function areMixed(one: MigrationSequence, other: MigrationSequence): boolean {
  return (
    one.edits.some((edit) => other.edits.some((its) => collide(edit, its))) ||
    one.edits.some(({ path }) => other.replaces.includes(path)) ||
    one.replaces.some((path) => other.replaces.includes(path) || other.edits.some((its) => its.path === path))
  );
}

/** All that the sequences take out of the change, and the files of the first one, so that there is one. */
export function withoutAll(sequences: readonly MigrationSequence[]): Alteration {
  return {
    edits: distinctEdits(sequences.flatMap(({ edits }) => edits)),
    added: sequences.slice(0, 1).flatMap((first) => alterationOf(first).added ?? []),
    removed: sequences.flatMap(({ replaces }) => replaces),
  };
}

/** A sequence, and the change with it in place of what it takes out. */
interface Read {
  readonly sequence: MigrationSequence;
  readonly draft: { readonly steps: readonly Migration[] };
}

export interface Joined {
  readonly database: Database;
  readonly levels: readonly (readonly string[])[];
  /** What a run of it shows of one of the sequences by itself. */
  of(sequence: MigrationSequence, run: DryRun): DryRun;
}

/**
 * One change of several sequences: what is left of the change without all that they take out, only to be applied, then the first
 * steps of all sequences, their second steps, and so on, each kind a level. null when there is more left of it for one sequence
 * than for all.
 */
export function joinedOf(without: Database, sequences: readonly Read[]): Joined | null {
  const added = new Map(
    sequences.map(({ sequence }) => [
      sequence,
      new Set(sequence.steps.flatMap(({ files }) => files.map(({ path }) => path))),
    ]),
  );
  const isAdded = ({ up }: Migration) => [...added.values()].some((paths) => paths.has(up.path));
  const left = without.steps.filter((step) => !isAdded(step));
  const isLeft = (step: Migration) => isAdded(step) || left.some(({ id }) => id === step.id);
  if (!sequences.every(({ draft }) => draft.steps.every(isLeft))) return null;
  // Each by itself, they have versions in common.
  const names = new Map<MigrationSequence, Map<string, string>>();
  const own = sequences.map(({ sequence, draft }, i) => {
    const steps = draft.steps.filter(({ up }) => added.get(sequence)?.has(up.path));
    names.set(sequence, new Map(steps.map(({ id }) => [`${i}:${id}`, id])));
    return steps.map((step) => ({ ...step, id: `${i}:${step.id}` }));
  });
  const deepest = Math.max(...own.map((steps) => steps.length));
  const levels = Array.from({ length: deepest }, (_, i) => own.flatMap((steps) => steps.slice(i, i + 1)));
  const kept = left.map((step) => ({ ...step, status: "kept" as const }));
  const isKept = new Set(kept.map(({ id }) => id));
  return {
    database: { ...without, steps: [...kept, ...levels.flat()] },
    levels: levels.map((level) => level.map(({ id }) => id)),
    of: (sequence, run) => ({
      ...run,
      migrations: run.migrations.flatMap((seen) => {
        const id = isKept.has(seen.migration) ? seen.migration : names.get(sequence)?.get(seen.migration);
        return id === undefined ? [] : [{ ...seen, migration: id }];
      }),
    }),
  };
}
