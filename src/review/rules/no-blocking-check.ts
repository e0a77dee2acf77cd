import { bareName, conventionalName } from "../advice.ts";
import {
  addedInSameTransaction,
  notValidFix,
  validatedBeside,
  validateLater,
  validateLaterSequence,
} from "../not-valid.ts";
import { evidenceOf, ranOf, sized, wasScanned } from "../observed.ts";
import { defineRule } from "../rule.ts";
import { say } from "../text.ts";
import type { ConstraintDefinition, TableName } from "../types.ts";

export default defineRule({
  summary: "Add a check to an existing table as NOT VALID",
  why: "ADD CHECK holds an ACCESS EXCLUSIVE lock while every row is checked: every read and write of the table waits.",
  instead:
    "Add it as NOT VALID, then VALIDATE CONSTRAINT in a later migration, which lets reads and writes through.",
  // The lock blocks even reads and lasts as long as the table is large.
  severity: "error",
  ignoreWhen: "the table is small, or the application is stopped while the migration runs.",
  sources: [
    "PostgreSQL documentation, ALTER TABLE, ADD table_constraint and Notes",
    "PostgreSQL documentation, section 13.3.1, Table-Level Locks",
  ],
  check: {
    addConstraint(operation, context) {
      const { table, constraint, at } = operation;
      if (constraint.kind !== "check" || constraint.notValid || context.isNew(table)) return;
      const run = ranOf(context);
      if (run && context.hasRows(table) && !wasScanned(run, table)) return;
      const name = nameOf(table, constraint);
      return {
        message: say`Adding ${constraint.name ?? ["this check"]} reads all of ${table} while every read and write of it waits.`,
        evidence: evidenceOf(context, [table]),
        instead: validateLater(table, constraint, name),
        at,
        object: `${table}.${name}`,
        severity: sized("error", table, context),
        planned: notValidFix(operation, name),
        sequence: validateLaterSequence(operation, name, context),
      };
    },
    addColumn({ table, column, constraints, at }, context) {
      const constraint = constraints.find(({ kind }) => kind === "check");
      if (!constraint || context.isNew(table)) return;
      const run = ranOf(context);
      if (run && context.hasRows(table) && !wasScanned(run, table)) return;
      return {
        message: say`Adding ${column.name} with a check reads all of ${table} while every read and write of it waits.`,
        evidence: evidenceOf(context, [table]),
        instead: say`Add ${column.name} first, then the check as a constraint of its own with NOT VALID, and run VALIDATE CONSTRAINT in the next migration.`,
        at,
        object: `${table}.${nameOf(table, { ...constraint, columns: [column.name] })}`,
        severity: sized("error", table, context),
      };
    },
    validateConstraint(operation, context) {
      const { table, name, at } = operation;
      if (context.isNew(table)) return;
      if (!addedInSameTransaction(operation, "check", context))
        return validatedBeside(operation, "other", context);
      return {
        message: say`${name} is validated in the transaction that adds it: every read and write of ${table} waits for the whole check, as if it were added without NOT VALID.`,
        evidence: evidenceOf(context, [table]),
        instead: say`Move VALIDATE CONSTRAINT ${name} to the next migration.`,
        at,
        object: `${table}.${name}`,
        severity: sized("error", table, context),
      };
    },
  },
});

/** As PostgreSQL names it: with the column when the check is about one. */
function nameOf(table: TableName, { name, columns }: ConstraintDefinition): string {
  const about = columns.length === 1 ? columns : [];
  return name ?? conventionalName(table, about, "check") ?? `${bareName(table)}_check`;
}
