import {
  defineFramework,
  type MigrationDirectory,
  type MigrationFiles,
  noSettings,
  readWhole,
} from "../framework.ts";
import { numberedFolders } from "../numbered-folders.ts";
import { directoryOf, fileNameOf, groupBy, isSqlPath, joinPath } from "../paths.ts";
import { pgDump } from "../pg-dump.ts";
import { say } from "../text.ts";
import type { Settings } from "../types.ts";
import { compareText, compareVersions, normalVersion } from "../versions.ts";

/**
 * Numbered SQL files that some runner executes in order: `001_name.sql` with or without `001_name.down.sql`,
 * `001-name_up.sql` and `_down.sql`, `V1_name.up.sql`, `up/001.sql` and `down/001.sql`, and all of these in folders that are
 * numbers, `12/01_name.sql`. Which runner it is cannot be seen; most send a file as one query. Files named as golang-migrate and Flyway name theirs are left to those.
 */
export default defineFramework({
  title: "plain SQL files",
  concerns: null,
  find({ paths, folders, named }) {
    const numbered = numberedFolders(folders.keys());
    const directories = groupBy(paths.filter(isSqlPath), (path) => homeOf(path, numbered));
    return [...directories]
      .map(([directory, files]) => layOut(directory, files, named.includes(directory)))
      .filter((found) => found.migrations.length > 0);
  },
  read: (file) => readWhole(file, "implicit"),
  hasDowns: true,
  habits: { late: "unknown", duplicates: "unknown", checksums: false, together: false },
  outsideTransaction: say`a migration file of its own, as its only statement`,
  write({ directory, version, name, after, up, down }) {
    // The folder is the first part of the version.
    const own =
      directoryOf(after.up) !== directory && isNumber(after.up) ? version.replace(/^\d+\./, "") : version;
    return [
      { path: renamed(after.up, own, name), text: up },
      ...(down === null || after.down === null ? [] : [{ path: renamed(after.down, own, name), text: down }]),
    ];
  },
  snapshot: pgDump,
});

/** A path with another version and name, the direction as it stands. */
function renamed(path: string, version: string, name: string): string {
  const [, prefix = "", separator = "_"] = /^([Vv]?)\d+(?:[-.]\d+)*([-_.]+)?/.exec(fileNameOf(path)) ?? [];
  const direction = /[._-](?:up|down)\.sql$/i.exec(path)?.[0] ?? ".sql";
  return joinPath(directoryOf(path), `${prefix}${version}${separator}${name}${direction}`);
}

interface Parsed {
  readonly path: string;
  readonly version: string;
  readonly name: string;
  /** null: the name does not say; an up unless a file beside it is marked as one. */
  readonly direction: "up" | "down" | null;
  /** Between the rest of the name and the direction: ".", "_" or "-". */
  readonly separator: string;
}

function isNumber(path: string): boolean {
  return /^\d+$/.test(fileNameOf(directoryOf(path)));
}

/** The directory of a file; files of `x/up` and `x/down` stand together under `x`, and those of `x/1` and `x/2`. */
function homeOf(path: string, numbered: ReadonlySet<string>): string {
  const directory = directoryOf(path);
  if (numbered.has(directory)) return directoryOf(directory);
  return /^(up|down)$/i.test(fileNameOf(directory)) ? directoryOf(directory) : directory;
}

function layOut(directory: string, paths: readonly string[], isNamed: boolean): MigrationDirectory {
  const nothing = { directory, by: "guess", dialect: null, migrations: [], skipped: [] } as const;
  if (paths.some((path) => /^\d+_.*\.up\.sql$/is.test(fileNameOf(path)) && directoryOf(path) === directory))
    return nothing;

  // Files that can be one migration: of one version, and of one name apart from the direction.
  const parsed = paths.map((path) => parse(directory, path)).filter((file) => file !== null);
  const groups = groupBy(plainUnlessMeant(parsed), keyOf);
  const pairs = [...groups.values()].map(pairOf).filter((pair) => pair.ups.length > 0);
  const hasPair = pairs.some((pair) => pair.down !== null);
  if (!hasPair && !isNamed && !isLikeMigrations(directory)) return nothing;

  const style = pairs.map((pair) => pair.down).find((down) => down !== null) ?? null;
  const isCounted = pairs.every(({ ups }) => ups.every(({ version }) => /^\d{1,4}$/.test(version)));
  const isOpen = !hasPair && !isNamed && isCounted && isPlain.test(fileNameOf(directory));
  const migrations = pairs.flatMap(({ ups, down }) =>
    ups.map((up) => ({
      ...filesOf(directory, up, down, style),
      settings: isOpen ? mayRunAgain : noSettings,
    })),
  );
  const paired = new Set(migrations.map((migration) => migration.down));
  const orphans = [...groups.values()].flat().filter((file) => isMarkedDown(file) && !paired.has(file.path));
  return {
    directory,
    by: "guess",
    dialect: null,
    migrations: migrations.sort((a, b) => compareVersions(a.version, b.version) || compareText(a.up, b.up)),
    skipped: orphans.map(({ path }) => ({
      path,
      line: null,
      reason: "no up migration stands beside it",
      matters: true,
    })),
  };
}

