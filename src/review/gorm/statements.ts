import type { Dialect, ModelStatement } from "../types.ts";
import { columnsOf, type GormModels } from "./models.ts";
import { columnNameOf, objectNameOf } from "./naming.ts";
import type { ForeignKey } from "./relations.ts";
import type { Field, Schema } from "./schema.ts";
import { settingsOf } from "./tags.ts";

/** An index of a tag, with the columns of all fields that name it. */
export interface GormIndex {
  readonly name: string;
  class: string;
  type: string;
  where: string;
  option: string;
  readonly parts: {
    readonly field: Field;
    readonly expression: string;
    readonly sort: string;
    readonly collate: string;
    readonly priority: number;
  }[];
}

/** What GORM's migrator says to an empty database, its tables first: one may point at a later one. */
export function statementsOf(models: GormModels, dialect: Dialect): ModelStatement[] {
  const keys = models.isWithoutForeignKeys ? [] : models.foreignKeys;
  // SQLite adds no constraints to a table, and does not mind what a foreign key points at.
  const inTable = dialect === "sqlite" ? keys : [];
  const tables = [
    ...models.schemas.map((schema) => ({ table: schema.table, sql: tableOf(schema, dialect, inTable) })),
    ...models.joinTables.map(({ table, fields }) => ({
      table,
      sql: createTable(table, [...fields], [...fields], [], dialect, inTable),
    })),
  ];
  const schemas = [...new Set(tables.flatMap(({ table }) => /^([^.]+)\./.exec(table)?.[1] ?? []))];
  return [
    ...(dialect === "postgresql"
      ? schemas.map((name) => ({ table: null, sql: `CREATE SCHEMA IF NOT EXISTS ${quoted(name)}` }))
      : []),
    ...tables,
    ...models.schemas.flatMap((schema) =>
      columnsOf(schema)
        .filter((field) => isDoubtful(field, dialect))
        .map((field) => ({
          table: schema.table,
          sql: `ALTER TABLE ${quoted(schema.table)} ADD COLUMN ${columnSql(field, dialect, schema.keys.length)}`,
        })),
    ),
    ...models.schemas.flatMap((schema) =>
      indexesOf(schema, models, dialect)
        .filter((index) => !isForeign(index))
        .map((index) => ({ table: schema.table, sql: createIndex(schema.table, index, dialect) })),
    ),
    ...(dialect === "postgresql"
      ? keys.map((key) => ({
          table: key.table,
          sql: `ALTER TABLE ${quoted(key.table)} ADD ${foreignKeySql(key)}`,
        }))
      : []),
  ];
}

/** `class:FULLTEXT` and other classes that MySQL alone has: GORM sends them, and the database refuses them. */
function isForeign(index: GormIndex): boolean {
  return index.class !== "" && index.class.toUpperCase() !== "UNIQUE";
}

/** The fields whose index this database does not have. */
export function foreignIndexes(models: GormModels, dialect: Dialect) {
  return models.schemas.flatMap((schema) =>
    indexesOf(schema, models, dialect)
      .filter(isForeign)
      .flatMap(({ class: kind, parts }) =>
        parts.slice(0, 1).map(({ field }) => ({ field, what: `${schema.name}.${field.name}`, kind })),
      ),
  );
}

function tableOf(schema: Schema, dialect: Dialect, keys: readonly ForeignKey[]): string {
  return createTable(
    schema.table,
    columnsOf(schema),
    schema.keys,
    [...uniquesOf(schema, dialect), ...checksOf(schema, dialect)],
    dialect,
    keys,
  );
}

function createTable(
  table: string,
  columns: readonly Field[],
  primary: readonly Field[],
  constraints: readonly string[],
  dialect: Dialect,
  keys: readonly ForeignKey[],
): string {
  const lines = columns
    .filter((field) => !isDoubtful(field, dialect))
    .map((field) => columnSql(field, dialect, primary.length));
  const isInType = lines.some((line) => /PRIMARY KEY/i.test(line));
  if (!isInType && primary.length > 0) {
    lines.push(`PRIMARY KEY (${primary.map(({ column }) => quoted(column)).join(", ")})`);
  }
  lines.push(...constraints, ...keys.filter((key) => key.table === table).map(foreignKeySql));
  return `CREATE TABLE ${quoted(table)} (\n  ${lines.join(",\n  ")}\n)`;
}

