import path from "node:path";
import type { Statistics } from "../review/statistics.ts";
import type { Database, DryRun, Script, TableName } from "../review/types.ts";
import { type BaseCache, createBaseCache } from "./base-cache.ts";
import { cacheDirectory } from "./cache-directory.ts";
import { baseImageKey } from "./image.ts";
import { createKeeper } from "./keeper.ts";
import { createModelMemory } from "./kept-models.ts";
import { defaultLimits, type Limits } from "./limits.ts";
import { createLull } from "./lull.ts";
import { oneSpare } from "./one-spare.ts";
import { startPrisma, startWarmPrisma } from "./prisma/render.ts";
import { runDatabase } from "./run.ts";
import { serialRuns } from "./serial.ts";
import { runSqlite } from "./sqlite/run.ts";
import { startSqliteSession } from "./sqlite/session.ts";
import { startWarmSession } from "./sqlite/warm-up.ts";

export interface SandboxOptions {
  /** Engines that are kept started, so that a review need not wait. */
  readonly spares?: number;
  /** Where images and migrated bases are kept. */
  readonly cacheDirectory?: string;
  /** Whether all runs are those of one repository's history, one after the other: few processes then, and no base is kept. */
  readonly isSerial?: boolean;
  readonly limits?: Partial<Limits>;
}

export interface DryRunRequest {
  readonly database: Database;
  /** Repository: cache entries never cross it. */
  readonly scope: string;
  /** Asked only when no migrated base is cached. */
  loadHistory(): Promise<readonly Script[]>;
  readonly queries: readonly {
    readonly index: number;
    readonly sql: string;
    readonly baseSql: string | null;
  }[];
  /** Queries of running code, each planned on the base schema and on the one that the change leaves; none when left out. */
  readonly deployed?: readonly string[];
  /** Rows that tables hold in production. */
  readonly rows: Readonly<Record<TableName, number>>;
  /** What else is known of production: sizes, and how values are spread. Nothing when left out. */
  readonly statistics?: Statistics | null;
  /** Each step is run and remembered by itself, also where all of them might be seen on one way. */
  readonly isStepByStep?: boolean;
  /**
   * Steps that follow each other and have no part in each other, by migration: they are compared as one, and their way back at its
   * end. Where such a change cannot be run all the way, or shows a fault on it, none of its steps is reached.
   */
  readonly levels?: readonly (readonly string[])[];
  onProgress?(progress: { phase: string; done: number; of: number }): void;
  readonly signal?: AbortSignal;
  /**
   * Asked after each run: another version of the change, with the same history, that is run from the same base, with the
   * same queries unless it says others; null when there is none, and it is not asked again. What is answered to `dryRun`
   * stays the first run.
   */
  rerun?(run: DryRun): NextVersion | null;
}

type NextVersion = Pick<DryRunRequest, "database"> &
  Partial<Pick<DryRunRequest, "queries" | "deployed" | "levels">>;

export interface Sandbox {
  /**
   * Runs a database's history and changes in a throwaway database. Rejects when `loadHistory` does or the signal aborts,
   * never for what the SQL does: that is in the answer, and `lost` says when there is no verdict.
   */
  dryRun(request: DryRunRequest): Promise<DryRun>;
  /** Resolves when an engine can be had without waiting. */
  ready(): Promise<void>;
  close(): Promise<void>;
}

const noBases: BaseCache = {
  find: async () => null,
  keep: async () => null,
  drop: async () => undefined,
};

/** The only door to databases: what is outside of this folder sees nothing else of it. */
export function createSandbox(options: SandboxOptions = {}): Sandbox {
  const directory = cacheDirectory(options.cacheDirectory);
  const limits = { ...defaultLimits, ...options.limits };
  const lull = createLull();
  const keeper = createKeeper({ ...options, cacheDirectory: directory, lull });
  const cache = options.isSerial ? noBases : createBaseCache(path.join(directory, "migrated"));
  const isKept = options.spares !== 0;
  const prisma = oneSpare({ start: startPrisma, startAhead: startWarmPrisma, lull, isKept });
  const means = {
    cache,
    startPrisma: prisma.take,
    version: baseImageKey(),
    memory: createModelMemory(),
    lease: keeper.lease,
    prefer: keeper.prefer,
  };
  const runPostgres = options.isSerial
    ? serialRuns({ ...means, prefer: () => undefined })
    : (request: DryRunRequest) => runDatabase(request, means);
  const sqlite = oneSpare({
    start: () => startSqliteSession(limits),
    startAhead: () => startWarmSession(limits),
    lull,
    isKept,
  });
  return {
    async dryRun(request) {
      const end = lull.busy();
      try {
        if (request.database.dialect !== "sqlite") return await runPostgres(request);
        return await runSqlite(request, { ...means, limits, start: sqlite.take });
      } finally {
        end();
      }
    },
    async ready() {
      await keeper.ready();
      await Promise.all([sqlite.ready(), prisma.ready()]);
    },
    async close() {
      await Promise.all([keeper.close(), sqlite.close(), prisma.close()]);
    },
  };
}
