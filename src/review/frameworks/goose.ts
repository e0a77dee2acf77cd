import {
  defineFramework,
  type MigrationDirectory,
  type MigrationFile,
  type MigrationFiles,
  noSettings,
  type Reading,
} from "../framework.ts";
import { type Unversioned, unversionedRunOf } from "../goose-runs.ts";
import {
  endsWithSemicolon,
  leadingVersion,
  linesOf,
  type MarkedFolder,
  markedFolders,
  nameAfterVersion,
  refusedFile,
} from "../marked-files.ts";
import { fileNameOf, joinPath } from "../paths.ts";
import { pgDump } from "../pg-dump.ts";
import { type Refused, readScript } from "../script.ts";
import { say } from "../text.ts";
import type { Span } from "../types.ts";
import { compareText, compareVersions } from "../versions.ts";

/**
 * goose keeps up and down in one file, `<version>_<name>.sql`, after `-- +goose Up` and `-- +goose Down`, and cuts it into
 * statements line by line: a statement ends with a line that ends with a semicolon, or stands between `StatementBegin` and
 * `StatementEnd`. A file runs in a transaction unless it says `-- +goose NO TRANSACTION` (goose README.md, SQL migrations;
 * internal/sqlparser/parser.go). Versions are numbers, and goose stops at two of one version, or at one that is missing below
 * the last one (provider_collect.go; README.md, -allow-missing). Of a folder that is run with `-no-versioning` it remembers
 * nothing: every file runs at each call, as it then is (up.go, upToNoVersioning).
 */
export default defineFramework({
  title: "goose",
  concerns: null,
  find: (repository) =>
    markedFolders(repository, isOwn, /^--.*\+goose\s/m)
      .map((found) => layOut(found, (repository.folders.get(found.directory) ?? []).filter(isStepInGo)))
      .map((found) => withoutVersions(found, unversionedRunOf(found.directory, repository))),
  read,
  hasDowns: true,
  // With -allow-missing, or the like in code, a late one is run: which it is stands in no migration.
  habits: { late: "unknown", duplicates: "refused", checksums: false, together: false },
  outsideTransaction: say`a migration of its own that begins with ${"-- +goose NO TRANSACTION"}`,
  leave: ({ path }) => ({
    edits: [{ path, start: 0, end: 0, text: "-- +goose NO TRANSACTION\n" }],
    followUp: null,
  }),
  write({ directory, version, name, up, down, outsideTransaction }) {
    const head = outsideTransaction ? "-- +goose NO TRANSACTION\n\n" : "";
    const text = `${head}-- +goose Up\n${quoted(up)}\n-- +goose Down\n${down === null ? "" : quoted(down)}`;
    return [{ path: joinPath(directory, `${version}_${name}.sql`), text }];
  },
  snapshot: pgDump,
});

/** A body with semicolons at the ends of its lines has to be kept together. */
function quoted(sql: string): string {
  const text = sql.endsWith("\n") ? sql : `${sql}\n`;
  return /\$\w*\$|\bBEGIN\s+ATOMIC\b/i.test(text)
    ? `-- +goose StatementBegin\n${text}-- +goose StatementEnd\n`
    : text;
}

function isOwn(fileName: string): boolean {
  return /^0*[1-9]\d*_.*\.sql$/.test(fileName);
}

/** Migrations in Go stand beside the SQL, and count with it (README.md, Go Migrations). */
function isStepInGo(path: string): boolean {
  return /^0*[1-9]\d*_.*(?<!_test)\.go$/.test(fileNameOf(path));
}

function layOut({ directory, paths }: MarkedFolder, inGo: readonly string[]): MigrationDirectory {
  const migrations = paths.map(
    (path): MigrationFiles => ({
      version: leadingVersion(path) ?? "",
      name: nameAfterVersion(path),
      up: path,
      down: path,
      downPath: path,
      settings: noSettings,
      isRepeatable: false,
      isBaseline: false,
    }),
  );
  migrations.sort((a, b) => compareVersions(a.version, b.version) || compareText(a.up, b.up));
  const all = [...migrations.map(({ up }) => up), ...inGo];
  const skipped = all.flatMap((up) => {
    const version = leadingVersion(up) ?? "";
    const other = all.find((one) => one !== up && compareVersions(leadingVersion(one) ?? "", version) === 0);
    if (other === undefined) return [];
    const reason = `it has version ${version}, as ${fileNameOf(other)} has; goose refuses to start with two files of one version; give one of them a new version`;
    return [{ path: up, line: null, reason, matters: true }];
  });
  return { directory, by: "text", dialect: null, migrations, skipped };
}

/** A file that runs at each call is never late, and whoever changes it gets the new text: where that is run on top of the old one is not told. */
function withoutVersions(found: MigrationDirectory, run: Unversioned | null): MigrationDirectory {
  if (run === null) return found;
  const { by, isCertain } = run;
  const settings = { ...(isCertain && { late: "run" }), again: "unknown" };
  const reason = isCertain
    ? `${by} has goose run this folder without versions: every file in it is run at each call, so that its statements have to bear to be run again, which is not tried here`
    : `${by} has goose run a folder without versions that it does not name: where it is this one, every file in it is run at each call`;
  return {
    ...found,
    migrations: found.migrations.map((files) => ({ ...files, settings })),
    skipped: [
      ...found.skipped,
      ...found.migrations.map(({ up }) => ({ path: up, line: null, reason, matters: false })),
    ],
  };
}

