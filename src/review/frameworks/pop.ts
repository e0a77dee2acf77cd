import { directoriesUp } from "../code/typescript-paths.ts";
import {
  defineFramework,
  type MigrationDirectory,
  type MigrationFiles,
  noSettings,
  type Reading,
  type Repository,
} from "../framework.ts";
import { numberedFolders } from "../numbered-folders.ts";
import { directoryOf, fileNameOf, groupBy, joinPath } from "../paths.ts";
import { readScript } from "../script.ts";
import { say } from "../text.ts";
import type { Dialect, Skipped } from "../types.ts";
import { compareText } from "../versions.ts";

/**
 * pop names files `<version>_<name>[.<database>][.autocommit].(up|down).(sql|fizz)`: one that names a database is for that one,
 * in place of one that names none. A file is sent as one query in a transaction; one marked `autocommit` without (pop
 * documentation, Migrations; match.go, migrator.go; ory/x popx, migrator.go). Each database has a history of its own, and late
 * files are run. Versions are ordered as texts, and folders in its folder belong to it (migration_info.go, Less; file_migrator.go,
 * findMigrations). A file is a template of Go, which is given the connection (pop documentation, Migrations; migration_content.go):
 * an option of it stands here by its own name in small letters, one for a schema as public. fizz is not SQL and is not read.
 */
export default defineFramework({
  title: "pop",
  concerns: /_[^/]*\.(up|down)\.fizz$/,
  find: ({ folders }) => walkedFolders(folders).flatMap(layOut),
  read({ path, text, dialect }): Reading {
    const mode = /\.autocommit\./.test(fileNameOf(path)) ? "implicit" : "transaction";
    return { script: readScript(path, text, mode, undefined, dialect, withOptions), skipped: [] };
  },
  hasDowns: true,
  habits: { late: "run", duplicates: "skipped", checksums: false, together: false },
  outsideTransaction: say`a migration of its own whose name ends with ${".autocommit.up.sql"}, as its only statement`,
  write({ directory, version, name, after, up, down, outsideTransaction }) {
    const database = parse(after.up)?.database ?? null;
    const infix = `${database === null ? "" : `.${database}`}${outsideTransaction ? ".autocommit" : ""}`;
    const base = joinPath(directory, `${version}_${name}${infix}`);
    return [
      { path: `${base}.up.sql`, text: up },
      ...(down === null ? [] : [{ path: `${base}.down.sql`, text: down }]),
    ];
  },
});

/** A schema that is given is the one in which names without a schema are found: here that is public. */
function withOptions(sql: string): string {
  return sql.replace(
    /\{\{-?\s*(?:index\s+\.Options\s+"(\w+)"|\.Options\.(\w+))\s*-?\}\}/g,
    (_, quoted: string | undefined, plain: string | undefined) => {
      const name = (quoted ?? plain ?? "").toLowerCase();
      return /namespace|schema/.test(name) ? "public" : name;
    },
  );
}

interface Parsed {
  readonly path: string;
  readonly version: string;
  readonly name: string;
  /** As the name writes it; null: for every database. */
  readonly database: string | null;
  readonly direction: "up" | "down";
  readonly type: "sql" | "fizz";
}

function parse(path: string): Parsed | null {
  const match = /^(\d+)_([^.]+)(?:\.([a-z0-9]+))?(?:\.autocommit)?\.(up|down)\.(sql|fizz)$/.exec(
    fileNameOf(path),
  );
  const [, version, name, database, direction, type] = match ?? [];
  if (version === undefined || name === undefined) return null;
  return {
    path,
    version,
    name,
    database: database === undefined || database === "autocommit" ? null : database,
    direction: direction === "up" ? "up" : "down",
    type: type === "fizz" ? "fizz" : "sql",
  };
}

/** A folder of migrations, and those in it whose files count as its own. */
interface Walked {
  readonly directory: string;
  readonly within: readonly string[];
  readonly paths: readonly string[];
}

/** Folders with migrations, each with those below it; folders that are only numbers belong to the one that holds them. */
function walkedFolders(folders: Repository["folders"]): Walked[] {
  const own = new Set([...folders].flatMap(([folder, paths]) => (paths.some(parse) ? [folder] : [])));
  const numbered = numberedFolders(own);
  const homes = new Set([...own].map((folder) => (numbered.has(folder) ? directoryOf(folder) : folder)));
  const groups = groupBy(
    [...own],
    (folder) => directoriesUp(folder).findLast((above) => homes.has(above)) ?? folder,
  );
  return [...groups].map(([directory, all]) => ({
    directory,
    within: all.filter((folder) => folder !== directory),
    paths: [...new Set([directory, ...all])].flatMap((folder) => folders.get(folder) ?? []),
  }));
}

