import type {
  DryRun,
  MigrationRun,
  ModelSchema,
  ModelStatement,
  QueryRun,
  Schema,
} from "../../review/types.ts";
import type { BaseCache } from "../base-cache.ts";
import type { DryRunRequest } from "../dry-run.ts";
import { gapsForChange } from "../elsewhere.ts";
import { type Checkpoint, EngineLost } from "../engine.ts";
import { defaultLimits, type Limits } from "../limits.ts";
import { type Built, buildEach, renderBeside } from "../models.ts";
import { emptySchema, schemaOf } from "../schema.ts";
import { unreachedStep } from "../step.ts";
import { buildSqliteBase, type SqliteBase } from "./base.ts";
import type { StandIn } from "./messages.ts";
import { type SqliteSession, startSqliteSession } from "./session.ts";
import { type SqliteContext, stateOf } from "./state.ts";
import { runSqliteStep } from "./step.ts";

/** What a run takes from its house. */
export interface SqliteMeans {
  readonly cache: BaseCache;
  readonly limits: Partial<Limits>;
}

/** All that was seen so far; a lost engine takes nothing of it away. */
interface Seen {
  engine: string;
  base: SqliteBase | null;
  start: Schema;
  head: Schema;
  readonly migrations: MigrationRun[];
  beside: Built;
  context: SqliteContext | null;
  standIns: readonly StandIn[];
  lost: string | null;
}

/** One dry run of an SQLite database, from the base to the last step. Rejects when `loadHistory` does or the signal aborts. */
export async function runSqlite(request: DryRunRequest, means: SqliteMeans): Promise<DryRun> {
  const limits = { ...defaultLimits, ...means.limits };
  const timings: Record<string, number> = {};
  const lap = stopwatch(timings);
  const seen: Seen = {
    engine: "none",
    base: null,
    start: emptySchema,
    head: emptySchema,
    migrations: [],
    beside: { models: null, snapshots: null },
    context: null,
    standIns: [],
    lost: null,
  };
  request.signal?.throwIfAborted();
  const session = await startSqliteSession(limits);
  const abort = () => void session.close();
  request.signal?.addEventListener("abort", abort, { once: true });
  seen.engine = session.title;
  lap("start");
  try {
    await observe(request, { session, limits, cache: means.cache, lap }, seen);
  } catch (cause) {
    request.signal?.throwIfAborted();
    if (!(cause instanceof EngineLost)) throw cause;
    seen.lost = cause.message;
  } finally {
    request.signal?.removeEventListener("abort", abort);
    seen.standIns = session.standIns();
    await session.close();
  }
  request.signal?.throwIfAborted();
  return dryRunOf(request, seen, timings);
}

interface Tools {
  readonly session: SqliteSession;
  readonly limits: Limits;
  readonly cache: BaseCache;
  lap(phase: string): void;
}

async function observe(request: DryRunRequest, tools: Tools, seen: Seen): Promise<void> {
  const { database } = request;
  const { session, limits, lap } = tools;
  const progress = (phase: string, done: number, of: number) => request.onProgress?.({ phase, done, of });
  const rendered = renderBeside(database);
  const empty = rendered && (await session.checkpoint());
  const base = await buildSqliteBase(request, { ...tools, progress });
  seen.base = base;
  let state = await stateOf(session);
  seen.start = schemaOf(state.catalog);
  seen.head = seen.start;
  lap("compare");

  const context: SqliteContext = {
    session,
    gaps: gapsForChange(
      base.history.gaps,
      seen.start.tables.length > 0,
      database.steps.map(({ up }) => up),
    ),
    filled: new Set(base.seeded.filled),
    emptied: [],
    unwrapped: base.history.unwrapped,
    functions: base.history.standIns.flatMap(({ kind, name }) => (kind === "function" ? [name] : [])),
    statement: limits.statement,
    lap,
  };
  seen.context = context;
  for (const [i, migration] of database.steps.entries()) {
    progress("migrations", i, database.steps.length);
    const { run, next, lost } = await runSqliteStep(context, migration, state);
    seen.migrations.push(run);
    seen.head = run.after;
    if (lost !== null) throw new EngineLost(lost);
    if (!next) return;
    await session.forget(state.checkpoint);
    state = next;
  }
  progress("migrations", database.steps.length, database.steps.length);
  if (!rendered || !empty) return;
  seen.beside = await buildEach(await rendered, (statements) => build(session, statements, empty));
  lap("models");
}

/** The schema that statements build in an empty database. The database is not put back: this is the last that is asked of it. */
async function build(
  session: SqliteSession,
  statements: readonly ModelStatement[],
  empty: Checkpoint,
): Promise<ModelSchema> {
  await session.restore(empty);
  const refused: { table: string | null; reason: string }[] = [];
  for (const { table, sql } of statements) {
    const { error } = await session.run(sql);
    if (error) refused.push({ table, reason: error.message });
  }
  return { kind: "built", schema: schemaOf((await stateOf(session)).catalog), refused };
}

function dryRunOf(request: DryRunRequest, seen: Seen, timings: Readonly<Record<string, number>>): DryRun {
  const { database } = request;
  const { base, context } = seen;
  const stop = seen.lost ?? "an earlier migration did not get through";
  const notPlanned = { kind: "not-evaluated", reason: "queries are not planned on SQLite" } as const;
  return {
    directory: database.directory,
    engine: seen.engine,
    history: {
      migrations: base?.history.migrations ?? 0,
      statements: base?.history.statements ?? 0,
      cached: base?.cached ?? false,
      failed: base?.history.failed ?? [],
    },
    standIns: standInsOf(seen),
    seeded: {
      tables: base?.seeded.tables ?? 0,
      rows: base?.seeded.rows ?? 0,
      empty: [...(base?.seeded.empty ?? []), ...(context?.emptied ?? [])],
    },
    base: seen.start,
    head: seen.head,
    migrations: database.steps.map((step, i) => seen.migrations[i] ?? unreachedStep(step, seen.head, stop)),
    queries: request.queries.map(
      ({ index, sql, baseSql }): QueryRun => ({
        query: index,
        before: baseSql === null ? null : notPlanned,
        early: baseSql === sql ? null : notPlanned,
        after: notPlanned,
      }),
    ),
    deployed: [],
    ...seen.beside,
    lost: seen.lost,
    timings,
  };
}

function standInsOf({ base, standIns }: Seen): string[] {
  return [
    ...new Set([...(base?.history.standIns ?? []), ...standIns].map(noteOf)),
    ...(base?.history.unwrapped
      ? ["files are run without a transaction around them, as parts of the history need it"]
      : []),
  ];
}

function noteOf({ kind, name }: StandIn): string {
  return kind === "collation"
    ? `collation ${name}, which compares byte by byte here`
    : `function ${name}, which fails here when a row calls it`;
}

/** Milliseconds by phase; a phase that comes again adds up. */
function stopwatch(timings: Record<string, number>): (phase: string) => void {
  let last = performance.now();
  return (phase) => {
    const now = performance.now();
    timings[phase] = (timings[phase] ?? 0) + now - last;
    last = now;
  };
}
