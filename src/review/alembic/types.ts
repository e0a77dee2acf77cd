import { membersOf } from "../code/python-evaluate.ts";
import { describe } from "../code/python-run.ts";
import { calleeOf, isNone, type PythonValue, pathOf } from "../code/python-values.ts";
import type { Context } from "./context.ts";
import { isLibrary } from "./database.ts";
import { literal, quoteName, stringIn, tableSql } from "./names.ts";
import { unreadable } from "./unreadable.ts";

/** An enumeration that is a type of its own in PostgreSQL. */
export interface EnumType {
  readonly sql: string;
  readonly labels: readonly string[];
  /** Whether creating a table with it creates it. */
  readonly createdByTable: boolean;
}

/** A column's type in SQL. */
export interface ColumnType {
  readonly sql: string;
  readonly enum: EnumType | null;
  /** The check that a value is one of an enumeration's or a boolean, where asked for: the values in SQL. */
  readonly check: { readonly name: PythonValue | undefined; readonly values: readonly string[] } | null;
}

/** The type that an expression such as `sa.String(20)` or `sa.Integer` stands for in a dialect. */
export function typeOf(value: PythonValue | undefined, context: Context): ColumnType {
  if (!value || isNone(value)) return plain("NULL");
  const type = typeBehind(value, context);
  return type === value ? writtenType(value, context) : typeOf(type, context);
}

/** What is left of a type once its variants and the project's own types are followed. */
export function typeBehind(value: PythonValue, context: Context): PythonValue {
  if (value.kind === "string") return value;
  const chosen = variantOf(value, context);
  if (chosen !== value) return typeBehind(chosen, context);
  const own = context.ownType(value);
  return own && !isNone(own) ? typeBehind(own, context) : (own ?? value);
}

function writtenType(value: PythonValue, context: Context): ColumnType {
  // A type of the project that says itself what it is called.
  if (value.kind === "string") return plain(value.value);
  const path = value.kind === "call" ? pathOf(value.callee) : pathOf(value);
  if (path === null) return unreadable(`a type is ${describe(value)}, known only when it runs`);
  if (!isLibrary(path))
    return unreadable(`the type ${describe(value)} is defined elsewhere and could not be read`);
  const name = path.split(".").at(-1) ?? path;
  const args = argumentsOf(value);
  if (name === "Enum" || name === "ENUM") return enumOf(value, name, context);
  if (name === "ARRAY") return arrayOf(args, context);
  if (/^boolean$/i.test(name)) return booleanOf(args, context);
  const written = writtenAs(name, path, args, context);
  return written === null
    ? unreadable(`the type ${describe(value)} is none that this database has`)
    : plain(written);
}

/** `type.with_variant(other, "postgresql")`: what holds in this dialect. */
function variantOf(value: PythonValue, { dialect }: Context): PythonValue {
  if (value.kind !== "call" || value.callee.kind !== "attribute" || value.callee.name !== "with_variant")
    return value;
  const [variant, ...dialects] = value.args.positional;
  const named = value.args.named.get("dialect_name");
  const isMeant = [...dialects, named].some((each) => each?.kind === "string" && each.value === dialect);
  return isMeant && variant ? variant : value.callee.object;
}

interface Given {
  readonly positional: readonly PythonValue[];
  readonly named: ReadonlyMap<string, PythonValue>;
}

function argumentsOf(value: PythonValue): Given {
  return value.kind === "call" ? value.args : { positional: [], named: new Map() };
}

function plain(sql: string): ColumnType {
  return { sql, enum: null, check: null };
}

