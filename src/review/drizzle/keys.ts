import {
  describe,
  type ObjectEntry,
  propertyOf,
  type SourcePlace,
  type TypeScriptCall,
  type TypeScriptValue,
  textIn,
} from "../code/typescript-values.ts";
import { chainOf, drizzleName, type Step } from "./calls.ts";
import { type Context, columnOf, type TableDraft } from "./context.ts";
import { readCrudPolicy, readPolicy } from "./policies.ts";
import type { DrizzleColumn, DrizzleForeignKey, DrizzleIndex, DrizzleTable, IndexPart } from "./schema.ts";
import { sqlText } from "./sql-text.ts";

type Keys = {
  -readonly [Key in
    | "indexes"
    | "uniques"
    | "primaryKeys"
    | "foreignKeys"
    | "checks"
    | "policies"]: DrizzleTable[Key][number][];
};

/** A table with its keys, once all tables are known. */
export function readKeysOf(draft: TableDraft, context: Context): DrizzleTable {
  const keys: Keys = { indexes: [], uniques: [], primaryKeys: [], foreignKeys: [], checks: [], policies: [] };
  let isWhole = true;
  const fail = (at: SourcePlace, what: string, reason: string) => {
    isWhole = false;
    context.skip(at, `${what} of the table ${draft.name} is not read: ${reason}`);
  };
  for (const { column, target, actions } of draft.references) {
    const value = target.kind === "function" ? context.program.call(target, []) : target;
    const found = columnOf(value, context);
    const [onDelete, onUpdate] = [actionOf(actions, "onDelete"), actionOf(actions, "onUpdate")];
    if (!found || onDelete === undefined || onUpdate === undefined) {
      fail(draft.call.at, `the foreign key on ${column.name}`, describe(value));
      continue;
    }
    keys.foreignKeys.push({
      name: null,
      columns: [column],
      target: found.table,
      targetColumns: [found.column],
      onDelete,
      onUpdate,
      place: column.place,
    });
  }
  for (const { value, at } of itemsOf(draft, context)) {
    const reason = readItem(value, at, draft, keys, context);
    if (reason !== null) fail(at, "a key", reason);
  }
  return {
    ...keys,
    name: draft.name,
    schema: draft.schema,
    columns: draft.columns,
    hasRowSecurity: draft.hasRowSecurity,
    hasOpenPolicies: draft.hasOpenPolicies || draft.isPartial || !isWhole,
    isPartial: draft.isPartial || !isWhole,
    place: context.place(draft.call.at),
  };
}

/** What the third argument gives, as a list or an object, for the table itself. */
function itemsOf({ extra, call }: TableDraft, context: Context): ObjectEntry[] {
  if (extra === null || extra.kind === "undefined") return [];
  const given = extra.kind === "function" ? context.program.call(extra, [call]) : extra;
  const value = context.program.object(given);
  const place = (one: TypeScriptValue) => placeOf(one) ?? call.at;
  if (value.kind === "object")
    return [...value.entries.values(), ...value.missing.map((one) => ({ value: one, at: call.at }))];
  if (value.kind !== "array") return [{ value, at: call.at }];
  return value.items
    .flatMap((item) => (item.kind === "array" ? item.items : [item]))
    .map((item) => ({ value: item, at: place(item) }));
}

/** A call with its methods spans from its first to its last line. */
function placeOf(value: TypeScriptValue): SourcePlace | null {
  return value.kind === "call" || value.kind === "tagged" ? value.at : null;
}

/** Puts an index, a key or a check where it belongs; says why it is not read. */
function readItem(
  value: TypeScriptValue,
  at: SourcePlace,
  draft: TableDraft,
  keys: Keys,
  context: Context,
): string | null {
  if (value.kind === "undefined" || value.kind === "null") return null;
  const { base, steps } = chainOf(value);
  // Bare SQL is no key: Drizzle Kit passes over it.
  if (base.kind === "tagged" && drizzleName(base.tag) === "sql") return null;
  const kind = base.kind === "call" ? drizzleName(base.callee) : null;
  if (base.kind !== "call" || kind === null) return describe(value);
  const place = context.place(at);
  switch (kind) {
    case "index":
    case "uniqueIndex": {
      const index = indexOf(base, steps, kind === "uniqueIndex", draft, context);
      if (typeof index === "string") return index;
      keys.indexes.push({ ...index, place });
      return null;
    }
    case "unique": {
      const columns = columnsOf(steps.find(({ name }) => name === "on")?.args, draft, context);
      if (!columns || !isName(base.args[0])) return "its columns are not constant";
      const nullsNotDistinct = steps.some(({ name }) => name === "nullsNotDistinct");
      keys.uniques.push({ name: textIn(base.args[0]), columns, nullsNotDistinct, place });
      return null;
    }
    case "primaryKey": {
      const [config] = base.args;
      const list = propertyOf(config, "columns");
      const columns = columnsOf(list?.kind === "array" ? list.items : base.args, draft, context);
      const name = propertyOf(config, "name");
      if (!columns || !isName(name)) return "its columns are not constant";
      keys.primaryKeys.push({ name: textIn(name), columns, place });
      return null;
    }
    case "foreignKey": {
      const key = foreignKeyOf(base, steps, draft, context);
      if (typeof key === "string") return key;
      keys.foreignKeys.push({ ...key, place });
      return null;
    }
    case "check": {
      const [name, condition] = base.args;
      const why: string[] = [];
      const sql = condition ? sqlText(condition, "qualified", context, why) : null;
      const text = textIn(name);
      if (text === null || sql === null) return why[0] ?? "its name is not constant";
      keys.checks.push({ name: text, sql });
      return null;
    }
    case "pgPolicy":
    case "crudPolicy": {
      const read = kind === "pgPolicy" ? readPolicy(base, place) : readCrudPolicy(base, place);
      if (typeof read !== "string") keys.policies.push(...[read].flat());
      else {
        // It takes nothing from what is known of the table besides its policies.
        draft.hasOpenPolicies = true;
        context.skip(at, `a policy of the table ${draft.name} is not read: ${read}`);
      }
      draft.hasRowSecurity = true;
      return null;
    }
    default:
      return describe(value);
  }
}

