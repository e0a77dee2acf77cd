import { ranOf, tableBefore, wasRewritten } from "../observed.ts";
import { defineRule } from "../rule.ts";
import { say } from "../text.ts";

export default defineRule({
  summary: "Expect prepared statements to fail once when a column's type changes",
  why: "A session that has prepared a statement which returns the column fails with “cached plan must not change result type” the next time it runs it: PostgreSQL does not change the columns of a result that it has described. A driver may prepare again by itself, but not inside a transaction.",
  instead:
    "Let the application open its connections anew right after the migration, or add a new column instead.",
  // One failure a session, and some drivers hide it.
  severity: "info",
  ignoreWhen:
    "the application does not prepare statements, its driver prepares again by itself, or it is restarted with the deploy.",
  sources: [
    "PostgreSQL documentation, PREPARE, Notes",
    "PostgreSQL documentation, section 40.3, SPI_prepare",
  ],
  check: {
    alterColumnType({ table, column, type, at }, context) {
      const run = ranOf(context);
      // A rewrite is told by its own rule, and the way around it is the same.
      if (!run || context.isNewColumn(table, column) || wasRewritten(run, table)) return;
      const old = tableBefore(context, table)?.columns.find(({ name }) => name === column)?.type;
      if (old === undefined || old === type) return;
      return {
        message: say`Sessions that have prepared a statement which returns ${column} of ${table} fail once: “cached plan must not change result type”.`,
        at,
        object: `${table}.${column}`,
      };
    },
  },
});
