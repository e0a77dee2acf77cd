import { describe } from "../code/python-run.ts";
import { calleeOf, isNone, type PythonValue } from "../code/python-values.ts";
import type { Context } from "./context.ts";
import { expressionSql } from "./expressions.ts";
import {
  constraintName,
  literal,
  nameIn,
  namesIn,
  quoteName,
  stringIn,
  type TableRef,
  tableSql,
} from "./names.ts";
import { isFalse, isTrue } from "./types.ts";
import { unreadable } from "./unreadable.ts";

type Named = ReadonlyMap<string, PythonValue>;

/** Words of a table constraint, with its name in front. */
export function withName(name: string | null, body: string): string {
  return name === null ? body : `CONSTRAINT ${quoteName(name)} ${body}`;
}

/** A list of column names in SQL. */
export function columnList(names: readonly string[]): string {
  return `(${names.map(quoteName).join(", ")})`;
}

/** What constrains a table: an argument of `create_table`, `sa.PrimaryKeyConstraint(…)` and its kind. */
export function constraintSql(value: PythonValue, table: TableRef, context: Context): string {
  if (value.kind !== "call") return unreadable(`a constraint is ${describe(value)}, known only when it runs`);
  const { positional, named } = value.args;
  const name = nameIn(named.get("name"));
  switch (calleeOf(value)) {
    case "PrimaryKeyConstraint":
      return `${primaryKeySql(name, columnsOf(positional), table, context)}${conflictSql(named, "sqlite_on_conflict", context)}`;
    case "UniqueConstraint":
      return uniqueSql(name, columnsOf(positional), table, named, context);
    case "CheckConstraint":
      return checkSql(
        nameIn(named.get("name") ?? positional[1]),
        positional[0] ?? named.get("sqltext"),
        table,
        named,
        context,
      );
    case "ForeignKeyConstraint": {
      const columns = namesIn(positional[0] ?? named.get("columns"), "a column's name");
      const targets = namesIn(positional[1] ?? named.get("refcolumns"), "a referenced column");
      const given = nameIn(named.get("name") ?? positional[2]);
      return foreignKeySql(given, table, columns, targetOf(targets), named, context);
    }
    case "ExcludeConstraint":
      return excludeSql(name, positional, table, named, context);
    default:
      return unreadable(`${describe(value)} is no constraint that is known`);
  }
}

function columnsOf(values: readonly PythonValue[]): string[] {
  return values.map((value) => stringIn(value, "a column's name"));
}

type OptionalName = ReturnType<typeof nameIn>;

export function primaryKeySql(
  name: OptionalName,
  columns: readonly string[],
  table: TableRef,
  context: Context,
): string {
  return withName(
    constraintName("pk", name, { table, columns }, context),
    `PRIMARY KEY ${columnList(columns)}`,
  );
}

export function uniqueSql(
  name: OptionalName,
  columns: readonly string[],
  table: TableRef,
  named: Named,
  context: Context,
): string {
  const isPostgresql = context.dialect === "postgresql";
  const nulls =
    isPostgresql && isTrue(named.get("postgresql_nulls_not_distinct")) ? "NULLS NOT DISTINCT " : "";
  const include = isPostgresql ? includeSql(named) : "";
  const conflict = conflictSql(named, "sqlite_on_conflict", context);
  const body = `UNIQUE ${nulls}${columnList(columns)}${include}${deferrableSql(named)}${conflict}`;
  return withName(constraintName("uq", name, { table, columns }, context), body);
}

export function checkSql(
  name: OptionalName,
  condition: PythonValue | undefined,
  table: TableRef,
  named: Named,
  context: Context,
): string {
  if (!condition) return unreadable("a check without a condition");
  const sql = condition.kind === "string" ? condition.value : expressionSql(condition, context);
  const notValid =
    isTrue(named.get("postgresql_not_valid")) && context.dialect === "postgresql" ? " NOT VALID" : "";
  const body = `CHECK (${sql})${deferrableSql(named)}${notValid}`;
  return withName(constraintName("ck", name, { table, columns: [] }, context), body);
}

export interface Target {
  readonly table: TableRef;
  readonly columns: readonly string[];
}

