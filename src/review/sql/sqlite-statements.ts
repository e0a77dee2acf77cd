import type { Span } from "../types.ts";
import { readSqliteToken } from "./sqlite-lexer.ts";
import { type LineOf, lineCounter, type RawStatement } from "./statements.ts";

/**
 * Cuts SQL text into statements as SQLite's shell does (SQLite documentation, sqlite3_complete): at semicolons outside of
 * quotes and comments, except that CREATE TRIGGER ends with `; END ;`. Offsets are UTF-16 offsets into the whole `text`,
 * also when `range` limits what is cut; lines count from 1. Accepts anything, in linear time.
 */
export function splitSqlite(
  text: string,
  range: Span = { start: 0, end: text.length },
  lineOf: LineOf = lineCounter(text),
): RawStatement[] {
  const statements: RawStatement[] = [];
  // A byte order mark is no part of the SQL; elsewhere it would be a letter.
  let at = range.start === 0 && text.startsWith("\uFEFF") ? 1 : range.start;
  for (;;) {
    const found = readStatement(text, at, range.end);
    if (!found) return statements;
    const { span, next } = found;
    statements.push({
      index: statements.length,
      span,
      line: lineOf(span.start),
      endLine: lineOf(span.end - 1),
      sql: text.slice(span.start, span.end),
      copyData: null,
      psql: false,
    });
    at = next;
  }
}

/** EXPLAIN [QUERY PLAN] CREATE TEMP TRIGGER: what tells a trigger stands among the first six words. */
const headLength = 6;

function readStatement(text: string, from: number, end: number): { span: Span; next: number } | null {
  const head: string[] = [];
  let first = -1;
  let last = -1;
  // The last two tokens, as far as they matter: `; END` before a semicolon ends a trigger.
  let previous = "";
  let beforePrevious = "";
  for (let token = readSqliteToken(text, from, end); token; token = readSqliteToken(text, token.end, end)) {
    if (token.kind === "comment") continue;
    const word = token.kind === "word" || token.kind === "symbol" ? text.slice(token.start, token.end) : "";
    const lower = word.length <= "temporary".length ? word.toLowerCase() : "";
    if (lower === ";") {
      const isOver = !isTrigger(head) || (previous === "end" && beforePrevious === ";");
      if (isOver && first >= 0) return { span: { start: first, end: last }, next: token.end };
      if (first < 0) continue;
    }
    if (head.length < headLength) head.push(lower);
    if (first < 0) first = token.start;
    last = token.end;
    beforePrevious = previous;
    previous = lower;
  }
  return first < 0 ? null : { span: { start: first, end: last }, next: end };
}

function isTrigger(head: readonly string[]): boolean {
  return /^(explain (query plan )?)?create (temp |temporary )?trigger\b/.test(head.join(" "));
}
