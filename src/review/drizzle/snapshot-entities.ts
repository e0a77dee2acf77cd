import { z } from "zod";
import type { DrizzleColumn, DrizzleIndex, DrizzleSchema, DrizzleTable } from "./schema.ts";
import {
  columnNamed,
  foreignKeyOf,
  homeOf,
  place,
  sequenceNumber,
  sequenceOptions,
} from "./snapshot-parts.ts";

/** What an entity stands in: SQLite's have no schema. */
const schema = z.string().nullish();
const inTable = { schema, table: z.string(), name: z.string() };
const columns = z.array(z.string());

const column = z.object({
  entityType: z.literal("columns"),
  ...inTable,
  type: z.string(),
  typeSchema: z.string().nullish(),
  notNull: z.boolean(),
  dimensions: z.number().nullish(),
  autoincrement: z.boolean().nullish(),
  default: z.string().nullish(),
  generated: z.object({ as: z.string(), type: z.enum(["stored", "virtual"]).nullish() }).nullish(),
  identity: z
    .object({
      type: z.string(),
      name: z.string().nullish(),
      increment: sequenceNumber,
      minValue: sequenceNumber,
      maxValue: sequenceNumber,
      startWith: sequenceNumber,
      cache: sequenceNumber,
      cycle: z.boolean().nullish(),
    })
    .nullish(),
});

const index = z.object({
  entityType: z.literal("indexes"),
  ...inTable,
  columns: z.array(
    z.object({
      value: z.string(),
      isExpression: z.boolean(),
      asc: z.boolean().nullish(),
      nullsFirst: z.boolean().nullish(),
      opclass: z.object({ name: z.string() }).nullish(),
    }),
  ),
  isUnique: z.boolean(),
  where: z.string().nullish(),
  method: z.string().nullish(),
});

const foreignKey = z.object({
  entityType: z.literal("fks"),
  ...inTable,
  columns,
  schemaTo: schema,
  tableTo: z.string(),
  columnsTo: columns,
  onUpdate: z.string().nullish(),
  onDelete: z.string().nullish(),
});

const sequence = z.object({
  entityType: z.literal("sequences"),
  schema,
  name: z.string(),
  incrementBy: sequenceNumber,
  minValue: sequenceNumber,
  maxValue: sequenceNumber,
  startWith: sequenceNumber,
  cacheSize: sequenceNumber,
  cycle: z.boolean().nullish(),
});

const entity = z.discriminatedUnion("entityType", [
  z.object({ entityType: z.literal("schemas"), name: z.string() }),
  z.object({ entityType: z.literal("enums"), schema, name: z.string(), values: z.array(z.string()) }),
  sequence,
  z.object({ entityType: z.literal("tables"), schema, name: z.string() }),
  column,
  index,
  foreignKey,
  z.object({ entityType: z.literal("pks"), ...inTable, columns }),
  z.object({
    entityType: z.literal("uniques"),
    ...inTable,
    columns,
    nullsNotDistinct: z.boolean().nullish(),
  }),
  // Nothing of these is compared.
  z.object({ entityType: z.enum(["checks", "views", "roles", "policies", "privileges"]) }),
]);

/**
 * A snapshot of Drizzle Kit 1.0, which lists what there is one by one (drizzle-kit/src/dialects/postgres/ddl.ts, snapshot.ts,
 * sqlite/ddl.ts, snapshot.ts): versions 8 and 9 for PostgreSQL, 7 for SQLite. Later ones of version 9 hold only what changed.
 */
export const entitiesSnapshot = z.object({
  version: z.enum(["7", "8", "9"]),
  dialect: z.string(),
  ddl: z.array(entity),
});

type Entity = z.output<typeof entity>;
type EntityOf<Type extends Entity["entityType"]> = Extract<Entity, { entityType: Type }>;

