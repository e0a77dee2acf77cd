import { archiveOf, limitMemory, startDatabase } from "./boot.ts";
import { filesChangedSince, restoreSnapshot, type Snapshot, takeSnapshot } from "./checkpoint.ts";
import type { ChangedFile } from "./engine.ts";
import { internalsOf } from "./internals.ts";
import { installExtensions, watchLibraries } from "./libraries.ts";
import type { Image, Reply, Request } from "./messages.ts";
import { hasSegments, pretendSizes } from "./pretend.ts";
import { createReader, frameQuery } from "./protocol.ts";
import { limitFiles } from "./quota.ts";
import { hasUnlogged, writeUnlogged } from "./unlogged.ts";
import { askAhead, loadLibraries, prepareQuestions, provenSnapshot } from "./warm-up.ts";
import { watchWrites } from "./writes.ts";

type BootRequest = Extract<Request, { kind: "boot" }>;

/** The database inside the isolated process: it executes, and concludes nothing. */
export interface Instance {
  readonly title: string;
  /** memory: copies of memory and files; archive: the slow way, when those do not bring a database back. */
  readonly checkpoints: "memory" | "archive";
  /** The checkpoint of the database as it started; null when there is none yet. */
  readonly start: number | null;
  exec(sql: string, copyData: string | null): Promise<Reply>;
  checkpoint(): Promise<number>;
  restore(checkpoint: number): Promise<void>;
  /** Files of relations that are not what they were at a checkpoint; null when that cannot be told. */
  changedFiles(checkpoint: number): Promise<readonly ChangedFile[] | null>;
  forget(checkpoint: number): void;
  /** null when a database that starts from it would not hold all that this one does. */
  dump(): Promise<Uint8Array | null>;
  pretend(pages: Readonly<Record<string, number>>): Promise<void>;
  unpretend(): Promise<void>;
}

/** A checkpoint: in memory, valid while no further library is loaded, or an archive, from which to start again. */
type Saved =
  | { readonly kind: "memory"; readonly snapshot: Snapshot; readonly libraries: number }
  | { readonly kind: "archive"; readonly bytes: Uint8Array };