/**
 * Whether the database may refuse the column's own words, which GORM takes as they are: it is then added by itself, so that
 * the table is there without it.
 */
function isDoubtful(field: Field, dialect: Dialect): boolean {
  if (field.isKey || field.unique || field.settings.has("CHECK")) return false;
  const value = defaultSql(field);
  const isPlainDefault = plainDefault.test(value) && !(dialect === "sqlite" && value.endsWith("()"));
  if (dialect === "sqlite") return !isPlainDefault;
  return !isPlainDefault || !plainType.test(typeOf(field, dialect, 1));
}

const plainDefault =
  /^( DEFAULT (-?\d+(\.\d+)?|'([^']|'')*'(::[\w ]+)?|true|false|null|current_\w+|now\(\)|gen_random_uuid\(\)))?$/i;
const plainType =
  /^(small|big)?(int|serial)$|^integer$|^(text|bytea|uuid|jsonb?|date|inet|real|bool|boolean|double precision|int[248]|float[48]|tsvector)(\[\])?$|^(var)?char(acter varying)?\(\d+\)$|^(timestamp(tz)?|time)(\(\d\))?( with(out)? time zone)?$|^(numeric|decimal)(\(\d+(, ?\d+)?\))?$/i;

function columnSql(field: Field, dialect: Dialect, keys: number): string {
  const notNull = field.notNull ? " NOT NULL" : "";
  return `${quoted(field.column)} ${typeOf(field, dialect, keys)}${notNull}${defaultSql(field)}`;
}

function defaultSql({ hasDefault, defaultLiteral, default: value }: Field): string {
  if (!hasDefault) return "";
  if (defaultLiteral !== null) return ` DEFAULT ${defaultLiteral}`;
  return value === "" || value === "(-)" ? "" : ` DEFAULT ${value}`;
}

/** `DataTypeOf` of the drivers gorm.io/driver/postgres and gorm.io/driver/sqlite. */
export function typeOf(field: Field, dialect: Dialect, keys: number): string {
  if (field.shape.column !== null) return field.shape.column;
  return dialect === "postgresql" ? typeForPostgres(field) : typeForSqlite(field, keys);
}

function typeForPostgres({ dataType, goType, size, precision, scale, autoIncrement }: Field): string {
  switch (dataType) {
    case "bool":
      return "boolean";
    case "int":
    case "uint":
      return wholeNumber(dataType === "uint" ? size + 1 : size, autoIncrement);
    case "float":
      if (precision <= 0) return "decimal";
      return scale > 0 ? `numeric(${precision}, ${scale})` : `numeric(${precision})`;
    case "string":
      return size > 0 && size <= 10_485_760 ? `varchar(${size})` : "text";
    case "time":
      return precision > 0 ? `timestamptz(${precision})` : "timestamptz";
    case "bytes":
      return "bytea";
    default:
      if (!autoIncrement || /serial/i.test(dataType)) return dataType;
      return wholeNumber(goType === "uint" ? size + 1 : size, true);
  }
}

function wholeNumber(size: number, autoIncrement: boolean): string {
  if (size <= 16) return autoIncrement ? "smallserial" : "smallint";
  if (size <= 32) return autoIncrement ? "serial" : "integer";
  return autoIncrement ? "bigserial" : "bigint";
}

function typeForSqlite({ dataType, autoIncrement, isKey, settings }: Field, keys: number): string {
  switch (dataType) {
    case "bool":
      return "numeric";
    case "int":
    case "uint":
      return autoIncrement && !(isKey && keys > 1) ? "integer PRIMARY KEY AUTOINCREMENT" : "integer";
    case "float":
      return "real";
    case "string":
      return "text";
    case "time":
      return settings.get("TYPE") ?? "datetime";
    case "bytes":
      return "blob";
    default:
      return dataType;
  }
}

function uniquesOf({ table, fields }: Schema, dialect: Dialect): string[] {
  return fields
    .filter(({ unique, column }) => unique && column !== "")
    .map(
      ({ column }) =>
        `CONSTRAINT ${quoted(objectNameOf("uni", table, column, dialect))} UNIQUE (${quoted(column)})`,
    );
}

