import { z } from "zod";
import type { Database, Script } from "../review/types.ts";
import { type BaseCache, baseKey, replayFacts, seededSchema } from "./base-cache.ts";
import { type Content, fromKept, keptContent, readContent, toKept } from "./content.ts";
import { type Engine, EngineLost } from "./engine.ts";
import { type Culprit, type History, HistoryLost, replayHistory } from "./history.ts";
import type { LeaseOptions } from "./keeper.ts";
import { type Seeded, seed } from "./seed.ts";
import { type Session, sessionOf } from "./session.ts";

/** The database as the base side's migrations leave it, with made-up rows. */
export interface Base {
  readonly session: Session;
  readonly cached: boolean;
  readonly history: History;
  readonly seeded: Seeded;
  readonly content: Content;
}

/** How bases come about; a change of what is written here, or by history, stand-ins, seed or content, must change it. */
const recipe = 14;

/** Engines that a history may bring down before the run is given up. */
const engineLimit = 5;

const historySchema: z.ZodType<History> = z.object({
  ...replayFacts,
  standIns: z.array(z.string()),
  missingExtensions: z.array(z.string()),
  sendsOneByOne: z.boolean(),
});

const factsSchema = z.object({ history: historySchema, seeded: seededSchema, content: keptContent });

export interface BaseRequest {
  readonly database: Database;
  readonly scope: string;
  /** What bases of another engine must not be mixed with. */
  readonly version: string;
  readonly cache: BaseCache;
  lease(options: LeaseOptions): Promise<Engine>;
  prefer(options: LeaseOptions): void;
  loadHistory(): Promise<readonly Script[]>;
  onProgress(phase: string, done: number, of: number): void;
  lap(phase: string): void;
}

/**
 * Builds the migrated base or takes it from the cache, where it is kept with its made-up rows. A statement of the history
 * that brings the engine down is left out and recorded. Rejects with EngineLost when no engine survives the history.
 */
export async function buildBase(request: BaseRequest): Promise<Base> {
  const { database, scope, version } = request;
  const history = database.history.map(({ path, version, digest, settings }) => [
    path,
    version,
    digest,
    settings,
  ]);
  const key = baseKey([recipe, version, scope, database.dialect, database.framework, history]);
  const kept = await takeKept(request, key);
  if (kept) return kept;

  const scripts = await request.loadHistory();
  request.lap("load");
  const culprits: Culprit[] = [];
  let isSeeding = true;
  for (let engines = 1; ; engines += 1) {
    const engine = await request.lease({});
    request.lap("start");
    try {
      const base = await replay(request, engine, scripts, culprits, isSeeding);
      if (history.length > 0) await keep(request, key, base);
      request.lap("keep");
      return base;
    } catch (cause) {
      await engine.close();
      if (cause instanceof SeedingLost && isSeeding) isSeeding = false;
      else if (!(cause instanceof HistoryLost)) throw cause;
      else if (!add(culprits, cause.culprit) || engines >= engineLimit) {
        throw new EngineLost(`${cause.culprit.path}: ${cause.message}`, { cause });
      }
    }
  }
}

/** Made-up rows brought the engine down: a trigger of the history's own does. */
class SeedingLost extends Error {
  override readonly name = "SeedingLost";
}

async function takeKept(request: BaseRequest, key: string): Promise<Base | null> {
  const kept = await request.cache.find(key, factsSchema);
  request.lap("find");
  if (!kept) return null;
  try {
    const session = sessionOf(await request.lease({ image: kept.image, imageKey: key }));
    await session.reset();
    request.lap("start");
    const { history, seeded, content } = kept.facts;
    return { session, cached: true, history, seeded, content: fromKept(content) };
  } catch {
    // A damaged archive does not start: the history is replayed as if there were none.
    await request.cache.drop(key);
    return null;
  }
}

async function keep(
  { cache, prefer }: BaseRequest,
  key: string,
  { session, history, seeded, content }: Base,
): Promise<void> {
  const archive = await session.dump();
  if (archive === null) return;
  const image = await cache.keep(key, archive, { history, seeded, content: toKept(content) });
  if (image !== null) prefer({ image, imageKey: key });
}

async function replay(
  request: BaseRequest,
  engine: Engine,
  scripts: readonly Script[],
  culprits: readonly Culprit[],
  isSeeding: boolean,
): Promise<Base> {
  const session = sessionOf(engine);
  await session.reset();
  const progress = (done: number) => request.onProgress("history", done, scripts.length);
  progress(0);
  const history = await replayHistory(session, scripts, culprits, progress);
  request.lap("history");
  const seeded = isSeeding ? await seedSafely(session) : unseeded;
  request.lap("seed");
  const content = await readContent(session);
  request.lap("compare");
  return { session, cached: false, history, seeded, content };
}

const unseeded: Seeded = {
  tables: 0,
  rows: 0,
  empty: [{ table: "*", reason: "filling the tables brought the sandbox down" }],
  filled: [],
};

async function seedSafely(session: Session): Promise<Seeded> {
  try {
    return await seed(session);
  } catch (cause) {
    if (!(cause instanceof EngineLost)) throw cause;
    throw new SeedingLost(cause.message, { cause });
  }
}

/** First the file is run one statement at a time, then its culprit is left out. Answers false when that is known already. */
function add(culprits: Culprit[], culprit: Culprit): boolean {
  const isKnown = culprits.some(({ path, index }) => path === culprit.path && index === culprit.index);
  if (isKnown) return false;
  culprits.push(culprit);
  return true;
}
