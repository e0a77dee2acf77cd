import { rewriteReason, writesDefault } from "../column-rewrite.ts";
import { evidenceOf, isAllOf, ranOf, sized, tableBefore, wasRewritten } from "../observed.ts";
import { defineRule, type OperationContext } from "../rule.ts";
import { addColumnSequence } from "../sequences/column.ts";
import { quoteIdentifier, quoteTable } from "../sql/names.ts";
import { say } from "../text.ts";
import type { ColumnDefinition, OperationOf, TableName, Text } from "../types.ts";
import { since } from "../versions-of-postgres.ts";

export default defineRule({
  summary: "Add a column without computing a value for every row",
  why: "A volatile default, a serial, an identity or a stored generated column writes the table and its indexes anew under an ACCESS EXCLUSIVE lock: every read and write waits. Constants and now() do not.",
  instead:
    "Add the column without a default, set the default for new rows, and fill the old rows in batches in a later migration.",
  // Seen to rewrite, or certain by PostgreSQL's documentation.
  severity: "error",
  ignoreWhen: "the table is small, or the application is stopped while the migration runs.",
  sources: [
    "PostgreSQL documentation, ALTER TABLE, ADD COLUMN and Notes",
    "PostgreSQL documentation, section 5.4, Generated Columns",
  ],
  versions:
    "Before PostgreSQL 11 every default, constants too, writes the table anew. VIRTUAL generated columns came with PostgreSQL 18.",
  check: {
    addColumn(operation, context) {
      const { table, column, at } = operation;
      if (context.isNew(table) || !rewrites(operation, context)) return;
      const reason = rewriteReason(column, context.postgres);
      return {
        message: reason
          ? say`Adding ${column.name} rewrites ${table} while every read and write of it waits: ${[reason]}.`
          : say`Adding ${column.name} rewrites ${table} while every read and write of it waits.`,
        evidence: evidenceOf(context, [table]),
        instead: insteadOf(table, column, context.postgres),
        at,
        object: `${table}.${column.name}`,
        severity: sized("error", table, context),
        sequence: sequenceFor(operation, context),
      };
    },
  },
});

/** What was seen decides, unless several parts of one statement could have caused it: then this column's own text does. */
function rewrites(operation: OperationOf<"addColumn">, context: OperationContext): boolean {
  const run = ranOf(context);
  const stated = rewriteReason(operation.column, context.postgres) !== null;
  if (!run) return stated;
  if (!wasRewritten(run, operation.table)) return writesDefault(operation.column, context.postgres);
  return stated || isAllOf(operation, context);
}

/** Numbers that a sequence gives, and values of a key, are not filled in afterwards. */
function sequenceFor({ table, column, constraints }: OperationOf<"addColumn">, context: OperationContext) {
  const before = tableBefore(context, table);
  const { serial, identity, generated, unique, primaryKey } = column;
  const isPlain = !serial && !identity && generated === null && !unique && !primaryKey;
  const isFree = constraints.every(({ kind }) => kind === "not-null");
  return before && isPlain && isFree ? addColumnSequence(before, column, context.postgres) : null;
}

function insteadOf(table: TableName, column: ColumnDefinition, postgres: number): Text {
  const name = quoteIdentifier(column.name);
  if (column.generated === "stored" && postgres < since.virtualColumns)
    return say`Add a plain column that a trigger fills, and fill the old rows of ${table} in batches.`;
  if (column.generated === "stored")
    return say`Make it VIRTUAL (PostgreSQL 18), or add a plain column that a trigger fills, and fill the old rows of ${table} in batches.`;
  if (column.serial || column.identity)
    return say`Add ${column.name} as a plain nullable column, create a sequence and SET DEFAULT nextval(…) for new rows, and number the old rows of ${table} in batches.`;
  const add = `ALTER TABLE ${quoteTable(table)} ADD COLUMN ${name} ${column.type}`;
  const setDefault = `ALTER TABLE ${quoteTable(table)} ALTER COLUMN ${name} SET DEFAULT ${column.defaultSql ?? "…"}`;
  return say`Run ${add}, then ${setDefault}, and fill the old rows in batches in a later migration.`;
}
