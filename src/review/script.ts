import { reasons } from "./errors.ts";
import { operationsOf } from "./sql/operations.ts";
import { sqliteOperationsOf } from "./sql/sqlite-operations.ts";
import { splitSqlite } from "./sql/sqlite-statements.ts";
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
  const raw = splitScript(text, dialect, range);
  const statements = raw.slice(0, maxStatements).map((statement) => read(statement, dialect));
  const first = raw[maxStatements];
  const last = raw.at(-1);
  if (first && last) statements.push(beyondLimit(first, last));
  return { path, text, statements, transaction };
}

/** Cuts a text into statements by the rules of its database. */
export function splitScript(
  text: string,
  dialect: Dialect,
  range: Span = { start: 0, end: text.length },
): RawStatement[] {
  return dialect === "sqlite" ? splitSqlite(text, range) : splitStatements(text, range);
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
  const read = { operations: [], skipped: null, refused: null };
  if (psql) return { ...statement, ...read, refused: reasons.psql(commandOf(statement.sql)) };
  // PostgreSQL's parser would misread it; what SQLite cannot read, it says when the statement is run.
  if (dialect === "sqlite")
    return { ...statement, ...read, operations: sqliteOperationsOf(statement.sql, statement.span.start) };
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
