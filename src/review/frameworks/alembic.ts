import { callFor, type Project, renderCall } from "../alembic/calls.ts";
import { isLibrary } from "../alembic/database.ts";
import { writeDowngrade } from "../alembic/downgrade.ts";
import { hasSqlalchemy } from "../alembic/libraries.ts";
import { locationsIn } from "../alembic/locations.ts";
import { type Modules, modulesOf, noModules } from "../alembic/modules.ts";
import { namingOf } from "../alembic/naming.ts";
import { orderRevisions, type Revision, readRevision } from "../alembic/revisions.ts";
import { changeCall, removeCall } from "../alembic/reword.ts";
import { type AlembicSettings, readRevisionScript } from "../alembic/script.ts";
import { revisionAfter, writeRevision } from "../alembic/write.ts";
import { pythonPaths } from "../code/python-modules.ts";
import { dialectOfPath } from "../dialect.ts";
import {
  type Draft,
  defineFramework,
  type MigrationDirectory,
  type MigrationFiles,
  type Repository,
} from "../framework.ts";
import { directoryOf, fileNameOf, joinPath } from "../paths.ts";
import { say } from "../text.ts";
import type { Settings } from "../types.ts";

/**
 * Alembic keeps revisions as Python files in `versions` beside `env.py`, or in the folders that its configuration lists, in an
 * order that is a graph (`down_revision`), up and down as functions of one file. Its files are read, never executed, and turned into the SQL that Alembic would send.
 */
export default defineFramework({
  title: "Alembic",
  // By the folder, or the name that Alembic gives a revision.
  concerns: /(^|\/)(alembic\.ini|[^/]+\/versions\/([^/]+\/)*[^/]+\.py|([^/]*[-_])?[0-9a-f]{12}_[^/]*\.py)$/,
  find(repository) {
    const joined = locationsIn(repository);
    const known = new Set(joined.flatMap(({ folders }) => folders));
    const filesIn = (folder: string) => (repository.folders.get(folder) ?? []).filter(isRevisionFile);
    return [
      ...joined.flatMap(({ home, folders: [directory = "", ...others] }) =>
        layOut(
          directory,
          [directory, ...others].flatMap(filesIn),
          { by: "file", environment: environmentOf(home, repository.paths) },
          askedFor([directory, ...others], repository),
        ),
      ),
      ...[...repository.folders.keys()].flatMap((directory) => {
        const files = known.has(directory) ? [] : filesIn(directory);
        const home = files.length === 0 ? null : homeOf(directory, repository);
        return home ? layOut(directory, files, home, repository) : [];
      }),
    ];
  },
  read: (file) => readRevisionScript(file, readSettings(file.settings)),
  hasDowns: true,
  habits: { late: "run", duplicates: "run", checksums: false, together: true },
  outsideTransaction: say`a block ${"with op.get_context().autocommit_block()"}`,
  versionAfter: revisionAfter,
  write: (draft: Draft) => writeRevision(draft, projectOf(draft.after.settings)),
  wording: {
    word: (sql, settings) => renderCall(callFor(sql, projectOf(settings)), "", true),
    change: (worded, change) => changeCall(worded, change, projectOf(worded.settings)),
    remove: removeCall,
    writeDown: (text, path, sql, settings) => writeDowngrade(text, path, sql, projectOf(settings)),
  },
});

function isRevisionFile(path: string): boolean {
  return path.endsWith(".py") && !/^(__init__|env)\.py$/.test(fileNameOf(path));
}

/** A change of any of these folders concerns all of them. */
function askedFor(folders: readonly string[], repository: Repository): Repository {
  const text = (path: string) => folders.map((folder) => repository.text(path, folder))[0] ?? null;
  return { ...repository, text };
}

interface Home {
  readonly by: MigrationDirectory["by"];
  /** Files that may say how migrations are run, and on which database. */
  readonly environment: readonly string[];
}

