/**
 * Behaviour of PostgreSQL that rules ask for, by the first version that has it. Every version stands in the release notes of that
 * version (documentation, appendix E) and in the "Compatibility" or "Notes" of the command's page. Syntax is in
 * `sql/features/`. `bench/versions-of-postgres.mjs` runs both on servers of all versions from 10 on.
 */
export const since = {
  /** ADD COLUMN with a constant or stable default writes no row (release notes 11; ALTER TABLE, Notes). */
  defaultWithoutRewrite: 11,
  /** SET NOT NULL reads nothing when a valid CHECK proves it (release notes 12; ALTER TABLE, SET NOT NULL). */
  notNullProvenByCheck: 12,
  /** ALTER TYPE … ADD VALUE may stand in a transaction block (release notes 12; ALTER TYPE, Notes). */
  enumValueInTransaction: 12,
  /** ATTACH PARTITION takes SHARE UPDATE EXCLUSIVE on the parent, not ACCESS EXCLUSIVE (release notes 12). */
  attachWithoutBlocking: 12,
  /** REINDEX … CONCURRENTLY (release notes 12; REINDEX, Rebuilding Indexes Concurrently). */
  concurrentReindex: 12,
  /** ALTER TABLE … DETACH PARTITION … CONCURRENTLY (release notes 14; ALTER TABLE, DETACH PARTITION). */
  concurrentDetach: 14,
  /** A foreign key of a partitioned table may be NOT VALID (release notes 18; ALTER TABLE, ADD table_constraint). */
  notValidOnPartitioned: 18,
  /** Generated columns may be VIRTUAL (release notes 18; section 5.4). */
  virtualColumns: 18,
} as const;
