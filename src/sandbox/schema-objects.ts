import { z } from "zod";
import type {
  Column,
  Constraint,
  ConstraintKind,
  Index,
  Policy,
  ReferentialAction,
  Trigger,
} from "../review/types.ts";
import type { CatalogObject, Details } from "./catalog.ts";

// What a schema tells of one object of a catalogue.

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
  collation: z.string().nullish(),
  settings: texts,
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
  columns: z.array(z.string()).nullable().default(null),
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

export type Detailed = CatalogObject & { readonly details: Details };

export function isDetailed(object: CatalogObject): object is Detailed {
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

export const readTable = readOnce(({ details }) => tableDetails.parse(details));
export const readView = readOnce(({ details }) => viewDetails.parse(details));
export const readColumn = readOnce((object) => {
  const column = columnDetails.parse(object.details);
  return { table: column.table, position: column.position, value: columnOf(column, object) };
});
export const readConstraint = readOnce(({ details, definition }) => {
  const constraint = constraintDetails.parse(details);
  return { table: constraint.table, value: constraintOf(constraint, definition) };
});
export const readIndex = readOnce(({ details }) => {
  const index = indexDetails.parse(details);
  return { table: index.table, value: indexOf(index) };
});
export const readPolicy = readOnce(({ details }) => {
  const policy = policyDetails.parse(details);
  return { table: policy.table, value: policyOf(policy) };
});
export const readFunction = readOnce(({ identity: name, details, definition }) => {
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
export const readSequence = readOnce(({ identity: name, details }) => {
  const { type, table, column, options } = sequenceDetails.parse(details);
  return { name, type, ownedBy: table === null || column === null ? null : { table, column }, options };
});
export const readRole = readOnce(({ identity: name, details }) => ({ name, ...roleDetails.parse(details) }));

/** A trigger's parents are its table or view and its function. */
export function triggerOf({ identity, parents, definition }: CatalogObject): Trigger {
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

function columnOf(column: z.infer<typeof columnDetails>, { comment, privileges }: Detailed): Column {
  const { name, type, notNull, identity, generated, collation = null, settings } = column;
  const own = { collation, settings, comment, privileges };
  return { name, type, notNull, defaultSql: column.default, identity, generated, ...own };
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
