import picomatch from "picomatch";
import type { Config } from "./config.ts";
import type { MigrationDirectory, MigrationFiles, Repository } from "./framework.ts";
import { frameworks } from "./frameworks/index.ts";
import {
  type ChangedFileLike,
  type Side,
  type Sides,
  sidesOf,
  type Texts,
  type TreeFileLike,
} from "./inputs.ts";
import { type OtherTool, ownersAmong } from "./other-tools.ts";
import { byDirectory, directoryOf, foreignFolderOf, groupBy, isSqlPath, isWithin } from "./paths.ts";
import { type Past, planOf, type Step } from "./plan.ts";
import { readText } from "./read-text.ts";
import type { Skipped } from "./types.ts";
import { compareText } from "./versions.ts";

/** One migration directory and what the change does to it, by paths alone. */
export interface DirectoryLayout {
  readonly directory: string;
  /** Id of the framework. */
  readonly framework: string;
  /** The database that the tool's own files name. */
  readonly dialect: MigrationDirectory["dialect"];
  /** Files of the head side that are replayed before the first step. */
  readonly history: readonly Past[];
  readonly steps: readonly Step[];
  /** Ups of the base side that are gone without a successor. */
  readonly removed: readonly string[];
  /** Those of them after which nothing of the base side stays, where anything does. */
  readonly takenBack: readonly MigrationFiles[];
  /** Changed files of the directory, on either side. */
  readonly changed: readonly string[];
  /** Numbered steps in code between the SQL files, on the head side. */
  readonly inCode: readonly string[];
  readonly skipped: readonly Skipped[];
  /** Whether downs are written here: false when a side has several migrations, and no down that holds anything. */
  readonly writesDowns: boolean;
}

/** So many migrations without a single down are a habit. */
const habit = 5;

export interface Layout {
  readonly sides: Sides;
  readonly changed: readonly ChangedFileLike[];
  readonly directories: readonly DirectoryLayout[];
  /** Every path that is a migration on either side, of a framework or of a tool that is not read. */
  isMigration(path: string): boolean;
  /** Tools that are not read, with their first changed file. */
  readonly otherTools: readonly (OtherTool & { readonly path: string })[];
  /** Changed SQL files that look like migrations in a folder of test data. */
  readonly testData: readonly string[];
  /** Texts that frameworks asked for and that are not there yet. */
  readonly asked: readonly Asked[];
}

/** A file that tells how a directory is laid out. */
export interface Asked {
  readonly side: Side;
  readonly path: string;
  readonly directory: string;
}

/**
 * Finds every migration directory of both sides and plans what runs, by paths, blob ids, and the few texts that frameworks
 * ask for. Without those texts it says what it can, and which of them it misses.
 */
export function layOut(
  changedFiles: readonly ChangedFileLike[],
  baseFiles: readonly TreeFileLike[],
  config: Config,
  texts: Texts,
): Layout {
  const isExcluded = globMatcher(config.exclude);
  const changed = changedFiles.filter((file) => !isExcluded(file.path));
  const sides = sidesOf(
    changed,
    baseFiles.filter((file) => !isExcluded(file.path)),
  );
  const { found: known, tools } = rememberedOf(baseFiles);
  const ownerOf = ownersAmong([...new Set([...sides.base.keys(), ...sides.head.keys()])], tools);
  const asked = new Map<string, Asked>();
  const find = (side: Side) => {
    const paths = [...sides[side].keys()];
    return findDirectories(paths, config, ownerOf, textsOf(side, sides, texts, asked), known);
  };
  const base = find("base");
  const head = find("head");
  const touched = new Set(changed.flatMap(({ path, previousPath }) => [path, previousPath ?? path]));
  const inCode = groupBy([...sides.head.keys()].filter(isStepInCode), directoryOf);
  const directories = pairDirectories(base, head, changed).map((pair) =>
    layOutDirectory(pair, { sides, touched, inCode }),
  );
  const migrations = new Set(
    [...base.values(), ...head.values()].flatMap((found) => found.laidOut.migrations.flatMap(pathsOf)),
  );
  return {
    sides,
    changed,
    directories: directories.sort((a, b) => compareText(a.directory, b.directory)),
    isMigration: (path) => migrations.has(path) || ownerOf(path) !== null,
    otherTools: changedTools(changed, ownerOf, migrations),
    testData: testDataOf(changed, config),
    asked: [...asked.values()],
  };
}

