import { ranOf, sized, sizeOf } from "../observed.ts";
import { defineRule } from "../rule.ts";
import { quoteTable } from "../sql/names.ts";
import { say } from "../text.ts";
import type { StatementRun, Text } from "../types.ts";

export default defineRule({
  summary: "Refresh a materialized view CONCURRENTLY, with a unique index",
  why: "REFRESH MATERIALIZED VIEW holds an ACCESS EXCLUSIVE lock on the view while its query runs: every read of the view waits. CONCURRENTLY lets reads through (it takes EXCLUSIVE: one refresh at a time), and needs a unique index on plain columns that covers every row.",
  instead: "Create a unique index on columns of the view, then REFRESH MATERIALIZED VIEW CONCURRENTLY.",
  // How long reads wait depends on the view's query.
  severity: "warning",
  ignoreWhen: "the query is quick, or nothing reads the view while the migration runs.",
  sources: [
    "PostgreSQL documentation, REFRESH MATERIALIZED VIEW",
    "PostgreSQL documentation, section 13.3.1, Table-Level Locks",
  ],
  check: {
    refreshView({ name, concurrently, at }, context) {
      if (concurrently) return;
      // A view of this pull request is read by nobody yet.
      if (!context.base?.views.some((view) => view.name === name)) return;
      const run = ranOf(context);
      return {
        message: say`Refreshing ${name} makes every read of it wait until its query has run.`,
        evidence: [...(run ? locksOf(run, name) : []), sizeOf(name, context)],
        instead: say`Create a unique index on columns of ${name} that covers every row, and run ${`REFRESH MATERIALIZED VIEW CONCURRENTLY ${quoteTable(name)}`}; better still where data is refreshed, not in a migration.`,
        at,
        object: name,
        severity: sized("warning", name, context),
      };
    },
  },
});

function locksOf({ locks }: StatementRun, name: string): Text[] {
  return locks
    .filter(({ relation }) => relation === name)
    .map(({ mode, relation, source }) => say`${[source]}: ${[mode]} lock on ${relation}`);
}
