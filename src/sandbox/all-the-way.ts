import type { Migration, MigrationRun, RoundTrip, Script, ScriptRun } from "../review/types.ts";
import { compareCatalogs } from "./compare.ts";
import { type State, stateToCompare } from "./content.ts";
import { EngineLost } from "./engine.ts";
import { compareData } from "./fingerprint.ts";
import { lookoutOf } from "./lookout.ts";
import { fillKnown, recordKnown } from "./run-context.ts";
import { schemaOf } from "./schema.ts";
import { runScript } from "./script-run.ts";
import { asSent, type RunContext, withTrace } from "./step.ts";
import { type Trace, traceScript } from "./trace.ts";

/** Steps that were gone up at once, of which none has a part in another: mostly one. */
interface Rung {
  readonly steps: readonly { readonly migration: Migration; readonly up: Script; readonly trace: Trace }[];
  readonly before: State;
  readonly after: State;
}

/** What the whole way showed: the runs, and what the database held before each step and at the end, where it is now. */
export interface WholeWay {
  readonly runs: readonly MigrationRun[];
  readonly before: readonly State[];
  readonly end: State;
}

interface Beside {
  /** Steps that are compared as one, by migration; each by itself where it is in none. */
  readonly levels: readonly (readonly string[])[];
  /** Whether what the downs leave behind is told where it is no defect, too. */
  readonly isTold: boolean;
  /** What becomes of the steps after one, if that is known. */
  known(step: number, state: State): readonly MigrationRun[] | null;
  /** Told of a step before it is run for the first time. */
  onStep(step: number): void;
}

/**
 * Goes the whole way of steps that are expected to be right, without remembering the database between them: all up, each
 * statement seen alone; down from the last to the first, where each must leave what there was before its step; and all up once
 * more as their tool runs them, to where the first way had led. Steps that are only there (`kept`) come first or last, and are
 * only applied; the last ones not even that where `known` tells what becomes of them. null as soon as anything is not as it should
 * be: `runStep` says what. Starts in `start`, where the database is; the caller puts it back.
 */
export async function runAllTheWay(
  context: RunContext,
  steps: readonly Migration[],
  start: State,
  { levels, isTold, known, onStep }: Beside,
): Promise<WholeWay | null> {
  const own = steps.filter(({ status }) => status !== "kept");
  const first = steps.findIndex(({ status }) => status !== "kept");
  const kept = steps.slice(0, Math.max(first, 0));
  const rest = steps.slice(kept.length + own.length);
  const downs = own.filter(({ down }) => down !== null);
  const isFit = own.length > 0 && own.every(isFresh) && rest.every(({ status }) => status === "kept");
  if (!isFit || (downs.length > 0 && downs.length < own.length)) return null;

  const below = await applyKept(context, kept, start);
  if (!below) return null;
  const from = await fillKnown(context, below.end);
  // Of steps that have no part in each other, what is left behind or lost on the way back is seen at its end.
  const isEndCompared = levels.length > 0;
  const rows = isEndCompared ? "no rows" : "rows";
  const rungs = await climb(context, atOnce(own, levels), from, rows, (i) => onStep(kept.length + i));
  if (!rungs) return null;
  const ways = downs.length > 0 ? await descend(context, rungs, { isEndCompared, isTold }) : [];
  if (!ways || (downs.length === 0 && !(await startAgain(context, kept, start, from)))) return null;
  const again = await climbAgain(context, rungs, isEndCompared);
  if (!again) return null;
  const top = rungs.at(-1)?.after ?? from;
  const asBefore = rest.length > 0 ? known(steps.length - rest.length - 1, top) : null;
  const above = asBefore ? { runs: asBefore, before: [], end: top } : await applyKept(context, rest, top);
  if (!above) return null;
  return {
    runs: [
      ...below.runs,
      ...rungs.flatMap(gone).map((one, i) => runOf(one, again[i], ways[i])),
      ...above.runs,
    ],
    before: [...below.before, ...rungs.flatMap(gone).map(({ before }) => before), ...above.before],
    end: above.end,
  };
}

function isFresh({ status, former }: Migration): boolean {
  return status === "added" && former === null;
}

/** The steps in the order in which they are gone, those that are compared as one together. */
function atOnce(own: readonly Migration[], levels: Beside["levels"]): readonly (readonly Migration[])[] {
  const groups: Migration[][] = [];
  let last: readonly string[] | undefined;
  for (const step of own) {
    const level = levels.find((ids) => ids.includes(step.id));
    if (level && level === last) groups.at(-1)?.push(step);
    else groups.push([step]);
    last = level;
  }
  return groups;
}

