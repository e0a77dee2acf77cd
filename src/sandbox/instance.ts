import { archiveOf, limitMemory, startDatabase } from "./boot.ts";
import { restoreSnapshot, type Snapshot, takeSnapshot } from "./checkpoint.ts";
import { internalsOf } from "./internals.ts";
import type { Image, Reply, Request } from "./messages.ts";
import { pretendSizes } from "./pretend.ts";
import { createReader, frameQuery } from "./protocol.ts";
import { limitFiles } from "./quota.ts";
import { bringsBack, loadLibraries } from "./warm-up.ts";

type BootRequest = Extract<Request, { kind: "boot" }>;

/** The database inside the isolated process: it executes, and concludes nothing. */
export interface Instance {
  readonly title: string;
  /** memory: copies of memory and files; archive: the slow way, when those do not bring a database back. */
  readonly checkpoints: "memory" | "archive";
  exec(sql: string, copyData: string | null): Promise<Reply>;
  checkpoint(): Promise<number>;
  restore(checkpoint: number): Promise<void>;
  forget(checkpoint: number): void;
  dump(): Promise<Uint8Array>;
  pretend(pages: Readonly<Record<string, number>>): void;
  unpretend(): void;
}

/** Starts the database. `overflow` must end the process: it is called when an answer grows beyond its limit. */
export async function createInstance(boot: BootRequest, overflow: () => void): Promise<Instance> {
  const saved: (Snapshot | Uint8Array | null)[] = [];
  let stopPretending: (() => void) | null = null;
  let idle = true;

  limitMemory(boot.limits.memory);
  let pg = await startDatabase(boot.image, boot.extensions);
  let internals = internalsOf(pg);
  limitFiles(internals, boot.limits.files);
  await loadLibraries(exec);

  async function exec(sql: string, copyData: string | null): Promise<Reply> {
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

  async function checkpoint(): Promise<number> {
    requireIdle();
    saved.push(checkpoints === "memory" ? takeSnapshot(internals) : await archive());
    return saved.length - 1;
  }

  async function restore(id: number): Promise<void> {
    const snapshot = saved[id];
    if (!snapshot) throw new Error("There is no such checkpoint");
    stopPretending = null;
    if (snapshot instanceof Uint8Array) await startAgain(snapshot);
    else restoreSnapshot(internals, snapshot);
    idle = true;
  }

  function forget(id: number): void {
    saved[id] = null;
  }

  async function startAgain(image: Image): Promise<void> {
    pg = await startDatabase(image, boot.extensions);
    internals = internalsOf(pg);
    limitFiles(internals, boot.limits.files);
    await loadLibraries(exec);
  }

  async function archive(): Promise<Uint8Array> {
    requireIdle();
    await exec("CHECKPOINT", null);
    return archiveOf(pg);
  }

  function unpretend(): void {
    stopPretending?.();
    stopPretending = null;
  }

  function pretend(pages: Readonly<Record<string, number>>): void {
    unpretend();
    stopPretending = pretendSizes(internals, pages);
  }

  function requireIdle(): void {
    if (!idle) throw new Error("A transaction is open");
  }

  const checkpoints = (await bringsBack(internals, exec, boot.warm)) ? "memory" : "archive";
  // What does not bring the database back may have harmed it.
  if (checkpoints === "archive") await startAgain(boot.image);
  const [version] = (await exec("SHOW server_version", null)).sets;
  const title = `PostgreSQL ${version?.rows[0]?.[0] ?? ""} (PGlite ${boot.version})`;
  return { title, checkpoints, exec, checkpoint, restore, forget, dump: archive, pretend, unpretend };
}
