import { parse } from "yaml";
import { z } from "zod";
import { directoriesUp, joined } from "../code/typescript-paths.ts";
import {
  defineFramework,
  type MigrationDirectory,
  type MigrationFile,
  type MigrationFiles,
  noSettings,
  type Reading,
  type Repository,
} from "../framework.ts";
import { goBeside } from "../go-beside.ts";
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
import { readScript } from "../script.ts";
import { say } from "../text.ts";
import type { Dialect, Span } from "../types.ts";
import { compareText, compareVersions } from "../versions.ts";

/**
 * sql-migrate keeps up and down in one file after `-- +migrate Up` and `-- +migrate Down`, and cuts it into statements line by
 * line, as goose does. A file runs in a transaction unless its mark says `notransaction` (sql-migrate README.md, Writing
 * migrations; sqlparse/sqlparse.go). Files with a number come first, by number, then the others by name; a file is known by its
 * whole name, and late ones are run (migrate.go, Less and ToCatchup). Go that sets `sqlparse.LineSeparator` has lines of that text
 * end a statement as well: it is looked for in the files beside the folder. `dbconfig.yml` names the database of a directory, once for
 * each environment (README.md, As a standalone tool).
 */
export default defineFramework({
  title: "sql-migrate",
  concerns: /(^|\/)dbconfig\.ya?ml$/,
  find: (repository) =>
    markedFolders(repository, () => true, /^-- \+migrate (Up|Down)\b/m)
      .map(layOut)
      .map((found) => ({ ...found, dialect: dialectOf(found.directory, repository) }))
      .map((found) => withSeparator(found, repository)),
  read,
  hasDowns: true,
  habits: { late: "run", duplicates: "run", checksums: false, together: false },
  knownBy: "name",
  outsideTransaction: say`a migration of its own that begins with ${"-- +migrate Up notransaction"}`,
  leave({ path, text }) {
    const up = /^-- \+migrate Up[^\r\n]*/m.exec(text);
    if (!up) return null;
    const end = up.index + up[0].trimEnd().length;
    return { edits: [{ path, start: end, end, text: " notransaction" }], followUp: null };
  },
  write({ directory, version, name, up, down, outsideTransaction }) {
    const option = outsideTransaction ? " notransaction" : "";
    const text = `-- +migrate Up${option}\n${quoted(up)}\n-- +migrate Down${option}\n${down === null ? "" : quoted(down)}`;
    return [{ path: joinPath(directory, `${version}-${name}.sql`), text }];
  },
  snapshot: pgDump,
});

function quoted(sql: string): string {
  const text = sql.endsWith("\n") ? sql : `${sql}\n`;
  return /\$\w*\$|\bBEGIN\s+ATOMIC\b/i.test(text)
    ? `-- +migrate StatementBegin\n${text}-- +migrate StatementEnd\n`
    : text;
}

function layOut({ directory, paths }: MarkedFolder): MigrationDirectory {
  const migrations = paths.map((path): MigrationFiles => {
    const version = leadingVersion(path);
    return {
      version: version ?? fileNameOf(path),
      name: version === null ? fileNameOf(path).replace(/\.sql$/, "") : nameAfterVersion(path),
      up: path,
      down: path,
      downPath: path,
      settings: noSettings,
      isRepeatable: false,
      isBaseline: false,
    };
  });
  const isNumbered = ({ up }: MigrationFiles) => leadingVersion(up) !== null;
  migrations.sort(
    (a, b) =>
      Number(isNumbered(b)) - Number(isNumbered(a)) ||
      (isNumbered(a) ? compareVersions(a.version, b.version) : 0) ||
      compareText(fileNameOf(a.up), fileNameOf(b.up)),
  );
  return { directory, by: "text", dialect: null, migrations, skipped: [] };
}

function withSeparator(found: MigrationDirectory, repository: Repository): MigrationDirectory {
  const [separator] = goBeside(found.directory, repository).flatMap(
    ({ text }) => /\bLineSeparator\s*=\s*["`]([^"`\\\n]+)["`]/.exec(text)?.[1] ?? [],
  );
  if (separator === undefined) return found;
  return { ...found, migrations: found.migrations.map((files) => ({ ...files, settings: { separator } })) };
}

