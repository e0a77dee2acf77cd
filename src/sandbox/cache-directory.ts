import { accessSync, constants, mkdirSync, statSync } from "node:fs";
import os from "node:os";
import path from "node:path";

/**
 * The directory for what can be made again: as asked, or $DRYDOCK_CACHE, $XDG_CACHE_HOME/drydock, ~/.cache/drydock, and a
 * folder of the system's temporary directory when none of these can be written. Only the first one may belong to
 * others: what lies there is started as a database.
 */
export function cacheDirectory(asked: string | undefined): string {
  if (asked !== undefined) {
    mkdirSync(asked, { recursive: true, mode: 0o700 });
    return asked;
  }
  const { DRYDOCK_CACHE, XDG_CACHE_HOME } = process.env;
  const candidates = [
    ...(DRYDOCK_CACHE ? [DRYDOCK_CACHE] : []),
    ...(XDG_CACHE_HOME && path.isAbsolute(XDG_CACHE_HOME) ? [path.join(XDG_CACHE_HOME, "drydock")] : []),
    path.join(os.homedir(), ".cache", "drydock"),
    path.join(os.tmpdir(), `drydock-${os.userInfo().uid}`),
  ];
  const usable = candidates.find(isOwn);
  if (usable === undefined)
    throw new Error(`None of these directories can be written: ${candidates.join(", ")}`);
  return usable;
}

/** Whether the directory is there, or could be made, can be written, and cannot be written by others. */
function isOwn(directory: string): boolean {
  try {
    mkdirSync(directory, { recursive: true, mode: 0o700 });
    accessSync(directory, constants.W_OK | constants.X_OK);
    const { uid, mode } = statSync(directory);
    if (process.getuid === undefined) return true;
    return uid === process.getuid() && (mode & 0o002) === 0;
  } catch {
    return false;
  }
}
