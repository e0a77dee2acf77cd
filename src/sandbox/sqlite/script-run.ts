import type { Outcome, Rebuild, Script, ScriptRun, Statement } from "../../review/types.ts";
import { type Asking, asking } from "../asking.ts";
import { EngineLost } from "../engine.ts";
import { type LeftOut, notDue, ranAs, transactionVerb, unanswered, unreachedRun } from "../script-run.ts";
import type { Gap } from "../verdict.ts";
import { quoted } from "./data.ts";
import type { SqliteError } from "./messages.ts";
import { rebuildSql } from "./rebuild.ts";
import type { SqliteResult, SqliteSession } from "./session.ts";
import { describe } from "./tables.ts";
import { judgeSqlite } from "./verdict.ts";

/** What became of a script when it was run as its tool runs it. */
export interface SqliteRun extends ScriptRun {
  /** The first statement that did not run although it was tried; null when all ran. */
  readonly stop: { readonly index: number; readonly error: SqliteError; readonly outcome: Outcome } | null;
  /** Why the engine was given up; null when it was not. */
  readonly lost: string | null;
}

export interface RunOptions {
  /** Statements of which nothing can be said, with the reason. */
  readonly leftOut: LeftOut;
  readonly gaps: readonly Gap[];
  /** Whether a transaction is put around the script. */
  readonly wrapped: boolean;
  /** Milliseconds that a statement may take. */
  readonly statement: number;
  /** Functions that are made up when they are missing; they fail when they are called. */
  readonly functions: "any" | readonly string[];
}

/** Whether a tool that puts a transaction around each script does so here: SQLite has no transactions within others. */
export function isWrapped(script: Script): boolean {
  return script.transaction !== "autocommit" && !script.statements.some(isBegin);
}

/**
 * Runs a script one statement at a time and stops at the first error. Leaves no transaction open, and settings as a new
 * connection has them.
 */
export async function runSqliteScript(
  session: SqliteSession,
  script: Script,
  { leftOut, gaps, wrapped, statement: milliseconds, functions }: RunOptions,
): Promise<SqliteRun> {
  const runs = [...unreachedRun(script).statements];
  const finish = (stop: SqliteRun["stop"], leftOpen: boolean, lost: string | null): SqliteRun => ({
    statements: runs,
    stop,
    leftOpen,
    lost,
  });
  const fail = (index: number, error: SqliteError) => {
    const outcome = judgeSqlite(error, gaps, milliseconds);
    runs[index] = ranAs(index, outcome, runs[index]?.ms);
    return finish({ index, error, outcome }, false, null);
  };
  let index = 0;
  let isOpen = false;
  try {
    if (wrapped) await session.ask("BEGIN");
    const questions = questionsTo(session);
    for (const statement of script.statements) {
      index = statement.index;
      const due = await questions.reach(statement);
      if (due !== "due" && "words" in due) {
        runs[index] = ranAs(index, notDue(due.words));
        continue;
      }
      const reason = statement.refused ?? leftOut.get(index);
      if (reason !== undefined) {
        runs[index] = ranAs(index, { kind: "not-evaluated", reason });
        continue;
      }
      if (due !== "due") {
        const outcome = { kind: "not-evaluated", reason: unanswered(due.error) } as const;
        runs[index] = ranAs(index, outcome);
        await session.reset();
        return finish({ index, error: due.error, outcome }, false, null);
      }
      const { error, writes, ms, inTransaction } = await sendStatement(session, statement, functions);
      runs[index] = { ...ranAs(index, { kind: "ran", tag: tagOf(statement) }, ms), writes };
      isOpen = inTransaction;
      if (error) {
        await session.reset();
        return fail(index, error);
      }
    }
    const committed = wrapped ? await session.run("COMMIT") : null;
    await session.reset();
    await session.canary();
    return committed?.error ? fail(index, committed.error) : finish(null, !wrapped && isOpen, null);
  } catch (cause) {
    if (!(cause instanceof EngineLost)) throw cause;
    runs[index] = ranAs(index, { kind: "not-evaluated", reason: cause.message });
    return finish(null, false, cause.message);
  }
}

/** Sends a statement; one that copies its table, piece by piece, and nothing is seen of what those write. */
export async function sendStatement(
  session: SqliteSession,
  { sql, rebuild }: Statement,
  functions: "any" | readonly string[],
): Promise<SqliteResult> {
  if (!rebuild) return session.run(sql, functions);
  const { tables } = await describe(session);
  const table = tables.find(({ name }) => name.toLowerCase() === rebuild.table.toLowerCase());
  const pieces = table ? rebuildSql(table, rebuild) : [`SELECT 1 FROM ${quoted(rebuild.table)}`];
  if (!pieces) return { error: notThere(rebuild), inTransaction: false, writes: [], ms: 0 };
  let ms = 0;
  let last: SqliteResult | null = null;
  for (const piece of pieces) {
    last = await session.run(piece, functions);
    ms += last.ms;
    if (last.error) break;
  }
  const error = last?.error ? { ...last.error, offset: null } : null;
  return { error, inTransaction: last?.inTransaction ?? false, writes: [], ms };
}

/** Alembic ends with an error of its own. */
function notThere({ table, change }: Rebuild): SqliteError {
  const what =
    change.kind === "drop constraint"
      ? `constraint: ${change.name}`
      : `column: ${"column" in change ? change.column : ""}`;
  return { code: "SQLITE_ERROR", message: `no such ${what} in ${table}`, offset: null };
}

/** A script's questions. */
export function questionsTo(session: SqliteSession): Asking<SqliteError> {
  return asking(async (sql) => {
    const rows = await session.tryAsk(sql);
    if (rows) return { value: rows[0]?.[0] ?? null };
    const { error } = await session.run(sql);
    return error ? { error } : { value: null };
  });
}

function isBegin(statement: Statement): boolean {
  return transactionVerb(statement) === "begin";
}

/** The statement's first two words, as PostgreSQL's tags are. */
function tagOf({ sql }: Statement): string {
  return (/^\s*(\w+)(?:\s+(\w+))?/.exec(sql) ?? []).slice(1).join(" ").toUpperCase();
}
