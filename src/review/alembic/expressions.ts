import { describe } from "../code/python-run.ts";
import { joinStrings, sliceString } from "../code/python-text.ts";
import {
  type CallArguments,
  calleeOf,
  isNone,
  type PythonCall,
  type PythonString,
  type PythonValue,
  pathOf,
  stringOf,
} from "../code/python-values.ts";
import type { Context } from "./context.ts";
import { documentOf, isDocument } from "./documents.ts";
import { columnSql, isSelect, memberName } from "./mentioned.ts";
import { literal, quoteName, stringIn } from "./names.ts";
import { selectSql } from "./selects.ts";
import { nextValueSql } from "./sequence-options.ts";
import { typeOf } from "./types.ts";
import { unreadable } from "./unreadable.ts";

/** Conditions that all have to hold. */
export function allOf(conditions: readonly PythonValue[], context: Context): string {
  const sql = conditions.map((each) => {
    const one = expressionSql(each, context);
    const isEither = calleeOf(each) === "or_" || (each.kind === "operation" && each.operator === "|");
    return isEither && conditions.length > 1 ? `(${one})` : one;
  });
  return sql.join(" AND ");
}

/** A value of Python in an SQL expression, as SQLAlchemy renders it with literal binds. */
export function expressionSql(value: PythonValue, context: Context): string {
  switch (value.kind) {
    case "string":
      return literal(value.value);
    case "number":
      return value.text;
    case "constant":
      return constantSql(value.value, context);
    case "operation":
      return operationSql(value, context);
    case "attribute":
      return attributeSql(value, context);
    case "call":
      return callSql(value, context);
    default:
      return unreadable(`an SQL expression depends on ${describe(value)}, known only when it runs`);
  }
}

/** `sa.text("…")`: the SQL with its places, and the values bound to it. */
export function textIn(value: PythonValue, context: Context): PythonString | null {
  const bound = new Map<string, PythonValue>();
  let at = value;
  while (
    at.kind === "call" &&
    at.callee.kind === "attribute" &&
    /^(bindparams|params|columns|execution_options)$/.test(at.callee.name)
  ) {
    if (/^(bind)?params$/.test(at.callee.name))
      for (const [name, each] of boundIn(at.args)) bound.set(name, each);
    at = at.callee.object;
  }
  if (calleeOf(at) !== "text" || at.kind !== "call") return null;
  const [sql] = at.args.positional;
  const text = sql ?? at.args.named.get("text");
  if (text?.kind !== "string")
    return unreadable(`the SQL depends on ${text ? describe(text) : "nothing"}, known only when it runs`);
  return bindText(text, bound, context);
}

/** The SQL of a textual statement: `:name` replaced by what is bound to it, `\:` by a colon. */
export function bindText(
  text: PythonString,
  bound: ReadonlyMap<string, PythonValue>,
  context: Context,
): PythonString {
  const parts: PythonString[] = [];
  let from = 0;
  for (const match of text.value.matchAll(/(?<![:\w\\]):(\w+)(?!:)|\\:/g)) {
    const [all, name] = match;
    parts.push(sliceString(text, from, match.index));
    from = match.index + all.length;
    if (name === undefined) {
      parts.push(sliceString(text, from - 1, from));
      continue;
    }
    const value = bound.get(name);
    if (!value) return unreadable(`the SQL has the parameter :${name}, and no value for it is given here`);
    parts.push(stringOf(boundSql(value, context)));
  }
  return joinStrings([...parts, sliceString(text, from)]);
}

/** A value as a driver of PostgreSQL writes it: a list is an array, a tuple stands behind IN. */
function boundSql(value: PythonValue, context: Context): string {
  if (value.kind !== "sequence" || context.dialect === "sqlite") return expressionSql(value, context);
  const items = value.items.map((item) => expressionSql(item, context)).join(", ");
  if (value.type === "tuple") return `(${items})`;
  return items === "" ? "'{}'" : `ARRAY[${items}]`;
}

/** `bindparams(a=1)` and `bindparams(sa.bindparam("a", 1))`. */
export function boundIn({ positional, named }: CallArguments): Map<string, PythonValue> {
  const bound = new Map(named);
  for (const each of positional) {
    if (calleeOf(each) !== "bindparam" || each.kind !== "call") continue;
    const [name, value] = each.args.positional;
    const given = value ?? each.args.named.get("value");
    if (name?.kind === "string" && given) bound.set(name.value, given);
  }
  return bound;
}

