import type { FilesOfSide, Refused } from "../framework.ts";
import { joinPath } from "../paths.ts";
import type { Place } from "../types.ts";
import { textIn } from "./attributes.ts";
import { prismaBlocks } from "./blocks.ts";
import { schemaFilesOf } from "./locations.ts";

/**
 * Prisma refuses to run migrations where `migration_lock.toml` names another database than the schema's datasource (Prisma
 * documentation, Error message reference, P3019).
 */
export function providerRefusal(directory: string, files: FilesOfSide): Refused | "unknown" | null {
  const lock = joinPath(directory, "migration_lock.toml");
  if (!files.paths.includes(lock)) return null;
  const locked = lockedIn(lock, files.text(lock) ?? "");
  const declared = schemaFilesOf(directory, files).flatMap((path) =>
    declaredIn(path, files.text(path) ?? ""),
  );
  const [only, ...others] = declared;
  if (locked === null || only === undefined || others.length > 0) return "unknown";
  if (plain(locked.provider) === plain(only.provider)) return null;
  return {
    disagreement: {
      kind: "provider",
      file: lock,
      locked: locked.provider,
      declared: only.provider,
    },
    places: [only.place, locked.place],
  };
}

interface Provider {
  readonly provider: string;
  readonly place: Place;
}

/** The provider of a lock's line; comments and other lines do not count. */
export function lockedIn(path: string, lock: string): Provider | null {
  const lines = lock.split("\n");
  const at = lines.findIndex((line) => locking.test(line));
  const provider = locking.exec(lines[at] ?? "")?.[1];
  return provider === undefined ? null : { provider, place: { path, line: at + 1, endLine: at + 1 } };
}

const locking = /^\s*provider\s*=\s*["']([^"']+)["']/;

function declaredIn(path: string, text: string): Provider[] {
  const sources = prismaBlocks({ path, text }).filter(({ kind }) => kind === "datasource");
  return sources.flatMap(({ lines }) =>
    lines.flatMap(({ text: own, line, endLine }) => {
      const value = /^provider\s*=\s*(.*)$/.exec(own)?.[1];
      const provider = value === undefined ? null : textIn(value);
      return provider === null ? [] : [{ provider, place: { path, line, endLine } }];
    }),
  );
}

function plain(provider: string): string {
  return provider === "postgres" ? "postgresql" : provider;
}
