import type {
  Brought,
  Migration,
  MigrationRun,
  OperationKind,
  Outcome,
  Schema,
  Script,
  ScriptRun,
  Statement,
  TableName,
} from "../review/types.ts";
import { type State, stateAfter, stateToCompare } from "./content.ts";
import { EngineLost } from "./engine.ts";
import { formerOf, formerRunOf } from "./former.ts";
import { lookoutOf } from "./lookout.ts";
import { nothingObserved } from "./observe.ts";
import { remedyFor, type Tries } from "./remedy.ts";
import { roundTrip, unjudged } from "./round-trip.ts";
import { emptySchema, schemaOf } from "./schema.ts";
import { type FaithfulRun, type LeftOut, runScript, unreachedRun } from "./script-run.ts";
import type { Session } from "./session.ts";
import { type Trace, traceScript, watcherOf } from "./trace.ts";
import { type Gap, gapOf, type Known } from "./verdict.ts";

/** What the steps of a run share and add to. */
export interface RunContext {
  readonly session: Session;
  readonly known: Known & { readonly gaps: Gap[]; readonly missingExtensions: Set<string> };
  readonly standIns: Set<string>;
  /** Tables that hold made-up rows only. */
  readonly filled: Set<string>;
  readonly emptied: { table: string; reason: string }[];
  /** Tables that were filled, and their made-up rows. */
  readonly seeded: { tables: number; rows: number };
  /** Relations that the base branch has, by OID. */
  readonly old: Set<string>;
  /** Those that steps of the base branch made, which were not given rows yet. */
  readonly unfilled: Set<string>;
  /** Tables that the change creates. */
  readonly own: ReadonlySet<TableName>;
  readonly brought: Brought;
  /** Whether the tool sends files one statement at a time, whatever the framework's default is. */
  sendsOneByOne: boolean;
  /** Whether a relation was made by this change, by OID. */
  isNew(oid: string): boolean;
  lap(phase: string): void;
}

/** What became of a step: `next` is the state in which the following one starts, null when there is none. */
export interface StepResult {
  readonly run: MigrationRun;
  readonly next: State | null;
  readonly lost: string | null;
}

/** What a database is needed for after a step: by the next one, by queries or models, or by nobody. */
export type Follows = "another step" | "questions" | "nothing";

/** Rounds of trying again with something made, left out or emptied. */
const attemptLimit = 40;

/**
 * Runs one migration: its trace, its up as the framework runs it, and its round trip. A migration that is only there
 * (`kept`) is applied and nothing more; of one that is edited the old text is run first, from the same state. Where nothing
 * follows, the database is left as it is, and not remembered. Never rejects for what the SQL does.
 */
export async function runStep(
  context: RunContext,
  migration: Migration,
  start: State,
  follows: Follows,
): Promise<StepResult> {
  const old = formerOf(migration);
  if (!old) return runText(context, migration, start, follows);
  const { run, next, lost } = await runText(apart(context), old, start, "nothing", false);
  if (lost !== null)
    return { run: unreachedStep(migration, schemaOf(start.catalog), lost), next: null, lost };
  if (next && next.checkpoint !== start.checkpoint) await context.session.forget(next.checkpoint);
  await context.session.restore(start.checkpoint);
  const step = await runText(context, migration, start, follows);
  return { ...step, run: { ...step.run, former: formerRunOf(run) } };
}

/** The context for a run of which the ones after it know nothing. */
function apart({ known, standIns, filled, emptied, seeded, ...context }: RunContext): RunContext {
  return {
    ...context,
    known: { gaps: [...known.gaps], missingExtensions: new Set(known.missingExtensions) },
    standIns: new Set(standIns),
    filled: new Set(filled),
    emptied: [...emptied],
    seeded: { ...seeded },
  };
}

