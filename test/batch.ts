import type { DryRun } from "../src/review/types.ts";
import type { BaseCache } from "../src/sandbox/base-cache.ts";
import type { DryRunRequest } from "../src/sandbox/dry-run.ts";
import { createKeeper } from "../src/sandbox/keeper.ts";
import { createModelMemory } from "../src/sandbox/kept-models.ts";
import { defaultLimits } from "../src/sandbox/limits.ts";
import { startPrisma } from "../src/sandbox/prisma/render.ts";
import { runDatabase } from "../src/sandbox/run.ts";
import { sharedEngine } from "../src/sandbox/serial.ts";
import { runSqlite } from "../src/sandbox/sqlite/run.ts";
import { startSqliteSession } from "../src/sandbox/sqlite/session.ts";

export interface Batch {
  dryRun(request: DryRunRequest): Promise<DryRun>;
  close(): Promise<void>;
}

/**
 * Many dry runs, one after the other, in one process: the empty database is put back in between, which takes some ten
 * milliseconds instead of a start. Only for SQL that we trust, as that of the fixtures. Nothing is kept on the disk.
 */
export function createBatch(): Batch {
  const keeper = createKeeper({ spares: 1, limits: { run: 600_000, resident: 2 ** 31 } });
  const shared = sharedEngine(keeper.lease);
  const memory = createModelMemory();
  let last: Promise<unknown> = Promise.resolve();

  async function run(request: DryRunRequest): Promise<DryRun> {
    if (request.database.dialect === "sqlite") {
      const start = () => startSqliteSession(defaultLimits);
      return runSqlite(request, { cache: noCache, limits: defaultLimits, start, startPrisma });
    }
    const seen = await runDatabase(request, {
      cache: noCache,
      version: "batch",
      memory,
      startPrisma,
      lease: shared.lease,
      prefer: () => undefined,
    });
    if (seen.lost !== null) await shared.drop();
    return seen;
  }

  return {
    dryRun(request) {
      const next = last.then(() => run(request));
      last = next.catch(() => undefined);
      return next;
    },
    close: () => keeper.close(),
  };
}

const noCache: BaseCache = {
  find: async () => null,
  keep: async () => null,
  drop: async () => undefined,
};
