import { describe, type TypeScriptCall, type TypeScriptValue, textIn } from "../code/typescript-values.ts";
import { callOfDrizzle, chainOf, drizzleName, postgresCore, sqliteCore } from "./calls.ts";
import type { Casing } from "./casing.ts";
import { type ReadColumn, readColumn } from "./columns.ts";
import type { Context, TableDraft } from "./context.ts";

/** What is known of a table before its columns are read. */
export interface TableCall {
  readonly call: TypeScriptCall;
  /** null where it is computed from what is not known. */
  readonly name: string | null;
  readonly schema: string | null;
  /** How it names its columns; undefined where the configuration says it. */
  readonly casing: Casing | undefined;
  readonly hasRowSecurity: boolean;
  /** It is in a schema of which Drizzle Kit builds nothing. */
  readonly isExisting: boolean;
}

/** The call that makes a table, with the name that it gets; null for any other value. */
export function tableCallOf(value: TypeScriptValue, context: Context): TableCall | null {
  const { base, steps } = chainOf(value);
  const last = steps.findIndex(({ name }) => name === "table");
  const call = last < 0 ? base : callBefore(value, steps.length - 1 - last);
  if (call?.kind !== "call") return null;
  const { callee, args } = call;
  // `pgTable.withRLS(…)` of newer versions, and the same of a schema.
  const isSecured = callee.kind === "member" && callee.name === "withRLS";
  const kind = kindOf(isSecured ? callee.object : callee, context);
  const hasRowSecurity = isSecured || steps.some(({ name }) => name === "enableRLS");
  if (kind) return { call, name: textIn(args[0]), ...kind, hasRowSecurity };
  const creator = callOfDrizzle(callee, /^(pg|sqlite)TableCreator$/, coreOf(context));
  const naming = creator?.args[0];
  if (!creator || !args[0]) return null;
  const name = naming?.kind === "function" ? textIn(context.program.call(naming, [args[0]])) : null;
  return { call, name, ...usual, hasRowSecurity };
}

const usual = { schema: null, casing: undefined, isExisting: false };

/** What a function that makes tables says of them: `pgTable`, `snakeCase.table`, `billing.table`; null for any other. */
function kindOf(
  maker: TypeScriptValue,
  context: Context,
): Pick<TableCall, "schema" | "casing" | "isExisting"> | null {
  const name = drizzleName(maker, coreOf(context));
  if (name === "pgTable" || name === "sqliteTable") return usual;
  if (maker.kind !== "member" || maker.name !== "table") return null;
  const casing = casingOf(maker.object, coreOf(context));
  if (casing) return { ...usual, casing };
  const schema = context.dialect === "sqlite" ? null : schemaOf(maker.object);
  return schema && { schema: schema.name, casing: schema.casing, isExisting: schema.isExisting };
}

function coreOf({ dialect }: Context): RegExp {
  return dialect === "sqlite" ? sqliteCore : postgresCore;
}

/** `snakeCase` and `camelCase`, whose tables name their columns so. */
function casingOf(value: TypeScriptValue, core: RegExp): Casing | undefined {
  const name = drizzleName(value, core);
  if (name === "snakeCase") return "snake_case";
  return name === "camelCase" ? "camelCase" : undefined;
}

/** A schema of the database: `pgSchema("billing")`, `snakeCase.schema("billing")`. */
export interface SchemaCall {
  readonly name: string;
  readonly casing: Casing | undefined;
  readonly isExisting: boolean;
}

/** The schema that a value is; null for any other value. */
export function schemaOf(value: TypeScriptValue): SchemaCall | null {
  const { base, steps } = chainOf(value);
  if (base.kind !== "call" || steps.some((step) => step.name !== "existing")) return null;
  const { callee, args } = base;
  const casing =
    callee.kind === "member" && callee.name === "schema" ? casingOf(callee.object, postgresCore) : undefined;
  const name = casing || drizzleName(callee, postgresCore) === "pgSchema" ? textIn(args[0]) : null;
  return name === null ? null : { name, casing, isExisting: steps.length > 0 };
}

/** The schema in which a call makes something: `billing.enum(…)`; null for any other value. */
export function schemaAround(value: TypeScriptValue, kind: string): SchemaCall | null {
  if (value.kind !== "call" || value.callee.kind !== "member" || value.callee.name !== kind) return null;
  return schemaOf(value.callee.object);
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
export function draftOf(found: TableCall & { readonly name: string }): TableDraft {
  return {
    ...found,
    extra: found.call.args[2] ?? null,
    columns: [],
    references: [],
    hasOpenPolicies: false,
    isPartial: false,
  };
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
  const own = draft.casing === undefined ? context : { ...context, casing: draft.casing };
  const read = new Map<string, ReadColumn | null>();
  for (const isLater of [false, true]) {
    for (const [key, entry] of entries) {
      if (isGenerated(entry.value) === isLater) read.set(key, readColumn(key, entry, own));
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
