import { objectOf } from "../drift-policies.ts";
import type { Declarations, Declared, DeclaredPolicy, KeyKind } from "../orm.ts";
import type { Place } from "../types.ts";
import type { DrizzleReading } from "./read.ts";
import { tableNameOf } from "./render-postgresql.ts";
import type { DrizzleColumn } from "./schema.ts";

/** Where what Drizzle declares stands, by the names of the database. */
export function declarationsOf({ schema, isIncomplete }: Omit<DrizzleReading, "skipped">): Declarations {
  const found = new Map<string, Declared>();
  const put = (object: string, place: Place, more: Partial<Declared> = {}, kind: KeyKind | null = null) => {
    const declared = { ...place, hasOwnDefault: false, isOpaque: false, unsaid: [], ...more };
    for (const name of kind === null ? [object] : [object, `${object} ${kind}`])
      if (!found.has(name)) found.set(name, declared);
  };
  const partial = new Set<string>();
  const policies = new Map<string, readonly DeclaredPolicy[] | null>();
  for (const one of schema.enums) {
    const name = tableNameOf(one);
    put(name, one.place);
    for (const value of one.values) put(`${name}.${value}`, one.place);
  }
  for (const table of schema.tables) {
    const name = tableNameOf(table);
    if (table.isPartial) partial.add(name);
    put(name, { ...table.place, endLine: table.place.line });
    policies.set(name, table.hasOpenPolicies ? null : table.policies);
    for (const policy of table.policies) put(objectOf(name, policy.name), policy.place, {}, "policy");
    const key = (columns: readonly DrizzleColumn[]) =>
      `${name}(${columns.map((column) => column.name).join(", ")})`;
    for (const column of table.columns) {
      const { hasOwnDefault, isOpaque, place } = column;
      put(`${name}.${column.name}`, place, { hasOwnDefault, isOpaque });
      if (column.isPrimary || column.unique) put(key([column]), place, {}, "unique");
    }
    for (const { columns, place } of table.foreignKeys) put(key(columns), place, {}, "foreign key");
    for (const { columns, place } of [...table.uniques, ...table.primaryKeys])
      put(key(columns), place, {}, "unique");
    for (const { parts, place, isUnique } of table.indexes) {
      const columns = parts.flatMap((part) => (part.kind === "column" ? [part.column] : []));
      if (columns.length === parts.length) put(key(columns), place, {}, isUnique ? "unique" : "index");
    }
  }
  return {
    find: (object, kind) => found.get(`${object} ${kind}`) ?? found.get(object) ?? null,
    hasForeignKeys: true,
    isPartial: (table) => partial.has(table),
    isIncomplete,
    policiesOf: (table) => policies.get(table) ?? null,
  };
}
