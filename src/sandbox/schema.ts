import type { Schema, Table, TableName } from "../review/types.ts";
import { type Catalog, type CatalogObject, originOf } from "./catalog.ts";
import {
  type Detailed,
  isDetailed,
  labelsOf,
  readColumn,
  readConstraint,
  readFunction,
  readIndex,
  readPolicy,
  readRole,
  readSequence,
  readTable,
  readView,
  triggerOf,
} from "./schema-objects.ts";

/** A schema without a single object, for when none could be built. */
export const emptySchema: Schema = {
  tables: [],
  views: [],
  enums: [],
  functions: [],
  triggers: [],
  sequences: [],
  roles: [],
};

/** Schemas by the catalogue that they were made of. */
const schemas = new WeakMap<Catalog, Schema>();

/** The structured schema that rules and reports read, in the order of names; columns in the table's own order. */
export function schemaOf(catalog: Catalog): Schema {
  const known = schemas.get(catalog);
  if (known) return known;
  const origin = originOf(catalog);
  const earlier = origin && schemas.get(origin.earlier);
  const schema = earlier ? schemaAfter(earlier, catalog, origin.others) : makeSchema(catalog.values());
  schemas.set(catalog, schema);
  return schema;
}

/** The schema that came from an earlier one: only tables and kinds of objects are made anew of which one may be another. */
function schemaAfter(earlier: Schema, catalog: Catalog, others: readonly CatalogObject[]): Schema {
  const names = new Set(others.map(tableNameOf));
  const kinds = new Set(others.map(({ kind }) => kind));
  // A materialized view has indexes.
  if (kinds.has("index")) kinds.add("view");
  const views = new Set(kinds.has("view") ? earlier.views.map(({ name }) => name) : []);
  for (const { kind, identity } of others) if (kind === "view") views.add(identity);
  const some: CatalogObject[] = [];
  for (const object of catalog.values()) {
    const table = tableNameOf(object);
    if (table === null ? kinds.has(object.kind) : names.has(table) || views.has(table)) some.push(object);
  }
  const made = makeSchema(some);
  const ifAny = <Of>(kind: string, now: Of, before: Of) => (kinds.has(kind) ? now : before);
  const kept = earlier.tables.filter(({ name }) => !names.has(name));
  return {
    tables: [...kept, ...made.tables].sort((a, b) => compareText(a.name, b.name)),
    views: ifAny("view", made.views, earlier.views),
    enums: ifAny("type", made.enums, earlier.enums),
    functions: ifAny("function", made.functions, earlier.functions),
    triggers: ifAny("trigger", made.triggers, earlier.triggers),
    sequences: ifAny("sequence", made.sequences, earlier.sequences),
    roles: ifAny("role", made.roles, earlier.roles),
  };
}

/** The table, or view, that an object is a part of or is; null for those of no table, and for what else a table has. */
function tableNameOf({ kind, identity, details }: CatalogObject): TableName | null {
  if (kind === "table") return identity;
  if (!details || !["column", "constraint", "index", "policy"].includes(kind)) return null;
  return String(details.table);
}

function makeSchema(all: Iterable<CatalogObject>): Schema {
  const objects = [...all].sort((a, b) => compareText(a.identity, b.identity));
  const byKind = new Map<string, Detailed[]>();
  for (const object of objects) {
    if (!isDetailed(object)) continue;
    const list = byKind.get(object.kind);
    if (list) list.push(object);
    else byKind.set(object.kind, [object]);
  }
  const detailed = (kind: string) => byKind.get(kind) ?? [];
  const columns = groupByTable(
    detailed("column")
      .map(readColumn)
      .sort((a, b) => a.position - b.position),
  );
  const constraints = groupByTable(detailed("constraint").map(readConstraint));
  const indexes = groupByTable(detailed("index").map(readIndex));
  const policies = groupByTable(detailed("policy").map(readPolicy));
  return {
    tables: detailed("table").map((object) =>
      tableOf(object, {
        policies: policies.get(object.identity) ?? [],
        columns: columns.get(object.identity) ?? [],
        constraints: constraints.get(object.identity) ?? [],
        indexes: indexes.get(object.identity) ?? [],
      }),
    ),
    views: detailed("view").map((object) => {
      const { identity: name, definition, privileges } = object;
      return { name, definition, privileges, ...readView(object), indexes: indexes.get(name) ?? [] };
    }),
    enums: detailed("type").map(({ identity: name, details }) => ({ name, labels: labelsOf(details) })),
    functions: detailed("function").map(readFunction),
    triggers: objects.flatMap((object) => (object.kind === "trigger" ? [triggerOf(object)] : [])),
    sequences: detailed("sequence").map(readSequence),
    roles: detailed("role").map(readRole),
  };
}

type Parts = Pick<Table, "policies" | "columns" | "constraints" | "indexes">;

/** Tables by their object: one of which nothing changed is the same one in the next schema, and need not be looked at again. */
const tables = new WeakMap<CatalogObject, Table>();

function tableOf(object: Detailed, parts: Parts): Table {
  const known = tables.get(object);
  if (known && partNames.every((name) => isSameList<unknown>(known[name], parts[name]))) return known;
  const { identity: name, privileges } = object;
  const table = { name, ...readTable(object), privileges, ...parts };
  tables.set(object, table);
  return table;
}

const partNames = ["policies", "columns", "constraints", "indexes"] as const;

function isSameList<Item>(some: readonly Item[], others: readonly Item[]): boolean {
  return some.length === others.length && some.every((item, i) => item === others[i]);
}

function groupByTable<Value>(
  items: readonly { readonly table: string; readonly value: Value }[],
): ReadonlyMap<string, Value[]> {
  const groups = new Map<string, Value[]>();
  for (const { table, value } of items) {
    const group = groups.get(table);
    if (group) group.push(value);
    else groups.set(table, [value]);
  }
  return groups;
}

function compareText(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
