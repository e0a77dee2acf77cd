import type { Operation, Outcome, Script, ScriptRun, Statement, StatementRun } from "../review/types.ts";
import { type Asking, asking } from "./asking.ts";
import { partsOf, sendTogether } from "./bulk.ts";
import { EngineLost, type ExecResult, type SqlError } from "./engine.ts";
import { nothingObserved, type Observation } from "./observe.ts";
import type { Session } from "./session.ts";
import { judge, type Known } from "./verdict.ts";

/** Statements of a script that are left out, each with the reason: they were tried and say nothing about the script. */
export type LeftOut = ReadonlyMap<number, string>;

/** What became of a script when it was run as its framework runs it. */
export interface FaithfulRun extends ScriptRun {
  /** The first statement that did not run although it was tried; null when all ran. */
  readonly stop: { readonly index: number; readonly error: SqlError; readonly outcome: Outcome } | null;
  /** Why the engine was given up; null when it was not. */
  readonly lost: string | null;
}

/** Called around each statement inside a transaction; only where locks outlive the statement can they be seen. */
export interface Watcher {
  before(statement: Statement): Promise<void>;
  after(statement: Statement): Promise<void>;
}

/**
 * Runs a script in its framework's transaction mode, one statement at a time, and stops at the first error. Several
 * statements in one simple query are one implicit transaction block (documentation, section 54.2.2.1): it is imitated
 * with BEGIN, and the file's own BEGIN, COMMIT and SAVEPOINT mean in it what they mean there. Leaves no transaction open.
 */
export async function runScript(
  session: Session,
  script: Script,
  known: Known,
  leftOut: LeftOut = new Map(),
  watcher: Watcher | null = null,
): Promise<FaithfulRun> {
  const runs = script.statements.map(notReached);
  const finish = (stop: FaithfulRun["stop"], leftOpen: boolean, lost: string | null) => ({
    statements: runs,
    stop,
    leftOpen,
    lost,
  });
  const reasonOf = (statement: Statement) => statement.refused ?? leftOut.get(statement.index);
  let index = 0;
  try {
    if (watcher === null && leftOut.size === 0 && isStraight(script)) {
      const stop = await runStraight(session, script, known, (run) => {
        runs[run.index] = run;
        index = Math.min(run.index + 1, runs.length - 1);
      });
      return finish(stop, false, null);
    }
    const transaction = transactionOf(session, script);
    const questions = questionsTo(session, transaction.isOpen);
    const parts = [...partsOf(script.statements.filter((statement) => reasonOf(statement) === undefined))];
    let passed = 0;
    const passTo = async (end: number) => {
      for (const statement of script.statements.slice(passed, end)) {
        const reason = reasonOf(statement);
        if (reason === undefined) continue;
        const due = await questions.reach(statement);
        const isLeftOut = due !== "due" && "words" in due;
        runs[statement.index] = ranAs(statement.index, isLeftOut ? notDue(due.words) : notEvaluated(reason));
      }
      passed = Math.max(passed, end);
    };
    for (let part = parts.shift(); part; part = parts.shift()) {
      const [statement, ...more] = part;
      if (!statement) continue;
      index = statement.index;
      await passTo(index);
      const isWatched = (await transaction.prepare(statement)) && more.length === 0;
      const due = await questions.reach(statement);
      if (due !== "due" && "error" in due) {
        const outcome = notEvaluated(unanswered(due.error));
        runs[index] = ranAs(index, outcome);
        await session.reset();
        return finish({ index, error: due.error, outcome }, false, null);
      }
      if (due !== "due") {
        runs[index] = ranAs(index, notDue(due.words));
        continue;
      }
      if (isWatched) await watcher?.before(statement);
      const result =
        more.length > 0
          ? await sendTogether(session, part)
          : { ...(await session.run(statement.sql, { copyData: statement.copyData })), failed: 0 };
      if (result.error && result.status === "idle" && more.length > 0) {
        // Outside of a transaction those before the one that failed are undone with it, as they would not be alone.
        parts.unshift(...part.map((one) => [one]));
        continue;
      }
      for (const [i, one] of part.entries()) {
        const set = more.length > 0 ? result.sets[i] : result.sets.at(-1);
        if (set) runs[one.index] = ranAs(one.index, { kind: "ran", tag: set.tag }, result.ms / part.length);
      }
      const failed = part[result.failed ?? 0];
      if (result.error && failed) {
        index = failed.index;
        await passTo(index);
        const outcome = judge(result.error, failed.sql, known);
        runs[index] = ranAs(index, outcome, result.ms / part.length);
        await session.reset();
        return finish({ index, error: result.error, outcome }, false, null);
      }
      transaction.ran(statement, result);
      if (isWatched && result.status === "transaction") await watcher?.after(statement);
      index = part.at(-1)?.index ?? index;
    }
    await passTo(script.statements.length);
    const { error, leftOpen } = await transaction.finish();
    await session.reset();
    if (!error) return finish(null, leftOpen, null);
    const outcome = judge({ ...error, position: null }, "", known);
    runs[index] = ranAs(index, outcome, runs[index]?.ms);
    return finish({ index, error, outcome }, false, null);
  } catch (cause) {
    if (!(cause instanceof EngineLost)) throw cause;
    if (runs[index]?.outcome.kind !== "failed") runs[index] = ranAs(index, notEvaluated(cause.message));
    return finish(null, false, cause.message);
  }
}

