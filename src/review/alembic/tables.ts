import { describe } from "../code/python-run.ts";
import { calleeOf, isNone, type PythonCall, type PythonValue, stringOf } from "../code/python-values.ts";
import { type Column, columnSql, countedColumn, type KeyColumns, readColumn } from "./columns.ts";
import {
  checkSql,
  columnList,
  commentSql,
  constraintSql,
  foreignKeySql,
  primaryKeySql,
  targetOf,
  uniqueSql,
  withName,
} from "./constraints.ts";
import type { Context } from "./context.ts";
import { createIndexSql } from "./indexes.ts";
import {
  columnIndexName,
  constraintName,
  nameIn,
  namesIn,
  quoteName,
  stringIn,
  type TableRef,
  tableSql,
  verbatimName,
} from "./names.ts";
import { checkOf, createEnumSql, isFalse, isTrue } from "./types.ts";
import { unreadable } from "./unreadable.ts";

const none: ReadonlyMap<string, PythonValue> = new Map();

/** CREATE TABLE with all that Alembic runs for it: enumerations before, indexes and comments after. */
export function createTableSql(
  table: TableRef,
  elements: readonly PythonValue[],
  named: ReadonlyMap<string, PythonValue>,
  context: Context,
): string[] {
  // SQLAlchemy leaves keys with `use_alter` to an ALTER TABLE where the database has one; Alembic does not send it.
  const isLater = (key: PythonValue) =>
    context.dialect === "postgresql" && key.kind === "call" && isTrue(key.args.named.get("use_alter"));
  const items = elements.filter((element) => !isNone(element) && !isLater(element));
  const columns = items.filter(isColumn).map((item) => {
    const column = readColumn(item, context);
    return { ...column, foreignKeys: column.foreignKeys.filter((key) => !isLater(key)) };
  });
  const indexes = items.filter((item) => calleeOf(item) === "Index");
  const constraints = items.filter((item) => !isColumn(item) && calleeOf(item) !== "Index");
  const key = primaryKeyOf(columns, constraints);
  const referring = new Set(constraints.flatMap(referringColumns));
  const keyColumns = {
    primaryKey: key.columns,
    counted: countedColumn(columns, key.columns, referring),
  };
  const inSqlite = (column: Column) => sqliteKey(column, keyColumns, named, context);
  const lines = [
    ...columns.map((column) => `${columnSql(column, keyColumns, context)}${inSqlite(column)}`),
    ...(key.constraint === null && key.columns.size > 0 && !columns.some((column) => inSqlite(column) !== "")
      ? [`${primaryKeySql(null, [...key.columns], table, context)}${keyConflict(columns, key.columns)}`]
      : []),
    ...(key.constraint ? [constraintSql(key.constraint, table, context)] : []),
    ...constraints
      .filter((item) => calleeOf(item) !== "PrimaryKeyConstraint")
      .map((item) => constraintSql(item, table, context)),
    ...columns.flatMap((column) => columnConstraints(column, table, context)),
  ];
  const ifNotExists = isTrue(named.get("if_not_exists")) ? "IF NOT EXISTS " : "";
  const prefixes = named.get("prefixes");
  const words =
    prefixes?.kind === "sequence"
      ? prefixes.items.map((item) => `${stringIn(item, "a prefix")} `).join("")
      : "";
  return [
    ...columns.flatMap(({ type }) => missingType(type.enum, context)),
    `CREATE ${words}TABLE ${ifNotExists}${tableSql(table)} (\n\t${lines.join(", \n\t")}\n)${optionsSql(named, context)}`,
    ...columns.flatMap((column) => columnIndexes(column, table, context)),
    ...indexes.map((item) => indexSql(item, table, context)),
    ...comments(table, columns, named, context),
  ];
}

function isColumn(value: PythonValue): value is PythonCall {
  return /^(Column|mapped_column)$/.test(calleeOf(value) ?? "");
}

/** CREATE TYPE for an enumeration that the table brings along, once in a script. */
export function missingType(type: Column["type"]["enum"], { createdTypes }: Context): string[] {
  if (!type?.createdByTable || createdTypes.has(type.sql)) return [];
  createdTypes.add(type.sql);
  return [createEnumSql(type)];
}

function primaryKeyOf(
  columns: readonly Column[],
  constraints: readonly PythonValue[],
): { columns: Set<string>; constraint: PythonValue | null } {
  const constraint = constraints.find((item) => calleeOf(item) === "PrimaryKeyConstraint");
  if (constraint?.kind === "call") {
    const names = constraint.args.positional.map((item) => stringIn(item, "a column's name"));
    if (names.length > 0) return { columns: new Set(names), constraint };
  }
  const flagged = columns.flatMap((column) => (column.primaryKey ? [column.name] : []));
  // One without columns names the key that the columns themselves make.
  const named =
    constraint?.kind === "call" && flagged.length > 0
      ? { ...constraint, args: { ...constraint.args, positional: flagged.map(stringOf) } }
      : null;
  return { columns: new Set(flagged), constraint: named };
}

