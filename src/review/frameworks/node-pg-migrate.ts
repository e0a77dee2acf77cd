import {
  defineFramework,
  type MigrationDirectory,
  type MigrationFile,
  type Reading,
  type Repository,
} from "../framework.ts";
import { leadingVersion, type MarkedFolder, markedFolders, nameAfterVersion } from "../marked-files.ts";
import { fileNameOf, isSqlPath, joinPath } from "../paths.ts";
import { pgDump } from "../pg-dump.ts";
import { type PgMigrateRun, pgMigrateRunOn } from "../pg-migrate-runs.ts";
import { readScript } from "../script.ts";
import { asPublic } from "../sql/as-public.ts";
import { say } from "../text.ts";
import type { Settings } from "../types.ts";
import { compareText, compareVersions } from "../versions.ts";

/**
 * node-pg-migrate reads SQL files `<number>_<name>.sql` with up and down after `-- Up Migration` and `-- Down Migration`, in
 * the order of their numbers, of which those with 17 digits are times in UTC, and sends each part as one query; its command line
 * runs all that is pending in one transaction, and each file as an up of its own that has no marks, whatever its name ends with
 * (node-pg-migrate documentation, CLI, --single-transaction, --migration-filename-format; Migration Loading Strategies;
 * src/sqlMigration.ts, src/utils/comparators.ts, src/runner.ts). Only a migration in JavaScript can leave the transaction. Late
 * files are refused unless told otherwise (--no-check-order). The schema that it is told to make things in (--schema) is public
 * here. Its folder is known by marks in the files or by the scripts of `package.json`.
 */
export default defineFramework({
  title: "node-pg-migrate",
  concerns: null,
  find: (repository) => {
    const marked = markedFolders(repository, (name) => isNumbered.test(name), mark);
    const found = new Set(marked.map(({ directory }) => directory));
    const told = toldFolders(repository).filter(({ directory }) => !found.has(directory));
    return [
      ...marked.map((folder) => layOut(folder, "text", pgMigrateRunOn(folder.directory, repository))),
      ...told.flatMap((folder) => {
        const run = pgMigrateRunOn(folder.directory, repository);
        return run === null ? [] : [layOut(folder, "file", run)];
      }),
    ];
  },
  read,
  hasDowns: true,
  habits: { late: "refused", duplicates: "run", checksums: false, together: true },
  knownBy: "name",
  orderOf: timeOf,
  outsideTransaction: say`a migration in JavaScript that calls ${"pgm.noTransaction()"}`,
  write({ directory, version, name, up, down, outsideTransaction }) {
    if (outsideTransaction) return null;
    const text = `-- Up Migration\n${up}\n-- Down Migration\n${down ?? ""}`;
    return [{ path: joinPath(directory, `${version}_${name}.sql`), text }];
  },
  snapshot: pgDump,
});

const isNumbered = /^\d+.*\.sql$/s;
const mark = /^\s*--[\s-]*(up|down)\s+migration/im;

/** Folders of numbered SQL files, of which a script may tell. */
function toldFolders({ folders }: Repository): MarkedFolder[] {
  return [...folders].flatMap(([directory, all]) => {
    const paths = all.filter((path) => isSqlPath(path) && isNumbered.test(fileNameOf(path)));
    return paths.length === 0 ? [] : [{ directory, paths }];
  });
}

function layOut(
  { directory, paths }: MarkedFolder,
  by: MigrationDirectory["by"],
  run: PgMigrateRun | null,
): MigrationDirectory {
  const settings = settingsOf(run);
  const own = paths.filter((path) => run?.ignored?.test(fileNameOf(path)) !== true);
  return {
    directory,
    by,
    dialect: "postgresql",
    migrations: own
      .map((path) => ({
        version: leadingVersion(path) ?? "",
        name: nameAfterVersion(path),
        up: path,
        down: path,
        downPath: by === "text" ? path : null,
        settings,
        isRepeatable: false,
        isBaseline: false,
      }))
      .sort((a, b) => compareVersions(timeOf(a.version), timeOf(b.version)) || compareText(a.up, b.up)),
    skipped: own
      .filter((path) => /\.down\.sql$/i.test(path))
      .map((path) => ({ path, line: null, reason: runAsUp, matters: true })),
  };
}

const runAsUp =
  "node-pg-migrate's command line runs it as a migration up of its own: a down stands after `-- Down Migration` in the file of its up";

/** Without a run that is known, code may start it otherwise. */
function settingsOf(run: PgMigrateRun | null): Settings {
  return {
    ...(run?.isApart === false ? {} : { apart: "true" }),
    ...(run?.runsLate && { late: "run" }),
    ...(run && run.schema !== "public" && { schema: run.schema }),
    ...(run && run.made.length > 0 && { schemas: run.made.join(" ") }),
  };
}

/** The milliseconds that 17 digits stand for; other numbers as they are. */
function timeOf(version: string): string {
  const parts = /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)(\d{3})$/.exec(version);
  const [, year, month, day, hours, minutes, seconds, rest] = parts ?? [];
  if (year === undefined) return version;
  const time = Date.parse(`${year}-${month}-${day}T${hours}:${minutes}:${seconds}.${rest}Z`);
  return Number.isNaN(time) ? version : String(time);
}

/** A file without marks is an up as a whole. */
function read({ path, text, direction, dialect, settings }: MigrationFile): Reading {
  const up = text.search(/^\s*--[\s-]*up\s+migration/im);
  const down = text.search(/^\s*--[\s-]*down\s+migration/im);
  const [start, other] = direction === "up" ? [Math.max(up, 0), down] : [down, up];
  if (start < 0) return { script: null, skipped: [] };
  const isWhole = direction === "up" && up < 0;
  const end = other > start && !isWhole ? other : text.length;
  const { schema } = settings;
  const asSent = schema === undefined ? undefined : (sql: string) => asPublic(sql, schema);
  return { script: readScript(path, text, "transaction", { start, end }, dialect, asSent), skipped: [] };
}
