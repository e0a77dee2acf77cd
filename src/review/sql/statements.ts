import type { Span } from "../types.ts";

/** A statement's place and text, before anything is known of its meaning. */
export interface RawStatement {
  readonly index: number;
  readonly span: Span;
  readonly line: number;
  readonly endLine: number;
  readonly sql: string;
  readonly copyData: string | null;
  /** A psql backslash command: a line for psql, not for the server. */
  readonly psql: boolean;
}

/**
 * Cuts SQL text into statements at semicolons outside of quotes, comments, parentheses and BEGIN ATOMIC bodies
 * (PostgreSQL documentation, sections 4.1 and 36.5). Offsets are UTF-16 offsets into the whole `text`; lines count from 1.
 * Takes linear time and accepts anything: after an unterminated quote or comment the rest is one statement.
 */
export function splitStatements(text: string, range: Span = { start: 0, end: text.length }): RawStatement[] {
  const found: Omit<RawStatement, "index" | "line" | "endLine">[] = [];
  let at = range.start;
  while (at < range.end) {
    const start = skipBlank(text, at, range.end);
    if (start >= range.end) break;
    if (text[start] === ";") {
      at = start + 1;
      continue;
    }
    if (text[start] === "\\") {
      const end = lineEnd(text, start, range.end);
      found.push({ span: { start, end: trimEnd(text, start, end) }, sql: "", copyData: null, psql: true });
      at = end;
      continue;
    }
    const { end, next } = statementEnd(text, start, range.end);
    const sql = text.slice(start, end);
    const copy = isCopyFromStdin(sql) ? copyRows(text, next, range.end) : null;
    found.push({ span: { start, end }, sql, copyData: copy?.data ?? null, psql: false });
    at = copy?.next ?? next;
  }
  const lineOf = lineCounter(text);
  return found.map((statement, index) => ({
    ...statement,
    sql: text.slice(statement.span.start, statement.span.end),
    index,
    line: lineOf(statement.span.start),
    endLine: lineOf(Math.max(statement.span.start, statement.span.end - 1)),
  }));
}

/** Offset of the first character that is neither white space nor part of a comment. */
export function skipBlank(text: string, from: number, end: number = text.length): number {
  let at = from;
  while (at < end) {
    const next = skipOneBlank(text, at, end);
    if (next === at) return at;
    at = next;
  }
  return end;
}

/**
 * Offset after the token that starts here: a quoted string or name, a dollar-quoted string, a comment, a word or number, or one character.
 * An unterminated token reaches to `end`.
 */
export function tokenEnd(text: string, at: number, end: number = text.length): number {
  const c = text[at] ?? "";
  if (c === "'") return quotedEnd(text, at, end, "'", opensEscapeString(text, at));
  if (c === '"') return quotedEnd(text, at, end, '"', false);
  if (c === "$") return dollarEnd(text, at, end);
  const blank = skipOneBlank(text, at, end);
  if (blank > at) return blank;
  if (isWordStart(c)) {
    let next = at + 1;
    while (next < end && isWordPart(text[next] ?? "")) next++;
    return next;
  }
  return at + 1;
}

interface Ending {
  /** After the last token. */
  readonly end: number;
  /** After the semicolon. */
  readonly next: number;
}

function statementEnd(text: string, start: number, limit: number): Ending {
  let depth = 0;
  let atomic = 0;
  let at = start;
  let lastToken = start;
  let previousWord = "";
  while (at < limit) {
    const c = text[at] ?? "";
    if (c === ";" && depth <= 0 && atomic === 0) return { end: lastToken, next: at + 1 };
    const blank = skipOneBlank(text, at, limit);
    if (blank > at) {
      at = blank;
      continue;
    }
    if (c === "(" || c === "[") depth++;
    if (c === ")" || c === "]") depth--;
    const next = tokenEnd(text, at, limit);
    if (isWordStart(c)) {
      const word = next - at <= 6 ? text.slice(at, next).toUpperCase() : "";
      if (word === "ATOMIC" && previousWord === "BEGIN") atomic = 1;
      else if (atomic > 0 && word === "CASE") atomic++;
      else if (atomic > 0 && word === "END") atomic--;
      previousWord = word;
    }
    at = next;
    lastToken = next;
  }
  return { end: lastToken, next: limit };
}

