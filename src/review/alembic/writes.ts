import { describe } from "../code/python-run.ts";
import {
  calleeOf,
  chainOf,
  isNone,
  type PythonCall,
  type PythonDict,
  type PythonSequence,
  type PythonValue,
} from "../code/python-values.ts";
import type { Context } from "./context.ts";
import { documentOf } from "./documents.ts";
import { allOf, expressionSql } from "./expressions.ts";
import { columnType, isSelect, sourcesUnder, tableIn, tableOf } from "./mentioned.ts";
import { literal, quoteName, stringIn, tableSql } from "./names.ts";
import { selectSql } from "./selects.ts";
import { unreadable } from "./unreadable.ts";

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

/** Lists and dicts are documents where the column is one; of an enumeration's members, their names are kept. */
function valueSql(value: PythonValue, type: string | null, context: Context): string {
  if (type === "Enum" && value.kind === "attribute" && value.object.kind === "class")
    return literal(value.name);
  if (value.kind === "dict" || value.kind === "sequence") {
    if (type === null || !/^JSONB?$/.test(type))
      return unreadable("a value is a list or a dict, and its column is no JSON");
    return literal(JSON.stringify(documentOf(value)));
  }
  return expressionSql(value, context);
}

/** INSERT, UPDATE or DELETE that is built of calls; null when it is something else. */
export function writeSql(value: PythonValue, outer: Context): string[] | null {
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
  const strange = rest.find(({ name }) => !known.test(name));
  if (strange) return unreadable(`a statement is built with .${strange.name}(…), which is not followed`);
  const where = rest.filter(({ name }) => name === "where").flatMap(({ call }) => call.args.positional);
  const values = [
    ...(own ? [own] : []),
    ...rest.filter(({ name }) => name === "values").map(({ call }) => call),
  ];
  const rows = values.flatMap(({ args }) => rowsOf(args));
  const others = [...where, ...(verb === "update" ? rows : [])]
    .flatMap((each) => sourcesUnder(each.kind === "dict" ? asList(each) : each))
    .filter((each) => each !== table);
  const sources = [...new Set(others)];
  const context: Context = {
    ...outer,
    qualifies: true,
    around: new Set([table, ...sources]),
  };
  const condition = where.length === 0 ? "" : ` WHERE ${allOf(where, context)}`;
  const behind = rest.flatMap(({ name, call }) => behindSql(name, call, target, context)).join("");
  const from = (word: string) => (sources.length > 0 ? ` ${word} ${sources.join(", ")}` : "");
  if (verb === "delete") return [`DELETE FROM ${table}${from("USING")}${condition}${behind}`];
  if (verb === "insert") {
    const select = rest.find(({ name }) => name === "from_select")?.call;
    if (select) return [`INSERT INTO ${table} ${selectedRows(select, outer)}${behind}`];
    return insertRows(table, rows, target, context).map((sql) => `${sql}${behind}`);
  }
  const pairs = rows.flatMap(pairsOf);
  const list = pairs.map(
    ([name, each]) => `${quoteName(name)}=${valueSql(each, columnType(target, name), context)}`,
  );
  if (list.length === 0) return unreadable("an update without values");
  return [`UPDATE ${table} SET ${list.join(", ")}${from("FROM")}${condition}${behind}`];
}

const known =
  /^(where|values|execution_options|from_select|returning|on_conflict_do_nothing|on_conflict_do_update)$/;

function asList({ entries }: PythonDict): PythonSequence {
  return { kind: "sequence", type: "list", items: entries.map(([, value]) => value) };
}

/** `from_select(["a", "b"], select)`. */
function selectedRows({ args }: PythonCall, context: Context): string {
  const [names, select] = args.positional;
  const columns = names?.kind === "sequence" ? names.items.map((each) => quoteName(keyOf(each))) : null;
  const sql = select && isSelect(select) ? selectSql(select, { ...context, qualifies: true }) : null;
  if (!columns || sql === null) return unreadable("the rows are those of a SELECT that is not followed");
  return `(${columns.join(", ")}) ${sql}`;
}

/** What stands behind the rows. */
function behindSql(
  name: string,
  { args: { positional, named } }: PythonCall,
  target: PythonValue | undefined,
  context: Context,
): string[] {
  if (name === "returning")
    return [` RETURNING ${positional.map((each) => expressionSql(each, context)).join(", ")}`];
  if (!name.startsWith("on_conflict")) return [];
  if (named.has("index_where") || named.has("where"))
    return unreadable("a conflict is told by a condition, which is not followed");
  const elements = named.get("index_elements") ?? (name.endsWith("nothing") ? positional[1] : undefined);
  const constraint = named.get("constraint") ?? positional[0];
  let arbiter = "";
  if (elements && !isNone(elements)) arbiter = ` (${columnNames(elements).map(quoteName).join(", ")})`;
  else if (constraint && !isNone(constraint))
    arbiter = ` ON CONSTRAINT ${quoteName(stringIn(constraint, "a constraint's name"))}`;
  if (name.endsWith("nothing")) return [` ON CONFLICT${arbiter} DO NOTHING`];
  const set = named.get("set_");
  if (!set) return unreadable("what is done on a conflict is known only when it runs");
  const list = pairsOf(set).map(
    ([key, each]) => `${quoteName(key)} = ${valueSql(each, columnType(target, key), context)}`,
  );
  return [` ON CONFLICT${arbiter} DO UPDATE SET ${list.join(", ")}`];
}

function columnNames(value: PythonValue): string[] {
  return value.kind === "sequence"
    ? value.items.map(keyOf)
    : unreadable("the columns of a conflict are known only when it runs");
}

function rowsOf({ positional, named }: PythonCall["args"]): PythonValue[] {
  const rows = positional.flatMap((each) => (each.kind === "sequence" ? each.items : [each]));
  const entries = [...named].map(([name, value]): [PythonValue, PythonValue] => [
    { kind: "string", value: name, offsets: [] },
    value,
  ]);
  return entries.length > 0 ? [...rows, { kind: "dict", entries }] : rows;
}
