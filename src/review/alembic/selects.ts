import { chainOf, type PythonCall, type PythonValue, pathOf, stringOf } from "../code/python-values.ts";
import type { Context } from "./context.ts";
import { isDatabase } from "./database.ts";
import { expressionSql } from "./expressions.ts";
import { quoteName, tableSql } from "./names.ts";
import { tableIn } from "./writes.ts";

/** `select(…)` or `session.query(…)` with the calls behind it. */
interface Select {
  readonly entities: readonly PythonValue[];
  readonly calls: readonly { readonly name: string; readonly call: PythonCall }[];
}

function selectIn(value: PythonValue): Select | null {
  const { root, calls } = chainOf(value);
  if (root.kind !== "call") return null;
  const given = ({ args }: PythonCall) =>
    args.positional.flatMap((each) => (each.kind === "sequence" ? each.items : [each]));
  if (/(^|\.)select$/.test(pathOf(root.callee) ?? "")) return { entities: given(root), calls };
  const [first, ...rest] = calls;
  if (first?.name !== "query" || !isDatabase(root)) return null;
  return { entities: given(first.call), calls: rest };
}

/** What of a chain of calls gives rows, and not how they are given. */
const giving = /^(all|first|one|one_or_none|scalar|count|scalars|fetchall|fetchone)$/;

/** A SELECT that is built of calls; null when it is something else, or more than is followed. */
export function selectSql(value: PythonValue, context: Context): string | null {
  const select = selectIn(value);
  if (!select || select.calls.some(({ name }) => giving.test(name))) return null;
  const tables = new Set<string>();
  const known = columnsIn(select.entities);
  const columns = select.entities.map((entity) => {
    const table = tableIn(entity);
    if (table) {
      tables.add(tableSql(table));
      return "*";
    }
    for (const each of tablesUnder(entity)) tables.add(each);
    return expressionSql(entity, context);
  });
  const conditions: string[] = [];
  const behind: string[] = [];
  for (const { name, call } of select.calls) {
    const list = call.args.positional;
    if (name === "where" || name === "filter") {
      for (const each of list.flatMap(tablesUnder)) tables.add(each);
      conditions.push(...list.map((each) => `(${expressionSql(withColumns(each, known), context)})`));
    } else if (name === "filter_by") {
      for (const [key, each] of call.args.named)
        conditions.push(`${quoteName(key)} = ${expressionSql(each, context)}`);
    } else if (name === "select_from") {
      for (const table of list.map(tableIn)) if (table) tables.add(tableSql(table));
    } else if (name === "limit" && list[0]?.kind === "number") behind.push(`LIMIT ${list[0].text}`);
    else if (!/^(options|execution_options|order_by|with_for_update|yield_per)$/.test(name)) return null;
  }
  if (tables.size > 1 || columns.length === 0) return null;
  const where = conditions.length > 0 ? ` WHERE ${conditions.join(" AND ")}` : "";
  const from = tables.size > 0 ? ` FROM ${[...tables].join("")}` : "";
  return [`SELECT ${columns.join(", ")}${from}${where}`, ...behind].join(" ");
}

/** The table without whose rows a SELECT has none; null where that is not known. */
export function mainTableOf(value: PythonValue): string | null {
  const select = selectIn(value);
  const [first] = select?.entities ?? [];
  if (!select || !first || select.calls.some(({ name }) => /join|union/.test(name))) return null;
  const table = tableIn(first);
  return table ? tableSql(table) : (tablesUnder(first)[0] ?? null);
}

/** Tables whose columns are named: `table.c.name`, `Model.name`. */
function tablesUnder(value: PythonValue): string[] {
  if (value.kind === "attribute") {
    const { object } = value;
    const of = object.kind === "attribute" && /^(c|columns)$/.test(object.name) ? object.object : object;
    const table = tableIn(of);
    return table ? [tableSql(table)] : tablesUnder(object);
  }
  if (value.kind === "operation")
    return [value.left, value.right].flatMap((each) => (each ? tablesUnder(each) : []));
  if (value.kind !== "call") return [];
  return [value.callee, ...value.args.positional].flatMap(tablesUnder);
}

/** Columns of classes of the file, by what they are given there. */
function columnsIn(entities: readonly PythonValue[]): ReadonlyMap<PythonValue, string> {
  const classes = entities.flatMap((entity) => (entity.kind === "class" ? [entity] : []));
  return new Map(
    classes.flatMap(({ members }) => [...members.names].map(([name, value]) => [value, name] as const)),
  );
}

/** An expression whose columns of classes are plain columns; one that has a name of its own keeps it. */
function withColumns(value: PythonValue, columns: ReadonlyMap<PythonValue, string>): PythonValue {
  const name = columns.get(value);
  if (name !== undefined && (value.kind !== "call" || value.args.positional[0]?.kind !== "string"))
    return {
      kind: "call",
      callee: { kind: "name", path: "sqlalchemy.column" },
      args: { positional: [stringOf(name)], named: new Map() },
      at: { start: 0, end: 0 },
    };
  if (value.kind === "operation")
    return {
      ...value,
      left: value.left && withColumns(value.left, columns),
      right: withColumns(value.right, columns),
    };
  if (value.kind === "call" && value.callee.kind === "attribute")
    return { ...value, callee: { ...value.callee, object: withColumns(value.callee.object, columns) } };
  return value;
}
