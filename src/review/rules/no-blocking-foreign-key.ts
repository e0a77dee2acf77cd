import { conventionalName, list } from "../advice.ts";
import {
  addedInSameTransaction,
  notValidFix,
  validatedBeside,
  validateLater,
  validateLaterSequence,
} from "../not-valid.ts";
import { evidenceOf, ranOf, sized, tableBefore } from "../observed.ts";
import { defineRule, type OperationContext } from "../rule.ts";
import { quoteIdentifier } from "../sql/names.ts";
import { say } from "../text.ts";
import type { ConstraintDefinition, OperationOf, TableName } from "../types.ts";
import { since } from "../versions-of-postgres.ts";

export default defineRule({
  summary: "Add a foreign key to an existing table as NOT VALID",
  why: "ADD FOREIGN KEY holds a SHARE ROW EXCLUSIVE lock on both tables while every row is checked: writes to both wait.",
  instead: "Add it as NOT VALID, then VALIDATE CONSTRAINT in a later migration, which lets writes through.",
  // The lock is certain and lasts as long as the table is large.
  severity: "error",
  ignoreWhen: "both tables are small, or nothing writes to them while the migration runs.",
  sources: [
    "PostgreSQL documentation, ALTER TABLE, ADD table_constraint and Notes",
    "PostgreSQL documentation, section 13.3.1, Table-Level Locks",
  ],
  versions: "A partitioned table takes NOT VALID from PostgreSQL 18 on.",
  check: {
    addConstraint(operation, context) {
      const { table, constraint, at } = operation;
      if (constraint.kind !== "foreign-key" || constraint.notValid) return;
      if (context.isNew(table)) return ofFilled(operation, context);
      const name = nameOf(table, constraint);
      const partitioned =
        context.postgres < since.notValidOnPartitioned && tableBefore(context, table)?.kind === "partitioned";
      const tables = tablesOf(table, constraint, context);
      return {
        message: say`Adding ${constraint.name ?? ["this foreign key"]} checks every row of ${table} while writes to ${list(tables)} wait.`,
        evidence: evidenceOf(context, tables),
        instead: partitioned
          ? say`In PostgreSQL ${context.postgres} a partitioned table takes no NOT VALID: add the foreign key to each partition as NOT VALID, validate them, then add it to ${table}.`
          : validateLater(table, constraint, name),
        at,
        object: `${table}.${name}`,
        severity: sized("error", table, context),
        planned: partitioned ? null : notValidFix(operation, name),
        sequence: partitioned ? null : validateLaterSequence(operation, name, context),
      };
    },
    addColumn({ table, column, constraints, at }, context) {
      const constraint = constraints.find(({ kind }) => kind === "foreign-key");
      // Without a default every row holds NULL, and PostgreSQL skips the check.
      if (!constraint || context.isNew(table) || column.defaultSql === null) return;
      if (/^null\b/i.test(column.defaultSql.trim())) return;
      const tables = tablesOf(table, constraint, context);
      return {
        message: say`Adding ${column.name} with a default and a foreign key checks every row of ${table} while every read and write of it waits.`,
        evidence: evidenceOf(context, tables),
        instead: say`Add ${column.name} first, then the foreign key as NOT VALID, and run VALIDATE CONSTRAINT in the next migration.`,
        at,
        object: `${table}.${nameOf(table, { ...constraint, columns: [column.name] })}`,
        severity: sized("error", table, context),
      };
    },
    validateConstraint(operation, context) {
      const { table, name, at } = operation;
      if (context.isNew(table)) return;
      if (!addedInSameTransaction(operation, "foreign-key", context))
        return validatedBeside(operation, "foreign key", context);
      return {
        message: say`${name} is validated in the transaction that adds it: writes to ${table} wait for the whole check, as if it were added without NOT VALID.`,
        evidence: evidenceOf(context, [table]),
        instead: say`Move VALIDATE CONSTRAINT ${name} to the next migration.`,
        at,
        object: `${table}.${name}`,
        severity: sized("error", table, context),
      };
    },
  },
});

/** A new table that was seen to hold rows already: writes to the old one that it refers to wait while they are checked. */
function ofFilled({ table, constraint, at }: OperationOf<"addConstraint">, context: OperationContext) {
  const target = constraint.references?.table;
  const isFilled =
    ranOf(context)?.scans.some(({ relation, rows }) => relation === table && rows > 0) ?? false;
  if (target === undefined || !isFilled || context.isNew(target)) return;
  const name = nameOf(table, constraint);
  return {
    message: say`Adding ${constraint.name ?? ["this foreign key"]} checks every row that ${table} has been filled with while writes to ${target} wait.`,
    evidence: evidenceOf(context, [target]),
    instead: say`Add it before the rows are written, or as NOT VALID, and run ${`VALIDATE CONSTRAINT ${quoteIdentifier(name)}`} in the next migration.`,
    at,
    object: `${table}.${name}`,
    // How many rows were copied is known of no old table.
    severity: "warning" as const,
  };
}

function nameOf(table: TableName, { name, columns }: ConstraintDefinition): string {
  return name ?? conventionalName(table, columns, "fkey") ?? "foreign_key";
}

/** The table and the one that it refers to, unless nothing writes to that one yet. */
function tablesOf(
  table: TableName,
  { references }: ConstraintDefinition,
  { isNew }: OperationContext,
): TableName[] {
  const target = references && !isNew(references.table) ? [references.table] : [];
  return [...new Set([table, ...target])];
}
