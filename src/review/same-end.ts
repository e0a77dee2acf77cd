import type { Schema, Table } from "./types.ts";

/**
 * Whether two schemas have the same tables with the same columns, constraints and indexes, in whatever order the columns
 * stand. Names of NOT NULL constraints do not count: whether a column takes NULL is its own.
 */
export function sameEnd(one: Schema, other: Schema): boolean {
  return textOf(one, other) === textOf(other, one);
}

/** Without the very same tables that the other one has. */
function textOf({ tables, views, enums }: Schema, other: Schema): string {
  const shared = new Set(other.tables);
  const own = tables.filter((table) => !shared.has(table));
  return JSON.stringify([own.map(tableText).sort(), views.map(({ name }) => name).sort(), enums]);
}

function tableText({ name, kind, columns, constraints, indexes }: Table): string {
  const told = constraints.filter((constraint) => constraint.kind !== "not-null");
  return JSON.stringify([
    name,
    kind,
    columns.map((column) => JSON.stringify(column)).sort(),
    told
      .map((constraint) => JSON.stringify([constraint.name, constraint.definition, constraint.valid]))
      .sort(),
    indexes.map((index) => JSON.stringify([index.name, index.definition, index.valid])).sort(),
  ]);
}
