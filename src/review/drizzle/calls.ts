import type { TypeScriptCall, TypeScriptValue } from "../code/typescript-values.ts";

/** `text("a").notNull().default("b")`: what is called first, and the methods that follow. */
export interface Chain {
  readonly base: TypeScriptValue;
  readonly steps: readonly Step[];
}

export interface Step {
  readonly name: string;
  readonly args: readonly TypeScriptValue[];
}

/** Takes the methods off a value that a library makes. */
export function chainOf(value: TypeScriptValue): Chain {
  const steps: Step[] = [];
  let base = value;
  while (base.kind === "call" && !base.isNew && base.callee.kind === "member") {
    const { object, name } = base.callee;
    if (object.kind !== "call" && object.kind !== "tagged") break;
    steps.unshift({ name, args: base.args });
    base = object;
  }
  return { base, steps };
}

/** The name of what Drizzle exports for a dialect, or for all of them; null for anything else. */
export function drizzleName(value: TypeScriptValue, from: RegExp = anyOfDrizzle): string | null {
  if (value.kind === "external" && from.test(value.from)) return value.name;
  // `import pg from "drizzle-orm/pg-core"`, which some ways of loading files allow.
  if (value.kind === "member" && value.object.kind === "external" && value.object.name === "default")
    return from.test(value.object.from) ? value.name : null;
  return null;
}

const anyOfDrizzle = /^drizzle-orm(\/|$)/;

/** The packages that hold tables and columns of PostgreSQL and SQLite. */
export const postgresCore = /^drizzle-orm\/pg-core(\/|$)/;
export const sqliteCore = /^drizzle-orm\/sqlite-core(\/|$)/;

/** The call, where it calls this export of Drizzle. */
export function callOfDrizzle(
  value: TypeScriptValue,
  name: string | RegExp,
  from?: RegExp,
): TypeScriptCall | null {
  if (value.kind !== "call") return null;
  const called = drizzleName(value.callee, from);
  if (called === null) return null;
  return (typeof name === "string" ? called === name : name.test(called)) ? value : null;
}
