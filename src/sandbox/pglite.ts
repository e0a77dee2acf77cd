import { canary } from "./canary.ts";
import {
  type Engine,
  EngineLost,
  type ExecOptions,
  type ExecResult,
  type Query,
  type SqlError,
} from "./engine.ts";
import { type Limits, timeText } from "./limits.ts";
import type { Reply, Request } from "./messages.ts";
import type { Started } from "./start.ts";

const strange = "the database no longer answers as a database would";

/** Milliseconds for what the engine does itself: nothing in it depends on a stranger's statement. */
const ownWork = 30_000;

const statuses: Readonly<Record<string, "idle" | "transaction" | "failed">> = {
  I: "idle",
  T: "transaction",
  E: "failed",
};

/** Errors after which a session may be lost without saying so: internal, system, resources, stack. */
const suspicious = /^(XX|58|53|54001|57P|08)/;

/** The engine over a process in which a database has started. It judges what the process only repeats. `onClose` is told when it is gone. */
export function pgliteEngine(
  { isolated, title, start }: Started,
  limits: Limits,
  onClose: (gone: Promise<void>) => void,
): Engine {
  let status: "idle" | "transaction" | "failed" = "idle";
  const reason = `the run took longer than ${timeText(limits.run)} and was stopped`;
  const stopClock = isolated.endAfter(limits.run, reason);

  async function exec(sql: string, options: ExecOptions = {}): Promise<ExecResult> {
    const result = await execOnce(sql, options);
    if (result.status !== null) status = result.status;
    if (result.lost !== null || !isSuspicious(result)) return result;
    if (await canary(execOnce, status)) return result;
    return gone(result, strange);
  }

  async function execAll(queries: readonly Query[]): Promise<readonly ExecResult[]> {
    const sendable = queries.findIndex(({ sql }) => sql.includes("\0"));
    const sent = sendable === -1 ? queries : queries.slice(0, sendable);
    const results: ExecResult[] = [];
    const lost = isolated.lost();
    if (lost !== null) return [{ ...nothing, lost, ms: 0 }];
    let since = performance.now();
    try {
      const request = {
        kind: "execAll",
        queries: sent.map(({ sql, copyData = null }) => ({ sql, copyData })),
      } as const;
      await isolated.callInParts(request, sent.map(timeOf), (reply) => {
        const now = performance.now();
        const result = judge(reply as Reply, now - since);
        since = now;
        if (result.status !== null) status = result.status;
        results.push(result);
      });
    } catch (error) {
      if (!(error instanceof EngineLost)) throw error;
      results.push({ ...nothing, lost: error.message, ms: performance.now() - since });
    }
    const last = results.at(-1);
    if (last && last.lost === null && isSuspicious(last) && !(await canary(execOnce, status)))
      results[results.length - 1] = gone(last, strange);
    else if (sent.length < queries.length && results.every(isWell))
      results.push({ ...nothing, error: nulByte, status, ms: 0 });
    return results;
  }

  function timeOf({ timeout, statements = 1 }: ExecOptions): number {
    return timeout ?? limits.statement * statements;
  }

  async function execOnce(sql: string, options: ExecOptions = {}): Promise<ExecResult> {
    const started = performance.now();
    const ms = () => performance.now() - started;
    const copyData = options.copyData ?? null;
    const lost = isolated.lost();
    if (lost !== null) return { ...nothing, lost, ms: 0 };
    if (sql.includes("\0")) return { ...nothing, error: nulByte, status, ms: 0 };
    try {
      const request = { kind: "exec", sql, copyData } as const;
      const reply = await isolated.call(request, timeOf(options));
      return judge(reply, ms());
    } catch (error) {
      if (error instanceof EngineLost) return { ...nothing, lost: error.message, ms: ms() };
      throw error;
    }
  }

  function judge(reply: Reply, ms: number): ExecResult {
    const { sets, error, noticesLeftOut } = reply;
    const more = noticesLeftOut === 0 ? [] : [`and ${noticesLeftOut} more`];
    const notices = [...reply.notices, ...more];
    const answered = statuses[reply.ready ?? ""] ?? null;
    const result: ExecResult = { sets, error, status: answered, lost: null, notices, ms };
    if (answered !== null) return result;
    return gone(
      result,
      error ? `the database ended the session: ${error.message}` : "the database stopped answering",
    );
  }

  /** Nothing such a database says counts any more, so it is not asked again. */
  function gone(result: ExecResult, reason: string): ExecResult {
    void isolated.kill(reason);
    return { ...result, status: null, lost: reason };
  }

  async function ask<Asked extends Request>(request: Asked) {
    return isolated.call(request, ownWork);
  }

  return {
    title,
    start: start === null ? null : { id: start },
    exec,
    execAll,
    async checkpoint() {
      return { id: await ask({ kind: "checkpoint" }) };
    },
    async restore(checkpoint) {
      try {
        await ask({ kind: "restore", checkpoint: checkpoint.id });
      } catch (cause) {
        // Half of a database may be back: nothing that it would say counts.
        await isolated.kill("a checkpoint could not be brought back");
        throw new EngineLost(isolated.lost() ?? "", { cause });
      }
      status = "idle";
    },
    changedFiles: (checkpoint) => ask({ kind: "changedFiles", checkpoint: checkpoint.id }),
    async forget(checkpoint) {
      await ask({ kind: "forget", checkpoint: checkpoint.id });
    },
    dump: () => ask({ kind: "dump" }),
    async pretendSizes(pages) {
      await ask({ kind: "pretend", pages });
      return async () => {
        await ask({ kind: "unpretend" });
      };
    },
    async close() {
      stopClock();
      const gone = isolated.kill("the engine was closed");
      onClose(gone);
      await gone;
    },
  };
}

const nothing = { sets: [], error: null, status: null, lost: null, notices: [] } as const;

/** What PostgreSQL says to such a byte; a query with one would end at it, and be another query. */
const nulByte: SqlError = {
  code: "22021",
  message: 'invalid byte sequence for encoding "UTF8": 0x00',
  detail: "The text contains a NUL byte and was not sent.",
  hint: null,
  position: null,
  where: null,
};

function isWell({ error, lost }: ExecResult): boolean {
  return error === null && lost === null;
}

function isSuspicious({ sets, error }: ExecResult): boolean {
  return error === null ? sets.length === 0 : suspicious.test(error.code);
}