async function runText(
  context: RunContext,
  migration: Migration,
  start: State,
  follows: Follows,
  isTraced = migration.status !== "kept",
): Promise<StepResult> {
  const script = asSent(migration.up, context);
  for (const statement of script.statements) {
    if (statement.refused !== null) context.known.gaps.push(gapOf(script, statement, statement.refused));
  }
  const up = await applyUp(context, script, isTraced, start);
  const before = schemaOf(up.start.catalog);
  const stopped = (lost: string | null): StepResult => ({
    run: {
      migration: migration.id,
      up: up.run,
      before,
      after: before,
      roundTrip: migration.down && unjudged(migration.down, "the up did not get through"),
      former: null,
    },
    next: null,
    lost,
  });
  if (up.lost !== null) return stopped(up.lost);
  if (!up.isThrough) return stopped(null);
  const base = { migration: migration.id, up: up.run, before, former: null };
  let next: State | null = null;
  try {
    const rows = follows === "another step" ? "rows" : "no rows";
    const remember = follows === "nothing" ? stateToCompare : stateAfter;
    next = await remember(context.session, up.start, rows);
    context.lap("compare");
    const after = schemaOf(next.catalog);
    if (migration.status === "kept" || !migration.down)
      return { run: { ...base, after, roundTrip: null }, next, lost: null };
    const down = asSent(migration.down, context);
    const trip = await roundTrip(context, {
      up: script,
      down,
      ran: up.run,
      start: up.start,
      after: next,
      leftOut: up.leftOut,
    });
    if (trip.lost === null) {
      if (follows !== "nothing") await context.session.restore(next.checkpoint);
      if (up.start !== start) await context.session.forget(up.start.checkpoint);
    }
    return { run: { ...base, after, roundTrip: trip.roundTrip }, next, lost: trip.lost };
  } catch (cause) {
    if (!(cause instanceof EngineLost)) throw cause;
    const after = next ? schemaOf(next.catalog) : emptySchema;
    const trip = migration.down && unjudged(migration.down, cause.message);
    return { run: { ...base, after, roundTrip: trip }, next: null, lost: cause.message };
  }
}

/** A step of which nothing was run. */
export function unreachedStep(migration: Migration, schema: Schema, reason: string): MigrationRun {
  return {
    migration: migration.id,
    up: unreachedRun(migration.up),
    before: schema,
    after: schema,
    roundTrip: migration.status === "kept" || !migration.down ? null : unjudged(migration.down, reason),
    former: null,
  };
}

interface UpResult {
  readonly run: ScriptRun;
  /** Where it started: another state than the caller's when something had to be made or emptied first. */
  readonly start: State;
  readonly leftOut: LeftOut;
  /** Whether all that it does took effect, statements that could not be evaluated aside. */
  readonly isThrough: boolean;
  readonly lost: string | null;
}

async function applyUp(
  context: RunContext,
  script: Script,
  isTraced: boolean,
  from: State,
): Promise<UpResult> {
  const tries: Tries = { leftOut: new Map(), adapted: new Map() };
  const { leftOut } = tries;
  let start = from;
  let traced: Trace | null = null;
  const saved = { emptied: context.emptied.length, filled: [...context.filled] };
  const result = (run: FaithfulRun, isThrough: boolean): UpResult => ({
    run: { statements: withTrace(run, traced), leftOpen: run.leftOpen },
    start,
    leftOut,
    isThrough,
    lost: run.lost,
  });
  try {
    for (let attempt = 0; ; attempt += 1) {
      if (isTraced) {
        const lookout = lookoutOf(context.session, start.marks);
        traced = await traceScript(context.session, { script, leftOut, lookout }, context.isNew);
        context.lap("trace");
        if (traced.lost !== null) return { ...lostInTrace(script, traced, leftOut), start, leftOut };
        const run = asTraced(script, traced);
        if (run) return result(run, true);
        await context.session.restore(start.checkpoint);
      }
      const run = await runScript(context.session, script, context.known, leftOut);
      context.lap("up");
      if (run.lost !== null) return result(run, false);
      if (!run.stop) {
        const seen = isTraced ? await watchUnseen(context, script, run, traced, leftOut, start) : traced;
        traced = seen;
        return result(run, !run.leftOpen);
      }
      const remedy = attempt < attemptLimit ? await remedyFor(context, script, run.stop, start, tries) : null;
      if (!remedy) {
        forget(context, saved);
        await context.session.restore(start.checkpoint);
        return result(run, false);
      }
      if (start !== from && remedy !== start) await context.session.forget(start.checkpoint);
      start = remedy;
    }
  } catch (cause) {
    if (!(cause instanceof EngineLost)) throw cause;
    const run = unreachedRun(script);
    return { run, start, leftOut, isThrough: false, lost: cause.message };
  }
}

