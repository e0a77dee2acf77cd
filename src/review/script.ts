import { reasons } from "./errors.ts";
import { operationsOf } from "./sql/operations.ts";
import { type RawStatement, splitStatements } from "./sql/statements.ts";
import type { Dialect, Script, Span, Statement, TransactionMode } from "./types.ts";

/** Statements of one script beyond this number are not read. */
export const maxStatements = 20_000;

/**
 * One direction of a migration, split into statements and read. `range` limits it to a part of the text; all positions
 * point into the whole text. What is over the limit becomes one last statement that is never run and says so.
 */
export function readScript(
  path: string,
  text: string,
  transaction: TransactionMode,
  range: Span = { start: 0, end: text.length },
  dialect: Dialect = "postgresql",
): Script {
  const raw = splitStatements(text, range);
  const statements = raw.slice(0, maxStatements).map((statement) => read(statement, dialect));
  const first = raw[maxStatements];
  const last = raw.at(-1);
  if (first && last) statements.push(beyondLimit(first, last));
  return { path, text, statements, transaction };
}

/** A script whose text could not be had: one statement that is never run and says why. */
export function unreadableScript(path: string, reason: string, transaction: TransactionMode): Script {
  const span = { start: 0, end: 0 };
  const statement = {
    index: 0,
    span,
    line: 1,
    endLine: 1,
    sql: "",
    copyData: null,
    operations: [],
    skipped: null,
  };
  return { path, text: "", statements: [{ ...statement, refused: reason }], transaction };
}

function read({ psql, ...statement }: RawStatement, dialect: Dialect): Statement {
  const unread = { operations: [], skipped: null, refused: null };
  if (psql) return { ...statement, ...unread, refused: reasons.psql(commandOf(statement.sql)) };
  // PostgreSQL's parser would misread it; whether SQLite can be run is for the sandbox to say.
  if (dialect !== "postgresql") return { ...statement, ...unread };
  return { ...statement, ...operationsOf(statement.sql, statement.span.start) };
}

function commandOf(sql: string): string {
  return /^\\?[\w!?]{0,20}/.exec(sql)?.[0] ?? "\\";
}

function beyondLimit(first: RawStatement, last: RawStatement): Statement {
  return {
    index: first.index,
    span: { start: first.span.start, end: last.span.end },
    line: first.line,
    endLine: last.endLine,
    sql: "",
    copyData: null,
    operations: [],
    skipped: null,
    refused: reasons.tooManyStatements(maxStatements),
  };
}