/** `users.id`, `schema.users.id`. */
export function targetOf(targets: readonly string[]): Target {
  const [first = ""] = targets;
  const parts = first.split(".");
  if (parts.length < 2)
    return unreadable(`a foreign key refers to ${first}, which names no column of a table`);
  return {
    table: { name: parts.at(-2) ?? "", schema: parts.length > 2 ? parts.slice(0, -2).join(".") : null },
    columns: targets.map((target) => target.split(".").at(-1) ?? target),
  };
}

export function foreignKeySql(
  name: OptionalName,
  table: TableRef,
  columns: readonly string[],
  target: Target,
  named: Named,
  context: Context,
): string {
  const parts = { table, columns, refersTo: target.table.name };
  const body = `FOREIGN KEY${columnList(columns)} REFERENCES ${tableSql(target.table)} ${columnList(target.columns)}`;
  const notValid =
    isTrue(named.get("postgresql_not_valid")) && context.dialect === "postgresql" ? " NOT VALID" : "";
  return withName(constraintName("fk", name, parts, context), `${body}${referenceSql(named)}${notValid}`);
}

/** MATCH, ON DELETE, ON UPDATE, DEFERRABLE. */
export function referenceSql(named: Named): string {
  const words = (["match", "ondelete", "onupdate"] as const).flatMap((key) => {
    const value = named.get(key);
    if (!value || isNone(value)) return [];
    const word = { match: "MATCH", ondelete: "ON DELETE", onupdate: "ON UPDATE" }[key];
    return [` ${word} ${stringIn(value, key)}`];
  });
  return `${words.join("")}${deferrableSql(named)}`;
}

function deferrableSql(named: Named): string {
  const deferrable = named.get("deferrable");
  const initially = named.get("initially");
  const words = isTrue(deferrable) ? " DEFERRABLE" : "";
  const not = isFalse(deferrable) ? " NOT DEFERRABLE" : "";
  return `${words}${not}${initially && !isNone(initially) ? ` INITIALLY ${stringIn(initially, "initially")}` : ""}`;
}

function includeSql(named: Named): string {
  const include = named.get("postgresql_include");
  return include && !isNone(include) ? ` INCLUDE ${columnList(namesIn(include, "a column's name"))}` : "";
}

/** What SQLite does where a row breaks a constraint (SQLAlchemy, SQLite, "ON CONFLICT support for constraints"). */
export function conflictSql(named: Named, key: string, { dialect }: Context): string {
  const given = dialect === "sqlite" ? named.get(key) : undefined;
  return given && !isNone(given) ? ` ON CONFLICT ${stringIn(given, key)}` : "";
}

/** `ExcludeConstraint((column, "="), …, using="gist", where="…")`. */
export function excludeSql(
  name: OptionalName,
  elements: readonly PythonValue[],
  table: TableRef,
  named: Named,
  context: Context,
): string {
  const classes = named.get("ops");
  const textOf = (value: PythonValue) => (value.kind === "string" ? value.value : null);
  const parts = elements.map((element) => {
    if (element.kind !== "sequence")
      return unreadable(`an element is ${describe(element)}, known only when it runs`);
    const [column, operator] = element.items;
    const sql =
      column?.kind === "string" ? quoteName(column.value) : column && expressionSql(column, context);
    const key = column?.kind === "string" ? column.value : sql?.replaceAll(`"`, "");
    const name =
      classes?.kind === "dict" ? classes.entries.find(([each]) => textOf(each) === key)?.[1] : null;
    return `${sql}${name ? ` ${stringIn(name, "an operator class")}` : ""} WITH ${stringIn(operator, "an operator")}`;
  });
  const using = named.get("using");
  const where = named.get("where");
  const condition =
    where && !isNone(where)
      ? ` WHERE (${where.kind === "string" ? where.value : expressionSql(where, context)})`
      : "";
  const method = using && !isNone(using) ? stringIn(using, "using").toLowerCase() : "gist";
  const body = `EXCLUDE USING ${method} (${parts.join(", ")})${condition}${deferrableSql(named)}`;
  return withName(constraintName("ex", name, { table, columns: [] }, context), body);
}

/** COMMENT ON … IS …; null takes it away. */
export function commentSql(what: string, comment: string | null): string {
  return `COMMENT ON ${what} IS ${comment === null ? "NULL" : literal(comment)}`;
}
