import type { Span } from "../types.ts";
import type { TypeScriptFunction } from "./typescript-tree.ts";

/**
 * What an expression comes to. Constants are worked out, functions of the repository are followed; calls of libraries stay as
 * they are written, so that whoever knows the library can say what they mean.
 */
export type TypeScriptValue =
  | { readonly kind: "string"; readonly value: string }
  | { readonly kind: "number"; readonly value: number }
  | { readonly kind: "bigint"; readonly value: string }
  | { readonly kind: "boolean"; readonly value: boolean }
  | { readonly kind: "null" }
  | { readonly kind: "undefined" }
  | TypeScriptArray
  | TypeScriptObject
  | TypeScriptClosure
  /** All that a file exports. */
  | { readonly kind: "namespace"; readonly path: string }
  | TypeScriptExternal
  | TypeScriptMember
  | TypeScriptCall
  | TypeScriptTagged
  | TypeScriptUnknown;

export interface TypeScriptArray {
  readonly kind: "array";
  readonly items: readonly TypeScriptValue[];
}

export interface TypeScriptObject {
  readonly kind: "object";
  readonly entries: ReadonlyMap<string, ObjectEntry>;
  /** What was spread into it and is not known; empty when all of it is. */
  readonly missing: readonly TypeScriptUnknown[];
}

export interface ObjectEntry {
  readonly value: TypeScriptValue;
  /** Where the object names it: the property, or the spread that brings it. */
  readonly at: SourcePlace;
}

export interface SourcePlace extends Span {
  readonly path: string;
}

export interface TypeScriptClosure {
  readonly kind: "function";
  readonly definition: TypeScriptFunction;
  readonly scope: Scope;
}

/** What a package exports; `*` is all of it. What the language itself has comes from the package of no name. */
export interface TypeScriptExternal {
  readonly kind: "external";
  readonly from: string;
  readonly name: string;
}

export interface TypeScriptMember {
  readonly kind: "member";
  readonly object: TypeScriptValue;
  readonly name: string;
}

/** A call of a library. Two of them are the same only if they are the same value. */
export interface TypeScriptCall {
  readonly kind: "call";
  readonly callee: TypeScriptValue;
  readonly args: readonly TypeScriptValue[];
  readonly isNew: boolean;
  readonly at: SourcePlace;
}

export interface TypeScriptTagged {
  readonly kind: "tagged";
  readonly tag: TypeScriptValue;
  readonly texts: readonly string[];
  readonly values: readonly TypeScriptValue[];
  readonly at: SourcePlace;
}

export interface TypeScriptUnknown {
  readonly kind: "unknown";
  readonly reason: string;
}

/** The names of a file or a function, each worked out when it is asked for. */
export interface Scope {
  readonly path: string;
  readonly parent: Scope | null;
  readonly names: Map<string, Binding>;
}

/** Worked out once; null while that is going on. */
export type Binding = () => TypeScriptValue;

export const undefinedValue: TypeScriptValue = { kind: "undefined" };

export function unknown(reason: string): TypeScriptUnknown {
  return { kind: "unknown", reason };
}

export function stringOf(value: string): TypeScriptValue {
  return { kind: "string", value };
}

export function arrayOf(items: readonly TypeScriptValue[]): TypeScriptArray {
  return { kind: "array", items };
}

/** The text of a string; null for anything else. */
export function textIn(value: TypeScriptValue | undefined): string | null {
  return value?.kind === "string" ? value.value : null;
}

/** The value of a property; undefined where the object, as far as it is known, has none. */
export function propertyOf(value: TypeScriptValue | undefined, name: string): TypeScriptValue | undefined {
  if (value?.kind !== "object") return undefined;
  return value.entries.get(name)?.value ?? value.missing[0];
}

/** Whether it counts as true in a condition; null when that is not known. */
export function truthOf(value: TypeScriptValue): boolean | null {
  switch (value.kind) {
    case "string":
      return value.value !== "";
    case "number":
      return value.value !== 0 && !Number.isNaN(value.value);
    case "bigint":
      return value.value !== "0";
    case "boolean":
      return value.value;
    case "null":
    case "undefined":
      return false;
    case "array":
    case "object":
    case "function":
    case "namespace":
      return true;
    default:
      return null;
  }
}

/** How a value came about, in words of the file. */
export function describe(value: TypeScriptValue): string {
  switch (value.kind) {
    case "unknown":
      return value.reason;
    case "external":
      return value.name === "*" || value.name === "default" ? value.from : value.name;
    case "member":
      return `${describe(value.object)}.${value.name}`;
    case "call":
      return `${describe(value.callee)}(…)`;
    case "tagged":
      return `${describe(value.tag)}\`…\``;
    case "string":
      return JSON.stringify(value.value.slice(0, 40));
    case "number":
    case "boolean":
    case "bigint":
      return String(value.value);
    default:
      return value.kind === "function" ? "a function" : value.kind;
  }
}
