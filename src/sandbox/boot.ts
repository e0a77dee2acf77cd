import { readFileSync } from "node:fs";
import { PGlite } from "@electric-sql/pglite";
import type { Image } from "./messages.ts";

/**
 * Settings for a database that lives for seconds in memory: less shared memory to zero at start, nothing in the
 * background, no copies of pages against a power failure. max_stack_depth is far below JavaScript's own stack, so that
 * deep recursion is an SQL error (54001) and not the end of the session.
 */
const settings: readonly string[] = [
  "shared_buffers=16MB",
  "max_connections=4",
  "autovacuum=off",
  "max_wal_senders=0",
  "max_replication_slots=0",
  "full_page_writes=off",
  "wal_recycle=off",
  "wal_init_zero=off",
  "min_wal_size=2MB",
  "file_extend_method=write_zeros",
  "max_stack_depth=300kB",
];

/**
 * PGlite's own parameters, without two that production does not have: -O, which lets migrations change the shape of
 * system tables, and a search_path of its own.
 */
const parameters: readonly string[] = PGlite.defaultStartParams.filter(
  (parameter, index, all) =>
    parameter !== "-O" &&
    parameter !== "search_path=public" &&
    !(parameter === "-c" && all[index + 1] === "search_path=public"),
);

const memoryPage = 65_536;

interface MemoryDescriptor {
  readonly initial: number;
  readonly maximum?: number;
}

type MemoryConstructor = new (descriptor: MemoryDescriptor) => object;

/** Bounds the WebAssembly memory that a database made from now on can grow to: beyond it, it answers 53200. */
export function limitMemory(bytes: number): void {
  const { WebAssembly } = globalThis as unknown as { WebAssembly: { Memory: MemoryConstructor } };
  const Memory = WebAssembly.Memory;
  const limit = Math.floor(bytes / memoryPage);
  function LimitedMemory(descriptor: MemoryDescriptor): object {
    return new Memory({ ...descriptor, maximum: Math.min(descriptor.maximum ?? limit, limit) });
  }
  LimitedMemory.prototype = Memory.prototype;
  Object.assign(WebAssembly, { Memory: LimitedMemory });
}

/** Starts a database from an archive of its data directory. */
export async function startDatabase(image: Image): Promise<PGlite> {
  const bytes = typeof image === "string" ? readFileSync(image) : image;
  return PGlite.create({
    loadDataDir: new Blob([new Uint8Array(bytes)]),
    startParams: [...parameters, ...settings.flatMap((setting) => ["-c", setting])],
  });
}

/** Makes a new database, runs statements in it and returns the archive of its data directory. */
export async function buildImage(
  initialise: readonly string[],
  statements: readonly string[],
): Promise<Uint8Array> {
  const pg = await PGlite.create({ initDbStartParams: [...initialise] });
  for (const statement of statements) await pg.exec(statement);
  return archiveOf(pg);
}

/** The data directory as an uncompressed archive. */
export async function archiveOf(pg: PGlite): Promise<Uint8Array> {
  const archive = await pg.dumpDataDir("none");
  return new Uint8Array(await archive.arrayBuffer());
}
