import { quoteIdentifier } from "../sql/names.ts";
import { say } from "../text.ts";
import type { Index, PlannedStep, Table } from "../types.ts";
import { besideTable, fileName, withName } from "./names.ts";

/** The indexes of a column, built again on another one, to take the old ones' names when the old column goes. */
export interface MovedIndexes {
  readonly steps: readonly PlannedStep[];
  /** Gives the new indexes the old names; the old ones are gone, or renamed by `putAside`. */
  readonly takeNames: readonly string[];
  readonly giveNamesBack: readonly string[];
  readonly putAside: readonly string[];
  readonly putBack: readonly string[];
  /** Builds the old indexes again. */
  readonly rebuild: readonly string[];
  /** The same, for the old column under the name under which it waits to be dropped. */
  rebuildAside(column: string): readonly string[];
}

/**
 * The same indexes on another column. Null where that is not enough: the column is part of a key, a foreign key, a check
 * or an exclusion, or an index has a name that could not be made longer.
 */
export function moveIndexes(table: Table, column: string, to: string): MovedIndexes | null {
  const isTied = table.constraints.some(
    ({ kind, columns, definition }) =>
      kind !== "not-null" &&
      (columns.includes(column) || withName(definition, column, `${column}?`) !== definition),
  );
  const own = table.indexes.filter((index) => mentions(index, column));
  if (isTied || own.some((index) => index.primary || !index.valid || tooLong(index))) return null;
  const rename = (from: string, name: string) =>
    `ALTER INDEX ${besideTable(table.name, from)} RENAME TO ${quoteIdentifier(name)}`;
  return {
    steps: own.map((index) => ({
      phase: "migrate",
      title: say`Build ${index.name} for the new column, while others read and write.`,
      name: fileName("build", index.name, "new"),
      up: [concurrent(withName(withName(index.definition, index.name, fresh(index)), column, to))],
      down: [`DROP INDEX CONCURRENTLY ${besideTable(table.name, fresh(index))}`],
      outsideTransaction: true,
    })),
    takeNames: own.map((index) => rename(fresh(index), index.name)),
    giveNamesBack: own.map((index) => rename(index.name, fresh(index))),
    putAside: own.map((index) => rename(index.name, aside(index))),
    putBack: own.map((index) => rename(aside(index), index.name)),
    rebuild: own.map(({ definition }) => definition),
    rebuildAside: (last) =>
      own.map((index) => withName(withName(index.definition, index.name, aside(index)), column, last)),
  };
}

function mentions({ definition, columns }: Index, column: string): boolean {
  return columns.includes(column) || withName(definition, column, `${column}?`) !== definition;
}

function tooLong({ name }: Index): boolean {
  return new TextEncoder().encode(name).length > 58;
}

function fresh({ name }: Index): string {
  return `${name}_new`;
}

function aside({ name }: Index): string {
  return `${name}_old`;
}

function concurrent(definition: string): string {
  return definition.replace(/^(CREATE (?:UNIQUE )?INDEX)\b/, "$1 CONCURRENTLY");
}