/** Starts the database. `overflow` must end the process: it is called when an answer grows beyond its limit. */
export async function createInstance(boot: BootRequest, overflow: () => void): Promise<Instance> {
  const saved: (Saved | null)[] = [];
  const libraries = new Set<string>();
  let stopPretending: (() => void) | null = null;
  let beforePretending: number | null = null;
  let idle = true;
  let flushed = false;
  /** What the next snapshot is compared with. */
  let latest: Snapshot | null = null;

  limitMemory(boot.limits.memory);
  let { pg, internals } = await open(boot.image);
  await loadLibraries(exec, boot.warm, libraries);
  await prepareQuestions(exec);
  latest = boot.snapshots ? await provenSnapshot(internals, exec, boot.warm) : null;
  const checkpoints = latest ? "memory" : "archive";
  // What did not bring the database back may have harmed it.
  if (boot.snapshots && !latest) await startAgain(boot.image);
  if (boot.warm) await askAhead(exec);
  // What that left in memory need not be copied while somebody waits.
  const start = latest ? await checkpoint() : null;
  const version = (await exec("SHOW server_version", null)).sets[0]?.rows[0]?.[0] ?? "";
  const title = `PostgreSQL ${version} (PGlite ${boot.version})`;

  async function open(image: Image) {
    latest = null;
    const pg = await startDatabase(image);
    const internals = internalsOf(pg);
    installExtensions(internals, boot.extensions);
    watchLibraries(internals, (path) => libraries.add(path));
    limitFiles(internals, boot.limits.files);
    watchWrites(internals);
    return { pg, internals };
  }

  async function startAgain(image: Image): Promise<void> {
    ({ pg, internals } = await open(image));
    await loadLibraries(exec, false, [...libraries]);
    await prepareQuestions(exec);
  }

  async function exec(sql: string, copyData: string | null): Promise<Reply> {
    flushed = false;
    const reader = createReader(boot.limits.output, overflow);
    let thrown: string | null = null;
    try {
      const message = frameQuery(sql, copyData);
      await pg.execProtocolRawStream(message, { syncToFs: false, onRawData: reader.push });
    } catch (error) {
      thrown = error instanceof Error ? error.message : String(error);
    }
    const reply = reader.reply(thrown);
    idle = reply.ready === "I";
    return reply;
  }

  async function save(): Promise<Saved> {
    if (checkpoints === "archive") return { kind: "archive", bytes: await archive() };
    await flush();
    latest = takeSnapshot(internals, latest);
    return { kind: "memory", snapshot: latest, libraries: libraries.size };
  }

  async function checkpoint(): Promise<number> {
    requireIdle();
    saved.push(await save());
    return saved.length - 1;
  }

  async function restore(id: number): Promise<void> {
    const wanted = saved[id];
    if (!wanted) throw new Error("There is no such checkpoint");
    // The files are put back, and with them their sizes.
    stopPretending = null;
    beforePretending = null;
    flushed = false;
    if (wanted.kind === "memory") {
      restoreSnapshot(internals, wanted.snapshot);
      latest = wanted.snapshot;
    }
    idle = true;
    if (wanted.kind === "memory" && wanted.libraries === libraries.size) return;
    saved[id] = await startFrom(id);
  }

  /**
   * Brings a checkpoint back in a new database. Libraries keep state outside the database's memory, so that a snapshot
   * from before one was loaded gives back the data, but no session in which that library can be used.
   */
  async function startFrom(id: number): Promise<Saved> {
    for (const [index, entry] of saved.entries()) {
      if (entry?.kind !== "memory") continue;
      restoreSnapshot(internals, entry.snapshot);
      idle = true;
      saved[index] = { kind: "archive", bytes: await archive() };
    }
    const entry = saved[id];
    if (entry?.kind === "archive") await startAgain(entry.bytes);
    return checkpoints === "memory" ? save() : (entry ?? save());
  }

  async function changedFiles(id: number): Promise<readonly ChangedFile[] | null> {
    requireIdle();
    const then = saved[id];
    if (then?.kind !== "memory") return null;
    await flush();
    return filesChangedSince(internals, then.snapshot);
  }

  function forget(id: number): void {
    saved[id] = null;
  }

  async function dump(): Promise<Uint8Array | null> {
    requireIdle();
    await flush();
    if (!(await hasUnlogged(exec))) return archiveOf(pg);
    if (checkpoints === "archive") return null;
    const before = takeSnapshot(internals, latest);
    try {
      return (await writeUnlogged(internals, exec)) ? await archiveOf(pg) : null;
    } finally {
      restoreSnapshot(internals, before);
      latest = before;
      idle = true;
      flushed = true;
    }
  }

  async function archive(): Promise<Uint8Array> {
    return (await dump()) ?? archiveOf(pg);
  }

  /** Has the database write to its files what it holds in memory, unless nothing ran since it did. */
  async function flush(): Promise<void> {
    if (flushed) return;
    const { error, ready } = await exec("CHECKPOINT", null);
    if (error || ready !== "I") throw new Error("The database could not write its files");
    flushed = true;
  }

  async function pretend(pages: Readonly<Record<string, number>>): Promise<void> {
    await unpretend();
    if (hasSegments(pages)) beforePretending = saved.push(await save()) - 1;
    stopPretending = pretendSizes(internals, pages);
  }

  /** The server keeps a relation's further segments open and would go on counting them, so its memory is put back too. */
  async function unpretend(): Promise<void> {
    stopPretending?.();
    stopPretending = null;
    const before = beforePretending;
    if (before === null) return;
    await restore(before);
    forget(before);
  }

  function requireIdle(): void {
    if (!idle) throw new Error("A transaction is open");
  }

  return {
    title,
    checkpoints,
    start,
    exec,
    checkpoint,
    restore,
    changedFiles,
    forget,
    dump,
    pretend,
    unpretend,
  };
}
