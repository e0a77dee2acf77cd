import { defineFramework, type MigrationDirectory, type MigrationFiles, readWhole } from "../framework.ts";
import { fileNameOf, groupBy, joinPath } from "../paths.ts";
import { pgDump } from "../pg-dump.ts";
import { type SqlxProject, sqlxProjectOf } from "../sqlx-project.ts";
import { say } from "../text.ts";
import type { Settings, Skipped } from "../types.ts";
import { compareText, compareVersions, normalVersion } from "../versions.ts";

/**
 * SQLx, of Rust, reads `<version>_<description>.sql`, alone or as `.up.sql` and `.down.sql`, in the order of versions, and sends
 * each as one query in a transaction, unless it begins with `-- no-transaction`: on PostgreSQL since 0.8, on SQLite since 0.9
 * (sqlx-core/src/migrate/source.rs, migration_type.rs; sqlx-postgres/src/migrate.rs; CHANGELOG.md). Late files are run; one that
 * ran and has changed, or is gone, stops it, as does a second one of a version, at the key of its table (migrator.rs, run_direct).
 */
export default defineFramework({
  title: "SQLx",
  concerns: /(^|\/)sqlx\.toml$/,
  find: (repository) =>
    [...repository.folders].flatMap(([directory, paths]) => {
      if (!paths.some((path) => pattern.test(fileNameOf(path)))) return [];
      const project = sqlxProjectOf(directory, repository);
      if (project === null) return [];
      const { dialect, version, schemas } = project;
      const settings = {
        ...(version !== null && { version }),
        ...(schemas.length > 0 && { schemas: schemas.join(" ") }),
      };
      return [withRunner({ ...layOut(directory, paths, settings), dialect }, project)];
    }),
  read(file) {
    if (file.settings.sent === "apart") return readWhole(file, "autocommit");
    const isApart =
      file.text.startsWith(mark) && knowsMark(file.settings.version, file.dialect === "sqlite" ? 9 : 8);
    if (!isApart) return readWhole(file, "transaction");
    return readWhole(file, file.dialect === "sqlite" ? "autocommit" : "implicit");
  },
  hasDowns: true,
  habits: { late: "run", duplicates: "refused", checksums: true, together: false },
  outsideTransaction: say`a migration of its own, as its only statement, that begins with ${"-- no-transaction"}`,
  leave: ({ path, statements }) =>
    // Several statements in one query are a transaction all the same.
    statements.length > 1 ? null : { edits: [{ path, start: 0, end: 0, text: `${mark}\n` }], followUp: null },
  write({ directory, version, name, after, up, down, outsideTransaction }) {
    const [base, head] = [joinPath(directory, `${version}_${name}`), outsideTransaction ? `${mark}\n` : ""];
    if (!after.up.endsWith(".up.sql")) return [{ path: `${base}.sql`, text: `${head}${up}` }];
    const downs = down === null ? [] : [{ path: `${base}.down.sql`, text: `${head}${down}` }];
    return [{ path: `${base}.up.sql`, text: `${head}${up}` }, ...downs];
  },
  snapshot: pgDump,
});

const mark = "-- no-transaction";

/** A runner of the project's own may send what it likes as it likes: files that it knows by their names are taken to be sent in parts. */
function withRunner(found: MigrationDirectory, { runner }: SqlxProject): MigrationDirectory {
  if (runner === null) return found;
  const isKnown = ({ name }: MigrationFiles) =>
    runner.endings.some((ending) => name.replaceAll("_", " ").endsWith(ending.replaceAll("_", " ")));
  const reasonFor = (files: MigrationFiles) =>
    isKnown(files)
      ? `${runner.path} runs it in a way of its own, by the end of its name: it is taken to be sent one statement at a time, without a transaction`
      : `${runner.path} runs SQLx's migrations in a way of its own: it is taken to be run as SQLx does it`;
  return {
    ...found,
    migrations: found.migrations.map((files) =>
      isKnown(files) ? { ...files, settings: { ...files.settings, sent: "apart" } } : files,
    ),
    skipped: [
      ...found.skipped,
      ...found.migrations.map((files) => ({
        path: files.up,
        line: null,
        reason: reasonFor(files),
        matters: false,
      })),
    ],
  };
}

/** By the second number of a version `0.x`; one that is not told is taken for a new one. */
function knowsMark(version: string | undefined, since: number): boolean {
  const [, major, minor] = /^(\d+)\.(\d+)/.exec(version ?? "") ?? [];
  return minor === undefined || major !== "0" || Number(minor) >= since;
}

const pattern = /^(\d+)_(.*)\.sql$/s;

function layOut(directory: string, paths: readonly string[], settings: Settings): MigrationDirectory {
  const files = paths.filter((path) => pattern.test(fileNameOf(path))).sort(compareText);
  const downs = groupBy(
    files.filter((path) => path.endsWith(".down.sql")),
    versionOf,
  );
  const ups = files.filter((path) => !path.endsWith(".down.sql"));
  const known = new Set(ups.map(versionOf));
  return {
    directory,
    by: "file",
    dialect: null,
    migrations: ups
      .map((up): MigrationFiles => {
        const [, version = "", name = ""] = pattern.exec(fileNameOf(up)) ?? [];
        const isReversible = up.endsWith(".up.sql");
        return {
          version,
          name: name.replace(/\.up$/, ""),
          up,
          down: isReversible ? (downs.get(versionOf(up))?.[0] ?? null) : null,
          downPath: isReversible ? up.replace(/\.up\.sql$/, ".down.sql") : null,
          settings,
          isRepeatable: false,
          isBaseline: false,
        };
      })
      .sort((a, b) => compareVersions(a.version, b.version) || compareText(a.up, b.up)),
    skipped: [
      ...files
        .filter((path) => path.endsWith(".down.sql") && !known.has(versionOf(path)))
        .map((path) => skip(path, "no up migration of this version exists")),
      ...paths
        .filter((path) => /^(?!\d+_)[^_]*_.*\.sql$/s.test(fileNameOf(path)))
        .map((path) =>
          skip(
            path,
            "SQLx stops at this folder: what stands before `_` in the name of a file has to be a number",
          ),
        ),
      ...paths
        .filter((path) => /^\d[^_]*\.sql$/.test(fileNameOf(path)))
        .map((path) =>
          skip(path, "SQLx does not run it: its name is not of the form `<version>_<description>.sql`"),
        ),
    ],
  };
}

function versionOf(path: string): string {
  return normalVersion(pattern.exec(fileNameOf(path))?.[1] ?? "");
}

function skip(path: string, reason: string): Skipped {
  return { path, line: null, reason, matters: true };
}
