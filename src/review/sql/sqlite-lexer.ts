import type { Token } from "./lexer.ts";

/**
 * The token that follows in `text` from offset `from` on, comments included and white space left out; null when there is
 * none before `end`. Rules are those of SQLite's own tokenizer (SQLite documentation, "SQL As Understood By SQLite",
 * keywords and literal values): names also stand in grave accents and brackets, comments do not nest, and there are
 * neither dollar quotes nor escapes. An unterminated quote or comment reaches to `end`.
 */
export function readSqliteToken(text: string, from: number, end: number): Token | null {
  let start = from;
  while (start < end && isSpace(text.charCodeAt(start))) start += 1;
  if (start >= end) return null;
  const character = text[start] ?? "";
  const next = start + 1 < end ? (text[start + 1] ?? "") : "";
  if (/[xX]/.test(character) && next === "'") return closed("string", text, "'", start, start + 2, end);
  if (isWordStart(character)) return { kind: "word", start, end: wordEnd(text, start + 1, end) };
  if (isDigit(character) || (character === "." && isDigit(next)))
    return { kind: "number", start, end: numberEnd(text, start, end) };
  if (character === "'") return closed("string", text, "'", start, start + 1, end);
  if (character === '"' || character === "`") return closed("quoted", text, character, start, start + 1, end);
  if (character === "[") return { kind: "quoted", start, end: after(text, "]", start + 1, end) };
  if (character === "-" && next === "-")
    return { kind: "comment", start, end: Math.min(end, indexOrEnd(text, "\n", start, end)) };
  if (character === "/" && next === "*")
    return { kind: "comment", start, end: after(text, "*/", start + 2, end) };
  if ("?:@#$".includes(character) && isWordPart(next))
    return { kind: "parameter", start, end: wordEnd(text, start + 1, end) };
  return { kind: "symbol", start, end: start + 1 };
}

/** A name without its quotes, whichever they are; SQLite takes '…' for a name where only a name can stand. */
export function unquoted(written: string): string {
  const quote = written[0] ?? "";
  if (quote === "[") return written.slice(1, written.endsWith("]") ? -1 : undefined);
  if (quote !== '"' && quote !== "`" && quote !== "'") return written;
  const inside = written.slice(1, written.length > 1 && written.endsWith(quote) ? -1 : undefined);
  return inside.replaceAll(quote + quote, quote);
}

function closed(
  kind: Token["kind"],
  text: string,
  quote: string,
  start: number,
  from: number,
  end: number,
): Token {
  let at = from;
  for (;;) {
    const found = text.indexOf(quote, at);
    if (found < 0 || found >= end) return { kind, start, end };
    if (found + 1 >= end || text[found + 1] !== quote) return { kind, start, end: found + 1 };
    at = found + 2;
  }
}

function after(text: string, closer: string, from: number, end: number): number {
  const found = text.indexOf(closer, from);
  return found < 0 || found + closer.length > end ? end : found + closer.length;
}

function indexOrEnd(text: string, character: string, from: number, end: number): number {
  const found = text.indexOf(character, from);
  return found < 0 ? end : found;
}

function wordEnd(text: string, from: number, end: number): number {
  let at = from;
  while (at < end && isWordPart(text[at] ?? "")) at += 1;
  return at;
}

/** With what follows it: SQLite refuses `1a` as a whole. An exponent may have a sign. */
function numberEnd(text: string, from: number, end: number): number {
  let at = from;
  while (at < end) {
    const character = text[at] ?? "";
    const isSign =
      /[+-]/.test(character) && /[eE]/.test(text[at - 1] ?? "") && isDecimal(text.slice(from, at));
    if (!isSign && character !== "." && !isWordPart(character)) break;
    at += 1;
  }
  return at;
}

function isDecimal(text: string): boolean {
  return /^[\d_.]+[eE]$/.test(text);
}

function isSpace(code: number): boolean {
  return code === 0x20 || (code >= 0x09 && code <= 0x0d && code !== 0x0b);
}

function isDigit(character: string): boolean {
  return character >= "0" && character <= "9" && character.length === 1;
}

function isWordStart(character: string): boolean {
  return /[A-Za-z_]/.test(character) || character.charCodeAt(0) >= 0x80;
}

function isWordPart(character: string): boolean {
  return /[A-Za-z0-9_$]/.test(character) || character.charCodeAt(0) >= 0x80;
}
