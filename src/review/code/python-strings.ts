import { childrenOf, type Node, nameOf, sourceOf, spanOf } from "./python-nodes.ts";
import type { PythonExpression, StringPart } from "./python-tree.ts";

type ReadExpression = (node: Node) => PythonExpression;

/** The parts of a string literal, of an f-string, or of several that stand side by side. */
export function stringParts(node: Node, read: ReadExpression): StringPart[] {
  if (nameOf(node) === "ContinuedString")
    return childrenOf(node).flatMap((child) => stringParts(child, read));
  const source = sourceOf(node);
  const [, prefix = "", quote = ""] = /^([a-z]*)("""|'''|"|')/i.exec(source) ?? [];
  const start = spanOf(node).start + prefix.length + quote.length;
  const end = spanOf(node).end - (source.endsWith(quote) ? quote.length : 0);
  const literal = { text: node.text, raw: /r/i.test(prefix), braces: nameOf(node) === "FormatString" };
  if (!literal.braces) return [decode(literal, start, end)];

  const parts: StringPart[] = [];
  let from = start;
  for (const child of childrenOf(node)) {
    const { start: open, end: close } = spanOf(child);
    parts.push(decode(literal, from, open));
    from = close;
    if (nameOf(child) === "FormatReplacement") parts.push(fieldOf(child, read));
  }
  parts.push(decode(literal, from, end));
  return parts;
}

/** `{name}`; one with a conversion or a format is not plain. */
function fieldOf(node: Node, read: ReadExpression): StringPart {
  const inner = childrenOf(node).filter((child) => !/^[{}]$/.test(nameOf(child)));
  const [value] = inner;
  if (!value) return { kind: "text", value: "", offsets: [] };
  return { kind: "field", value: read(value), plain: inner.length === 1 };
}

interface Literal {
  readonly text: string;
  readonly raw: boolean;
  /** Whether doubled braces stand for one. */
  readonly braces: boolean;
}

const simpleEscapes: Readonly<Record<string, string>> = {
  "\n": "",
  "\\": "\\",
  "'": "'",
  '"': '"',
  a: "\x07",
  b: "\b",
  f: "\f",
  n: "\n",
  r: "\r",
  t: "\t",
  v: "\v",
};

/** The characters between two offsets (Python reference, section 2.4.1.1). */
function decode({ text, raw, braces }: Literal, start: number, end: number): StringPart {
  const offsets: number[] = [];
  let value = "";
  let at = start;
  while (at < end) {
    const { character, length } = characterAt(text, at, end, raw, braces);
    for (let i = 0; i < character.length; i += 1) offsets.push(at + (length === character.length ? i : 0));
    value += character;
    at += length;
  }
  return { kind: "text", value, offsets };
}

function characterAt(
  text: string,
  at: number,
  end: number,
  raw: boolean,
  braces: boolean,
): { character: string; length: number } {
  const character = text[at] ?? "";
  if (braces && /[{}]/.test(character) && text[at + 1] === character && at + 1 < end)
    return { character, length: 2 };
  if (character === "\r" && text[at + 1] === "\n") return { character: "\n", length: 2 };
  if (character !== "\\" || raw) return { character, length: 1 };
  const next = text[at + 1] ?? "";
  if (next === "\r" && text[at + 2] === "\n") return { character: "", length: 3 };
  const simple = simpleEscapes[next];
  if (simple !== undefined) return { character: simple, length: 2 };
  const numbered = /^\\(?:x([\da-f]{2})|u([\da-f]{4})|U([\da-f]{8})|([0-7]{1,3}))/i.exec(
    text.slice(at, Math.min(end, at + 10)),
  );
  if (!numbered) return { character, length: 1 };
  const [all, hexadecimal, short, long, octal] = numbered;
  const code =
    octal === undefined ? Number.parseInt(hexadecimal ?? short ?? long ?? "", 16) : Number.parseInt(octal, 8);
  return { character: code > 0x10ffff ? "\uFFFD" : String.fromCodePoint(code), length: all.length };
}
