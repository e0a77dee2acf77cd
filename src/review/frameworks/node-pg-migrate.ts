import { defineFramework, type MigrationFile, noSettings, type Reading } from "../framework.ts";
import { leadingVersion, markedFolders, nameAfterVersion } from "../marked-files.ts";
import { joinPath } from "../paths.ts";
import { pgDump } from "../pg-dump.ts";
import { readScript } from "../script.ts";
import { say } from "../text.ts";
import { compareText, compareVersions } from "../versions.ts";

/**
 * node-pg-migrate reads SQL files `<number>_<name>.sql` with up and down after `-- Up Migration` and `-- Down Migration`, in
 * the order of their numbers, of which those with 17 digits are times in UTC, and sends each part as one query in a transaction
 * around all that is pending (node-pg-migrate documentation, CLI, --single-transaction, --migration-filename-format;
 * src/sqlMigration.ts, src/utils/comparators.ts). Only a migration in JavaScript can leave the transaction. Late files are
 * refused unless told otherwise (--check-order).
 */
export default defineFramework({
  title: "node-pg-migrate",
  concerns: null,
  find: (repository) =>
    markedFolders(repository, (name) => /^\d+.*\.sql$/.test(name), /^\s*--[\s-]*(up|down)\s+migration/im).map(
      ({ directory, paths }) => ({
        directory,
        by: "text",
        dialect: "postgresql",
        migrations: paths
          .map((path) => ({
            version: leadingVersion(path) ?? "",
            name: nameAfterVersion(path),
            up: path,
            down: path,
            downPath: path,
            settings: noSettings,
            isRepeatable: false,
            isBaseline: false,
          }))
          .sort((a, b) => compareVersions(timeOf(a.version), timeOf(b.version)) || compareText(a.up, b.up)),
        skipped: [],
      }),
    ),
  read,
  hasDowns: true,
  habits: { late: "refused", duplicates: "run", checksums: false, together: false },
  knownBy: "name",
  outsideTransaction: say`a migration in JavaScript that calls ${"pgm.noTransaction()"}`,
  write({ directory, version, name, up, down, outsideTransaction }) {
    if (outsideTransaction) return null;
    const text = `-- Up Migration\n${up}\n-- Down Migration\n${down ?? ""}`;
    return [{ path: joinPath(directory, `${version}_${name}.sql`), text }];
  },
  snapshot: pgDump,
});

/** The milliseconds that 17 digits stand for; other numbers as they are. */
function timeOf(version: string): string {
  const parts = /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)(\d{3})$/.exec(version);
  const [, year, month, day, hours, minutes, seconds, rest] = parts ?? [];
  if (year === undefined) return version;
  const time = Date.parse(`${year}-${month}-${day}T${hours}:${minutes}:${seconds}.${rest}Z`);
  return Number.isNaN(time) ? version : String(time);
}

/** A file without marks is an up as a whole. */
function read({ path, text, direction, dialect }: MigrationFile): Reading {
  const up = text.search(/^\s*--[\s-]*up\s+migration/im);
  const down = text.search(/^\s*--[\s-]*down\s+migration/im);
  const [start, other] = direction === "up" ? [Math.max(up, 0), down] : [down, up];
  if (start < 0) return { script: null, skipped: [] };
  const isWhole = direction === "up" && up < 0;
  const end = other > start && !isWhole ? other : text.length;
  return { script: readScript(path, text, "transaction", { start, end }, dialect), skipped: [] };
}