/** What a script changes in these ways it changes alike in its tool's run and in its trace. */
const plain: ReadonlySet<OperationKind> = new Set([
  "createTable",
  "dropTable",
  "renameTable",
  "addColumn",
  "dropColumn",
  "renameColumn",
  "alterColumnType",
  "setNotNull",
  "dropNotNull",
  "setDefault",
  "addConstraint",
  "validateConstraint",
  "dropConstraint",
  "createIndex",
  "dropIndex",
]);

/**
 * The run of a script whose statements each have a transaction of their own in their tool as in the trace, so that it need
 * not run once more; null where the two may differ.
 */
function asTraced({ transaction, statements }: Script, { runs }: Trace): FaithfulRun | null {
  const isPlain = ({ copyData, asks, guard, operations }: Statement) =>
    copyData === null &&
    asks.length === 0 &&
    guard === null &&
    operations.length > 0 &&
    operations.every(
      (operation) =>
        plain.has(operation.kind) &&
        // The trace runs it alone, where the tool's own transaction refuses it.
        !(transaction === "transaction" && "concurrently" in operation && operation.concurrently),
    );
  const isAlone = transaction === "autocommit" || statements.length === 1;
  if (!isAlone || runs.length !== statements.length || !statements.every(isPlain)) return null;
  return { statements: runs, stop: null, leftOpen: false, lost: null };
}

/** The failure stands: that rows were taken away for it was in vain, and is not told. */
function forget(
  { emptied, filled }: RunContext,
  saved: { emptied: number; filled: readonly string[] },
): void {
  emptied.length = saved.emptied;
  for (const table of saved.filled) filled.add(table);
}

/** Statements that only run inside their script's own transaction are seen there, in a run of their own. */
async function watchUnseen(
  context: RunContext,
  script: Script,
  run: FaithfulRun,
  traced: Trace | null,
  leftOut: LeftOut,
  start: State,
): Promise<Trace | null> {
  const unseen = run.statements.some(
    ({ index, outcome }) => outcome.kind === "ran" && !traced?.observations.has(index),
  );
  if (!unseen || !traced) return traced;
  const { watcher, observations } = watcherOf(context.session, context.isNew);
  await context.session.restore(start.checkpoint);
  const again = await runScript(context.session, script, context.known, leftOut, watcher);
  context.lap("trace");
  if (again.lost !== null) throw new EngineLost(again.lost);
  return { ...traced, observations: new Map([...observations, ...traced.observations]) };
}

/** What became of the statements of a run, with what the trace saw of those that ran. */
export function withTrace(
  run: Pick<ScriptRun, "statements">,
  traced: Pick<Trace, "observations"> | null,
): ScriptRun["statements"] {
  return run.statements.map((statement) => {
    const seen = statement.outcome.kind === "ran" && traced?.observations.get(statement.index);
    return { ...statement, ...(seen || nothingObserved) };
  });
}

/** The engine did not survive the trace: what ran before counts, the statement that was tried could not be evaluated. */
function lostInTrace(script: Script, traced: Trace, leftOut: LeftOut) {
  const reason = traced.lost ?? "";
  const ran = new Map(traced.runs.map((run) => [run.index, run]));
  const tried = script.statements.find(
    ({ index, refused }) =>
      refused === null && !leftOut.has(index) && !ran.has(index) && !traced.observations.has(index),
  );
  const outcomeOf = (index: number, refused: string | null): Outcome => {
    const why = refused ?? leftOut.get(index) ?? (tried?.index === index ? reason : undefined);
    return why === undefined ? { kind: "not-reached" } : { kind: "not-evaluated", reason: why };
  };
  const statements = script.statements.map(
    ({ index, refused }) =>
      ran.get(index) ?? { index, outcome: outcomeOf(index, refused), ...nothingObserved, ms: 0 },
  );
  return { run: { statements, leftOpen: false }, isThrough: false, lost: reason };
}

/** The script as the tool sends it. */
export function asSent(script: Script, { sendsOneByOne }: Pick<RunContext, "sendsOneByOne">): Script {
  return sendsOneByOne && script.transaction === "implicit"
    ? { ...script, transaction: "autocommit" }
    : script;
}
