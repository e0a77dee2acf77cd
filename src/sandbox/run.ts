import { setImmediate } from "node:timers/promises";
import type { DryRun } from "../review/types.ts";
import { sameSteps } from "./as-before.ts";
import { buildBase } from "./base.ts";
import type { BaseCache } from "./base-cache.ts";
import { observeChange, observeModels, productionOf } from "./change.ts";
import type { State } from "./content.ts";
import type { DryRunRequest } from "./dry-run.ts";
import { type Engine, EngineLost } from "./engine.ts";
import { planQueries } from "./explain.ts";
import type { LeaseOptions } from "./keeper.ts";
import type { ModelMemory } from "./kept-models.ts";
import { renderBeside } from "./models.ts";
import type { PrismaProcess } from "./prisma/render.ts";
import { schemaOf } from "./schema.ts";
import { dryRunOf, nothingSeen, notPlanned, type Seen } from "./seen.ts";
import { stopwatch } from "./stopwatch.ts";

/** What a run takes from its house. */
export interface RunMeans {
  readonly cache: BaseCache;
  /** Of engine and image: bases of another one are not used. */
  readonly version: string;
  /** What models were seen to build. */
  readonly memory: ModelMemory;
  /** Starts Prisma's engine, which says what its models build. */
  startPrisma(): Promise<PrismaProcess>;
  lease(options: LeaseOptions): Promise<Engine>;
  /** Has the next engine start from this image. */
  prefer(options: LeaseOptions): void;
}

/** One dry run, from the base to the plans. Rejects when `loadHistory` does or the signal aborts. */
export async function runDatabase(request: DryRunRequest, means: RunMeans): Promise<DryRun> {
  const leased: Engine[] = [];
  const closeAll = () => Promise.all(leased.splice(0).map((engine) => engine.close()));
  const abort = () => void closeAll();
  request.signal?.throwIfAborted();
  request.signal?.addEventListener("abort", abort, { once: true });
  const lease = async (options: LeaseOptions) => {
    const engine = await means.lease(options);
    leased.push(engine);
    request.signal?.throwIfAborted();
    return engine;
  };
  const look = async (asked: DryRunRequest) => {
    const clock = stopwatch();
    const seen = nothingSeen();
    await unlessLost(asked, seen, () => observe(asked, { ...means, lease }, seen, clock.lap));
    return { seen, run: dryRunOf(asked, seen, clock.timings()) };
  };
  try {
    let asked = request;
    let first = await look(asked);
    if (first.seen.isOnTheWay) {
      // The engine is lost, and with it what each step by itself would have told.
      await closeAll();
      asked = { ...request, isStepByStep: true };
      first = await look(asked);
    }
    await runAgain(asked, means, first.seen, first.run);
    return first.run;
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
async function runAgain(request: DryRunRequest, means: RunMeans, first: Seen, run: DryRun): Promise<void> {
  const { base, origin } = first;
  if (!request.rerun || !base || !origin || first.lost !== null) return;
  const { session } = base;
  /** Asks for the next version, and puts the database back meanwhile, to where versions begin unless steps were remembered. */
  const versionAfter = async (answer: DryRun, seen: Seen) => {
    await unlessLost(request, seen, seen.giveBack);
    if (first.stops.length === 1) {
      await session.restore(origin.checkpoint);
      session.ahead();
      // What is asked leaves this process before the judging of the answer takes it.
      await setImmediate();
    }
    return request.rerun?.(answer) ?? null;
  };
  for (let next = await versionAfter(run, first); next !== null; ) {
    const clock = stopwatch();
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
    await unlessLost(request, seen, async () => {
      await session.restore((stops.at(-1)?.state ?? origin).checkpoint);
      const rendered = renderBeside(version.database, means.startPrisma);
      const earlier = { seen: first, steps: request.database.steps };
      await observeChange(version, seen, base, origin, clock.lap, earlier);
      await observeModels(version, seen, base, { ...means, rendered }, clock.lap);
    });
    const deployed = { before: first.deployed.before, after: seen.deployed.after };
    const answer = dryRunOf(
      version,
      { ...seen, before: first.before, early: first.early, deployed },
      clock.timings(),
    );
    if (seen.lost !== null) {
      request.rerun(answer);
      return;
    }
    next = await versionAfter(answer, seen);
  }
}

async function observe(
  request: DryRunRequest,
  means: RunMeans,
  seen: Seen,
  lap: (phase: string) => void,
): Promise<void> {
  const { queries, deployed = [] } = request;
  const progress = (phase: string, done: number, of: number) => request.onProgress?.({ phase, done, of });
  const rendered = renderBeside(request.database, means.startPrisma);
  const lease = async (options: LeaseOptions) => {
    const engine = await means.lease(options);
    seen.engine = engine.title;
    return engine;
  };
  const base = await buildBase({
    database: request.database,
    scope: request.scope,
    version: means.version,
    cache: means.cache,
    lease,
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
    origin.catalog,
  );
  for (const [i, { index }] of asked.entries()) seen.before.set(index, plans[i] ?? notPlanned(""));
  for (const [i, { index }] of changed.entries())
    seen.early.set(index, plans[asked.length + i] ?? notPlanned(""));
  seen.deployed.before.push(...plans.slice(asked.length + changed.length));
  if (plans.length > 0) await session.restore(origin.checkpoint);
  lap("plan");
  await observeChange(request, seen, base, origin, lap);
  await observeModels(request, seen, base, { ...means, rendered }, lap);
}
