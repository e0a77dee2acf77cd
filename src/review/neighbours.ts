import { lastPart } from "./made.ts";
import type { Database, DryRun, HistoryEntry, Migration, Outcome } from "./types.ts";

/** Another directory of the same tool in the repository. */
export interface Neighbour {
  readonly directory: string;
  readonly history: readonly HistoryEntry[];
  /** Where the pull request changes it as well: from the first changed migration on. */
  readonly steps: readonly Migration[];
}

/** Tables, views and schemas that something of a run missed, without their schemas, in lower case. */
export function missingIn({ history, migrations }: DryRun): readonly string[] {
  const reasons = [
    ...history.failed.map(({ reason }) => reason),
    ...migrations.flatMap(({ up }) => up.statements.map(({ outcome }) => reasonOf(outcome))),
  ];
  return [...new Set(reasons.flatMap(namesIn))];
}

/**
 * The database with the neighbour's migrations in front: its history first, and what the pull request changes there before what
 * it changes here. With changes of both, nothing is compared with the schema of one.
 */
export function behind(database: Database, { history, steps }: Neighbour): Database {
  return {
    ...database,
    history: [...history, ...database.history],
    steps: [...steps, ...database.steps],
    ...(steps.length > 0 && { models: null, snapshots: null }),
  };
}

/** What such a run shows of the database's own migrations. */
export function ownPart(run: DryRun, { steps }: Neighbour): DryRun {
  const foreign = new Set(steps.map(({ id }) => id));
  return { ...run, migrations: run.migrations.filter(({ migration }) => !foreign.has(migration)) };
}

/** Whether more of a database's own migrations ran, and nothing is missing any more that the neighbour makes. */
export function isBetter(
  { history }: Database,
  before: DryRun,
  after: DryRun,
  made: readonly string[],
): boolean {
  const own = new Set(history.map(({ path }) => path));
  const count = ({ history: replay, migrations }: DryRun) =>
    replay.failed.filter(({ path }) => own.has(path)).length +
    migrations.flatMap(({ up }) => up.statements).filter(({ outcome }) => outcome.kind !== "ran").length;
  return (
    after.lost === null &&
    count(after) < count(before) &&
    !missingIn(after).some((name) => made.includes(name))
  );
}

/** The run, with failures over what the neighbour makes told as what they are: something that was missing here. */
export function excused(run: DryRun, made: readonly string[], directory: string): DryRun {
  const excuse = (outcome: Outcome): Outcome =>
    outcome.kind === "failed" && namesIn(outcome.message).some((name) => made.includes(name))
      ? {
          kind: "not-evaluated",
          reason: `it needs what the migrations of ${directory} make (${outcome.message})`,
        }
      : outcome;
  return {
    ...run,
    migrations: run.migrations.map((one) => ({
      ...one,
      up: {
        ...one.up,
        statements: one.up.statements.map((seen) => ({ ...seen, outcome: excuse(seen.outcome) })),
      },
    })),
  };
}

function namesIn(reason: string): string[] {
  const found = [
    ...reason.matchAll(/(?:relation|table|view|schema) "([^"]+)" does not exist/g),
    ...reason.matchAll(/no such table: ([^\s)]+)/g),
  ];
  return found.map(([, name = ""]) => lastPart(name));
}

function reasonOf(outcome: Outcome): string {
  if (outcome.kind === "failed") return outcome.message;
  return outcome.kind === "not-evaluated" ? outcome.reason : "";
}
