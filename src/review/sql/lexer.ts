import type { Span } from "../types.ts";

/**
 * - `word`: a key word or an unquoted name
 * - `quoted`: a name in double quotes
 * - `string`: a constant in any of PostgreSQL's quotes, dollar quotes included
 * - `symbol`: one character of an operator or of punctuation
 * - `unclosed`: a comment that never ends, which is an error and no white space
 */
export type TokenKind =
  | "word"
  | "quoted"
  | "string"
  | "number"
  | "parameter"
  | "comment"
  | "symbol"
  | "unclosed";

export interface Token extends Span {
  readonly kind: TokenKind;
}

/**
 * The token that follows in `text` from offset `from` on, comments included and white space left out; null when there is
 * none before `end`. Rules are those of PostgreSQL's own lexer (documentation, section 4.1). An unterminated quote or
 * comment reaches to `end`. `backslashes`: whether plain '…' constants take backslash escapes, as they do with
 * standard_conforming_strings off.
 */
export function readToken(text: string, from: number, end: number, backslashes = false): Token | null {
  const start = spaceEnd(text, from, end);
  if (start >= end) return null;
  const code = text.charCodeAt(start);
  if (isWordStart(code)) return wordToken(text, start, end, backslashes);
  if (isDigit(code)) return { kind: "number", start, end: numberEnd(text, start, end) };
  if (code === singleQuote)
    return { kind: "string", start, end: stringEnd(text, start + 1, end, backslashes) };
  if (code === doubleQuote) return { kind: "quoted", start, end: pairedEnd(text, '"', start + 1, end) };
  if (code === dollar) return dollarToken(text, start, end);
  if (code === dash && text.charCodeAt(start + 1) === dash)
    return { kind: "comment", start, end: lineEnd(text, start, end) };
  if (code === slash && text.charCodeAt(start + 1) === star) return blockComment(text, start, end);
  return { kind: "symbol", start, end: start + 1 };
}

/** The offset of the line break at or after `from`, else `end`. */
export function lineEnd(text: string, from: number, end: number): number {
  for (let at = from; at < end; at++) if (isNewline(text.charCodeAt(at))) return at;
  return end;
}

const doubleQuote = 0x22;
const dollar = 0x24;
const singleQuote = 0x27;
const star = 0x2a;
const dash = 0x2d;
const slash = 0x2f;
const backslash = 0x5c;

function spaceEnd(text: string, from: number, end: number): number {
  let at = from;
  while (at < end && isSpace(text.charCodeAt(at))) at++;
  return at;
}

function isSpace(code: number): boolean {
  return code === 0x20 || (code >= 0x09 && code <= 0x0d);
}

/** PostgreSQL's lexer ends a `--` comment at either character. */
function isNewline(code: number): boolean {
  return code === 0x0a || code === 0x0d;
}

/** Every character beyond ASCII belongs to names, also what Unicode calls a space. */
function isWordStart(code: number): boolean {
  return (code >= 0x61 && code <= 0x7a) || (code >= 0x41 && code <= 0x5a) || code === 0x5f || code >= 0x80;
}

function isDigit(code: number): boolean {
  return code >= 0x30 && code <= 0x39;
}

function wordEnd(text: string, from: number, end: number): number {
  let at = from;
  while (at < end) {
    const code = text.charCodeAt(at);
    if (!isWordStart(code) && !isDigit(code) && code !== dollar) break;
    at++;
  }
  return at;
}

function numberEnd(text: string, from: number, end: number): number {
  let at = from;
  while (at < end) {
    const code = text.charCodeAt(at);
    if (!isWordStart(code) && !isDigit(code) && code !== 0x2e) break;
    at++;
  }
  return at;
}

/** A word, or a constant or name with a prefix: E'…', B'…', X'…', N'…', U&'…', U&"…". */
function wordToken(text: string, start: number, end: number, backslashes: boolean): Token {
  const prefix = text.charCodeAt(start) | 0x20;
  const next = start + 1 < end ? text.charCodeAt(start + 1) : 0;
  if (next === singleQuote) {
    if (prefix === 0x65) return { kind: "string", start, end: stringEnd(text, start + 2, end, true) };
    if (prefix === 0x62 || prefix === 0x78)
      return { kind: "string", start, end: stringEnd(text, start + 2, end, false) };
    if (prefix === 0x6e) return { kind: "string", start, end: stringEnd(text, start + 2, end, backslashes) };
  }
  if (prefix === 0x75 && next === 0x26 && start + 2 < end) {
    const quote = text.charCodeAt(start + 2);
    if (quote === singleQuote) return { kind: "string", start, end: stringEnd(text, start + 3, end, false) };
    if (quote === doubleQuote) return { kind: "quoted", start, end: pairedEnd(text, '"', start + 3, end) };
  }
  return { kind: "word", start, end: wordEnd(text, start + 1, end) };
}

/** After the closing quote, where two quotes stand for one. */
function pairedEnd(text: string, quote: string, from: number, end: number): number {
  let at = from;
  for (;;) {
    const found = text.indexOf(quote, at);
    if (found < 0 || found >= end) return end;
    if (found + 1 >= end || text[found + 1] !== quote) return found + 1;
    at = found + 2;
  }
}

function stringEnd(text: string, from: number, end: number, escapes: boolean): number {
  if (!escapes) return pairedEnd(text, "'", from, end);
  let at = from;
  while (at < end) {
    const code = text.charCodeAt(at);
    if (code === backslash) at += 2;
    else if (code !== singleQuote) at += 1;
    else if (text.charCodeAt(at + 1) === singleQuote) at += 2;
    else {
      const continued = continuation(text, at + 1, end);
      if (continued === null) return at + 1;
      at = continued;
    }
  }
  return end;
}

/**
 * Constants that only white space with a line break stands between are one, and the first one's prefix holds for all
 * (documentation, section 4.1.2.1). After the next part's opening quote; null when none follows.
 */
function continuation(text: string, from: number, end: number): number | null {
  let at = from;
  let broken = false;
  while (at < end) {
    const code = text.charCodeAt(at);
    if (isNewline(code)) broken = true;
    if (isSpace(code)) at++;
    else if (code === dash && text.charCodeAt(at + 1) === dash) at = lineEnd(text, at, end);
    else return broken && code === singleQuote ? at + 1 : null;
  }
  return null;
}

/** $tag$ … $tag$, a parameter $1, or a lone dollar sign. */
function dollarToken(text: string, start: number, end: number): Token {
  let at = start + 1;
  while (at < end && isDigit(text.charCodeAt(at))) at++;
  if (at > start + 1) return { kind: "parameter", start, end: at };
  while (at < end && (isWordStart(text.charCodeAt(at)) || isDigit(text.charCodeAt(at)))) at++;
  if (at >= end || text.charCodeAt(at) !== dollar) return { kind: "symbol", start, end: start + 1 };
  const tag = text.slice(start, at + 1);
  const found = text.indexOf(tag, at + 1);
  return { kind: "string", start, end: found < 0 || found + tag.length > end ? end : found + tag.length };
}

/** Block comments nest. */
function blockComment(text: string, start: number, end: number): Token {
  let depth = 0;
  for (let at = start; at < end - 1; at++) {
    const code = text.charCodeAt(at);
    if (code === slash && text.charCodeAt(at + 1) === star) {
      depth++;
      at++;
    } else if (code === star && text.charCodeAt(at + 1) === slash) {
      depth--;
      at++;
      if (depth === 0) return { kind: "comment", start, end: at + 1 };
    }
  }
  return { kind: "unclosed", start, end };
}
