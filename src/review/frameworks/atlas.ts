import { sumRefusal } from "../atlas-sum.ts";
import {
  defineFramework,
  type MigrationDirectory,
  type MigrationFile,
  noSettings,
  type Reading,
} from "../framework.ts";
import { nameAfterVersion } from "../marked-files.ts";
import { directoryOf, fileNameOf, isSqlPath, joinPath } from "../paths.ts";
import { pgDump } from "../pg-dump.ts";
import { readScript } from "../script.ts";
import { say } from "../text.ts";
import type { Span } from "../types.ts";
import { compareText } from "../versions.ts";

/**
 * Atlas signs a directory of SQL files with `atlas.sum` and runs them in the order of their names, each in a transaction unless
 * its head says `-- atlas:txmode none`; `-- atlas:delimiter` tells where statements end (Atlas documentation, Versioned
 * Migrations, Migration Directory; Transaction Mode; Statement Delimiters). Downs are computed, not kept. A file that is not in
 * `atlas.sum`, or that changed, or that is late, stops it (Migration Directory Integrity; Non-Linear Changes). Directories that
 * it signs for another tool are read as that tool's.
 */
export default defineFramework({
  title: "Atlas",
  concerns: /(^|\/)(atlas\.sum|atlas\.hcl)$/,
  find: ({ paths, folders }) =>
    paths.flatMap((sum) => {
      if (fileNameOf(sum) !== "atlas.sum") return [];
      const directory = directoryOf(sum);
      const sql = (folders.get(directory) ?? []).filter(isSqlPath).sort(compareText);
      if (sql.length === 0 || sql.some((path) => foreign.test(path))) return [];
      return [layOut(directory, sql)];
    }),
  read,
  hasDowns: false,
  habits: { late: "refused", duplicates: "run", checksums: true, together: false },
  outsideTransaction: say`a migration of its own that begins with ${"-- atlas:txmode none"} and an empty line`,
  leave: ({ path }) => ({
    edits: [{ path, start: 0, end: 0, text: "-- atlas:txmode none\n\n" }],
    followUp: say`Run ${"atlas migrate hash"}, so that ${"atlas.sum"} knows the file.`,
  }),
  write({ directory, version, name, up, outsideTransaction }) {
    const head = outsideTransaction ? "-- atlas:txmode none\n\n" : "";
    return [{ path: joinPath(directory, `${version}_${name}.sql`), text: `${head}${up}` }];
  },
  refusal: sumRefusal,
  snapshot: pgDump,
});

/** golang-migrate, Flyway, Liquibase and their like keep their own layout under Atlas. */
const foreign = /\.(up|down)\.sql$|(^|\/)[VURB][\d._]*__[^/]*\.sql$/;

function layOut(directory: string, paths: readonly string[]): MigrationDirectory {
  return {
    directory,
    by: "file",
    dialect: null,
    migrations: paths.map((path) => ({
      version:
        fileNameOf(path)
          .replace(/\.sql$/i, "")
          .split("_", 1)[0] ?? "",
      name: nameAfterVersion(path),
      up: path,
      down: null,
      downPath: null,
      settings: noSettings,
      isRepeatable: false,
      isBaseline: false,
    })),
    skipped: [],
  };
}

function read({ path, text, dialect }: MigrationFile): Reading {
  const head = headOf(text);
  const whole = { start: 0, end: text.length };
  if (/^-- *atlas:checkpoint\b/m.test(head)) {
    const reason =
      "it is a checkpoint, which Atlas runs only in a new database in place of what stands before it";
    const script = readScript(path, text, "transaction", { start: 0, end: 0 }, dialect);
    return { script, skipped: [{ path, line: null, reason, matters: false }] };
  }
  const mode = /^-- *atlas:txmode +(\w+)/m.exec(head)?.[1];
  const delimiter = /^-- *atlas:delimiter +(.+?)\r?$/m.exec(head)?.[1];
  const parts = delimiter === undefined ? whole : cutAt(text, unescaped(delimiter), head.length);
  return {
    script: readScript(path, text, mode === "none" ? "autocommit" : "transaction", parts, dialect),
    skipped: [],
  };
}

/** The comments at the top, before the first empty line. */
function headOf(text: string): string {
  return /^(?:[ \t]*--[^\n]*(?:\n|$))*/.exec(text)?.[0] ?? "";
}

/** `\n`, `\r` and `\t` are written out. */
function unescaped(delimiter: string): string {
  return delimiter.replace(
    /\\([nrt])/g,
    (_, letter: string) => ({ n: "\n", r: "\r", t: "\t" })[letter] ?? "",
  );
}

function cutAt(text: string, delimiter: string, from: number): Span[] {
  const parts: Span[] = [];
  let start = from;
  for (let at = text.indexOf(delimiter, start); at >= 0; at = text.indexOf(delimiter, start)) {
    parts.push({ start, end: at });
    start = at + delimiter.length;
  }
  return [...parts, { start, end: text.length }];
}
