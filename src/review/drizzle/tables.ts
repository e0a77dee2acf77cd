import { describe, type TypeScriptCall, type TypeScriptValue, textIn } from "../code/typescript-values.ts";
import { callOfDrizzle, chainOf, drizzleName, postgresCore, sqliteCore } from "./calls.ts";
import { type ReadColumn, readColumn } from "./columns.ts";
import type { Context, TableDraft } from "./context.ts";

/** What is known of a table before its columns are read. */
export interface TableCall {
  readonly call: TypeScriptCall;
  /** null where it is computed from what is not known. */
  readonly name: string | null;
  readonly schema: string | null;
  readonly hasRowSecurity: boolean;
}

/** The call that makes a table, with the name that it gets; null for any other value. */
export function tableCallOf(value: TypeScriptValue, context: Context): TableCall | null {
  const { base, steps } = chainOf(value);
  if (base.kind !== "call") return null;
  const [first] = steps;
  const hasRowSecurity = steps.some(({ name }) => name === "enableRLS");
  const isSqlite = context.dialect === "sqlite";
  if (first?.name === "table" && !isSqlite) {
    const schema = schemaOf(base);
    const call = schema === null ? null : callBefore(value, steps.length - 1);
    return call && { call, name: textIn(call.args[0]), schema, hasRowSecurity };
  }
  const core = isSqlite ? sqliteCore : postgresCore;
  const plain = isSqlite ? "sqliteTable" : "pgTable";
  const { callee, args } = base;
  if (drizzleName(callee, core) === plain)
    return { call: base, name: textIn(args[0]), schema: null, hasRowSecurity };
  // `pgTable.withRLS(…)` of newer versions.
  if (callee.kind === "member" && callee.name === "withRLS" && drizzleName(callee.object, core) === plain)
    return { call: base, name: textIn(args[0]), schema: null, hasRowSecurity: true };
  const creator = callOfDrizzle(callee, `${plain}Creator`, core);
  const naming = creator?.args[0];
  if (!creator || !args[0]) return null;
  const name = naming?.kind === "function" ? textIn(context.program.call(naming, [args[0]])) : null;
  return { call: base, name, schema: null, hasRowSecurity };
}

/** The schema's name, of `pgSchema("billing")`; null for any other value. */
export function schemaOf(value: TypeScriptValue): string | null {
  const call = callOfDrizzle(value, "pgSchema", postgresCore);
  return call ? textIn(call.args[0]) : null;
}

/** The value with its last methods taken off. */
function callBefore(value: TypeScriptValue, count: number): TypeScriptCall | null {
  let one = value;
  for (let i = 0; i < count; i += 1) {
    if (one.kind !== "call" || one.callee.kind !== "member") return null;
    one = one.callee.object;
  }
  return one.kind === "call" ? one : null;
}

/** A table of which only the name is known. */
export function draftOf({
  call,
  name,
  schema,
  hasRowSecurity,
}: TableCall & { readonly name: string }): TableDraft {
  const extra = call.args[2] ?? null;
  return { name, schema, call, extra, hasRowSecurity, columns: [], references: [], isPartial: false };
}

/** Reads the columns of a table into its draft. What is generated may speak of the others, and is read after them. */
export function readColumnsInto(draft: TableDraft, context: Context): void {
  const { call, name } = draft;
  const [, second] = call.args;
  const library = context.dialect === "sqlite" ? "sqlite-core" : "pg-core";
  const builders: TypeScriptValue = { kind: "external", from: `drizzle-orm/${library}`, name: "*" };
  const given = second?.kind === "function" ? context.program.call(second, [builders]) : second;
  const definition = given ? context.program.object(given) : null;
  if (definition?.kind !== "object") {
    const reason = given ? describe(given) : "there are none";
    context.skip(call.at, `the columns of the table ${name} are not read: ${reason}`);
    draft.isPartial = true;
    return;
  }
  for (const { reason } of definition.missing)
    context.skip(call.at, `not all columns of the table ${name} are read: ${reason}`);
  const entries = [...definition.entries];
  const read = new Map<string, ReadColumn | null>();
  for (const isLater of [false, true]) {
    for (const [key, entry] of entries) {
      if (isGenerated(entry.value) === isLater) read.set(key, readColumn(key, entry, context));
    }
    const known = entries.flatMap(([key]) => read.get(key) ?? []);
    draft.columns = known.map(({ column }) => column);
    draft.references = known.flatMap(({ references }) => references);
  }
  draft.isPartial = definition.missing.length > 0 || draft.columns.length < entries.length;
}

function isGenerated(value: TypeScriptValue): boolean {
  return chainOf(value).steps.some(({ name }) => name === "generatedAlwaysAs");
}
