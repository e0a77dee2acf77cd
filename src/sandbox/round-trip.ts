import type { RoundTrip, Script, ScriptRun } from "../review/types.ts";
import { compareCatalogs } from "./compare.ts";
import { contentAfter, type State } from "./content.ts";
import { type Checkpoint, EngineLost } from "./engine.ts";
import { compareData } from "./fingerprint.ts";
import { homeSchemaOf } from "./home-schema.ts";
import { makeMissing } from "./remedy.ts";
import { type FaithfulRun, type LeftOut, runScript, unreachedRun } from "./script-run.ts";
import { missingRoleOf } from "./stand-ins.ts";
import type { RunContext } from "./step.ts";

export interface RoundTripRequest {
  readonly up: Script;
  readonly down: Script;
  /** The up as it ran. */
  readonly ran: ScriptRun;
  /** Before the up. */
  readonly start: State;
  /** After the up, where the database is now. Its checkpoint may be that of before. */
  readonly after: State;
  /** Statements of the up that could not be evaluated. */
  readonly leftOut: LeftOut;
}

/** Rounds of trying the down again without a statement that could not be evaluated. */
const attemptLimit = 20;

/**
 * Runs the down, compares with the state before the up, runs the up again, and compares with the state after the first.
 * The caller puts the database back. Never rejects for what the SQL does.
 */
export async function roundTrip(
  context: RunContext,
  request: RoundTripRequest,
): Promise<{ roundTrip: RoundTrip; lost: string | null }> {
  let trip = unjudged(request.down, "");
  try {
    const run = await runDown(context, request);
    context.lap("down");
    trip = { ...trip, down: scriptRunOf(run), notEvaluated: reasonOf(request, run) };
    if (run.lost !== null || run.stop) return { roundTrip: trip, lost: run.lost };
    if (trip.notEvaluated === null) trip = { ...trip, ...(await compareWithStart(context, request.start)) };
    context.lap("compare");

    const again = await runScript(context.session, request.up, context.known, request.leftOut);
    context.lap("up again");
    trip = { ...trip, upAgain: scriptRunOf(again) };
    if (again.lost !== null) return { roundTrip: { ...trip, notEvaluated: again.lost }, lost: again.lost };
    if (again.stop || trip.notEvaluated !== null) return { roundTrip: trip, lost: null };
    const { catalog } = await contentAfter(context.session, request.after, "no rows");
    const { residue } = compareCatalogs(request.after.catalog, catalog);
    context.lap("compare");
    return { roundTrip: { ...trip, upAgainResidue: residue }, lost: null };
  } catch (cause) {
    if (!(cause instanceof EngineLost)) throw cause;
    return { roundTrip: { ...trip, notEvaluated: cause.message }, lost: cause.message };
  }
}

/** A round trip that was not made, or not far enough to be judged. */
export function unjudged(down: Script, reason: string): RoundTrip {
  return {
    down: unreachedRun(down),
    residue: [],
    benign: [],
    data: [],
    upAgain: null,
    upAgainResidue: [],
    notEvaluated: reason,
  };
}

async function runDown(context: RunContext, request: RoundTripRequest): Promise<FaithfulRun> {
  const { session, known } = context;
  const { down, start, after } = request;
  const leftOut = new Map<number, string>();
  let from = after.checkpoint === start.checkpoint ? null : after.checkpoint;
  for (let attempt = 0; ; attempt += 1) {
    const run = await runScript(session, down, known, leftOut);
    if (run.lost !== null || !run.stop || attempt >= attemptLimit) return run;
    const { index, outcome, error } = run.stop;
    const place = { script: down, catalog: start.catalog, own: context.own };
    const home = homeSchemaOf(error, down.statements[index]?.sql ?? "", place);
    const excuse = outcome.kind === "not-evaluated" ? outcome.reason : home;
    const role = missingRoleOf(error);
    // A role that was there before the up is the migration's own to bring back.
    const isMissing = role !== null && !start.catalog.has(`role ${role}`);
    if (excuse === null && !isMissing) return run;
    if (excuse !== null) leftOut.set(index, excuse);
    if (from) await session.restore(from);
    else from = await runUpAgain(context, request);
    const isMade = isMissing && (await makeMissing(context, error));
    if (isMade) from = await session.checkpoint();
    if (excuse === null && !isMade) return run;
  }
}

/** Brings back the database after an up of which no checkpoint was made, and makes one. */
async function runUpAgain(
  { session, known }: RunContext,
  { up, start, leftOut }: RoundTripRequest,
): Promise<Checkpoint> {
  await session.restore(start.checkpoint);
  const { lost, stop } = await runScript(session, up, known, leftOut);
  if (lost !== null || stop)
    throw new EngineLost(lost ?? "the up did not run once more from where it had started");
  return session.checkpoint();
}

/** A comparison is only fair when both scripts ran in full. */
function reasonOf({ ran }: RoundTripRequest, down: FaithfulRun): string | null {
  return down.lost ?? missedIn(ran) ?? missedIn(down);
}

/** Why a script did not run in full although it came to its end; null when it did. */
export function missedIn({ statements }: ScriptRun): string | null {
  for (const { outcome } of statements)
    if (outcome.kind === "not-evaluated") return `a statement of it was not run: ${outcome.reason}`;
  return null;
}

async function compareWithStart(context: RunContext, start: State) {
  const { catalog, data } = await contentAfter(context.session, start, "rows");
  const { residue, benign } = compareCatalogs(start.catalog, catalog);
  return { residue, benign, data: compareData(start.data, data) };
}

function scriptRunOf({ statements, leftOpen }: FaithfulRun): ScriptRun {
  return { statements, leftOpen };
}
