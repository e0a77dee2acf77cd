import { addedLinesOf, codePathsOf, isReadByRule, readCode } from "./code-files.ts";
import { type Config, defaultConfig } from "./config.ts";
import { reasons } from "./errors.ts";
import type { Framework } from "./framework.ts";
import { frameworks } from "./frameworks/index.ts";
import type { ChangedFileLike, Texts, TreeFileLike } from "./inputs.ts";
import { unknownDigest } from "./inputs.ts";
import { type DirectoryLayout, type Layout, layOut } from "./layout.ts";
import {
  changesModels,
  isCompared,
  isModelOfOrm,
  modelFilesOf,
  pushedModelsOf,
  readPushed,
} from "./models.ts";
import type { Neighbour } from "./neighbours.ts";
import { isModelPath, markedDirectories, otherToolOf } from "./other-tools.ts";
import { directoryOf, foreignFolderOf, isSqlPath, isWithin } from "./paths.ts";
import { isMarked } from "./queries.ts";
import { homeFor, querySourcesOf } from "./query-sources.ts";
import { dialectFilesOf, historyOf, readDatabase, toldDialect } from "./read-database.ts";
import { readQueries } from "./read-queries.ts";
import { readText } from "./read-text.ts";
import { refusalsOf } from "./refusals.ts";
import { readScript } from "./script.ts";
import { snapshotFilesOf } from "./snapshots.ts";
import { suppressionsIn, suppressionsInCode } from "./suppressions.ts";
import type { ChangeSet, Database, Dialect, HistoryEntry, Script, Skipped } from "./types.ts";

export type { ChangedFileLike, Texts, TreeFileLike } from "./inputs.ts";

export interface WantedFile {
  readonly path: string;
  /** Git blob id. */
  readonly digest: string;
  readonly side: "base" | "head";
}

interface Change {
  readonly changed: readonly ChangedFileLike[];
  /** Every file of the merge base. */
  readonly base: readonly TreeFileLike[];
  readonly config: Config;
  /** Whether models are read; they are when left out. */
  readonly withModels?: boolean;
  /** Whether what tells the tools of directories is wanted that the change does not touch; it is not when left out. */
  readonly withNeighbours?: boolean;
}

/** A change that holds nothing to review. */
export const noChanges: ChangeSet = {
  databases: [],
  refusals: [],
  queries: [],
  deployed: [],
  code: [],
  suppressions: [],
  skipped: [],
};

/** Whether a change can concern a database at all, by names and by what the patches show alone. */
export function concernsDatabase(changed: readonly ChangedFileLike[]): boolean {
  return (
    changesModels(changed) ||
    changed.some(
      (file) =>
        [file.path, file.previousPath ?? file.path].some(isDatabasePath) ||
        (file.patch !== null && isMarked(file.patch)) ||
        isReadByRule(file),
    )
  );
}

/**
 * The files that `readChangeSet` needs and that `texts` lacks, as few as possible: migrations that run again because of the
 * change, the first ones of a directory whose database is not told by its name, files that tell a tool's order and settings,
 * and files that can hold marked queries. The history before is not among them. Which they are can depend on their texts: ask
 * again with these until there is nothing more to want.
 */
