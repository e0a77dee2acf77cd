import { describe } from "../code/python-run.ts";
import { calleeOf, isNone, type PythonCall, type PythonValue, pathOf } from "../code/python-values.ts";
import type { Context } from "./context.ts";
import { quoteName, stringIn, type TableRef, tableSql } from "./names.ts";
import { unreadable } from "./unreadable.ts";

/** A table that stands in an expression; gives up where it is none. */
export function tableOf(value: PythonValue | undefined): TableRef {
  return (
    (value && tableIn(value)) ??
    unreadable(`a table is ${value ? describe(value) : "missing"}, known only when it runs`)
  );
}

/** `sa.table("x", …)`, `sa.Table("x", metadata, …)`, `metadata.tables["x"]` or a class with a `__tablename__`; null for anything else. */
export function tableIn(value: PythonValue): TableRef | null {
  if (value.kind === "class") return modelTable(value);
  if (value.kind === "subscript") {
    const { object, index } = value;
    const isReflected = object.kind === "attribute" && object.name === "tables" && index.kind === "string";
    return isReflected ? { name: index.value, schema: null } : null;
  }
  if (value.kind !== "call" || !/^(table|Table)$/.test(calleeOf(value) ?? "")) return null;
  const schema = value.args.named.get("schema");
  return {
    name: stringIn(value.args.positional[0], "a table's name"),
    schema: schema && !isNone(schema) ? stringIn(schema, "a schema") : null,
  };
}

/** The table of a model: `__tablename__`, or with SQLModel the name of the class. */
function modelTable({ definition, members }: Extract<PythonValue, { kind: "class" }>): TableRef | null {
  const name = members.names.get("__tablename__");
  if (name) return name.kind === "string" ? { name: name.value, schema: null } : null;
  const isTable = definition.bases.some(
    ({ name: key, value }) => key === "table" && value.kind === "constant" && value.value === true,
  );
  return isTable ? { name: definition.name.toLowerCase(), schema: null } : null;
}

/** What a statement takes rows of: a table, or one under another name. */
export interface Source {
  /** As it stands behind FROM. */
  readonly sql: string;
  /** As columns are named with it. */
  readonly name: string;
}

/** The table, or the alias of one, that a value is; null for anything else. */
export function sourceIn(value: PythonValue): Source | null {
  const table = tableIn(value);
  if (table) return { sql: tableSql(table), name: tableSql(table) };
  const alias = value.kind === "call" ? aliasIn(value) : null;
  if (!alias) return null;
  const name = quoteName(alias.name);
  return { sql: `${tableSql(alias.of)} AS ${name}`, name };
}

/** `table.alias("name")` and `aliased(Model, name="name")`. */
function aliasIn({ callee, args }: PythonCall): { readonly of: TableRef; readonly name: string } | null {
  const [first] = args.positional;
  const isMethod = callee.kind === "attribute" && callee.name === "alias" && pathOf(callee) === null;
  const of = isMethod ? tableIn(callee.object) : null;
  const name = args.named.get("name") ?? first;
  return of && name?.kind === "string" ? { of, name: name.value } : null;
}

/** A column of a table that is named by it: `table.c.name`, `Model.name`; null for anything else. */
export function columnIn(value: PythonValue): { readonly source: Source; readonly name: string } | null {
  if (value.kind !== "attribute") return null;
  const { object, name } = value;
  if (object.kind === "class") {
    const source = sourceIn(object);
    const member = object.members.names.get(name);
    const [first] = member?.kind === "call" ? member.args.positional : [];
    return source && { source, name: first?.kind === "string" ? first.value : name };
  }
  const isListed = object.kind === "attribute" && /^(c|columns)$/.test(object.name);
  const source = isListed ? sourceIn(object.object) : null;
  return source && { source, name };
}

/** Tables whose columns an expression names, as they stand behind FROM; those of selects within it are theirs. */
export function sourcesUnder(value: PythonValue): string[] {
  const column = columnIn(value);
  if (column) return [column.source.sql];
  switch (value.kind) {
    case "attribute":
      return sourcesUnder(value.object);
    case "operation":
      return [value.left, value.right].flatMap((each) => (each ? sourcesUnder(each) : []));
    case "sequence":
      return value.items.flatMap(sourcesUnder);
    case "call":
      if (/^(select|exists)$/.test(calleeOf(value) ?? "") || isSelect(value)) return [];
      return [value.callee, ...value.args.positional, ...value.args.named.values()].flatMap(sourcesUnder);
    default:
      return [];
  }
}

/** Whether it is built on `select(…)`. */
export function isSelect(value: PythonValue): boolean {
  if (value.kind === "attribute") return isSelect(value.object);
  if (value.kind !== "call") return false;
  return /(^|\.)(select|exists)$/.test(pathOf(value.callee) ?? "") || isSelect(value.callee);
}

/** A column with its table where the statement has several. */
export function columnSql(value: PythonValue, { qualifies }: Context): string | null {
  const column = columnIn(value);
  if (!column) return null;
  return qualifies ? `${column.source.name}.${quoteName(column.name)}` : quoteName(column.name);
}

/** The word of a column's type, where the table says it. */
export function columnType(table: PythonValue | undefined, name: string): string | null {
  const column = declaredIn(table, name);
  if (column?.kind !== "call") return null;
  const type = column.args.positional.find(({ kind }) => kind !== "string") ?? column.args.named.get("type_");
  // What of an enumeration is kept is then for the model to say.
  if (!type || (type.kind === "call" && type.args.named.has("values_callable"))) return null;
  return calleeOf(type) ?? pathOf(type)?.split(".").at(-1) ?? null;
}

function declaredIn(table: PythonValue | undefined, name: string): PythonValue | undefined {
  if (table?.kind === "class") return table.members.names.get(name);
  if (table?.kind !== "call") return undefined;
  return table.args.positional.find((each) => each.kind === "call" && isNamed(each.args.positional[0], name));
}

function isNamed(value: PythonValue | undefined, name: string): boolean {
  return value?.kind === "string" && value.value === name;
}

/** A member of an enumeration beside a column that keeps its name; null for anything else. */
export function memberName(value: PythonValue, column: PythonValue): string | null {
  if (value.kind !== "attribute" || value.object.kind !== "class" || column.kind !== "attribute") return null;
  const { object } = column;
  const table = object.kind === "attribute" && /^(c|columns)$/.test(object.name) ? object.object : object;
  return columnType(table, column.name) === "Enum" ? value.name : null;
}
