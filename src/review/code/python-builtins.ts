import { itemsOf } from "./python-evaluate.ts";
import { describe, type Run } from "./python-run.ts";
import { braceFormat, dedent, stringMethod, textOfValue } from "./python-text.ts";
import {
  type CallArguments,
  entryOf,
  none,
  numberOf,
  type PythonValue,
  pathOf,
  stringOf,
  unknown,
} from "./python-values.ts";

const maxRange = 10_000;

/** Python's own functions, as far as constants go in; null for any other call. */
export function builtin(
  callee: PythonValue,
  { positional, named }: CallArguments,
  run: Run,
): PythonValue | null {
  const path = pathOf(callee);
  const [first, second] = positional;
  if (path === null) return null;
  if (path === "textwrap.dedent" || path === "inspect.cleandoc")
    return first?.kind === "string" ? dedent(first) : null;
  if (path === "builtins.print" || path.startsWith("logging.")) return none;
  if (path === "builtins.range") return range(positional);
  if (path === "builtins.dict" && !first)
    return { kind: "dict", entries: [...named].map(([name, value]) => [stringOf(name), value]) };
  if (!first) return emptyOf(path);
  const items = itemsOf(first);
  switch (path) {
    case "builtins.str":
      return textOfValue(first);
    case "builtins.int":
      return first.kind === "number" ? first : null;
    case "builtins.len":
      return first.kind === "string" ? numberOf(first.value.length) : items && numberOf(items.length);
    case "builtins.list":
    case "builtins.tuple":
    case "builtins.set":
    case "builtins.frozenset":
      return items && { kind: "sequence", type: typeOf(path), items: [...items] };
    case "builtins.reversed":
      return items && { kind: "sequence", type: "list", items: items.toReversed() };
    case "builtins.sorted":
      return named.size > 0 ? null : sorted(items);
    case "builtins.enumerate":
      return (
        items && { kind: "sequence", type: "list", items: items.map((item, i) => pair(numberOf(i), item)) }
      );
    case "builtins.zip": {
      const others = second && itemsOf(second);
      if (!items || !others || positional.length !== 2) return null;
      const length = Math.min(items.length, others.length);
      return {
        kind: "sequence",
        type: "list",
        items: items.slice(0, length).map((item, i) => pair(item, others[i] ?? none)),
      };
    }
    case "builtins.dict":
      return first.kind === "dict" ? { kind: "dict", entries: [...first.entries] } : null;
    case "builtins.getattr":
      return second?.kind === "string" ? run.host.attribute(first, second.value) : null;
    default:
      return null;
  }
}

/** Methods of strings, lists and dicts; null for any other call. */
export function methodOf(callee: PythonValue, args: CallArguments, run: Run): PythonValue | null {
  if (callee.kind !== "attribute") return null;
  const { object, name } = callee;
  const { positional, named } = args;
  if (object.kind === "string") {
    if (name === "format") return braceFormat(object, positional, named) ?? unknown(outsideOf(args));
    return stringMethod(object, name, positional) ?? unknown(`${describe(object)}.${name}(…)`);
  }
  if (object.kind === "sequence") return sequenceMethod(object.items, name, positional, run);
  if (object.kind !== "dict") return null;
  switch (name) {
    case "items":
      return list(object.entries.map(([key, value]) => pair(key, value)));
    case "keys":
      return list(object.entries.map(([key]) => key));
    case "values":
      return list(object.entries.map(([, value]) => value));
    case "get":
      return (positional[0] && entryOf(object, positional[0])) ?? positional[1] ?? none;
    default:
      return unknown(`${describe(object)}.${name}(…)`);
  }
}

function sequenceMethod(
  items: PythonValue[],
  name: string,
  [first]: readonly PythonValue[],
  run: Run,
): PythonValue | null {
  // What is only tried must leave no trace in the list but that it is no longer known.
  const isTried = run.tried > 0 || run.guarded > (run.births.get(items) ?? 0);
  if ((name === "append" || name === "add") && first) {
    items.push(isTried ? unknown("what is only known when it runs") : first);
    return none;
  }
  if (name === "extend" && first) {
    items.push(...((isTried ? null : itemsOf(first)) ?? [unknown(describe(first))]));
    return none;
  }
  return name === "issubset" ? null : unknown(`list.${name}(…)`);
}

function outsideOf({ positional, named }: CallArguments): string {
  const outside = [...positional, ...named.values()].find((value) => textOfValue(value) === null);
  return outside ? describe(outside) : "str.format(…)";
}

function range(args: readonly PythonValue[]): PythonValue | null {
  const numbers = args.flatMap((arg) => (arg.kind === "number" ? [arg.value] : []));
  if (numbers.length !== args.length || numbers.length === 0) return null;
  const [start = 0, end = 0, step = 1] = numbers.length === 1 ? [0, numbers[0]] : numbers;
  if (step === 0 || Math.abs((end - start) / step) > maxRange) return null;
  const items: PythonValue[] = [];
  for (let i = start; step > 0 ? i < end : i > end; i += step) items.push(numberOf(i));
  return list(items);
}

function emptyOf(path: string): PythonValue | null {
  if (!/^builtins\.(list|tuple|set)$/.test(path)) return null;
  return { kind: "sequence", type: typeOf(path), items: [] };
}

function typeOf(path: string): "list" | "tuple" | "set" {
  if (path.endsWith("set")) return "set";
  return path.endsWith("tuple") ? "tuple" : "list";
}

function sorted(items: readonly PythonValue[] | null): PythonValue | null {
  if (!items) return null;
  const texts = items.flatMap((item) => (item.kind === "string" ? [item] : []));
  if (texts.length !== items.length) return null;
  return list(texts.toSorted((a, b) => (a.value < b.value ? -1 : Number(a.value > b.value))));
}

function list(items: readonly PythonValue[]): PythonValue {
  return { kind: "sequence", type: "list", items: [...items] };
}

function pair(first: PythonValue, second: PythonValue): PythonValue {
  return { kind: "sequence", type: "tuple", items: [first, second] };
}
