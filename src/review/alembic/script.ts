import { parsePython } from "../code/python.ts";
import { both } from "../code/python-completions.ts";
import type { PythonString } from "../code/python-values.ts";
import type { MigrationFile, Reading } from "../framework.ts";
import { type Piece, readTranslated, splitScript } from "../script.ts";
import { lineFinder } from "../sql/statements.ts";
import type { Dialect, Guard, Span, TransactionMode } from "../types.ts";
import type { NamingConvention } from "./context.ts";
import { assumption } from "./environment.ts";
import type { Modules } from "./modules.ts";
import type { Placed } from "./questions.ts";
import type { NotFollowed, Sent } from "./recorder.ts";
import { type Translation, translate } from "./translate.ts";

/** What Alembic's own files say of how a migration is run, as `find` keeps it in the migration's settings. */
export interface AlembicSettings {
  readonly naming: NamingConvention;
  readonly modules: Modules;
  /** Whether `env.py` gives the connection no transaction. */
  readonly autocommit: boolean;
  /** The database whose functions are meant, where a revision has some for each of several; null else. */
  readonly engine: string | null;
}

/** One direction of a migration as the SQL that Alembic sends for it. */
export function readRevisionScript(file: MigrationFile, settings: AlembicSettings): Reading {
  const { path, text, direction, dialect } = file;
  const module = parsePython(text);
  if (module.kind === "unreadable") {
    const piece = { sql: "", span: module.at, refused: "this is no Python that could be read" };
    return { script: readTranslated(path, text, "transaction", [piece], dialect), skipped: [] };
  }
  const follow = (assumes: boolean) =>
    translate(module.body, direction === "up" ? "upgrade" : "downgrade", {
      dialect,
      naming: settings.naming,
      modules: settings.modules,
      path,
      assumes,
      engine: settings.engine,
    });
  const translated = follow(true);
  if (translated.body === null) return { script: null, skipped: [] };
  const range = bodyOf(text, translated.body);
  const { pieces, mode } = inTransactions(translated, range, settings, dialect);
  const sent = withQuestions(pieces, translated.questions, (piece) =>
    "reason" in piece ? [refusal(piece, text)] : piecesOf(piece, text, dialect),
  ).map(({ piece, of }) => ({ ...piece, guard: guardOf(of, text) }));
  const lineOf = lineFinder(text);
  const isTold = translated.assumed.length > 0 && !isSame(translated, follow(false));
  const skipped = (isTold ? translated.assumed : []).map((one) => ({
    path,
    line: lineOf(Math.max(0, one.at.start)),
    reason: assumption(one),
    matters: false,
  }));
  return { script: readTranslated(path, text, mode, sent, dialect, range), skipped };
}

/** Whether the same is done: what was taken for it does not matter then. */
function isSame(one: Translation, other: Translation): boolean {
  const partsOf = ({ sent, skipped, questions, raises }: Translation) =>
    JSON.stringify([sent, skipped, questions, raises]);
  return partsOf(one) === partsOf(other);
}

/**
 * Alembic runs a migration in a transaction where the database's schema changes can be undone, and an `autocommit_block()`
 * ends it and begins another (Alembic, "Runtime Objects"). A file with such a block is shown with its BEGIN and COMMIT.
 */
function inTransactions(
  { sent, skipped, raises }: Translation,
  range: Span,
  { autocommit }: AlembicSettings,
  dialect: Dialect,
): { pieces: (Sent | NotFollowed)[]; mode: TransactionMode } {
  const isBlock = (piece: Sent | NotFollowed | undefined, word: string) =>
    piece !== undefined && "sql" in piece && piece.sql.value === word && piece.isBlock;
  const all: (Sent | NotFollowed)[] = [...sent, ...skipped];
  if (raises !== null && all.length > 0)
    all.push({
      at: range,
      reason: `it raises ${raises}`,
      outline: [],
      isFailure: false,
      order: all.length,
      path: [],
    });
  const ordered = all.toSorted((a, b) => a.order - b.order);
  if (autocommit || dialect === "sqlite")
    return { pieces: ordered.filter((piece) => !("sql" in piece && piece.isBlock)), mode: "autocommit" };
  if (!ordered.some((piece) => isBlock(piece, "COMMIT"))) return { pieces: ordered, mode: "transaction" };
  const edge = (word: string, at: Span, order: number): Sent => ({
    sql: { kind: "string", value: word, offsets: [] },
    at,
    order,
    isBlock: true,
    rebuild: null,
    path: [],
  });
  const first = ordered[0]?.at ?? range;
  const last = ordered.at(-1)?.at ?? range;
  const whole = [edge("BEGIN", first, -1), ...ordered, edge("COMMIT", last, all.length)];
  const pieces: (Sent | NotFollowed)[] = [];
  for (const piece of whole) {
    // A transaction in which nothing is done is none.
    if (isBlock(piece, "COMMIT") && isBlock(pieces.at(-1), "BEGIN")) pieces.pop();
    else pieces.push(piece);
  }
  return { pieces, mode: "autocommit" };
}

