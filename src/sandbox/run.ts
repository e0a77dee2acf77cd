import { isDeepStrictEqual } from "node:util";
import type { DryRun, Migration, MigrationRun, PlanOutcome, QueryRun, Schema } from "../review/types.ts";
import { type Base, buildBase } from "./base.ts";
import type { BaseCache } from "./base-cache.ts";
import { compareCatalogs } from "./compare.ts";
import { type State, stateAfter } from "./content.ts";
import type { DryRunRequest } from "./dry-run.ts";
import { gapsForChange } from "./elsewhere.ts";
import { type Engine, EngineLost } from "./engine.ts";
import { planQueries } from "./explain.ts";
import type { Data } from "./fingerprint.ts";
import type { LeaseOptions } from "./keeper.ts";
import { type Built, buildBeside, renderBeside } from "./models.ts";
import { emptySchema, schemaOf } from "./schema.ts";
import { seed } from "./seed.ts";
import { borrowed } from "./session.ts";
import type { Production } from "./sizes.ts";
import { tablesMadeBy } from "./stand-ins.ts";
import { type Follows, type RunContext, runStep, unreachedStep } from "./step.ts";
import { areTogether, runTogether } from "./together.ts";
import type { Gap } from "./verdict.ts";

/** What a run takes from its house. */
export interface RunMeans {
  readonly cache: BaseCache;
  /** Of engine and image: bases of another one are not used. */
  readonly version: string;
  lease(options: LeaseOptions): Promise<Engine>;
  /** Has the next engine start from this image. */
  prefer(options: LeaseOptions): void;
}

/** All that was seen so far; a lost engine takes nothing of it away. */
interface Seen {
  engine: string;
  base: Base | null;
  /** The database before the first step: where another version of the change starts as well. */
  origin: State | null;
  start: Schema;
  head: Schema;
  readonly migrations: MigrationRun[];
  readonly before: Map<number, PlanOutcome>;
  readonly early: Map<number, PlanOutcome>;
  readonly after: Map<number, PlanOutcome>;
  readonly deployed: { readonly before: PlanOutcome[]; readonly after: PlanOutcome[] };
  beside: Built;
  context: RunContext | null;
  /** Where another version of the change, with the same first steps, goes on from. */
  readonly stops: Stop[];
  /** Gives back the checkpoints of the steps, but those of the stops. */
  giveBack(): Promise<void>;
  lost: string | null;
}

/** What steps change in the context of a run. */
type Added = Pick<
  RunContext,
  "standIns" | "filled" | "emptied" | "seeded" | "old" | "unfilled" | "sendsOneByOne"
> & { readonly gaps: Gap[]; readonly missingExtensions: Set<string> };

/** The database before a step, what the steps before it made of the context, and the run of the one that led there. */
interface Stop {
  readonly state: State;
  readonly added: Added;
  readonly last: MigrationRun | null;
}

/** Databases between steps that are remembered for other versions of the change: each holds what its step wrote. */
const mostStops = 8;