/** Without downs beside them, `_up` at the end of a name is a direction only when every file has it. */
function plainUnlessMeant(files: readonly Parsed[]): readonly Parsed[] {
  const isMeant = files.some(({ direction }) => direction === "down") || files.length > 1;
  if (isMeant && files.every(({ direction }) => direction !== null)) return files;
  const ups = new Set(files.filter(({ direction }) => direction !== "down").map(keyOf));
  if (files.some((file) => file.direction === "down" && ups.has(keyOf(file)))) return files;
  return files.map((file) =>
    file.direction === "up" && /[_-]/.test(file.separator)
      ? { ...file, name: `${file.name}${file.separator}up`, direction: null, separator: "" }
      : file,
  );
}

function keyOf({ version, name }: Parsed): string {
  return `${normalVersion(version)} ${name}`;
}

function parse(directory: string, path: string): Parsed | null {
  const folder = fileNameOf(directoryOf(path)).toLowerCase();
  const half = directoryOf(path) !== directory && (folder === "up" || folder === "down") ? folder : null;
  const stem = fileNameOf(path).replace(/\.sql$/i, "");
  const marked = /^(.*)([._-])(up|down)$/is.exec(stem);
  const base = marked?.[1] ?? stem;
  const direction = half ?? directionOf(marked?.[3]);
  const numbered = /^([Vv]?)(\d+(?:[-.]\d+)*)(?:[-_.]+(.*))?$/s.exec(base);
  const [, prefix, version, name] = numbered ?? [];
  if (version === undefined) return null;
  if (prefix !== "" && direction === null) return null;
  if (direction === null && !/^\d+[-_]/.test(base)) return null;
  const inFolder = half === null && directoryOf(path) !== directory ? `${folder}.${version}` : version;
  return {
    path,
    version: inFolder,
    name: name ?? "",
    direction,
    separator: half ? "/" : (marked?.[2] ?? ""),
  };
}

function directionOf(mark: string | undefined): "up" | "down" | null {
  if (mark === undefined) return null;
  return mark.toLowerCase() === "up" ? "up" : "down";
}

/** `004_mark_down.sql` alone is a migration that marks something down; `004_mark.down.sql` alone is not. */
function isMarkedDown(file: Parsed): boolean {
  return file.direction === "down" && (file.separator === "." || file.separator === "/");
}

function pairOf(files: readonly Parsed[]): { ups: readonly Parsed[]; down: Parsed | null } {
  const ups = files.filter((file) => file.direction !== "down").sort((a, b) => compareText(a.path, b.path));
  const downs = files.filter((file) => file.direction === "down");
  if (ups.length > 0) return { ups, down: downs[0] ?? null };
  return { ups: downs.filter((file) => !isMarkedDown(file)), down: null };
}

function filesOf(directory: string, up: Parsed, down: Parsed | null, style: Parsed | null): MigrationFiles {
  const isPlainDown = up.direction === "down";
  return {
    version: up.version,
    name: isPlainDown ? `${up.name}${up.separator}down` : up.name,
    up: up.path,
    down: down?.path ?? null,
    downPath: down?.path ?? (isPlainDown ? null : downPathOf(directory, up, style)),
    settings: noSettings,
    isRepeatable: false,
    isBaseline: false,
  };
}

/** Where a missing down belongs: as the up is named, else as the downs beside it are; null where nobody writes downs. */
function downPathOf(directory: string, up: Parsed, style: Parsed | null): string | null {
  const file = fileNameOf(up.path);
  if (up.separator === "/")
    return joinPath(directory, `down/${file.replace(/([._-])up(\.sql)$/i, "$1down$2")}`);
  const beside = directoryOf(up.path);
  if (up.direction === "up") return joinPath(beside, file.replace(/up(\.sql)$/i, "down$1"));
  if (style === null || style.separator === "/") return null;
  return joinPath(beside, file.replace(/(\.sql)$/i, `${style.separator}down$1`));
}

/** A folder whose own or parent's name tells that numbered files in it are migrations. */
function isLikeMigrations(directory: string): boolean {
  const folders = directory.split("/");
  if (otherContent.test(folders.at(-1) ?? "")) return false;
  return (
    folders.some((folder) => /migrat/i.test(folder)) || folders.slice(-2).some((folder) => home.test(folder))
  );
}

/** Files that are only counted may as well be run anew at each start in such a folder: whether one runs once is not told by it. */
const isPlain = /^(.*[-_.])?(db|database|sql)$/i;
const mayRunAgain: Settings = { late: "run", again: "unknown" };

const home = /^(.*[-_.])?(db|database|schemas?|ddl|sql|deltas?|upgrades?)$/i;
const otherContent =
  /^(seeds?|seeders?|seed[-_]data|quer(y|ies)|data|dumps?|backups?|examples?|snippets?|reports?|views?|functions?|procedures?|triggers?|macros?|models?)$/i;
