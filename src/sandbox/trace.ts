import type { Script, Statement, StatementRun } from "../review/types.ts";
import { partsOf } from "./bulk.ts";
import { documentedLocks } from "./documented-locks.ts";
import { EngineLost } from "./engine.ts";
import { askIdleLoops } from "./idle-loops.ts";
import type { Lookout } from "./lookout.ts";
import { nothingObserved, type Observation, observed, type Sight, sightOf, sightSql } from "./observe.ts";
import { type LeftOut, notDue, questionsTo, ranAs, transactionVerb, type Watcher } from "./script-run.ts";
import type { Session } from "./session.ts";
import { learn, type Sorts, traceTogether } from "./trace-together.ts";

/** What the trace of a script saw. */
export interface Trace {
  /** By statement; a statement that could not be seen on its own is missing. */
  readonly observations: ReadonlyMap<number, Observation>;
  /** What was seen to run before the engine was given up; complete only when `lost` is null. */
  readonly runs: readonly StatementRun[];
  readonly lost: string | null;
}

/** Writes among many that may fail before the rest of them is not looked at any more. */
const mostFailures = 5;

/** SQLSTATEs of statements that refuse to run, or to commit, inside a transaction block. */
const noTransaction = new Set(["25001", "2D000"]);

/**
 * Runs each statement of a script in a transaction of its own and sees which locks it holds at its end, which relations
 * it wrote anew and which it read in full: locks live until the transaction ends (documentation, section 13.3.1), so
 * only there they are still to be seen, and only alone they are the statement's own. The `lookout` knows the database as it is,
 * or nothing yet. The caller puts it back.
 */
export async function traceScript(
  session: Session,
  {
    script,
    leftOut,
    lookout,
  }: { readonly script: Script; readonly leftOut: LeftOut; readonly lookout: Lookout },
  isNew: (oid: string) => boolean,
): Promise<Trace> {
  const observations = new Map<number, Observation>();
  const runs: StatementRun[] = [];
  function saw(run: StatementRun): void {
    const { locks, rewrites, scans, writes, hasIdleLoop } = run;
    observations.set(run.index, { locks, rewrites, scans, writes, hasIdleLoop });
    runs.push(run);
  }
  try {
    const sorts: Sorts = new Map();
    const questions = questionsTo(session, () => false);
    const tried = script.statements.filter(({ index, refused }) => refused === null && !leftOut.has(index));
    const parts = [...partsOf(tried)];
    for (let part = parts.shift(), failures = 0; part; part = parts.shift()) {
      const [statement, ...more] = part;
      if (!statement) continue;
      if (more.length > 0) {
        const together = await traceTogether(session, lookout, part, sorts, isNew);
        if (together.kind === "seen") for (const run of together.runs) saw(run);
        if (together.kind === "different") parts.unshift(...part.map((one) => [one]));
        if (together.kind !== "failed") continue;
        failures += 1;
        const { ran } = together;
        // Many that fail would each cost a part of its own: the file's own run says what becomes of them.
        if (failures <= mostFailures)
          parts.unshift(part.slice(0, ran), part.slice(ran, ran + 1), part.slice(ran + 1));
        continue;
      }
      const due = await questions.reach(statement);
      if (statement.asks.length > 0) await lookout.resume();
      if (due !== "due") {
        if ("words" in due) runs.push(ranAs(statement.index, notDue(due.words)));
        continue;
      }
      if (transactionVerb(statement) !== null) {
        observations.set(statement.index, nothingObserved);
        continue;
      }
      const isIdle = await askIdleLoops(session, statement);
      if (isIdle !== null) await lookout.resume();
      const seen = await traceStatement(session, lookout, statement, isNew);
      if (!seen) continue;
      const observation = { ...seen.observation, hasIdleLoop: isIdle === true };
      saw(ranAs(statement.index, { kind: "ran", tag: seen.tag }, seen.ms, observation));
      learn(sorts, statement, seen.observation, seen.tag);
    }
    await session.reset();
    return { observations, runs, lost: null };
  } catch (cause) {
    if (!(cause instanceof EngineLost)) throw cause;
    return { observations, runs, lost: cause.message };
  }
}

/**
 * Sees the statements of a script while it runs as its framework runs it: for those that cannot run on their own. A lock
 * that an earlier statement already took is not seen again.
 */
export function watcherOf(session: Session, isNew: (oid: string) => boolean) {
  const observations = new Map<number, Observation>();
  let before: Sight | null = null;
  const look = async () => sightOf(await session.ask(sightSql));
  const watcher: Watcher = {
    async before() {
      before = await look();
    },
    async after(statement) {
      if (before) observations.set(statement.index, observed(before, await look(), isNew));
    },
  };
  return { watcher, observations };
}

async function traceStatement(
  session: Session,
  lookout: Lookout,
  statement: Statement,
  isNew: (oid: string) => boolean,
): Promise<{ observation: Observation; tag: string; ms: number } | null> {
  const { sight, after: question } = await lookout.before();
  // On a handful of rows the planner never takes an index; the statement is seen as it would run on many.
  const first = isPlanned(statement) ? ["BEGIN", "SET LOCAL enable_seqscan = off"] : ["BEGIN"];
  const { copyData } = statement;
  const results = await session.runAll([
    ...first.map((sql) => ({ sql })),
    { sql: lasting(statement.sql), copyData },
    question,
    { sql: "COMMIT" },
  ]);
  const [result, answer, committed] = results.slice(first.length);
  if (!result) throw new EngineLost("the database began no transaction");
  if (result.error || result.status !== "transaction") {
    if (results.at(-1)?.status !== "idle") await session.ask("ROLLBACK");
    // It may have ended the transaction itself.
    lookout.lose();
    if (!result.error || !noTransaction.has(result.error.code)) return null;
    return traceAlone(session, statement, sight, isNew);
  }
  const after = answer ? await lookout.after(sight, answer) : null;
  if (!after || !committed || committed.error) return null;
  lookout.took(after);
  return {
    observation: observed(sight, after, isNew),
    tag: result.sets.at(-1)?.tag ?? "",
    ms: result.ms,
  };
}

/** A statement that cannot run inside a transaction: nothing can be seen of it, its lock is PostgreSQL's documented one. */
async function traceAlone(
  session: Session,
  statement: Statement,
  before: Sight,
  isNew: (oid: string) => boolean,
) {
  const result = await session.run(statement.sql);
  if (result.error) return null;
  const locks = documentedLocks(statement, before.relations, isNew);
  return { observation: { ...nothingObserved, locks }, tag: result.sets.at(-1)?.tag ?? "", ms: result.ms };
}

function isPlanned({ operations }: Statement): boolean {
  return operations.length > 0 && operations.every(({ kind }) => kind === "write");
}

/** SET LOCAL would end with the statement's own transaction; the session is reset after the trace anyway. */
function lasting(sql: string): string {
  return sql.replace(/^SET\s+LOCAL\s/i, "SET ");
}
