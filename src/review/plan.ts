import type { Framework, MigrationFiles } from "./framework.ts";
import type { Side, Sides } from "./inputs.ts";
import type { Migration } from "./types.ts";
import { normalVersion } from "./versions.ts";

export interface Step {
  readonly files: MigrationFiles;
  /** The same migration on the base side; null when it is added. */
  readonly before: MigrationFiles | null;
  readonly status: Migration["status"];
  readonly changed: Migration["changed"];
}

/** A migration that runs as it did. */
export interface Past {
  readonly files: MigrationFiles;
  /** The side whose text is run: a repeatable migration that changes ran as the base side has it. */
  readonly side: Side;
}

export interface Plan {
  /** Migrations that run as they did, before the first step. */
  readonly history: readonly Past[];
  /** From the first changed migration on, in the order in which they run. */
  readonly steps: readonly Step[];
  /** Ups that are gone, with no migration of their version left. */
  readonly removed: readonly string[];
  /** The last ones of the base side, where they are gone and earlier ones stay. */
  readonly takenBack: readonly MigrationFiles[];
}

/**
 * What runs again because of the change. A migration is known by its version: under another name but with the same
 * content it is still the same, with other content it is edited; tools that know it by its name take it for another. Added migrations run after everything that the base
 * side has, whatever their version, as they do in a database that is in use. When migrations are removed or renumbered
 * only a new database tells the truth, so that everything from there on runs in the order of versions.
 */
export function planOf(
  base: readonly MigrationFiles[],
  head: readonly MigrationFiles[],
  sides: Sides,
  knownBy: Framework["knownBy"],
): Plan {
  const keyOf = keysFor([base, head], knownBy);
  const before = new Map(base.map((files) => [keyOf(files), files]));
  const after = new Set(head.map(keyOf));
  const removed = base.filter((files) => !after.has(keyOf(files)));
  // A baseline that is new here runs in no database that is in use.
  const marked = head
    .map((files) => stepOf(files, before.get(keyOf(files)), sides))
    .filter(({ files, status }) => !(files.isBaseline && status === "added"));
  const replaced = new Set(
    marked.flatMap(({ files, status }) => (files.isRepeatable && status === "added" ? [keyOf(files)] : [])),
  );

  const gap = firstGap(base, removed, marked, keyOf);
  const inOrder = gap !== null && marked.some(({ status }) => status === "added");
  const run = inOrder ? marked : [...marked.filter(isOld), ...marked.filter((step) => !isOld(step))];
  const firstChange = run.findIndex(({ status }) => status !== "kept");
  const cut = Math.min(firstChange === -1 ? run.length : firstChange, inOrder ? gap : run.length);
  const steps = firstChange === -1 ? [] : run.slice(cut);
  const first = run.slice(0, run.length - steps.length).map(({ files }): Past => ({ files, side: "head" }));
  const earlier = base
    .filter((files) => replaced.has(keyOf(files)))
    .map((files): Past => ({ files, side: "base" }));
  return {
    history: [...first, ...earlier],
    steps,
    removed: removed.map(({ up }) => up),
    takenBack:
      removed.length === base.length
        ? []
        : base.slice(base.findLastIndex((files) => after.has(keyOf(files))) + 1),
  };
}

function isOld({ status }: Step): boolean {
  return status !== "added";
}

/** Versions, with the name where the tool goes by it, or one version stands twice on a side. */
function keysFor(
  sides: readonly (readonly MigrationFiles[])[],
  knownBy: Framework["knownBy"],
): (files: MigrationFiles) => string {
  const twice = new Set<string>();
  for (const side of sides) {
    const seen = new Set<string>();
    for (const { version } of side) {
      const normal = keyOfVersion(version);
      if (seen.has(normal)) twice.add(normal);
      seen.add(normal);
    }
  }
  return ({ version, name }) => {
    const normal = keyOfVersion(version);
    return knownBy === "name" || twice.has(normal) ? `${normal} ${name}` : normal;
  };
}

/** Numbers are the same with and without leading zeros; what is no number stands for itself. */
function keyOfVersion(version: string): string {
  return /^[vV]?\d+([-._]\d+)*$/.test(version) ? normalVersion(version) : version;
}

function stepOf(files: MigrationFiles, before: MigrationFiles | undefined, { base, head }: Sides): Step {
  if (!before)
    return { files, before: null, status: "added", changed: files.down === null ? ["up"] : ["up", "down"] };
  const differs = (then: string | null, now: string | null) =>
    (then === null ? null : base.get(then)?.digest) !== (now === null ? null : head.get(now)?.digest);
  const up: Migration["changed"] = differs(before.up, files.up) ? ["up"] : [];
  const down: Migration["changed"] = differs(before.down, files.down) ? ["down"] : [];
  const changed = [...up, ...down];
  // What it did stands, and it runs once more as it is now.
  if (files.isRepeatable && changed.length > 0) return { files, before: null, status: "added", changed };
  return { files, before, status: changed.length > 0 ? "edited" : "kept", changed };
}

/** Position in the head's order where the first removed migration stood; null when none is removed. */
function firstGap(
  base: readonly MigrationFiles[],
  removed: readonly MigrationFiles[],
  head: readonly Step[],
  keyOf: (files: MigrationFiles) => string,
): number | null {
  const first = removed[0];
  if (!first) return null;
  const earlier = new Set(base.slice(0, base.indexOf(first)).map(keyOf));
  const position = head.findIndex((step) => step.status !== "added" && !earlier.has(keyOf(step.files)));
  return position === -1 ? head.length : position;
}
