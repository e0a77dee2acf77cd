import type { SnapshotKeeping } from "./framework.ts";
import { directoryOf, joinPath } from "./paths.ts";
import { readDump } from "./sql/dump.ts";
import { say } from "./text.ts";

/**
 * A dump of the schema that a team keeps beside its migrations: `structure.sql` or `schema.sql` in the folder above, known by
 * the words with which pg_dump begins. Written by hand, such a file may mean anything, and is left alone.
 */
export const pgDump: SnapshotKeeping = {
  pathsFor: (directory) =>
    ["structure.sql", "schema.sql"].map((name) => joinPath(directoryOf(directory), name)),
  isPartial: () => false,
  read: (text, dialect) =>
    dialect === "postgresql" && /^-- PostgreSQL database dump$/m.test(text)
      ? readDump(text, "schema_migrations", dialect)
      : null,
  isDumped: true,
  follows: say`databases that are set up from it differ`,
  remedy: say`Run the migrations, write the file again with ${"pg_dump --schema-only"}, and commit it with the migration.`,
};
