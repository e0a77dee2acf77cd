import { type CallArguments, isNone, type PythonValue } from "../code/python-values.ts";
import { addColumnSql, alterColumnSql } from "./alter.ts";
import { checkSql, commentSql, excludeSql, foreignKeySql, primaryKeySql, uniqueSql } from "./constraints.ts";
import type { Context } from "./context.ts";
import { entitySql } from "./entities.ts";
import { createIndexSql, dropIndexSql } from "./indexes.ts";
import { constraintName, nameIn, namesIn, quoteName, stringIn, type TableRef, tableSql } from "./names.ts";
import { createTableSql } from "./tables.ts";
import { isTrue } from "./types.ts";
import { failing, outlined, unreadable } from "./unreadable.ts";
import { bulkInsertSql } from "./writes.ts";

/** Positional parameters of Alembic's operations; in a batch the table is left out (Alembic, "Operation Reference"). */
const parameters: Readonly<Record<string, readonly string[]>> = {
  create_table: ["table_name", "*"],
  drop_table: ["table_name"],
  rename_table: ["table_name", "new_table_name"],
  add_column: ["table_name", "column"],
  drop_column: ["table_name", "column_name"],
  alter_column: ["table_name", "column_name"],
  create_index: ["index_name", "table_name", "columns"],
  drop_index: ["index_name", "table_name"],
  create_foreign_key: ["constraint_name", "table_name", "referent_table", "local_cols", "remote_cols"],
  create_unique_constraint: ["constraint_name", "table_name", "columns"],
  create_check_constraint: ["constraint_name", "table_name", "condition"],
  create_primary_key: ["constraint_name", "table_name", "columns"],
  create_exclude_constraint: ["constraint_name", "table_name", "*"],
  drop_constraint: ["constraint_name", "table_name", "type_"],
  create_table_comment: ["table_name", "comment"],
  drop_table_comment: ["table_name"],
  bulk_insert: ["table", "rows"],
  create_entity: ["entity"],
  replace_entity: ["entity"],
  drop_entity: ["entity"],
};

/** Other names of parameters. */
const aliases: Readonly<Record<string, string>> = {
  source_table: "table_name",
  source: "table_name",
  old_table_name: "table_name",
  schema: "schema",
  source_schema: "schema",
  referent: "referent_table",
  tablename: "table_name",
};

/** Whether it is an operation that is turned into SQL here. */
export function isOperation(name: string): boolean {
  return Object.hasOwn(parameters, name);
}

/** The SQL of one operation, statement by statement; `batch` is the table of the batch that it stands in. */
export function operationSql(
  name: string,
  args: CallArguments,
  batch: TableRef | null,
  context: Context,
): string[] {
  const { given, rest } = bindArguments(name, args, batch !== null);
  const get = (key: string) => given.get(key);
  const schema = optionalString(get("schema"), "a schema");
  const table = (): TableRef => batch ?? { name: stringIn(get("table_name"), "a table's name"), schema };
  const alter = () => `ALTER TABLE ${tableSql(table())}`;
  const add = (constraint: string) => {
    if (context.dialect === "sqlite" && batch === null)
      return unreadable(
        "SQLite cannot add a constraint to a table that exists: Alembic copies the table, whose definition only the database knows",
      );
    return [`${alter()} ADD ${constraint}`];
  };
  const columnName = () => stringIn(get("column_name"), "a column's name");
  const constraint = () => nameIn(get("constraint_name"));
  switch (name) {
    case "create_table": {
      const made = table();
      return outlined([`CREATE TABLE ${tableSql(made)} ()`], () =>
        createTableSql(made, rest, given, context),
      );
    }
    case "drop_table":
      return [`DROP TABLE ${isTrue(get("if_exists")) ? "IF EXISTS " : ""}${tableSql(table())}`];
    case "rename_table":
      return [`${alter()} RENAME TO ${quoteName(stringIn(get("new_table_name"), "the new name"))}`];
    case "add_column":
      return addColumnSql(table(), get("column"), given, context);
    case "drop_column":
      return [
        `${alter()} DROP COLUMN ${isTrue(get("if_exists")) ? "IF EXISTS " : ""}${quoteName(columnName())}`,
      ];
    case "alter_column":
      return alterColumnSql(table(), columnName(), given, context);
    case "create_index":
      return [
        createIndexSql(
          {
            name: get("index_name"),
            table: table(),
            columns: listOf(get("columns")),
            unique: isTrue(get("unique")),
            named: given,
          },
          context,
        ),
      ];
    case "drop_index": {
      const named = get("table_name");
      return [
        dropIndexSql(
          get("index_name"),
          batch ?? (named && !isNone(named) ? table() : null),
          batch?.schema ?? schema,
          given,
          context,
        ),
      ];
    }
    case "create_foreign_key": {
      const referent = {
        table: {
          name: stringIn(get("referent_table"), "a table's name"),
          schema: optionalString(get("referent_schema"), "a schema"),
        },
        columns: namesIn(get("remote_cols"), "a column's name"),
      };
      return add(
        foreignKeySql(
          constraint(),
          table(),
          namesIn(get("local_cols"), "a column's name"),
          referent,
          given,
          context,
        ),
      );
    }
    case "create_unique_constraint":
      return add(
        uniqueSql(constraint(), namesIn(get("columns"), "a column's name"), table(), given, context),
      );
    case "create_check_constraint":
      return add(checkSql(constraint(), get("condition"), table(), given, context));
    case "create_primary_key":
      return add(primaryKeySql(constraint(), namesIn(get("columns"), "a column's name"), table(), context));
    case "create_exclude_constraint":
      return add(excludeSql(constraint(), rest, table(), given, context));
    case "drop_constraint":
      return [dropConstraint(get, table(), alter(), batch !== null, context)];
    case "create_table_comment":
      return comment(context, table(), stringIn(get("comment"), "a comment"));
    case "drop_table_comment":
      return comment(context, table(), null);
    case "bulk_insert":
      return bulkInsertSql(get("table"), get("rows"), context);
    default:
      return entitySql(name, get("entity"));
  }
}

