import { describe } from "../code/python-run.ts";
import { calleeOf, isNone, type PythonCall, type PythonValue } from "../code/python-values.ts";
import { conflictSql } from "./constraints.ts";
import type { Context } from "./context.ts";
import { expressionSql, textIn } from "./expressions.ts";
import { literal, quoteName, stringIn } from "./names.ts";
import { identitySql } from "./sequence-options.ts";
import { type ColumnType, integerSize, isFalse, isTrue, typeBehind, typeOf } from "./types.ts";
import { unreadable } from "./unreadable.ts";

/** `sa.Column(…)`, as far as SQL comes from it. */
export interface Column {
  readonly name: string;
  readonly type: ColumnType;
  readonly serial: "SMALLSERIAL" | "SERIAL" | "BIGSERIAL" | null;
  /** As written; null when the column's other words decide. */
  readonly nullable: boolean | null;
  readonly primaryKey: boolean;
  readonly autoincrement: boolean | "ignore_fk" | null;
  readonly unique: boolean;
  readonly index: boolean;
  readonly defaultSql: string | null;
  readonly hasDefault: boolean;
  readonly computed: string | null;
  readonly identity: string | null;
  /** It is never NULL by itself, whatever the database makes of it. */
  readonly isIdentity: boolean;
  readonly comment: string | null;
  /** What SQLite does with a row that breaks a word of it, by the word. */
  readonly conflicts: { readonly notNull: string; readonly unique: string; readonly primaryKey: string };
  readonly foreignKeys: readonly PythonCall[];
  readonly checks: readonly PythonCall[];
}

/** Reads a `sa.Column(…)`. */
export function readColumn(value: PythonValue, context: Context): Column {
  if (value.kind !== "call" || !/^(Column|mapped_column)$/.test(calleeOf(value) ?? ""))
    return unreadable(`a column is ${describe(value)}, known only when it runs`);
  const [first, ...rest] = value.args.positional;
  const { named } = value.args;
  if (named.has("**")) return unreadable("a column has arguments that are known only when it runs");
  const name = stringIn(named.get("name") ?? first, "a column's name");
  const others = first && named.has("name") && first.kind !== "string" ? [first, ...rest] : rest;
  const calls = others.flatMap((each) => (each.kind === "call" ? [each] : []));
  const of = (word: string) => calls.filter((each) => calleeOf(each) === word);
  const typeValue = named.get("type_") ?? others.find((each) => !schemaItems.test(calleeOf(each) ?? ""));
  const server = named.get("server_default");
  const computed = of("Computed")[0] ?? asCall(server, "Computed");
  const identity = of("Identity")[0] ?? asCall(server, "Identity");
  const comment = named.get("comment");
  const defaultSql = server && !computed && !identity ? columnDefault(server, context) : null;
  return {
    name,
    type: typeOf(typeValue, context),
    serial: typeValue ? integerSize(typeBehind(typeValue, context)) : null,
    nullable: flagOf(named.get("nullable")),
    primaryKey: isTrue(named.get("primary_key")),
    autoincrement: countingOf(named.get("autoincrement")),
    unique: isTrue(named.get("unique")),
    index: isTrue(named.get("index")),
    defaultSql,
    hasDefault: defaultSql !== null || isGiven(named.get("default")),
    computed: computed ? computedSql(computed, context) : null,
    identity: identity && context.dialect === "postgresql" ? identitySql(identity) : null,
    isIdentity: identity !== undefined,
    comment: comment && !isNone(comment) ? stringIn(comment, "a comment") : null,
    conflicts: {
      notNull: conflictSql(named, "sqlite_on_conflict_not_null", context),
      unique: conflictSql(named, "sqlite_on_conflict_unique", context),
      primaryKey: conflictSql(named, "sqlite_on_conflict_primary_key", context),
    },
    foreignKeys: of("ForeignKey"),
    checks: of("CheckConstraint"),
  };
}

const schemaItems = /^(ForeignKey|CheckConstraint|Computed|Identity|Sequence|FetchedValue|DefaultClause)$/;

/** Whether a default is made elsewhere; an optional sequence is none where the database counts by itself. */
function isGiven(value: PythonValue | undefined): boolean {
  if (!value || isNone(value)) return false;
  return !(
    calleeOf(value) === "Sequence" &&
    value.kind === "call" &&
    isTrue(value.args.named.get("optional"))
  );
}

