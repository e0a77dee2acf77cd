import { list } from "../advice.ts";
import { locksOnOld } from "../locks.ts";
import { defineRule } from "../rule.ts";
import { inEffect } from "../settings-in-effect.ts";
import { say } from "../text.ts";
import type { MigrationRun, StatementRun } from "../types.ts";

export default defineRule({
  summary: "Set lock_timeout before a statement that stops others",
  why: "A statement that asks for a strong lock waits for the queries that run on the table, and every later query of the table waits behind it, also when the statement itself would take a millisecond. With lock_timeout it gives up instead, and can be tried again.",
  instead:
    "Put SET LOCAL lock_timeout = '5s' before it, or give the role that runs migrations a lock_timeout.",
  // No file shows what the role or the connection sets.
  severity: "info",
  ignoreWhen: "the role or the connection that runs migrations has a lock_timeout of its own.",
  sources: [
    "PostgreSQL documentation, section 19.11.1, lock_timeout",
    "PostgreSQL documentation, section 13.3.1, Table-Level Locks",
  ],
  check: {
    migration(migration, context) {
      // The tool's own configuration sets it.
      if (context.onlyDown || migration.settings.lock_timeout !== undefined) return;
      const stopping = (context.run?.up.statements ?? []).filter(isStopping);
      const [first] = stopping;
      const statement = migration.up.statements.find(({ index }) => index === first?.index);
      if (!first || !statement) return;
      if (inEffect("lock_timeout", statement, migration, context.database)) return;
      const [table = ""] = tablesOf(first);
      const all = [...new Set(stopping.flatMap(tablesOf))];
      return {
        message: say`Without lock_timeout, while this statement waits for a query that runs long on ${table}, every later query of ${table} waits behind it.`,
        evidence: all.length > 1 ? [say`observed: strong locks on ${list(all)} in this migration`] : [],
        instead: say`Put ${"SET LOCAL lock_timeout = '5s'"} before it, or give the role that runs migrations a lock_timeout.`,
        at: statement.span,
        object: migration.name,
      };
    },
  },
});

/** An index is better built CONCURRENTLY, which waits without stopping others, and must not have a short timeout. */
function isStopping(run: MigrationRun["up"]["statements"][number]): boolean {
  return run.outcome.kind === "ran" && tablesOf(run).length > 0;
}

function tablesOf(run: StatementRun): string[] {
  return locksOnOld(run, "SHARE ROW EXCLUSIVE").map(({ relation }) => relation);
}
