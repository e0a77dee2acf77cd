import { z } from "zod";
import type {
  Column,
  Constraint,
  ConstraintKind,
  Index,
  Policy,
  ReferentialAction,
  Schema,
  Table,
  TableName,
  Trigger,
} from "../review/types.ts";
import { type Catalog, type CatalogObject, type Details, originOf } from "./catalog.ts";

const texts = z
  .array(z.string())
  .nullish()
  .transform((list) => list ?? []);
const tableDetails = z.object({
  oid: z.number(),
  kind: z.enum(["table", "partitioned", "partition", "foreign"]),
  temporary: z.boolean(),
  unlogged: z.boolean().default(false),
  rowSecurity: z.boolean().default(false),
  rowSecurityForced: z.boolean().default(false),
  options: texts,
  parents: texts,
});
const identities: Readonly<Record<string, "always" | "by default">> = { a: "always", d: "by default" };
const columnDetails = z.object({
  table: z.string(),
  composite: z.boolean(),
  name: z.string(),
  position: z.number(),
  type: z.string(),
  notNull: z.boolean(),
  default: z.string().nullable(),
  identity: z.string().transform((kind) => identities[kind] ?? null),
  generated: z.boolean(),
});
const constraintDetails = z.object({
  table: z.string(),
  name: z.string(),
  type: z.string(),
  valid: z.boolean(),
  enforced: z.boolean().default(true),
  onDelete: z.string().nullish(),
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
  include: texts,
  keys: z
    .array(
      z.object({
        text: z.string(),
        operatorClass: z.string(),
        collation: z.number(),
        descending: z.boolean(),
        nullsFirst: z.boolean(),
      }),
    )
    .nullish(),
  nullsNotDistinct: z.boolean().default(false),
  backs: z.boolean().default(false),
  replicaIdentity: z.boolean().default(false),
});
const policyDetails = z.object({
  table: z.string(),
  name: z.string(),
  permissive: z.boolean(),
  command: z.enum(["r", "a", "w", "d", "*"]),
  roles: texts,
  using: z.string().nullable(),
  check: z.string().nullable(),
});
const viewDetails = z.object({
  materialized: z.boolean().default(false),
  options: texts,
  reads: texts,
});
const functionDetails = z.object({
  definer: z.boolean(),
  volatility: z.enum(["i", "s", "v"]),
  settings: texts,
  parsed: z.boolean(),
});
const sequenceDetails = z.object({
  type: z.string(),
  table: z.string().nullable(),
  column: z.string().nullable(),
  options: z.string(),
});
const roleDetails = z.object({ superuser: z.boolean(), bypassesRowSecurity: z.boolean() });

const constraintKinds: Readonly<Record<string, ConstraintKind>> = {
  p: "primary-key",
  u: "unique",
  f: "foreign-key",
  c: "check",
  n: "not-null",
  x: "exclude",
};

const referentialActions: Readonly<Record<string, ReferentialAction>> = {
  a: "NO ACTION",
  r: "RESTRICT",
  c: "CASCADE",
  n: "SET NULL",
  d: "SET DEFAULT",
};

const policyCommands = { r: "SELECT", a: "INSERT", w: "UPDATE", d: "DELETE", "*": "ALL" } as const;

const volatilities = { i: "immutable", s: "stable", v: "volatile" } as const;

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

type Detailed = CatalogObject & { readonly details: Details };

function isDetailed(object: CatalogObject): object is Detailed {
  return object.details !== null;
}

/** What is read of an object, once: an object that did not change is the same one in the next state of the database. */
function readOnce<To>(read: (object: Detailed) => To): (object: Detailed) => To {
  const known = new WeakMap<Detailed, { readonly value: To }>();
  return (object) => {
    const found = known.get(object);
    if (found) return found.value;
    const value = read(object);
    known.set(object, { value });
    return value;
  };
}

const readTable = readOnce(({ details }) => tableDetails.parse(details));
const readView = readOnce(({ details }) => viewDetails.parse(details));
const readColumn = readOnce(({ details }) => {
  const column = columnDetails.parse(details);
  return { table: column.table, position: column.position, value: columnOf(column) };
});
const readConstraint = readOnce(({ details, definition }) => {
  const constraint = constraintDetails.parse(details);
  return { table: constraint.table, value: constraintOf(constraint, definition) };
});
const readIndex = readOnce(({ details }) => {
  const index = indexDetails.parse(details);
  return { table: index.table, value: indexOf(index) };
});
const readPolicy = readOnce(({ details }) => {
  const policy = policyDetails.parse(details);
  return { table: policy.table, value: policyOf(policy) };
});
const readFunction = readOnce(({ identity: name, details, definition }) => {
  const { definer, volatility, settings, parsed } = functionDetails.parse(details);
  return {
    name,
    definition,
    securityDefiner: definer,
    volatility: volatilities[volatility],
    settings,
    parsed,
  };
});
const readSequence = readOnce(({ identity: name, details }) => {
  const { type, table, column, options } = sequenceDetails.parse(details);
  return { name, type, ownedBy: table === null || column === null ? null : { table, column }, options };
});
const readRole = readOnce(({ identity: name, details }) => ({ name, ...roleDetails.parse(details) }));

/** A trigger's parents are its table or view and its function. */
function triggerOf({ identity, parents, definition }: CatalogObject): Trigger {
  const called = parents.find((parent) => parent.startsWith("function "));
  const table = parents.find((parent) => parent !== called)?.replace(/^\w+ /, "") ?? "";
  return {
    name: identity.slice(table.length + 1),
    table,
    function: called?.slice("function ".length) ?? null,
    definition,
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

function constraintOf(constraint: z.infer<typeof constraintDetails>, definition: string): Constraint {
  const { name, columns, valid, enforced, onDelete, references, referenced } = constraint;
  return {
    name,
    kind: constraintKinds[constraint.type] ?? "check",
    columns,
    valid,
    enforced,
    onDelete: referentialActions[onDelete ?? ""] ?? null,
    definition,
    references: references === null ? null : { table: references, columns: referenced ?? [] },
  };
}

function indexOf(index: z.infer<typeof indexDetails>): Index {
  const { name, columns, keys, include, backs, nullsNotDistinct, replicaIdentity } = index;
  const { unique, primary, valid, method, where, definition } = index;
  return {
    name,
    columns: columns ?? [],
    keys: keys ?? [],
    include,
    unique,
    nullsNotDistinct,
    primary,
    backsConstraint: backs,
    replicaIdentity,
    valid,
    method,
    where,
    definition,
  };
}

function policyOf(policy: z.infer<typeof policyDetails>): Policy {
  const { name, permissive, command, roles, using, check } = policy;
  return { name, permissive, command: policyCommands[command], roles, using, check };
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
