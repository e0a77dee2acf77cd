import { readFile } from "node:fs/promises";
import { z } from "zod";
import { type BaseCache, baseKey, replayFacts, seededSchema } from "../base-cache.ts";
import type { DryRunRequest } from "../dry-run.ts";
import type { Checkpoint } from "../engine.ts";
import type { Limits } from "../limits.ts";
import type { Seeded } from "../seed.ts";
import { replaySqlite, type SqliteHistory } from "./history.ts";
import { seedSqlite } from "./seed.ts";
import { type SqliteSession, sqliteVersion } from "./session.ts";
import { describe } from "./tables.ts";

/** What was said of the base side's migrations; the session holds the database that they made, with made-up rows. */
export interface SqliteBase {
  readonly cached: boolean;
  readonly history: SqliteHistory;
  readonly seeded: Seeded;
}

export interface SqliteBaseTools {
  readonly session: SqliteSession;
  /** The database as it is, before anything ran. */
  readonly empty: Checkpoint;
  readonly limits: Limits;
  readonly cache: BaseCache;
  progress(phase: string, done: number, of: number): void;
  lap(phase: string): void;
}

/** How bases come about; a change of what is written here, or by history or seed, must change it. */
const recipe = 5;

const historySchema: z.ZodType<SqliteHistory> = z.object({
  ...replayFacts,
  unwrapped: z.boolean(),
  standIns: z.array(z.object({ kind: z.enum(["collation", "function"]), name: z.string() })),
});

const factsSchema = z.object({ history: historySchema, seeded: seededSchema });

/**
 * Builds the migrated base in the session, or takes it from the cache, where it is kept with its made-up rows. Rejects with
 * EngineLost when the engine does not survive the history.
 */
export async function buildSqliteBase(request: DryRunRequest, tools: SqliteBaseTools): Promise<SqliteBase> {
  const { database, scope } = request;
  const { session, limits, cache, progress, lap } = tools;
  const files = database.history.map(({ path, version, digest }) => [path, version, digest]);
  const key = baseKey([recipe, sqliteVersion(), scope, database.dialect, database.framework, files]);
  const kept = await takeKept(tools, key);
  lap("find");
  if (kept) return { cached: true, ...kept };

  const scripts = await request.loadHistory();
  lap("load");
  progress("history", 0, scripts.length);
  const history = await replaySqlite(session, scripts, limits.statement, (done) =>
    progress("history", done, scripts.length),
  );
  lap("history");
  const seeded = await seedSqlite(session, await describe(session));
  lap("seed");
  if (files.length > 0) await cache.keep(key, await session.dump(), { history, seeded });
  lap("keep");
  return { cached: false, history, seeded };
}

async function takeKept({ session, empty, cache }: SqliteBaseTools, key: string) {
  const kept = await cache.find(key, factsSchema);
  if (!kept) return null;
  await session.load(new Uint8Array(await readFile(kept.image)));
  const isWell = (await session.tryAsk("PRAGMA main.quick_check"))?.[0]?.[0] === "ok";
  if (isWell) return kept.facts;
  // A damaged file: the history is replayed as if there were none.
  await session.restore(empty);
  await cache.drop(key);
  return null;
}
