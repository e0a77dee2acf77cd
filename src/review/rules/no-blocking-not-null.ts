import { conventionalName } from "../advice.ts";
import { evidenceOf, ranOf, sized, tableBefore, wasScanned } from "../observed.ts";
import { defineRule, type OperationContext } from "../rule.ts";
import { notNullSequence } from "../sequences/not-null.ts";
import { quoteIdentifier, quoteTable } from "../sql/names.ts";
import { say } from "../text.ts";
import type { Problem, Severity, Span, TableName, Text } from "../types.ts";
import { since } from "../versions-of-postgres.ts";

export default defineRule({
  summary: "Prove a column free of NULL before SET NOT NULL",
  why: "SET NOT NULL holds an ACCESS EXCLUSIVE lock while it reads the whole table: every read and write waits. With a valid CHECK (column IS NOT NULL) PostgreSQL skips the scan.",
  instead:
    "Add CHECK (column IS NOT NULL) NOT VALID, VALIDATE it in a later migration, then SET NOT NULL and drop the check.",
  // Seen to scan under a lock that blocks even reads. Without a run the schema may still prove it: then a warning.
  severity: "error",
  ignoreWhen: "the table is small, or the application is stopped while the migration runs.",
  sources: [
    "PostgreSQL documentation, ALTER TABLE, SET NOT NULL",
    "PostgreSQL documentation, section 13.3.1, Table-Level Locks",
  ],
  versions:
    "From PostgreSQL 12 on a valid CHECK spares the scan; PostgreSQL 18 also knows NOT NULL … NOT VALID.",
  check: {
    setNotNull: ({ table, column, at }, context) =>
      answer(table, column, at, say`SET NOT NULL on ${column}`, context),
    addConstraint({ table, constraint, at }, context) {
      const { kind, usingIndex, columns, notValid } = constraint;
      const [column] = columns;
      if (kind === "not-null" && !notValid && column !== undefined)
        return answer(table, column, at, say`The NOT NULL constraint on ${column}`, context);
      // PRIMARY KEY USING INDEX builds nothing, but it sets NOT NULL on columns that are nullable.
      const run = ranOf(context);
      if (kind !== "primary-key" || usingIndex === null || !run || !wasScanned(run, table)) return;
      const nullable = tableBefore(context, table)?.columns.find(
        (known) => isKey(context, table, usingIndex, known.name) && !known.notNull,
      );
      return answer(
        table,
        nullable?.name ?? columns[0] ?? usingIndex,
        at,
        say`PRIMARY KEY USING INDEX also sets NOT NULL: it`,
        context,
      );
    },
  },
});

function answer(
  table: TableName,
  column: string,
  at: Span,
  what: Text,
  context: OperationContext,
): Problem | undefined {
  if (context.isNew(table)) return;
  const run = ranOf(context);
  // An older server scans also where a valid CHECK spared the sandbox the scan.
  const isProof = context.postgres >= since.notNullProvenByCheck;
  if (run && !wasScanned(run, table) && (isProof || !context.hasRows(table))) return;
  if (tableBefore(context, table)?.columns.find(({ name }) => name === column)?.notNull) return;
  const severity: Severity = run ? "error" : "warning";
  return {
    message:
      run || !isProof
        ? say`${what} reads all of ${table} while every read and write of it waits.`
        : say`${what} reads all of ${table} while every read and write of it waits, unless a valid CHECK proves it.`,
    evidence: evidenceOf(context, [table]),
    instead: isProof ? stepsFor(table, column) : withoutProof(table, column, context.postgres),
    at,
    object: `${table}.${column}`,
    severity: sized(severity, table, context),
    sequence: notNullSequence(table, column, context.postgres),
  };
}

function stepsFor(table: TableName, column: string): Text {
  const name = quoteIdentifier(conventionalName(table, [column], "not_null") ?? "column_not_null");
  const alter = `ALTER TABLE ${quoteTable(table)}`;
  return say`First ${`${alter} ADD CONSTRAINT ${name} CHECK (${quoteIdentifier(column)} IS NOT NULL) NOT VALID`}, in the next migration ${`${alter} VALIDATE CONSTRAINT ${name}`}, and after it this statement and ${`${alter} DROP CONSTRAINT ${name}`}. Code that still writes NULL fails from the first step on.`;
}

/** A CHECK does what NOT NULL does, and can be validated under a lock that lets reads and writes through. */
function withoutProof(table: TableName, column: string, postgres: number): Text {
  const name = quoteIdentifier(conventionalName(table, [column], "not_null") ?? "column_not_null");
  const alter = `ALTER TABLE ${quoteTable(table)}`;
  return say`PostgreSQL ${postgres} scans the table even when a CHECK proves it. Keep a CHECK instead of NOT NULL: ${`${alter} ADD CONSTRAINT ${name} CHECK (${quoteIdentifier(column)} IS NOT NULL) NOT VALID`}, and in the next migration ${`${alter} VALIDATE CONSTRAINT ${name}`}.`;
}

function isKey(context: OperationContext, table: TableName, index: string, column: string): boolean {
  const key = tableBefore(context, table)?.indexes.find(({ name }) => name === index);
  return key?.columns.includes(column) ?? false;
}
