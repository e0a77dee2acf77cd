import { type Checkpoint, type Engine, EngineLost, type ExecOptions, type ExecResult } from "./engine.ts";

/** An engine as the dry run uses it: what strangers wrote is `run`, our own questions are `ask`ed. */
export interface Session {
  /** Runs one stranger's query. Rejects with EngineLost when the engine can no longer be trusted. */
  run(sql: string, options?: ExecOptions): Promise<ExecResult>;
  /**
   * Rows of our own query, one list for every statement of it. Our own SQL has no mistakes: an error means that the
   * database is broken, so it rejects with EngineLost.
   */
  ask(sql: string): Promise<readonly Rows[]>;
  /** Puts the session back to what a new connection would find; an open transaction is rolled back. */
  reset(): Promise<void>;
  /** Whether the database still answers as a database would. Rejects with EngineLost when it does not. */
  canary(): Promise<void>;
  /** Remembers the whole database; valid only outside a transaction. */
  checkpoint(): Promise<Checkpoint>;
  /** Puts the whole database back. */
  restore(checkpoint: Checkpoint): Promise<void>;
  /** Files that changed since a checkpoint; null when it cannot be told. */
  changedFiles(checkpoint: Checkpoint): Promise<readonly string[] | null>;
  /** Gives back the memory of a checkpoint that is not needed any more. */
  forget(checkpoint: Checkpoint): Promise<void>;
  /** The data directory as an archive. */
  dump(): Promise<Uint8Array>;
  /** Lets the planner see files of the given sizes (8 KiB blocks by path) until the returned function is called. */
  pretendSizes(pages: Readonly<Record<string, number>>): Promise<() => Promise<void>>;
}

export type Rows = readonly (readonly (string | null)[])[];

/** Milliseconds for one of our own questions: large catalogues take longer than a migration's statement may. */
const askTimeout = 20_000;

export function sessionOf(engine: Engine): Session {
  async function run(sql: string, options?: ExecOptions): Promise<ExecResult> {
    const result = await engine.exec(sql, options);
    if (result.lost !== null) throw new EngineLost(result.lost);
    if (result.status === null) throw new EngineLost("the database stopped answering");
    if (result.error === null && result.sets.length === 0) {
      throw new EngineLost("the database did not say that the statement ran");
    }
    return result;
  }

  async function ask(sql: string): Promise<readonly Rows[]> {
    const { error, sets } = await run(sql, { timeout: askTimeout });
    if (error) throw new EngineLost(`the database no longer answers plain questions (${error.code})`);
    return sets.map((set) => set.rows);
  }

  async function reset(): Promise<void> {
    await ask("ROLLBACK");
    await ask("DISCARD ALL");
    const [settings] = await ask(databaseSettings);
    for (const [name, value] of settings ?? []) {
      await run(`SELECT pg_catalog.set_config(${literal(name ?? "")}, ${literal(value ?? "")}, false)`);
    }
  }

  async function canary(): Promise<void> {
    const token = String(Math.floor(Math.random() * 1e9));
    const [rows] = await ask(`SELECT ${token}`);
    if (rows?.[0]?.[0] !== token) throw new EngineLost("the database answers wrongly");
  }

  return {
    run,
    ask,
    reset,
    canary,
    checkpoint: () => sure(engine.checkpoint()),
    restore: (checkpoint) => sure(engine.restore(checkpoint)),
    changedFiles: (checkpoint) => sure(engine.changedFiles(checkpoint)),
    forget: (checkpoint) => sure(engine.forget(checkpoint)),
    dump: () => sure(engine.dump()),
    pretendSizes: (pages) => sure(engine.pretendSizes(pages)),
  };
}

/** A session whose own checkpoints can be given back together; those that it did not make stay, and those that are kept. */
export function borrowed(session: Session) {
  const made = new Set<Checkpoint>();
  return {
    /** It outlives the loan, whoever forgets it. */
    keep: (checkpoint: Checkpoint): void => void made.delete(checkpoint),
    session: {
      ...session,
      async checkpoint() {
        const checkpoint = await session.checkpoint();
        made.add(checkpoint);
        return checkpoint;
      },
      async forget(checkpoint) {
        if (made.delete(checkpoint)) await session.forget(checkpoint);
      },
    } satisfies Session,
    async giveBack(): Promise<void> {
      for (const checkpoint of made) await session.forget(checkpoint);
      made.clear();
    },
  };
}

/** What an engine cannot do, nothing can be built on. */
async function sure<Answer>(work: Promise<Answer>): Promise<Answer> {
  try {
    return await work;
  } catch (cause) {
    if (cause instanceof EngineLost) throw cause;
    throw new EngineLost(cause instanceof Error ? cause.message : "the database engine failed", { cause });
  }
}

/** A string constant that means the same whatever standard_conforming_strings is set to. */
export function literal(text: string): string {
  const quoted = text.replaceAll("'", "''");
  return text.includes("\\") ? `E'${quoted.replaceAll("\\", "\\\\")}'` : `'${quoted}'`;
}

/** ALTER DATABASE … SET and ALTER ROLE … SET take effect when a session starts (documentation, section 19.1.3). */
const databaseSettings = `
SELECT pg_catalog.split_part(setting, '=', 1), pg_catalog.substr(setting, pg_catalog.strpos(setting, '=') + 1)
FROM pg_catalog.pg_db_role_setting s
CROSS JOIN LATERAL pg_catalog.unnest(s.setconfig) AS setting
WHERE s.setdatabase IN (0, (SELECT oid FROM pg_catalog.pg_database WHERE datname = pg_catalog.current_database()))
  AND s.setrole IN (0, (SELECT oid FROM pg_catalog.pg_roles WHERE rolname = current_user))
ORDER BY s.setrole, s.setdatabase`;
