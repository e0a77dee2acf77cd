import { tableBefore } from "../observed.ts";
import { defineRule } from "../rule.ts";
import { renameColumnSequence } from "../sequences/rename-column.ts";
import { say } from "../text.ts";
import { failing, notUsed, stillMapped } from "../uses.ts";

export default defineRule({
  summary: "Keep a column's name while running code uses it",
  why: "From the moment of the rename until every instance runs the new code, each statement that names the old column fails. Views keep working; function bodies that are strings do not.",
  instead:
    "Add a column with the new name, write to both, copy the old values, move the readers, and drop the old column in a later release.",
  // Whether something breaks depends on deploy order and on code that is not seen here: it does not gate.
  severity: "warning",
  dialects: ["postgresql", "sqlite"],
  ignoreWhen: "nothing that is deployed uses the column, or the application is stopped during the deploy.",
  sources: [
    "PostgreSQL documentation, section 5.7.6, Renaming a Column",
    "PostgreSQL documentation, section 36.5, Query Language (SQL) Functions",
  ],
  check: {
    renameColumn({ table, column, to, at }, context) {
      if (context.isNewColumn(table, column)) return;
      const before = tableBefore(context, table);
      // A view's column, or one that is not there: the rename then fails, which is said elsewhere.
      if (before && !before.columns.some(({ name }) => name === column)) return;
      const after = context.after?.tables.find(({ name, oid }) => oid === before?.oid || name === table);
      // The old name is there again, e.g. as a generated column, or in a view that has the table's own old name.
      const view = context.after?.views.find(({ name }) => name === table);
      if (after?.columns.some(({ name }) => name === column) || view?.columns?.includes(column)) return;
      const uses = context.uses({
        kind: "column",
        table: context.formerName(table),
        column: context.formerColumn(table, column),
      });
      const unused = notUsed(uses);
      if (unused)
        return {
          message: say`Renaming ${column} to ${to} breaks SQL in the code that still uses ${`${table}.${column}`}.${unused}`,
          instead: say`See that no SQL in the code names ${`${table}.${column}`}.`,
          at,
          object: `${table}.${column}`,
          severity: "info",
        };
      return {
        message: say`Renaming ${column} to ${to} breaks running code that still uses ${`${table}.${column}`}.${stillMapped(uses) ?? []}`,
        evidence: failing(uses),
        instead: say`Add ${to} beside ${column}, write to both, copy the old values, move the readers, and drop ${column} in a later release.`,
        at,
        object: `${table}.${column}`,
        sequence:
          context.before && before && context.database.dialect === "postgresql"
            ? renameColumnSequence(context.before, before, column, to, context.postgres)
            : null,
      };
    },
  },
});
