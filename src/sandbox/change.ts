import type { MigrationRun } from "../review/types.ts";
import { runAllTheWay } from "./all-the-way.ts";
import { type Earlier, restAsBefore } from "./as-before.ts";
import type { Base } from "./base.ts";
import type { State } from "./content.ts";
import type { DryRunRequest } from "./dry-run.ts";
import { gapsForChange } from "./elsewhere.ts";
import { EngineLost } from "./engine.ts";
import { planQueries } from "./explain.ts";
import { type ModelMemory, modelKeys } from "./kept-models.ts";
import { buildBeside, type renderBeside } from "./models.ts";
import { addedTo, addTo, contextOf, fillKnown, recordKnown } from "./run-context.ts";
import { notPlanned, type Seen } from "./seen.ts";
import { borrowed, type Session } from "./session.ts";
import type { Production } from "./sizes.ts";
import { tablesMadeBy } from "./stand-ins.ts";
import { type Follows, type RunContext, runStep } from "./step.ts";
import { areTogether, runTogether } from "./together.ts";

/** Databases between steps that are remembered for other versions of the change: each holds what its step wrote. */
const mostStops = 8;

/** Models as they are worked out, what others were seen to build, and with which engine. */
interface Beside {
  readonly rendered: ReturnType<typeof renderBeside>;
  readonly memory: ModelMemory;
  readonly version: string;
}

/** What models and snapshots build beside what the change left; the database is not put back. */
export async function observeModels(
  request: DryRunRequest,
  seen: Seen,
  { session }: Base,
  { rendered, memory, version }: Beside,
  lap: (phase: string) => void,
): Promise<void> {
  if (!rendered || !isThrough(request, seen)) return;
  const keyOf = await modelKeys(session, seen.end, [version, request.scope]);
  seen.beside = await buildBeside(session, await rendered, request.database, { memory, keyOf });
  lap("models");
}

function isThrough({ database }: DryRunRequest, { migrations }: Seen): boolean {
  return migrations.length === database.steps.length && migrations.every(({ up }) => !up.leftOpen);
}

/**
 * Runs the change's steps from the base on, or from the last stop, where the database is then, and plans the queries on what
 * they leave. Steps that would do again what an `earlier` run saw of them are not run.
 */
export async function observeChange(
  request: DryRunRequest,
  seen: Seen,
  base: Base,
  origin: State,
  lap: (phase: string) => void,
  earlier: Earlier | null = null,
): Promise<void> {
  const { database, queries, deployed = [] } = request;
  const { session, keep, giveBack } = borrowed(base.session);
  const scripts = database.steps.map(({ up }) => up);
  const gaps = gapsForChange(base.history.gaps, seen.start.tables.length > 0, scripts);
  const passed = seen.stops.flatMap(({ last }) => last ?? []);
  const stop = seen.stops.at(-1);
  const isAskedAfterwards = followsOf(request, database.steps.length - 1) !== "nothing";
  seen.giveBack = giveBack;
  record(seen, passed);
  const way: Way = {
    request,
    seen,
    session,
    start: stop?.state ?? origin,
    passed: passed.length,
    isFirst: earlier === null,
    isRemembered: earlier === null && request.rerun !== undefined,
    asBefore: (step, state) =>
      earlier && !isAskedAfterwards ? restAsBefore(database.steps, step, state, earlier) : null,
    begin() {
      const context = contextOf(
        { ...base, session },
        { gaps: [...gaps], own: tablesMadeBy(scripts), brought: database.brought, lap },
      );
      if (stop) addTo(context, stop.added);
      seen.context = context;
      return context;
    },
    remember(state, context) {
      keep(state.checkpoint);
      const added = addedTo(context, gaps.length);
      seen.stops.push({ state, added, last: seen.migrations.at(-1) ?? null });
    },
  };
  if (way.isRemembered) way.remember(way.start, way.begin());
  // The one transaction of several migrations would have to be undone once more before anything is asked of what they leave.
  const isFit = !isAskedAfterwards || !areTogether(database.steps);
  const end = (isFit ? await goAllTheWay(way) : null) ?? (request.levels ? null : await goStepByStep(way));
  if (!end || !seen.context) return;
  seen.end = end;
  if (areTogether(database.steps)) {
    const together = await runTogether(seen.context, database.steps, seen.migrations, origin);
    if (together !== seen.migrations) seen.migrations.splice(0, seen.migrations.length, ...together);
    if (isAskedAfterwards) await session.restore(end.checkpoint);
  }

  const headPlans = await planQueries(
    session,
    [...queries.map(({ sql }) => sql), ...deployed],
    productionOf(request),
    seen.context.known,
    origin.catalog,
  );
  for (const [i, { index }] of queries.entries()) seen.after.set(index, headPlans[i] ?? notPlanned(""));
  seen.deployed.after.push(...headPlans.slice(queries.length));
  lap("plan");
}