function asCall(value: PythonValue | undefined, word: string): PythonCall | undefined {
  return value?.kind === "call" && calleeOf(value) === word ? value : undefined;
}

function flagOf(value: PythonValue | undefined): boolean | null {
  if (isTrue(value)) return true;
  return isFalse(value) ? false : null;
}

/** A `server_default`: a string is a constant, anything else is SQL; null for none. */
export function defaultSql(value: PythonValue, context: Context): string | null {
  if (isNone(value) || isFalse(value)) return null;
  if (value.kind === "string") return literal(value.value);
  const [inner] = value.kind === "call" ? value.args.positional : [];
  if (calleeOf(value) === "DefaultClause" && inner) return defaultSql(inner, context);
  if (value.kind === "constant" || value.kind === "number")
    return unreadable("a server_default that is neither a string nor SQL, which SQLAlchemy refuses");
  return textIn(value, context)?.value ?? expressionSql(value, context);
}

/** SQLite wants parentheses around a default that is an expression. */
function columnDefault(value: PythonValue, context: Context): string | null {
  const [inner] = value.kind === "call" ? value.args.positional : [];
  if (calleeOf(value) === "DefaultClause" && inner) return columnDefault(inner, context);
  const sql = defaultSql(value, context);
  const isExpression = value.kind !== "string" && textIn(value, context) === null;
  return sql !== null && isExpression && context.dialect === "sqlite" ? `(${sql})` : sql;
}

function computedSql({ args }: PythonCall, context: Context): string {
  const [first] = args.positional;
  if (!first) return unreadable("a Computed without SQL");
  const sql = first.kind === "string" ? first.value : expressionSql(first, context);
  const persisted = args.named.get("persisted");
  const isVirtual = isFalse(persisted);
  const isStored = !isVirtual && (context.dialect === "postgresql" || isTrue(persisted));
  return `GENERATED ALWAYS AS (${sql})${isVirtual ? " VIRTUAL" : ""}${isStored ? " STORED" : ""}`;
}

export interface KeyColumns {
  /** Columns of the primary key, by name. */
  readonly primaryKey: ReadonlySet<string>;
  /** The one that counts by itself, if any. */
  readonly counted: string | null;
}

/** A column's definition, as in CREATE TABLE and ADD COLUMN. */
export function columnSql(column: Column, { primaryKey, counted }: KeyColumns, { dialect }: Context): string {
  const isKey = primaryKey.has(column.name);
  const isSerial =
    dialect === "postgresql" && counted === column.name && column.identity === null && !column.hasDefault;
  const words = [quoteName(column.name), isSerial && column.serial ? column.serial : column.type.sql];
  if (column.defaultSql !== null && !isSerial) words.push(`DEFAULT ${column.defaultSql}`);
  if (column.computed !== null) words.push(column.computed);
  if (column.identity !== null) words.push(column.identity);
  const isNullable = column.nullable ?? !(isKey || column.isIdentity);
  if (column.identity === null) {
    if (!isNullable) words.push(`NOT NULL${column.conflicts.notNull}`);
  } else if (isNullable && column.nullable !== null) {
    words.push("NULL");
  }
  return words.join(" ");
}

/** `autoincrement="ignore_fk"` counts a key that refers to another table as well. */
function countingOf(value: PythonValue | undefined): Column["autoincrement"] {
  return value?.kind === "string" && value.value === "ignore_fk" ? "ignore_fk" : flagOf(value);
}

/** The column of the primary key that is SERIAL: the only one, an integer, without a default or a foreign key. */
export function countedColumn(
  columns: readonly Column[],
  primaryKey: ReadonlySet<string>,
  referring: ReadonlySet<string>,
): string | null {
  const keys = columns.filter(({ name }) => primaryKey.has(name));
  const asked = keys.find(({ autoincrement }) => autoincrement === true);
  if (asked) return asked.serial ? asked.name : null;
  const [only] = keys;
  if (!only || keys.length > 1 || only.autoincrement === false) return null;
  const refers =
    only.autoincrement !== "ignore_fk" && (only.foreignKeys.length > 0 || referring.has(only.name));
  return only.serial && !only.hasDefault && !refers ? only.name : null;
}
