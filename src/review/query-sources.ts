import type { Config } from "./config.ts";
import { dialectOfPath } from "./dialect.ts";
import type { Texts } from "./inputs.ts";
import { globMatcher, type Layout } from "./layout.ts";
import { foreignFolderOf, isSqlPath } from "./paths.ts";
import { isMarked, isQueryPath } from "./queries.ts";
import { readDatabase } from "./read-database.ts";
import type { AnnotatedQuery, Database } from "./types.ts";
import { compareText } from "./versions.ts";

/** A file that is searched for marked queries. */
export interface QuerySource {
  /** null: the file is gone, and only its base side counts. */
  readonly path: string | null;
  /** Where the base side has it; null when it is new. */
  readonly basePath: string | null;
  readonly isChanged: boolean;
}

export interface QuerySources {
  readonly sources: readonly QuerySource[];
  /** Unchanged SQL files that could hold a marked query, and how many of them are searched. */
  readonly candidates: number;
  readonly searched: number;
}

/** Unchanged files beyond this number, and above this many bytes, are not searched. */
export const maxScanned = 200;
const maxScannedBytes = 256 * 1024;

/**
 * The files that can hold marked queries: changed SQL files that are no migrations, changed code whose patch mentions the
 * mark, and files that the configuration names. When a migration changes, unchanged ones too: it can break their queries.
 */
export function querySourcesOf(layout: Layout, config: Config): QuerySources {
  const isNamed = globMatcher(config.queries);
  const changed = layout.changed
    .filter((file) => isChangedSource(file, layout, isNamed))
    .map(({ path, previousPath, status }) => ({
      path: status === "removed" ? null : path,
      basePath: status === "added" ? null : (previousPath ?? path),
      isChanged: true,
    }));
  const scan = layout.directories.some(mayBePostgresql) ? unchangedSources(layout, isNamed) : [];
  const searched = scan.slice(0, maxScanned);
  return {
    sources: [...changed, ...searched.map((path) => ({ path, basePath: path, isChanged: false }))],
    candidates: scan.length,
    searched: searched.length,
  };
}

/**
 * The database that changed queries are planned on when no migration changes: the PostgreSQL directory that shares the
 * most folders with the first of them, then the one with the longest history. null when there is none.
 */
export function homeFor(
  queries: readonly AnnotatedQuery[],
  layout: Layout,
  config: Config,
  texts: Texts,
): Database | null {
  const near = queries[0]?.path ?? "";
  const nearest = layout.directories
    .filter((directory) => directory.history.length + directory.steps.length > 0)
    .toSorted(
      (a, b) =>
        sharedFolders(b.directory, near) - sharedFolders(a.directory, near) ||
        b.history.length - a.history.length ||
        compareText(a.directory, b.directory),
    );
  for (const directory of nearest) {
    const { database } = readDatabase(directory, layout, config, texts);
    if (database?.dialect === "postgresql") return database;
  }
  return null;
}

function isChangedSource(
  { path, status, patch }: Layout["changed"][number],
  layout: Layout,
  isNamed: (path: string) => boolean,
): boolean {
  if (layout.isMigration(path) || layout.testData.includes(path)) return false;
  if (isSqlPath(path)) return true;
  if (!isQueryPath(path)) return false;
  return (patch !== null && isMarked(patch)) || (status !== "removed" && isNamed(path));
}

function unchangedSources(
  { sides, changed, isMigration }: Layout,
  isNamed: (path: string) => boolean,
): string[] {
  const touched = new Set(changed.map(({ path }) => path));
  return [...sides.head.values()]
    .filter(({ path, size }) => isQueryPath(path) && !touched.has(path) && (size ?? 0) <= maxScannedBytes)
    .filter(({ path }) => (isSqlPath(path) && foreignFolderOf(path) === null) || isNamed(path))
    .map(({ path }) => path)
    .filter((path) => !isMigration(path))
    .sort((a, b) => Number(isNamed(b)) - Number(isNamed(a)) || compareText(a, b));
}

function mayBePostgresql({ directory, steps }: Layout["directories"][number]): boolean {
  const told = dialectOfPath(directory);
  return steps.length > 0 && (told === null || ("dialect" in told && told.dialect === "postgresql"));
}

function sharedFolders(a: string, b: string): number {
  const [left, right] = [a.split("/"), b.split("/")];
  const differs = left.findIndex((folder, i) => folder !== right[i]);
  return differs === -1 ? left.length : differs;
}
