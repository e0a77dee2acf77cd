import { type AtlasRun, atlasRunOn } from "../atlas-runs.ts";
import { sumRefusal } from "../atlas-sum.ts";
import { isTemplateDirectory } from "../atlas-template.ts";
import {
  defineFramework,
  type MigrationDirectory,
  type MigrationFile,
  type MigrationFiles,
  type Reading,
} from "../framework.ts";
import { nameAfterVersion, refusedFile } from "../marked-files.ts";
import { directoryOf, fileNameOf, isSqlPath, joinPath } from "../paths.ts";
import { pgDump } from "../pg-dump.ts";
import { readScript } from "../script.ts";
import { lineFinder } from "../sql/statements.ts";
import { say } from "../text.ts";
import type { Script, Settings, Span } from "../types.ts";
import { compareText } from "../versions.ts";

/**
 * Atlas signs a directory of SQL files with `atlas.sum` and runs them in the order of their names, each in a transaction unless
 * its head says `atlas:txmode none` in a comment, of `--` or of `#`, or the call says so of all (`atlas-runs.ts`); `-- atlas:delimiter`
 * tells where statements end. Of a file that says `atlas:txtar`, what stands after `-- migration.sql --` is run, after `-- down.sql --`
 * what takes it back, and after `-- checks.sql --` or `-- checks/… --` what has to be true before (Atlas documentation, Versioned Migrations, Migration Directory; Transaction Mode; Statement Delimiters; Pre-Execution Checks;
 * sql/migrate/dir.go, lex.go; cmd/atlas/internal/cmdapi/migrate.go, txmodeFor). PostgreSQL and SQLite take no comment of `#`.
 * Downs are else computed, not kept. A file that is not in `atlas.sum`, or that changed, or that is late, stops it (Migration Directory
 * Integrity; Non-Linear Changes). Directories that it signs for another tool are read as that tool's.
 */
export default defineFramework({
  title: "Atlas",
  concerns: /(^|\/)(atlas\.sum|atlas\.hcl)$/,
  find: (repository) => {
    const { paths, folders, text } = repository;
    return paths.flatMap((sum) => {
      if (fileNameOf(sum) !== "atlas.sum") return [];
      const directory = directoryOf(sum);
      const sql = (folders.get(directory) ?? []).filter(isSqlPath).sort(compareText);
      if (sql.length === 0 || sql.some((path) => foreign.test(path))) return [];
      const isTemplate = isTemplateDirectory(directory, paths, (path) => text(path, directory));
      const run = atlasRunOn(directory, repository);
      const settings = { ...settingsOf(run), ...(isTemplate && { template: "true" }) };
      return [layOut(directory, sql, settings, run)];
    });
  },
  read,
  hasDowns: false,
  habits: { late: "refused", duplicates: "run", checksums: true, together: false },
  switchesForeignKeysOff: true,
  outsideTransaction: say`a migration of its own that begins with ${"-- atlas:txmode none"} and an empty line`,
  leave({ path, text }) {
    // A delimiter counts in the first line alone.
    const start = /^-- *atlas:delimiter [^\n]*\n/.exec(text)?.[0].length ?? 0;
    const mode = `-- atlas:txmode none\n${headOf(text) === "" ? "\n" : ""}`;
    return {
      edits: [{ path, start, end: start, text: mode }],
      followUp: say`Run ${"atlas migrate hash"}, so that ${"atlas.sum"} knows the file.`,
    };
  },
  write({ directory, version, name, up, outsideTransaction }) {
    const head = outsideTransaction ? "-- atlas:txmode none\n\n" : "";
    return [{ path: joinPath(directory, `${version}_${name}.sql`), text: `${head}${up}` }];
  },
  refusal: sumRefusal,
  snapshot: pgDump,
});

/** golang-migrate, Flyway, Liquibase and their like keep their own layout under Atlas. */
const foreign = /\.(up|down)\.sql$|(^|\/)[VURB][\d._]*__[^/]*\.sql$/;

function settingsOf({ transaction, late, lockTimeout }: AtlasRun): Settings {
  return {
    ...(lockTimeout !== null && { lock_timeout: lockTimeout }),
    ...(transaction !== "file" && { transaction }),
    ...(transaction === "all" && { together: "true" }),
    ...(late !== "refused" && { late }),
  };
}

function layOut(
  directory: string,
  paths: readonly string[],
  settings: Settings,
  run: AtlasRun,
): MigrationDirectory {
  return {
    directory,
    by: "file",
    dialect: null,
    migrations: paths.map(
      (path, at): MigrationFiles => ({
        version:
          fileNameOf(path)
            .replace(/\.sql$/i, "")
            .split("_", 1)[0] ?? "",
        name: nameAfterVersion(path),
        up: path,
        down: path,
        downPath: null,
        settings: at === 0 ? { ...settings, first: "true" } : settings,
        isRepeatable: false,
        isBaseline: false,
      }),
    ),
    skipped: paths.flatMap((path) =>
      openIn(run).map((reason) => ({ path, line: null, reason, matters: false })),
    ),
  };
}

function openIn({ apart, lockTimeout }: AtlasRun): string[] {
  return [
    ...(apart.length === 0 ? [] : [runApart(apart)]),
    ...(lockTimeout === null
      ? []
      : [`\`atlas.hcl\` sets \`lock_timeout\` to ${lockTimeout}: it is taken to hold, and not set here`]),
  ];
}

