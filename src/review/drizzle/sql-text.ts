import { describe, type TypeScriptValue, textIn } from "../code/typescript-values.ts";
import { chainOf, drizzleName } from "./calls.ts";
import { type Context, columnOf } from "./context.ts";
import { providedSql } from "./providers.ts";

/**
 * How Drizzle writes columns in what `sql` makes: with their table, by their name alone, or not at all, as in defaults
 * (drizzle-orm/src/sql/sql.ts).
 */
export type ColumnForm = "qualified" | "bare" | "none";

/** The SQL of `sql` templates and of Drizzle's operators; null with the reason put into `why` where it is not constant. */
export function sqlText(
  value: TypeScriptValue,
  form: ColumnForm,
  context: Context,
  why: string[] = [],
): string | null {
  const fail = (reason: string) => {
    why.push(reason);
    return null;
  };
  const inner = (one: TypeScriptValue) => sqlText(one, form, context, why);
  const { base, steps } = chainOf(value);
  if (steps.length > 0 && isSql(base)) {
    const foreign = steps.find(({ name }) => !/^(mapWith|as|inlineParams|getSQL)$/.test(name));
    return foreign ? fail(`sql.${foreign.name}()`) : inner(base);
  }
  if (value.kind === "tagged") {
    if (drizzleName(value.tag) !== "sql") return fail(describe(value));
    const parts = value.values.map((one) => partText(one, form, context, why));
    if (parts.includes(null)) return null;
    return value.texts.map((text, i) => text + (parts[i] ?? "")).join("");
  }
  if (value.kind === "call") return callText(value, form, context, why) ?? fail(describe(value));
  return fail(describe(value));
}

function isSql(value: TypeScriptValue): boolean {
  return value.kind === "tagged" || (value.kind === "call" && /^sql(\.|$)/.test(describe(value.callee)));
}

/** One of the values of a template. */
function partText(value: TypeScriptValue, form: ColumnForm, context: Context, why: string[]): string | null {
  if (value.kind === "undefined") return "";
  const found = columnOf(value, context);
  if (found) {
    const name = quoted(found.column.name);
    if (form === "bare") return name;
    if (form === "qualified") return `${tableName(found.table)}.${name}`;
  }
  const table = context.table(value);
  if (table && form !== "none") return tableName(table);
  const type = context.enum(value);
  if (type && form !== "none") return tableName(type);
  if (value.kind === "array") {
    const parts = value.items.map((item) => partText(item, form, context, why));
    return parts.includes(null) ? null : `(${parts.join(", ")})`;
  }
  return providedSql(value) ?? sqlText(value, form, context, why);
}

function tableName({ name, schema }: { readonly name: string; readonly schema: string | null }): string {
  return schema === null ? quoted(name) : `${quoted(schema)}.${quoted(name)}`;
}

function quoted(name: string): string {
  return `"${name}"`;
}

function callText(
  value: TypeScriptValue & { readonly kind: "call" },
  form: ColumnForm,
  context: Context,
  why: string[],
): string | null {
  const { callee, args } = value;
  const [first, second] = args;
  const part = (one: TypeScriptValue | undefined) => (one ? partText(one, form, context, why) : null);
  if (callee.kind === "member" && drizzleName(callee.object) === "sql") {
    if (callee.name === "raw") return textIn(first);
    if (callee.name === "empty") return "";
    const name = textIn(first);
    if (callee.name === "identifier") return form === "none" || name === null ? null : quoted(name);
    if (callee.name !== "join" || first?.kind !== "array") return null;
    const parts = first.items.map(part);
    const between = second ? part(second) : "";
    return parts.includes(null) || between === null ? null : parts.join(between);
  }
  const operator = drizzleName(callee);
  if (operator === null) return null;
  if (operator === "isNull" || operator === "isNotNull") {
    const text = part(first);
    return text === null ? null : `${text} is ${operator === "isNull" ? "" : "not "}null`;
  }
  if (operator === "not") {
    const text = part(first);
    return text === null ? null : `not ${text}`;
  }
  if (operator === "and" || operator === "or") {
    const parts = args.filter(({ kind }) => kind !== "undefined").map(part);
    if (parts.includes(null) || parts.length === 0) return null;
    return parts.length === 1 ? (parts[0] ?? null) : `(${parts.join(` ${operator} `)})`;
  }
  if (operator === "authUid") {
    const text = part(first);
    return text === null ? null : `(select auth.user_id() = ${text})`;
  }
  const sign = comparisons[operator];
  const [left, right] = [part(first), part(second)];
  return sign === undefined || left === null || right === null ? null : `${left} ${sign} ${right}`;
}

const comparisons: Readonly<Record<string, string>> = {
  eq: "=",
  ne: "<>",
  gt: ">",
  gte: ">=",
  lt: "<",
  lte: "<=",
  like: "like",
  ilike: "ilike",
};
