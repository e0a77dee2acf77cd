import type { Span, Statement } from "../types.ts";
import { lineEnd, readToken } from "./lexer.ts";

/** A statement's place and text, before anything is known of its meaning. */
export interface RawStatement
  extends Omit<Statement, "operations" | "skipped" | "refused" | "mentions" | "asks" | "guard" | "rebuild"> {
  /** A backslash command: a line for psql, not for the server. */
  readonly psql: boolean;
}

/**
 * Cuts SQL text into statements at semicolons outside of quotes, comments, parentheses and BEGIN ATOMIC … END bodies
 * (PostgreSQL documentation, section 4.1, and CREATE FUNCTION). Offsets are UTF-16 offsets into the whole `text`, also when
 * `range` limits what is cut; lines count from 1. Takes linear time and accepts anything: an unterminated quote, comment
 * or parenthesis makes the rest one statement.
 */
export function splitStatements(
  text: string,
  range: Span = { start: 0, end: text.length },
  lineOf: LineOf = lineCounter(text),
): RawStatement[] {
  const statements: RawStatement[] = [];
  const rowsOf = rowsReader(text, range.end);
  let backslashes = false;
  // A byte order mark is no part of the SQL; elsewhere it would be a letter.
  let at = range.start === 0 && text.startsWith("\uFEFF") ? 1 : range.start;
  for (;;) {
    const found = readStatement(text, at, range.end, backslashes);
    if (!found) return statements;
    const { span, psql } = found;
    const sql = text.slice(span.start, span.end);
    const rows = found.readsRows ? rowsOf(found.next) : null;
    statements.push({
      index: statements.length,
      span,
      line: lineOf(span.start),
      endLine: lineOf(span.end - 1),
      sql,
      copyData: rows ? text.slice(rows.start, rows.end) : null,
      psql,
    });
    backslashes = found.sets ? backslashesAfter(sql, backslashes) : backslashes;
    at = rows?.next ?? found.next;
  }
}

interface Found {
  readonly span: Span;
  /** Where the next statement may start. */
  readonly next: number;
  readonly psql: boolean;
  /** COPY … FROM STDIN */
  readonly readsRows: boolean;
  /** SET or RESET */
  readonly sets: boolean;
}

function readStatement(text: string, from: number, end: number, backslashes: boolean): Found | null {
  const head: string[] = [];
  let first = -1;
  let last = -1;
  let depth = 0;
  let blocks = 0;
  let previous = "";
  let readsRows = false;
  const found = (next: number): Found => ({
    span: { start: first, end: last },
    next,
    psql: false,
    readsRows,
    sets: head[0] === "set" || head[0] === "reset",
  });
  for (
    let token = readToken(text, from, end, backslashes);
    token;
    token = readToken(text, token.end, end, backslashes)
  ) {
    if (token.kind === "comment") continue;
    let word = "";
    if (token.kind === "symbol") {
      const symbol = text[token.start] ?? "";
      if (symbol === ";" && depth === 0 && blocks === 0) {
        if (first >= 0) return found(token.end);
        continue;
      }
      if (symbol === "\\" && isCommand(text, token.end)) {
        return first < 0 ? commandAt(text, token.start, end) : found(token.start);
      }
      if (symbol === "(") depth++;
      else if (symbol === ")" && depth > 0) depth--;
      word = symbol;
    } else if (token.kind === "word") {
      const matters = head.length < 4 || head[0] === "create" || head[0] === "copy";
      if (matters && token.end - token.start <= longestWord)
        word = text.slice(token.start, token.end).toLowerCase();
      if (head.length < 4) head.push(word);
      if (depth === 0) {
        if (word === "stdin" && previous === "from" && head[0] === "copy") readsRows = true;
        blocks = blocksAfter(blocks, previous, word, head);
      }
    } else if (head.length < 4) head.push("");
    if (first < 0) first = token.start;
    last = token.end;
    previous = word;
  }
  return first < 0 ? null : found(end);
}

/** "procedure"; longer words mean nothing here. */
const longestWord = 9;

/** How deep a routine's BEGIN ATOMIC … END body is open: within it semicolons end its own statements, and CASE has its own END. */
function blocksAfter(blocks: number, previous: string, word: string, head: readonly string[]): number {
  if (word === "atomic") return previous === "begin" && isRoutine(head) ? blocks + 1 : blocks;
  if (blocks === 0 || previous === "as" || previous === ".") return blocks;
  if (word === "case") return blocks + 1;
  return word === "end" ? blocks - 1 : blocks;
}

function isRoutine(head: readonly string[]): boolean {
  const kind = head[1] === "or" ? head[3] : head[1];
  return head[0] === "create" && (kind === "function" || kind === "procedure");
}

function isCommand(text: string, at: number): boolean {
  return /[A-Za-z!?.;]/.test(text[at] ?? "");
}

function commandAt(text: string, start: number, end: number): Found {
  const next = lineEnd(text, start, end);
  const length = text.slice(start, next).trimEnd().length;
  return { span: { start, end: start + length }, next, psql: true, readsRows: false, sets: false };
}

/** Whether plain constants take backslash escapes after a SET (documentation, section 19.13.1, standard_conforming_strings). */
function backslashesAfter(sql: string, before: boolean): boolean {
  const set =
    /^(?:re)?set\s+(?:(?:session|local)\s+)?standard_conforming_strings\b\s*(?:=|to\b)?\s*'?(\w*)'?$/i.exec(
      sql,
    );
  if (!set) return before;
  return /^(?:of?f?|f|false|no?|0)$/i.test(set[1] ?? "");
}

interface Rows extends Span {
  readonly next: number;
}

/**
 * Finds the rows after COPY … FROM STDIN: from the line after the statement to the line `\.`. Without that line there are
 * none, and the next statement follows.
 */
function rowsReader(text: string, end: number): (from: number) => Rows | null {
  let isOver = false;
  return (from) => {
    if (isOver) return null;
    const rest = readToken(text, from, lineEnd(text, from, end));
    const newline = text.indexOf("\n", from);
    if ((rest && rest.kind !== "comment") || newline < 0 || newline >= end) return null;
    const close = terminatorAt(text, newline, end);
    if (close === null) {
      isOver = true;
      return null;
    }
    return { start: newline + 1, end: close, next: close + 2 };
  };
}

/** The first line `\.` at or after a line break. */
function terminatorAt(text: string, newline: number, end: number): number | null {
  for (
    let at = text.indexOf("\n\\.", newline);
    at >= 0 && at + 3 <= end;
    at = text.indexOf("\n\\.", at + 1)
  ) {
    const after = text[at + 3];
    if (at + 3 === end || after === "\n" || after === "\r" || after === undefined) return at + 1;
  }
  return null;
}

/** The line of an offset, from 1. */
export type LineOf = (offset: number) => number;

/** Line numbers of offsets in any order. */
export function lineFinder(text: string): LineOf {
  const newlines: number[] = [];
  for (let at = text.indexOf("\n"); at >= 0; at = text.indexOf("\n", at + 1)) newlines.push(at);
  return (offset) => {
    let [low, high] = [0, newlines.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((newlines[middle] ?? 0) < offset) low = middle + 1;
      else high = middle;
    }
    return low + 1;
  };
}

/** Line numbers of offsets that are asked for in ascending order. */
export function lineCounter(text: string): LineOf {
  let line = 1;
  let newline = text.indexOf("\n");
  return (offset) => {
    while (newline >= 0 && newline < offset) {
      line += 1;
      newline = text.indexOf("\n", newline + 1);
    }
    return line;
  };
}
