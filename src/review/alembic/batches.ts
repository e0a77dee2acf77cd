import { type CallArguments, isNone, type PythonValue } from "../code/python-values.ts";
import type { Rebuild, TableChange } from "../types.ts";
import { addColumnSql } from "./alter.ts";
import { defaultSql } from "./columns.ts";
import type { Context } from "./context.ts";
import { quoteName, stringIn, type TableRef, tableSql, unquotedName } from "./names.ts";
import { bindArguments, operationSql } from "./operations.ts";
import { isFalse, isTrue, typeOf } from "./types.ts";
import { failing, unreadable } from "./unreadable.ts";

/** SQL, and how it comes about where the table is copied for it. */
export interface Step {
  readonly sql: string;
  /** Alembic copies the table. */
  readonly rebuild: Rebuild | null;
  /** How it is done where something else in the batch has the table copied. */
  readonly otherwise: Rebuild | null;
}

/**
 * An operation of a batch on SQLite. Alembic copies the table for a batch in which there is anything but indexes and plain new
 * columns ("Running “Batch” Migrations for SQLite and Other Databases"); here it is copied for each such operation, which
 * comes to the same.
 */
export function batchSteps(name: string, args: CallArguments, table: TableRef, context: Context): Step[] {
  const alter = `ALTER TABLE ${tableSql(table)}`;
  const { given } = bindArguments(name, args, true);
  const copied = (sql: string, change: TableChange): Step => ({
    sql,
    rebuild: { table: table.name, change },
    otherwise: null,
  });
  switch (name) {
    case "alter_column":
      return alterSteps(alter, table, given, context);
    case "drop_column": {
      const column = stringIn(given.get("column_name"), "a column's name");
      return [copied(`${alter} DROP COLUMN ${quoteName(column)}`, { kind: "drop column", column })];
    }
    case "drop_constraint": {
      const [sql = ""] = operationSql(name, args, table, context);
      return [copied(sql, { kind: "drop constraint", name: unquotedName(behind(sql, "DROP CONSTRAINT ")) })];
    }
    case "create_foreign_key":
    case "create_unique_constraint":
    case "create_check_constraint":
    case "create_primary_key": {
      const [sql = ""] = operationSql(name, args, table, context);
      const definition = behind(sql, " ADD ");
      if (!definition.startsWith("CONSTRAINT "))
        return failing("a constraint is added in a batch without a name");
      return [copied(sql, { kind: "add constraint", definition })];
    }
    case "add_column": {
      const [sql = "", ...more] = addColumnSql(table, given.get("column"), given, context, true);
      const definition = behind(sql, " ADD COLUMN ").replace(/^IF NOT EXISTS /, "");
      const step = copied(sql, { kind: "add column", definition });
      const isPlain = !/ DEFAULT \((?!\d+\))/.test(definition);
      const constraints = more.filter((one) => one.startsWith(`${alter} ADD `));
      const unnamed = constraints.find((one) => !behind(one, " ADD ").startsWith("CONSTRAINT "));
      if (unnamed) return failing("a constraint is added in a batch without a name");
      return [
        isPlain ? { ...step, rebuild: null, otherwise: step.rebuild } : step,
        ...more.map((one) =>
          constraints.includes(one)
            ? copied(one, { kind: "add constraint", definition: behind(one, " ADD ") })
            : plain(one),
        ),
      ];
    }
    default:
      return operationSql(name, args, table, context).map(plain);
  }
}

function plain(sql: string): Step {
  return { sql, rebuild: null, otherwise: null };
}

function behind(sql: string, words: string): string {
  return sql.slice(sql.indexOf(words) + words.length);
}

function alterSteps(
  alter: string,
  table: TableRef,
  given: ReadonlyMap<string, PythonValue>,
  context: Context,
): Step[] {
  const column = stringIn(given.get("column_name"), "a column's name");
  const value = (key: string) => {
    const found = given.get(key);
    return found && !isNone(found) ? found : undefined;
  };
  const type = value("type_") && typeOf(value("type_"), context);
  if (type?.check) return unreadable("the type of a column becomes one with a check of its own");
  const nullable = value("nullable");
  if (nullable && !isTrue(nullable) && !isFalse(nullable))
    return unreadable("nullable is known only when it runs");
  const server = given.get("server_default");
  const hasServer = server !== undefined && !isFalse(server);
  const change = {
    kind: "alter column",
    column,
    type: type?.sql ?? null,
    notNull: nullable ? isFalse(nullable) : null,
    defaultSql: hasServer ? writtenDefault(server, context) : null,
  } as const;
  const verbs = [
    change.type === null ? "" : `TYPE ${change.type}`,
    change.notNull === null ? "" : `${change.notNull ? "SET" : "DROP"} NOT NULL`,
    defaultVerb(change.defaultSql),
  ].filter((verb) => verb !== "");
  const sql = `${alter} ${verbs.map((verb) => `ALTER COLUMN ${quoteName(column)} ${verb}`).join(", ")}`;
  const rename = value("new_column_name") ?? value("name");
  return [
    ...(verbs.length > 0 ? [{ sql, rebuild: { table: table.name, change }, otherwise: null }] : []),
    ...(rename
      ? [
          plain(
            `${alter} RENAME COLUMN ${quoteName(column)} TO ${quoteName(stringIn(rename, "the new name"))}`,
          ),
        ]
      : []),
  ];
}

function defaultVerb(sql: string | null): string {
  if (sql === null) return "";
  return sql === "" ? "DROP DEFAULT" : `SET DEFAULT ${sql}`;
}

/** As in CREATE TABLE: SQLite wants parentheses around an expression. */
function writtenDefault(value: PythonValue, context: Context): string {
  const sql = defaultSql(value, context) ?? "";
  return value.kind === "string" || sql === "" || sql.startsWith("(") ? sql : `(${sql})`;
}
