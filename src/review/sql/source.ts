import type { Span } from "../types.ts";
import { readToken, type Token, type TokenKind } from "./lexer.ts";

/** A token of a statement; never a comment. */
export interface SourceToken extends Span {
  readonly kind: TokenKind;
  /** A word in lower case (longer ones than any key word are cut), or a symbol; "" for constants and quoted names. */
  readonly text: string;
  /** How many parentheses and brackets are open around it; both of a pair have the outer depth. */
  readonly depth: number;
}

/** A statement's text with what is needed to find the places of its parts. */
export interface Source {
  readonly sql: string;
  readonly tokens: readonly SourceToken[];
  /** The statement's place in its file. */
  readonly offset: number;
  /** From a UTF-8 byte offset, as PostgreSQL's parser gives them, to a UTF-16 offset; both in the statement. */
  readonly offsetOf: (bytes: number) => number;
}

export function sourceOf(sql: string, offset: number): Source {
  return { sql, tokens: tokensOf(sql), offset, offsetOf: byteOffsets(sql) };
}

/** A span of the statement as a span of its file. */
export function placeOf({ offset }: Source, { start, end }: Span): Span {
  return { start: start + offset, end: end + offset };
}

/** The place of a name, qualified or not, that begins at such a byte offset. */
export function placeOfName(source: Source, location = 0): Span {
  const first = tokenAt(source, source.offsetOf(location));
  let after = first + 1;
  while (source.tokens[after]?.text === ".") after += 2;
  return placeOf(source, spanOf(source, first, after));
}

/** Index of the first token that ends after an offset; the number of tokens when there is none. */
export function tokenAt({ tokens }: Source, offset: number): number {
  let [low, high] = [0, tokens.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((tokens[middle]?.end ?? 0) <= offset) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Index after the last token of the list element that starts with token `first`: at a comma or closing parenthesis, or the end. */
export function elementEnd({ tokens }: Source, first: number): number {
  const depth = tokens[first]?.depth ?? 0;
  for (let i = first; i < tokens.length; i++) {
    const token = tokens[i];
    if (!token || token.depth < depth || (token.depth === depth && token.text === ",")) return i;
  }
  return tokens.length;
}

/** Index of the parenthesis or bracket that closes the one at `open`; the number of tokens when it stays open. */
export function closingOf({ tokens }: Source, open: number): number {
  const depth = tokens[open]?.depth ?? 0;
  for (let i = open + 1; i < tokens.length; i++) {
    const token = tokens[i];
    if (token && token.depth <= depth) return i;
  }
  return tokens.length;
}

/** The range of tokens [first, after) as a span of the statement. */
export function spanOf({ tokens, sql }: Source, first: number, after: number): Span {
  const start = tokens[first]?.start ?? sql.length;
  return { start, end: Math.max(start, tokens[after - 1]?.end ?? start) };
}

/** The own text of the tokens [first, after); null when there are none. */
export function textOf(source: Source, first: number, after: number): string | null {
  if (first >= after) return null;
  const { start, end } = spanOf(source, first, after);
  return source.sql.slice(start, end);
}

/** Index of the first such word on the given depth among the tokens [first, after); null when there is none. */
export function wordIn(
  { tokens }: Source,
  word: string,
  first: number,
  after: number,
  depth = tokens[first]?.depth ?? 0,
): number | null {
  for (let i = first; i < after; i++) {
    const token = tokens[i];
    if (token && token.depth === depth && token.kind === "word" && token.text === word) return i;
  }
  return null;
}

/** The elements, as ranges of token indexes, between commas on the depth of the token `first`, up to `after`. */
export function elementsOf(source: Source, first: number, after: number): { first: number; after: number }[] {
  const elements: { first: number; after: number }[] = [];
  for (let at = first; at < after; ) {
    const end = Math.min(after, elementEnd(source, at));
    elements.push({ first: at, after: end });
    at = end + 1;
  }
  return elements;
}

/** Longer than any of PostgreSQL's key words. */
const longestWord = 24;

function tokensOf(sql: string): SourceToken[] {
  const tokens: SourceToken[] = [];
  let depth = 0;
  for (let token = readToken(sql, 0, sql.length); token; token = readToken(sql, token.end, sql.length)) {
    const { kind, start, end } = token;
    if (kind === "comment") continue;
    const text = textOfToken(sql, token);
    if (text === ")" || text === "]") depth = Math.max(0, depth - 1);
    tokens.push({ kind, start, end, text, depth });
    if (text === "(" || text === "[") depth += 1;
  }
  return tokens;
}

function textOfToken(sql: string, { kind, start, end }: Token): string {
  if (kind === "symbol") return sql[start] ?? "";
  return kind === "word" ? sql.slice(start, Math.min(end, start + longestWord)).toLowerCase() : "";
}

function byteOffsets(sql: string): (bytes: number) => number {
  if (!/[^\x00-\x7f]/.test(sql)) return (bytes) => bytes;
  const offsets: number[] = [];
  for (let at = 0; at < sql.length; ) {
    const code = sql.codePointAt(at) ?? 0;
    const units = code > 0xffff ? 2 : 1;
    for (let i = bytesOf(code); i > 0; i--) offsets.push(at);
    at += units;
  }
  return (bytes) => offsets[bytes] ?? sql.length;
}

/** Length in UTF-8. */
function bytesOf(code: number): number {
  if (code < 0x80) return 1;
  if (code < 0x800) return 2;
  return code < 0x10000 ? 3 : 4;
}
