import type { Outcome, Script } from "../review/types.ts";
import { adaptRows, dependsOnOurRows } from "./adapt.ts";
import { type State, stateAfter } from "./content.ts";
import type { SqlError } from "./engine.ts";
import { homeSchemaOf } from "./home-schema.ts";
import { missingExtensionOf, platformExcuseOf, standInFor, standInForExtension } from "./stand-ins.ts";
import type { RunContext } from "./step.ts";
import { gapOf } from "./verdict.ts";

interface Stop {
  readonly index: number;
  readonly error: SqlError;
  readonly outcome: Outcome;
}

/** What was tried for a script so far. */
export interface Tries {
  /** Statements that are left out, each with the reason. */
  readonly leftOut: Map<number, string>;
  /** For each statement, how many ways of adapting the made-up rows were tried. */
  readonly adapted: Map<number, number>;
}

/** Class 22 and 23: a value or a row is refused (documentation, appendix A). */
const dataError = /^2[23]/;

/**
 * What lets a script be tried once more after a statement did not run, when the reason lies with the sandbox: a role is
 * created, a statement that proves nothing is left out, made-up rows that do not fit are taken away. Answers the state
 * in which to try, or null when the failure is the script's own.
 */
export async function remedyFor(
  context: RunContext,
  script: Script,
  stop: Stop,
  start: State,
  tries: Tries,
): Promise<State | null> {
  const { session } = context;
  const statement = script.statements[stop.index];
  if (!statement) return null;
  await session.restore(start.checkpoint);
  const made = await makeMissing(context, stop.error);
  const home = homeSchemaOf(stop.error, statement.sql, { script, catalog: start.catalog, own: context.own });
  const platform = made ? null : platformExcuseOf(stop.error, context.brought);
  const excuse = stop.outcome.kind === "not-evaluated" ? stop.outcome.reason : (home ?? platform);
  if (excuse !== null) {
    tries.leftOut.set(stop.index, excuse);
    context.known.gaps.push(gapOf(script, statement, excuse));
    return made ? stateAfter(session, start) : start;
  }
  if (made) return stateAfter(session, start);
  const refusal = { script, statement, error: stop.error };
  if (!dataError.test(stop.error.code) || !dependsOnOurRows(refusal, start)) return null;
  return adaptRows(context, refusal, start, tries.adapted);
}

export async function makeMissing(context: RunContext, error: SqlError): Promise<boolean> {
  const extension = missingExtensionOf(error);
  if (extension !== null) context.known.missingExtensions.add(extension);
  const standIn =
    extension === null
      ? standInFor(error, "change", context.own, context.brought)
      : standInForExtension(extension);
  if (!standIn || context.standIns.has(standIn.note)) return false;
  context.standIns.add(standIn.note);
  return standIn.sql !== "" && (await context.session.run(standIn.sql)).error === null;
}
