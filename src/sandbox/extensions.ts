import { existsSync, realpathSync } from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import type { ExtensionArchive } from "./messages.ts";

/**
 * Extensions that every database offers, by the name of their archive. Offering one costs nothing until a migration
 * creates it. Not on offer: file_fdw, which reads the server's files.
 */
export const bundledExtensions: readonly string[] = [
  "amcheck",
  "auto_explain",
  "bloom",
  "btree_gin",
  "btree_gist",
  "citext",
  "cube",
  "dict_int",
  "dict_xsyn",
  "earthdistance",
  "fuzzystrmatch",
  "hstore",
  "intarray",
  "isn",
  "lo",
  "ltree",
  "pageinspect",
  "passwordcheck",
  "pg_buffercache",
  "pg_freespacemap",
  "pg_logicalinspect",
  "pg_overexplain",
  "pg_stat_statements",
  "pg_surgery",
  "pg_trgm",
  "pg_visibility",
  "pg_walinspect",
  "pgcrypto",
  "seg",
  "spi",
  "tablefunc",
  "tcn",
  "tsm_system_rows",
  "tsm_system_time",
  "unaccent",
  "uuid-ossp",
];

/** Extensions in packages of their own, by package and archive. */
const packagedExtensions: readonly (readonly [name: string, archive: string])[] = [
  ["@electric-sql/pglite-pgvector", "vector"],
];

/** The folder of PGlite's own files. */
export function pgliteDirectory(): string {
  return packageDirectory("@electric-sql/pglite");
}

/** The archives of the extensions on offer. Throws when one is missing. */
export function extensionArchives(): readonly ExtensionArchive[] {
  const directory = pgliteDirectory();
  const files: readonly (readonly [string, string])[] = [
    ...bundledExtensions.map((name) => [directory, name] as const),
    ...packagedExtensions.map(([name, archive]) => [packageDirectory(name), archive] as const),
  ];
  return files.map(([folder, name]) => {
    const file = path.join(folder, `${name}.tar.gz`);
    if (!existsSync(file)) throw new Error(`${file} is missing: install the dependencies again`);
    return { name, path: realpathSync(file) };
  });
}

function packageDirectory(name: string): string {
  return realpathSync(path.dirname(createRequire(import.meta.url).resolve(name)));
}
