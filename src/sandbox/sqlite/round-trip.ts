import type { RoundTrip, Script } from "../../review/types.ts";
import { compareCatalogs } from "../compare.ts";
import { EngineLost } from "../engine.ts";
import { compareData } from "../fingerprint.ts";
import { missedIn, unjudged } from "../round-trip.ts";
import { type Applied, runWithout, scriptRunOf } from "./apply.ts";
import { catalogOf } from "./catalog.ts";
import { type SqliteContext, type SqliteState, stateOf } from "./state.ts";
import { describe } from "./tables.ts";

/** Runs the down, compares with the state before the up, runs the up again, and compares with the state after the first. */
export async function roundTripOf(
  context: SqliteContext,
  down: Script,
  up: Applied,
  after: SqliteState,
): Promise<{ roundTrip: RoundTrip; lost: string | null }> {
  const { session } = context;
  let trip = unjudged(down, "");
  try {
    const { run } = await runWithout({ ...context, gaps: [...context.gaps] }, down, after);
    context.lap("down");
    trip = { ...trip, down: scriptRunOf(run), notEvaluated: run.lost ?? missedIn(up.run) ?? missedIn(run) };
    if (run.lost !== null || run.stop) return { roundTrip: trip, lost: run.lost };
    const now = await stateOf(session);
    if (trip.notEvaluated === null) {
      const { residue, benign } = compareCatalogs(up.start.catalog, now.catalog);
      trip = { ...trip, residue, benign, data: compareData(up.start.data, now.data) };
    }
    context.lap("compare");
    const again = await runWithout({ ...context, gaps: [...context.gaps] }, up.script, now, up.leftOut);
    await session.forget(now.checkpoint);
    context.lap("up again");
    trip = { ...trip, upAgain: scriptRunOf(again.run) };
    if (again.run.lost !== null) throw new EngineLost(again.run.lost);
    if (again.run.stop || trip.notEvaluated !== null) return { roundTrip: trip, lost: null };
    const { residue } = compareCatalogs(after.catalog, catalogOf(await describe(session)));
    context.lap("compare");
    return { roundTrip: { ...trip, upAgainResidue: residue }, lost: null };
  } catch (cause) {
    if (!(cause instanceof EngineLost)) throw cause;
    return { roundTrip: { ...trip, notEvaluated: cause.message }, lost: cause.message };
  }
}
