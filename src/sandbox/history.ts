import type { FailedHistory, Script, Statement, TableName } from "../review/types.ts";
import { elsewhereGap } from "./elsewhere.ts";
import { EngineLost, type ExecResult, type SqlError } from "./engine.ts";
import { questionsTo, transactionVerb, unanswered } from "./script-run.ts";
import type { Session } from "./session.ts";
import { missingExtensionOf, standInFor, standInForExtension, tablesMadeBy } from "./stand-ins.ts";
import { type Gap, gapOf } from "./verdict.ts";

/** What came of a replay. All of it is plain data, so that it can be kept beside the database that it made. */
export interface History {
  readonly migrations: number;
  readonly statements: number;
  readonly failed: readonly FailedHistory[];
  readonly gaps: readonly Gap[];
  readonly standIns: readonly string[];
  readonly missingExtensions: readonly string[];
  /**
   * Whether files of several statements only got through one statement at a time, so that the tool must be set up to
   * send them that way.
   */
  readonly sendsOneByOne: boolean;
}

/** A statement that brought the engine down; it is left out when the history is replayed in a new engine. */
export interface Culprit {
  readonly path: string;
  /** null: not known yet, the file is to be run one statement at a time. */
  readonly index: number | null;
  readonly reason: string;
}

/** The engine was lost while the history replayed. */
export class HistoryLost extends Error {
  override readonly name = "HistoryLost";
  readonly culprit: Culprit;

  constructor(culprit: Culprit, cause: unknown) {
    super(culprit.reason, { cause });
    this.culprit = culprit;
  }
}

/** Milliseconds for a whole file of the history: when they are over, it is run again one statement at a time. */
const fileTimeout = { start: 8_000, statement: 10 };

/**
 * SQLSTATEs of statements that run alone and not inside a transaction block: CREATE INDEX CONCURRENTLY and its like, and
 * the use of an enum value that the same transaction added.
 */
const onlyOneByOne = new Set(["25001", "55P04"]);

/** Missing roles and schemas that are created for one file. */
const standInsPerFile = 25;

/**
 * Replays the history of the base side, file by file. A file that fails is rolled back and run again one statement at a
 * time, so that as much of the schema as possible exists; every statement that did not run is recorded. Rejects with
 * HistoryLost when the engine did not survive a statement.
 */
export async function replayHistory(
  session: Session,
  scripts: readonly Script[],
  culprits: readonly Culprit[],
  onProgress: (done: number) => void,
): Promise<History> {
  const replay = new Replay(session, tablesMadeBy(scripts));
  for (const [i, script] of scripts.entries()) {
    await replay.file(
      script,
      culprits.filter(({ path }) => path === script.path),
    );
    onProgress(i + 1);
  }
  return replay.history(scripts);
}

/** The replay so far. */
class Replay {
  readonly #session: Session;
  readonly #own: ReadonlySet<TableName>;
  readonly #failed: FailedHistory[] = [];
  readonly #gaps: Gap[] = [];
  readonly #standIns = new Set<string>();
  readonly #missingExtensions = new Set<string>();
  #statements = 0;
  #sendsOneByOne = false;

  constructor(session: Session, own: ReadonlySet<TableName>) {
    this.#session = session;
    this.#own = own;
  }

