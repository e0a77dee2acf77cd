import { calleeOf, isNone, type PythonValue } from "../code/python-values.ts";
import { columnSql, defaultSql, readColumn } from "./columns.ts";
import { commentSql } from "./constraints.ts";
import type { Context } from "./context.ts";
import { quoteName, stringIn, type TableRef, tableSql } from "./names.ts";
import { identitySql } from "./sequence-options.ts";
import { columnComment, columnConstraints, columnIndexes } from "./tables.ts";
import { isFalse, isTrue, typeOf } from "./types.ts";
import { unreadable } from "./unreadable.ts";

/** ALTER TABLE … ADD COLUMN with the constraints, indexes and the comment that follow it. */
export function addColumnSql(
  table: TableRef,
  value: PythonValue | undefined,
  named: ReadonlyMap<string, PythonValue>,
  context: Context,
  isBatch = false,
): string[] {
  const column = readColumn(value ?? unreadable("no column is given"), context);
  const alter = `ALTER TABLE ${tableSql(table)}`;
  const ifNotExists = isTrue(named.get("if_not_exists")) ? "IF NOT EXISTS " : "";
  const key = new Set(column.primaryKey ? [column.name] : []);
  const definition = columnSql(column, { primaryKey: key, counted: null }, context);
  const constraints = columnConstraints(column, table, context);
  if (context.dialect === "sqlite" && constraints.length > 0 && !isBatch)
    return unreadable(`SQLite cannot add a constraint to a table that exists; use batch_alter_table`);
  return [
    `${alter} ADD COLUMN ${ifNotExists}${definition}`,
    ...constraints.map((constraint) => `${alter} ADD ${constraint}`),
    ...columnIndexes(column, table, context),
    ...(context.dialect === "postgresql" ? columnComment(column, table) : []),
  ];
}

/** Every form of `alter_column`, in the order in which Alembic's PostgreSQL implementation runs them. */
export function alterColumnSql(
  table: TableRef,
  column: string,
  named: ReadonlyMap<string, PythonValue>,
  context: Context,
): string[] {
  const alter = `ALTER TABLE ${tableSql(table)}`;
  const alterColumn = `${alter} ALTER COLUMN ${quoteName(column)}`;
  const given = (key: string) => {
    const value = named.get(key);
    return value && !isNone(value) ? value : undefined;
  };
  const rename = given("new_column_name") ?? given("name");
  if (context.dialect === "sqlite") return sqliteAlter(alter, column, rename, named);

  const statements: string[] = [];
  const type = given("type_");
  if (type) {
    const using = given("postgresql_using");
    statements.push(
      `${alterColumn} TYPE ${typeOf(type, context).sql}${using ? ` USING ${stringIn(using, "the USING expression")}` : ""}`,
    );
  }
  const nullable = given("nullable");
  if (nullable) {
    if (!isTrue(nullable) && !isFalse(nullable)) return unreadable("nullable is known only when it runs");
    statements.push(`${alterColumn} ${isTrue(nullable) ? "DROP" : "SET"} NOT NULL`);
  }
  const server = named.get("server_default");
  if (server && !isFalse(server)) statements.push(setDefault(alterColumn, server, named, context));
  const comment = named.get("comment");
  if (comment && !isFalse(comment)) {
    const text = isNone(comment) ? null : stringIn(comment, "a comment");
    statements.push(commentSql(`COLUMN ${tableSql(table)}.${quoteName(column)}`, text));
  }
  if (rename)
    statements.push(`${alter} RENAME ${quoteName(column)} TO ${quoteName(stringIn(rename, "the new name"))}`);
  return statements;
}

function setDefault(
  alterColumn: string,
  server: PythonValue,
  named: ReadonlyMap<string, PythonValue>,
  context: Context,
): string {
  const existing = named.get("existing_server_default");
  const words = [calleeOf(server), existing ? calleeOf(existing) : null];
  if (words.includes("Computed"))
    return unreadable("a Computed cannot be added to or taken from a column that exists");
  if (!words.includes("Identity")) {
    const sql = defaultSql(server, context);
    return sql === null ? `${alterColumn} DROP DEFAULT` : `${alterColumn} SET DEFAULT ${sql}`;
  }
  if (isNone(server)) return `${alterColumn} DROP IDENTITY`;
  if (
    server.kind === "call" &&
    calleeOf(server) === "Identity" &&
    (!existing || isNone(existing) || isFalse(existing))
  )
    return `${alterColumn} ADD ${identitySql(server)}`;
  return unreadable("the options of an Identity are compared with what the database has");
}

/** SQLite renames a column; for anything else Alembic copies the table. */
function sqliteAlter(
  alter: string,
  column: string,
  rename: PythonValue | undefined,
  named: ReadonlyMap<string, PythonValue>,
): string[] {
  const changes = ["type_", "nullable", "server_default"].filter((key) => {
    const value = named.get(key);
    return value && !(key === "server_default" ? isFalse(value) : isNone(value));
  });
  if (changes.length > 0)
    return unreadable(
      "SQLite cannot alter a column: Alembic copies the table, whose definition only the database knows",
    );
  if (!rename) return [];
  return [`${alter} RENAME COLUMN ${quoteName(column)} TO ${quoteName(stringIn(rename, "the new name"))}`];
}