/** The SQL of a type that is no enumeration and no array; null when it is not known. */
function writtenAs(name: string, path: string, args: Given, context: Context): string | null {
  const { dialect } = context;
  const isPostgresql = dialect === "postgresql";
  const number = (i: number, key: string) => numberIn(args.positional[i] ?? args.named.get(key));
  const flag = (i: number, key: string) => isTrue(args.positional[i] ?? args.named.get(key));
  const length = number(0, "length");
  const sized = (word: string, size = length) => (size === null ? word : `${word}(${size})`);
  switch (name) {
    // SQLAlchemy-Utils: what it makes of any value is a text.
    case "StringEncryptedType":
      return "VARCHAR";
    case "String":
    case "VARCHAR":
    case "Unicode":
    case "AutoString":
      return collated(sized("VARCHAR"), args, context);
    case "CHAR":
    case "NCHAR":
    case "NVARCHAR":
      return collated(sized(name), args, context);
    case "Text":
    case "TEXT":
    case "UnicodeText":
      return collated(isPostgresql ? "TEXT" : sized("TEXT"), args, context);
    case "Integer":
    case "INTEGER":
    case "INT":
      return "INTEGER";
    case "BigInteger":
    case "BIGINT":
      return "BIGINT";
    case "SmallInteger":
    case "SMALLINT":
      return "SMALLINT";
    case "Date":
    case "DATE":
    case "JSON":
    case "REAL":
    case "UUID":
    case "HSTORE":
      if (name === "UUID") return uuidSql(path, isPostgresql);
      return name.toUpperCase();
    case "Uuid":
      return isPostgresql && !isFalse(args.named.get("native_uuid")) ? "UUID" : "CHAR(32)";
    case "DateTime":
    case "TIMESTAMP":
    case "Time":
    case "TIME":
      return timeSql(name, flag(0, "timezone"), number(1, "precision"), isPostgresql);
    case "DATETIME":
      return name;
    case "Float":
    case "FLOAT":
      return isPostgresql ? sized("FLOAT", number(0, "precision")) : "FLOAT";
    case "Double":
      return isPostgresql ? "DOUBLE PRECISION" : "DOUBLE";
    case "DOUBLE":
      return "DOUBLE";
    case "DOUBLE_PRECISION":
      return "DOUBLE PRECISION";
    case "Numeric":
    case "NUMERIC":
    case "DECIMAL":
      return numericSql(name, number(0, "precision"), number(1, "scale"));
    case "LargeBinary":
    case "PickleType":
    case "BLOB":
    case "BYTEA":
      return isPostgresql ? "BYTEA" : "BLOB";
    case "BINARY":
    case "VARBINARY":
      return sized(name);
    case "Interval":
    case "INTERVAL":
      return isPostgresql ? intervalSql(args) : "DATETIME";
    case "BIT":
      return `BIT${isTrue(args.named.get("varying")) ? " VARYING" : ""}${length === null ? "" : `(${length})`}`;
    case "NullType":
      return "NULL";
    default:
      break;
  }
  if (postgresqlTypes.has(name)) return name;
  return libraryType(name, path, number(0, "dim"), context);
}

const postgresqlTypes = new Set(
  `JSONB JSONPATH INET CIDR MACADDR MACADDR8 MONEY OID REGCLASS REGCONFIG TSVECTOR TSQUERY CITEXT INT4RANGE INT8RANGE
  NUMRANGE DATERANGE TSRANGE TSTZRANGE INT4MULTIRANGE INT8MULTIRANGE NUMMULTIRANGE DATEMULTIRANGE TSMULTIRANGE
  TSTZMULTIRANGE`.split(/\s+/),
);

/** Types of well-known libraries beside SQLAlchemy. */
function libraryType(
  name: string,
  path: string,
  dimensions: number | null,
  { dialect }: Context,
): string | null {
  const isPostgresql = dialect === "postgresql";
  if (/^pgvector\./.test(path) && /^(Vector|VECTOR|HALFVEC|SPARSEVEC|BIT)$/.test(name))
    return dimensions === null ? name.toUpperCase() : `${name.toUpperCase()}(${dimensions})`;
  if (path.startsWith("sqlalchemy_utils.") && name === "UUIDType")
    return isPostgresql ? "UUID" : "BINARY(16)";
  if (path.startsWith("sqlalchemy_utils.") && name === "JSONType") return isPostgresql ? "JSON" : "TEXT";
  if (path.startsWith("sqlalchemy_utils.") && name === "LtreeType") return "LTREE";
  if (path.startsWith("sqlalchemy_utils.") && name === "TSVectorType")
    return isPostgresql ? "TSVECTOR" : "TEXT";
  if (path.startsWith("fastapi_users_db_sqlalchemy.") && name === "GUID")
    return isPostgresql ? "UUID" : "CHAR(36)";
  if (path.startsWith("fastapi_users_db_sqlalchemy.") && name === "TIMESTAMPAware")
    return isPostgresql ? "TIMESTAMP WITH TIME ZONE" : "TIMESTAMP";
  return null;
}

function uuidSql(path: string, isPostgresql: boolean): string {
  return isPostgresql || path.startsWith("sqlalchemy.") ? "UUID" : "CHAR(32)";
}

function timeSql(name: string, hasZone: boolean, precision: number | null, isPostgresql: boolean): string {
  const isDate = name === "DateTime" || name === "TIMESTAMP";
  if (!isPostgresql) {
    if (name === "DateTime") return "DATETIME";
    return isDate ? "TIMESTAMP" : "TIME";
  }
  const digits = precision === null ? "" : `(${precision})`;
  return `${isDate ? "TIMESTAMP" : "TIME"}${digits} ${hasZone ? "WITH" : "WITHOUT"} TIME ZONE`;
}

function numericSql(name: string, precision: number | null, scale: number | null): string {
  const word = name === "DECIMAL" ? "DECIMAL" : "NUMERIC";
  if (precision === null) return word;
  return scale === null ? `${word}(${precision})` : `${word}(${precision}, ${scale})`;
}

