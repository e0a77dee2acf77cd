import { quoteIdentifier } from "../review/sql/names.ts";
import {
  type ChangedFile,
  type Checkpoint,
  type Engine,
  EngineLost,
  type ExecOptions,
  type ExecResult,
  type Query,
  type SqlError,
} from "./engine.ts";
import {
  type Asked,
  answersBefore,
  answersBeforeInside,
  askInsideSql,
  askSql,
  notPrepared,
  type Planned,
  prepareSql,
} from "./planned.ts";

/** An engine as the dry run uses it: what strangers wrote is `run`, our own questions are `ask`ed. */
export interface Session {
  /** Runs one stranger's query. Rejects with EngineLost when the engine can no longer be trusted. */
  run(sql: string, options?: ExecOptions): Promise<ExecResult>;
  /**
   * Runs queries, a stranger's or our own, one after the other until one fails: tells what each came to, as far as they ran. The
   * same as to `run` each of them, in less time. Rejects as that does.
   */
  runAll(
    queries: readonly Query[],
    saw?: (result: ExecResult, index: number) => void,
  ): Promise<readonly ExecResult[]>;
  /** The same, and resets the session after it, whatever they came to. */
  runAllAndReset: Session["runAll"];
  /**
   * Rows of our own query, one list for every statement of it. Our own SQL has no mistakes: an error means that the
   * database is broken, so it rejects with EngineLost.
   */
  ask(sql: string): Promise<readonly Rows[]>;
  /** Rows of our own questions that are planned once, by question; valid only outside a transaction. */
  askPlanned(asked: readonly Asked[]): Promise<ReadonlyMap<Planned, Rows>>;
  /** The same as a query inside of a transaction, which is only to end after it. */
  planned(asked: readonly Asked[]): Promise<Query>;
  /**
   * The rows of each that such a query was answered with. null where what ran before has had the database forget them, or made
   * others of their names: no transaction is open any more, and they can be asked again.
   */
  rowsOfPlanned(asked: readonly Asked[], result: ExecResult): Promise<readonly Rows[] | null>;
  /**
   * Puts the session back to what a new connection would find; an open transaction is rolled back. Rejects with EngineLost when
   * the database does not answer any more as a database would.
   */
  reset(): Promise<void>;
  /** Remembers the whole database; valid only outside a transaction. */
  checkpoint(): Promise<Checkpoint>;
  /** Puts the whole database back, when it is next asked for anything: rejects there with EngineLost where that fails. */
  restore(checkpoint: Checkpoint): Promise<void>;
  /** Begins to put the database back where it is to be, while nobody asks it for anything. */
  ahead(): void;
  /** Files that changed since a checkpoint; null when it cannot be told. */
  changedFiles(checkpoint: Checkpoint): Promise<readonly ChangedFile[] | null>;
  /** Gives back the memory of a checkpoint that is not needed any more. */
  forget(checkpoint: Checkpoint): Promise<void>;
  /** The data directory as an archive; null when that would not hold all. */
  dump(): Promise<Uint8Array | null>;
  /** Lets the planner see files of the given sizes (8 KiB blocks by path) until the returned function is called. */
  pretendSizes(pages: Readonly<Record<string, number>>): Promise<() => Promise<void>>;
}

export type Rows = readonly (readonly (string | null)[])[];

/** Milliseconds for one of our own questions: large catalogues take longer than a migration's statement may. */
const askTimeout = 20_000;

