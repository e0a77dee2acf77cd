import { tableBefore } from "../observed.ts";
import { defineRule, type OperationContext } from "../rule.ts";
import { renameColumnSequence } from "../sequences/rename-column.ts";
import { say } from "../text.ts";
import type { Statement, TableName, Text } from "../types.ts";
import { failing, notUsed, stillMapped } from "../uses.ts";

export default defineRule({
  summary: "Keep a column's name while running code uses it",
  why: "From the moment of the rename until every instance runs the new code, each statement that names the old column fails, or finds an empty one where another takes the name. Views keep working; function bodies that are strings do not.",
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
      if (view?.columns?.includes(column)) return;
      const isThere = after?.columns.some(({ name }) => name === column) ?? false;
      const left = isThere ? leftInOldRows(table, column, context) : null;
      if (isThere && !left) return;
      const uses = context.uses({
        kind: "column",
        table: context.formerName(table),
        column: context.formerColumn(table, column),
      });
      const unused = notUsed(uses);
      if (left)
        return unused
          ? undefined
          : {
              message: say`Renaming ${column} to ${to} takes its values along: running code that still reads ${`${table}.${column}`} finds ${left} in every old row.${stillMapped(uses) ?? []}`,
              instead: say`Add a column of another name beside ${column}, write to both, copy the old values, and move the readers; ${column} keeps its name until a later release.`,
              at,
              object: `${table}.${column}`,
            };
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

/** What old rows hold in a column that the script adds under the old name; null where it may be the old values. */
function leftInOldRows(table: TableName, column: string, context: OperationContext): Text | null {
  const { script, statement, database } = context;
  const added = script.statements
    .slice(statement.index + 1)
    .flatMap(({ operations }) => operations)
    .find((one) => one.kind === "addColumn" && one.table === table && one.column.name === column);
  if (added?.kind !== "addColumn") return null;
  const { defaultSql, generated, identity, serial } = added.column;
  if (generated !== null || identity || serial) return null;
  if (database.steps.some(({ up }) => up.statements.some((one) => mayFill(one, table, column)))) return null;
  return defaultSql === null ? ["NULL"] : say`${defaultSql}`;
}

/** Whether it writes to the column, or runs what might. */
function mayFill({ operations }: Statement, table: TableName, column: string): boolean {
  if (operations.length === 0) return true;
  return operations.some((one) => {
    if (one.kind === "other") return /^(?:Do|Select|Call)Stmt$/.test(one.node);
    if (one.kind !== "write" || one.table !== table) return false;
    return one.sets === null || one.sets.some((set) => set.column === column);
  });
}