export function wantedFiles({
  changed,
  base,
  config,
  texts,
  withModels = true,
  withNeighbours = false,
}: Change & { readonly texts: Texts }): WantedFile[] {
  const layout = layOut(changed, base, config, texts);
  const wanted = new Map<string, WantedFile>();
  const want = (side: "base" | "head", path: string | null) => {
    const digest = path === null ? undefined : layout.sides[side].get(path)?.digest;
    if (path === null || digest === undefined || digest === unknownDigest || texts.has(digest)) return;
    if (!wanted.has(digest)) wanted.set(digest, { path, digest, side });
  };
  const { sources } = querySourcesOf(layout, config);
  const needsAll = withNeighbours || sources.some(({ isChanged }) => isChanged);
  for (const { side, path, directory } of layout.asked) {
    if (needsAll || isTouched(directory, changed) || (withModels && changesModels(changed))) want(side, path);
  }
  for (const directory of layout.directories) {
    const models = withModels ? modelFilesOf(directory, layout, texts) : [];
    for (const { side, path } of models) want(side, path);
    const isModelled = models.length > 0 && isCompared(directory, layout, texts);
    if (directory.steps.length === 0 && !needsAll && !isModelled) continue;
    for (const { side, path } of dialectFilesOf(directory, layout, config)) want(side, path);
    if (withModels) for (const { side, path } of snapshotFilesOf(directory, layout, texts)) want(side, path);
    if (withModels) for (const { up } of directory.takenBack) want("base", up);
    for (const { files, before, status } of directory.steps) {
      want("head", files.up);
      want("head", files.down);
      if (status !== "edited") continue;
      want("base", before?.up ?? null);
      want("base", before?.down ?? null);
    }
  }
  for (const path of codePathsOf(layout)) want("head", path);
  if (withModels) for (const { side, path } of pushedModelsOf(layout, texts).wanted) want(side, path);
  if (withModels) for (const { side, path } of refusalsOf(layout, texts).wanted) want(side, path);
  for (const source of sources) {
    want("head", source.path);
    if (source.isChanged) want("base", source.basePath);
  }
  return [...wanted.values()];
}

/**
 * Files of the history that will most likely be replayed, the newest first, as far as paths alone tell. The configuration and
 * the tools' own files may tell otherwise: this is for reading ahead.
 */
export function likelyHistory(
  changed: readonly ChangedFileLike[],
  base: readonly TreeFileLike[],
): TreeFileLike[] {
  const { directories, sides } = layOut(changed, base, defaultConfig, new Map());
  return directories
    .filter(({ steps }) => steps.length > 0)
    .flatMap(({ history }) => history.toReversed())
    .flatMap(({ files, side }) => sides[side].get(files.up) ?? []);
}

/**
 * What the change does to its databases. Takes any input without throwing: what cannot be read is in `skipped`, with a
 * reason, and whether the verdict is incomplete without it.
 */
export function readChangeSet({
  changed,
  base,
  config,
  texts,
  withModels = true,
}: Change & { readonly texts: Texts }): ChangeSet {
  const layout = layOut(changed, base, config, texts);
  const read = layout.directories
    .filter((directory) => directory.steps.length > 0 || (withModels && isCompared(directory, layout, texts)))
    .map((directory) => readDatabase(directory, layout, config, texts, withModels));
  if (withModels)
    read.push(...pushedModelsOf(layout, texts).found.map((pushed) => readPushed(pushed, layout, texts)));
  const databases = read.flatMap(({ database }) =>
    database && (database.steps.length > 0 || database.models) ? [database] : [],
  );
  const models = new Set([
    ...databases.flatMap(({ models }) => models?.head.map(({ path }) => path) ?? []),
    ...read.flatMap(({ skipped }) => skipped.map(({ path }) => path)),
  ]);
  const queries = readQueries(layout, config, texts);
  const code = readCode(layout, texts);
  const needsHome = queries.hasChanged && !databases.some(isPostgresql);
  const home = needsHome ? homeFor(queries.changedQueries, layout, config, texts) : null;
  const all = home === null ? databases : [...databases, home];
  return {
    databases: all,
    refusals: withModels ? refusalsOf(layout, texts).found : [],
    queries: all.some(isPostgresql) ? queries.queries : queries.changedQueries,
    suppressions: [
      ...databases.flatMap(suppressionsIn),
      ...queries.suppressions,
      ...[...code.files, ...databases.flatMap(({ models }) => models?.head ?? [])].flatMap((file) =>
        suppressionsInCode(file, addedLinesOf(file.path, layout)),
      ),
    ],
    deployed: queries.deployed,
    code: code.files,
    skipped: [
      ...read.flatMap(({ skipped }) => skipped),
      ...layout.directories.flatMap(removedOf),
      ...layout.directories.flatMap((directory) => directory.skipped),
      ...layout.directories.flatMap(inCodeOf),
      ...notRead(layout, models),
      ...queries.skipped,
      ...code.skipped,
    ],
  };
}