/** What goose's parser makes of a file: the place of each statement of a direction, or why it refuses the file. */
interface Cut {
  readonly sections: ReadonlyMap<"up" | "down", Span>;
  readonly statements: readonly (Span & { readonly direction: "up" | "down" })[];
  /** Lines that the environment's variables are put into. */
  readonly substituted: readonly Span[];
  readonly isTransaction: boolean;
  readonly refused: { readonly at: number; readonly reason: string } | null;
}

function read(file: MigrationFile): Reading {
  const { path, text, direction, dialect } = file;
  const { sections, statements, substituted, isTransaction, refused } = cut(text, direction);
  if (refused) return refusedFile(file, refused.at, `goose refuses this file: ${refused.reason}`);
  const range = sections.get(direction);
  if (!range) return { script: null, skipped: [] };
  const own = statements.filter((statement) => statement.direction === direction);
  const transaction = modeOf(isTransaction, own.length);
  const script = readScript(path, text, transaction, own, dialect, (sql, { start }) =>
    withDefaults(
      sql,
      substituted.map((line) => ({ start: line.start - start, end: line.end - start })),
    ),
  );
  return { script: { ...script, range }, skipped: [] };
}

/** Without a transaction each goose statement is one query, and several SQL statements in one query are a transaction. */
function modeOf(isTransaction: boolean, count: number) {
  if (isTransaction) return "transaction";
  return count === 1 ? "implicit" : "autocommit";
}

/** With ENVSUB ON, variables of the environment are put in: `$NAME`, `${NAME}`, `${NAME:-default}`; `$$` is one `$` (README.md, Environment Variable Substitution). */
function withDefaults(sql: string, lines: readonly Span[]): string | Refused {
  const missing: string[] = [];
  const isSubstituted = (at: number) => lines.some(({ start, end }) => start <= at && at < end);
  const replaced = sql.replace(
    /[$\\]\$|\$\{(\w+)(?::?-([^}]*)\})?|\$([A-Za-z_]\w*)/g,
    (
      whole,
      braced: string | undefined,
      fallback: string | undefined,
      plain: string | undefined,
      at: number,
    ) => {
      const name = braced ?? plain;
      if (!isSubstituted(at)) return whole;
      if (name === undefined) return "$";
      if (fallback === undefined) missing.push(name);
      return fallback ?? whole;
    },
  );
  const [first] = missing;
  return first === undefined
    ? replaced
    : { refused: `goose puts the environment's ${first} into it, which is not known here` };
}

function cut(text: string, direction: "up" | "down"): Cut {
  const sections = new Map<"up" | "down", Span>();
  const statements: Cut["statements"][number][] = [];
  const substituted: Span[] = [];
  let isTransaction = true;
  let substitutes = false;
  let section: "up" | "down" | null = null;
  let isBlock = false;
  let start = -1;
  const finish = (at: number, reason: string): Cut => ({
    sections,
    statements,
    substituted,
    isTransaction,
    refused: { at, reason },
  });
  const ends = (end: number) => {
    if (section !== null && start >= 0) statements.push({ start, end, direction: section });
    start = -1;
  };
  for (const line of linesOf(text)) {
    const mark = markOf(line.text);
    if (mark !== null) {
      if (/^\s/.test(line.text)) return finish(line.start, "an annotation begins with white space");
      if (mark === "up" && section !== null) return finish(line.start, "it has two annotations Up");
      if (mark === "down" && (section !== "up" || isBlock))
        return finish(line.start, "Down must follow Up, outside of StatementBegin and StatementEnd");
      if ((mark === "up" || mark === "down") && start >= 0 && section === direction)
        return finish(start, "the last statement before Down has no semicolon at the end of a line");
      if (mark === "statementbegin" && (section === null || isBlock))
        return finish(line.start, "StatementBegin must stand after Up or Down, and not in another");
      if (mark === "statementend" && !isBlock)
        return finish(line.start, "StatementEnd has no StatementBegin");
      if (mark === "up" || mark === "down") {
        if (section !== null)
          sections.set(section, { start: sections.get(section)?.start ?? 0, end: line.start });
        section = mark;
        start = -1;
        sections.set(mark, { start: line.start, end: text.length });
      } else if (mark === "statementbegin") isBlock = true;
      else if (mark === "statementend") {
        ends(line.start);
        isBlock = false;
      } else if (mark === "no transaction") isTransaction = false;
      else if (mark === "envsub on" || mark === "envsub off") substitutes = mark === "envsub on";
      else return finish(line.start, "it does not know this annotation");
      continue;
    }
    if (substitutes) substituted.push(line);
    if (start < 0 && (line.text.trim().startsWith("--") || line.text.trim() === "")) continue;
    if (section === null) return finish(line.start, "SQL stands before Up");
    if (start < 0) start = line.start;
    if (!isBlock && endsWithSemicolon(line.text)) ends(line.end);
  }
  if (section === null) return finish(0, "it has no annotation Up");
  if (isBlock) return finish(Math.max(start, 0), "StatementEnd is missing");
  if (start >= 0 && section === direction && text.slice(start).trim() !== "")
    return finish(start, "the last statement has no semicolon at the end of a line");
  return { sections, statements, substituted, isTransaction, refused: null };
}

/** The annotation in a line, in small letters; null when it has none. */
function markOf(line: string): string | null {
  if (!line.trim().startsWith("--") || !line.includes("+goose")) return null;
  return line.replaceAll("--", "").replace("+goose", "").trim().toLowerCase();
}