function gone({ steps, before, after }: Rung) {
  return steps.map((step) => ({ ...step, before, after }));
}

function runOf(
  { migration, trace, before, after }: ReturnType<typeof gone>[number],
  up?: ScriptRun,
  way?: RoundTrip,
): MigrationRun {
  return {
    migration: migration.id,
    up: { statements: withTrace(up ?? { statements: [] }, trace), leftOpen: false },
    before: schemaOf(before.catalog),
    after: schemaOf(after.catalog),
    roundTrip: way && up ? { ...way, upAgain: up } : null,
    former: null,
  };
}

async function applyKept(
  context: RunContext,
  kept: readonly Migration[],
  start: State,
): Promise<WholeWay | null> {
  const runs: MigrationRun[] = [];
  const states = [start];
  let end = start;
  for (const { id, up: script } of kept) {
    const up = await runWhole(context, asSent(script, context));
    if (!up) return null;
    const next = await stateToCompare(context.session, end, "rows");
    recordKnown(context, end, next);
    const before = schemaOf(end.catalog);
    runs.push({ migration: id, up, before, after: schemaOf(next.catalog), roundTrip: null, former: null });
    states.push(next);
    end = next;
  }
  return { runs, before: states.slice(0, -1), end };
}

/** The ups, each statement in a transaction of its own. */
async function climb(
  { session, isNew, ...context }: RunContext,
  levels: readonly (readonly Migration[])[],
  start: State,
  rows: "rows" | "no rows",
  onStep: (i: number) => void,
): Promise<readonly Rung[] | null> {
  const lookout = lookoutOf(session, start.marks);
  const rungs: Rung[] = [];
  let before = start;
  let done = 0;
  for (const level of levels) {
    const steps: Rung["steps"][number][] = [];
    for (const migration of level) {
      onStep(done++);
      const up = asSent(migration.up, context);
      const trace = await traceScript(session, { script: up, leftOut: new Map(), lookout }, isNew);
      if (trace.lost !== null) throw new EngineLost(trace.lost);
      if (trace.runs.length < up.statements.length) return null;
      steps.push({ migration, up, trace });
    }
    const after = await stateToCompare(session, before, rows);
    if (rows === "rows") await lookout.resume();
    rungs.push({ steps, before, after });
    before = after;
  }
  return rungs;
}

/**
 * The downs, from the last step to the first: the way back of each step, up again left open. What is compared at the end alone is
 * taken to be right in between.
 */
async function descend(
  context: RunContext,
  rungs: readonly Rung[],
  { isEndCompared, isTold }: Pick<Beside, "isTold"> & { readonly isEndCompared: boolean },
): Promise<readonly RoundTrip[] | null> {
  const ways: RoundTrip[] = [];
  let now = rungs.at(-1)?.after;
  for (const [i, { steps, before }] of [...rungs.entries()].reverse()) {
    const downs: ScriptRun[] = [];
    for (const { migration } of steps.toReversed()) {
      const down = migration.down && (await runWhole(context, asSent(migration.down, context)));
      if (!down) return null;
      downs.unshift(down);
    }
    if (!now) return null;
    if (isEndCompared) now = i > 0 ? before : await stateToCompare(context.session, before, "rows");
    else now = await stateToCompare(context.session, now, "rows");
    const { residue, benign } = compareCatalogs(before.catalog, now.catalog);
    if (residue.length > 0 || compareData(before.data, now.data).length > 0) return null;
    // It is there for the downs below as well, which have no part in it.
    if (isTold && benign.length > 0 && i > 0) return null;
    const seen = { residue, benign, data: [], upAgain: null, upAgainResidue: [], notEvaluated: null };
    ways.unshift(...downs.map((down) => ({ down, ...seen })));
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

/**
 * The ups as their tool runs them; null when they do not lead to where the first way led. Not compared is where those lead that nobody
 * asks for the way: they begin where the first way began.
 */
async function climbAgain(
  context: RunContext,
  rungs: readonly Rung[],
  isEndCompared: boolean,
): Promise<readonly ScriptRun[] | null> {
  const runs: ScriptRun[] = [];
  for (const { up } of rungs.flatMap(({ steps }) => steps)) {
    const run = await runWhole(context, up);
    if (!run) return null;
    runs.push(run);
  }
  const last = rungs.at(-1)?.after;
  if (!last || isEndCompared) return runs;
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