function checksOf({ table, columns }: Schema, dialect: Dialect): string[] {
  return [...columns.values()].flatMap(({ settings, column }) => {
    const check = settings.get("CHECK") ?? "";
    if (check === "") return [];
    const [first = "", ...rest] = check.split(",");
    const isNamed = rest.length > 0 && /^[\w-]+$/.test(first);
    const name = isNamed ? first : objectNameOf("chk", table, column, dialect);
    const condition = isNamed || first === "" ? rest.join(",") : check;
    return [`CONSTRAINT ${quoted(name)} CHECK (${condition})`];
  });
}

/** The indexes that the fields' tags name, or that have a name of their own. */
export function indexesOf(
  { table, fields }: Schema,
  { naming }: Pick<GormModels, "naming">,
  dialect: Dialect,
): GormIndex[] {
  const indexes = new Map<string, GormIndex>();
  for (const field of fields) {
    if (field.column === "" || !(field.settings.get("INDEX") || field.settings.get("UNIQUEINDEX"))) continue;
    for (const part of field.tag.split(";")) {
      const [word = "", ...values] = part.split(":");
      const kind = word.toUpperCase().trim();
      if (kind !== "INDEX" && kind !== "UNIQUEINDEX") continue;
      const [given = "", ...options] = values.join(":").split(",");
      const settings = settingsOf(options.join(","), ",");
      const said = (name: string) => settings.get(name) ?? "";
      const subject = said("COMPOSITE") || field.name;
      const name = given || objectNameOf("idx", table, columnNameOf(subject, naming), dialect);
      const isUnique = kind === "UNIQUEINDEX" || said("UNIQUE") !== "";
      const index = indexes.get(name) ?? { name, class: "", type: "", where: "", option: "", parts: [] };
      indexes.set(name, index);
      index.class ||= isUnique ? "UNIQUE" : said("CLASS");
      index.type ||= said("TYPE");
      index.where ||= said("WHERE");
      index.option ||= said("OPTION");
      index.parts.push({
        field,
        expression: said("EXPRESSION"),
        sort: said("SORT"),
        collate: said("COLLATE"),
        priority: /^-?\d+$/.test(said("PRIORITY")) ? Number(said("PRIORITY")) : 10,
      });
      index.parts.sort((a, b) => a.priority - b.priority);
    }
  }
  return [...indexes.values()];
}

function createIndex(table: string, index: GormIndex, dialect: Dialect): string {
  const parts = index.parts.map(({ field, expression, sort, collate }) =>
    [expression || quoted(field.column), collate && `COLLATE ${collate}`, sort].filter(Boolean).join(" "),
  );
  const words = (...given: readonly string[]) => given.filter(Boolean).join(" ");
  const where = index.where && `WHERE ${index.where}`;
  const on = `ON ${quoted(table)}`;
  const list = `(${parts.join(", ")})`;
  if (dialect === "sqlite") {
    const using = index.type && `USING ${index.type}`;
    return words("CREATE", index.class, "INDEX", quoted(index.name), using, on, list, where);
  }
  // No other session is there to be locked out, and CONCURRENTLY says nothing of what is built.
  const option = /^\s*concurrently\s*$/i.test(index.option) ? "" : index.option;
  const using = index.type && `USING ${index.type}`;
  return words(
    "CREATE",
    index.class,
    "INDEX IF NOT EXISTS",
    quoted(index.name),
    on,
    using,
    list,
    option,
    where,
  );
}

function foreignKeySql({ name, columns, to, onDelete, onUpdate }: ForeignKey): string {
  const list = (names: readonly string[]) => `(${names.map(quoted).join(", ")})`;
  const actions = [onDelete && ` ON DELETE ${onDelete}`, onUpdate && ` ON UPDATE ${onUpdate}`].join("");
  return `CONSTRAINT ${quoted(name)} FOREIGN KEY ${list(columns)} REFERENCES ${quoted(to.table)} ${list(to.columns)}${actions}`;
}

/** A name in quotes, each of its parts for itself. */
function quoted(name: string): string {
  return name
    .split(".")
    .map((part) => `"${part.replaceAll('"', '""')}"`)
    .join(".");
}
