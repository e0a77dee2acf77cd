import { list } from "../advice.ts";
import { underLocks } from "../held-locks.ts";
import { locksOnOld } from "../locks.ts";
import { defineRule } from "../rule.ts";
import { say } from "../text.ts";
import type { Migration, MigrationRun, Statement, TableName } from "../types.ts";

/** Two tables are a change of a relation; with more, the order in which they are locked seldom is the application's. */
const many = 3;

export default defineRule({
  summary: "Lock few tables in one transaction",
  why: "Each table stays locked until the last one is done, and the application may lock the same tables in another order: then both wait for each other until PostgreSQL ends one of them with a deadlock.",
  instead: "Give each table a migration of its own, or commit between them.",
  // Seen, but whether somebody locks them the other way around depends on code that is not seen here.
  severity: "info",
  ignoreWhen: "the application is stopped while the migration runs, or the tables are hardly used.",
  sources: ["PostgreSQL documentation, section 13.3.4, Deadlocks"],
  check: {
    migration(migration, { run, onlyDown }) {
      if (!run || onlyDown) return;
      const found = lastToLock(migration, run);
      if (!found) return;
      return {
        message: say`From this statement on the transaction locks ${list(found.tables)} against reads or writes, all of them until it ends.`,
        at: found.statement.span,
        object: found.tables.join(" "),
      };
    },
  },
});

/**
 * The statement that adds the last of too many tables; one that locks them all itself cannot be divided. Tables that the
 * migration drops do not count: who waits for them fails anyway.
 */
function lastToLock(
  { up }: Migration,
  { up: run, before, after }: MigrationRun,
): { statement: Statement; tables: TableName[] } | null {
  const gone = new Set(
    before.tables.filter(({ oid }) => !after.tables.some((one) => one.oid === oid)).map(({ name }) => name),
  );
  const steps = underLocks(up, run).map(({ statement, run: seen, held }) => {
    const earlier = held.map(({ table }) => table).filter((table) => !gone.has(table));
    const own = locksOnOld(seen, "SHARE ROW EXCLUSIVE").map(({ relation }) => relation);
    const tables = [...new Set([...earlier, ...own.filter((table) => !gone.has(table))])];
    return { statement, earlier, tables };
  });
  const last = steps.findLast(
    ({ earlier, tables }) => earlier.length > 0 && tables.length > earlier.length && tables.length >= many,
  );
  return last ?? null;
}
