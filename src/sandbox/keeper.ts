import { randomUUID } from "node:crypto";
import { rmSync } from "node:fs";
import os from "node:os";
import { cacheDirectory } from "./cache-directory.ts";
import { type Engine, EngineLost } from "./engine.ts";
import { baseImage } from "./image.ts";
import { defaultLimits, type Limits, mebibyte } from "./limits.ts";
import { createLull, type Lull } from "./lull.ts";
import type { Image } from "./messages.ts";
import { pgliteEngine } from "./pglite.ts";
import { type Started, startDatabaseProcess } from "./start.ts";
import { findWalls } from "./walls.ts";

/** What a database starts from; the empty base when left out. */
export interface LeaseOptions {
  /** A data-directory archive: bytes, or the path of a file that holds them. */
  readonly image?: Image;
  /** Names the image's content, so that a spare that started from it can be recognised. */
  readonly imageKey?: string;
}

export interface KeeperOptions {
  /** Processes that are kept booted and warm for leases to come, at most; 0: none. As many as memory allows when left out. */
  readonly spares?: number;
  readonly limits?: Partial<Limits>;
  readonly cacheDirectory?: string;
  /** When spares are started; as soon as there is a moment when left out. */
  readonly lull?: Lull;
}

/** Keeps processes with a database ready. One lease, one process, one run; then it is killed. */
export interface Keeper {
  lease(options?: LeaseOptions): Promise<Engine>;
  /** Resolves when the base image is built and the spares are warm. */
  ready(): Promise<void>;
  /** Has a spare start from this image, without a lease. */
  prefer(options: LeaseOptions): void;
  /** Which walls stand around each process here. */
  walls(): Promise<WallsUp>;
  close(): Promise<void>;
}

/** network: it has none; limits: the system bounds its processor time and files; parent: it cannot outlive its parent. */
export interface WallsUp {
  readonly network: boolean;
  readonly limits: boolean;
  readonly parent: boolean;
}

interface Origin {
  readonly key: string;
  /** null: the empty base. */
  readonly image: Image | null;
}

interface Spare {
  readonly key: string;
  readonly started: Promise<Started>;
  isStarting: boolean;
}

const base: Origin = { key: "", image: null };

/** What a spare was seen to take. */
const spareSize = 460 * mebibyte;
/** A repository with more databases is rare. */
const mostSpares = 3;

/** Spares that a machine can do with: they take a quarter of the memory that the process may have. */
function usualSpares(): number {
  const memory = Math.min(os.totalmem(), process.constrainedMemory?.() || Number.POSITIVE_INFINITY);
  return Math.min(mostSpares, Math.max(1, Math.floor(memory / 4 / spareSize)));
}

/** Starts filling the pool at once. */
export function createKeeper(options: KeeperOptions = {}): Keeper {
  const limits: Limits = { ...defaultLimits, ...options.limits };
  const wanted = options.spares ?? usualSpares();
  const directory = cacheDirectory(options.cacheDirectory);
  const lull = options.lull ?? createLull();
  const leased = new Set<Engine>();
  const ending = new Set<Promise<void>>();
  let spares: Spare[] = [];
  /** What spares start from: what was used last, the latest first. */
  let recent = [base];
  let closed = false;
  let built: Promise<string> | null = null;

  async function start(origin: Origin, warm: boolean): Promise<Started> {
    if (origin.image !== null) return boot(origin.image, limits, warm);
    const file = await build();
    return boot(file, limits, warm).catch(async (error: Error) => {
      // A process that was ended says nothing about the file.
      if (error.cause instanceof EngineLost) throw error;
      // A damaged file would keep every database from starting: make it again, once.
      rmSync(file, { force: true });
      built = null;
      return boot(await build(), limits, warm);
    });
  }

  function build(): Promise<string> {
    built ??= baseImage(directory).catch((error: unknown) => {
      built = null;
      throw error;
    });
    return built;
  }

  function use(origin: Origin): void {
    recent = [origin, ...recent.filter(({ key }) => key !== origin.key)].slice(0, Math.max(1, wanted));
  }

  /** Starts the spares that are missing, one after the other: the first is ready sooner so. */
  function refill(): void {
    if (closed) return;
    const needless = spares.filter((spare) => !recent.some(({ key }) => key === spare.key));
    spares = spares.filter((spare) => !needless.includes(spare));
    for (const spare of needless) void endSpare(spare);
    if (spares.some(({ isStarting }) => isStarting)) return;
    const origin = recent.slice(0, wanted).find(({ key }) => !spares.some((spare) => spare.key === key));
    if (origin) startSpare(origin);
  }

  function startSpare(origin: Origin): void {
    const started = start(origin, true);
    const spare: Spare = { key: origin.key, started, isStarting: true };
    spares.push(spare);
    started.then(
      () => {
        spare.isStarting = false;
        lull.later(refill);
      },
      // A start that failed is tried, and told, again by the lease that needs it.
      () => {
        spares = spares.filter((other) => other !== spare);
        recent = recent.filter(({ key }) => key !== origin.key);
        lull.later(refill);
      },
    );
  }

  async function endSpare(spare: Spare): Promise<void> {
    const started = await spare.started.catch(() => null);
    await started?.isolated.kill("the keeper was closed");
  }

  async function take(origin: Origin): Promise<Started> {
    const spare = spares.find(({ key }) => key === origin.key);
    if (!spare) return start(origin, false);
    spares = spares.filter((other) => other !== spare);
    const started = await spare.started.catch(() => null);
    return started && started.isolated.lost() === null ? started : start(origin, false);
  }

  async function lease(asked: LeaseOptions = {}): Promise<Engine> {
    if (closed) throw new Error("The keeper is closed");
    const origin = originOf(asked);
    const started = await take(origin);
    if (closed) {
      await started.isolated.kill("the keeper was closed");
      throw new Error("The keeper is closed");
    }
    const engine = pgliteEngine(started, limits, (gone) => {
      leased.delete(engine);
      ending.add(gone);
      void gone.finally(() => ending.delete(gone));
      lull.later(refill);
    });
    leased.add(engine);
    use(origin);
    return engine;
  }

  function prefer(asked: LeaseOptions): void {
    use(originOf(asked));
    if (leased.size === 0) lull.later(refill);
  }

  async function ready(): Promise<void> {
    if (wanted === 0) await build();
    lull.now();
    for (let spare = starting(); spare; spare = starting()) {
      await spare.started;
      lull.now();
    }
  }

  function starting(): Spare | undefined {
    return spares.find(({ isStarting }) => isStarting);
  }

  async function walls(): Promise<WallsUp> {
    const { network, limits: bounds, parent } = await findWalls();
    return { network: network !== null, limits: bounds !== null, parent: parent !== null };
  }

  async function close(): Promise<void> {
    closed = true;
    lull.end();
    const ended = spares;
    spares = [];
    await Promise.all([...ended.map(endSpare), ...[...leased].map((engine) => engine.close()), ...ending]);
  }

  refill();
  return { lease, ready, prefer, walls, close };
}

function boot(image: Image, limits: Limits, warm: boolean): Promise<Started> {
  return startDatabaseProcess(image, limits, { warm, snapshots: true });
}

function originOf({ image, imageKey }: LeaseOptions): Origin {
  if (image === undefined) return base;
  // Without a key nothing else can be known to have the same content.
  return { key: imageKey ?? randomUUID(), image };
}