/** One dry run, from the base to the plans. Rejects when `loadHistory` does or the signal aborts. */
export async function runDatabase(request: DryRunRequest, means: RunMeans): Promise<DryRun> {
  const clock = stopwatch();
  const seen = nothingSeen();
  const leased: Engine[] = [];
  const closeAll = () => Promise.all(leased.splice(0).map((engine) => engine.close()));
  const abort = () => void closeAll();
  request.signal?.throwIfAborted();
  request.signal?.addEventListener("abort", abort, { once: true });
  const lease = async (options: LeaseOptions) => {
    const engine = await means.lease(options);
    leased.push(engine);
    seen.engine = engine.title;
    request.signal?.throwIfAborted();
    return engine;
  };
  try {
    await unlessLost(request, seen, () => observe(request, { ...means, lease }, seen, clock.lap));
    const run = dryRunOf(request, seen, clock.timings());
    await runAgain(request, seen, run);
    return run;
  } finally {
    request.signal?.removeEventListener("abort", abort);
    // Nobody needs to wait until a process of some hundred megabytes is gone.
    void closeAll();
  }
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

/** Other versions of the change, one after the other, each from the same base. An engine that is lost ends it. */
async function runAgain(request: DryRunRequest, first: Seen, run: DryRun): Promise<void> {
  const { base, origin } = first;
  if (!request.rerun || !base || !origin || first.lost !== null) return;
  let last = first;
  for (let next = request.rerun(run); next !== null; ) {
    const clock = stopwatch();
    const { giveBack } = last;
    const version = { ...request, ...next };
    const stops = first.stops.slice(0, 1 + sameSteps(request.database.steps, next.database.steps));
    const seen: Seen = {
      ...nothingSeen(),
      engine: first.engine,
      base,
      origin,
      start: first.start,
      head: first.start,
      stops,
    };
    last = seen;
    await unlessLost(request, seen, async () => {
      await giveBack();
      await base.session.restore((stops.at(-1)?.state ?? origin).checkpoint);
      const rendered = renderBeside(version.database);
      const earlier = { seen: first, steps: request.database.steps };
      await observeChange(version, seen, base, origin, clock.lap, earlier);
      await observeModels(version, seen, base, rendered, clock.lap);
    });
    const deployed = { before: first.deployed.before, after: seen.deployed.after };
    const answer = dryRunOf(
      version,
      { ...seen, before: first.before, early: first.early, deployed },
      clock.timings(),
    );
    next = request.rerun(answer);
    if (seen.lost !== null) return;
  }
}

/** Whether all rows are what they were, as far as they are read: a value in place of a null is another row. */
function isSameData(before: Data, after: Data): boolean {
  if (before.size !== after.size) return false;
  return [...before].every(([table, rows]) => {
    const now = after.get(table);
    return now === rows || isDeepStrictEqual(now, rows);
  });
}

/** How many steps at the beginning are what they were, and only to be applied. */
function sameSteps(before: readonly Migration[], now: readonly Migration[]): number {
  const changed = now.findIndex((step, i) => !isSameStep(step, before[i]));
  return changed === -1 ? now.length : changed;
}

function isSameStep(step: Migration, before: Migration | undefined): boolean {
  return step.status === "kept" && isDeepStrictEqual({ ...step, status: before?.status }, before);
}

/** A run of the change as it is. */
interface Earlier {
  readonly seen: Seen;
  readonly steps: readonly Migration[];
}

/**
 * What becomes of the steps after one: what became of them in an earlier run, when they are the same steps there, only to be
 * applied, begin with the same objects and rows, and nobody asks the database anything afterwards. null when they must run.
 */
function restAsBefore(
  request: DryRunRequest,
  step: number,
  state: State,
  { seen, steps }: Earlier,
): readonly MigrationRun[] | null {
  const now = request.database.steps;
  const then = seen.stops[step + 1]?.state;
  if (!then || now.length !== steps.length || seen.migrations.length !== steps.length || areTogether(now))
    return null;
  if (followsOf(request, now.length - 1) !== "nothing") return null;
  if (!now.every((one, i) => i <= step || isSameStep(one, steps[i]))) return null;
  const { residue, benign } = compareCatalogs(then.catalog, state.catalog);
  if (residue.length > 0 || benign.length > 0 || !isSameData(then.data, state.data)) return null;
  return seen.migrations.slice(step + 1);
}

function nothingSeen(): Seen {
  return {
    engine: "none",
    base: null,
    origin: null,
    start: emptySchema,
    head: emptySchema,
    migrations: [],
    before: new Map(),
    early: new Map(),
    after: new Map(),
    deployed: { before: [], after: [] },
    beside: { models: null, snapshots: null },
    context: null,
    stops: [],
    giveBack: async () => undefined,
    lost: null,
  };
}

async function observe(
  request: DryRunRequest,
  means: RunMeans,
  seen: Seen,
  lap: (phase: string) => void,
): Promise<void> {
  const { queries, deployed = [] } = request;
  const progress = (phase: string, done: number, of: number) => request.onProgress?.({ phase, done, of });
  const rendered = renderBeside(request.database);
  const base = await buildBase({
    database: request.database,
    scope: request.scope,
    version: means.version,
    cache: means.cache,
    lease: means.lease,
    prefer: means.prefer,
    loadHistory: () => request.loadHistory(),
    onProgress: progress,
    lap,
  });
  seen.base = base;
  const { session } = base;
  const origin: State = { checkpoint: await session.checkpoint(), ...base.content };
  seen.origin = origin;
  seen.start = schemaOf(origin.catalog);
  seen.head = seen.start;
  lap("compare");

  const asked = queries.filter(({ baseSql }) => baseSql !== null);
  const changed = queries.filter(({ sql, baseSql }) => baseSql !== sql);
  const plans = await planQueries(
    session,
    [...asked.map(({ baseSql }) => baseSql ?? ""), ...changed.map(({ sql }) => sql), ...deployed],
    productionOf(request),
    { gaps: base.history.gaps, missingExtensions: new Set(base.history.missingExtensions) },
  );
  for (const [i, { index }] of asked.entries()) seen.before.set(index, plans[i] ?? notPlanned(""));
  for (const [i, { index }] of changed.entries())
    seen.early.set(index, plans[asked.length + i] ?? notPlanned(""));
  seen.deployed.before.push(...plans.slice(asked.length + changed.length));
  if (plans.length > 0) await session.restore(origin.checkpoint);
  lap("plan");
  await observeChange(request, seen, base, origin, lap);
  await observeModels(request, seen, base, rendered, lap);
}

/** What models and snapshots build beside what the change left; the database is not put back. */
async function observeModels(
  request: DryRunRequest,
  seen: Seen,
  { session }: Base,
  rendered: ReturnType<typeof renderBeside>,
  lap: (phase: string) => void,
): Promise<void> {
  if (!rendered || !isThrough(request, seen)) return;
  seen.beside = await buildBeside(session, await rendered, request.database);
  lap("models");
}

function isThrough({ database }: DryRunRequest, { migrations }: Seen): boolean {
  return migrations.length === database.steps.length && migrations.every(({ up }) => !up.leftOpen);
}

/**
 * Runs the change's steps from the base on, or from the last stop, where the database is then, and plans the queries on what
 * they leave. Steps that would do again what an `earlier` run saw of them are not run.
 */
async function observeChange(
  request: DryRunRequest,
  seen: Seen,
  base: Base,
  origin: State,
  lap: (phase: string) => void,
  earlier: Earlier | null = null,
): Promise<void> {
  const { database, queries, deployed = [], onProgress } = request;
  const { session, keep, giveBack } = borrowed(base.session);
  const scripts = database.steps.map(({ up }) => up);
  const gaps = gapsForChange(base.history.gaps, seen.start.tables.length > 0, scripts);
  seen.giveBack = giveBack;
  const context = contextOf({ ...base, session }, { gaps, own: tablesMadeBy(scripts), lap });
  seen.context = context;
  const passed = seen.stops.flatMap(({ last }) => last ?? []);
  const stop = seen.stops.at(-1);
  const isFirst = request.rerun !== undefined && !stop;
  const ownGaps = gaps.length;
  if (stop) addTo(context, stop.added);
  seen.migrations.push(...passed);
  seen.head = passed.at(-1)?.after ?? seen.head;
  let state = stop?.state ?? origin;
  const progress = (done: number) => onProgress?.({ phase: "migrations", done, of: database.steps.length });
  for (const [i, migration] of [...database.steps.entries()].slice(passed.length)) {
    progress(i);
    if (isFirst && i < mostStops) {
      keep(state.checkpoint);
      seen.stops.push({ state, added: addedTo(context, ownGaps), last: seen.migrations.at(-1) ?? null });
    }
    if (migration.status !== "kept") state = await fillKnown(context, state);
    const { run, next, lost } = await runStep(context, migration, state, followsOf(request, i));
    seen.migrations.push(run);
    seen.head = run.after;
    if (lost !== null) throw new EngineLost(lost);
    if (!next) return;
    if (migration.status !== "added") recordKnown(context, state, next);
    await session.forget(state.checkpoint);
    state = next;
    const rest = earlier && restAsBefore(request, i, state, earlier);
    if (rest) {
      seen.migrations.push(...rest);
      seen.head = rest.at(-1)?.after ?? seen.head;
      return;
    }
  }
  progress(database.steps.length);
  if (areTogether(database.steps)) {
    const together = await runTogether(context, database.steps, seen.migrations, origin);
    if (together !== seen.migrations) seen.migrations.splice(0, seen.migrations.length, ...together);
    if (followsOf(request, database.steps.length - 1) !== "nothing") await session.restore(state.checkpoint);
  }

  const headPlans = await planQueries(
    session,
    [...queries.map(({ sql }) => sql), ...deployed],
    productionOf(request),
    context.known,
  );
  for (const [i, { index }] of queries.entries()) seen.after.set(index, headPlans[i] ?? notPlanned(""));
  seen.deployed.after.push(...headPlans.slice(queries.length));
  lap("plan");
}

/** The base branch has this step as well: what it made is there in production, with rows. */
function recordKnown({ old, unfilled }: RunContext, before: State, after: State): void {
  for (const [oid, { name }] of after.marks.relations) {
    if (before.marks.relations.has(oid)) continue;
    old.add(oid);
    unfilled.add(name);
  }
}

/** Made-up rows for tables that steps of the base branch made. Answers the state that they leave. */
async function fillKnown(context: RunContext, state: State): Promise<State> {
  const { session, unfilled } = context;
  if (unfilled.size === 0) return state;
  const { tables, rows, empty, filled } = await seed(session, unfilled);
  unfilled.clear();
  for (const table of filled) context.filled.add(table);
  context.emptied.push(...empty);
  context.seeded.tables += tables;
  context.seeded.rows += rows;
  const next = await stateAfter(session, state);
  await session.forget(state.checkpoint);
  context.lap("seed");
  return next;
}

/** What the database is needed for after a step. */
function followsOf({ database, queries, deployed = [] }: DryRunRequest, step: number): Follows {
  if (step < database.steps.length - 1) return "another step";
  return queries.length > 0 || deployed.length > 0 || database.models || database.snapshots
    ? "questions"
    : "nothing";
}

function productionOf({ rows, statistics = null }: DryRunRequest): Production {
  return { rows, statistics };
}

function contextOf(
  { session, history, seeded, content }: Base,
  { gaps, own, lap }: { gaps: Gap[] } & Pick<RunContext, "own" | "lap">,
): RunContext {
  const old = new Set(content.marks.relations.keys());
  return {
    session,
    known: { gaps, missingExtensions: new Set(history.missingExtensions) },
    standIns: new Set([
      ...history.standIns,
      ...(history.sendsOneByOne
        ? ["files are run one statement at a time, as parts of the history need it"]
        : []),
    ]),
    filled: new Set(seeded.filled),
    emptied: [],
    seeded: { tables: seeded.tables, rows: seeded.rows },
    old,
    unfilled: new Set(),
    own,
    sendsOneByOne: history.sendsOneByOne,
    isNew: (oid) => !old.has(oid),
    lap,
  };
}

/** A copy of what steps made of the context; the gaps that the change began with are its own. */
function addedTo(context: RunContext, ownGaps: number): Added {
  const { standIns, filled, emptied, seeded, old, unfilled, sendsOneByOne } = context;
  const { gaps, missingExtensions } = context.known;
  const added = { standIns, filled, emptied, seeded, old, unfilled, sendsOneByOne, missingExtensions };
  return structuredClone({ ...added, gaps: gaps.slice(ownGaps) });
}

/** Goes on where a stop was made, in the context of another version of the change. */
function addTo(context: RunContext, { seeded, sendsOneByOne, emptied, gaps, ...sets }: Added): void {
  const { missingExtensions, filled, unfilled, old, standIns } = sets;
  fill(context.known.missingExtensions, missingExtensions);
  fill(context.filled, filled);
  fill(context.unfilled, unfilled);
  fill(context.old, old);
  fill(context.standIns, standIns);
  context.known.gaps.push(...gaps);
  context.emptied.push(...emptied);
  Object.assign(context.seeded, seeded);
  context.sendsOneByOne = sendsOneByOne;
}

function fill(set: Set<string>, values: ReadonlySet<string>): void {
  set.clear();
  for (const value of values) set.add(value);
}

function dryRunOf(request: DryRunRequest, seen: Seen, timings: Readonly<Record<string, number>>): DryRun {
  const { database } = request;
  const history = seen.base?.history;
  const seeded = seen.base?.seeded ?? { tables: 0, rows: 0, empty: [] };
  const stop = seen.lost ?? "an earlier migration did not get through";
  return {
    directory: database.directory,
    engine: seen.engine,
    history: {
      migrations: history?.migrations ?? 0,
      statements: history?.statements ?? 0,
      cached: seen.base?.cached ?? false,
      failed: history?.failed ?? [],
    },
    standIns: [...(seen.context?.standIns ?? history?.standIns ?? [])],
    seeded: {
      tables: seen.context?.seeded.tables ?? seeded.tables,
      rows: seen.context?.seeded.rows ?? seeded.rows,
      empty: [...seeded.empty, ...(seen.context?.emptied ?? [])],
    },
    base: seen.start,
    head: seen.head,
    migrations: database.steps.map((step, i) => seen.migrations[i] ?? unreachedStep(step, seen.head, stop)),
    queries: request.queries.map(
      ({ index, sql, baseSql }): QueryRun => ({
        query: index,
        before:
          baseSql === null
            ? null
            : (seen.before.get(index) ?? notPlanned(seen.lost ?? "the base was not built")),
        early:
          baseSql === sql
            ? null
            : (seen.early.get(index) ?? notPlanned(seen.lost ?? "the base was not built")),
        after: seen.after.get(index) ?? notPlanned(stopReason(seen)),
      }),
    ),
    deployed: (request.deployed ?? []).map((_, query) => ({
      query,
      before: seen.deployed.before[query] ?? notPlanned(stopReason(seen)),
      after: seen.deployed.after[query] ?? notPlanned(stopReason(seen)),
    })),
    ...seen.beside,
    lost: seen.lost,
    timings,
  };
}

function stopReason({ lost }: Seen): string {
  return lost ?? "the migrations did not get through, so that the schema that they leave is not known";
}

function notPlanned(reason: string): PlanOutcome {
  return { kind: "not-evaluated", reason };
}

/** Milliseconds by phase; a phase that comes again adds up. */
function stopwatch() {
  const timings: Record<string, number> = {};
  let last = performance.now();
  return {
    lap(phase: string): void {
      const now = performance.now();
      timings[phase] = (timings[phase] ?? 0) + now - last;
      last = now;
    },
    timings: () => ({ ...timings }),
  };
}
