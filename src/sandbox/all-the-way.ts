import type { Migration, MigrationRun, RoundTrip, Script, ScriptRun } from "../review/types.ts";
import { compareCatalogs } from "./compare.ts";
import { type State, stateToCompare } from "./content.ts";
import { EngineLost } from "./engine.ts";
import { compareData } from "./fingerprint.ts";
import { fillKnown, recordKnown } from "./run-context.ts";
import { schemaOf } from "./schema.ts";
import { runScript } from "./script-run.ts";
import { asSent, type RunContext, withTrace } from "./step.ts";
import { type Trace, traceScript } from "./trace.ts";

/** A step that was gone up. */
interface Rung {
  readonly migration: Migration;
  readonly up: Script;
  readonly trace: Trace;
  readonly before: State;
  readonly after: State;
}

/**
 * Goes the whole way of steps that are expected to be right, without remembering the database between them: all up, each
 * statement seen alone; down from the last to the first, where each must leave what there was before its step; and all up once
 * more as their tool runs them, to where the first way had led. null as soon as anything is not as it should be: `runStep` says
 * what. Those that are only there (`kept`) come first. Starts in `start`, where the database is; the caller puts it back.
 */
export async function runAllTheWay(
  context: RunContext,
  steps: readonly Migration[],
  start: State,
): Promise<readonly MigrationRun[] | null> {
  const own = steps.filter(({ status }) => status !== "kept");
  const kept = steps.slice(0, steps.length - own.length);
  const down = own.flatMap((step) => (step.down ? [asSent(step.down, context)] : []));
  const isFit =
    kept.every(({ status }) => status === "kept") && own.every(({ status }) => status === "added");
  if (!isFit || (down.length > 0 && down.length < own.length)) return null;

  const before = await applyKept(context, kept, start);
  if (!before) return null;
  const from = await fillKnown(context, before.state);
  const rungs = await climb(context, own, from);
  if (!rungs) return null;
  const ways = down.length > 0 ? await descend(context, rungs, down) : [];
  if (!ways || (down.length === 0 && !(await startAgain(context, kept, start, from)))) return null;
  const again = await climbAgain(context, rungs);
  if (!again) return null;
  const runs = rungs.map(({ migration, trace, before, after }, i): MigrationRun => {
    const up = again[i] ?? { statements: [], leftOpen: true };
    const way = ways[i];
    return {
      migration: migration.id,
      up: { statements: withTrace(up, trace), leftOpen: false },
      before: schemaOf(before.catalog),
      after: schemaOf(after.catalog),
      roundTrip: way ? { ...way, upAgain: up } : null,
      former: null,
    };
  });
  return [...before.runs, ...runs];
}

async function applyKept(context: RunContext, kept: readonly Migration[], start: State) {
  const runs: MigrationRun[] = [];
  let state = start;
  for (const { id, up: script } of kept) {
    const up = await runWhole(context, asSent(script, context));
    if (!up) return null;
    const next = await stateToCompare(context.session, state, "rows");
    recordKnown(context, state, next);
    const before = schemaOf(state.catalog);
    runs.push({ migration: id, up, before, after: schemaOf(next.catalog), roundTrip: null, former: null });
    state = next;
  }
  return { runs, state };
}

/** The ups, each statement in a transaction of its own. */
async function climb(
  { session, isNew, ...context }: RunContext,
  own: readonly Migration[],
  start: State,
): Promise<readonly Rung[] | null> {
  const rungs: Rung[] = [];
  let before = start;
  for (const migration of own) {
    const up = asSent(migration.up, context);
    const { marks } = before;
    const trace = await traceScript(session, { script: up, leftOut: new Map(), marks }, isNew);
    if (trace.lost !== null) throw new EngineLost(trace.lost);
    if (trace.runs.length < up.statements.length) return null;
    const after = await stateToCompare(session, before, "rows");
    rungs.push({ migration, up, trace, before, after });
    before = after;
  }
  return rungs;
}

/** The downs, from the last step to the first: the way back of each step, up again left open. */
async function descend(
  context: RunContext,
  rungs: readonly Rung[],
  downs: readonly Script[],
): Promise<readonly RoundTrip[] | null> {
  const ways: RoundTrip[] = [];
  let now = rungs.at(-1)?.after;
  for (const [i, { before }] of [...rungs.entries()].reverse()) {
    const script = downs[i];
    const down = script ? await runWhole(context, script) : null;
    if (!down || !now) return null;
    now = await stateToCompare(context.session, now, "rows");
    const { residue, benign } = compareCatalogs(before.catalog, now.catalog);
    if (residue.length > 0 || compareData(before.data, now.data).length > 0) return null;
    ways.unshift({ down, residue, benign, data: [], upAgain: null, upAgainResidue: [], notEvaluated: null });
  }
  return ways;
}

/** Where there is no way back: the database as it was before the first step. Answers whether that is where it is now. */
async function startAgain(
  context: RunContext,
  kept: readonly Migration[],
  start: State,
  from: State,
): Promise<boolean> {
  // Rows that were made up on the way would have to be made up again.
  if (from.checkpoint !== start.checkpoint) return false;
  await context.session.restore(start.checkpoint);
  for (const { up } of kept) if (!(await runWhole(context, asSent(up, context)))) return false;
  return true;
}

/** The ups as their tool runs them; null when they do not lead to where the first way led. */
async function climbAgain(context: RunContext, rungs: readonly Rung[]): Promise<readonly ScriptRun[] | null> {
  const runs: ScriptRun[] = [];
  for (const { up } of rungs) {
    const run = await runWhole(context, up);
    if (!run) return null;
    runs.push(run);
  }
  const last = rungs.at(-1)?.after;
  if (!last) return runs;
  const { catalog } = await stateToCompare(context.session, last, "no rows");
  return compareCatalogs(last.catalog, catalog).residue.length > 0 ? null : runs;
}

/** A script's run; null unless all of it ran that was due. */
async function runWhole({ session, known }: RunContext, script: Script): Promise<ScriptRun | null> {
  const { statements, leftOpen, stop, lost } = await runScript(session, script, known);
  if (lost !== null) throw new EngineLost(lost);
  const isWhole = statements.every(({ outcome }) => outcome.kind === "ran" || outcome.kind === "not-due");
  return stop || leftOpen || !isWhole ? null : { statements, leftOpen };
}
