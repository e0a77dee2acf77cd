import { reasons } from "../review/errors.ts";
import { namesMadeBy } from "../review/made.ts";
import { behind, excused, isBetter, missingIn, type Neighbour, ownPart } from "../review/neighbours.ts";
import type { Database, DryRun, HistoryEntry, Script, Skipped } from "../review/types.ts";

/** Directories that are looked through for what is missing. */
const mostLookedAt = 3;

interface NeighbourRequest {
  readonly database: Database;
  /** Of the database's own migrations alone. */
  readonly run: DryRun;
  /** The nearest first; asked only when something is missing. */
  find(): Promise<readonly Neighbour[]>;
  read(entries: readonly HistoryEntry[]): Promise<readonly Script[]>;
  /** Runs another version of the database, of which only that part is judged. */
  rerun(version: (database: Database) => Database, part: (run: DryRun) => DryRun): Promise<DryRun>;
}

/**
 * Where migrations miss tables or schemas that they do not make, and the migrations of another directory of the tool make them:
 * the run with these in front, if more of the own ones then run. Otherwise the run as it was, in which nothing fails for that.
 */
export async function runBehindNeighbour({
  database,
  run,
  find,
  read,
  rerun,
}: NeighbourRequest): Promise<{ readonly run: DryRun; readonly skipped: readonly Skipped[] }> {
  const asItWas = { run, skipped: [] };
  const missing = missingIn(run);
  if (missing.length === 0 || run.lost !== null) return asItWas;
  const neighbours = await find();
  if (neighbours.length === 0) return asItWas;
  const own = namesMadeBy([...(await read(database.history)), ...database.steps.map(({ up }) => up)]);
  const needed = missing.filter((name) => !own.includes(name));
  if (needed.length === 0) return asItWas;
  for (const neighbour of neighbours.slice(0, mostLookedAt)) {
    const scripts = [...(await read(neighbour.history)), ...neighbour.steps.map(({ up }) => up)];
    const made = namesMadeBy(scripts).filter((name) => needed.includes(name));
    if (made.length === 0) continue;
    const behindIt = await rerun(
      (version) => behind(version, neighbour),
      (whole) => ownPart(whole, neighbour),
    );
    const { directory, steps } = neighbour;
    if (!isBetter(database, run, behindIt, made)) return { ...asItWas, run: excused(run, made, directory) };
    const reason = reasons.neighbour(directory, steps.length > 0 && isCompared(database));
    return { run: behindIt, skipped: [{ path: database.directory, line: null, reason, matters: false }] };
  }
  return asItWas;
}

/** Whether the schema is compared with something else. */
function isCompared({ models, snapshots }: Database): boolean {
  return models !== null || snapshots !== null;
}