/** Each database that is read has its own history. */
function layOut({ directory, within, paths }: Walked): MigrationDirectory[] {
  const parsed = paths.map(parse).filter((file) => file !== null);
  const isMarked = parsed.some(
    ({ path, database }) =>
      (database !== null && database in databases) || /\.autocommit\.|\.fizz$/.test(path),
  );
  if (!isMarked) return [];
  const files = parsed.filter(({ database }) => database === null || database in databases);
  const named = new Set(files.flatMap(({ database }) => (database === null ? [] : [databases[database]])));
  const ignored = [
    ...parsed.flatMap(({ path, database }) =>
      database === null || database in databases
        ? []
        : [skip(path, `pop does not run it: it knows no database of the name ${database}`)],
    ),
    ...paths
      .filter((path) => /^\d[^/]*\.(up|down)\.sql$/.test(fileNameOf(path)) && parse(path) === null)
      .map((path) =>
        skip(path, "pop does not run it: its name is not of the form `<version>_<name>.<database>.up.sql`"),
      ),
  ];
  const found = (["postgresql", "sqlite"] as const).filter((dialect) => named.has(dialect));
  const other = [...named].find((dialect) => typeof dialect === "object") ?? null;
  const histories =
    found.length === 0
      ? [{ ...directoryFor(directory, files, null), dialect: other }]
      : found.map((dialect, i) => ({
          ...directoryFor(directory, files, dialect),
          directory: i === 0 ? directory : `${directory} (SQLite)`,
        }));
  return [
    ...histories.map((one, i) => (i === 0 ? { ...one, skipped: [...one.skipped, ...ignored] } : one)),
    // Nobody else's.
    ...within.map(
      (folder) => ({ directory: folder, by: "file", dialect: null, migrations: [], skipped: [] }) as const,
    ),
  ];
}

function skip(path: string, reason: string): Skipped {
  return { path, line: null, reason, matters: true };
}

function directoryFor(
  directory: string,
  files: readonly Parsed[],
  dialect: Dialect | null,
): MigrationDirectory {
  const own = files.filter(
    ({ database }) => database === null || dialect === null || databases[database] === dialect,
  );
  const versions = groupBy(own, ({ version }) => version);
  const migrations = [...versions].flatMap(([version, same]): MigrationFiles[] => {
    const up = best(same, "up");
    if (!up || up.type === "fizz") return [];
    const down = best(same, "down");
    return [
      {
        version,
        name: up.name,
        up: up.path,
        down: down?.type === "sql" ? down.path : null,
        downPath: down?.type === "fizz" ? null : up.path.replace(/\.up\.sql$/, ".down.sql"),
        settings: noSettings,
        isRepeatable: false,
        isBaseline: false,
      },
    ];
  });
  const fizz = own.filter(({ type }) => type === "fizz");
  return {
    directory,
    by: "file",
    dialect,
    migrations: migrations.sort((a, b) => compareText(a.version, b.version) || compareText(a.up, b.up)),
    skipped: fizz.map(({ path }) =>
      skip(path, "fizz is not read: what later migrations need of it is missing"),
    ),
  };
}

/** One that names its database comes before one that names none. */
function best(files: readonly Parsed[], direction: "up" | "down"): Parsed | undefined {
  const fitting = files.filter((file) => file.direction === direction);
  return fitting.find(({ database }) => database !== null) ?? fitting[0];
}

const databases: Readonly<Record<string, Dialect | { readonly other: string }>> = {
  postgres: "postgresql",
  postgresql: "postgresql",
  pg: "postgresql",
  pgx: "postgresql",
  sqlite: "sqlite",
  sqlite3: "sqlite",
  mysql: { other: "MySQL" },
  mariadb: { other: "MariaDB" },
  cockroach: { other: "CockroachDB" },
  cockroachdb: { other: "CockroachDB" },
  crdb: { other: "CockroachDB" },
  yugabyte: { other: "YugabyteDB" },
  yugabytedb: { other: "YugabyteDB" },
};
