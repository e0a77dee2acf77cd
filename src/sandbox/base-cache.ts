import { createHash, randomUUID } from "node:crypto";
import { mkdir, readdir, readFile, rename, rm, stat, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import type { Seeded } from "./seed.ts";

/** A migrated and filled database that was kept, and what was said of it when it was made. */
export interface KeptBase<Facts> {
  /** Path of the data directory's archive. */
  readonly image: string;
  readonly facts: Facts;
}

export interface BaseCache {
  /** null when there is none that can be used. */
  find<Facts>(key: string, facts: z.ZodType<Facts>): Promise<KeptBase<Facts> | null>;
  /**
   * Keeps a base for later reviews and answers its path. What goes wrong on the disk only costs the next review its
   * time: the answer is null then.
   */
  keep(key: string, image: Uint8Array, facts: unknown): Promise<string | null>;
  drop(key: string): Promise<void>;
}

/** What every replay of a history tells, as it is kept beside the database that it made. */
export const replayFacts = {
  migrations: z.number(),
  statements: z.number(),
  failed: z.array(
    z.object({
      path: z.string(),
      line: z.number(),
      code: z.string(),
      reason: z.string(),
      words: z.array(z.string()).nullable(),
    }),
  ),
  gaps: z.array(
    z.object({
      reason: z.string(),
      words: z.array(z.string()).nullable(),
      made: z.array(z.string()).nullable(),
    }),
  ),
};

/** What was said of the made-up rows. */
export const seededSchema: z.ZodType<Seeded> = z.object({
  tables: z.number(),
  rows: z.number(),
  empty: z.array(z.object({ table: z.string(), reason: z.string() })),
  filled: z.array(z.string()),
});

/** Bounds of the cache folder; the bases that were not used for longest go first. */
const limits = { bases: 20, bytes: 1024 ** 3 };

/** Bases of which the facts stay in memory: reading those of 300 migrations takes as long as a step of a run. */
const mostRemembered = 2;

interface Remembered {
  /** The files that they were read from. */
  readonly files: string;
  readonly facts: unknown;
}

const entrySchema = z.object({ format: z.literal(1), bytes: z.number(), facts: z.unknown() });

/** The key of a base: two bases with the same key are the same, byte for byte where it matters. */
export function baseKey(parts: readonly unknown[]): string {
  return createHash("sha256").update(JSON.stringify(parts)).digest("hex");
}

/** Keeps migrated databases in a folder: `<key>.tar` and, written last, `<key>.json`. */
export function createBaseCache(directory: string): BaseCache {
  const imageOf = (key: string) => join(directory, `${key}.tar`);
  const entryOf = (key: string) => join(directory, `${key}.json`);
  const remembered = new Map<string, Remembered>();

  async function find<Facts>(key: string, facts: z.ZodType<Facts>): Promise<KeptBase<Facts> | null> {
    const now = new Date();
    const files = `${await identityOf(imageOf(key))} ${await identityOf(entryOf(key))}`;
    const known = remembered.get(key);
    // Others that share the folder may have made the base anew, or taken it away.
    if (known?.files === files) {
      await utimes(entryOf(key), now, now).catch(ignore);
      return { image: imageOf(key), facts: known.facts as Facts };
    }
    const entry = await readEntry(entryOf(key));
    const parsed = facts.safeParse(entry?.facts);
    if (!entry || !parsed.success) return null;
    if ((await sizeOf(imageOf(key))) !== entry.bytes) {
      await drop(key);
      return null;
    }
    await utimes(entryOf(key), now, now).catch(ignore);
    remember(key, { files, facts: parsed.data });
    return { image: imageOf(key), facts: parsed.data };
  }

  function remember(key: string, what: Remembered): void {
    remembered.delete(key);
    remembered.set(key, what);
    for (const old of [...remembered.keys()].slice(0, -mostRemembered)) remembered.delete(old);
  }

  async function keep(key: string, image: Uint8Array, facts: unknown): Promise<string | null> {
    const entry = { format: 1, bytes: image.length, facts };
    try {
      await mkdir(directory, { recursive: true, mode: 0o700 });
      await writeWhole(imageOf(key), image);
      await writeWhole(entryOf(key), JSON.stringify(entry));
      await trim();
      return imageOf(key);
    } catch (cause) {
      if (!isSystemError(cause)) throw cause;
      return null;
    }
  }

  async function drop(key: string): Promise<void> {
    remembered.delete(key);
    for (const path of [entryOf(key), imageOf(key)]) await rm(path, { force: true }).catch(ignore);
  }

  async function trim(): Promise<void> {
    const names = (await readdir(directory)).filter((name) => /^[0-9a-f]{64}\.json$/.test(name));
    const bases = await Promise.all(
      names.map(async (name) => {
        const key = name.slice(0, -".json".length);
        const [used, size] = [await modified(entryOf(key)), await sizeOf(imageOf(key))];
        return { key, used, size };
      }),
    );
    let bytes = 0;
    for (const [i, base] of bases.sort((a, b) => b.used - a.used).entries()) {
      bytes += base.size;
      if (i >= limits.bases || bytes > limits.bytes) await drop(base.key);
    }
  }

  return { find, keep, drop };
}

async function readEntry(path: string): Promise<z.infer<typeof entrySchema> | null> {
  const text = await readFile(path, "utf8").catch(() => null);
  if (text === null) return null;
  try {
    return entrySchema.safeParse(JSON.parse(text)).data ?? null;
  } catch {
    return null;
  }
}

/** Others see the whole file or none. */
async function writeWhole(path: string, content: string | Uint8Array): Promise<void> {
  const draft = `${path}.${randomUUID()}`;
  await writeFile(draft, content, { mode: 0o600 });
  await rename(draft, path);
}

/** Tells a file from another that took its place: files are written whole and then given their name. */
async function identityOf(path: string): Promise<string> {
  const found = await stat(path).catch(() => null);
  return `${found?.ino} ${found?.size} ${found?.birthtimeMs}`;
}

async function modified(path: string): Promise<number> {
  return (await stat(path).catch(() => null))?.mtimeMs ?? 0;
}

async function sizeOf(path: string): Promise<number> {
  return (await stat(path).catch(() => null))?.size ?? 0;
}

function isSystemError(cause: unknown): boolean {
  return cause instanceof Error && "syscall" in cause;
}

function ignore(): void {}
