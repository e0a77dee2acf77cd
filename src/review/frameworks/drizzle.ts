import { z } from "zod";
import { isPartialSnapshot, statementsOfSnapshot } from "../drizzle/snapshot.ts";
import {
  defineFramework,
  type MigrationDirectory,
  type MigrationFile,
  type MigrationFiles,
  noSettings,
  type Reading,
  type Repository,
} from "../framework.ts";
import { markedFolders } from "../marked-files.ts";
import { directoryOf, fileNameOf, groupBy, joinPath } from "../paths.ts";
import { readScript } from "../script.ts";
import { say } from "../text.ts";
import type { Dialect, Settings, Skipped, Span } from "../types.ts";
import { compareText } from "../versions.ts";

/**
 * Drizzle Kit lays migrations out in two ways. `meta/_journal.json` lists files `<tag>.sql` in their order, with the time of
 * each; an entry whose time is not later than the last one that ran is never run. Newer versions keep a folder for each, with
 * `migration.sql` and `snapshot.json`, in the order of their names. A file is cut at `--> statement-breakpoint`; all that is
 * pending runs in one transaction, and there are no downs (Drizzle documentation, drizzle-kit generate, drizzle-kit migrate;
 * drizzle-orm/src/migrator.ts, pg-core/dialect.ts). With folders, versions differ in whether a late one is run: by its name
 * since the first release candidate, by its time before (drizzle-orm/src/migrator.utils.ts).
 */
export default defineFramework({
  title: "Drizzle",
  concerns: /(^|\/)(meta\/_journal\.json|drizzle\.config\.[cm]?[jt]s)$/,
  find(repository) {
    const found = [...journals(repository), ...folders(repository)];
    const known = new Set(found.map(({ directory }) => directory));
    return [...found, ...marked(repository).filter(({ directory }) => !known.has(directory))];
  },
  read,
  hasDowns: false,
  habits: { late: "unknown", duplicates: "run", checksums: false, together: true },
  outsideTransaction: say`a session of its own with psql, before the migration, and keep the plain statement with ${"IF NOT EXISTS"} in the migration: Drizzle runs all migrations in one transaction`,
  write({ directory, version, name, after, up, outsideTransaction }) {
    if (outsideTransaction) return null;
    const base = joinPath(directory, `${version}_${name}`);
    if (fileNameOf(after.up) === "migration.sql") return [{ path: `${base}/migration.sql`, text: up }];
    // The tool keeps the journal.
    return [{ path: `${base}.sql`, text: `-- drizzle-kit generate --custom --name=${name}\n${up}` }];
  },
  snapshot: {
    pathsFor: (directory, { up }) => [
      fileNameOf(up) === "migration.sql"
        ? joinPath(directoryOf(up), "snapshot.json")
        : snapshotOf(up, directory),
    ],
    isPartial: isPartialSnapshot,
    read(text, dialect, before) {
      const statements = statementsOfSnapshot(text, dialect, before);
      return Array.isArray(statements) ? { statements, versions: null } : statements;
    },
    isDumped: false,
    follows: say`the next ${"drizzle-kit generate"} starts from it, and repeats or undoes that`,
    remedy: say`Take the migration and its snapshot away, merge the base branch, and run ${"drizzle-kit generate"} again; SQL written by hand belongs into what ${"drizzle-kit generate --custom"} starts.`,
  },
});

const breakpoint = "--> statement-breakpoint";

function read({ path, text, dialect }: MigrationFile): Reading {
  const parts: Span[] = [];
  for (let start = 0; start <= text.length; ) {
    const found = text.indexOf(breakpoint, start);
    const end = found < 0 ? text.length : found;
    parts.push({ start, end });
    start = found < 0 ? text.length + 1 : end + breakpoint.length;
  }
  return { script: readScript(path, text, "transaction", parts, dialect), skipped: [] };
}

const journal = z.object({
  dialect: z.string().optional(),
  entries: z.array(z.object({ tag: z.string(), when: z.number().optional() })),
});

function journals({ paths, text }: Repository): MigrationDirectory[] {
  const known = new Set(paths);
  return paths.flatMap((path) => {
    if (fileNameOf(path) !== "_journal.json" || fileNameOf(directoryOf(path)) !== "meta") return [];
    const directory = directoryOf(directoryOf(path));
    const sql = paths
      .filter((file) => directoryOf(file) === directory && /\.sql$/.test(file))
      .sort(compareText);
    const content = text(path, directory);
    const read = content === null ? null : journalIn(content);
    const base = { directory, by: "file" as const };
    if (read === null) {
      const reason =
        "it is no valid journal of Drizzle: the order of the migrations is taken from their names";
      const skipped = content === null ? [] : [{ path, line: null, reason, matters: true }];
      return [{ ...base, dialect: null, migrations: sql.filter(isNumbered).map(migrationOf), skipped }];
    }
    const times = new Map(read.entries.map(({ tag, when }) => [joinPath(directory, `${tag}.sql`), when]));
    const listed = new Set(times.keys());
    return [
      {
        ...base,
        dialect: read.dialect === undefined ? null : dialectOf(read.dialect),
        migrations: [...listed]
          .filter((file) => known.has(file))
          .map((file) => ({
            ...migrationOf(file),
            settings: settingsOf(times.get(file)),
          })),
        skipped: [
          ...sql
            .filter((file) => !listed.has(file) && isNumbered(file))
            .map((file) => skip(file, "Drizzle does not run it: meta/_journal.json does not list it")),
          ...[...listed]
            .filter((file) => !known.has(file))
            .map((file) =>
              skip(path, `Drizzle refuses to start: ${fileNameOf(file)} is listed and is not there`),
            ),
          ...withoutSnapshot([...listed], (file) => snapshotOf(file, directory), known),
        ],
      },
    ];
  });
}

