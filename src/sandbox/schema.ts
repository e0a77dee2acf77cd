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
  Trigger,
} from "../review/types.ts";
import type { Catalog, CatalogObject, Details } from "./catalog.ts";

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

/** The structured schema that rules and reports read, in the order of names; columns in the table's own order. */
export function schemaOf(catalog: Catalog): Schema {
  const objects = [...catalog.values()].sort((a, b) => compareText(a.identity, b.identity));
  const details = (kind: string) =>
    objects.flatMap((object) =>
      object.kind === kind && object.details
        ? [{ ...object, name: object.identity, details: object.details }]
        : [],
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
  const policies = groupByTable(
    details("policy").map(({ details }) => policyDetails.parse(details)),
    policyOf,
  );
  return {
    tables: details("table").map(({ name, details, privileges }): Table => {
      const { oid, kind, temporary, unlogged, rowSecurity, rowSecurityForced, options } =
        tableDetails.parse(details);
      return {
        name,
        oid,
        kind,
        temporary,
        unlogged,
        rowSecurity,
        rowSecurityForced,
        options,
        privileges,
        policies: policies.get(name) ?? [],
        columns: columns.get(name) ?? [],
        constraints: constraints.get(name) ?? [],
        indexes: indexes.get(name) ?? [],
      };
    }),
    views: details("view").map(({ name, details, definition, privileges }) => {
      const { materialized, options, reads } = viewDetails.parse(details);
      return { name, materialized, definition, options, reads, privileges, indexes: indexes.get(name) ?? [] };
    }),
    enums: details("type").map(({ name, details }) => ({ name, labels: labelsOf(details) })),
    functions: details("function").map(({ name, details, definition }) => {
      const { definer, volatility, settings, parsed } = functionDetails.parse(details);
      return {
        name,
        definition,
        securityDefiner: definer,
        volatility: volatilities[volatility],
        settings,
        parsed,
      };
    }),
    triggers: objects.flatMap((object) => (object.kind === "trigger" ? [triggerOf(object)] : [])),
    sequences: details("sequence").map(({ name, details }) => {
      const { type, table, column } = sequenceDetails.parse(details);
      return { name, type, ownedBy: table === null || column === null ? null : { table, column } };
    }),
    roles: details("role").map(({ name, details }) => ({ name, ...roleDetails.parse(details) })),
  };
}

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

function constraintOf(constraint: z.infer<typeof constraintDetails>, catalog: Catalog): Constraint {
  const { table, name, columns, valid, enforced, onDelete, references, referenced } = constraint;
  return {
    name,
    kind: constraintKinds[constraint.type] ?? "check",
    columns,
    valid,
    enforced,
    onDelete: referentialActions[onDelete ?? ""] ?? null,
    definition: catalog.get(`constraint ${table}.${name}`)?.definition ?? "",
    references: references === null ? null : { table: references, columns: referenced ?? [] },
  };
}

function indexOf(index: z.infer<typeof indexDetails>): Index {
  const { name, columns, keys, include, backs, nullsNotDistinct } = index;
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
