import { createHash, randomUUID } from "node:crypto";
import { existsSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { pgliteDirectory } from "./extensions.ts";
import { startIsolated } from "./isolated.ts";
import { defaultLimits } from "./limits.ts";
import { refusedFunctions, refusedName } from "./refused.ts";

/** Making a database from nothing takes 3 s on an idle machine. */
const buildTime = 120_000;

/**
 * How databases sort text decides which indexes serve LIKE: ICU's root locale is what production is likeliest to resemble. Small
 * segments of the write-ahead log keep the image small.
 */
const parameters: readonly string[] = [
  "--wal-segsize=1",
  "--encoding=UTF8",
  "--locale-provider=icu",
  "--icu-locale=und",
  "--locale=C.UTF-8",
  "--auth=trust",
];

const statements: readonly string[] = [
  ...refusedFunctions.map(
    (name) => `UPDATE pg_catalog.pg_proc SET proname = '${refusedName(name)}' WHERE proname = '${name}'`,
  ),
  "UPDATE pg_catalog.pg_database SET datistemplate = false WHERE datname LIKE 'template%'",
  "DROP DATABASE template0",
  "DROP DATABASE template1",
  "VACUUM (FREEZE) pg_catalog.pg_proc",
  "CHECKPOINT",
];

/** PGlite's version, as its package states it. */
export function pgliteVersion(): string {
  const text = readFileSync(path.join(pgliteDirectory(), "../package.json"), "utf8");
  return String((JSON.parse(text) as { version: unknown }).version);
}

/** Names the empty database that every other starts from: another engine or another recipe is another name. */
export function baseImageKey(): string {
  const recipe = JSON.stringify([pgliteVersion(), parameters, statements]);
  return createHash("sha256").update(recipe).digest("hex").slice(0, 16);
}

/**
 * The path of the empty database's archive; built when it is not there. Several processes may build at once: each writes a
 * file of its own and moves it into place.
 */
export async function baseImage(directory: string): Promise<string> {
  const file = path.join(directory, `base-${baseImageKey()}.tar`);
  if (existsSync(file)) return file;
  const bytes = await build();
  const temporary = `${file}.${randomUUID()}`;
  try {
    writeFileSync(temporary, bytes, { mode: 0o600 });
    renameSync(temporary, file);
  } finally {
    rmSync(temporary, { force: true });
  }
  return file;
}

/** Nothing of a stranger's runs here, so it may take what it needs. */
async function build(): Promise<Uint8Array> {
  const builder = await startIsolated({ ...defaultLimits, resident: Number.POSITIVE_INFINITY }, null);
  try {
    return await builder.call({ kind: "build", parameters, statements }, buildTime);
  } catch (cause) {
    throw new Error("The sandbox's empty database could not be made", { cause });
  } finally {
    await builder.kill("the image is built");
  }
}
