import type { Condition, Span } from "../types.ts";
import type {
  PythonClass,
  PythonExpression,
  PythonFunction,
  PythonParameter,
  SequenceType,
} from "./python-tree.ts";

/** What is known of a value without executing anything. */
export type PythonValue =
  | PythonString
  | { readonly kind: "number"; readonly value: number; readonly text: string }
  | { readonly kind: "constant"; readonly value: boolean | null }
  | PythonSequence
  | PythonDict
  | { readonly kind: "name"; readonly path: string }
  | { readonly kind: "attribute"; readonly object: PythonValue; readonly name: string }
  /** `Mapped[int]`: what a class of a library or of the project is narrowed to. */
  | { readonly kind: "subscript"; readonly object: PythonValue; readonly index: PythonValue }
  | PythonCall
  | {
      readonly kind: "operation";
      readonly operator: string;
      readonly left: PythonValue | null;
      readonly right: PythonValue;
    }
  | { readonly kind: "function"; readonly definition: PythonFunction; readonly scope: Scope }
  | {
      readonly kind: "lambda";
      readonly parameters: readonly PythonParameter[];
      readonly value: PythonExpression;
      readonly scope: Scope;
    }
  | {
      readonly kind: "class";
      readonly definition: PythonClass;
      readonly scope: Scope;
      readonly members: Scope;
    }
  /** One of two, by what the outside answers when it runs. */
  | {
      readonly kind: "choice";
      readonly condition: Condition;
      readonly body: PythonValue;
      readonly otherwise: PythonValue;
    }
  | PythonListed
  /** Any one of the items of something that only the outside knows. */
  | { readonly kind: "element"; readonly of: PythonValue }
  | PythonPerhaps
  | PythonUnknown;

/** A comprehension over what only the outside knows: `value` for each `element` for which the conditions hold. */
export interface PythonListed {
  readonly kind: "listed";
  readonly element: PythonValue;
  readonly source: PythonValue;
  readonly conditions: readonly PythonValue[];
  /** Of a dict. */
  readonly key: PythonValue | null;
  readonly value: PythonValue;
}

/** Characters, and for each the offset in the file that it was written at; -1 when it comes from elsewhere. */
export interface PythonString {
  readonly kind: "string";
  readonly value: string;
  readonly offsets: readonly number[];
}

export interface PythonSequence {
  readonly kind: "sequence";
  readonly type: SequenceType;
  /** Grows by `append`. */
  readonly items: PythonValue[];
}

export interface PythonDict {
  readonly kind: "dict";
  readonly entries: [PythonValue, PythonValue][];
}

/** A call that is not followed: a constructor or a function of a library. */
export interface PythonCall {
  readonly kind: "call";
  readonly callee: PythonValue;
  readonly args: CallArguments;
  readonly at: Span;
}

/** What a list or a dict may have, or not: it was put there by something of which is not known whether it runs. */
export interface PythonPerhaps {
  readonly kind: "perhaps";
  /** Without it, it is not there; null where nothing is known. */
  readonly needs: Condition | null;
}

export interface PythonUnknown {
  readonly kind: "unknown";
  readonly reason: string;
}

export interface CallArguments {
  readonly positional: readonly PythonValue[];
  readonly named: ReadonlyMap<string, PythonValue>;
}

/** Names of a function or a module, and of what surrounds it. */
export interface Scope {
  readonly names: Map<string, PythonValue>;
  readonly parent: Scope | null;
}

export const none: PythonValue = { kind: "constant", value: null };

export function stringOf(value: string): PythonString {
  return { kind: "string", value, offsets: new Array<number>(value.length).fill(-1) };
}

export function booleanOf(value: boolean): PythonValue {
  return { kind: "constant", value };
}

export function numberOf(value: number): PythonValue {
  return { kind: "number", value, text: String(value) };
}

export function unknown(reason: string): PythonUnknown {
  return { kind: "unknown", reason };
}

export function isNone(value: PythonValue | undefined): boolean {
  return value?.kind === "constant" && value.value === null;
}

/** The dotted path of a name and the attributes behind it; null for anything else. */
export function pathOf(value: PythonValue): string | null {
  if (value.kind === "name") return value.path;
  if (value.kind !== "attribute") return null;
  const path = pathOf(value.object);
  return path === null ? null : `${path}.${value.name}`;
}

/** The last word of the path that is called; null when what is called is no path. */
export function calleeOf(value: PythonValue): string | null {
  if (value.kind !== "call") return null;
  const path = pathOf(value.callee);
  return path === null ? null : (path.split(".").at(-1) ?? null);
}

/** Whether a value counts as true in a condition; null when that is not known. */
export function truthOf(value: PythonValue): boolean | null {
  switch (value.kind) {
    case "string":
      return value.value !== "";
    case "number":
      return value.value !== 0;
    case "constant":
      return value.value === true;
    case "sequence":
      return value.items.length > 0 && value.items.every(isPerhaps) ? null : value.items.length > 0;
    case "dict":
      return value.entries.length > 0 && value.entries.every(([key]) => isPerhaps(key))
        ? null
        : value.entries.length > 0;
    case "function":
    case "lambda":
    case "class":
      return true;
    default:
      return null;
  }
}

/** Whether it may be there or not. */
export function isPerhaps(value: PythonValue): value is PythonPerhaps {
  return value.kind === "perhaps";
}

/** Whether two values are equal; null when that is not known. */
export function equal(a: PythonValue, b: PythonValue): boolean | null {
  if (!isKnown(a) || !isKnown(b)) return null;
  if (a.kind === "sequence" && b.kind === "sequence") {
    if (a.type !== b.type || a.items.length !== b.items.length) return false;
    const same = a.items.map((item, i) => equal(item, b.items[i] ?? none));
    if (same.includes(false)) return false;
    return same.includes(null) ? null : true;
  }
  if (a.kind === "dict" || b.kind === "dict") return a.kind === b.kind ? null : false;
  return a.kind === b.kind && "value" in a && "value" in b && a.value === b.value;
}

/** Whether it is a constant of which everything is known. */
export function isKnown(value: PythonValue): boolean {
  return /^(string|number|constant|sequence|dict)$/.test(value.kind);
}

/** The value of a key. */
export function entryOf({ entries }: PythonDict, key: PythonValue): PythonValue | undefined {
  return entries.findLast(([candidate]) => equal(candidate, key) === true)?.[1];
}

/** What a chain of calls begins with, and the calls. */
interface Chain {
  readonly root: PythonValue;
  readonly calls: readonly { readonly name: string; readonly call: PythonCall }[];
}

/** `update(t).where(…).values(…)` or `t.update().where(…)` as a list of calls. */
export function chainOf(value: PythonValue): Chain {
  const calls: { name: string; call: PythonCall }[] = [];
  let at = value;
  while (at.kind === "call" && at.callee.kind === "attribute" && pathOf(at.callee) === null) {
    calls.unshift({ name: at.callee.name, call: at });
    at = at.callee.object;
    if (calleeOf(at) !== null && /^(table|Table)$/.test(calleeOf(at) ?? "")) break;
  }
  return { root: at, calls };
}
