import { randomUUID } from "node:crypto";
import { rmSync } from "node:fs";
import { cacheDirectory } from "./cache-directory.ts";
import { type Engine, EngineLost } from "./engine.ts";
import { baseImage } from "./image.ts";
import { defaultLimits, type Limits } from "./limits.ts";
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
  /** Processes that are kept booted and warm for the next lease; 0: none. */
  readonly spares?: number;
  readonly limits?: Partial<Limits>;
  readonly cacheDirectory?: string;
}

/** Keeps processes with a database ready. One lease, one process, one run; then it is killed. */
export interface Keeper {
  lease(options?: LeaseOptions): Promise<Engine>;
  /** Resolves when the base image is built and the spares are warm. */
  ready(): Promise<void>;
  /** Has the next spare start from this image, without a lease. */
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
}

const base: Origin = { key: "", image: null };

/** Starts filling the pool at once. */
export function createKeeper(options: KeeperOptions = {}): Keeper {
  const limits: Limits = { ...defaultLimits, ...options.limits };
  const wanted = options.spares ?? 1;
  const directory = cacheDirectory(options.cacheDirectory);
  const leased = new Set<Engine>();
  const ending = new Set<Promise<void>>();
  let spares: Spare[] = [];
  let latest = base;
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

  /** Spares start from what was used last; of several, the first is an empty one. */
  function origins(): readonly Origin[] {
    return Array.from({ length: wanted }, (_, index) => (index === 0 && wanted > 1 ? base : latest));
  }

  function refill(): void {
    if (closed) return;
    const left = [...spares];
    spares = origins().map((origin) => {
      const kept = left.findIndex((spare) => spare.key === origin.key);
      return left.splice(kept, kept < 0 ? 0 : 1)[0] ?? startSpare(origin);
    });
    for (const spare of left) void endSpare(spare);
  }

  function startSpare(origin: Origin): Spare {
    const started = start(origin, true);
    const spare = { key: origin.key, started };
    // A start that failed is tried, and told, again by the lease that needs it.
    started.catch(() => {
      spares = spares.filter((other) => other !== spare);
    });
    return spare;
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
      // The next one starts while this one ends.
      refill();
    });
    leased.add(engine);
    latest = origin;
    return engine;
  }

  function prefer(asked: LeaseOptions): void {
    latest = originOf(asked);
    if (leased.size === 0) refill();
  }

  async function ready(): Promise<void> {
    if (wanted === 0) await build();
    await Promise.all(spares.map(({ started }) => started));
  }

  async function walls(): Promise<WallsUp> {
    const { network, limits: bounds, parent } = await findWalls();
    return { network: network !== null, limits: bounds !== null, parent: parent !== null };
  }

  async function close(): Promise<void> {
    closed = true;
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
