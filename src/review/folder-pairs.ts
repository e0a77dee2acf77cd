import { type MigrationDirectory, type MigrationFiles, noSettings, type Repository } from "./framework.ts";
import { directoryOf, fileNameOf, groupBy, joinPath } from "./paths.ts";
import type { Settings } from "./types.ts";
import { compareText } from "./versions.ts";

/** A folder of one migration, with `up.sql` and perhaps `down.sql` in it. */
export interface PairFolder {
  readonly folder: string;
  /** The folder that holds it and its like. */
  readonly home: string;
  readonly hasDown: boolean;
}

/** All folders with an `up.sql` that begin with a number. */
export function pairFolders({ paths }: Repository): PairFolder[] {
  const known = new Set(paths);
  return paths.flatMap((path) => {
    const folder = directoryOf(path);
    if (fileNameOf(path) !== "up.sql" || !/^\d/.test(fileNameOf(folder))) return [];
    return [{ folder, home: directoryOf(folder), hasDown: known.has(joinPath(folder, "down.sql")) }];
  });
}

/** Their histories, each home by itself, in the order of versions: as texts, without the dashes between their parts. */
export function folderHistories(
  found: readonly PairFolder[],
  settingsOf: (folder: string, home: string) => Settings = () => noSettings,
): MigrationDirectory[] {
  return [...groupBy(found, ({ home }) => home)].map(([home, own]) => ({
    directory: home,
    by: "name",
    dialect: null,
    migrations: own
      .map((one) => filesOf(one, settingsOf(one.folder, home)))
      .sort((a, b) => compareText(a.version, b.version) || compareText(a.up, b.up)),
    skipped: [],
  }));
}

function filesOf({ folder, hasDown }: PairFolder, settings: Settings): MigrationFiles {
  const [, version = "", name = ""] = /^([\d-]*\d)[-_]?(.*)$/s.exec(fileNameOf(folder)) ?? [];
  const down = joinPath(folder, "down.sql");
  return {
    version: version.replaceAll("-", ""),
    name: name || version,
    up: joinPath(folder, "up.sql"),
    down: hasDown ? down : null,
    downPath: down,
    settings,
    isRepeatable: false,
    isBaseline: false,
  };
}
