import { reasons } from "./errors.ts";
import { operationsOf } from "./sql/operations.ts";
import { sourceOf } from "./sql/source.ts";
import { sqliteOperationsOf } from "./sql/sqlite-operations.ts";
import { splitSqlite } from "./sql/sqlite-statements.ts";
import { type LineOf, lineFinder, type RawStatement, splitStatements } from "./sql/statements.ts";
import type {
  Dialect,
  Guard,
  Operation,
  Question,
  Rebuild,
  Script,
  Span,
  Statement,
  TransactionMode,
} from "./types.ts";

/** Statements of one script beyond this number are not read. */
export const maxStatements = 30_000;

/**
 * One direction of a migration, split into statements and read. `range` limits it to a part of the text, or to several: no
 * statement reaches over the end of a part. All positions point into the whole text. `substitute` says what the tool sends in
 * place of a statement's text, or why that cannot be known. What is over the limit becomes one last statement that is never run and says so.
 */
export function readScript(
  path: string,
  text: string,
  transaction: TransactionMode,
  range: Span | readonly Span[] = { start: 0, end: text.length },
  dialect: Dialect = "postgresql",
  substitute: (sql: string, span: Span) => string | Refused = (sql) => sql,
): Script {
  const parts = "start" in range ? [range] : range;
  const lineOf = lineFinder(text);
  const sent = parts
    .flatMap((part) => splitScript(text, dialect, part, lineOf))
    .map((raw) => ({ raw, sql: substitute(raw.sql, raw.span) }));
  return scriptOf({ path, text, range: hullOf(parts) }, transaction, sent, dialect);
}

/** A piece of SQL that was made from a part of a file that is not SQL, or not that SQL. */
export interface Piece {
  /** One statement or several. */
  readonly sql: string;
  /** The part of the file that stands for it. */
  readonly span: Span;
  /** Why it is no SQL that could be run: then `sql` is only told, as one statement. */
  readonly refused?: string;
  /** SQL that says what is certain of what cannot be run. */
  readonly outline?: readonly string[];
  /** Names that what cannot be run may concern, beside its own. */
  readonly mentions?: readonly string[];
  /** What is asked before it. */
  readonly asks?: readonly Question[];
  readonly guard?: Guard | null;
  readonly rebuild?: Rebuild | null;
}

/**
 * One direction of a migration whose file is translated into SQL. Each statement stands at the place of the piece that it
 * was made from; where that place holds the SQL itself, letter by letter, positions within it are exact.
 */
export function readTranslated(
  path: string,
  text: string,
  transaction: TransactionMode,
  pieces: readonly Piece[],
  dialect: Dialect = "postgresql",
  range: Span = hullOf(pieces.map(({ span }) => span)),
): Script {
  const lineOf = lineFinder(text);
  const sent = pieces.flatMap((piece) => {
    const { asks = [], guard = null, rebuild = null } = piece;
    return sentFor(piece, text, dialect, lineOf).map((one, i) => ({
      ...one,
      guard,
      rebuild,
      asks: i === 0 ? asks : [],
    }));
  });
  return scriptOf({ path, text, range }, transaction, sent, dialect);
}

function sentFor(
  { sql, span, refused, outline = [], mentions = [] }: Piece,
  text: string,
  dialect: Dialect,
  lineOf: LineOf,
): Sent[] {
  const place = { span, line: lineOf(span.start), endLine: lineOf(Math.max(span.start, span.end - 1)) };
  if (refused !== undefined) {
    const raw = { index: 0, ...place, sql, copyData: null, psql: false };
    return [{ raw, sql: { refused, outline, mentions } }];
  }
  if (text.slice(span.start, span.end) === sql)
    return splitScript(text, dialect, span, lineOf).map((raw) => ({ raw, sql: raw.sql }));
  const written = text.slice(span.start, span.end);
  return splitScript(sql, dialect).map((raw) => ({ raw: { ...raw, ...place, sql: written }, sql: raw.sql }));
}

/** A statement as the file holds it, and what is sent for it. */
interface Sent {
  readonly raw: RawStatement;
  readonly sql: string | Refused;
  readonly asks?: readonly Question[];
  readonly guard?: Guard | null;
  readonly rebuild?: Rebuild | null;
}

/** Why a statement is never run. */
export interface Refused {
  readonly refused: string;
  /** SQL that says what is known of it all the same. */
  readonly outline?: readonly string[];
  /** Names that it may concern, beside its own. */
  readonly mentions?: readonly string[];
}

function scriptOf(
  file: Pick<Script, "path" | "text" | "range">,
  transaction: TransactionMode,
  sent: readonly Sent[],
  dialect: Dialect,
): Script {
  const statements = sent
    .slice(0, maxStatements)
    .map(({ raw, sql, asks = [], guard = null, rebuild = null }, index) => ({
      ...read({ ...raw, index }, sql, dialect),
      mentions: typeof sql === "string" ? [] : (sql.mentions ?? []),
      asks,
      guard,
      rebuild,
    }));
  const first = sent[maxStatements]?.raw;
  const last = sent.at(-1)?.raw;
  if (first && last) statements.push(beyondLimit({ ...first, index: maxStatements }, last));
  return { ...file, statements, transaction: modeFor(transaction, dialect) };
}

