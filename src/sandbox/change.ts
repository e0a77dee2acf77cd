import { runAllTheWay } from "./all-the-way.ts";
import { type Earlier, restAsBefore } from "./as-before.ts";
import type { Base } from "./base.ts";
import type { State } from "./content.ts";
import type { DryRunRequest } from "./dry-run.ts";
import { gapsForChange } from "./elsewhere.ts";
import { EngineLost } from "./engine.ts";
import { planQueries } from "./explain.ts";
import { buildBeside, type renderBeside } from "./models.ts";
import { addedTo, addTo, contextOf, fillKnown, recordKnown } from "./run-context.ts";
import { notPlanned, type Seen } from "./seen.ts";
import { borrowed } from "./session.ts";
import type { Production } from "./sizes.ts";
import { tablesMadeBy } from "./stand-ins.ts";
import { type Follows, runStep } from "./step.ts";
import { areTogether, runTogether } from "./together.ts";

/** Databases between steps that are remembered for other versions of the change: each holds what its step wrote. */
const mostStops = 8;

/** What models and snapshots build beside what the change left; the database is not put back. */
export async function observeModels(
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
export async function observeChange(
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
  const passed = seen.stops.flatMap(({ last }) => last ?? []);
  const stop = seen.stops.at(-1);
  const isFirst = request.rerun !== undefined && !stop;
  const ownGaps = gaps.length;
  const begin = () => {
    const context = contextOf({ ...base, session }, { gaps: [...gaps], own: tablesMadeBy(scripts), lap });
    if (stop) addTo(context, stop.added);
    return context;
  };
  seen.migrations.push(...passed);
  seen.head = passed.at(-1)?.after ?? seen.head;
  let state = stop?.state ?? origin;
  if (request.isProof && !areTogether(database.steps)) {
    const context = begin();
    seen.context = context;
    const runs = await runAllTheWay(context, database.steps.slice(passed.length), state);
    lap("all the way");
    seen.migrations.push(...(runs ?? []));
    seen.head = runs?.at(-1)?.after ?? seen.head;
    if (runs) return;
    await session.restore(state.checkpoint);
  }
  const context = begin();
  seen.context = context;
  const isAskedAfterwards = followsOf(request, database.steps.length - 1) !== "nothing";
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
    const rest = isAskedAfterwards ? null : earlier && restAsBefore(database.steps, i, state, earlier);
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
    if (isAskedAfterwards) await session.restore(state.checkpoint);
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
