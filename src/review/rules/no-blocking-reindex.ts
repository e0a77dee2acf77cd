import { list, sql } from "../advice.ts";
import { concurrentlyFix } from "../concurrently.ts";
import { locksOnOld } from "../locks.ts";
import { evidenceOf, ranOf, sized } from "../observed.ts";
import { defineRule, type OperationContext } from "../rule.ts";
import { say } from "../text.ts";
import { isInTransaction, outsideTransaction } from "../transaction.ts";
import type { TableName, Text } from "../types.ts";
import { since } from "../versions-of-postgres.ts";

const keywords = /^REINDEX\s+(?:\([^)]*\)\s*)?(?:INDEX|TABLE|SCHEMA|DATABASE)\b/i;

export default defineRule({
  summary: "Rebuild an index of an existing table with REINDEX CONCURRENTLY",
  why: "REINDEX holds a SHARE lock on the table and an ACCESS EXCLUSIVE lock on the index until the build has ended: writes wait, and so does every query that could use the index.",
  instead: "Use REINDEX … CONCURRENTLY in a migration that runs outside a transaction.",
  // The lock is certain and lasts as long as the table is large.
  severity: "error",
  ignoreWhen: "the table is small, or the application is stopped while the migration runs.",
  sources: [
    "PostgreSQL documentation, REINDEX, Rebuilding Indexes Concurrently",
    "PostgreSQL documentation, section 13.3.1, Table-Level Locks",
  ],
  versions: "REINDEX … CONCURRENTLY came with PostgreSQL 12.",
  check: {
    reindex({ name, concurrently, at }, context) {
      if (concurrently) return;
      const tables = tablesOf(name, context).filter((table) => !context.isNew(table));
      const [first] = tables;
      if (first === undefined) return;
      return {
        message: say`Rebuilding ${name} makes every write to ${list(tables)} wait, and every query that could use the index, until it ends.`,
        evidence: evidenceOf(context, tables),
        instead: insteadOf(context),
        at,
        object: name,
        severity: sized("error", first, context),
        fix:
          context.postgres < since.concurrentReindex
            ? null
            : concurrentlyFix(keywords, "Rebuild the index with CONCURRENTLY", context),
      };
    },
  },
});

/** The tables that were seen to be locked; else the table of this name, or that of the index. */
function tablesOf(name: string, context: OperationContext): TableName[] {
  const run = ranOf(context);
  if (run) return locksOnOld(run, "SHARE").map(({ relation }) => relation);
  const known = context.before?.tables ?? [];
  return known
    .filter((table) => table.name === name || table.indexes.some((index) => index.name === name))
    .map((table) => table.name);
}

function insteadOf({ script, statement, framework, postgres }: OperationContext): Text {
  if (postgres < since.concurrentReindex)
    return say`PostgreSQL ${postgres} has no REINDEX CONCURRENTLY: build a second index with CREATE INDEX CONCURRENTLY, then drop the old one with DROP INDEX CONCURRENTLY.`;
  const better = statement.sql.replace(keywords, "$& CONCURRENTLY");
  const where = isInTransaction(script, statement)
    ? say` in ${outsideTransaction({ script, framework })}`
    : [];
  return say`Run ${sql(better)}${where}.`;
}