/** Where `env.py` is; null when the directory is none of Alembic's. */
function homeOf(directory: string, { folders, named, paths }: Repository): Home | null {
  const parts = directory.split("/");
  const at = parts.lastIndexOf("versions");
  const parent = at === -1 ? null : parts.slice(0, at).join("/");
  const has = (folder: string, file: string) => (folders.get(folder) ?? []).includes(joinPath(folder, file));
  if (parent !== null && (has(parent, "env.py") || has(parent, "script.py.mako")))
    return { by: "file", environment: environmentOf(parent, paths) };
  const isNamed = named.includes(directory);
  if (isNamed) return { by: "file", environment: environmentOf(directoryOf(directory), paths) };
  if (parent !== null && at === parts.length - 1 && /^(alembic|migrations?)/.test(parts[at - 1] ?? ""))
    return { by: "name", environment: environmentOf(parent, paths) };
  return null;
}

/** `env.py`, and the nearest `alembic.ini` above it. */
function environmentOf(folder: string, paths: readonly string[]): string[] {
  const all = new Set(paths);
  const found: string[] = [joinPath(folder, "env.py")].filter((path) => all.has(path));
  for (let at = folder; ; at = directoryOf(at)) {
    const ini = joinPath(at, "alembic.ini");
    if (all.has(ini)) return [...found, ini];
    if (at === "") return found;
  }
}

function layOut(
  directory: string,
  files: readonly string[],
  home: Home,
  repository: Repository,
): MigrationDirectory[] {
  const texts = new Map(files.map((path) => [path, repository.text(path, directory)]));
  const environment = home.environment.flatMap((path) => repository.text(path, directory) ?? []);
  if ([...texts.values()].every((text) => text === null)) {
    const migrations = files.map((path) => filesOf(path, fileNameOf(path), {}));
    return [{ directory, by: home.by, dialect: null, migrations, skipped: [] }];
  }
  const revisions = [...texts].flatMap(([path, text]) =>
    text === null ? [] : (readRevision(path, text) ?? []),
  );
  if (revisions.length === 0) return [];
  const { revisions: ordered, problems } = orderRevisions(revisions);
  const known = [...texts.values()].flatMap((text) => text ?? []);
  const engines = enginesOf(known, environment);
  const naming = namingOf(environment);
  const notValid = knowsNotValid(known, directory, repository);
  const modules = pythonPaths(repository.paths, isLibrary);
  const textOf = (path: string) => repository.text(path, directory);
  return engines.map((engine, i) => ({
    directory: i === 0 ? directory : `${directory} (${engine})`,
    by: home.by,
    dialect: dialectOf(directory, engine === null ? environment : environmentFor(engine, environment), known),
    migrations: ordered.map((revision) =>
      filesOf(
        revision.path,
        revision.id,
        {
          ...settingsOf(environment, naming),
          ...modulesSetting(modulesOf(revision.path, texts.get(revision.path) ?? "", modules, textOf)),
          ...(notValid && { notValid: "known" }),
          ...(engine !== null && { engine }),
        },
        revision,
      ),
    ),
    skipped: i === 0 ? problems.map(({ path, reason }) => ({ path, line: null, reason, matters: true })) : [],
  }));
}

