import { defineRule } from "../rule.ts";
import { say } from "../text.ts";
import type { Migration, MigrationRun, Problem, Statement, TableName } from "../types.ts";

export default defineRule({
  summary: "Change a table that must be written anew by one ALTER TABLE",
  why: "Each ALTER TABLE that rewrites copies the table and builds every index again. Several changes in one statement are made in one copy.",
  instead: "Write the changes as one ALTER TABLE, with commas between them.",
  // Each rewrite is a finding of its own; that one would do is advice.
  severity: "info",
  ignoreWhen: "a later change needs an earlier one to be complete.",
  sources: ["PostgreSQL documentation, ALTER TABLE, Notes"],
  check: {
    migration(migration, { run, onlyDown }) {
      if (!run || onlyDown) return;
      const all = rewritesOf(migration, run);
      return all.flatMap(({ table, statement }, i): Problem[] => {
        const earlier = all.slice(0, i).filter((one) => one.table === table);
        if (earlier.length !== 1) return [];
        const times = all.filter((one) => one.table === table).length;
        return [
          {
            message: say`${table} is written anew ${times} times by this migration; one ALTER TABLE would do it once.`,
            at: statement.span,
            object: table,
          },
        ];
      });
    },
  },
});

/** Statements that only alter one old table, and were seen to write it anew. */
function rewritesOf({ up }: Migration, run: MigrationRun): { table: TableName; statement: Statement }[] {
  return run.up.statements.flatMap(({ index, outcome, rewrites }) => {
    const statement = up.statements[index];
    if (outcome.kind !== "ran" || !statement || !/^ALTER\s+TABLE\b/i.test(statement.sql)) return [];
    return rewrites
      .filter(({ kind, isNew }) => kind === "table" && !isNew)
      .map(({ relation }) => ({ table: relation, statement }));
  });
}
