import type { ModelStatement, TableName } from "../types.ts";
import type {
  DrizzleColumn,
  DrizzleForeignKey,
  DrizzleIndex,
  DrizzleKey,
  DrizzleSchema,
  DrizzleTable,
  IndexPart,
  Named,
  SequenceOptions,
} from "./schema.ts";

/** What Drizzle Kit generates for a schema in an empty database (drizzle-kit/src/sqlgenerator.ts, serializer/pgSerializer.ts). */
export function renderPostgresql({ schemas, enums, sequences, tables }: DrizzleSchema): ModelStatement[] {
  const own = (sql: string): ModelStatement => ({ table: null, sql });
  return [
    ...schemas.map((name) => own(`CREATE SCHEMA ${quoted(name)}`)),
    ...enums.map((one) =>
      own(`CREATE TYPE ${qualified(one)} AS ENUM(${one.values.map((value) => text(value)).join(", ")})`),
    ),
    ...sequences.map((one) => own(`CREATE SEQUENCE ${qualified(one)}${sequenceText(filled(one.options))}`)),
    ...tables.flatMap((table) => [
      statementOf(table, createTable(table)),
      ...(table.hasRowSecurity
        ? [statementOf(table, `ALTER TABLE ${nameOf(table)} ENABLE ROW LEVEL SECURITY`)]
        : []),
    ]),
    ...tables.flatMap((table) =>
      // A key that has the name of another takes its place.
      [
        ...new Map(table.foreignKeys.map((key) => [key.name ?? foreignKeyName(table, key), key])).values(),
      ].map((key) => statementOf(table, foreignKey(table, key))),
    ),
    ...tables.flatMap((table) => table.indexes.map((index) => statementOf(table, createIndex(table, index)))),
  ];
}

/** A table's name as a schema has it: without `public`. */
export function tableNameOf({ name, schema }: Named): TableName {
  return schema === null || schema === "public" ? name : `${schema}.${name}`;
}

function statementOf(table: DrizzleTable, sql: string): ModelStatement {
  return { table: tableNameOf(table), sql };
}

function createTable(table: DrizzleTable): string {
  const [primaryKey] = table.primaryKeys;
  const parts = [
    ...table.columns.map((column) => columnText(column, table)),
    ...(primaryKey
      ? [`CONSTRAINT ${quoted(primaryKeyName(table, primaryKey))} PRIMARY KEY(${list(primaryKey.columns)})`]
      : []),
    ...table.columns.flatMap(({ unique, name, rawName }) =>
      unique
        ? [
            uniqueText(
              unique.name ?? `${table.name}_${rawName}_unique`,
              unique.nullsNotDistinct,
              quoted(name),
            ),
          ]
        : [],
    ),
    ...table.uniques.map(({ name, columns, nullsNotDistinct }) => {
      const own = name ?? `${table.name}_${columns.map(({ rawName }) => rawName).join("_")}_unique`;
      return uniqueText(own, nullsNotDistinct, list(columns));
    }),
    ...table.checks.map(({ name, sql }) => `CONSTRAINT ${quoted(name)} CHECK (${sql})`),
  ];
  return `CREATE TABLE ${nameOf(table)} (\n\t${parts.join(",\n\t")}\n)`;
}

function uniqueText(name: string, nullsNotDistinct: boolean, columns: string): string {
  return `CONSTRAINT ${quoted(name)} UNIQUE${nullsNotDistinct ? " NULLS NOT DISTINCT" : ""}(${columns})`;
}

function columnText(column: DrizzleColumn, table: DrizzleTable): string {
  const { name, identity, generated } = column;
  return [
    quoted(name),
    typeText(column),
    ...(column.isPrimary ? ["PRIMARY KEY"] : []),
    ...(column.defaultSql === null ? [] : [`DEFAULT ${column.defaultSql}`]),
    ...(generated ? [`GENERATED ALWAYS AS (${generated.as}) STORED`] : []),
    ...(column.notNull && !identity ? ["NOT NULL"] : []),
    ...(identity ? [identityText(column, identity, table)] : []),
  ].join(" ");
}

function identityText(
  { name, type }: DrizzleColumn,
  { isAlways, sequence, options }: NonNullable<DrizzleColumn["identity"]>,
  { name: table, schema }: DrizzleTable,
): string {
  const own = nameOf({ name: sequence ?? `${table}_${name}_seq`, schema });
  // Of a sequence that counts down, Drizzle takes the least of a small integer for all types.
  const limits = ["-32768", identityMaximum[type] ?? "32767"] as const;
  return `GENERATED ${isAlways ? "ALWAYS" : "BY DEFAULT"} AS IDENTITY (sequence name ${own}${sequenceText(filled(options, limits))})`;
}

const identityMaximum: Readonly<Record<string, string>> = {
  integer: "2147483647",
  bigint: "9223372036854775807",
};

