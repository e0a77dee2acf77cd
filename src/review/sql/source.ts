import type { Span } from "../types.ts";
import { skipBlank, tokenEnd } from "./statements.ts";

/** One token of a statement, with the depth of parentheses around it. */
export interface Token extends Span {
  readonly word: string;
  readonly depth: number;
}

/** The tokens of a statement without white space and comments; words in upper case. */
export function tokensOf(sql: string, from = 0): Token[] {
  const tokens: Token[] = [];
  let depth = 0;
  let at = skipBlank(sql, from);
  while (at < sql.length) {
    const end = tokenEnd(sql, at);
    const word = sql.slice(at, Math.min(end, at + 40)).toUpperCase();
    if (word === ")" || word === "]") depth--;
    tokens.push({ start: at, end, word, depth });
    if (word === "(" || word === "[") depth++;
    at = skipBlank(sql, end);
  }
  return tokens;
}

/** From the token at `start` to the last one before a comma or closing parenthesis on the same level. */
export function elementAt(tokens: readonly Token[], start: number): Span {
  const first = indexAt(tokens, start);
  const depth = tokens[first]?.depth ?? 0;
  let last = first;
  for (let i = first; i < tokens.length; i++) {
    const token = tokens[i];
    if (!token || token.depth < depth || (token.depth === depth && token.word === ",")) break;
    last = i;
  }
  return { start: tokens[first]?.start ?? start, end: tokens[last]?.end ?? start };
}

const columnConstraintWords = new Set([
  "NOT",
  "NULL",
  "CHECK",
  "UNIQUE",
  "PRIMARY",
  "REFERENCES",
  "CONSTRAINT",
  "GENERATED",
  "DEFERRABLE",
  "INITIALLY",
  "DEFAULT",
  "ENFORCED",
]);

/** The text of a DEFAULT's expression; `start` is the place of DEFAULT or of the expression itself. */
export function defaultText(sql: string, tokens: readonly Token[], start: number): string {
  let first = indexAt(tokens, start);
  if (tokens[first]?.word === "DEFAULT") first++;
  const depth = tokens[first]?.depth ?? 0;
  let last = first;
  for (let i = first; i < tokens.length; i++) {
    const token = tokens[i];
    if (!token || token.depth < depth) break;
    if (token.depth === depth && i > first && (token.word === "," || columnConstraintWords.has(token.word)))
      break;
    last = i;
  }
  return sql.slice(tokens[first]?.start ?? start, tokens[last]?.end ?? start);
}

/** The text inside the first parentheses at or after `start`; null when there are none. */
export function parenthesised(sql: string, tokens: readonly Token[], start: number): string | null {
  const open = tokens.findIndex((token) => token.start >= start && token.word === "(");
  const opening = tokens[open];
  if (!opening) return null;
  const close = tokens.findIndex(
    (token, i) => i > open && token.word === ")" && token.depth === opening.depth,
  );
  const closing = tokens[close];
  return closing ? sql.slice(opening.end, closing.start).trim() : null;
}

/** The text after the last such word on the outermost level within a range; null when it is not there. */
export function textAfter(
  sql: string,
  tokens: readonly Token[],
  word: string,
  range: Span,
  depth = 0,
): string | null {
  const inside = tokens.filter((token) => token.start >= range.start && token.end <= range.end);
  const at = inside.findLastIndex((token) => token.depth === depth && token.word === word);
  const first = inside[at + 1];
  const last = inside.at(-1);
  return at < 0 || !first || !last ? null : sql.slice(first.start, last.end);
}

/** The parts between commas on the outermost level, after the token that ends at `from`. */
export function partsAfter(tokens: readonly Token[], from: number): Span[] {
  const parts: Span[] = [];
  let start: number | null = null;
  let end = from;
  for (const token of tokens) {
    if (token.start < from) continue;
    if (token.depth === 0 && token.word === ",") {
      if (start !== null) parts.push({ start, end });
      start = null;
    } else {
      start ??= token.start;
      end = token.end;
    }
  }
  return start === null ? parts : [...parts, { start, end }];
}

/** A function from UTF-8 byte offsets, as PostgreSQL's parser gives them, to UTF-16 offsets. */
export function byteOffsets(sql: string): (bytes: number) => number {
  if (!/[^\x00-\x7f]/.test(sql)) return (bytes) => bytes;
  const offsets: number[] = [];
  let at = 0;
  for (const character of sql) {
    const size = new TextEncoder().encode(character).length;
    for (let i = 0; i < size; i++) offsets.push(at);
    at += character.length;
  }
  return (bytes) => offsets[bytes] ?? sql.length;
}

function indexAt(tokens: readonly Token[], start: number): number {
  const found = tokens.findIndex((token) => token.end > start);
  return found < 0 ? tokens.length - 1 : found;
}
