import type { Migration, MigrationRun } from "../review/types.ts";

/**
 * The base side's text of an edited migration, to be run from where the new one starts: a database that has run it is as it
 * leaves it. Null where there is none.
 */
export function formerOf(migration: Migration): Migration | null {
  return migration.former && { ...migration, ...migration.former, unchanged: [], former: null };
}

/** What is told of its run. */
export function formerRunOf({ up, roundTrip }: MigrationRun): MigrationRun["former"] {
  return { up, roundTrip };
}
