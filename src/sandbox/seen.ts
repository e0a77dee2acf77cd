import type { DryRun, MigrationRun, PlanOutcome, QueryRun, Schema } from "../review/types.ts";
import type { Base } from "./base.ts";
import type { Content, State } from "./content.ts";
import type { DryRunRequest } from "./dry-run.ts";
import type { Built } from "./models.ts";
import type { Added } from "./run-context.ts";
import { emptySchema } from "./schema.ts";
import { type RunContext, unreachedStep } from "./step.ts";

/** All that was seen so far; a lost engine takes nothing of it away. */
export interface Seen {
  engine: string;
  base: Base | null;
  /** The database before the first step: where another version of the change starts as well. */
  origin: State | null;
  /** The database after the last step; null when they did not get there, or it was not run for it. */
  end: State | null;
  start: Schema;
  head: Schema;
  readonly migrations: MigrationRun[];
  readonly before: Map<number, PlanOutcome>;
  readonly early: Map<number, PlanOutcome>;
  readonly after: Map<number, PlanOutcome>;
  readonly deployed: { readonly before: PlanOutcome[]; readonly after: PlanOutcome[] };
  beside: Built;
  context: RunContext | null;
  /** Where another version of the change, with the same first steps, goes on from. */
  readonly stops: Stop[];
  /** What the database held before each step that was run, where other versions are to be compared with it. */
  readonly contents: Content[];
  /** Gives back the checkpoints of the steps, but those of the stops. */
  giveBack(): Promise<void>;
  /** Whether all steps are being seen on one way, which tells nothing of any of them before its end. */
  isOnTheWay: boolean;
  lost: string | null;
}

/** The database before a step, what the steps before it made of the context, and the run of the one that led there. */
export interface Stop {
  readonly state: State;
  readonly added: Added;
  readonly last: MigrationRun | null;
}

/** Before anything ran. */
export function nothingSeen(): Seen {
  return {
    engine: "none",
    base: null,
    origin: null,
    end: null,
    start: emptySchema,
    head: emptySchema,
    migrations: [],
    before: new Map(),
    early: new Map(),
    after: new Map(),
    deployed: { before: [], after: [] },
    beside: { models: null, snapshots: null },
    context: null,
    stops: [],
    contents: [],
    giveBack: async () => undefined,
    isOnTheWay: false,
    lost: null,
  };
}

/** The answer to a request, by what was seen until its end. `timings`: milliseconds by phase. */
export function dryRunOf(
  request: DryRunRequest,
  seen: Seen,
  timings: Readonly<Record<string, number>>,
): DryRun {
  const { database } = request;
  const history = seen.base?.history;
  const seeded = seen.base?.seeded ?? { tables: 0, rows: 0, empty: [] };
  const stop = seen.lost ?? "an earlier migration did not get through";
  return {
    directory: database.directory,
    engine: seen.engine,
    history: {
      migrations: history?.migrations ?? 0,
      statements: history?.statements ?? 0,
      cached: seen.base?.cached ?? false,
      failed: history?.failed ?? [],
    },
    standIns: [...(seen.context?.standIns ?? history?.standIns ?? [])],
    seeded: {
      tables: seen.context?.seeded.tables ?? seeded.tables,
      rows: seen.context?.seeded.rows ?? seeded.rows,
      empty: [...seeded.empty, ...(seen.context?.emptied ?? [])],
    },
    base: seen.start,
    head: seen.head,
    migrations: database.steps.map((step, i) => seen.migrations[i] ?? unreachedStep(step, seen.head, stop)),
    queries: request.queries.map(
      ({ index, sql, baseSql }): QueryRun => ({
        query: index,
        before:
          baseSql === null
            ? null
            : (seen.before.get(index) ?? notPlanned(seen.lost ?? "the base was not built")),
        early:
          baseSql === sql
            ? null
            : (seen.early.get(index) ?? notPlanned(seen.lost ?? "the base was not built")),
        after: seen.after.get(index) ?? notPlanned(stopReason(seen)),
      }),
    ),
    deployed: (request.deployed ?? []).map((_, query) => ({
      query,
      before: seen.deployed.before[query] ?? notPlanned(stopReason(seen)),
      after: seen.deployed.after[query] ?? notPlanned(stopReason(seen)),
    })),
    ...seen.beside,
    lost: seen.lost,
    timings,
  };
}

function stopReason({ lost }: Seen): string {
  return lost ?? "the migrations did not get through, so that the schema that they leave is not known";
}

export function notPlanned(reason: string): PlanOutcome {
  return { kind: "not-evaluated", reason };
}