function constantSql(value: boolean | null, { dialect }: Context): string {
  if (value === null) return "NULL";
  if (dialect === "sqlite") return value ? "1" : "0";
  return value ? "true" : "false";
}

const operators: Readonly<Record<string, string>> = {
  "==": "=",
  "!=": "!=",
  "<": "<",
  ">": ">",
  "<=": "<=",
  ">=": ">=",
  "+": "+",
  "-": "-",
  "*": "*",
  "/": "/",
  "%": "%",
  "&": "AND",
  "|": "OR",
};

function operationSql(
  { operator, left, right }: Extract<PythonValue, { kind: "operation" }>,
  context: Context,
): string {
  if (operator === "~") return `NOT (${expressionSql(right, context)})`;
  const sql = operators[operator];
  if (sql === undefined || left === null)
    return unreadable(`an SQL expression uses the operator ${operator}, which is not followed`);
  if (isNone(right) && (operator === "==" || operator === "!="))
    return `${expressionSql(left, context)} IS ${operator === "==" ? "" : "NOT "}NULL`;
  const member = memberName(right, left);
  return `${operand(left, context)} ${sql} ${member === null ? operand(right, context) : literal(member)}`;
}

function operand(value: PythonValue, context: Context): string {
  const sql = expressionSql(value, context);
  return value.kind === "operation" ? `(${sql})` : sql;
}

/** `table.c.name`, `Model.name`, `insert.excluded.name`. */
function attributeSql(value: Extract<PythonValue, { kind: "attribute" }>, context: Context): string {
  const column = columnSql(value, context);
  if (column !== null) return column;
  const { object, name } = value;
  if (object.kind === "attribute" && object.name === "excluded" && isInsert(object.object))
    return `excluded.${quoteName(name)}`;
  if (object.kind === "attribute" && /^(c|columns)$/.test(object.name)) return quoteName(name);
  return unreadable(`an SQL expression depends on ${describe(value)}, known only when it runs`);
}

function isInsert(value: PythonValue): boolean {
  if (value.kind === "attribute") return isInsert(value.object);
  return value.kind === "call" && (calleeOf(value) === "insert" || isInsert(value.callee));
}

/** Functions that SQL calls without parentheses. */
const bare =
  /^(current_timestamp|current_date|current_time|current_user|session_user|localtime|localtimestamp|sysdate|user)$/;

function callSql(value: Extract<PythonValue, { kind: "call" }>, context: Context): string {
  const text = textIn(value, context);
  if (text) return text.value;
  const { callee, args } = value;
  const path = pathOf(callee);
  const inner = innerSelect(value, context);
  if (inner !== null) return inner;
  const of = (i: number) => {
    const each = args.positional[i];
    return each ? expressionSql(each, context) : unreadable(`${describe(value)} has too few arguments`);
  };
  const list = () => args.positional.map((each) => expressionSql(each, context));
  const functionName = path === null ? null : /(?:^|\.)func\.((?:\w+\.)*\w+)$/.exec(path)?.[1];
  if (functionName) return functionSql(functionName, list(), context);
  if (path !== null) {
    switch (path.split(".").at(-1)) {
      case "literal_column":
        return stringIn(args.positional[0], "the SQL");
      case "column":
      case "Column":
        return quoteName(stringIn(args.positional[0], "a column's name"));
      case "literal":
      case "inline_literal":
        return of(0);
      case "bindparam":
        return of(1);
      case "true":
        return constantSql(true, context);
      case "false":
        return constantSql(false, context);
      case "null":
        return "NULL";
      case "now":
        return functionSql("now", [], context);
      case "and_":
        return allOf(args.positional, context);
      case "or_":
        return list()
          .map((each) => `(${each})`)
          .join(" OR ");
      case "not_":
        return `NOT (${of(0)})`;
      case "case":
        return caseSql(args, context);
      case "nulls_last":
      case "nullslast":
        return `${of(0)} NULLS LAST`;
      case "nulls_first":
      case "nullsfirst":
        return `${of(0)} NULLS FIRST`;
      case "cast":
        if (args.positional[0] && isDocument(args.positional[0], args.positional[1]))
          return `CAST(${literal(JSON.stringify(documentOf(args.positional[0])))} AS ${typeOf(args.positional[1], context).sql})`;
        return `CAST(${of(0)} AS ${typeOf(args.positional[1], context).sql})`;
      case "desc":
        return `${sorted(args.positional[0], context)} DESC`;
      case "asc":
        return `${sorted(args.positional[0], context)} ASC`;
      default:
        return unreadable(`an SQL expression depends on ${describe(value)}, which is not followed`);
    }
  }
  return callee.kind === "attribute"
    ? methodSql(callee.object, callee.name, args, context)
    : unreadable(`an SQL expression depends on ${describe(value)}, which is not followed`);
}

