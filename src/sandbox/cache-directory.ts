import { accessSync, constants, mkdirSync, statSync } from "node:fs";
import os from "node:os";
import path from "node:path";

/** The variables of the environment that decide. */
type Environment = Readonly<Record<string, string | undefined>>;

/**
 * The directory for what can be made again: as asked, else $DRYDOCK_CACHE, $XDG_CACHE_HOME/drydock or ~/.cache/drydock, else a
 * folder of the system's temporary directory: the first that can be written. What lies there is started as a
 * database, so those that nobody named must be our own. Throws when there is none.
 */
export function cacheDirectory(asked: string | undefined, environment: Environment = process.env): string {
  if (asked !== undefined) {
    mkdirSync(asked, { recursive: true, mode: 0o700 });
    return asked;
  }
  const { DRYDOCK_CACHE: named, XDG_CACHE_HOME: caches, HOME: home } = environment;
  if (named && isWritable(named)) return named;
  const candidates = [
    ...(caches && path.isAbsolute(caches) ? [path.join(caches, "drydock")] : []),
    ...(home && path.isAbsolute(home) ? [path.join(home, ".cache", "drydock")] : []),
    path.join(os.tmpdir(), `drydock-${process.getuid?.() ?? "cache"}`),
  ];
  const usable = candidates.find((candidate) => isWritable(candidate) && isOwn(candidate));
  if (usable !== undefined) return usable;
  throw new Error(
    `No directory for the cache can be written: ${[named, ...candidates].filter(Boolean).join(", ")}`,
  );
}

function isWritable(directory: string): boolean {
  try {
    mkdirSync(directory, { recursive: true, mode: 0o700 });
    accessSync(directory, constants.W_OK | constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** Whether nobody else could have put anything there. */
function isOwn(directory: string): boolean {
  const { uid, mode } = statSync(directory);
  if (process.getuid === undefined) return true;
  return uid === process.getuid() && (mode & 0o022) === 0;
}