/** An operation's arguments by their names, and those behind them. */
export function bindArguments(
  name: string,
  { positional, named }: CallArguments,
  isBatch: boolean,
): { given: Map<string, PythonValue>; rest: readonly PythonValue[] } {
  if (named.has("**")) return unreadable("its arguments are known only when it runs");
  const list = (parameters[name] ?? []).filter((each) => !(isBatch && each === "table_name"));
  const given = new Map<string, PythonValue>();
  for (const [key, value] of named) given.set(aliases[key] ?? key, value);
  for (const [i, key] of list.entries()) {
    const value = positional[i];
    if (key !== "*" && value) given.set(key, value);
  }
  // Without the names: `create_foreign_key(…, "CASCADE")` and a schema behind the columns are rare, and told.
  const star = list.indexOf("*");
  if (star === -1 && positional.length > list.length) {
    const extra = positional[list.length];
    const follower = followers[name];
    if (positional.length > list.length + 1 || !follower || !extra)
      return unreadable("it has more arguments without names than are followed");
    given.set(follower, extra);
  }
  return { given, rest: star === -1 ? [] : positional.slice(star) };
}

/** What the first argument behind the usual ones means. */
const followers: Readonly<Record<string, string>> = {
  drop_index: "schema",
  create_index: "schema",
  drop_column: "schema",
  drop_table: "schema",
  create_foreign_key: "onupdate",
  create_unique_constraint: "schema",
  rename_table: "schema",
  alter_column: "nullable",
};

function optionalString(value: PythonValue | undefined, what: string): string | null {
  return value === undefined || isNone(value) ? null : stringIn(value, what);
}

function listOf(value: PythonValue | undefined): readonly PythonValue[] {
  if (value?.kind === "sequence") return value.items;
  return value ? [value] : unreadable("an index without columns");
}

function dropConstraint(
  get: (key: string) => PythonValue | undefined,
  table: TableRef,
  alter: string,
  isBatch: boolean,
  context: Context,
): string {
  if (context.dialect === "sqlite" && !isBatch)
    return unreadable(
      "SQLite cannot drop a constraint: Alembic copies the table, whose definition only the database knows",
    );
  const kind = get("type_");
  const kinds: Readonly<Record<string, string>> = {
    foreignkey: "fk",
    unique: "uq",
    check: "ck",
    primary: "pk",
  };
  const word = kind?.kind === "string" ? (kinds[kind.value] ?? "") : "";
  const name = constraintName(word, nameIn(get("constraint_name")), { table, columns: [] }, context);
  if (name === null) return failing("a constraint is dropped without its name");
  return `${alter} DROP CONSTRAINT ${isTrue(get("if_exists")) ? "IF EXISTS " : ""}${quoteName(name)}`;
}

function comment({ dialect }: Context, table: TableRef, text: string | null): string[] {
  return dialect === "postgresql" ? [commentSql(`TABLE ${tableSql(table)}`, text)] : [];
}
