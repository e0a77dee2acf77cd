import type { FailedHistory, Script, Statement } from "../../review/types.ts";
import { elsewhereGap } from "../elsewhere.ts";
import { EngineLost } from "../engine.ts";
import { transactionVerb, unanswered } from "../script-run.ts";
import type { Gap } from "../verdict.ts";
import type { StandIn } from "./messages.ts";
import { isWrapped, questionsTo, runSqliteScript, sendStatement } from "./script-run.ts";
import type { SqliteSession } from "./session.ts";
import { sqliteGapOf } from "./verdict.ts";

/** What came of a replay. All of it is plain data, so that it can be kept beside the database that it made. */
export interface SqliteHistory {
  readonly migrations: number;
  readonly statements: number;
  readonly failed: readonly FailedHistory[];
  readonly gaps: readonly Gap[];
  /** Whether files only got through without a transaction around them, so that the tool must be set up that way. */
  readonly unwrapped: boolean;
  /** What was made up. */
  readonly standIns: readonly StandIn[];
}

/**
 * Replays the history of the base side, file by file, as the tool runs it. A file that fails is taken back and run again
 * one statement at a time, so that as much of the schema as possible exists; every statement that did not run is recorded.
 * Rejects with EngineLost when the engine did not survive.
 */
export async function replaySqlite(
  session: SqliteSession,
  scripts: readonly Script[],
  statement: number,
  onProgress: (done: number) => void,
): Promise<SqliteHistory> {
  const failed: FailedHistory[] = [];
  const gaps: Gap[] = [];
  let unwrapped = false;

  async function replay(script: Script): Promise<void> {
    const wrapped = isWrapped(script) && !unwrapped;
    // A file that commits on its own cannot be rolled back.
    const start = wrapped ? null : await session.checkpoint();
    const run = await runSqliteScript(session, script, {
      leftOut: new Map(),
      gaps,
      wrapped,
      statement,
      functions: "any",
    });
    if (run.lost !== null) throw new EngineLost(`${script.path}: ${run.lost}`);
    if (run.stop && start) await session.restore(start);
    if (start) await session.forget(start);
    if (!run.stop) {
      for (const { index, outcome } of run.statements) {
        const one = script.statements[index];
        if (one && outcome.kind === "not-evaluated") record(script, one, "", outcome.reason);
      }
      return;
    }
    const failedBefore = failed.length;
    const questions = questionsTo(session);
    for (const one of script.statements) {
      const due = await questions.reach(one);
      if (due !== "due") {
        if ("error" in due) record(script, one, due.error.code, unanswered(due.error));
        continue;
      }
      if (one.refused !== null) {
        record(script, one, "", one.refused);
        continue;
      }
      const { error } = transactionVerb(one) === null ? await sendStatement(session, one, "any") : noError;
      if (error) record(script, one, error.code, error.message);
    }
    await session.reset();
    unwrapped ||= wrapped && failed.length === failedBefore;
  }

  function record(script: Script, statement: Statement, code: string, reason: string): void {
    const gap = sqliteGapOf(script, statement, reason);
    failed.push({ path: script.path, line: statement.line, code, reason, words: gap.words });
    gaps.push(gap);
  }

  for (const [i, script] of scripts.entries()) {
    await replay(script);
    onProgress(i + 1);
  }
  const statements = scripts.reduce((sum, script) => sum + script.statements.length, 0);
  const elsewhere = elsewhereGap(failed, scripts);
  return {
    migrations: scripts.length,
    statements,
    failed,
    gaps: elsewhere ? [...gaps, elsewhere] : gaps,
    unwrapped,
    standIns: session.standIns(),
  };
}

const noError = { error: null };