  history(scripts: readonly Script[]): History {
    const elsewhere = elsewhereGap(this.#failed, scripts);
    return {
      migrations: scripts.length,
      statements: this.#statements,
      failed: this.#failed,
      gaps: elsewhere ? [...this.#gaps, elsewhere] : this.#gaps,
      standIns: [...this.#standIns],
      missingExtensions: [...this.#missingExtensions],
      sendsOneByOne: this.#sendsOneByOne,
    };
  }

  async file(script: Script, culprits: readonly Culprit[]): Promise<void> {
    this.#statements += script.statements.length;
    const isPlain = script.statements.every(
      ({ refused, copyData, asks, guard }) =>
        refused === null && copyData === null && asks.length === 0 && guard === null,
    );
    if (
      script.statements.length > 1 &&
      isPlain &&
      culprits.length === 0 &&
      script.transaction !== "autocommit"
    ) {
      const error = await this.#whole(script);
      if (error === null) return;
      const failedBefore = this.#failed.length;
      await this.#oneByOne(script, culprits);
      this.#sendsOneByOne ||= onlyOneByOne.has(error.code) && this.#failed.length === failedBefore;
      return;
    }
    await this.#oneByOne(script, culprits);
  }

  /** Answers the error that stands after everything that may be missing was made; null when the file ran. */
  async #whole(script: Script): Promise<SqlError | null> {
    const body = script.statements.map(({ sql }) => sql).join(";\n");
    const sql = script.transaction === "transaction" ? `BEGIN;\n${body};\nCOMMIT` : body;
    const timeout = fileTimeout.start + fileTimeout.statement * script.statements.length;
    for (let attempt = 0; ; attempt += 1) {
      const result = await this.#guard(script.path, null, () => this.#session.run(sql, { timeout }));
      const error = result.error ?? (await this.#commit(result.status));
      await this.#settle(script.path);
      if (!error) return null;
      if (attempt >= standInsPerFile || !(await this.#standIn(error))) return error;
    }
  }

  async #oneByOne(script: Script, culprits: readonly Culprit[]): Promise<void> {
    const questions = questionsTo(this.#session, () => false);
    for (const statement of script.statements) {
      const due = await this.#guard(script.path, statement.index, () => questions.reach(statement));
      if (due !== "due") {
        if ("error" in due) this.#record(script, statement, { code: "", message: unanswered(due.error) });
        continue;
      }
      const culprit = culprits.find(({ index }) => index === statement.index);
      const reason = statement.refused ?? culprit?.reason;
      if (reason !== undefined) this.#record(script, statement, { code: "", message: reason });
      else if (transactionVerb(statement) === null) await this.#statement(script, statement);
    }
    await this.#settle(script.path);
  }

  async #settle(path: string): Promise<void> {
    await this.#guard(path, null, () => this.#session.reset());
  }

  /** A file that leaves its transaction open took effect when the tool committed its own entry. */
  async #commit(status: ExecResult["status"]): Promise<SqlError | null> {
    return status === "idle" ? null : (await this.#session.run("COMMIT")).error;
  }

  async #statement(script: Script, statement: Statement): Promise<void> {
    for (let attempt = 0; ; attempt += 1) {
      const result = await this.#guard(script.path, statement.index, () =>
        this.#session.run(statement.sql, { copyData: statement.copyData }),
      );
      const error = result.error ?? (await this.#commit(result.status));
      // 25P01: it only means something inside a transaction, such as LOCK TABLE.
      if (!error || error.code === "25P01") return;
      if (attempt < standInsPerFile && (await this.#standIn(error))) continue;
      this.#record(script, statement, error);
      return;
    }
  }

  /** Makes what an error misses. Answers whether it is worth trying again. */
  async #standIn(error: SqlError): Promise<boolean> {
    const extension = missingExtensionOf(error);
    if (extension !== null) {
      if (this.#missingExtensions.has(extension)) return false;
      this.#missingExtensions.add(extension);
      await this.#make(standInForExtension(extension));
      return false;
    }
    const standIn = standInFor(error, "history", this.#own);
    return standIn !== null && !this.#standIns.has(standIn.note) && (await this.#make(standIn));
  }

  async #make({ note, sql }: { note: string; sql: string }): Promise<boolean> {
    const result = sql === "" ? null : await this.#session.run(sql);
    this.#standIns.add(note);
    return result !== null && result.error === null;
  }

  #record(
    script: Script,
    statement: Statement,
    error: { readonly code: string; readonly message: string },
  ): void {
    const { path } = script;
    const gap = gapOf(script, statement, error.message);
    this.#failed.push({
      path,
      line: statement.line,
      code: error.code,
      reason: error.message,
      words: gap.words,
    });
    this.#gaps.push(gap);
  }

  async #guard<T>(path: string, index: number | null, work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (cause) {
      if (!(cause instanceof EngineLost)) throw cause;
      throw new HistoryLost({ path, index, reason: cause.message }, cause);
    }
  }
}