/** What the environments of the nearest `dbconfig.yml` agree on for a directory; null where they do not, or say nothing. */
function dialectOf(directory: string, { folders, text }: Repository): MigrationDirectory["dialect"] {
  for (const home of directoriesUp(directory)) {
    const path = (folders.get(home) ?? []).find((file) => /^dbconfig\.ya?ml$/.test(fileNameOf(file)));
    const config = path === undefined ? null : text(path, directory);
    if (config === null) continue;
    const named = new Set(
      environmentsIn(config)
        .filter(({ dir }) => joined(home, dir) === directory)
        .map(({ dialect }) => dialect),
    );
    const [dialect] = named;
    if (dialect !== undefined) return named.size === 1 ? (dialects[dialect] ?? { other: dialect }) : null;
  }
  return null;
}

const environments = z.record(
  z.string(),
  z.object({ dialect: z.string(), dir: z.string().default("migrations") }),
);

function environmentsIn(config: string) {
  try {
    return Object.values(environments.parse(parse(config, { maxAliasCount: 100 })));
  } catch {
    return [];
  }
}

const dialects: Readonly<Record<string, Dialect | { readonly other: string }>> = {
  postgres: "postgresql",
  sqlite3: "sqlite",
  mysql: { other: "MySQL" },
  mssql: { other: "SQL Server" },
  oci8: { other: "Oracle" },
  godror: { other: "Oracle" },
  snowflake: { other: "Snowflake" },
};

function read(file: MigrationFile): Reading {
  const { path, text, direction, dialect, settings } = file;
  const parts: Span[] = [];
  let range = null as Span | null;
  let isTransaction = true;
  let section: "up" | "down" | null = null;
  let isBlock = false;
  let start = -1;
  const closes = (end: number) => {
    if (start >= 0 && section === direction) parts.push({ start, end });
    start = -1;
  };
  for (const line of linesOf(text)) {
    const words = line.text.startsWith("-- +migrate ") ? line.text.slice(12).trim().split(/\s+/) : null;
    const command = words?.[0];
    if (command === "Up" || command === "Down") {
      if (start >= 0) return unended(file, start);
      section = command === "Up" ? "up" : "down";
      if (section === direction) {
        range = { start: range?.start ?? line.start, end: text.length };
        isTransaction &&= words?.includes("notransaction") !== true;
      } else if (range !== null && range.end === text.length) range = { ...range, end: line.start };
    } else if (command === "StatementBegin") isBlock = section !== null;
    else if (command === "StatementEnd") {
      if (isBlock) closes(line.start);
      isBlock = false;
    }
    if (words !== null || section === null || line.text.startsWith("-- ")) continue;
    const isSeparator = !isBlock && line.text === settings.separator;
    if (isSeparator) closes(line.start);
    else if (start < 0 && line.text.trim() !== "") start = line.start;
    if (!isBlock && endsWithSemicolon(line.text)) closes(line.end);
  }
  if (isBlock)
    return refusedFile(file, text.length, "sql-migrate refuses this file: StatementEnd is missing");
  if (section === null)
    return refusedFile(file, 0, "sql-migrate refuses this file: it has no `-- +migrate Up`");
  if (start >= 0) return unended(file, start);
  if (range === null) return { script: null, skipped: [] };
  const script = readScript(path, text, modeOf(isTransaction, parts.length), parts, dialect);
  return { script: { ...script, range }, skipped: [] };
}

/** Each statement is one query of its own; several SQL statements in one query are a transaction. */
function modeOf(isTransaction: boolean, count: number) {
  if (isTransaction) return "transaction";
  return count === 1 ? "implicit" : "autocommit";
}

function unended(file: MigrationFile, at: number): Reading {
  const [line] =
    /^(?:GO|\/|[-=#~]{2,})\r?$/im.exec(file.settings.separator === undefined ? file.text : "") ?? [];
  const unless =
    line === undefined
      ? ""
      : `, unless Go sets \`LineSeparator\` to ${line.trim()}, which is not found beside its folder`;
  return refusedFile(
    file,
    at,
    `sql-migrate refuses this file: a statement has no semicolon at the end of a line${unless}`,
  );
}