/** Whether a name is a constant, or left out. */
function isName(value: TypeScriptValue | undefined): boolean {
  return value === undefined || value.kind === "string" || value.kind === "undefined";
}

function columnsOf(
  values: readonly TypeScriptValue[] | undefined,
  draft: TableDraft,
  context: Context,
): DrizzleColumn[] | null {
  const found = (values ?? []).map((value) => columnOf(value, context));
  const own = found.flatMap((one) => (one && one.table === draft ? [one.column] : []));
  return own.length > 0 && own.length === found.length ? own : null;
}

function indexOf(
  base: TypeScriptCall,
  steps: readonly Step[],
  isUnique: boolean,
  draft: TableDraft,
  context: Context,
): Omit<DrizzleIndex, "place"> | string {
  if (!isName(base.args[0])) return "its name is not constant";
  const on = steps.find(({ name }) => name === "on" || name === "onOnly" || name === "using");
  if (!on) return "it is on no column";
  const method = on.name === "using" ? textIn(on.args[0]) : "btree";
  if (method === null) return "its method is not constant";
  const why: string[] = [];
  const parts = on.args
    .slice(on.name === "using" ? 1 : 0)
    .map((part) => indexPart(part, draft, context, why));
  const known = parts.filter((part): part is IndexPart => part !== null);
  if (known.length < parts.length || parts.length === 0) return why[0] ?? "its columns are not constant";
  const condition = steps.find(({ name }) => name === "where")?.args[0];
  const where = condition ? sqlText(condition, "qualified", context, why) : null;
  if (condition && condition.kind !== "undefined" && where === null)
    return why[0] ?? "its condition is not constant";
  const parameters = steps.find(({ name }) => name === "with")?.args[0];
  return {
    name: textIn(base.args[0]),
    parts: known,
    isUnique,
    isConcurrent: steps.some(({ name }) => name === "concurrently"),
    method,
    where,
    parameters:
      parameters?.kind === "object"
        ? [...parameters.entries].map(([key, { value }]) => [key, describe(value).replace(/^"(.*)"$/, "$1")])
        : [],
  };
}

function indexPart(
  value: TypeScriptValue,
  draft: TableDraft,
  context: Context,
  why: string[],
): IndexPart | null {
  const { column, modifiers } = modified(value);
  const found = columnOf(column, context);
  if (!found || found.table !== draft) {
    const sql = sqlText(value, "bare", context, why);
    return sql === null ? null : { kind: "expression", sql };
  }
  let part: IndexPart & { readonly kind: "column" } = {
    kind: "column",
    column: found.column,
    order: "asc",
    nulls: "last",
    operatorClass: null,
  };
  for (const { name, args } of modifiers) {
    if (name === "asc" || name === "desc") part = { ...part, order: name };
    else if (name === "nullsFirst" || name === "nullsLast")
      part = { ...part, nulls: name === "nullsFirst" ? "first" : "last" };
    else if (name === "op") part = { ...part, operatorClass: textIn(args[0]) };
    else return null;
  }
  return part;
}

/** `t.createdAt.desc().nullsLast()`: a column, and the methods on it. */
function modified(value: TypeScriptValue): { readonly column: TypeScriptValue; readonly modifiers: Step[] } {
  const modifiers: Step[] = [];
  let one = value;
  while (one.kind === "call" && one.callee.kind === "member" && indexModifier.test(one.callee.name)) {
    modifiers.unshift({ name: one.callee.name, args: one.args });
    one = one.callee.object;
  }
  return { column: one, modifiers };
}

const indexModifier = /^(asc|desc|nullsFirst|nullsLast|op)$/;

function foreignKeyOf(
  base: TypeScriptCall,
  steps: readonly Step[],
  draft: TableDraft,
  context: Context,
): Omit<DrizzleForeignKey, "place"> | string {
  const [given] = base.args;
  const config = given?.kind === "function" ? context.program.call(given, []) : given;
  const [own, foreign] = ["columns", "foreignColumns"].map((key) => propertyOf(config, key));
  const columns = columnsOf(own?.kind === "array" ? own.items : undefined, draft, context);
  const targets = (foreign?.kind === "array" ? foreign.items : []).map((one) => columnOf(one, context));
  const [first] = targets;
  const name = propertyOf(config, "name");
  if (!columns || !first || targets.some((one) => one?.table !== first.table) || !isName(name))
    return "its columns are not constant";
  const action = (key: string) => {
    const step = steps.find((one) => one.name === key);
    return step ? (textIn(step.args[0]) ?? "no action") : null;
  };
  return {
    name: textIn(name),
    columns,
    target: first.table,
    targetColumns: targets.flatMap((one) => (one ? [one.column] : [])),
    onDelete: action("onDelete"),
    onUpdate: action("onUpdate"),
  };
}

/** An action of a foreign key; null where none is given, undefined where it is not constant. */
function actionOf(actions: TypeScriptValue | undefined, key: string): string | null | undefined {
  if (actions && actions.kind !== "object" && actions.kind !== "undefined") return undefined;
  const value = propertyOf(actions, key);
  if (!value || value.kind === "undefined") return null;
  return textIn(value) ?? undefined;
}
