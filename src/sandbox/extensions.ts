import { existsSync } from "node:fs";
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

/** The folder of PGlite's own files. */
export function pgliteDirectory(): string {
  return path.dirname(createRequire(import.meta.url).resolve("@electric-sql/pglite"));
}

/** The archives of the extensions on offer, those that are installed. */
export function extensionArchives(): readonly ExtensionArchive[] {
  const directory = pgliteDirectory();
  return bundledExtensions
    .map((name) => ({ name, path: path.join(directory, `${name}.tar.gz`) }))
    .filter((archive) => existsSync(archive.path));
}
