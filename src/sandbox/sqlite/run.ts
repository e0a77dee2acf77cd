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
import type { Limits } from "../limits.ts";
import { type Built, buildEach, renderBeside } from "../models.ts";
import type { PrismaProcess } from "../prisma/render.ts";
import { emptySchema, schemaOf } from "../schema.ts";
import { unreachedStep } from "../step.ts";
import { stopwatch } from "../stopwatch.ts";
import { buildSqliteBase, type SqliteBase } from "./base.ts";
import type { StandIn } from "./messages.ts";
import type { SqliteSession } from "./session.ts";
import { type SqliteContext, type SqliteState, stateOf } from "./state.ts";
import { runSqliteStep } from "./step.ts";

/** What a run takes from its house. */
export interface SqliteMeans {
  readonly cache: BaseCache;
  readonly limits: Limits;
  start(): Promise<SqliteSession>;
  startPrisma(): Promise<PrismaProcess>;
}

/** All that was seen so far; a lost engine takes nothing of it away. */
interface Seen {
  readonly engine: string;
  base: SqliteBase | null;
  /** Where each version of the change begins. */
  origin: Origin | null;
  start: Schema;
  head: Schema;
  readonly migrations: MigrationRun[];
  beside: Built;
  context: SqliteContext | null;
  lost: string | null;
}

interface Origin extends SqliteState {
  /** The database before the history. */
  readonly empty: Checkpoint;
}

/** One dry run of an SQLite database, from the base to the last step. Rejects when `loadHistory` does or the signal aborts. */
export async function runSqlite(request: DryRunRequest, means: SqliteMeans): Promise<DryRun> {
  const clock = stopwatch();
  request.signal?.throwIfAborted();
  const session = await means.start();
  const abort = () => void session.close();
  request.signal?.addEventListener("abort", abort, { once: true });
  session.begin();
  clock.lap("start");
  const tools = { ...means, session, lap: clock.lap };
  const seen = nothingSeen(session.title);
  try {
    await unlessLost(request, seen, () => observe(request, tools, seen));
    const run = dryRunOf(request, seen, session.standIns(), clock.timings());
    await runAgain(request, tools, seen, run);
    return run;
  } finally {
    request.signal?.removeEventListener("abort", abort);
    void session.close();
  }
}

function nothingSeen(engine: string): Seen {
  return {
    engine,
    base: null,
    origin: null,
    start: emptySchema,
    head: emptySchema,
    migrations: [],
    beside: { models: null, snapshots: null },
    context: null,
    lost: null,
  };
}

/** What is lost with an engine is told in what was seen; everything else rejects. */
async function unlessLost(request: DryRunRequest, seen: Seen, work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (cause) {
    request.signal?.throwIfAborted();
    if (!(cause instanceof EngineLost)) throw cause;
    seen.lost = cause.message;
  }
  request.signal?.throwIfAborted();
}

interface Tools {
  readonly session: SqliteSession;
  readonly limits: Limits;
  readonly cache: BaseCache;
  startPrisma(): Promise<PrismaProcess>;
  lap(phase: string): void;
}

/** Other versions of the change, one after the other, each from the same base. An engine that is lost ends it. */
async function runAgain(request: DryRunRequest, tools: Tools, first: Seen, run: DryRun): Promise<void> {
  const { base, origin } = first;
  if (!base || !origin || first.lost !== null) return;
  const { session } = tools;
  let lost: string | null = null;
  for (let next = request.rerun?.(run) ?? null; next !== null && lost === null; ) {
    const clock = stopwatch();
    const version = { ...request, ...next };
    const seen = { ...nothingSeen(first.engine), base, origin, start: first.start, head: first.start };
    await unlessLost(request, seen, async () => {
      await session.restore(origin.checkpoint);
      const rendered = renderBeside(version.database, tools.startPrisma);
      await observeChange(version, { ...tools, lap: clock.lap }, seen, { base, origin, rendered });
    });
    lost = seen.lost;
    next = request.rerun?.(dryRunOf(version, seen, session.standIns(), clock.timings())) ?? null;
  }
}

async function observe(request: DryRunRequest, tools: Tools, seen: Seen): Promise<void> {
  const progress = (phase: string, done: number, of: number) => request.onProgress?.({ phase, done, of });
  const rendered = renderBeside(request.database, tools.startPrisma);
  const empty = await tools.session.checkpoint();
  const base = await buildSqliteBase(request, { ...tools, empty, progress });
  seen.base = base;
  const origin = { ...(await stateOf(tools.session)), empty };
  seen.origin = origin;
  seen.start = schemaOf(origin.catalog);
  seen.head = seen.start;
  tools.lap("compare");
  await observeChange(request, tools, seen, { base, origin, rendered });
}

/** What a version of the change is run from, and its models while they are worked out. */
interface Beginning {
  readonly base: SqliteBase;
  readonly origin: Origin;
  readonly rendered: ReturnType<typeof renderBeside>;
}

/** Runs the change's steps from where they begin, where the database is, and then builds its models. */
async function observeChange(
  request: DryRunRequest,
  { session, limits, lap }: Tools,
  seen: Seen,
  { base, origin, rendered }: Beginning,
): Promise<void> {
  const { database } = request;
  const progress = (done: number) =>
    request.onProgress?.({ phase: "migrations", done, of: database.steps.length });
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
  let state: SqliteState = origin;
  for (const [i, migration] of database.steps.entries()) {
    progress(i);
    const { run, next, lost } = await runSqliteStep(context, migration, state);
    seen.migrations.push(run);
    seen.head = run.after;
    if (lost !== null) throw new EngineLost(lost);
    if (!next) return;
    if (state !== origin) await session.forget(state.checkpoint);
    state = next;
  }
  progress(database.steps.length);
  if (!rendered) return;
  seen.beside = await buildEach(await rendered, (statements) => build(session, statements, origin.empty));
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

function dryRunOf(
  request: DryRunRequest,
  seen: Seen,
  standIns: readonly StandIn[],
  timings: Readonly<Record<string, number>>,
): DryRun {
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
    standIns: standInsOf(seen, standIns),
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

function standInsOf({ base }: Seen, standIns: readonly StandIn[]): string[] {
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
