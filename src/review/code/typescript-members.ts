import { builtinMember } from "./typescript-builtins.ts";
import { propertyOf, type TypeScriptValue, textIn, undefinedValue, unknown } from "./typescript-values.ts";

/** One reading of a program. */
export interface Run {
  /** Expressions that may still be worked out; a program that goes on for long is given up. */
  steps: number;
  depth: number;
  /** What a file exports. */
  readonly namespace: (path: string) => ReadonlyMap<string, TypeScriptValue>;
  /** One export of a file; null when it has none of that name. */
  readonly exported: (path: string, name: string) => TypeScriptValue | null;
}

/** A part of a value: a property, an item, an export; of what a library makes, as it is written. */
export function memberOf(object: TypeScriptValue, name: string, run: Run): TypeScriptValue {
  if (object.kind === "unknown") return object;
  if (object.kind === "namespace")
    return run.exported(object.path, name) ?? unknown(`${name} of ${object.path}`);
  if (object.kind === "external") {
    // `import * as pg from "drizzle-orm/pg-core"`, and the package's default where it is that.
    if (object.name === "*") return { kind: "external", from: object.from, name };
    return { kind: "member", object, name };
  }
  if (object.kind === "object") {
    const own = propertyOf(object, name);
    if (own) return own;
  }
  if (object.kind === "array" && /^\d+$/.test(name)) return object.items[Number(name)] ?? undefinedValue;
  return builtinMember(object, name) ?? (isPlain(object) ? undefinedValue : { kind: "member", object, name });
}

function isPlain({ kind }: TypeScriptValue): boolean {
  return kind === "object";
}

/** A file's exports as the object that they are for whoever imports all of them. */
export function asObject(value: TypeScriptValue, run: Run): TypeScriptValue {
  if (value.kind !== "namespace") return value;
  const at = { path: value.path, start: 0, end: 0 };
  const entries = [...run.namespace(value.path)].map(([name, one]) => [name, { value: one, at }] as const);
  return { kind: "object", entries: new Map(entries), missing: [] };
}

/** A value as the name of a property; null when it is none. */
export function keyIn(value: TypeScriptValue): string | null {
  return value.kind === "number" ? String(value.value) : textIn(value);
}
