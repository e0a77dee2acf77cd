import { describe } from "../code/python-run.ts";
import { calleeOf, chainOf, isNone, type PythonCall, type PythonValue } from "../code/python-values.ts";
import type { Context } from "./context.ts";
import { expressionSql } from "./expressions.ts";
import { literal, quoteName, stringIn, type TableRef, tableSql } from "./names.ts";
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
  if (value.kind === "class") {
    const name = value.members.names.get("__tablename__");
    return name?.kind === "string" ? { name: name.value, schema: null } : null;
  }
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

/** INSERT for every row of `bulk_insert`; rows that name the same columns stand together. */
export function bulkInsertSql(
  table: PythonValue | undefined,
  rows: PythonValue | undefined,
  context: Context,
): string[] {
  const target = tableSql(tableOf(table));
  if (rows?.kind !== "sequence")
    return unreadable(`the rows are ${rows ? describe(rows) : "missing"}, known only when it runs`);
  return insertRows(target, rows.items, table, context);
}

function insertRows(
  target: string,
  rows: readonly PythonValue[],
  table: PythonValue | undefined,
  context: Context,
): string[] {
  const groups: { columns: string; values: string[] }[] = [];
  for (const row of rows) {
    const pairs = pairsOf(row);
    const columns = pairs.map(([name]) => quoteName(name)).join(", ");
    const values = `(${pairs.map(([name, value]) => valueSql(value, columnType(table, name), context)).join(", ")})`;
    const last = groups.at(-1);
    if (last?.columns === columns) last.values.push(values);
    else groups.push({ columns, values: [values] });
  }
  return groups.map(
    ({ columns, values }) => `INSERT INTO ${target} (${columns}) VALUES ${values.join(", ")}`,
  );
}

function pairsOf(row: PythonValue): [string, PythonValue][] {
  if (row.kind !== "dict") return unreadable(`a row is ${describe(row)}, known only when it runs`);
  return row.entries.map(([key, value]) => [keyOf(key), value]);
}

function keyOf(key: PythonValue): string {
  if (key.kind === "attribute") return key.name;
  return stringIn(key, "a column's name");
}

/** Lists and dicts are documents where the column is one. */
function valueSql(value: PythonValue, type: string | null, context: Context): string {
  if (value.kind === "dict" || value.kind === "sequence") {
    if (type === null || !/^JSONB?$/.test(type))
      return unreadable("a value is a list or a dict, and its column is no JSON");
    return literal(JSON.stringify(documentOf(value)));
  }
  return expressionSql(value, context);
}

function documentOf(value: PythonValue): unknown {
  if (value.kind === "sequence") return value.items.map(documentOf);
  if (value.kind === "dict")
    return Object.fromEntries(value.entries.map(([key, each]) => [stringIn(key, "a key"), documentOf(each)]));
  if (value.kind === "string" || value.kind === "number" || value.kind === "constant") return value.value;
  return unreadable(`a value depends on ${describe(value)}, known only when it runs`);
}

function columnType(table: PythonValue | undefined, name: string): string | null {
  if (table?.kind !== "call") return null;
  const column = table.args.positional.find(
    (each) =>
      each.kind === "call" &&
      each.args.positional[0]?.kind === "string" &&
      each.args.positional[0].value === name,
  );
  const type = column?.kind === "call" ? column.args.positional[1] : undefined;
  if (!type) return null;
  const called = calleeOf(type);
  if (called !== null) return called;
  return type.kind === "name" || type.kind === "attribute"
    ? (describe(type).split(".").at(-1) ?? null)
    : null;
}

/** INSERT, UPDATE or DELETE that is built of calls; null when it is something else. */
export function writeSql(value: PythonValue, context: Context): string[] | null {
  const { root, calls } = chainOf(value);
  const rooted = calleeOf(root);
  const first = calls[0];
  const isTable = tableIn(root) !== null;
  const verb = isTable ? first?.name : rooted;
  if (!verb || !/^(insert|update|delete)$/.test(verb)) return null;
  const written = root.kind === "call" ? root.args.positional[0] : undefined;
  const target = isTable ? root : written;
  const rest = isTable ? calls.slice(1) : calls;
  const own = isTable ? first?.call : null;
  const table = tableSql(tableOf(target));
  const where = rest.filter(({ name }) => name === "where").flatMap(({ call }) => call.args.positional);
  const values = [
    ...(own ? [own] : []),
    ...rest.filter(({ name }) => name === "values").map(({ call }) => call),
  ];
  const strange = rest.find(({ name }) => !/^(where|values|execution_options)$/.test(name));
  if (strange) return unreadable(`a statement is built with .${strange.name}(…), which is not followed`);
  const condition =
    where.length === 0
      ? ""
      : ` WHERE ${where.map((each) => wrapped(each, where.length, context)).join(" AND ")}`;
  if (verb === "delete") return [`DELETE FROM ${table}${condition}`];
  const rows = values.flatMap(({ args }) => rowsOf(args));
  if (verb === "insert") return insertRows(table, rows, target, context);
  const pairs = rows.flatMap(pairsOf);
  const list = pairs.map(
    ([name, each]) => `${quoteName(name)} = ${valueSql(each, columnType(target, name), context)}`,
  );
  if (list.length === 0) return unreadable("an update without values");
  return [`UPDATE ${table} SET ${list.join(", ")}${condition}`];
}

function wrapped(condition: PythonValue, count: number, context: Context): string {
  const sql = expressionSql(condition, context);
  return count > 1 ? `(${sql})` : sql;
}

function rowsOf({ positional, named }: PythonCall["args"]): PythonValue[] {
  const rows = positional.flatMap((each) => (each.kind === "sequence" ? each.items : [each]));
  const entries = [...named].map(([name, value]): [PythonValue, PythonValue] => [
    { kind: "string", value: name, offsets: [] },
    value,
  ]);
  return entries.length > 0 ? [...rows, { kind: "dict", entries }] : rows;
}
