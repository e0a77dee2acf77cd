import { z } from "zod";
import type { Column, Constraint, ConstraintKind, Index, Schema, Table } from "../review/types.ts";
import type { Catalog, Details } from "./catalog.ts";

const tableDetails = z.object({
  oid: z.number(),
  kind: z.enum(["table", "partitioned", "partition", "foreign"]),
  temporary: z.boolean(),
});
const columnDetails = z.object({
  table: z.string(),
  composite: z.boolean(),
  name: z.string(),
  position: z.number(),
  type: z.string(),
  notNull: z.boolean(),
  default: z.string().nullable(),
  identity: z.boolean(),
  generated: z.boolean(),
});
const constraintDetails = z.object({
  table: z.string(),
  name: z.string(),
  type: z.string(),
  valid: z.boolean(),
  columns: z.array(z.string()),
  references: z.string().nullable(),
  referenced: z.array(z.string()).nullable(),
});
const indexDetails = z.object({
  table: z.string(),
  name: z.string(),
  unique: z.boolean(),
  primary: z.boolean(),
  valid: z.boolean(),
  method: z.string(),
  where: z.string().nullable(),
  definition: z.string(),
  columns: z.array(z.string().nullable()).nullable(),
});

const constraintKinds: Readonly<Record<string, ConstraintKind>> = {
  p: "primary-key",
  u: "unique",
  f: "foreign-key",
  c: "check",
  n: "not-null",
  x: "exclude",
};

/** A schema without a single object, for when none could be built. */
export const emptySchema: Schema = { tables: [], views: [], enums: [] };

/** The structured schema that rules and reports read, in the order of names; columns in the table's own order. */
export function schemaOf(catalog: Catalog): Schema {
  const objects = [...catalog.values()].sort((a, b) => compareText(a.identity, b.identity));
  const details = (kind: string) =>
    objects.flatMap((object) =>
      object.kind === kind && object.details ? [{ name: object.identity, details: object.details }] : [],
    );
  const columns = groupByTable(
    details("column")
      .map(({ details }) => columnDetails.parse(details))
      .sort((a, b) => a.position - b.position),
    columnOf,
  );
  const constraints = groupByTable(
    details("constraint").map(({ details }) => constraintDetails.parse(details)),
    (constraint) => constraintOf(constraint, catalog),
  );
  const indexes = groupByTable(
    details("index").map(({ details }) => indexDetails.parse(details)),
    indexOf,
  );
  return {
    tables: details("table").map(({ name, details }): Table => {
      const { oid, kind } = tableDetails.parse(details);
      return {
        name,
        oid,
        kind,
        columns: columns.get(name) ?? [],
        constraints: constraints.get(name) ?? [],
        indexes: indexes.get(name) ?? [],
      };
    }),
    views: details("view").map(({ name, details }) => ({
      name,
      materialized: details.materialized === true,
    })),
    enums: details("type").map(({ name, details }) => ({ name, labels: labelsOf(details) })),
  };
}

/** Labels of an enum in their order; empty when the type is none. */
export function labelsOf(details: Details | null): readonly string[] {
  return z.array(z.string()).safeParse(details?.labels).data ?? [];
}

function columnOf(column: z.infer<typeof columnDetails>): Column {
  const { name, type, notNull, identity, generated } = column;
  return { name, type, notNull, defaultSql: column.default, identity, generated };
}

function constraintOf(constraint: z.infer<typeof constraintDetails>, catalog: Catalog): Constraint {
  const { table, name, columns, valid, references, referenced } = constraint;
  return {
    name,
    kind: constraintKinds[constraint.type] ?? "check",
    columns,
    valid,
    definition: catalog.get(`constraint ${table}.${name}`)?.definition ?? "",
    references: references === null ? null : { table: references, columns: referenced ?? [] },
  };
}

function indexOf(index: z.infer<typeof indexDetails>): Index {
  const { name, columns, unique, primary, valid, method, where, definition } = index;
  return { name, columns: columns ?? [], unique, primary, valid, method, where, definition };
}

function groupByTable<From extends { readonly table: string }, To>(
  items: readonly From[],
  convert: (item: From) => To,
): ReadonlyMap<string, To[]> {
  const groups = new Map<string, To[]>();
  for (const item of items) {
    const group = groups.get(item.table) ?? [];
    group.push(convert(item));
    groups.set(item.table, group);
  }
  return groups;
}

function compareText(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