/** Whether nothing has to be decided between the statements of a script, and it has no transactions of its own. */
function isStraight({ statements }: Script): boolean {
  return (
    statements.length > 0 &&
    statements.every(
      (one) =>
        one.refused === null && one.asks.length === 0 && one.guard === null && transactionVerb(one) === null,
    ) &&
    partsOf(statements).length === statements.length
  );
}

/** Runs such a script without waiting between its statements. Tells each that ran or failed, and where it stopped. */
async function runStraight(
  session: Session,
  script: Script,
  known: Known,
  saw: (run: StatementRun) => void,
): Promise<FaithfulRun["stop"]> {
  const { statements } = script;
  const [begin, commit] = isWrapped(script) ? [[{ sql: "BEGIN" }], [{ sql: "COMMIT" }]] : [[], []];
  const sent = statements.map(({ sql, copyData }) => ({ sql, copyData }));
  let stop: FaithfulRun["stop"] = null;
  await session.runAllAndReset([...begin, ...sent, ...commit], ({ error, sets, ms }, i) => {
    const place = i - begin.length;
    const statement = statements[Math.min(place, statements.length - 1)];
    if (!statement || place < 0 || (place === statements.length && !error)) return;
    const { index } = statement;
    if (!error) return saw(ranAs(index, { kind: "ran", tag: sets.at(-1)?.tag ?? "" }, ms));
    const isCommit = place === statements.length;
    const outcome = isCommit
      ? judge({ ...error, position: null }, "", known)
      : judge(error, statement.sql, known);
    stop = { index, error, outcome };
    saw(ranAs(index, outcome, ms));
  });
  return stop;
}

/** A statement's run with its outcome and nothing observed yet. */
export function ranAs(
  index: number,
  outcome: Outcome,
  ms = 0,
  observation: Observation = nothingObserved,
): StatementRun {
  return { index, outcome, ...observation, ms };
}

/** Whether something of the script before it is not read, a loop over rows for instance, which may give them other values. */
export function followsUnread({ statements }: Script, index: number): boolean {
  return statements.slice(0, index).some(({ refused }) => refused !== null);
}

/** The transaction verb that a statement is; null when it is none. */
export function transactionVerb(statement: Statement): (Operation & { kind: "transaction" })["verb"] | null {
  const operation = statement.operations.find(({ kind }) => kind === "transaction");
  return operation?.kind === "transaction" ? operation.verb : null;
}

/** A script of which nothing was run. */
export function unreachedRun(script: Script): ScriptRun {
  return { statements: script.statements.map(notReached), leftOpen: false };
}

function notReached({ index }: { readonly index: number }): StatementRun {
  return ranAs(index, { kind: "not-reached" });
}

function notEvaluated(reason: string): Outcome {
  return { kind: "not-evaluated", reason };
}

/** The outcome of a statement whose guard does not hold. */
export function notDue(words: string): Outcome {
  return { kind: "not-due", words };
}

/** Why it is not known whether a statement is run. */
export function unanswered({ message }: { readonly message: string }): string {
  return `what it asks the database first could not be asked (${message})`;
}

/** A script's questions; one that is refused leaves its transaction as it was. */
export function questionsTo(session: Session, isOpen: () => boolean): Asking<SqlError> {
  return asking(async (sql) => {
    const isInside = isOpen();
    const { error, sets } = await session.run(
      isInside ? `SAVEPOINT ${savepoint}; ${sql}; RELEASE ${savepoint}` : sql,
    );
    if (error && isInside) await session.run(`ROLLBACK TO ${savepoint}; RELEASE ${savepoint}`);
    return error ? { error } : { value: sets[isInside ? 1 : 0]?.rows[0]?.[0] ?? null };
  });
}

const savepoint = "drydock_question";

/** Whether a transaction is put around a script. */
function isWrapped({ transaction, statements }: Script): boolean {
  return transaction === "transaction" || (transaction === "implicit" && statements.length > 1);
}

/** Opens and closes the transaction that the framework, or the protocol, puts around a script. */
function transactionOf(session: Session, script: Script) {
  const wraps = isWrapped(script);
  let status: ExecResult["status"] = "idle";
  let isImplicit = false;
  let isStarted = false;

  return {
    isOpen: () => status === "transaction",
    /** Answers whether the statement runs inside a transaction. */
    async prepare(statement: Statement): Promise<boolean> {
      const verb = transactionVerb(statement);
      const begins = wraps && status === "idle" && (script.transaction === "implicit" || !isStarted);
      isStarted = true;
      if (begins && !(verb === "begin" && script.transaction === "implicit")) {
        await session.ask("BEGIN");
        status = "transaction";
        isImplicit = script.transaction === "implicit";
      }
      if (isImplicit && verb === "savepoint") {
        // Savepoints are refused in an implicit block; outside of any, the server refuses them in the same words.
        await session.ask("ROLLBACK");
        status = "idle";
      }
      return status === "transaction";
    },
    ran(statement: Statement, result: ExecResult): void {
      status = result.status;
      if (transactionVerb(statement) !== null) isImplicit = false;
    },
    async finish(): Promise<{ error: SqlError | null; leftOpen: boolean }> {
      if (status === "idle") return { error: null, leftOpen: false };
      if (script.transaction !== "transaction" && !isImplicit) return { error: null, leftOpen: true };
      return { error: (await session.run("COMMIT")).error, leftOpen: false };
    },
  };
}