/** `NOT IN`, as SQLAlchemy writes it. */
function negated(name: string, sql: string, _context: Context): string {
  return name === "in_" ? sql : `(${sql.replace(" IN (", " NOT IN (")})`;
}

/** `exists(…)`, `select(…).exists()`, `select(…).scalar_subquery()`. */
function innerSelect(value: PythonCall, context: Context): string | null {
  const { callee, args } = value;
  const [first] = args.positional;
  if (calleeOf(value) === "exists") {
    const select = first && isSelect(first) ? selectSql(first, context, context.around) : null;
    return select === null ? null : `EXISTS (${select})`;
  }
  if (callee.kind !== "attribute" || !isSelect(callee.object)) return null;
  if (!/^(exists|scalar_subquery|as_scalar)$/.test(callee.name)) return null;
  const select = selectSql(callee.object, context, context.around);
  if (select === null) return null;
  return callee.name === "exists" ? `EXISTS (${select})` : `(${select})`;
}

/** `case((condition, value), …, else_=value)`, also with a list of pairs. */
function caseSql({ positional, named }: CallArguments, context: Context): string {
  const [first] = positional;
  const whens = first?.kind === "sequence" && first.type === "list" ? first.items : positional;
  const parts = whens.map((each) => {
    const [when, then] = each.kind === "sequence" ? each.items : [];
    if (!when || !then) return unreadable("the parts of a case are known only when it runs");
    return `WHEN (${expressionSql(when, context)}) THEN ${expressionSql(then, context)}`;
  });
  if (named.has("value")) return unreadable("a case compares a value, which is not followed");
  const otherwise = named.get("else_");
  return `CASE ${parts.join(" ")}${otherwise ? ` ELSE ${expressionSql(otherwise, context)}` : ""} END`;
}

/** `desc("name")`: here a string is a column. */
function sorted(value: PythonValue | undefined, context: Context): string {
  if (!value) return unreadable("an order without a column");
  return value.kind === "string" ? quoteName(value.value) : expressionSql(value, context);
}

function functionSql(name: string, args: readonly string[], { dialect, compiled }: Context): string {
  if (compiled.has(name)) return unreadable(`a function of the project says how ${name}() is written`);
  const known = name.toLowerCase();
  if (args.length === 0 && bare.test(known)) return known.toUpperCase();
  if (args.length === 0 && known === "now" && dialect === "sqlite") return "CURRENT_TIMESTAMP";
  return `${name}(${args.join(", ")})`;
}

function methodSql(
  object: PythonValue,
  name: string,
  { positional }: CallArguments,
  context: Context,
): string {
  const [first] = positional;
  const self = () => operand(object, context);
  switch (name) {
    case "desc":
      return `${self()} DESC`;
    case "asc":
      return `${self()} ASC`;
    case "nulls_last":
    case "nullslast":
      return `${self()} NULLS LAST`;
    case "nulls_first":
    case "nullsfirst":
      return `${self()} NULLS FIRST`;
    case "next_value":
      if (object.kind !== "call" || calleeOf(object) !== "Sequence") break;
      return nextValueSql(object);
    case "label":
    case "self_group":
      return self();
    case "is_":
    case "isnot":
    case "is_not":
      return first ? `${self()} IS ${name === "is_" ? "" : "NOT "}${expressionSql(first, context)}` : self();
    case "in_":
    case "notin_":
    case "not_in":
      if (first && isSelect(first)) {
        const select = selectSql(first, context, context.around);
        if (select === null) break;
        return negated(name, `${self()} IN (${select})`, context);
      }
      if (first?.kind !== "sequence") break;
      return `${self()} ${name === "in_" ? "IN" : "NOT IN"} (${first.items.map((each) => expressionSql(each, context)).join(", ")})`;
    case "like":
    case "ilike":
      return first ? `${self()} ${name.toUpperCase()} ${expressionSql(first, context)}` : self();
    case "cast":
      return `CAST(${self()} AS ${typeOf(first, context).sql})`;
    case "op":
      break;
    default:
      break;
  }
  return unreadable(`an SQL expression uses ${describe(object)}.${name}(…), which is not followed`);
}
