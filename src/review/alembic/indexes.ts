import { calleeOf, isNone, type PythonValue } from "../code/python-values.ts";
import { columnList } from "./constraints.ts";
import type { Context } from "./context.ts";
import { expressionSql, textIn } from "./expressions.ts";
import { constraintName, nameIn, namesIn, quoteName, stringIn, type TableRef, tableSql } from "./names.ts";
import { isTrue } from "./types.ts";
import { unreadable } from "./unreadable.ts";

interface NewIndex {
  readonly name: PythonValue | undefined;
  readonly table: TableRef;
  readonly columns: readonly PythonValue[];
  readonly unique: boolean;
  readonly named: ReadonlyMap<string, PythonValue>;
}

/** CREATE INDEX as SQLAlchemy's compiler of the dialect writes it. */
export function createIndexSql({ name, table, columns, unique, named }: NewIndex, context: Context): string {
  const { dialect } = context;
  const option = (key: string) => {
    const value = named.get(`${dialect}_${key}`);
    return value && !isNone(value) ? value : undefined;
  };
  const plainNames = columns.flatMap((column) => (column.kind === "string" ? [column.value] : []));
  const given = nameIn(name);
  const indexName = constraintName("ix", given, { table, columns: plainNames }, context);
  if (indexName === null) return unreadable("an index without a name");
  const isPostgresql = dialect === "postgresql";
  const concurrently = isPostgresql && isTrue(option("concurrently")) ? "CONCURRENTLY " : "";
  const ifNotExists = isTrue(named.get("if_not_exists")) ? "IF NOT EXISTS " : "";
  const using = isPostgresql ? option("using") : undefined;
  const operatorClasses = option("ops");
  const list = columns.map((column) => columnSql(column, operatorClasses, context)).join(", ");
  const include = isPostgresql ? option("include") : undefined;
  const nulls = isPostgresql && isTrue(option("nulls_not_distinct")) ? " NULLS NOT DISTINCT" : "";
  const storage = isPostgresql ? option("with") : undefined;
  const space = isPostgresql ? option("tablespace") : undefined;
  const where = option("where");
  // SQLite's schema stands before the index, PostgreSQL's before the table (CREATE INDEX of both documentations).
  const [home, target] =
    isPostgresql || table.schema === null
      ? ["", tableSql(table)]
      : [`${quoteName(table.schema)}.`, quoteName(table.name)];
  return [
    `CREATE ${unique ? "UNIQUE " : ""}INDEX ${concurrently}${ifNotExists}${home}${quoteName(indexName)} ON ${target} `,
    using ? `USING ${stringIn(using, "the index method").toLowerCase()} ` : "",
    `(${list})`,
    include ? ` INCLUDE ${columnList(namesIn(include, "a column's name"))}` : "",
    nulls,
    storage ? ` WITH (${storageSql(storage)})` : "",
    space ? ` TABLESPACE ${quoteName(stringIn(space, "a tablespace"))}` : "",
    where ? ` WHERE ${whereSql(where, context)}` : "",
  ].join("");
}

function columnSql(column: PythonValue, classes: PythonValue | undefined, context: Context): string {
  const name = column.kind === "string" ? column.value : null;
  const key = name ?? keyOf(column);
  const entry =
    classes?.kind === "dict" && key !== null
      ? classes.entries.find(([candidate]) => candidate.kind === "string" && candidate.value === key)?.[1]
      : undefined;
  const sql = name === null ? termSql(column, context) : quoteName(name);
  return entry ? `${sql} ${stringIn(entry, "an operator class")}` : sql;
}

/** By what an operator class is given to what is no plain name: a column's name, or a label. */
function keyOf(column: PythonValue): string | null {
  if (column.kind !== "call") return null;
  const isLabel = column.callee.kind === "attribute" && column.callee.name === "label";
  return isLabel || calleeOf(column) === "column" ? textOfFirst(column.args.positional) : null;
}

function textOfFirst([first]: readonly PythonValue[]): string | null {
  return first?.kind === "string" ? first.value : null;
}

/** Operators stand in parentheses, functions and literal SQL do not. */
function termSql(column: PythonValue, context: Context): string {
  const text = textIn(column, context);
  if (text) return text.value;
  const sql = expressionSql(column, context);
  return column.kind === "operation" ? `(${sql})` : sql;
}

function whereSql(where: PythonValue, context: Context): string {
  return where.kind === "string" ? where.value : expressionSql(where, context);
}

function storageSql(storage: PythonValue): string {
  if (storage.kind !== "dict") return unreadable("storage parameters are known only when it runs");
  return storage.entries
    .map(([key, value]) => `${stringIn(key, "a storage parameter")} = ${storageValue(value)}`)
    .join(", ");
}

function storageValue(value: PythonValue): string {
  return value.kind === "number" ? value.text : stringIn(value, "a storage parameter");
}

/** DROP INDEX. */
export function dropIndexSql(
  name: PythonValue | undefined,
  table: TableRef | null,
  schema: string | null,
  named: ReadonlyMap<string, PythonValue>,
  context: Context,
): string {
  const given = nameIn(name);
  const indexName = constraintName(
    "ix",
    given,
    { table: table ?? { name: "", schema }, columns: [] },
    context,
  );
  if (indexName === null) return unreadable("an index without a name");
  const isConcurrent = context.dialect === "postgresql" && isTrue(named.get("postgresql_concurrently"));
  const ifExists = isTrue(named.get("if_exists")) ? "IF EXISTS " : "";
  const home = schema === null ? "" : `${quoteName(schema)}.`;
  return `DROP INDEX ${isConcurrent ? "CONCURRENTLY " : ""}${ifExists}${home}${quoteName(indexName)}`;
}