function runApart(by: readonly string[]): string {
  return `not all that runs Atlas here gives it one transaction mode (${[...new Set(by)].join(", ")}): each file is taken for one transaction`;
}

function read(file: MigrationFile): Reading {
  return file.direction === "up" ? readUp(file) : readDown(file);
}

/** Only an archive holds one. */
function readDown(file: MigrationFile): Reading {
  const head = headOf(file.text);
  const isArchive = directivesIn(head, "txtar").length > 0;
  const range = isArchive ? entryOf(file.text, "down.sql") : null;
  return { script: range && scriptIn(file, range, directivesIn(head, "txmode")), skipped: [] };
}

function readUp(file: MigrationFile): Reading {
  const { path, text, dialect, settings } = file;
  const action = settings.template === undefined ? -1 : text.indexOf("{{");
  if (action >= 0)
    return refusedFile(
      file,
      action,
      "it is a template: what Atlas puts into it stands in `atlas.hcl`, which is not run here",
    );
  const head = headOf(text);
  // One with nothing before it is where every history begins (Migration Directory Checkpoints).
  if (directivesIn(head, "checkpoint").length > 0 && settings.first === undefined) {
    const reason =
      "it is a checkpoint, which Atlas runs only in a new database in place of what stands before it";
    const script = readScript(path, text, "transaction", { start: 0, end: 0 }, dialect);
    return { script, skipped: [{ path, line: null, reason, matters: false }] };
  }
  const modes = directivesIn(head, "txmode");
  if (modes.length > 1) return refusedFile(file, 0, "Atlas refuses this file: it says `atlas:txmode` twice");
  if (modes.some((mode) => mode !== "none" && mode !== "file"))
    return refusedFile(file, 0, "Atlas refuses this file: its `atlas:txmode` is neither `none` nor `file`");
  if (modes.length > 0 && settings.transaction === "all")
    return refusedFile(
      file,
      0,
      "Atlas refuses this file: it says `atlas:txmode`, and Atlas is run with `--tx-mode all` here",
    );
  const isArchive = directivesIn(head, "txtar").length > 0;
  const range = isArchive ? entryOf(text, "migration.sql") : { start: 0, end: text.length };
  if (range === null)
    return refusedFile(
      file,
      0,
      "it is an archive without `-- migration.sql --`: what Atlas runs of it is not known",
    );
  const checks = isArchive ? marksIn(text).find(([, name = ""]) => /^checks(\.sql$|\/)/.test(name)) : null;
  const reason =
    "its checks are not run: what they ask of rows, only the database that is migrated can answer";
  return {
    script: scriptIn(file, range, modes),
    skipped: checks ? [{ path, line: lineFinder(text)(checks.index), reason, matters: false }] : [],
  };
}

function scriptIn(
  { path, text, dialect, settings }: MigrationFile,
  range: Span,
  modes: readonly string[],
): Script {
  const [mode = settings.transaction] = [
    ...modes,
    ...directivesIn(headOf(text.slice(range.start, range.end)), "txmode"),
  ];
  const delimiter = /^-- atlas:delimiter +(.+?)\r?\n/.exec(text.slice(range.start));
  const parts =
    delimiter === null
      ? range
      : cutAt(text, unescaped(delimiter[1] ?? ""), range.start + delimiter[0].length, range.end);
  return readScript(path, text, mode === "none" ? "autocommit" : "transaction", parts, dialect);
}

/** What is said by a name in the comments at the top, whatever stands before it there (sql/migrate/dir.go, reDirective). */
function directivesIn(head: string, name: string): string[] {
  return head.split("\n").flatMap((line) => {
    const [, directive, value = ""] = /^[ -~]*atlas:(\w+)(?: +(.+))?/.exec(line.trim()) ?? [];
    return directive === name ? [value] : [];
  });
}

/** The comments at the top, which an empty line has to part from the statements: else they are those of the first one. */
function headOf(text: string): string {
  return /^(?:(?:--|#)[^\n]*(?:\n|$))*(?=[ \t]*\n|$)/.exec(text)?.[0] ?? "";
}

/** A file in an archive: from its mark to the next one. */
function entryOf(text: string, name: string): Span | null {
  const marks = marksIn(text);
  const at = marks.findIndex((mark) => mark[1] === name);
  const mark = marks[at];
  return mark ? { start: mark.index + mark[0].length, end: marks[at + 1]?.index ?? text.length } : null;
}

function marksIn(text: string): RegExpExecArray[] {
  return [...text.matchAll(/^-- (\S+) --[ \t]*\r?(?:\n|$)/gm)];
}

/** `\n`, `\r` and `\t` are written out. */
function unescaped(delimiter: string): string {
  return delimiter.replace(
    /\\([nrt])/g,
    (_, letter: string) => ({ n: "\n", r: "\r", t: "\t" })[letter] ?? "",
  );
}

function cutAt(text: string, delimiter: string, from: number, to: number): Span[] {
  const parts: Span[] = [];
  let start = from;
  for (let at = text.indexOf(delimiter, start); at >= 0 && at < to; at = text.indexOf(delimiter, start)) {
    parts.push({ start, end: at });
    start = at + delimiter.length;
  }
  return [...parts, { start: Math.min(start, to), end: to }];
}
