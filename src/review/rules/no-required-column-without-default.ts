import { ranOf } from "../observed.ts";
import { isRequired } from "../required-column.ts";
import { defineRule, type OperationContext } from "../rule.ts";
import { quoteIdentifier, quoteTable } from "../sql/names.ts";
import { say } from "../text.ts";
import type { Severity, Text } from "../types.ts";

export default defineRule({
  summary: "Give a NOT NULL column that is added to an existing table a default",
  why: "Existing rows would have no value for it: PostgreSQL refuses the statement as soon as the table has one row.",
  instead:
    "Add the column with a DEFAULT, or add it as nullable, fill it, and set NOT NULL in a later migration.",
  // Certain to fail on a table with rows.
  severity: "error",
  ignoreWhen: "the table is empty wherever the migration will run.",
  sources: ["PostgreSQL documentation, section 5.7.1, Adding a Column, and ALTER TABLE, ADD COLUMN"],
  // not_null_violation
  explains: ["23502"],
  check: {
    addColumn({ table, column, at }, context) {
      if (!isRequired(column) || context.isNew(table)) return;
      // The type may be a domain with a default of its own.
      if (ranOf(context) && context.hasRows(table)) return;
      return {
        message: say`Adding ${column.name} as NOT NULL without a default fails as soon as ${table} has a row.`,
        evidence: failureOf(context),
        instead: say`Add ${column.name} with a DEFAULT, or add it as nullable, fill the existing rows, then run ${`ALTER TABLE ${quoteTable(table)} ALTER COLUMN ${quoteIdentifier(column.name)} SET NOT NULL`} in a later migration. Code that inserts into ${table} must set it by then.`,
        at,
        object: `${table}.${column.name}`,
        severity: severityOf(context.rows(table)),
      };
    },
    modelChange(change, { push, rows }) {
      const { kind, before, object, table, column } = change;
      if (push.leavesOut(change)) return;
      if (kind !== "column" || before !== null || !column?.notNull || column.defaultSql !== null) return;
      if (column.identity || column.generated || rows(table) === 0) return;
      return {
        message: say`${[push.title]} adds ${object} as NOT NULL without a default, which fails as soon as ${table} has a row.`,
        instead: say`Give it a default in the model, or let it be NULL until the existing rows are filled.`,
        object,
        severity: "warning",
      };
    },
  },
});

function failureOf({ run }: OperationContext): Text[] {
  if (run?.outcome.kind !== "failed") return [];
  return [say`observed: PostgreSQL answered ${run.outcome.message} (${[run.outcome.code]})`];
}

function severityOf(rows: number | null): Severity {
  return rows === 0 ? "info" : "error";
}