/** Whether the file holds the statement's SQL letter by letter, so that an edit of it means what it says. */
export function isVerbatim({ text }: Script, { span, sql }: Statement): boolean {
  return sql.length === span.end - span.start && text.startsWith(sql, span.start);
}

/** One implicit transaction for several statements is PostgreSQL's own; tools wrap a script for SQLite in one. */
function modeFor(transaction: TransactionMode, dialect: Dialect): TransactionMode {
  return dialect === "sqlite" && transaction === "implicit" ? "transaction" : transaction;
}

/** From the first part's start to the last one's end. */
function hullOf(parts: readonly Span[]): Span {
  const [first, ...others] = parts;
  if (!first) return { start: 0, end: 0 };
  return others.reduce(
    (hull, { start, end }) => ({ start: Math.min(hull.start, start), end: Math.max(hull.end, end) }),
    first,
  );
}

/** Cuts a text into statements by the rules of its database. */
export function splitScript(
  text: string,
  dialect: Dialect,
  range: Span = { start: 0, end: text.length },
  lineOf: LineOf = lineFinder(text),
): RawStatement[] {
  return dialect === "sqlite" ? splitSqlite(text, range, lineOf) : splitStatements(text, range, lineOf);
}

/** Usual for a statement: it is run whatever the database holds. */
const unguarded = { mentions: [], asks: [], guard: null, rebuild: null } satisfies Pick<
  Statement,
  "mentions" | "asks" | "guard" | "rebuild"
>;

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
    ...unguarded,
  };
  return { path, text: "", range: span, statements: [{ ...statement, refused: reason }], transaction };
}

/** Whether a script stands for a file whose text could not be had. */
export function isUnreadable({ text, statements }: Script): boolean {
  return text === "" && statements.some(({ sql, refused }) => sql === "" && refused !== null);
}

/** `sql` is what is sent; where the file says something else, what it does stands at the statement as a whole. */
function read(
  { psql, ...raw }: RawStatement,
  sql: string | Refused,
  dialect: Dialect,
): Omit<Statement, keyof typeof unguarded> {
  if (typeof sql !== "string") {
    const known = (sql.outline ?? []).flatMap((outline) => operationsOf(outline, 0).operations);
    const operations = known.map((operation) => placedAt(operation, raw.span));
    return { ...raw, operations, skipped: null, refused: sql.refused };
  }
  const isSame = raw.sql === sql;
  const statement = { ...raw, sql };
  const read = { operations: [], skipped: null, refused: null };
  if (psql) return { ...statement, ...read, refused: reasons.psql(commandOf(sql)) };
  if (dialect === "sqlite" && libsqlOnly.test(sql))
    return { ...statement, ...read, refused: reasons.libsql() };
  const offset = isSame ? raw.span.start : 0;
  // PostgreSQL's parser would misread it; what SQLite cannot read, it says when the statement is run.
  const meaning =
    dialect === "sqlite"
      ? { ...read, operations: sqliteOperationsOf(sql, offset) }
      : operationsOf(sql, offset);
  const template = meaning.skipped === null ? null : templateIn(sql);
  if (template !== null) return { ...statement, ...read, refused: reasons.template(template) };
  const operations = isSame
    ? meaning.operations
    : meaning.operations.map((operation) => placedAt(operation, raw.span));
  return { ...statement, ...meaning, operations };
}

/** libSQL, which Turso runs, changes columns in place (libSQL documentation, libsql_extensions.md, Altering columns). */
const libsqlOnly =
  /^ALTER\s+TABLE\s+(?:`[^`]*`|"[^"]*"|\[[^\]]*\]|[\w.]+)\s+ALTER\s+(?:COLUMN\s+)?(?:`[^`]*`|"[^"]*"|\[[^\]]*\]|\w+)\s+TO\b/i;

/** `{{ … }}` or `${…}` outside of quotes, where no SQL has braces; null when there is none. */
function templateIn(sql: string): string | null {
  const { tokens } = sourceOf(sql, 0);
  for (const [i, { text, start, end }] of tokens.entries()) {
    const isMark =
      (text === "{" || text === "$") && tokens[i + 1]?.text === "{" && tokens[i + 1]?.start === end;
    const mark = isMark && /^(?:\{\{[^{}]+\}\}|\$\{[^{}]+\})/.exec(sql.slice(start, start + 200))?.[0];
    if (mark) return mark;
  }
  return null;
}

/** The same operation with every place in it set to this one. */
function placedAt(operation: Operation, span: Span): Operation {
  const placed = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(placed);
    if (typeof value !== "object" || value === null) return value;
    return Object.fromEntries(
      Object.entries(value).map(([key, item]) => [key, key === "at" ? span : placed(item)]),
    );
  };
  return placed(operation) as Operation;
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
    ...unguarded,
  };
}