/** What the entities of a snapshot declare. */
export function schemaOfEntities({ ddl }: z.output<typeof entitiesSnapshot>): DrizzleSchema {
  const every = <Type extends Entity["entityType"]>(type: Type) =>
    ddl.filter((one): one is EntityOf<Type> => one.entityType === type);
  return {
    schemas: every("schemas").map(({ name }) => name),
    enums: every("enums").map(({ name, schema, values }) => ({
      name,
      schema: homeOf(schema),
      values,
      place,
    })),
    sequences: every("sequences").map(({ name, schema, incrementBy, cacheSize, ...rest }) => ({
      name,
      schema: homeOf(schema),
      options: sequenceOptions({ ...rest, increment: incrementBy, cache: cacheSize }),
    })),
    tables: every("tables").map((table) => {
      const own = <Part extends { readonly schema?: unknown; readonly table: string }>(
        parts: readonly Part[],
      ) => parts.filter((part) => part.table === table.name && part.schema === table.schema);
      return tableOf(table, {
        columns: own(every("columns")),
        indexes: own(every("indexes")),
        uniques: own(every("uniques")),
        primaryKeys: own(every("pks")),
        foreignKeys: own(every("fks")),
      });
    }),
  };
}

interface Parts {
  readonly columns: readonly EntityOf<"columns">[];
  readonly indexes: readonly EntityOf<"indexes">[];
  readonly uniques: readonly EntityOf<"uniques">[];
  readonly primaryKeys: readonly EntityOf<"pks">[];
  readonly foreignKeys: readonly EntityOf<"fks">[];
}

function tableOf({ name, schema }: EntityOf<"tables">, parts: Parts): DrizzleTable {
  const columns = parts.columns.map(columnOf);
  const named = (names: readonly string[]) =>
    names.map((own) => columns.find((one) => one.name === own) ?? columnNamed(own));
  return {
    name,
    schema: homeOf(schema),
    columns: columns.map((one) => ({ ...one, isPrimary: isAlone(one, parts.primaryKeys) })),
    indexes: parts.indexes.map((one) => indexOf(one, named)),
    uniques: parts.uniques.map((one) => ({
      name: one.name,
      columns: named(one.columns),
      nullsNotDistinct: one.nullsNotDistinct ?? false,
      place,
    })),
    primaryKeys: parts.primaryKeys
      .filter(({ columns }) => columns.length > 1)
      .map((key) => ({ name: key.name, columns: named(key.columns), place })),
    foreignKeys: parts.foreignKeys.map((key) => foreignKeyOf(key, named(key.columns))),
    checks: [],
    policies: [],
    hasOpenPolicies: false,
    hasRowSecurity: false,
    isPartial: false,
    place,
  };
}

/** A key of one column is written beside it. */
function isAlone({ name }: DrizzleColumn, keys: Parts["primaryKeys"]): boolean {
  return keys.some(({ columns }) => columns.length === 1 && columns[0] === name);
}

function columnOf({ name, type, typeSchema, dimensions, ...read }: EntityOf<"columns">): DrizzleColumn {
  const { generated, identity } = read;
  return {
    ...columnNamed(name),
    type: `${type}${"[]".repeat(dimensions ?? 0)}`,
    typeSchema: typeSchema ?? null,
    notNull: read.notNull,
    autoincrement: read.autoincrement ?? false,
    defaultSql: read.default ?? null,
    generated: generated ? { as: generated.as, mode: generated.type ?? "stored" } : null,
    identity: identity
      ? {
          isAlways: identity.type === "always",
          sequence: identity.name ?? null,
          options: sequenceOptions(identity),
        }
      : null,
  };
}

type Named = (names: readonly string[]) => readonly DrizzleColumn[];

function indexOf(
  { name, columns, isUnique, where, method }: EntityOf<"indexes">,
  named: Named,
): DrizzleIndex {
  return {
    name,
    parts: columns.flatMap(({ value, isExpression, asc, nullsFirst, opclass }): DrizzleIndex["parts"] =>
      isExpression
        ? [{ kind: "expression", sql: value }]
        : named([value]).map((column) => ({
            kind: "column",
            column,
            order: asc === false ? "desc" : "asc",
            nulls: nullsFirst ? "first" : "last",
            operatorClass: opclass?.name ?? null,
          })),
    ),
    isUnique,
    // Nothing else uses the empty tables.
    isConcurrent: false,
    method: method ?? "btree",
    where: where ?? null,
    parameters: [],
    place,
  };
}
