import {
  describe,
  type ObjectEntry,
  propertyOf,
  type TypeScriptCall,
  type TypeScriptValue,
  textIn,
  truthOf,
} from "../code/typescript-values.ts";
import { callOfDrizzle, chainOf, drizzleName, postgresCore, type Step, sqliteCore } from "./calls.ts";
import { cased } from "./casing.ts";
import { type Constant, constantOf, postgresDefault, sqliteDefault } from "./constants.ts";
import type { ColumnReference, Context } from "./context.ts";
import { bareColumn, type DrizzleColumn, type DrizzleIdentity } from "./schema.ts";
import { sequenceOptionsOf } from "./sequences.ts";
import { type ColumnForm, sqlText } from "./sql-text.ts";
import { type BuilderType, postgresBuilders, sqliteBuilders } from "./types.ts";

/** A column and what it says of other tables. */
export interface ReadColumn {
  readonly column: DrizzleColumn;
  readonly references: readonly ColumnReference[];
}

interface Started extends Partial<BuilderType> {
  readonly name: string | null;
  readonly typeSchema: string | null;
  /** Why its type is not known. */
  readonly unknown: string | null;
}

/** A column by its builder and the methods that follow; null where not even its name is known. */
export function readColumn(key: string, { value, at }: ObjectEntry, context: Context): ReadColumn | null {
  const { base, steps } = chainOf(value);
  const started = base.kind === "call" ? start(base, context) : null;
  if (!started) {
    context.skip(at, `the column ${key} is not read: ${describe(value)}`);
    return null;
  }
  const draft: Draft = {
    ...fresh,
    type: started.type ?? "text",
    notNull: started.notNull ?? false,
    hasOwnDefault: false,
    unknown: started.unknown,
    references: [],
  };
  const state = { draft };
  for (const step of steps) state.draft = follow(state.draft, step, context);
  const { references, unknown, ...rest } = state.draft;
  if (unknown !== null)
    context.skip(at, `the column ${key} is read without its type and default: ${unknown}`);
  const rawName = started.name ?? key;
  const column: DrizzleColumn = {
    ...rest,
    key,
    rawName,
    name: started.name ?? cased(key, context.casing),
    typeSchema: started.typeSchema,
    isOpaque: unknown !== null,
    place: context.place(at),
  };
  return { column, references: references.map((one) => ({ ...one, column })) };
}

/** What the builder itself says. */
function start({ callee, args }: TypeScriptCall, context: Context): Started | null {
  const [first, second] = args;
  const isNamed = first?.kind === "string";
  if (first && !isNamed && first.kind !== "object" && first.kind !== "undefined") return null;
  const name = isNamed && first.value !== "" ? first.value : null;
  const config = isNamed ? second : first;
  const builder = drizzleName(callee, context.dialect === "sqlite" ? sqliteCore : postgresCore);
  if (builder !== null) {
    const builders = context.dialect === "sqlite" ? sqliteBuilders : postgresBuilders;
    if (!Object.hasOwn(builders, builder)) return { name, typeSchema: null, unknown: `${builder}()` };
    const type = builders[builder]?.(config) ?? null;
    return { ...type, name, typeSchema: null, unknown: type ? null : `an option of ${builder}()` };
  }
  const type = context.enum(callee);
  if (type) return { name, type: type.name, typeSchema: type.schema, unknown: null };
  return customType(callee, name, config, context);
}

/** `customType({ dataType: (config) => "citext" })`, which is called like a builder. */
function customType(
  callee: TypeScriptValue,
  name: string | null,
  config: TypeScriptValue | undefined,
  context: Context,
): Started | null {
  const made = callOfDrizzle(callee, "customType");
  if (!made) return null;
  const unknown = { name, typeSchema: null, unknown: "a custom type whose dataType() is not constant" };
  const dataType = propertyOf(made.args[0], "dataType");
  if (dataType?.kind !== "function") return unknown;
  const type = textIn(context.program.call(dataType, [config ?? { kind: "undefined" }]));
  return type === null ? unknown : { name, type, typeSchema: null, unknown: null };
}

type Draft = Omit<DrizzleColumn, "key" | "rawName" | "name" | "typeSchema" | "isOpaque" | "place"> & {
  readonly unknown: string | null;
  readonly references: readonly Omit<ColumnReference, "column">[];
};

const fresh = { ...bareColumn, unknown: null, references: [] };