/** Whether a path matches one of these globs; hidden files count as any other. */
export function globMatcher(globs: readonly string[]): (path: string) => boolean {
  return globs.length === 0 ? () => false : picomatch([...globs], { dot: true });
}

/** The up and, when there is one, the down. */
export function pathsOf(files: MigrationFiles): string[] {
  return files.down === null || files.down === files.up ? [files.up] : [files.up, files.down];
}

type OwnerOf = (path: string) => OtherTool | null;

interface DirectoryContext {
  readonly sides: Sides;
  /** Paths that change, on either side. */
  readonly touched: ReadonlySet<string>;
  /** Steps in code by their directory. */
  readonly inCode: ReadonlyMap<string, readonly string[]>;
}

interface Found {
  readonly framework: string;
  readonly laidOut: MigrationDirectory;
}

interface Pair {
  readonly base: Found | null;
  readonly head: Found | null;
}

/** A side's texts, where they are known; what is not is remembered as asked for. */
function textsOf(side: Side, sides: Sides, texts: Texts, asked: Map<string, Asked>): Repository["text"] {
  return (path, directory) => {
    const digest = sides[side].get(path)?.digest;
    if (digest === undefined) return null;
    const bytes = texts.get(digest);
    if (bytes === undefined) {
      asked.set(`${side} ${directory} ${path}`, { side, path, directory });
      return null;
    }
    const decoded = readText(bytes);
    return "text" in decoded ? decoded.text : null;
  };
}

/** What was found among these paths, with these answers to what frameworks asked. */
interface Finding {
  readonly config: Config;
  readonly paths: readonly string[];
  readonly answers: readonly Answer[];
  readonly found: ReadonlyMap<string, Found>;
}

interface Answer {
  readonly path: string;
  readonly directory: string;
  readonly text: string | null;
}

interface Remembered {
  readonly found: Finding[];
  /** Of other tools, by what names say. */
  readonly tools: Map<string, OtherTool | null>;
}

/** Findings of one listing: both sides of a change, and of a version of it. */
const mostFindings = 4;

/** By the base's listing: a change is laid out again when more of its texts are there, and for each version of it that is run. */
const remembered = new WeakMap<readonly TreeFileLike[], Remembered>();

function rememberedOf(baseFiles: readonly TreeFileLike[]): Remembered {
  const known = remembered.get(baseFiles) ?? { found: [], tools: new Map() };
  remembered.set(baseFiles, known);
  return known;
}

/** Every directory with the one framework that has the best reason to claim it, then the one that claims most of it. */
function findDirectories(
  paths: readonly string[],
  config: Config,
  ownerOf: OwnerOf,
  textOf: Repository["text"],
  known: Finding[],
): ReadonlyMap<string, Found> {
  const named = config.migrations.map(({ directory }) => directory);
  const isForeign = byDirectoryOf((path) => foreignFolderOf(path) !== null);
  const own = paths.filter(
    (path) => (!isSqlPath(path) || ownerOf(path) === null) && (!isForeign(path) || isNamed(path, named)),
  );
  // What is asked before the first other answer is asked in any case.
  const same = known.find(
    (one) =>
      one.config === config &&
      isSameList(one.paths, own) &&
      one.answers.every(({ path, directory, text }) => textOf(path, directory) === text),
  );
  if (same) return same.found;
  const answers: Answer[] = [];
  const text: Repository["text"] = (path, directory) => {
    const answer = textOf(path, directory);
    answers.push({ path, directory, text: answer });
    return answer;
  };
  const found = new Map<string, Found>();
  const repository = { paths: own, folders: byDirectory(own), named, text };
  for (const [id, framework] of Object.entries(frameworks)) {
    for (const laidOut of framework.find(repository)) {
      const wanted = config.migrations.find(({ directory }) => directory === laidOut.directory)?.framework;
      if (wanted !== undefined && wanted !== id) continue;
      const rival = found.get(laidOut.directory);
      if (rival && !isBetter(laidOut, rival.laidOut)) continue;
      found.set(laidOut.directory, { framework: id, laidOut });
    }
  }
  known.unshift({ config, paths: own, answers, found });
  known.length = Math.min(known.length, mostFindings);
  return found;
}

/** What is said of a path by its directory alone, asked once for each of them. */
function byDirectoryOf(ask: (path: string) => boolean): (path: string) => boolean {
  const answers = new Map<string, boolean>();
  return (path) => {
    const directory = directoryOf(path);
    const known = answers.get(directory) ?? ask(path);
    answers.set(directory, known);
    return known;
  };
}

