import { evidenceOf, ranOf, sized, wasScanned } from "../observed.ts";
import { defineRule } from "../rule.ts";
import { say } from "../text.ts";

export default defineRule({
  summary: "Add an exclusion constraint while the table is still empty",
  why: "ADD EXCLUDE holds an ACCESS EXCLUSIVE lock while it builds an index and compares every row: every read and write of the table waits. It takes neither NOT VALID nor USING INDEX, so there is no gentle way.",
  instead:
    "Create a table that has the constraint, write to both, copy the old rows in batches, and swap the names; or stop the application for as long as the build takes.",
  // The lock blocks even reads and lasts as long as the table is large.
  severity: "error",
  ignoreWhen: "the table is small, or the application is stopped while the migration runs.",
  sources: [
    "PostgreSQL documentation, ALTER TABLE, ADD table_constraint",
    "PostgreSQL documentation, CREATE TABLE, EXCLUDE",
  ],
  check: {
    addConstraint({ table, constraint, at }, context) {
      const { kind, name } = constraint;
      if (kind !== "exclude" || context.isNew(table)) return;
      const run = ranOf(context);
      if (run && context.hasRows(table) && !wasScanned(run, table)) return;
      return {
        message: say`Adding ${name ?? ["this exclusion constraint"]} builds an index of ${table} while every read and write of it waits.`,
        evidence: evidenceOf(context, [table]),
        instead: say`Create a table that has the constraint from the start, write to both, copy the rows of ${table} in batches, and swap the names; or stop what uses ${table} for as long as the build takes.`,
        at,
        object: `${table}.${name ?? "exclude"}`,
        severity: sized("error", table, context),
      };
    },
  },
});