export function sessionOf(engine: Engine): Session {
  /** When the last of our own questions was prepared; null before the first reset. */
  let prepared: string | null = null;
  /** The checkpoint of the database as it started, as long as it is like that; given away once, for it can be forgotten. */
  let present = engine.start;
  /** To what the database is to be put back before it is asked for anything. */
  let due: Checkpoint | null = null;
  /** Putting it back that was begun ahead, and to where. */
  let begun: { readonly done: Promise<void>; readonly to: Checkpoint } | null = null;

  async function settle(): Promise<void> {
    ahead();
    const restored = begun?.done;
    begun = null;
    await restored;
  }

  function ahead(): void {
    const to = due;
    due = null;
    if (!to || to === begun?.to) return;
    const before = begun?.done ?? Promise.resolve();
    const done = before.then(() => sure(engine.restore(to)));
    // Whoever asks next is told.
    done.catch(() => undefined);
    begun = { done, to };
  }

  async function run(sql: string, options?: ExecOptions): Promise<ExecResult> {
    present = null;
    return send(sql, options);
  }

  async function send(sql: string, options?: ExecOptions): Promise<ExecResult> {
    await settle();
    return trusted(await engine.exec(sql, options));
  }

  async function runAll(
    queries: readonly Query[],
    saw: (result: ExecResult, index: number) => void = () => {},
  ): Promise<readonly ExecResult[]> {
    present = null;
    await settle();
    const results = await engine.execAll(queries);
    for (const [index, result] of results.entries()) saw(trusted(result), index);
    return results;
  }

  async function runAllAndReset(
    queries: readonly Query[],
    saw?: (result: ExecResult, index: number) => void,
  ): Promise<readonly ExecResult[]> {
    const { query, token } = await resetting();
    const results = await runAll([...queries, query], (result, index) => {
      if (index < queries.length) saw?.(result, index);
    });
    const last = results[queries.length];
    if (last) await haveReset(last, token);
    else await reset();
    return results.slice(0, queries.length);
  }

  async function ask(sql: string): Promise<readonly Rows[]> {
    present = null;
    return read(sql);
  }

  /** Asks what leaves the database as it is. */
  async function read(sql: string): Promise<readonly Rows[]> {
    return rowsOf(await send(sql, { timeout: askTimeout }));
  }

  async function askPlanned(asked: readonly Asked[]): Promise<ReadonlyMap<Planned, Rows>> {
    const sql = askSql(asked);
    let result = await run(sql, { timeout: askTimeout });
    if (result.error?.code === notPrepared) {
      await rememberAgain(asked);
      result = await run(sql, { timeout: askTimeout });
    }
    if (result.error) throw unanswered(result.error);
    const rows = new Map<Planned, Rows>();
    for (const [i, { question }] of asked.entries()) {
      const more = result.sets[answersBefore + i]?.rows ?? [];
      rows.set(question, [...(rows.get(question) ?? []), ...more]);
    }
    return rows;
  }

  async function planned(asked: readonly Asked[]): Promise<Query> {
    prepared ??= await lastPrepared();
    const ours = `${strangersPrepared} '${prepared}' AND ${isNamedLikeOurs}`;
    return { sql: `${ours}; ${askInsideSql(asked)}`, timeout: askTimeout };
  }

  async function rowsOfPlanned(
    asked: readonly Asked[],
    { error, sets }: ExecResult,
  ): Promise<readonly Rows[] | null> {
    const [strangers = [], ...answers] = sets.map(({ rows }) => rows);
    if (error?.code === notPrepared || strangers.length > 0) {
      await rememberAgain(asked, strangers);
      return null;
    }
    if (error) throw unanswered(error);
    return answers.slice(answersBeforeInside);
  }

  async function rememberAgain(asked: readonly Asked[], strangers: Rows = []): Promise<void> {
    await ask("ROLLBACK");
    await deallocate(strangers);
    await prepare(new Set(asked.map(({ question }) => question)));
  }

  async function deallocate(strangers: Rows): Promise<void> {
    if (strangers.length === 0) return;
    await ask(strangers.map(([name]) => `DEALLOCATE ${quoteIdentifier(name ?? "")}`).join("; "));
  }

  /** A new database has none of them, and a migration may have taken them away. */
  async function prepare(questions: ReadonlySet<Planned>): Promise<void> {
    const [rows = []] = await ask("SELECT name FROM pg_catalog.pg_prepared_statements");
    const known = new Set(rows.map(([name]) => name));
    for (const question of questions) if (!known.has(question.name)) await ask(prepareSql(question));
    prepared = await lastPrepared();
  }

  async function lastPrepared(): Promise<string> {
    const [rows] = await read("SELECT pg_catalog.max(prepare_time) FROM pg_catalog.pg_prepared_statements");
    return rows?.[0]?.[0] ?? "-infinity";
  }

  async function resetting(): Promise<{ readonly query: Query; readonly token: string }> {
    prepared ??= await lastPrepared();
    const token = String(Math.floor(Math.random() * 1e9));
    const sql = `ROLLBACK; ${discardAll}; ${strangersPrepared} '${prepared}'; ${hasSettings}; SELECT ${token}`;
    return { query: { sql, timeout: askTimeout }, token };
  }

  async function reset(): Promise<void> {
    const { query, token } = await resetting();
    await haveReset(await send(query.sql, query), token);
  }

  async function haveReset(result: ExecResult, token: string): Promise<void> {
    const [strangers = [], settings = [], canary = []] = rowsOf(result).slice(-3);
    if (canary[0]?.[0] !== token) throw new EngineLost("the database answers wrongly");
    await deallocate(strangers);
    if (settings[0]?.[0] !== "t") return;
    const [values = []] = await ask(databaseSettings);
    for (const [name, value] of values) {
      await run(`SELECT pg_catalog.set_config(${literal(name ?? "")}, ${literal(value ?? "")}, false)`);
    }
  }

  return {
    run,
    runAll,
    runAllAndReset,
    ask,
    askPlanned,
    planned,
    rowsOfPlanned,
    reset,
    async checkpoint() {
      const known = present;
      present = null;
      await settle();
      return known ?? sure(engine.checkpoint());
    },
    async restore(checkpoint) {
      present = null;
      due = checkpoint;
    },
    ahead,
    async changedFiles(checkpoint) {
      await settle();
      return sure(engine.changedFiles(checkpoint));
    },
    async forget(checkpoint) {
      if (checkpoint === due || begun) await settle();
      await sure(engine.forget(checkpoint));
    },
    async dump() {
      await settle();
      return sure(engine.dump());
    },
    async pretendSizes(pages) {
      await settle();
      return sure(engine.pretendSizes(pages));
    },
  };
}

