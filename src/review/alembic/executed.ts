import { describe } from "../code/python-run.ts";
import { calleeOf, type PythonCall, type PythonString, type PythonValue } from "../code/python-values.ts";
import { splitScript } from "../script.ts";
import type { Context } from "./context.ts";
import { isDatabase, rootOf } from "./database.ts";
import { bindText, boundIn, textIn } from "./expressions.ts";
import { literal } from "./names.ts";
import { mainTableOf, selectSql } from "./selects.ts";
import { sequenceChangeSql } from "./sequence-options.ts";
import { Unreadable } from "./unreadable.ts";
import { writeSql } from "./writes.ts";

/** The SQL of `op.execute`: a string, `sa.text`, or a statement that is built of calls. */
export function executed(
  value: PythonValue | undefined,
  bound: ReadonlyMap<string, PythonValue>,
  context: Context,
): readonly (string | PythonString)[] {
  if (!value) return [];
  if (value.kind === "string") return [bindText(value, bound, context)];
  const withValues: PythonValue =
    bound.size > 0 && calleeOf(value) === "text"
      ? {
          kind: "call",
          callee: { kind: "attribute", object: value, name: "bindparams" },
          args: { positional: [], named: bound },
          at: { start: 0, end: 0 },
        }
      : value;
  const text = textIn(withValues, context);
  if (text) return [text];
  const written = writeSql(value, context);
  if (written) return written;
  const sequence = sequenceChangeSql(value, context);
  if (sequence !== null) return [sequence];
  throw new Unreadable(`the SQL depends on ${describe(value)}, known only when it runs`);
}

/** The one SELECT that a call sends to the database; null when it sends none, or something else. */
export function queryIn(call: PythonCall, context: Context): string | null {
  const { callee, args } = call;
  if (callee.kind !== "attribute" || !isDatabase(callee.object)) return null;
  if (!sending.test(callee.name)) return selectSql(call, context);
  const [first, second] = args.positional;
  if (!first || !reads(first)) return null;
  const select = selectSql(first, context);
  if (select !== null) return select;
  const values = second ?? args.named.get("parameters") ?? args.named.get("params");
  const [sql, ...more] = executed(first, namedValues(values), context);
  const text = typeof sql === "string" ? sql : sql?.value;
  const [statement, ...others] = splitScript(text ?? "", context.dialect);
  if (!statement || more.length > 0 || others.length > 0) return null;
  const pragma = /^PRAGMA\s+(\w+)\s*\(\s*(.*?)\s*\)$/is.exec(statement.sql);
  if (!pragma) return /^(SELECT|WITH|VALUES|\()/i.test(statement.sql) ? statement.sql : null;
  const [, name = "", argument = ""] = pragma;
  const quoted = literal(argument.replace(/^(['"])(.*)\1$/s, "$2"));
  return `SELECT * FROM pragma_${name.toLowerCase()}(${quoted})`;
}

const sending = /^(execute|exec_driver_sql|scalar|scalars)$/;

/** A SELECT that has rows wherever the one that a call sends has some; null where that is not known. */
export function widerQueryIn(call: PythonCall, context: Context): string | null {
  const { callee, args } = call;
  const [first] = args.positional;
  const isSent = callee.kind === "attribute" && sending.test(callee.name);
  const table = mainTableOf(isSent && first ? first : call);
  return table === null ? queryIn(call, context) : `SELECT * FROM ${table}`;
}

export function namedValues(value: PythonValue | undefined): Map<string, PythonValue> {
  if (value?.kind !== "dict") return new Map();
  return boundIn({
    positional: [],
    named: new Map(value.entries.map(([key, each]) => [key.kind === "string" ? key.value : "", each])),
  });
}

/** Whether a statement only asks the database something. */
export function reads(value: PythonValue): boolean {
  const [first] = value.kind === "call" ? value.args.positional : [];
  const text = value.kind === "string" ? value : first;
  if (text?.kind === "string" && (value.kind === "string" || calleeOf(value) === "text"))
    return /^\s*(\(|select|show|values|explain|pragma\s+\w+\s*(\(|;|$)|with\b(?!.*\b(insert|update|delete)\b))/is.test(
      text.value,
    );
  return /(^|\.)(select|query)$/.test(rootOf(value) ?? "");
}