function snapshotOf(path: string, directory: string): string {
  const [number = ""] = /^\d+/.exec(fileNameOf(path)) ?? [];
  return joinPath(directory, `meta/${number}_snapshot.json`);
}

/** What is generated next starts from the last snapshot: one that is missing counts only at the end, where others are kept. */
function withoutSnapshot(
  ups: readonly string[],
  snapshotOf: (path: string) => string,
  known: ReadonlySet<string>,
): Skipped[] {
  const last = ups.at(-1);
  if (last === undefined || !known.has(last) || known.has(snapshotOf(last))) return [];
  if (!ups.some((path) => known.has(snapshotOf(path)))) return [];
  const reason = `${snapshotOf(last).slice(directoryOf(last).length + 1)} is missing: the next drizzle-kit generate starts from an older snapshot, and repeats what this migration does; write it with drizzle-kit generate --custom`;
  return [{ path: last, line: null, reason, matters: false }];
}

function journalIn(text: string): z.output<typeof journal> | null {
  try {
    const read = journal.safeParse(JSON.parse(text));
    return read.success ? read.data : null;
  } catch {
    return null;
  }
}

function folders({ paths, text }: Repository): MigrationDirectory[] {
  const known = new Set(paths);
  const snapshotOf = (path: string) => joinPath(directoryOf(path), "snapshot.json");
  const own = paths.filter((path) => fileNameOf(path) === "migration.sql" && known.has(snapshotOf(path)));
  const homes = groupBy(own, (path) => directoryOf(directoryOf(path)));
  return [...homes].map(([directory]) => {
    // A migration without a snapshot beside it is run as well.
    const ups = paths
      .filter((path) => fileNameOf(path) === "migration.sql" && directoryOf(directoryOf(path)) === directory)
      .sort(compareText);
    const first = ups.find((path) => known.has(snapshotOf(path)));
    const snapshot = first === undefined ? null : text(snapshotOf(first), directory);
    const dialect = snapshot === null ? undefined : /"dialect"\s*:\s*"(\w+)"/.exec(snapshot)?.[1];
    return {
      directory,
      by: "file",
      dialect: dialect === undefined ? null : dialectOf(dialect),
      migrations: ups.map(migrationOf),
      skipped: withoutSnapshot(ups, snapshotOf, known),
    };
  });
}

/** The tool's marks without its journal, which some keep out of the repository: the names tell the order. */
function marked(repository: Repository): MigrationDirectory[] {
  return markedFolders(
    repository,
    (name) => /^\d+_.*\.sql$/.test(name),
    /--> statement-breakpoint[ \t\r]*$/m,
  ).map(({ directory, paths }) => ({
    directory,
    by: "text",
    dialect: null,
    migrations: paths.map(migrationOf),
    skipped: [],
  }));
}

/** A database that is in use goes on from the time of the last entry that ran. */
function settingsOf(when: number | undefined): Settings {
  return when === undefined ? noSettings : { when: String(when) };
}

function isNumbered(path: string): boolean {
  return /^\d+_/.test(fileNameOf(path));
}

function migrationOf(up: string): MigrationFiles {
  const tag =
    fileNameOf(up) === "migration.sql" ? fileNameOf(directoryOf(up)) : fileNameOf(up).replace(/\.sql$/, "");
  const [, version = tag, name = tag] = /^(\d+)_(.*)$/s.exec(tag) ?? [];
  return {
    version,
    name,
    up,
    down: null,
    downPath: null,
    settings: noSettings,
    isRepeatable: false,
    isBaseline: false,
  };
}

function dialectOf(name: string): Dialect | { readonly other: string } {
  return dialects[name] ?? { other: name };
}

const dialects: Readonly<Record<string, Dialect | { readonly other: string }>> = {
  postgresql: "postgresql",
  postgres: "postgresql",
  pg: "postgresql",
  sqlite: "sqlite",
  turso: "sqlite",
  mysql: { other: "MySQL" },
  singlestore: { other: "SingleStore" },
  gel: { other: "Gel" },
};

function skip(path: string, reason: string): Skipped {
  return { path, line: null, reason, matters: true };
}