function skipOneBlank(text: string, at: number, end: number): number {
  const c = text[at] ?? "";
  if (c === "\uFEFF" || isSpace(c)) return at + 1;
  if (c === "-" && text[at + 1] === "-") return lineEnd(text, at, end);
  if (c !== "/" || text[at + 1] !== "*") return at;
  let depth = 0;
  for (let i = at; i < end; i++) {
    if (text[i] === "/" && text[i + 1] === "*") {
      depth++;
      i++;
    } else if (text[i] === "*" && text[i + 1] === "/") {
      depth--;
      i++;
      if (depth === 0) return i + 1;
    }
  }
  return end;
}

function quotedEnd(text: string, at: number, end: number, quote: string, escapes: boolean): number {
  for (let i = at + 1; i < end; i++) {
    if (escapes && text[i] === "\\") i++;
    else if (text[i] === quote) {
      if (text[i + 1] !== quote) return i + 1;
      i++;
    }
  }
  return end;
}

/** E'…' takes backslash escapes; the E must be a word of its own. */
function opensEscapeString(text: string, quote: number): boolean {
  const before = text[quote - 1];
  if (before !== "e" && before !== "E") return false;
  return quote < 2 || !isWordPart(text[quote - 2] ?? "");
}

function dollarEnd(text: string, at: number, end: number): number {
  if (at > 0 && isWordPart(text[at - 1] ?? "")) return at + 1;
  let close = at + 1;
  while (close < end && isWordPart(text[close] ?? "") && text[close] !== "$") close++;
  if (text[close] !== "$" || /[0-9]/.test(text[at + 1] ?? "")) return at + 1;
  const tag = text.slice(at, close + 1);
  const found = text.indexOf(tag, close + 1);
  return found < 0 || found + tag.length > end ? end : found + tag.length;
}

function isCopyFromStdin(sql: string): boolean {
  return /^copy\b/i.test(sql) && /\bfrom\s+stdin\b/i.test(sql.slice(0, 20_000));
}

/** The rows after COPY … FROM STDIN, up to the line `\.`. Without that line there are no rows: the next statement follows. */
function copyRows(text: string, from: number, end: number): { data: string; next: number } | null {
  const start = lineEnd(text, from, end) + 1;
  if (text.slice(from, start).trim() !== "") return null;
  if (text.startsWith("\\.", start)) return { data: "", next: lineEnd(text, start, end) };
  const close = text.indexOf("\n\\.", start - 1);
  if (close < 0 || close >= end) return null;
  return { data: text.slice(start, close + 1), next: lineEnd(text, close + 1, end) };
}

function lineEnd(text: string, from: number, end: number): number {
  const found = text.indexOf("\n", from);
  return found < 0 || found > end ? end : found;
}

function trimEnd(text: string, start: number, end: number): number {
  let at = end;
  while (at > start && isSpace(text[at - 1] ?? "")) at--;
  return at;
}

function isSpace(c: string): boolean {
  return c === " " || c === "\n" || c === "\t" || c === "\r" || c === "\f" || c === "\v";
}

function isWordStart(c: string): boolean {
  return /[A-Za-z_\u0080-\uffff]/.test(c);
}

function isWordPart(c: string): boolean {
  return /[A-Za-z0-9_$\u0080-\uffff]/.test(c);
}

/** Line numbers of offsets that are asked for in ascending order. */
function lineCounter(text: string): (offset: number) => number {
  let line = 1;
  let at = 0;
  return (offset) => {
    for (let next = text.indexOf("\n", at); next >= 0 && next < offset; next = text.indexOf("\n", at)) {
      line++;
      at = next + 1;
    }
    return line;
  };
}
