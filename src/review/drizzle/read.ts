import { placesIn } from "../code/places.ts";
import { importResolver, type SourceFiles } from "../code/typescript-paths.ts";
import { readProgram } from "../code/typescript-program.ts";
import { type TypeScriptCall, type TypeScriptValue, textIn } from "../code/typescript-values.ts";
import type { Dialect, Place, Skipped } from "../types.ts";
import { callOfDrizzle, chainOf, postgresCore } from "./calls.ts";
import type { Casing } from "./casing.ts";
import type { Context, TableDraft } from "./context.ts";
import { readKeysOf } from "./keys.ts";
import { withLinked } from "./policies.ts";
import { providedTable } from "./providers.ts";
import type { DrizzleEnum, DrizzleSchema, DrizzleSequence } from "./schema.ts";
import { sequenceOptionsOf } from "./sequences.ts";
import { draftOf, readColumnsInto, schemaAround, schemaOf, tableCallOf } from "./tables.ts";

/** What the schema files declare, and what of it was not understood. */
export interface DrizzleReading {
  readonly schema: DrizzleSchema;
  /** Whether there may be tables that were not understood. */
  readonly isIncomplete: boolean;
  readonly skipped: readonly Skipped[];
}

/** Reads what the schema files export, as Drizzle Kit does, without running any of it. */
export function readSchema(
  entries: readonly string[],
  files: SourceFiles,
  dialect: Dialect,
  casing: Casing,
): DrizzleReading {
  const program = readProgram({ text: files.text, resolve: importResolver(files) });
  const skipped: Skipped[] = [];
  const told = new Set<string>();
  const places = new Map<string, ReturnType<typeof placesIn>>();
  const drafts = new Map<TypeScriptCall, TableDraft | null>();
  const enums = new Map<TypeScriptValue, DrizzleEnum | null>();
  let isIncomplete = false;
  const context: Context = {
    program,
    dialect,
    casing,
    skip(at, reason) {
      const { path, line } = context.place(at);
      const key = `${path}:${line} ${reason}`;
      if (told.has(key)) return;
      told.add(key);
      skipped.push({ path, line, reason, matters: false });
    },
    place(at): Place {
      const known = places.get(at.path) ?? placesIn(at.path, files.text(at.path) ?? "");
      places.set(at.path, known);
      return known(at);
    },
    table(value) {
      const found = tableCallOf(value, context);
      if (!found) return providedTable(value);
      const known = drafts.get(found.call);
      if (known !== undefined) {
        if (known && found.hasRowSecurity) known.hasRowSecurity = true;
        return known;
      }
      const { name } = found;
      if (name === null) {
        isIncomplete = true;
        context.skip(found.call.at, "a table is not read: its name is not constant");
      }
      const draft = name === null ? null : draftOf({ ...found, name });
      drafts.set(found.call, draft);
      if (draft) readColumnsInto(draft, context);
      return draft;
    },
    enum(value) {
      const known = enums.get(value);
      if (known !== undefined) return known;
      const read = enumOf(value, context);
      enums.set(value, read);
      return read;
    },
  };

  const exported = new Set(entries.flatMap((path) => [...program.exportsOf(path).values()]));
  const tables: TableDraft[] = [];
  const sequences: DrizzleSequence[] = [];
  const schemas: string[] = [];
  const types: DrizzleEnum[] = [];
  for (const value of exported) {
    const table = context.table(value);
    if (table && !table.isExisting && !tables.includes(table)) tables.push(table);
    const type = context.enum(value);
    if (type) types.push(type);
    const schema = schemaOf(value);
    if (schema && !schema.isExisting) schemas.push(schema.name);
    const sequence = sequenceOf(value);
    if (sequence) sequences.push(sequence);
  }
  const view = [...exported].map(viewOf).find((found) => found !== null);
  if (view) context.skip(view.at, "views are not compared");
  const role = [...exported].map((value) => callOfDrizzle(value, "pgRole")).find((found) => found !== null);
  if (role) context.skip(role.at, "roles are not compared");
  // Keys may speak of tables that nobody exports: those are read, and not built.
  const keyed = tables.map((table) => readKeysOf(table, context));
  const read = withLinked(keyed, tables, exported, context);
  const guarded = read.flatMap(({ policies }) => policies)[0]?.place;
  if (guarded) {
    const reason = "the conditions of policies are not compared";
    skipped.push({ path: guarded.path, line: guarded.line, reason, matters: false });
  }
  // Drizzle Kit makes no type that is not exported: somebody else did, so that its columns work.
  const used = new Set(read.flatMap(({ columns }) => columns.map(({ type }) => type.replace(/\[.*$/s, ""))));
  for (const type of enums.values())
    if (type && used.has(type.name) && !types.includes(type)) types.push(type);
  for (const [path, reason] of program.unreadable) {
    isIncomplete = true;
    skipped.push({ path, line: null, reason, matters: false });
  }
  return {
    schema: { schemas: [...new Set(schemas)], enums: types, sequences, tables: read },
    isIncomplete,
    skipped,
  };
}

/** `pgEnum("state", ["open"])`, or of a schema; null for any other value. */
function enumOf(value: TypeScriptValue, context: Context): DrizzleEnum | null {
  const schema = schemaAround(value, "enum");
  const made = schema ? value : callOfDrizzle(value, "pgEnum", postgresCore);
  if (made?.kind !== "call") return null;
  const name = textIn(made.args[0]);
  const values = valuesIn(made.args[1]);
  if (name === null || values === null) {
    context.skip(made.at, "an enum is not read: its name or its values are not constant");
    return null;
  }
  return { name, schema: schema?.name ?? null, values, place: context.place(made.at) };
}

function valuesIn(value: TypeScriptValue | undefined): string[] | null {
  const names = itemsIn(value)?.map((item) => textIn(item)) ?? [null];
  return names.includes(null) ? null : names.filter((name) => name !== null);
}

function itemsIn(value: TypeScriptValue | undefined): readonly TypeScriptValue[] | null {
  if (value?.kind === "array") return value.items;
  if (value?.kind !== "object") return enumOfZod(value);
  return value.missing.length > 0 ? null : [...value.entries.values()].map((entry) => entry.value);
}

/** `z.enum(["a"]).options`, where the values are kept with what checks them. */
function enumOfZod(value: TypeScriptValue | undefined): readonly TypeScriptValue[] | null {
  if (value?.kind !== "member" || value.name !== "options") return null;
  const { object } = value;
  if (object.kind !== "call" || object.callee.kind !== "member" || object.callee.name !== "enum") return null;
  const [list] = object.args;
  return list?.kind === "array" ? list.items : null;
}

/** `pgView("name").as(…)`, or of a schema; null for any other value, and for one that somebody else makes. */
function viewOf(value: TypeScriptValue): TypeScriptCall | null {
  const { base, steps } = chainOf(value);
  if (value.kind !== "call" || steps.some(({ name }) => name === "existing")) return null;
  const isOfSchema = schemaOf(base) && steps.some(({ name }) => /^(?:view|materializedView)$/.test(name));
  return isOfSchema || callOfDrizzle(base, /^(?:pgView|pgMaterializedView|sqliteView)$/) ? value : null;
}

function sequenceOf(value: TypeScriptValue): DrizzleSequence | null {
  const schema = schemaAround(value, "sequence");
  const made = schema ? value : callOfDrizzle(value, "pgSequence", postgresCore);
  if (made?.kind !== "call") return null;
  const name = textIn(made.args[0]);
  const options = sequenceOptionsOf(made.args[1]);
  return name === null || options === null ? null : { name, schema: schema?.name ?? null, options };
}
