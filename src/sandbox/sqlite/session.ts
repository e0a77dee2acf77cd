import { randomInt } from "node:crypto";
import { realpathSync } from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import { z } from "zod";
import type { RowChanges } from "../../review/types.ts";
import type { StopClock } from "../clock.ts";
import { type Checkpoint, EngineLost } from "../engine.ts";
import { type Isolated, startProgram } from "../isolated.ts";
import { type Limits, timeText } from "../limits.ts";
import type { SqliteAnswers, SqliteError, SqliteReply, SqliteRequest, StandIn } from "./messages.ts";

/** What one text came to. It ran when `error` is null. */
export interface SqliteResult {
  readonly error: SqliteError | null;
  readonly inTransaction: boolean;
  readonly writes: readonly RowChanges[];
  readonly ms: number;
}

export type Rows = readonly (readonly (string | null)[])[];

/** A throwaway SQLite database in an isolated process. Everything rejects with EngineLost once it is gone. */
export interface SqliteSession {
  /** E.g. "SQLite 3.50.4 (sqlite-wasm 3.50.4-build1)". */
  readonly title: string;
  /** Runs one stranger's statement; missing `functions` are made up, which fail when they are called. */
  run(sql: string, functions?: "any" | readonly string[]): Promise<SqliteResult>;
  /** Rows of our own query about what strangers wrote, which may fail; null when it does. */
  tryAsk(sql: string): Promise<Rows | null>;
  /** Rows of our own query, which has no mistakes: an error means that the database is broken. */
  ask(sql: string): Promise<Rows>;
  /** Rolls back what is open and puts settings back to what a new connection would find. */
  reset(): Promise<void>;
  /** Whether the database still answers as a database would. */
  canary(): Promise<void>;
  /** Remembers the whole database; valid only outside a transaction. */
  checkpoint(): Promise<Checkpoint>;
  /** Puts the whole database back, in a new connection. */
  restore(checkpoint: Checkpoint): Promise<void>;
  forget(checkpoint: Checkpoint): Promise<void>;
  /** The database's file. */
  dump(): Promise<Uint8Array>;
  /** Goes on with a database's file. */
  load(image: Uint8Array): Promise<void>;
  /** What was made up so far. */
  standIns(): readonly StandIn[];
  /** From now on it has the time that a run has. */
  begin(): void;
  /** Why it is gone; null while it is well. */
  lost(): string | null;
  close(): Promise<void>;
}

type Exec = Extract<SqliteRequest, { kind: "exec" }>;
type Process = Isolated<SqliteRequest, SqliteAnswers>;

const packageName = "@sqlite.org/sqlite-wasm";
const startTime = 60_000;
/** Milliseconds for what the engine does itself. */
const ownWork = 30_000;
/** SQLite looks at the clock between instructions; a single one that takes longer ends with the process. */
const patience = 2_000;

/** Settings that a new connection has (SQLite documentation, PRAGMA Statements). */
const usualSettings = [
  "foreign_keys = OFF",
  "defer_foreign_keys = OFF",
  "ignore_check_constraints = OFF",
  "legacy_alter_table = OFF",
  "recursive_triggers = OFF",
  "writable_schema = OFF",
]
  .map((setting) => `PRAGMA ${setting}`)
  .join(";\n");

/** Starts a process behind all walls and, in it, an empty database. */
export async function startSqliteSession(limits: Limits): Promise<SqliteSession> {
  const folder = path.dirname(packageFile());
  const isolated: Process = await startProgram(limits, {
    entry: "sqlite/child.js",
    readable: [path.join(folder, "*")],
  });
  try {
    // The whole database is in SQLite's memory.
    const own = { memory: limits.files, output: limits.output };
    const { version } = await isolated.call({ kind: "boot", limits: own }, startTime);
    return sessionOf(isolated, `SQLite ${version} (sqlite-wasm ${sqliteVersion()})`, limits);
  } catch (cause) {
    await isolated.kill("it did not start");
    throw new Error("The sandbox's SQLite could not be started", { cause });
  }
}

