import { apply } from "./typescript-evaluate.ts";
import { asObject, type Run } from "./typescript-members.ts";
import {
  arrayOf,
  type ObjectEntry,
  stringOf,
  type TypeScriptArray,
  type TypeScriptUnknown,
  type TypeScriptValue,
  textIn,
  truthOf,
  unknown,
} from "./typescript-values.ts";

/** A part that every string and list has; null for any other. */
export function builtinMember(object: TypeScriptValue, name: string): TypeScriptValue | null {
  if (name !== "length") return null;
  if (object.kind === "string") return { kind: "number", value: object.value.length };
  return object.kind === "array" ? { kind: "number", value: object.items.length } : null;
}

/** Whether a call is one of the language's own. */
export function isBuiltin(callee: TypeScriptValue): boolean {
  if (callee.kind === "external") return callee.from === "";
  if (callee.kind !== "member") return false;
  const { object } = callee;
  return /^(string|array)$/.test(object.kind) || (object.kind === "external" && object.from === "");
}

/** The language's own functions, as far as constants go in; null for any other call. */
export function builtinCall(
  callee: TypeScriptValue,
  args: readonly TypeScriptValue[],
  run: Run,
): TypeScriptValue | null {
  if (callee.kind === "external") return callee.from === "" ? converted(callee.name, args) : null;
  if (callee.kind !== "member") return null;
  const { object, name } = callee;
  if (object.kind === "external" && object.from === "")
    return staticCall(`${object.name}.${name}`, args, run);
  if (object.kind === "string") return stringMethod(object.value, name, args);
  if (object.kind === "array") return arrayMethod(object, name, args, run);
  return null;
}

function converted(name: string, [first]: readonly TypeScriptValue[]): TypeScriptValue | null {
  if (name === "String" && first && "value" in first) return stringOf(String(first.value));
  if (name === "Number" && first?.kind === "string") return { kind: "number", value: Number(first.value) };
  if (name === "BigInt" && first?.kind === "number" && Number.isSafeInteger(first.value))
    return { kind: "bigint", value: String(first.value) };
  return name === "BigInt" && first?.kind === "string" ? { kind: "bigint", value: first.value } : null;
}

function staticCall(path: string, args: readonly TypeScriptValue[], run: Run): TypeScriptValue | null {
  const [first] = args;
  const whole = first && asObject(first, run);
  switch (path) {
    case "Object.freeze":
      return first ?? null;
    case "Object.keys":
      return whole?.kind === "object" && whole.missing.length === 0
        ? arrayOf([...whole.entries.keys()].map(stringOf))
        : null;
    case "Object.values":
      return whole?.kind === "object" && whole.missing.length === 0
        ? arrayOf([...whole.entries.values()].map(({ value }) => value))
        : null;
    case "Object.entries":
      return whole?.kind === "object" && whole.missing.length === 0
        ? arrayOf([...whole.entries].map(([key, { value }]) => arrayOf([stringOf(key), value])))
        : null;
    case "Object.assign":
      return assigned(args.map((one) => asObject(one, run)));
    case "Object.fromEntries":
      return fromEntries(first);
    case "Array.of":
      return arrayOf(args);
    case "Array.from":
      return first?.kind === "array" && args.length === 1 ? first : null;
    default:
      return null;
  }
}

function assigned(parts: readonly TypeScriptValue[]): TypeScriptValue | null {
  const entries = new Map<string, ObjectEntry>();
  const missing: TypeScriptUnknown[] = [];
  for (const part of parts) {
    if (part.kind !== "object") return null;
    for (const [key, entry] of part.entries) entries.set(key, entry);
    missing.push(...part.missing);
  }
  return { kind: "object", entries, missing };
}

function fromEntries(list: TypeScriptValue | undefined): TypeScriptValue | null {
  if (list?.kind !== "array") return null;
  const entries = new Map<string, ObjectEntry>();
  for (const pair of list.items) {
    const [key, value] = pair.kind === "array" ? pair.items : [];
    const name = textIn(key);
    if (name === null || !value) return null;
    const at = "at" in value ? value.at : { path: "", start: 0, end: 0 };
    entries.set(name, { value, at });
  }
  return { kind: "object", entries, missing: [] };
}

function stringMethod(text: string, name: string, args: readonly TypeScriptValue[]): TypeScriptValue | null {
  const [first, second] = args.map((one) => ("value" in one ? one.value : undefined));
  switch (name) {
    case "toLowerCase":
      return stringOf(text.toLowerCase());
    case "toUpperCase":
      return stringOf(text.toUpperCase());
    case "trim":
      return stringOf(text.trim());
    case "toString":
      return stringOf(text);
    case "concat":
      return typeof first === "string" && args.length === 1 ? stringOf(text + first) : null;
    case "replace":
    case "replaceAll":
      if (typeof first !== "string" || typeof second !== "string") return null;
      return stringOf(
        name === "replace" ? text.replace(first, () => second) : text.replaceAll(first, () => second),
      );
    case "slice":
    case "substring":
      if (typeof first !== "number" || (second !== undefined && typeof second !== "number")) return null;
      return stringOf(name === "slice" ? text.slice(first, second) : text.substring(first, second));
    case "split":
      return typeof first === "string" ? arrayOf(text.split(first).map(stringOf)) : null;
    case "startsWith":
    case "endsWith":
    case "includes":
      return typeof first === "string" ? { kind: "boolean", value: text[name](first) } : null;
    default:
      return null;
  }
}

function arrayMethod(
  list: TypeScriptArray,
  name: string,
  args: readonly TypeScriptValue[],
  run: Run,
): TypeScriptValue | null {
  const { items } = list;
  const [first, second] = args;
  const whole = items.every(({ kind }) => kind !== "unknown");
  switch (name) {
    case "map":
    case "flatMap": {
      if (first?.kind !== "function" || !whole) return null;
      const mapped = items.map((item, i) => apply(first, [item, { kind: "number", value: i }, list], run));
      if (name === "map") return arrayOf(mapped);
      return arrayOf(mapped.flatMap((one) => (one.kind === "array" ? one.items : [one])));
    }
    case "filter": {
      if (!whole || !first) return null;
      if (first.kind === "external" && first.name === "Boolean")
        return arrayOf(items.filter((item) => truthOf(item) !== false));
      if (first.kind !== "function") return null;
      const kept = items.map((item) => truthOf(apply(first, [item], run)));
      return kept.includes(null) ? unknown("a filtered list") : arrayOf(items.filter((_, i) => kept[i]));
    }
    case "concat":
      return arrayOf([...items, ...args.flatMap((one) => (one.kind === "array" ? one.items : [one]))]);
    case "slice": {
      const [from, to] = [first, second].map((one) => (one?.kind === "number" ? one.value : undefined));
      return whole ? arrayOf(items.slice(from, to)) : null;
    }
    case "flat":
      return arrayOf(items.flatMap((one) => (one.kind === "array" ? one.items : [one])));
    case "at":
      return first?.kind === "number" && whole ? (items.at(first.value) ?? null) : null;
    case "join": {
      const parts = items.map((item) => ("value" in item ? String(item.value) : null));
      const separator = first === undefined ? "," : textIn(first);
      return parts.includes(null) || separator === null ? null : stringOf(parts.join(separator));
    }
    case "reduce": {
      if (first?.kind !== "function" || !second || !whole) return null;
      let result = second;
      for (const item of items) result = apply(first, [result, item], run);
      return result;
    }
    default:
      return null;
  }
}
