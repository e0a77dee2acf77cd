import type { Outcome, Script, Statement } from "../../review/types.ts";
import { timeText } from "../limits.ts";
import { elsewhereOf, type Gap, wordsOf } from "../verdict.ts";
import type { SqliteError } from "./messages.ts";

/** Errors that speak of the sandbox and not of the statement (SQLite documentation, Result and Error Codes). */
const ownLimits: readonly (readonly [prefix: string, reason: string])[] = [
  ["SQLITE_NOMEM", "it needs more memory than the sandbox gives"],
  ["SQLITE_FULL", "it needs more memory than the sandbox gives"],
  ["SQLITE_TOOBIG", "it makes a longer value than the sandbox allows"],
  ["SQLITE_IOERR", "it needs a file that the sandbox does not have"],
  ["SQLITE_CANTOPEN", "it needs a file that the sandbox does not have"],
  ["SQLITE_AUTH", "it opens another database file, which the sandbox does not have"],
  ["SQLITE_CORRUPT", "the sandbox's database is damaged"],
  ["SQLITE_INTERNAL", "the sandbox's database failed internally"],
];

/** What an application or an extension adds to SQLite: its absence says nothing about the statement. */
const additions: readonly (readonly [pattern: RegExp, what: string])[] = [
  [/\bno such function: /, "it calls a function that the sandbox does not have"],
  [/\bno such (?:table-valued function|module): /, "it uses a module that the sandbox does not have"],
  [
    /\b(?:no such (?:tokenizer|collation sequence)|unknown tokenizer)/,
    "it uses an extension that the sandbox does not have",
  ],
];

/** What is not there, or is there although it should be gone: the trace that a statement leaves that did not run. */
const traces =
  /^(?:no such (?:table|column|index|view|trigger)|.* already exists$|duplicate column name)|has no column named/;

/** The gap that a statement leaves which did not run; one that was not read could have made anything. */
export function sqliteGapOf({ path }: Script, { line, sql, mentions }: Statement, reason: string): Gap {
  const words = sql === "" ? null : [...new Set([sql, ...mentions].flatMap(wordsOf))];
  return { reason: `${path}:${line}: ${reason}`, words, made: null };
}

/** What an error says about the statement: `failed` is its own fault, `not-evaluated` is the sandbox's. */
export function judgeSqlite(error: SqliteError, gaps: readonly Gap[], milliseconds: number): Outcome {
  const reason = excuseOf(error, gaps, milliseconds);
  if (reason !== null) return { kind: "not-evaluated", reason };
  return {
    kind: "failed",
    code: error.code,
    message: error.message,
    detail: null,
    hint: null,
    position: error.offset,
  };
}

/**
 * Whether SQLite refuses a statement only because it stands in a transaction, e.g. "cannot VACUUM from within a
 * transaction": whether the migration tool opens one around a file is a matter of its settings.
 */
export function needsNoTransaction({ message }: SqliteError): boolean {
  return /\b(?:from )?(?:within|inside) a transaction$/.test(message);
}

function excuseOf({ code, message }: SqliteError, gaps: readonly Gap[], milliseconds: number): string | null {
  if (code === "SQLITE_INTERRUPT") return `it took longer than ${timeText(milliseconds)} and was stopped`;
  const limit = ownLimits.find(([prefix]) => code.startsWith(prefix));
  if (limit) return `${limit[1]} (${message})`;
  const addition = additions.find(([pattern]) => pattern.test(message));
  if (addition) return `${addition[1]} (${message})`;
  if (!traces.test(message)) return null;
  const elsewhere = elsewhereOf(message, gaps);
  if (elsewhere !== null) return elsewhere;
  const names = wordsOf(message);
  const gap = gaps.find(
    ({ words, made }) =>
      made === null && (words === null || names.some((name) => words.includes(name) && !common.has(name))),
  );
  return gap ? `it may depend on a statement that did not run: ${gap.reason} (${message})` : null;
}

/** Words of the messages themselves. */
const common = new Set(
  "no such table column index view trigger there is already a an another with this name exists duplicate has named error in after rename drop".split(
    " ",
  ),
);
