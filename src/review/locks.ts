import type { Lock, LockMode, Statement, StatementRun, TableName } from "./types.ts";

/** PostgreSQL's table-level lock modes, weakest first (documentation, section 13.3.1); the parser numbers them so, from 1. */
export const lockModes: readonly LockMode[] = [
  "ACCESS SHARE",
  "ROW SHARE",
  "ROW EXCLUSIVE",
  "SHARE UPDATE EXCLUSIVE",
  "SHARE",
  "SHARE ROW EXCLUSIVE",
  "EXCLUSIVE",
  "ACCESS EXCLUSIVE",
];

/** Whether a lock of this mode is as strong as another, or stronger. */
export function isAtLeast(mode: LockMode, least: LockMode): boolean {
  return lockModes.indexOf(mode) >= lockModes.indexOf(least);
}

/** What waits for such a lock to end; null for a lock that lets reads and writes through. */
export function waiting(mode: LockMode): "every read and write" | "every write" | null {
  if (mode === "ACCESS EXCLUSIVE") return "every read and write";
  return isAtLeast(mode, "SHARE") ? "every write" : null;
}

/** The locks of a statement on tables that are older than the pull request, of this mode or stronger. */
export function locksOnOld(run: StatementRun, least: LockMode): Lock[] {
  return run.locks.filter(({ kind, isNew, mode }) => kind === "table" && !isNew && isAtLeast(mode, least));
}

/** The same on tables that the statement does not name as the ones that it changes. */
export function locksElsewhere(run: StatementRun, statement: Statement, least: LockMode): Lock[] {
  const named = namedTables(statement);
  return locksOnOld(run, least).filter(({ relation }) => !named.has(relation));
}

function namedTables({ operations }: Statement): ReadonlySet<TableName> {
  return new Set(
    operations.flatMap((operation) => [
      ...("table" in operation ? [operation.table] : []),
      ...("partition" in operation ? [operation.partition] : []),
    ]),
  );
}
