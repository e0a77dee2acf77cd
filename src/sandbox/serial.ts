import type { DryRun } from "../review/types.ts";
import type { DryRunRequest } from "./dry-run.ts";
import type { Checkpoint, Engine } from "./engine.ts";
import type { LeaseOptions } from "./keeper.ts";
import { type RunMeans, runDatabase } from "./run.ts";

/** An engine that one run after the other has, each from an empty database on. */
export interface SharedEngine {
  lease(): Promise<Engine>;
  /** The next lease starts anew. */
  drop(): Promise<void>;
}

interface Shared {
  readonly engine: Engine;
  readonly empty: Checkpoint;
  /** Checkpoints that the run before has made. */
  readonly made: Checkpoint[];
}

/** Puts the empty database back between runs, which takes some ten milliseconds instead of a start. */
export function sharedEngine(start: (options: LeaseOptions) => Promise<Engine>): SharedEngine {
  let shared: Shared | null = null;

  async function open(): Promise<Shared> {
    const engine = await start({});
    return { engine, empty: await engine.checkpoint(), made: [] };
  }

  return {
    async lease() {
      shared ??= await open();
      const { engine, empty, made } = shared;
      await engine.restore(empty);
      for (const checkpoint of made.splice(0)) await engine.forget(checkpoint);
      return {
        ...engine,
        async checkpoint() {
          const checkpoint = await engine.checkpoint();
          made.push(checkpoint);
          return checkpoint;
        },
        // The process outlives the run, and its database is not archived.
        dump: async () => new Uint8Array(),
        close: async () => undefined,
      };
    },
    async drop() {
      await shared?.engine.close();
      shared = null;
    },
  };
}

/** Milliseconds after which a process is replaced, well before its time is up. */
const longestUse = 20_000;

/**
 * Many runs of one repository, one after the other, in few processes. They may trust one another as far as a history may
 * trust its own beginning; a run that comes to no verdict there is done again in a process of its own.
 */
export function serialRuns(means: RunMeans): (request: DryRunRequest) => Promise<DryRun> {
  const shared = sharedEngine(means.lease);
  let since: number | null = null;
  let last: Promise<unknown> = Promise.resolve();

  async function run(request: DryRunRequest): Promise<DryRun> {
    if (since !== null && performance.now() - since > longestUse) {
      await shared.drop();
      since = null;
    }
    since ??= performance.now();
    const seen = await runDatabase(request, { ...means, lease: shared.lease });
    if (seen.lost === null) return seen;
    await shared.drop();
    since = null;
    return runDatabase(request, means);
  }

  return (request) => {
    const next = last.then(() => run(request));
    last = next.catch(() => undefined);
    return next;
  };
}