/** What can be believed of a result; rejects with EngineLost what cannot. */
function trusted(result: ExecResult): ExecResult {
  if (result.lost !== null) throw new EngineLost(result.lost);
  if (result.status === null) throw new EngineLost("the database stopped answering");
  if (result.error === null && result.sets.length === 0) {
    throw new EngineLost("the database did not say that the statement ran");
  }
  return result;
}

function rowsOf({ error, sets }: ExecResult): readonly Rows[] {
  if (error) throw unanswered(error);
  return sets.map(({ rows }) => rows);
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

function unanswered({ code }: SqlError): EngineLost {
  return new EngineLost(`the database no longer answers plain questions (${code})`);
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

/** What DISCARD ALL does, but for plans and prepared statements (documentation, DISCARD): our own questions stay. */
const discardAll = `CLOSE ALL; SET SESSION AUTHORIZATION DEFAULT; RESET ALL; UNLISTEN *;
SELECT pg_catalog.pg_advisory_unlock_all(); DISCARD TEMP; DISCARD SEQUENCES`;

const strangersPrepared = "SELECT name FROM pg_catalog.pg_prepared_statements WHERE prepare_time >";

/** The names of our own questions begin alike. */
const isNamedLikeOurs = "pg_catalog.starts_with(name, 'drydock: ')";

const hasSettings = "SELECT EXISTS (SELECT 1 FROM pg_catalog.pg_db_role_setting)";

/** What ALTER DATABASE … SET and ALTER ROLE … SET have set for a new connection (documentation, section 19.1.3). */
const databaseSettings = `
SELECT pg_catalog.split_part(setting, '=', 1), pg_catalog.substr(setting, pg_catalog.strpos(setting, '=') + 1)
FROM pg_catalog.pg_db_role_setting s
CROSS JOIN LATERAL pg_catalog.unnest(s.setconfig) AS setting
WHERE s.setdatabase IN (0, (SELECT oid FROM pg_catalog.pg_database WHERE datname = pg_catalog.current_database()))
  AND s.setrole IN (0, (SELECT oid FROM pg_catalog.pg_roles WHERE rolname = current_user))
ORDER BY s.setrole, s.setdatabase`;