/** The other directories of a database's tool, the nearest first: what its migrations need and do not make may be made there. */
export function readNeighbours(
  { changed, base, config, texts }: Change & { readonly texts: Texts },
  database: Database,
  databases: readonly Database[],
): Neighbour[] {
  const layout = layOut(changed, base, config, texts);
  return layout.directories
    .filter((other) => other.directory !== database.directory && other.framework === database.framework)
    .flatMap((other): Neighbour[] => {
      const told = toldDialect(other, config);
      if (told !== null && !("dialect" in told && told.dialect === database.dialect)) return [];
      const { directory, history, steps } = other;
      if (steps.length === 0) return [{ directory, history: historyOf(history, layout), steps: [] }];
      const own = databases.find((candidate) => candidate.directory === directory);
      return own?.dialect === database.dialect ? [own] : [];
    })
    .sort((a, b) => nearness(b.directory, database.directory) - nearness(a.directory, database.directory));
}

/** How many folders two paths have in common. */
function nearness(a: string, b: string): number {
  const others = b.split("/");
  const parting = a.split("/").findIndex((folder, i) => folder !== others[i]);
  return parting < 0 ? others.length : parting;
}

/** A migration of the history, for the sandbox to replay; or why it has no text. */
export function readHistory(
  entry: HistoryEntry,
  framework: Framework,
  bytes: Uint8Array | { readonly missing: string },
  dialect: Dialect = "postgresql",
): Script | Skipped {
  const decoded = readText(bytes);
  if ("skipped" in decoded) return { path: entry.path, line: null, reason: decoded.skipped, matters: true };
  const { path, settings } = entry;
  const file = { path, text: decoded.text, direction: "up", dialect, settings } as const;
  return (
    framework.read(file).script ?? readScript(path, decoded.text, "autocommit", { start: 0, end: 0 }, dialect)
  );
}

function isDatabasePath(path: string): boolean {
  return (
    isSqlPath(path) ||
    concerning.some((pattern) => pattern.test(path)) ||
    path === ".github/drydock.yml" ||
    otherToolOf(path) !== null ||
    markedDirectories([path]).length > 0
  );
}

const concerning = Object.values(frameworks).flatMap(({ concerns }) => (concerns === null ? [] : [concerns]));

function isTouched(directory: string, changed: readonly ChangedFileLike[]): boolean {
  return changed.some(
    ({ path, previousPath }) => isWithin(path, directory) || isWithin(previousPath ?? path, directory),
  );
}

/** Whether queries can be planned on it: of pushed models there is no schema that migrations built. */
function isPostgresql({ dialect, models }: Database): boolean {
  return dialect === "postgresql" && !models?.isPushed;
}

function removedOf({ removed }: DirectoryLayout): Skipped[] {
  const path = removed[0];
  return path === undefined
    ? []
    : [{ path, line: null, reason: reasons.removed(removed.length), matters: false }];
}

function inCodeOf({ inCode, steps }: DirectoryLayout): Skipped[] {
  const path = inCode[0];
  return path === undefined || steps.length === 0 ? [] : [skip(path, reasons.inCode(inCode.length), false)];
}

function notRead({ otherTools, testData, changed }: Layout, read: ReadonlySet<string>): Skipped[] {
  const models = new Map(
    changed
      .filter(({ path }) => isModelPath(path) && !read.has(path))
      .map((file) => [directoryOf(file.path), file]),
  );
  const folders = new Map(testData.toReversed().map((path) => [directoryOf(path), path]));
  return [
    ...otherTools.map(({ tool, path }) => skip(path, reasons.toolNotRead(tool), true)),
    ...[...folders.values()].map((path) => skip(path, reasons.testData(foreignFolderOf(path) ?? ""), false)),
    ...[...models.values()].map(({ path, patch }) =>
      skip(path, isModelOfOrm(path, patch) ? reasons.modelWithoutDatabase() : reasons.modelNotRead(), false),
    ),
  ];
}

function skip(path: string, reason: string, matters: boolean): Skipped {
  return { path, line: null, reason, matters };
}