/** Each question stands before the first piece that comes after it. */
function withQuestions(
  pieces: readonly (Sent | NotFollowed)[],
  questions: readonly Placed[],
  read: (of: Sent | NotFollowed) => readonly Piece[],
): { piece: Piece; of: Sent | NotFollowed }[] {
  const left = questions.toSorted((a, b) => a.order - b.order);
  return pieces.flatMap((of) =>
    read(of).map((piece) => {
      const count = left.filter(({ order }) => order <= of.order).length;
      return { piece: { ...piece, asks: left.splice(0, count).map(({ question }) => question) }, of };
    }),
  );
}

/** What has to hold, in the file's own words. */
function guardOf({ path }: Sent | NotFollowed, text: string): Guard | null {
  if (path.length === 0) return null;
  const condition = path.map((decision) => decision.condition).reduce(both);
  const words = path.map(({ at, isOpposite }) => {
    const own = text.slice(at.start, at.end).replaceAll(/\s+/g, " ");
    return isOpposite ? `not (${own})` : own;
  });
  return { condition, words: [...new Set(words)].join(" and ") };
}

/** What could not be followed stands as a statement that is never run: its own words tell what it may concern. */
function refusal({ at, reason, outline, isFailure }: NotFollowed, text: string): Piece {
  const own = text.slice(at.start, at.end);
  // Where the table stands in a variable or around a batch, it may be any that the file names.
  const mentions = /[\s(,{]table(_name)?[\s),}]|\bbatch_op\./.test(own)
    ? [...new Set([...text.matchAll(/["'](\w+)["']/g)].flatMap(([, name]) => name ?? []))]
    : [];
  const refused = isFailure ? `Alembic fails here: ${reason}` : `it is not read: ${reason}`;
  return { sql: own, span: at, refused, outline, mentions };
}

/** The statements of what one call sends, each at its own words where the file holds them. */
function piecesOf({ sql, at, rebuild }: Sent, text: string, dialect: Dialect): Piece[] {
  if (rebuild) return [{ sql: sql.value, span: at, rebuild }];
  if (sql.offsets.every((offset) => offset < 0)) return [{ sql: sql.value, span: at }];
  return splitScript(sql.value, dialect).map((statement) => ({
    sql: statement.sql,
    span: placeOf(sql, statement.span, at, text),
  }));
}

function placeOf({ offsets }: PythonString, { start, end }: Span, at: Span, text: string): Span {
  const known = offsets.slice(start, end).filter((offset) => offset >= 0);
  const first = known[0];
  const last = known.at(-1);
  if (first === undefined || last === undefined || last < first || last > text.length) return at;
  if (known.some((offset, i) => i > 0 && offset < (known[i - 1] ?? 0))) return at;
  return { start: first, end: last + 1 };
}

/** The lines of a function below its `def`, comments at their end included. */
function bodyOf(text: string, { start, end }: Span): Span {
  const header = /\)[^\n]*:[ \t]*(#[^\n]*)?\r?\n/.exec(text.slice(start, end));
  const from = header ? start + header.index + header[0].length : start;
  const tail = /^(?:[ \t]*(?:#[^\n]*)?\r?\n)*[ \t]+#[^\n]*/.exec(text.slice(end));
  return { start: from, end: Math.max(from, end + (tail ? tail[0].length : 0)) };
}