/** The steps that are to be run, and what is done around them. */
interface Way {
  readonly request: DryRunRequest;
  readonly seen: Seen;
  readonly session: Session;
  /** Where the database is. */
  readonly start: State;
  /** Steps that were run already. */
  readonly passed: number;
  /** Whether it is the change as it is. */
  readonly isFirst: boolean;
  /** Whether other versions of it are to go on from where it was, and to be compared with it. */
  readonly isRemembered: boolean;
  /** What becomes of the steps after one, if that is known. */
  asBefore(step: number, state: State): readonly MigrationRun[] | null;
  /** A context as it is where the steps begin. */
  begin(): RunContext;
  /** Keeps the database before a step, with the context as it is then. */
  remember(state: State, context: RunContext): void;
}

function record(seen: Seen, runs: readonly MigrationRun[]): void {
  seen.migrations.push(...runs);
  seen.head = runs.at(-1)?.after ?? seen.head;
}

/** Answers where the steps lead; null, and the database put back, when they have to be run one by one. */
async function goAllTheWay(way: Way): Promise<State | null> {
  const { request, seen, session, start, passed, asBefore } = way;
  const steps = request.database.steps.slice(passed);
  if (request.isStepByStep || steps.length === 0) return null;
  const context = way.begin();
  seen.isOnTheWay = true;
  const whole = await runAllTheWay(context, steps, start, {
    levels: request.levels ?? [],
    isTold: way.isFirst,
    known: (step, state) => asBefore(passed + step, state),
    onStep: (step) => progress(request, passed + step),
  });
  seen.isOnTheWay = false;
  context.lap("all the way");
  if (!whole) {
    await session.restore(start.checkpoint);
    return null;
  }
  if (way.isRemembered) seen.contents.push(...whole.before);
  record(seen, whole.runs);
  progress(request, request.database.steps.length);
  return whole.end;
}

function progress({ database, onProgress }: DryRunRequest, done: number): void {
  onProgress?.({ phase: "migrations", done, of: database.steps.length });
}

/** Answers where the steps lead; null when they do not get through, or what becomes of the last ones is known. */
async function goStepByStep(way: Way): Promise<State | null> {
  const { request, seen, session, start, passed, asBefore } = way;
  const { database } = request;
  const context = way.begin();
  let state = start;
  for (const [i, migration] of [...database.steps.entries()].slice(passed)) {
    progress(request, i);
    if (way.isRemembered && i > 0 && i < mostStops) way.remember(state, context);
    if (way.isRemembered) seen.contents.push(state);
    if (migration.status !== "kept") state = await fillKnown(context, state);
    const { run, next, lost } = await runStep(context, migration, state, followsOf(request, i));
    record(seen, [run]);
    if (lost !== null) throw new EngineLost(lost);
    if (!next) return null;
    if (migration.status !== "added") recordKnown(context, state, next);
    await session.forget(state.checkpoint);
    state = next;
    const rest = asBefore(i, state);
    if (rest) {
      record(seen, rest);
      return null;
    }
  }
  progress(request, database.steps.length);
  return state;
}

/** What the database is needed for after a step. */
function followsOf({ database, queries, deployed = [] }: DryRunRequest, step: number): Follows {
  if (step < database.steps.length - 1) return "another step";
  return queries.length > 0 || deployed.length > 0 || database.models || database.snapshots
    ? "questions"
    : "nothing";
}

/** What is known of production. */
export function productionOf({ rows, statistics = null }: DryRunRequest): Production {
  return { rows, statistics };
}
