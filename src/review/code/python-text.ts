import type { PythonString, PythonValue } from "./python-values.ts";
import { stringOf } from "./python-values.ts";

/** Several strings behind one another, each character with its place. */
export function joinStrings(parts: readonly PythonString[]): PythonString {
  return {
    kind: "string",
    value: parts.map(({ value }) => value).join(""),
    offsets: parts.flatMap(({ offsets }) => offsets),
  };
}

/** A part of a string with its places. */
export function sliceString(
  { value, offsets }: PythonString,
  start: number,
  end = value.length,
): PythonString {
  return { kind: "string", value: value.slice(start, end), offsets: offsets.slice(start, end) };
}

/** What `str()` gives; null when it is not known. */
export function textOfValue(value: PythonValue): PythonString | null {
  if (value.kind === "string") return value;
  const text = representation(value);
  return text === null ? null : stringOf(text);
}

/** What `repr()` gives; null when it is not known. */
function representation(value: PythonValue): string | null {
  switch (value.kind) {
    case "string":
      return /^[ !#-&(-[\]-~]*$/.test(value.value) ? `'${value.value}'` : null;
    case "number":
      return value.text;
    case "constant":
      if (value.value === null) return "None";
      return value.value ? "True" : "False";
    case "sequence": {
      const items = value.items.map(representation);
      if (items.includes(null) || value.type !== "list") return null;
      return `[${items.join(", ")}]`;
    }
    default:
      return null;
  }
}

/** What `json.dumps()` gives for a constant, with its own spaces; null when something in it is not known. */
export function jsonOf(value: PythonValue): string | null {
  switch (value.kind) {
    case "string":
      return JSON.stringify(value.value).replace(
        /[\u007f-\uffff]/g,
        (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`,
      );
    case "number":
      return value.text;
    case "constant":
      return String(value.value);
    case "sequence": {
      const items = value.items.map(jsonOf);
      return value.type === "set" || items.includes(null) ? null : `[${items.join(", ")}]`;
    }
    case "dict": {
      const entries = value.entries.map(([key, each]) => {
        const text = jsonOf(each);
        return key.kind !== "string" || text === null ? null : `${jsonOf(key)}: ${text}`;
      });
      return entries.includes(null) ? null : `{${entries.join(", ")}}`;
    }
    default:
      return null;
  }
}

/** `a % b` with %s, %d and %(name)s; null when something in it is not known. */
export function percentFormat(format: PythonString, right: PythonValue): PythonString | null {
  const values = right.kind === "sequence" && right.type === "tuple" ? right.items : [right];
  let next = 0;
  return replaceAll(format, /%(?:\((\w+)\))?([sd%])/g, ([, name, kind]) => {
    if (kind === "%") return stringOf("%");
    const entry = name === undefined ? values[next] : named(right, name);
    next += 1;
    return entry ? textOfValue(entry) : null;
  });
}

/** `"{} {name} {0}".format(…)` without format specifications. */
export function braceFormat(
  format: PythonString,
  positional: readonly PythonValue[],
  named: ReadonlyMap<string, PythonValue>,
): PythonString | null {
  let next = 0;
  return replaceAll(format, /\{\{|\}\}|\{(\w*)\}|\{/g, ([all, name]) => {
    if (all === "{{" || all === "}}") return stringOf(all.slice(0, 1));
    if (name === undefined) return null;
    const value = /^\d*$/.test(name) ? positional[name === "" ? next++ : Number(name)] : named.get(name);
    return value ? textOfValue(value) : null;
  });
}

/** Methods of strings that are followed; null for others. */
export function stringMethod(
  text: PythonString,
  method: string,
  args: readonly PythonValue[],
): PythonValue | null {
  const [first, second] = args;
  switch (method) {
    case "strip":
    case "lstrip":
    case "rstrip": {
      if (first) return null;
      const start = method === "rstrip" ? 0 : text.value.length - text.value.trimStart().length;
      const end = method === "lstrip" ? text.value.length : text.value.trimEnd().length;
      return sliceString(text, start, Math.max(start, end));
    }
    case "lower":
      return { ...text, value: text.value.toLowerCase() };
    case "upper":
      return { ...text, value: text.value.toUpperCase() };
    case "title":
      return { ...text, value: text.value.replace(/\p{L}+/gu, capitalised) };
    case "capitalize":
      return { ...text, value: capitalised(text.value) };
    case "replace":
      if (first?.kind !== "string" || second?.kind !== "string" || first.value === "") return null;
      return replaceAll(text, new RegExp(escaped(first.value), "g"), () => second);
    case "startswith":
      return first?.kind === "string" ? truth(text.value.startsWith(first.value)) : null;
    case "endswith":
      return first?.kind === "string" ? truth(text.value.endsWith(first.value)) : null;
    case "split":
      return splitText(text, first);
    case "join":
      return joined(text, first);
    default:
      return null;
  }
}

/** `textwrap.dedent`: the white space that all lines begin with is taken off. */
export function dedent(text: PythonString): PythonString {
  const lines = linesOf(text);
  const margins = lines
    .filter(({ value }) => value.trim() !== "")
    .map(({ value }) => /^[ \t]*/.exec(value)?.[0] ?? "");
  const [first = ""] = margins;
  let margin = first;
  while (margins.some((candidate) => !candidate.startsWith(margin))) margin = margin.slice(0, -1);
  return joinStrings(
    lines.map((line) => {
      if (line.value.trim() === "")
        return sliceString(line, line.value.length - (line.value.endsWith("\n") ? 1 : 0));
      return sliceString(line, margin.length);
    }),
  );
}

function linesOf(text: PythonString): PythonString[] {
  const lines: PythonString[] = [];
  let start = 0;
  while (start < text.value.length) {
    const end = text.value.indexOf("\n", start);
    const next = end === -1 ? text.value.length : end + 1;
    lines.push(sliceString(text, start, next));
    start = next;
  }
  return lines;
}

function splitText(text: PythonString, separator: PythonValue | undefined): PythonValue | null {
  if (separator !== undefined && separator.kind !== "string") return null;
  const parts = separator === undefined ? text.value.trim().split(/\s+/) : text.value.split(separator.value);
  let from = 0;
  const items = parts.map((part) => {
    const start = text.value.indexOf(part, from);
    from = start + part.length;
    return sliceString(text, start, from);
  });
  return { kind: "sequence", type: "list", items };
}

function joined(separator: PythonString, list: PythonValue | undefined): PythonValue | null {
  if (list?.kind !== "sequence") return null;
  const parts: PythonString[] = [];
  for (const [i, item] of list.items.entries()) {
    if (item.kind !== "string") return null;
    if (i > 0) parts.push(separator);
    parts.push(item);
  }
  return joinStrings(parts);
}

function replaceAll(
  text: PythonString,
  pattern: RegExp,
  replacement: (match: RegExpExecArray) => PythonString | null,
): PythonString | null {
  const parts: PythonString[] = [];
  let from = 0;
  for (const match of text.value.matchAll(pattern)) {
    const by = replacement(match as RegExpExecArray);
    if (by === null) return null;
    parts.push(sliceString(text, from, match.index), by);
    from = match.index + match[0].length;
  }
  return joinStrings([...parts, sliceString(text, from)]);
}

function named(value: PythonValue, name: string): PythonValue | undefined {
  if (value.kind !== "dict") return undefined;
  return value.entries.find(([key]) => key.kind === "string" && key.value === name)?.[1];
}

function truth(value: boolean): PythonValue {
  return { kind: "constant", value };
}

function escaped(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|]/g, "\\$&");
}

function capitalised(word: string): string {
  return `${word.slice(0, 1).toUpperCase()}${word.slice(1).toLowerCase()}`;
}
