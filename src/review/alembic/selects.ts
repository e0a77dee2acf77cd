import { chainOf, type PythonCall, type PythonValue, pathOf } from "../code/python-values.ts";
import type { Context } from "./context.ts";
import { isDatabase } from "./database.ts";
import { allOf, expressionSql } from "./expressions.ts";
import { sourceIn, sourcesUnder, tableIn } from "./mentioned.ts";
import { quoteName, tableSql } from "./names.ts";

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

/**
 * A SELECT that is built of calls; null when it is something else, or more than is followed. Tables of the statement around
 * it are not its own (SQLAlchemy, "Correlated Subqueries").
 */
export function selectSql(
  value: PythonValue,
  outer: Context,
  around: ReadonlySet<string> = new Set(),
): string | null {
  const select = selectIn(value);
  if (!select || select.calls.some(({ name }) => giving.test(name))) return null;
  const named = new Set([
    ...select.entities.flatMap(sourcesOf),
    ...select.calls.flatMap(({ name, call }) =>
      /^(where|filter|select_from)$/.test(name) ? call.args.positional.flatMap(sourcesOf) : [],
    ),
  ]);
  const own = [...named].filter((one) => !around.has(one));
  const tables = own.length > 0 ? own : [...named];
  const isInner = around.size > 0 || outer.qualifies;
  const context: Context = {
    ...outer,
    qualifies: isInner || tables.length > 1,
    around: new Set([...around, ...tables]),
  };
  const columns = select.entities.map((entity) => (sourceIn(entity) ? "*" : columnOf(entity, context)));
  const conditions: string[] = [];
  const behind = new Map<string, string>();
  let distinct = "";
  for (const { name, call } of select.calls) {
    const list = call.args.positional;
    const listed = () => list.map((each) => expressionSql(each, context)).join(", ");
    if (name === "where" || name === "filter") {
      if (list.length > 0) conditions.push(allOf(list, context));
    } else if (name === "filter_by") {
      for (const [key, each] of call.args.named)
        conditions.push(`${quoteName(key)} = ${expressionSql(each, context)}`);
    } else if (name === "limit" && list[0]?.kind === "number") behind.set("LIMIT", list[0].text);
    else if (name === "order_by") behind.set("ORDER BY", listed());
    else if (name === "group_by") behind.set("GROUP BY", listed());
    else if (name === "distinct" && list.length === 0) distinct = "DISTINCT ";
    else if (!/^(options|execution_options|with_for_update|yield_per|select_from|correlate)$/.test(name))
      return null;
  }
  if (columns.length === 0 || (tables.length > 1 && columns.includes("*"))) return null;
  const where = conditions.length > 0 ? ` WHERE ${conditions.join(" AND ")}` : "";
  const from = tables.length > 0 ? ` FROM ${tables.join(", ")}` : "";
  const end = ["GROUP BY", "ORDER BY", "LIMIT"].flatMap((word) => {
    const sql = behind.get(word);
    return sql === undefined ? [] : [` ${word} ${sql}`];
  });
  return `SELECT ${distinct}${columns.join(", ")}${from}${where}${end.join("")}`;
}

function sourcesOf(value: PythonValue): string[] {
  const source = sourceIn(value);
  return source ? [source.sql] : sourcesUnder(value);
}

/** A column of a SELECT, with the name that it is given. */
function columnOf(value: PythonValue, context: Context): string {
  const sql = expressionSql(value, context);
  const [label] =
    value.kind === "call" && value.callee.kind === "attribute" && value.callee.name === "label"
      ? value.args.positional
      : [];
  return label?.kind === "string" ? `${sql} AS ${quoteName(label.value)}` : sql;
}

/** The table without whose rows a SELECT has none; null where that is not known. */
export function mainTableOf(value: PythonValue): string | null {
  const select = selectIn(value);
  const [first] = select?.entities ?? [];
  if (!select || !first || select.calls.some(({ name }) => /join|union/.test(name))) return null;
  const table = tableIn(first);
  return table ? tableSql(table) : (sourcesUnder(first)[0] ?? null);
}