/** Version of the package that SQLite comes in. */
export function sqliteVersion(): string {
  const require = createRequire(import.meta.url);
  return z.object({ version: z.string() }).parse(require(`${packageName}/package.json`)).version;
}

function sessionOf(isolated: Process, title: string, limits: Limits): SqliteSession {
  const standIns = new Map<string, StandIn>();
  const reason = `the run took longer than ${timeText(limits.run)} and was stopped`;
  let stopClock: StopClock | null = null;

  async function exec(sql: string, options: Omit<Exec, "kind" | "sql">): Promise<SqliteReply> {
    const reply = await call({ kind: "exec", sql, ...options }, options.milliseconds + patience);
    for (const standIn of reply.standIns) standIns.set(`${standIn.kind} ${standIn.name}`, standIn);
    return reply;
  }

  /** What is thrown out of SQLite leaves it in a state that nothing can be built on. */
  async function call<Asked extends SqliteRequest>(request: Asked, milliseconds: number) {
    try {
      return await isolated.call(request, milliseconds);
    } catch (cause) {
      if (cause instanceof EngineLost) throw cause;
      const message = `the database engine failed: ${cause instanceof Error ? cause.message : "unknown"}`;
      await isolated.kill(message);
      throw new EngineLost(message, { cause });
    }
  }

  async function run(sql: string, functions: "any" | readonly string[] = []): Promise<SqliteResult> {
    if (sql.includes("\0")) return { error: nulByte, inTransaction: false, writes: [], ms: 0 };
    const started = performance.now();
    const { error, done, inTransaction, writes } = await exec(sql, {
      milliseconds: limits.statement,
      answers: false,
      functions,
    });
    if (error === null && !done) throw new EngineLost("the database did not say that the statement ran");
    return { error, inTransaction, writes, ms: performance.now() - started };
  }

  async function ask(sql: string): Promise<Rows> {
    const { error, rows } = await exec(sql, { milliseconds: ownWork, answers: true, functions: [] });
    if (error) throw new EngineLost(`the database no longer answers plain questions (${error.message})`);
    return rows;
  }

  async function tryAsk(sql: string): Promise<Rows | null> {
    const { error, rows } = await exec(sql, {
      milliseconds: limits.statement,
      answers: true,
      functions: [],
    });
    return error ? null : rows;
  }

  async function canary(): Promise<void> {
    const token = String(randomInt(2 ** 31 - 1));
    if ((await ask(`SELECT ${token}`))[0]?.[0] !== token)
      throw new EngineLost("the database answers wrongly");
  }

  return {
    title,
    run,
    ask,
    tryAsk,
    canary,
    async reset() {
      const { inTransaction } = await exec("SELECT 1", {
        milliseconds: ownWork,
        answers: false,
        functions: [],
      });
      await ask(inTransaction ? `ROLLBACK;\n${usualSettings}` : usualSettings);
    },
    checkpoint: async () => ({ id: await call({ kind: "checkpoint" }, ownWork) }),
    async restore({ id }) {
      await call({ kind: "restore", checkpoint: id }, ownWork);
    },
    async forget({ id }) {
      await call({ kind: "forget", checkpoint: id }, ownWork);
    },
    dump: () => call({ kind: "dump" }, ownWork),
    async load(image) {
      await call({ kind: "load", image }, ownWork);
    },
    standIns: () => [...standIns.values()],
    begin() {
      stopClock = isolated.endAfter(limits.run, reason);
    },
    lost: isolated.lost,
    async close() {
      stopClock?.();
      await isolated.kill("the engine was closed");
    },
  };
}

function packageFile(): string {
  return realpathSync(createRequire(import.meta.url).resolve(packageName));
}

/** SQLite reads its SQL up to such a byte and no further. */
const nulByte: SqliteError = {
  code: "SQLITE_ERROR",
  message: "the text contains a NUL byte and was not sent",
  offset: null,
};
