import { z } from "zod";
import type { DrizzleColumn, DrizzleIdentity, DrizzleIndex, DrizzleSchema, DrizzleTable } from "./schema.ts";
import {
  columnNamed,
  foreignKeyOf,
  homeOf,
  place,
  sequenceNumber,
  sequenceOptions,
} from "./snapshot-parts.ts";

const options = {
  increment: sequenceNumber,
  minValue: sequenceNumber,
  maxValue: sequenceNumber,
  startWith: sequenceNumber,
  cache: sequenceNumber,
  cycle: z.boolean().optional(),
};

const column = z.object({
  name: z.string(),
  type: z.string(),
  typeSchema: z.string().optional(),
  primaryKey: z.boolean(),
  notNull: z.boolean(),
  autoincrement: z.boolean().optional(),
  default: z.union([z.string(), z.number(), z.boolean(), z.null()]).optional(),
  generated: z.object({ as: z.string(), type: z.enum(["stored", "virtual"]) }).optional(),
  // SQLite's snapshots have no such columns.
  identity: z.object({ type: z.string(), name: z.string(), ...options }).optional(),
});

const indexPart = z.union([
  z.string(),
  z.object({
    expression: z.string(),
    isExpression: z.boolean(),
    asc: z.boolean(),
    nulls: z.string().optional(),
    opclass: z.string().optional(),
  }),
]);

const table = z.object({
  name: z.string(),
  schema: z.string().optional(),
  columns: z.record(z.string(), column),
  indexes: z.record(
    z.string(),
    z.object({
      name: z.string(),
      columns: z.array(indexPart),
      isUnique: z.boolean(),
      where: z.string().optional(),
      method: z.string().optional(),
      with: z.record(z.string(), z.unknown()).optional(),
    }),
  ),
  foreignKeys: z.record(
    z.string(),
    z.object({
      name: z.string(),
      tableTo: z.string(),
      schemaTo: z.string().optional(),
      columnsFrom: z.array(z.string()),
      columnsTo: z.array(z.string()),
      onDelete: z.string().optional(),
      onUpdate: z.string().optional(),
    }),
  ),
  compositePrimaryKeys: z.record(z.string(), z.object({ name: z.string(), columns: z.array(z.string()) })),
  uniqueConstraints: z
    .record(
      z.string(),
      z.object({ name: z.string(), columns: z.array(z.string()), nullsNotDistinct: z.boolean().optional() }),
    )
    .default({}),
});

/**
 * A snapshot of Drizzle Kit before 1.0, which lists tables by their names (drizzle-kit/src/serializer/pgSchema.ts,
 * sqliteSchema.ts): versions 6 and 7.
 */
export const tablesSnapshot = z.object({
  version: z.enum(["6", "7"]),
  dialect: z.string(),
  tables: z.record(z.string(), table),
  enums: z
    .record(
      z.string(),
      z.object({ name: z.string(), schema: z.string().optional(), values: z.array(z.string()) }),
    )
    .default({}),
  schemas: z.record(z.string(), z.string()).default({}),
  sequences: z
    .record(z.string(), z.object({ name: z.string(), schema: z.string().optional(), ...options }))
    .default({}),
});

type SnapshotTable = z.output<typeof table>;

/** What a snapshot declares. */
export function schemaOfTables({
  tables,
  enums,
  schemas,
  sequences,
}: z.output<typeof tablesSnapshot>): DrizzleSchema {
  return {
    schemas: Object.values(schemas),
    enums: Object.values(enums).map(({ name, schema, values }) => ({
      name,
      schema: homeOf(schema),
      values,
      place,
    })),
    sequences: Object.values(sequences).map(({ name, schema, ...rest }) => ({
      name,
      schema: homeOf(schema),
      options: sequenceOptions(rest),
    })),
    tables: Object.values(tables).map(tableOf),
  };
}

/** Checks, policies and row security are nothing that is compared. */
function tableOf(read: SnapshotTable): DrizzleTable {
  const columns = new Map(Object.values(read.columns).map((one) => [one.name, columnOf(one)]));
  const named = (names: readonly string[]) => names.map((name) => columns.get(name) ?? columnNamed(name));
  return {
    name: read.name,
    schema: homeOf(read.schema),
    columns: [...columns.values()],
    indexes: Object.values(read.indexes).map((index) => indexOf(index, columns)),
    uniques: Object.values(read.uniqueConstraints).map((one) => ({
      name: one.name,
      columns: named(one.columns),
      nullsNotDistinct: one.nullsNotDistinct ?? false,
      place,
    })),
    primaryKeys: Object.values(read.compositePrimaryKeys).map((key) => ({
      name: key.name,
      columns: named(key.columns),
      place,
    })),
    foreignKeys: Object.values(read.foreignKeys).map((key) => foreignKeyOf(key, named(key.columnsFrom))),
    checks: [],
    policies: [],
    hasOpenPolicies: false,
    hasRowSecurity: false,
    isPartial: false,
    place,
  };
}

function columnOf(read: z.output<typeof column>): DrizzleColumn {
  const { generated, identity } = read;
  return {
    ...columnNamed(read.name),
    type: read.type,
    typeSchema: read.typeSchema ?? null,
    isPrimary: read.primaryKey,
    notNull: read.notNull,
    autoincrement: read.autoincrement ?? false,
    defaultSql: read.default === undefined ? null : String(read.default),
    generated: generated ? { as: generated.as, mode: generated.type } : null,
    identity: identity ? identityOf(identity) : null,
  };
}

function identityOf({
  type,
  name,
  ...rest
}: NonNullable<z.output<typeof column>["identity"]>): DrizzleIdentity {
  return { isAlways: type === "always", sequence: name, options: sequenceOptions(rest) };
}

function indexOf(
  read: SnapshotTable["indexes"][string],
  columns: ReadonlyMap<string, DrizzleColumn>,
): DrizzleIndex {
  return {
    name: read.name,
    parts: read.columns.map((part) => {
      const { expression, isExpression, asc, nulls, opclass } =
        typeof part === "string"
          ? {
              expression: part,
              isExpression: !columns.has(part),
              asc: true,
              nulls: "last",
              opclass: undefined,
            }
          : part;
      if (isExpression) return { kind: "expression", sql: expression };
      return {
        kind: "column",
        column: columns.get(expression) ?? columnNamed(expression),
        order: asc ? "asc" : "desc",
        nulls: nulls === "first" ? "first" : "last",
        operatorClass: opclass ?? null,
      };
    }),
    isUnique: read.isUnique,
    // Nothing else uses the empty tables.
    isConcurrent: false,
    method: read.method ?? "btree",
    where: read.where ?? null,
    parameters: [],
    place,
  };
}