function isSameList(some: readonly string[], others: readonly string[]): boolean {
  return some.length === others.length && some.every((item, i) => item === others[i]);
}

const reasonsInOrder = ["text", "file", "name", "guess"];

function isBetter(a: MigrationDirectory, b: MigrationDirectory): boolean {
  const order = reasonsInOrder.indexOf(a.by) - reasonsInOrder.indexOf(b.by);
  return order === 0 ? a.migrations.length > b.migrations.length : order < 0;
}

function isNamed(path: string, named: readonly string[]): boolean {
  return named.some((directory) => isWithin(path, directory));
}

/** The two sides of each directory. One whose files were moved here from another is that directory under a new name. */
function pairDirectories(
  base: ReadonlyMap<string, Found>,
  head: ReadonlyMap<string, Found>,
  changed: readonly ChangedFileLike[],
): Pair[] {
  const moved = new Map<string, string>();
  for (const { path, previousPath, status } of changed) {
    if (status !== "renamed" || previousPath === null) continue;
    const [from, to] = [directoryOf(previousPath), directoryOf(path)];
    if (base.has(from) && !head.has(from) && head.has(to) && !base.has(to)) moved.set(to, from);
  }
  const gone = new Set(moved.values());
  const pairs = [...head].map(([directory, found]) => ({
    base: base.get(moved.get(directory) ?? directory) ?? null,
    head: found,
  }));
  const removed = [...base].filter(([directory]) => !head.has(directory) && !gone.has(directory));
  return [...pairs, ...removed.map(([, found]) => ({ base: found, head: null }))];
}

function layOutDirectory(
  { base, head }: Pair,
  { sides, touched, inCode }: DirectoryContext,
): DirectoryLayout {
  const found = head ?? base;
  const directory = found?.laidOut.directory ?? "";
  const knownBy = frameworks[found?.framework ?? ""]?.knownBy ?? "version";
  const plan = planOf(base?.laidOut.migrations ?? [], head?.laidOut.migrations ?? [], sides, knownBy);
  const own = [base, head].flatMap((side) => side?.laidOut.migrations.flatMap(pathsOf) ?? []);
  return {
    directory,
    framework: found?.framework ?? "",
    dialect: found?.laidOut.dialect ?? null,
    ...plan,
    changed: [...new Set(own)].filter((path) => touched.has(path)),
    inCode: inCode.get(directory)?.filter((path) => !own.includes(path)) ?? [],
    skipped: head?.laidOut.skipped.filter(({ path }) => touched.has(path)) ?? [],
    writesDowns:
      writesDowns(base?.laidOut.migrations ?? [], sides.base) &&
      writesDowns(head?.laidOut.migrations ?? [], sides.head),
  };
}

function writesDowns(migrations: readonly MigrationFiles[], files: Sides["base"]): boolean {
  return (
    migrations.length < habit ||
    migrations.some(({ down }) => down !== null && (files.get(down)?.size ?? Number.POSITIVE_INFINITY) > 0)
  );
}

function isStepInCode(path: string): boolean {
  return (
    /(^|\/)\d+[-_][^/]*\.(go|py|rb|[cm]?[jt]s|php|sh)$/.test(path) && !/_test\.go$|\.(test|spec)\./.test(path)
  );
}

/** Each directory of a tool that is not read, once, when a file of it changes. */
function changedTools(
  changed: readonly ChangedFileLike[],
  ownerOf: OwnerOf,
  migrations: ReadonlySet<string>,
): Layout["otherTools"] {
  const found = new Map<string, OtherTool & { path: string }>();
  for (const { path } of changed) {
    const owner = migrations.has(path) || foreignFolderOf(path) !== null ? null : ownerOf(path);
    if (!owner) continue;
    const key = `${owner.tool} ${owner.directory}`;
    if (!found.has(key)) found.set(key, { ...owner, path });
  }
  return [...found.values()];
}

function testDataOf(changed: readonly ChangedFileLike[], config: Config): string[] {
  const named = config.migrations.map(({ directory }) => directory);
  const paths = changed
    .filter(
      ({ path, status }) => status !== "removed" && foreignFolderOf(path) !== null && !isNamed(path, named),
    )
    .map(({ path }) => path);
  const repository = { paths, folders: byDirectory(paths), named: [], text: () => null };
  const laidOut = Object.values(frameworks).flatMap((framework) => framework.find(repository));
  return [...new Set(laidOut.flatMap((found) => found.migrations.flatMap(pathsOf)))];
}
