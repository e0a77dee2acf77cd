import type { Base } from "./base.ts";
import { type State, stateAfter } from "./content.ts";
import { seed } from "./seed.ts";
import type { RunContext } from "./step.ts";
import type { Gap } from "./verdict.ts";

/** What steps change in the context of a run. */
export type Added = Pick<
  RunContext,
  "standIns" | "filled" | "emptied" | "seeded" | "old" | "unfilled" | "sendsOneByOne"
> & { readonly gaps: Gap[]; readonly missingExtensions: Set<string> };

/** The context in which the steps of a change run on a base. */
export function contextOf(
  { session, history, seeded, content }: Base,
  { gaps, own, brought, lap }: { gaps: Gap[] } & Pick<RunContext, "own" | "brought" | "lap">,
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
    brought,
    sendsOneByOne: history.sendsOneByOne,
    isNew: (oid) => !old.has(oid),
    lap,
  };
}

/** A copy of what steps made of the context; the gaps that the change began with are its own. */
export function addedTo(context: RunContext, ownGaps: number): Added {
  const { standIns, filled, emptied, seeded, old, unfilled, sendsOneByOne } = context;
  const { gaps, missingExtensions } = context.known;
  const added = { standIns, filled, emptied, seeded, old, unfilled, sendsOneByOne, missingExtensions };
  return structuredClone({ ...added, gaps: gaps.slice(ownGaps) });
}

/** Goes on where a stop was made, in the context of another version of the change. */
export function addTo(context: RunContext, { seeded, sendsOneByOne, emptied, gaps, ...sets }: Added): void {
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

/** The base branch has this step as well: what it made is there in production, with rows. */
export function recordKnown({ old, unfilled }: RunContext, before: State, after: State): void {
  for (const [oid, { name, kind }] of after.marks.relations) {
    if (before.marks.relations.has(oid)) continue;
    old.add(oid);
    if (kind === "r" || kind === "p") unfilled.add(name);
  }
}

/** Made-up rows for tables that steps of the base branch made. Answers the state that they leave. */
export async function fillKnown(context: RunContext, state: State): Promise<State> {
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