/** The options with what Drizzle sets where none is given. */
function filled(
  options: SequenceOptions,
  [low, high]: readonly [string, string] = ["-9223372036854775808", "9223372036854775807"],
): SequenceOptions {
  const increment = options.increment ?? "1";
  const isDown = Number.parseFloat(increment) < 0;
  const minValue = options.minValue ?? (isDown ? low : "1");
  const maxValue = options.maxValue ?? (isDown ? "-1" : high);
  const startWith = options.startWith ?? (isDown ? maxValue : minValue);
  return { increment, minValue, maxValue, startWith, cache: options.cache ?? "1", cycle: options.cycle };
}

function sequenceText({ increment, minValue, maxValue, startWith, cache, cycle }: SequenceOptions): string {
  return ` INCREMENT BY ${increment} MINVALUE ${minValue} MAXVALUE ${maxValue} START WITH ${startWith} CACHE ${cache}${cycle ? " CYCLE" : ""}`;
}

/** Drizzle quotes a type that it does not know. */
function typeText({ type, typeSchema }: DrizzleColumn): string {
  const dimensions = (type.match(/\[\d*\]/g) ?? []).join("");
  const bare = type.replace(/\[\d*\]/g, "");
  if (typeSchema === null && nativeTypes.test(type)) return `${bare}${dimensions}`;
  const schema = typeSchema === null || typeSchema === "public" ? "" : `${quoted(typeSchema)}.`;
  return `${schema}${quoted(bare)}${dimensions}`;
}

const nativeTypes =
  /^(uuid|smallint|integer|bigint|boolean|text|varchar|serial|bigserial|decimal|numeric|real|json|jsonb|time|date|interval|double precision|char|vector|geometry|halfvec|sparsevec|bit)/;

function foreignKey(table: DrizzleTable, key: DrizzleForeignKey): string {
  const { columns, target, targetColumns, onDelete, onUpdate } = key;
  const name = key.name ?? foreignKeyName(table, key);
  const actions = [` ON DELETE ${onDelete ?? "no action"}`, ` ON UPDATE ${onUpdate ?? "no action"}`].join("");
  return `ALTER TABLE ${nameOf(table)} ADD CONSTRAINT ${quoted(name)} FOREIGN KEY (${list(columns)}) REFERENCES ${qualified(target)}(${list(targetColumns)})${actions}`;
}

/** Of types, sequences and tables that keys lead to, Drizzle writes the schema even where it is the usual one. */
function qualified({ name, schema }: Named): string {
  return `${quoted(schema ?? "public")}.${quoted(name)}`;
}

export function foreignKeyName(
  { name }: Named,
  { columns, target, targetColumns }: Pick<DrizzleForeignKey, "columns" | "target" | "targetColumns">,
): string {
  const parts = [name, ...columns.map(rawOf), target.name, ...targetColumns.map(rawOf)];
  return recased(`${parts.join("_")}_fk`, [...columns, ...targetColumns]);
}

export function primaryKeyName({ name }: Named, key: DrizzleKey): string {
  return recased(key.name ?? `${name}_${key.columns.map(rawOf).join("_")}_pk`, key.columns);
}

function rawOf({ rawName }: DrizzleColumn): string {
  return rawName;
}

/** Drizzle makes a name from the keys, and then puts the columns' names in their place, one after the other. */
function recased(name: string, columns: readonly DrizzleColumn[]): string {
  return columns.reduce((text, column) => text.replace(column.rawName, () => column.name), name);
}

function createIndex(table: DrizzleTable, index: DrizzleIndex): string {
  const { parts, isUnique, isConcurrent, method, where, parameters } = index;
  const columns = parts.map((part) => (part.kind === "column" ? part.column.name : ""));
  const name = index.name ?? `${table.name}_${columns.join("_")}_index`;
  const kind = isUnique ? "UNIQUE INDEX" : "INDEX";
  const storage = parameters.map(([key, value]) => `${key}=${value}`).join(",");
  return [
    `CREATE ${kind}${isConcurrent ? " CONCURRENTLY" : ""} ${quoted(name)} ON ${nameOf(table)} USING ${method} (${parts.map(indexPart).join(",")})`,
    ...(storage === "" ? [] : [`WITH (${storage})`]),
    ...(where === null ? [] : [`WHERE ${where}`]),
  ].join(" ");
}

function indexPart(part: IndexPart): string {
  if (part.kind === "expression") return part.sql;
  const name = quoted(part.column.name);
  if (part.operatorClass !== null) return `${name} ${part.operatorClass}`;
  const isUsual = part.order === "asc" && part.nulls === "last";
  return `${name}${part.order === "asc" ? "" : " DESC"}${isUsual ? "" : ` NULLS ${part.nulls.toUpperCase()}`}`;
}

function nameOf({ name, schema }: Named): string {
  return schema === null ? quoted(name) : `${quoted(schema)}.${quoted(name)}`;
}

function list(columns: readonly DrizzleColumn[]): string {
  return columns.map(({ name }) => quoted(name)).join(",");
}

function quoted(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

function text(value: string): string {
  return `'${value.replaceAll("'", "''")}'`;
}