/** The databases of which each has a history of its own (Alembic's template "multidb", Flask-Migrate's "flask-multidb"); null stands for one. */
function enginesOf(revisions: readonly string[], environment: readonly string[]): (string | null)[] {
  const several = revisions.filter((text) => /^def upgrade\(\s*engine_name\b/m.test(text));
  const named = several.flatMap((text) =>
    [...text.matchAll(/^def upgrade_(\w*)\(/gm)].map(([, name]) => name ?? ""),
  );
  const listed = /^databases\s*=\s*(.+)$/m.exec(environment.join("\n"))?.[1]?.trim().split(/,\s*/) ?? [];
  const engines = [...new Set([...listed, ...named])].filter((name) => named.includes(name));
  return engines.length === 0 ? [null] : engines;
}

/** Of the configuration only the section of a database tells its address. */
function environmentFor(engine: string, environment: readonly string[]): string[] {
  const section = new RegExp(`^\\[${engine}\\][^[]*`, "m").exec(environment.join("\n"))?.[0];
  return section === undefined ? [...environment] : [section];
}

function filesOf(path: string, version: string, settings: Settings, revision?: Revision): MigrationFiles {
  const stem = fileNameOf(path).replace(/\.py$/, "");
  const name = revision
    ? stem
        .split(revision.id)
        .at(-1)
        ?.replace(/^[-_]+/, "") || stem
    : stem;
  return {
    version,
    name,
    up: path,
    down: path,
    downPath: path,
    settings,
    isRepeatable: false,
    isBaseline: false,
  };
}

/** The database that the environment's address names, else the folders, else what the migrations import. */
function dialectOf(
  directory: string,
  environment: readonly string[],
  texts: readonly string[],
): MigrationDirectory["dialect"] {
  const text = environment.join("\n");
  const scheme =
    /^\s*sqlalchemy\.url\s*=\s*(postgres|sqlite|mysql|mariadb|mssql|oracle|cockroach|snowflake|clickhouse)/m.exec(
      text,
    )?.[1];
  if (scheme === "postgres") return "postgresql";
  if (scheme === "sqlite") return "sqlite";
  const folders = dialectOfPath(directory);
  if (folders !== null) return "dialect" in folders ? folders.dialect : folders;
  const uses = (word: string) =>
    texts.filter((each) =>
      new RegExp(`dialects(\\.| import )[^\\n]*\\b${word}\\b|\\b${word}_\\w+=`).test(each),
    ).length;
  if (uses("postgresql") > 0 || /postgres|asyncpg|psycopg/i.test(text)) return "postgresql";
  const others: Readonly<Record<string, string>> = {
    mysql: "MySQL",
    mariadb: "MariaDB",
    mssql: "SQL Server",
    oracle: "Oracle",
    cockroach: "CockroachDB",
    snowflake: "a data warehouse",
    clickhouse: "ClickHouse",
  };
  const other = scheme ?? (uses("mysql") > 0 && uses("sqlite") === 0 ? "mysql" : undefined);
  if (other !== undefined && others[other] !== undefined) return { other: others[other] };
  return uses("sqlite") > 0 || /sqlite/i.test(text) ? "sqlite" : "postgresql";
}

/** Whether the project's SQLAlchemy writes NOT VALID: a revision uses it, or the project asks for a version that has it. */
function knowsNotValid(
  revisions: readonly string[],
  directory: string,
  { paths, text }: Repository,
): boolean {
  if (revisions.some((revision) => /\bpostgresql_not_valid\s*=/.test(revision))) return true;
  return hasSqlalchemy([1, 4, 32], directory, paths, (path) => text(path, directory));
}

/** What is known of how a migration is run, as plain texts. */
function settingsOf(environment: readonly string[], naming: AlembicSettings["naming"]): Settings {
  const settings: Record<string, string> = {};
  if (Object.keys(naming).length > 0) settings.naming = JSON.stringify(naming);
  if (
    environment.some((each) =>
      /isolation_level\s*=\s*["']AUTOCOMMIT["']|transactional_ddl\s*=\s*False/.test(each),
    )
  )
    settings.transaction = "autocommit";
  if (environment.some((each) => /transaction_per_migration\s*=\s*(?!False\b)\w/.test(each)))
    settings.apart = "true";
  return settings;
}

function modulesSetting(modules: Modules): Settings {
  return modules === noModules ? {} : { modules: JSON.stringify(modules) };
}

function readSettings({ naming, modules, transaction, engine }: Settings): AlembicSettings {
  return {
    naming: naming === undefined ? {} : (JSON.parse(naming) as AlembicSettings["naming"]),
    modules: modules === undefined ? noModules : (JSON.parse(modules) as Modules),
    autocommit: transaction === "autocommit",
    engine: engine ?? null,
  };
}

function projectOf(settings: Settings): Project {
  return {
    naming: readSettings(settings).naming,
    knowsNotValid: settings.notValid === "known",
  };
}
