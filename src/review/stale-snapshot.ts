import { bookkeeping } from "./additions.ts";
import { builtModels } from "./built-models.ts";
import { differences, driftOf, holds, tableIn, type Unplaced } from "./drift.ts";
import type { SnapshotKeeping } from "./framework.ts";
import { notReplayed } from "./not-replayed.ts";
import type { Declarations } from "./orm.ts";
import type { Database, DryRun, ModelSchema, Place, StaleSnapshot } from "./types.ts";

/**
 * Where the tool's own snapshot tells another schema than the migrations build that the pull request adds; null where the two are in
 * step, were not before, or where models part from the migrations in the same place: that is told of the models.
 */
export function staleSnapshotOf(
  database: Database,
  run: DryRun,
  { isDumped }: SnapshotKeeping,
): StaleSnapshot | null {
  const { snapshots, steps, dialect } = database;
  if (!snapshots) return null;
  const { path: file, unlisted } = snapshots;
  const missed = steps.find(({ up }) => unlisted.includes(up.path));
  if (missed) {
    const place = placeIn(missed.up, null);
    return { ...place, file, isUnlisted: true, differences: [] };
  }
  const [base, head] = [run.snapshots?.base, run.snapshots?.head];
  if (base?.kind !== "built" || head?.kind !== "built") return null;
  const isUnsure = notReplayed(run, [base.schema, head.schema]);
  if (isUnsure === null) return null;
  const models = builtModels(database, run, "head");
  const ofModels = new Set(
    [
      ...driftOf(database, run),
      ...(models ? differences(models.schema, run.head, models.declarations, dialect) : []),
    ].map(nameOf),
  );
  const before = differences(base.schema, run.base, declarationsOf(base), dialect);
  // Without versions it can only be seen by what it lacked before that it is written at another time.
  if (isDumped && before.some(({ model }) => model === null)) return null;
  const known = new Set(before.map((one) => JSON.stringify(one)));
  const refused = new Set([...base.refused, ...head.refused].map(({ table }) => table));
  const found = differences(head.schema, run.head, declarationsOf(head), dialect).filter(
    (one) =>
      !known.has(JSON.stringify(one)) &&
      !isUnsure(one.object) &&
      !isUnsure(tableIn(one.object)) &&
      !refused.has(one.object) &&
      !refused.has(tableIn(one.object)) &&
      !bookkeeping.test(one.object) &&
      !bookkeeping.test(tableIn(one.object)) &&
      !ofModels.has(nameOf(one)) &&
      // What neither models nor their snapshot know is left as it is.
      (one.model !== null || isDumped || (models !== null && holds(models.schema, one.kind, one.object))),
  );
  const [first] = found;
  if (!first) return null;
  const tables = new Set(found.map(({ object }) => object).flatMap((object) => [object, tableIn(object)]));
  const own = steps.find(({ up }) => statementIn(up, tables)) ?? steps.at(-1);
  return own ? { ...placeIn(own.up, tables), file, isUnlisted: false, differences: found } : null;
}

function nameOf({ kind, object }: Pick<Unplaced, "kind" | "object">): string {
  return `${kind} ${object}`;
}

/** All of a snapshot is said; only what the database refused of it is not known. */
function declarationsOf({ refused }: Extract<ModelSchema, { kind: "built" }>): Declarations {
  const tables = new Set(refused.map(({ table }) => table));
  return {
    find: () => null,
    hasForeignKeys: true,
    isPartial: (table) => tables.has(table),
    isIncomplete: tables.has(null),
    policiesOf: () => null,
  };
}

type Up = Database["steps"][number]["up"];

function statementIn({ statements }: Up, tables: ReadonlySet<string> | null) {
  return statements.find(({ operations }) =>
    operations.some(
      (operation) => tables !== null && "table" in operation && tables.has(operation.table ?? ""),
    ),
  );
}

/** The statement that is about one of the tables, else the first one. */
function placeIn(up: Up, tables: ReadonlySet<string> | null): Place {
  const { line, endLine } = statementIn(up, tables) ?? up.statements[0] ?? { line: 1, endLine: 1 };
  return { path: up.path, line, endLine };
}