/** What the only column of a key says of a row that is there already. */
function keyConflict(columns: readonly Column[], key: ReadonlySet<string>): string {
  const [only] = columns.filter(({ name }) => key.has(name));
  return key.size === 1 && only ? only.conflicts.primaryKey : "";
}

/** With `sqlite_autoincrement` the key stands behind its column. */
function sqliteKey(
  { name, serial }: Column,
  { primaryKey }: KeyColumns,
  named: ReadonlyMap<string, PythonValue>,
  { dialect }: Context,
): string {
  if (dialect !== "sqlite" || !isTrue(named.get("sqlite_autoincrement"))) return "";
  return primaryKey.has(name) && primaryKey.size === 1 && serial !== null ? " PRIMARY KEY AUTOINCREMENT" : "";
}

/** Constraints that a column's own words ask for, as the table's. */
export function columnConstraints(column: Column, table: TableRef, context: Context): string[] {
  const columns = [column.name];
  return [
    ...(column.unique && !column.index
      ? [`${uniqueSql(null, columns, table, none, context)}${column.conflicts.unique}`]
      : []),
    ...column.foreignKeys.map((key) => {
      const { positional, named } = key.args;
      const target = targetOf(namesIn(positional[0] ?? named.get("column"), "a referenced column"));
      return foreignKeySql(nameIn(named.get("name")), table, columns, target, named, context);
    }),
    ...column.checks.map(({ args }) =>
      checkSql(nameIn(args.named.get("name")), args.positional[0], table, args.named, context),
    ),
    ...typeCheck(column, table, context),
  ];
}

function typeCheck({ name, type }: Column, table: TableRef, context: Context): string[] {
  if (!type.check) return [];
  const given = nameIn(type.check.name);
  const checkName = constraintName("ck", given, { table, columns: [name] }, context);
  return [withName(checkName, `CHECK (${checkOf(name, type.check.values)})`)];
}

/** The columns that a `ForeignKeyConstraint` of the table holds. */
function referringColumns(item: PythonValue): string[] {
  if (item.kind !== "call" || calleeOf(item) !== "ForeignKeyConstraint") return [];
  return namesIn(item.args.positional[0] ?? item.args.named.get("columns"), "a column's name");
}

/** The index that `index=True` asks for; with `unique=True` it is a unique one. */
export function columnIndexes(column: Column, table: TableRef, context: Context): string[] {
  if (!column.index) return [];
  const name = columnIndexName(table, column.name, context);
  const unique = column.unique ? "UNIQUE " : "";
  return [`CREATE ${unique}INDEX ${quoteName(name)} ON ${tableSql(table)} ${columnList([column.name])}`];
}

function indexSql(value: PythonValue, table: TableRef, context: Context): string {
  if (value.kind !== "call") return unreadable(`an index is ${describe(value)}, known only when it runs`);
  const [name, ...columns] = value.args.positional;
  return createIndexSql(
    { name, table, columns, unique: isTrue(value.args.named.get("unique")), named: value.args.named },
    context,
  );
}

function comments(
  table: TableRef,
  columns: readonly Column[],
  named: ReadonlyMap<string, PythonValue>,
  { dialect }: Context,
): string[] {
  if (dialect !== "postgresql") return [];
  const comment = named.get("comment");
  return [
    ...(comment && !isNone(comment)
      ? [commentSql(`TABLE ${tableSql(table)}`, stringIn(comment, "a comment"))]
      : []),
    ...columns.flatMap((column) => columnComment(column, table)),
  ];
}

/** COMMENT ON COLUMN, where the column has one. */
export function columnComment({ name, comment }: Column, table: TableRef): string[] {
  return comment ? [commentSql(`COLUMN ${tableSql(table)}.${quoteName(name)}`, comment)] : [];
}

function inheritedSql(value: PythonValue): string {
  const items = value.kind === "sequence" ? value.items : [value];
  return items.map((item) => verbatimName(item) ?? quoteName(stringIn(item, "a table"))).join(", ");
}

function optionsSql(named: ReadonlyMap<string, PythonValue>, { dialect }: Context): string {
  if (dialect === "sqlite") {
    const options = [
      ...(isFalse(named.get("sqlite_with_rowid")) ? ["WITHOUT ROWID"] : []),
      ...(isTrue(named.get("sqlite_strict")) ? ["STRICT"] : []),
    ];
    return options.length > 0 ? ` ${options.join(", ")}` : "";
  }
  const inherits = named.get("postgresql_inherits");
  const partition = named.get("postgresql_partition_by");
  const space = named.get("postgresql_tablespace");
  return [
    inherits ? ` INHERITS (${inheritedSql(inherits)})` : "",
    partition ? ` PARTITION BY ${stringIn(partition, "the partition key")}` : "",
    space ? ` TABLESPACE ${quoteName(stringIn(space, "a tablespace"))}` : "",
  ].join("");
}
