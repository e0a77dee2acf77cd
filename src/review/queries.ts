import { findLiteral, languageOf } from "./code-literals.ts";
import { reasons } from "./errors.ts";
import { fileNameOf, isSqlPath } from "./paths.ts";
import { type RawStatement, splitStatements } from "./sql/statements.ts";
import type { Skipped } from "./types.ts";

/** A query that a comment `drydock:explain` marks, as the file has it. */
export interface MarkedQuery {
  /** The one given in the comment, else sqlc's or PgTyped's own, else the file's name and the position in it. */
  readonly name: string;
  /** Whether somebody chose the name. */
  readonly isNamed: boolean;
  readonly sql: string;
  /** Lines of the SQL itself, 1-based, both ends included. */
  readonly line: number;
  readonly endLine: number;
}

export interface MarkedQueries {
  readonly queries: readonly MarkedQuery[];
  readonly skipped: readonly Skipped[];
}

/** Marked queries of one file beyond this number are not read. */
export const maxQueriesOfFile = 500;

/** Whether the text mentions the mark at all. */
export function isMarked(text: string): boolean {
  return text.includes("drydock:explain");
}

/** Whether queries can be looked for in a file of this name. */
export function isQueryPath(path: string): boolean {
  return isSqlPath(path) || languageOf(path) !== null;
}

/**
 * Queries marked by a comment `drydock:explain [name]`: in `.sql` files the statement that follows, in code the next
 * string literal that holds SQL. A mark without a readable query is returned as skipped, with its line.
 */
export function findAnnotatedQueries(path: string, text: string): MarkedQueries {
  if (!isMarked(text)) return { queries: [], skipped: [] };
  const all = marksOf(text);
  const marks = all.slice(0, maxQueriesOfFile);
  const found = isSqlPath(path) ? inSql(text, marks) : inCode(path, text, marks);
  const stem = fileNameOf(path).replace(/\.\w+$/, "");
  const queries = found.flatMap(({ query, mark, given }, i) => {
    if (!query) return [];
    const name = mark.name ?? given;
    return [{ ...query, name: name ?? `${stem} #${i + 1}`, isNamed: name !== null }];
  });
  const skipped = found.flatMap(({ reason, mark }) =>
    reason === null ? [] : [skip(path, mark.line, reason)],
  );
  if (all.length > marks.length) skipped.push(skip(path, null, reasons.queryLimit(maxQueriesOfFile)));
  return { queries, skipped };
}

interface Mark {
  readonly name: string | null;
  readonly line: number;
  /** Offsets from the comment's first character to the end of the mark. */
  readonly start: number;
  readonly end: number;
}

interface Found {
  readonly mark: Mark;
  readonly query: Pick<MarkedQuery, "sql" | "line" | "endLine"> | null;
  /** A name that the query has for another tool. */
  readonly given: string | null;
  readonly reason: string | null;
}

/**
 * Comments that begin their line, and SQL comments that begin a string literal. A mark in running text is none.
 */
function marksOf(text: string): Mark[] {
  const marks: Mark[] = [];
  let start = 0;
  for (const [i, line] of text.split("\n").entries()) {
    const match = line.includes("drydock:explain") ? markPattern.exec(line) : null;
    if (match) {
      const from = start + match.index + (match[1]?.length ?? 0);
      marks.push({
        name: match[2] ?? null,
        line: i + 1,
        start: from,
        end: start + match.index + match[0].length,
      });
    }
    start += line.length + 1;
  }
  return marks;
}

const markPattern =
  /(^\s*(?=--|\/\/|#|\/?\*)|["'`](?=[ \t]*--))[ \t]*(?:--|\/\/+|#|\/\*+|\*)[ \t]*drydock:explain(?![\w:-])[ \t]*([\w.:/-]{1,200})?/;

function inSql(text: string, marks: readonly Mark[]): Found[] {
  const statements = splitStatements(text).filter((statement) => !statement.psql);
  return marks.flatMap((mark): Found[] => {
    const index = firstAfter(statements, mark.end);
    const before = statements[index - 1];
    if (before && before.span.end > mark.start) return [];
    const statement = statements[index];
    if (!statement) return [{ mark, query: null, given: null, reason: reasons.noQuery() }];
    const comments = text.slice(before?.span.end ?? 0, statement.span.start);
    const { sql, line, endLine } = statement;
    return [{ mark, query: { sql, line, endLine }, given: otherNameOf(comments), reason: null }];
  });
}

/** Index of the first statement that starts at or after the offset; statements are in order. */
function firstAfter(statements: readonly RawStatement[], offset: number): number {
  let [low, high] = [0, statements.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((statements[middle]?.span.start ?? 0) < offset) low = middle + 1;
    else high = middle;
  }
  return low;
}

function inCode(path: string, text: string, marks: readonly Mark[]): Found[] {
  const language = languageOf(path);
  if (language === null)
    return marks.map((mark) => ({ mark, query: null, given: null, reason: reasons.noQuery() }));
  return marks.map((mark) => {
    const literal = findLiteral(text, mark, language);
    if ("reason" in literal) return { mark, query: null, given: null, reason: literal.reason };
    const line =
      mark.line + linesIn(text, mark.start, literal.start) - linesIn(text, literal.start, mark.start);
    const endLine = line + linesIn(text, literal.start, literal.end);
    return {
      mark,
      query: { sql: literal.sql, line, endLine },
      given: otherNameOf(literal.sql),
      reason: null,
    };
  });
}

/** sqlc's `-- name: ListOrders :many` and PgTyped's `@name ListOrders`. */
function otherNameOf(comments: string): string | null {
  const match = /(?:^|\n)\s*(?:--|#|\/\*)\s*name:\s*(\w{1,200})\s*:\w+|@name\s+(\w{1,200})/.exec(comments);
  return match?.[1] ?? match?.[2] ?? null;
}

function linesIn(text: string, start: number, end: number): number {
  let lines = 0;
  for (let i = text.indexOf("\n", start); i !== -1 && i < end; i = text.indexOf("\n", i + 1)) lines += 1;
  return lines;
}

function skip(path: string, line: number | null, reason: string): Skipped {
  return { path, line, reason, matters: true };
}