function intervalSql({ named }: Given): string {
  const fields = named.get("fields");
  const precision = numberIn(named.get("precision") ?? named.get("second_precision"));
  const words = fields?.kind === "string" ? ` ${fields.value}` : "";
  return `INTERVAL${words}${precision === null ? "" : `(${precision})`}`;
}

function quoteAlways(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

function collated(sql: string, { positional, named }: Given, _context: Context): string {
  const collation = named.get("collation") ?? positional[1];
  if (!collation || isNone(collation)) return sql;
  const schema = named.get("collation_schema");
  const home = schema && !isNone(schema) ? `${quoteAlways(stringIn(schema, "a schema"))}.` : "";
  return `${sql} COLLATE ${home}${quoteAlways(stringIn(collation, "a collation"))}`;
}

/** A database without a boolean of its own is told which numbers it may be, where that is asked for. */
function booleanOf({ positional, named }: Given, { dialect }: Context): ColumnType {
  const isChecked = dialect === "sqlite" && isTrue(named.get("create_constraint") ?? positional[0]);
  const name = named.get("name") ?? positional[1];
  return { ...plain("BOOLEAN"), check: isChecked ? { name, values: ["0", "1"] } : null };
}

function arrayOf({ positional, named }: Given, context: Context): ColumnType {
  const item = typeOf(positional[0] ?? named.get("item_type"), context);
  const dimensions = numberIn(named.get("dimensions") ?? positional[2]) ?? 1;
  return { sql: `${item.sql}${"[]".repeat(dimensions)}`, enum: item.enum, check: null };
}

function enumOf(value: PythonValue, word: string, context: Context): ColumnType {
  const { named } = argumentsOf(value);
  const labels = labelsOf(value);
  const given = named.get("name");
  const isNative = context.dialect === "postgresql" && !isFalse(named.get("native_enum"));
  if (!isNative) {
    const longest = Math.max(1, ...labels.map((label) => label.length));
    const length = numberIn(named.get("length")) ?? longest;
    const check = isTrue(named.get("create_constraint"))
      ? { name: given, values: labels.map(literal) }
      : null;
    return { sql: `VARCHAR(${length})`, enum: null, check };
  }
  const name = given && !isNone(given) ? stringIn(given, "a type's name") : classNameOf(value);
  if (name === null) return unreadable("an Enum without a name, which PostgreSQL needs");
  const schema = named.get("schema");
  const sql = tableSql({ name, schema: schema && !isNone(schema) ? stringIn(schema, "a schema") : null });
  const metadata = named.get("metadata");
  const createdByTable =
    !(word === "ENUM" && isFalse(named.get("create_type"))) && (!metadata || isNone(metadata));
  return { sql, enum: { sql, labels, createdByTable }, check: null };
}

/** The labels of an enumeration: given as strings, or the names of a Python class's members. */
function labelsOf(value: PythonValue): string[] {
  const { positional, named } = argumentsOf(value);
  const [first] = positional;
  if (first?.kind === "class") {
    const callable = named.get("values_callable");
    const members = membersOf(first);
    if (callable && !isNone(callable)) return members.map(([, each]) => stringIn(each, "a label"));
    return members.map(([name]) => name);
  }
  return positional.map((each) => stringIn(each, "a label of an Enum"));
}

function classNameOf(value: PythonValue): string | null {
  const [first] = argumentsOf(value).positional;
  return first?.kind === "class" ? first.definition.name.toLowerCase() : null;
}

/** CREATE TYPE for an enumeration. */
export function createEnumSql({ sql, labels }: EnumType): string {
  return `CREATE TYPE ${sql} AS ENUM (${labels.map(literal).join(", ")})`;
}

/** Whether it is one of SQLAlchemy's integer types, or a subclass by its name. */
export function integerSize(value: PythonValue | undefined): "SMALLSERIAL" | "SERIAL" | "BIGSERIAL" | null {
  const name = value && (calleeOf(value) ?? pathOf(value)?.split(".").at(-1));
  if (name === "SmallInteger" || name === "SMALLINT") return "SMALLSERIAL";
  if (name === "BigInteger" || name === "BIGINT") return "BIGSERIAL";
  return name === "Integer" || name === "INTEGER" || name === "INT" ? "SERIAL" : null;
}

/** The condition of a check that a column has one of these values. */
export function checkOf(column: string, values: readonly string[]): string {
  return `${quoteName(column)} IN (${values.join(", ")})`;
}

export function numberIn(value: PythonValue | undefined): number | null {
  return value?.kind === "number" ? value.value : null;
}

/** Python's own `True`, or 1, which stands for it. */
export function isTrue(value: PythonValue | undefined): boolean {
  return (value?.kind === "constant" && value.value === true) || numberIn(value) === 1;
}

export function isFalse(value: PythonValue | undefined): boolean {
  return value?.kind === "constant" && value.value === false;
}
