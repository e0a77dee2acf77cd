import { directoriesUp } from "../code/typescript-paths.ts";
import {
  defineFramework,
  type MigrationDirectory,
  type MigrationFiles,
  noSettings,
  type Repository,
  readWhole,
} from "../framework.ts";
import { actionsNotRead, isOfActions } from "../hasura-actions.ts";
import { numberedFolders } from "../numbered-folders.ts";
import { fileNameOf, groupBy, isSqlPath, joinPath } from "../paths.ts";
import { pgDump } from "../pg-dump.ts";
import { startedAbove } from "../started.ts";
import { say } from "../text.ts";
import type { Settings, Skipped } from "../types.ts";
import { compareText, compareVersions, normalVersion } from "../versions.ts";

/**
 * golang-migrate pairs `<version>_<name>.up.sql` and `.down.sql` by version alone, orders versions as unsigned 64-bit
 * numbers, ignores files with other names, and refuses to start when a version has two files of one direction
 * (golang-migrate MIGRATIONS.md, source/parse.go, source/migration.go). Its PostgreSQL drivers send a file as one query, unless its
 * address says `x-multi-statement`.
 */
export default defineFramework({
  title: "golang-migrate",
  concerns: null,
  find(repository) {
    // It reads one folder: a history in several is another runner's.
    const numbered = numberedFolders(repository.folders.keys());
    return [...repository.folders]
      .filter(([directory]) => !numbered.has(directory))
      .map(([directory, files]) => layOut(directory, files))
      .filter((found) => found.migrations.length > 0)
      .map((found) => withSettings(found, settingsOf(found.directory, repository)));
  },
  read: (file) => readWhole(file, file.settings[file.dialect] === "autocommit" ? "autocommit" : "implicit"),
  hasDowns: true,
  // It remembers one version and goes on from there (golang-migrate GETTING_STARTED.md, MIGRATIONS.md, migrate.go).
  habits: { late: "skipped", duplicates: "refused", checksums: false, together: false },
  outsideTransaction: say`a migration file of its own, as its only statement`,
  write({ directory, version, name, up, down }) {
    const base = joinPath(directory, `${version}_${name}`);
    const downs = down === null ? [] : [{ path: `${base}.down.sql`, text: down }];
    return [{ path: `${base}.up.sql`, text: up }, ...downs];
  },
  snapshot: pgDump,
});

interface Parsed {
  readonly path: string;
  readonly version: string;
  readonly name: string;
  readonly up: boolean;
}

/**
 * With `x-multi-statement`, PostgreSQL's drivers send statements one by one (golang-migrate, database/postgres/README.md,
 * Multi-statement mode); with `x-no-tx-wrap`, SQLite's leave a file's transactions to it (database/sqlite3/README.md).
 * SQLx, of Rust, names its files alike, and runs late ones (sqlx-core/src/migrate/migrator.rs).
 */
function settingsOf(directory: string, repository: Repository): Settings {
  const started = startedAbove(directory, repository);
  const says = (option: RegExp) => started.some(({ text }) => option.test(text));
  return {
    ...(says(/\bx-multi-statement=(true|1)\b/) && { postgresql: "autocommit" }),
    ...(says(/\bx-no-tx-wrap=(true|1)\b/) && { sqlite: "autocommit" }),
    ...(isOfRust(directory, repository) && { late: "unknown" }),
  };
}

function isOfRust(directory: string, { paths, folders }: Repository): boolean {
  const has = (above: string) => folders.get(above)?.includes(joinPath(above, "Cargo.toml")) === true;
  return directoriesUp(directory).some(has) && !paths.some((path) => fileNameOf(path) === "go.mod");
}

function withSettings(found: MigrationDirectory, settings: Settings): MigrationDirectory {
  return { ...found, migrations: found.migrations.map((files) => ({ ...files, settings })) };
}

function layOut(directory: string, paths: readonly string[]): MigrationDirectory {
  const inCode = new Set(paths.map(versionInCode).filter((version) => version !== null));
  const files = paths.map(parse).filter((file) => file !== null);
  const ups = byVersion(files.filter((file) => file.up));
  const downs = byVersion(files.filter((file) => !file.up));
  return {
    directory,
    by: "name",
    dialect: null,
    migrations: [...ups].flatMap(([version, same]) =>
      same.map((up) => pair(up, same, downs.get(version) ?? [])),
    ),
    skipped: [
      ...[...ups.values(), ...downs.values()].flatMap(duplicates),
      ...[...downs].flatMap(([version, same]) =>
        ups.has(version) || inCode.has(version) ? [] : same.map(withoutUp),
      ),
      ...paths.filter(isMisnamed).map(misnamed),
      ...paths.filter((path) => isOfActions.test(path)).map(actionsNotRead),
    ],
  };
}

/** Files of one direction by version, in order. */
function byVersion(files: readonly Parsed[]): Map<string, Parsed[]> {
  return groupBy(files.toSorted(inOrder), ({ version }) => normalVersion(version));
}

function parse(path: string): Parsed | null {
  const match = /^(\d+)_(.*)\.(up|down)\.(?:.*\.)?sql$/s.exec(fileNameOf(path));
  const [, version, name, direction] = match ?? [];
  if (version === undefined || name === undefined || isTooLarge(version)) return null;
  return { path, version, name, up: direction === "up" };
}

/** Projects keep steps in code between the SQL files: `12_rehash.up.go`. */
function versionInCode(path: string): string | null {
  const version = /^(\d+)_.*\.[a-z]+$/s.exec(fileNameOf(path))?.[1];
  return version === undefined || isSqlPath(path) ? null : normalVersion(version);
}

function isTooLarge(version: string): boolean {
  return compareVersions(version, "18446744073709551615") > 0;
}

function inOrder(a: Parsed, b: Parsed): number {
  return compareVersions(a.version, b.version) || compareText(a.path, b.path);
}

/** With two ups of one version, which the tool refuses, the down of the same name belongs to each. */
function pair(up: Parsed, ups: readonly Parsed[], downs: readonly Parsed[]): MigrationFiles {
  const sameName = downs.find((down) => down.name === up.name);
  const down = sameName ?? (ups.length === 1 ? downs[0] : undefined);
  return {
    version: up.version,
    name: up.name,
    up: up.path,
    down: down?.path ?? null,
    downPath: up.path.replace(/\.up\.(?=[^/]*$)/, ".down."),
    settings: noSettings,
    isRepeatable: false,
    isBaseline: false,
  };
}

function duplicates(files: readonly Parsed[]): Skipped[] {
  return files.flatMap((file, i) => {
    const other = files[i === 0 ? 1 : 0];
    if (!other) return [];
    const reason = `it has version ${normalVersion(file.version)}, as ${fileNameOf(other.path)} has; golang-migrate refuses to start with two files of one version; give one of them a new version`;
    return [{ path: file.path, line: null, reason, matters: true }];
  });
}

function withoutUp(file: Parsed): Skipped {
  return { path: file.path, line: null, reason: "no up migration of this version exists", matters: true };
}

function isMisnamed(path: string): boolean {
  return isSqlPath(path) && /^\d+[-_.]/.test(fileNameOf(path)) && parse(path) === null;
}

function misnamed(path: string): Skipped {
  const reason =
    "golang-migrate does not run it: its name is not of the form `<version>_<name>.up.sql`, or its version is above 2^64";
  return { path, line: null, reason, matters: true };
}
