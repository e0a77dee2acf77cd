import { itemsOf } from "./python-evaluate.ts";
import { substitution } from "./python-regex.ts";
import { describe, doubtsIn, perhapsIn, type Run } from "./python-run.ts";
import { braceFormat, dedent, jsonOf, stringMethod, textOfValue } from "./python-text.ts";
import {
  type CallArguments,
  entryOf,
  equal,
  isPerhaps,
  none,
  numberOf,
  type PythonDict,
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
  const replaced = substitution(callee, { positional, named });
  if (replaced) return replaced;
  const path = pathOf(callee);
  const [first, second] = positional;
  if (path === null) return null;
  if (path === "textwrap.dedent" || path === "inspect.cleandoc")
    return first?.kind === "string" ? dedent(first) : null;
  if (path === "builtins.print" || path.startsWith("logging.")) return none;
  if (path === "builtins.range") return range(positional);
  if (path === "builtins.dict" && !first)
    return { kind: "dict", entries: [...named].map(([name, value]) => [stringOf(name), value]) };
  if (path === "collections.defaultdict" && first && positional.length === 1 && named.size === 0) {
    const made: PythonDict = { kind: "dict", entries: [] };
    run.births.set(made.entries, doubtsIn(run));
    run.factories.set(made.entries, first);
    return made;
  }
  if (!first) return emptyOf(path);
  const items = itemsOf(first);
  switch (path) {
    case "builtins.str":
      return textOfValue(first);
    case "json.dumps": {
      const text = named.size > 0 ? null : jsonOf(first);
      return text === null ? null : stringOf(text);
    }
    case "typing.cast":
      return second ?? null;
    case "builtins.int":
      if (first.kind === "string")
        return /^-?\d{1,15}$/.test(first.value) ? numberOf(Number(first.value)) : null;
      return first.kind === "number" ? first : null;
    case "builtins.len":
      if (first.kind === "string") return numberOf(first.value.length);
      return items && !items.some(isPerhaps) ? numberOf(items.length) : null;
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
        items && {
          kind: "sequence",
          type: "list",
          items: items.map((item, i) => withEach(item, () => pair(numberOf(i), item))),
        }
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
      return list(object.entries.map(([key, value]) => withEach(key, () => pair(key, value))));
    case "keys":
      return list(object.entries.map(([key]) => key));
    case "values":
      return list(object.entries.map(([, value]) => value));
    case "get":
      return object.entries.some(([key]) => isPerhaps(key))
        ? unknown(describe(object))
        : ((positional[0] && entryOf(object, positional[0])) ?? positional[1] ?? none);
    case "pop":
      return taken(object, positional, run);
    case "update": {
      const perhaps = perhapsIn(object.entries, run);
      const others = positional.flatMap((each) => (each.kind === "dict" ? each.entries : [lost]));
      const own = [...named].map(([key, value]): [PythonValue, PythonValue] => [stringOf(key), value]);
      object.entries.push(
        ...(perhaps ? [[perhaps, perhaps] as [PythonValue, PythonValue]] : [...others, ...own]),
      );
      return none;
    }
    default:
      if (/^(clear|popitem|setdefault)$/.test(name)) object.entries.splice(0, object.entries.length, lost);
      return unknown(`${describe(object)}.${name}(…)`);
  }
}

/** What is not known to be there any more. */
const lost: [PythonValue, PythonValue] = [
  { kind: "perhaps", needs: null },
  { kind: "perhaps", needs: null },
];

/** `dict.pop(key)`. */
function taken({ entries }: PythonDict, [key, otherwise]: readonly PythonValue[], run: Run): PythonValue {
  const at = key ? entries.findLastIndex(([each]) => equal(each, key) === true) : -1;
  const isCertain =
    perhapsIn(entries, run) === null && key && entries.every(([each]) => equal(each, key) !== null);
  if (!isCertain) {
    entries.splice(0, entries.length, lost);
    return unknown("dict.pop(…)");
  }
  return at === -1 ? (otherwise ?? unknown("dict.pop(…)")) : (entries.splice(at, 1)[0]?.[1] ?? none);
}

function sequenceMethod(
  items: PythonValue[],
  name: string,
  [first]: readonly PythonValue[],
  run: Run,
): PythonValue | null {
  // What is only tried must leave no trace in the list but that it may be there.
  const perhaps = perhapsIn(items, run);
  if ((name === "append" || name === "add") && first) {
    items.push(perhaps ?? first);
    return none;
  }
  if (name === "extend" && first) {
    items.push(...(perhaps ? [perhaps] : (itemsOf(first) ?? [unknown(describe(first))])));
    return none;
  }
  if (/^(remove|pop|insert|clear|discard|update)$/.test(name))
    items.splice(0, items.length, { kind: "perhaps", needs: null });
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

/** What is made of an item that is there; one that may not be stays what it is. */
function withEach(item: PythonValue, make: () => PythonValue): PythonValue {
  return item.kind === "perhaps" ? item : make();
}

function pair(first: PythonValue, second: PythonValue): PythonValue {
  return { kind: "sequence", type: "tuple", items: [first, second] };
}
