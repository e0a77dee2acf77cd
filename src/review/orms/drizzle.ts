import { directoriesUp, type SourceFiles } from "../code/typescript-paths.ts";
import {
  type DrizzleConfig,
  homeOf,
  isConfigPath,
  nearestSchemaFiles,
  readConfig,
  schemaFilesOf,
} from "../drizzle/config.ts";
import { declarationsOf } from "../drizzle/declarations.ts";
import { filesOf, type Recorded, recorded } from "../drizzle/files.ts";
import { push } from "../drizzle/push.ts";
import { readSchema } from "../drizzle/read.ts";
import { remedyFor } from "../drizzle/remedy.ts";
import { renderPostgresql } from "../drizzle/render-postgresql.ts";
import { renderSqlite } from "../drizzle/render-sqlite.ts";
import { configsOfScripts } from "../drizzle/scripts.ts";
import { defineOrm, type ModelReading } from "../orm.ts";
import { directoryOf, foreignFolderOf, joinPath } from "../paths.ts";
import type { ModelFile } from "../types.ts";

/**
 * Tables are what the files of `schema` in drizzle.config.ts export; `out` names the directory of their migrations (Drizzle
 * documentation, Drizzle Kit configuration file). The files are read as they stand, with those that they import.
 */
export default defineOrm({
  title: "Drizzle",
  frameworks: ["drizzle"],
  isModel(path, patch) {
    if (!/\.[cm]?[jt]sx?$/.test(path) || /\.d\.[cm]?ts$/.test(path)) return false;
    const isPlace = placesOfModels.test(path) && !/x$/.test(path);
    if (patch === null) return isPlace;
    return changedLine.test(patch) || (isPlace && (placesOfTables.test(path) || tableAround.test(patch)));
  },
  filesFor(directory, repository) {
    const files = recorded(repository);
    const config = configFor(directory, files);
    if (!config || config.dialect === "other") return [];
    const home = homeOf(config, directory);
    return filesOf(config, home === null ? [] : schemaFilesOf(config, home, files.paths), files);
  },
  read(files, dialect) {
    const texts = new Map(files.map(({ path, text }) => [path, text]));
    const source: SourceFiles = { paths: new Set(texts.keys()), text: (path) => texts.get(path) ?? null };
    const config = configIn(files, source);
    const entries = config ? nearestSchemaFiles(config, source.paths) : [];
    const reading = readSchema(entries, source, dialect, config?.casing ?? null);
    const isIncomplete = entries.length === 0 || reading.isIncomplete;
    return {
      declarations: declarationsOf({ ...reading, isIncomplete }),
      statements: dialect === "sqlite" ? renderSqlite(reading.schema) : renderPostgresql(reading.schema),
      skipped: reading.skipped,
    } satisfies ModelReading;
  },
  remedyFor,
  push,
});

const placesOfModels =
  /(^|\/)(schemas?|models?|tables?|db|database|drizzle|entities)(\/|\.)|[-._](schema|table|model|entity)s?\.[cm]?[jt]s$/i;

/** Places of which the name alone says that they hold Drizzle's tables, or what those are made of. */
const placesOfTables = /(^|\/)(drizzle|(db|database)\/schema)(\/|\.)/i;

/** A line of a hunk that adds or takes away what only tables are made of. */
const changedLine =
  /^[+-].*(drizzle-orm\/(pg|sqlite)-core|\b(pg|sqlite)(Table|TableCreator|Enum|Schema|Sequence|View)\(|\.(notNull|defaultNow|defaultRandom|primaryKey)\((\)|\{)|\.references\((\(\)|$)|\.generatedAlways|\b(uniqueIndex|foreignKey|primaryKey)\(["'{]|\b(pgPolicy|crudPolicy)\(|\.(enableRLS|withRLS)\()/m;

/** Columns and tables, on the lines that change or around them: text(), pgTable(…); or which files of them count. */
const tableAround =
  /drizzle-orm\/(pg|sqlite)-core|\b(pg|sqlite)(Table|TableCreator|Enum|Schema|Sequence|View)\b|[:=]\s*(text|(var)?char|citext|(big|small)?(int|serial)(eger)?|boolean|numeric|decimal|real|doublePrecision|jsonb?|timestamp|date|time|interval|uuid|inet|bytea|blob|vector)\(|^[+-]\s*export \* from /m;

/** The configuration whose migrations go to the directory. */
function configFor(directory: string, files: Recorded): DrizzleConfig | null {
  const named = [...files.paths]
    .filter((path) => isConfigPath(path) && foreignFolderOf(path) === null)
    .sort((a, b) => distance(a, directory) - distance(b, directory) || a.length - b.length);
  return firstOf(named, directory, files) ?? configByScripts(directory, files);
}

/** The configuration, where it has a name of its own: the scripts of a package around the directory tell it. */
function configByScripts(directory: string, files: Recorded): DrizzleConfig | null {
  for (const folder of directoriesUp(directory)) {
    const path = joinPath(folder, "package.json");
    if (!files.paths.has(path)) continue;
    const asked = new Set(files.asked);
    const text = files.text(path);
    restore(files.asked, asked);
    const configs = text === null ? [] : configsOfScripts(path, text).filter((file) => files.paths.has(file));
    const found = firstOf([...configs, path], directory, files);
    if (found) return found;
  }
  return null;
}

function firstOf(candidates: readonly string[], directory: string, files: Recorded): DrizzleConfig | null {
  for (const path of candidates) {
    const asked = new Set(files.asked);
    const config = readConfig(path, files);
    if (config && homeOf(config, directory) !== null) return config;
    // What only another directory's configuration led to is not of this one.
    restore(files.asked, asked);
  }
  return null;
}

function restore(set: Set<string>, before: ReadonlySet<string>): void {
  for (const one of set) if (!before.has(one)) set.delete(one);
}

/** How many folders lie between a configuration and a directory. */
function distance(path: string, directory: string): number {
  const [a, b] = [directoryOf(path).split("/"), directory.split("/")];
  let shared = 0;
  while (shared < a.length && a[shared] === b[shared]) shared += 1;
  return a.length + b.length - 2 * shared;
}

function configIn(files: readonly ModelFile[], source: SourceFiles): DrizzleConfig | null {
  const [first] = files;
  return first ? readConfig(first.path, source) : null;
}