function follow(draft: Draft, { name, args }: Step, context: Context): Draft {
  const [first, second] = args;
  switch (name) {
    case "notNull":
      return { ...draft, notNull: true };
    case "primaryKey":
      return {
        ...draft,
        isPrimary: true,
        notNull: true,
        autoincrement: isSet(first, "autoIncrement"),
      };
    case "unique":
      return {
        ...draft,
        unique: {
          name: textIn(first),
          nullsNotDistinct: textIn(propertyOf(second, "nulls")) === "not distinct",
        },
        unknown: first && !/^(string|undefined)$/.test(first.kind) ? describe(first) : draft.unknown,
      };
    case "default":
      return { ...draft, ...defaultOf(first, draft, context) };
    case "defaultNow":
      return {
        ...draft,
        defaultSql:
          context.dialect === "sqlite"
            ? "(cast((julianday('now') - 2440587.5)*86400000 as integer))"
            : "now()",
      };
    case "defaultRandom":
      return { ...draft, defaultSql: "gen_random_uuid()" };
    case "references":
      return first
        ? { ...draft, references: [...draft.references, { target: first, actions: second }] }
        : draft;
    case "generatedAlwaysAs":
      return { ...draft, ...generatedOf(first, second, draft, context) };
    case "generatedAlwaysAsIdentity":
    case "generatedByDefaultAsIdentity":
      return { ...draft, notNull: true, ...identityOf(name === "generatedAlwaysAsIdentity", first, draft) };
    case "array":
      return arrayOf(draft, first);
    default:
      if (/^\$(default|onUpdate)(Fn)?$/.test(name)) return { ...draft, hasOwnDefault: true };
      return name.startsWith("$") ? draft : { ...draft, unknown: `.${name}()` };
  }
}

function isSet(config: TypeScriptValue | undefined, key: string): boolean {
  const value = propertyOf(config, key);
  return value !== undefined && truthOf(value) === true;
}

function defaultOf(
  value: TypeScriptValue | undefined,
  { type, unknown }: Draft,
  context: Context,
): Pick<Draft, "defaultSql" | "unknown"> {
  if (!value || value.kind === "undefined") return { defaultSql: null, unknown };
  const constant = constantOf(value);
  const why: string[] = [];
  const written = (one: Constant) =>
    context.dialect === "sqlite" ? sqliteDefault(one) : postgresDefault(one, type);
  const text = constant === undefined ? sqlText(value, "none", context, why) : written(constant);
  if (text !== null) return { defaultSql: text, unknown };
  return {
    defaultSql: null,
    unknown: unknown ?? `its default, ${why[0] ?? describe(value)}, is not constant`,
  };
}

function generatedOf(
  value: TypeScriptValue | undefined,
  config: TypeScriptValue | undefined,
  { unknown }: Draft,
  context: Context,
): Pick<Draft, "generated" | "unknown"> {
  const form: ColumnForm = context.dialect === "sqlite" ? "bare" : "qualified";
  const made = value?.kind === "function" ? context.program.call(value, []) : value;
  const text = textIn(made) ?? (made ? sqlText(made, form, context) : null);
  if (text === null)
    return { generated: null, unknown: unknown ?? "what it is generated from is not constant" };
  if (context.dialect !== "sqlite") return { generated: { as: text, mode: "stored" }, unknown };
  const mode = textIn(propertyOf(config, "mode")) === "stored" ? "stored" : "virtual";
  return { generated: { as: `(${text})`, mode }, unknown };
}

function identityOf(
  isAlways: boolean,
  config: TypeScriptValue | undefined,
  { unknown }: Draft,
): { readonly identity: DrizzleIdentity; readonly unknown: string | null } {
  const options = sequenceOptionsOf(config);
  const known = options ?? sequenceOptionsOf(undefined);
  const identity = { isAlways, sequence: textIn(propertyOf(config, "name")), options: known ?? noOptions };
  return { identity, unknown: options ? unknown : (unknown ?? "an option of its identity is not constant") };
}

const noOptions = {
  increment: null,
  minValue: null,
  maxValue: null,
  startWith: null,
  cache: null,
  cycle: false,
};

/**
 * A list is a column of its own: what was said before it is said of its items, and does not count (pg-core/columns/common.ts); since 1.0 it does.
 */
function arrayOf(draft: Draft, size: TypeScriptValue | undefined): Draft {
  const text = size?.kind === "number" ? `[${size.value}]` : (textIn(size) ?? "[]");
  const { notNull, defaultSql, unique, identity } = draft;
  const isUnclear = notNull || defaultSql !== null || unique !== null || identity !== null;
  const unknown =
    size && !/^(number|string|undefined)$/.test(size.kind)
      ? describe(size)
      : (draft.unknown ?? (isUnclear ? "what stands before .array() counts since Drizzle 1.0 only" : null));
  return { ...fresh, type: `${draft.type}${text}`, unknown };
}
