import { tableBefore } from "../observed.ts";
import { defineRule, type OperationContext } from "../rule.ts";
import { normaliseStatement } from "../sql/names.ts";
import { say } from "../text.ts";
import type { Break, ConstraintDefinition, Operation, Problem, Span, TableName, Text } from "../types.ts";

export default defineRule({
  summary: "Demand a value only when all running code writes it",
  why: "Between the migration and the moment when the last instance runs the new code, the old code inserts rows without the value, and PostgreSQL refuses them. NOT VALID spares the rows that are there, not those that are new.",
  instead:
    "Keep a default, and take it away in the release after the one whose code always writes the value.",
  // Certain only for code that does not know the column; and only for as long as the deploy takes.
  severity: "warning",
  ignoreWhen:
    "the release before this one already writes the value always, or the application is stopped during the deploy.",
  sources: [
    "PostgreSQL documentation, section 5.5.2, Not-Null Constraints",
    "PostgreSQL documentation, ALTER TABLE, ADD table_constraint [ NOT VALID ]",
  ],
  check: {
    setDefault({ table, column, defaultSql, at }, context) {
      if (defaultSql !== null || !isDemanded(table, column, context)) return;
      if (tableBefore(context, table)?.columns.find(({ name }) => name === column)?.defaultSql === null)
        return;
      return problemOf(table, column, at, "warning", context);
    },
    setNotNull({ table, column, at }, context) {
      if (!isDemanded(table, column, context) || isDemandedBefore(table, column, context)) return;
      if (context.script.statements.some(({ operations }) => operations.some(isDefaultGone(table, column))))
        return;
      const severity = context.isNewColumn(table, column) ? "warning" : "info";
      return problemOf(table, column, at, severity, context);
    },
    addConstraint({ table, constraint, at }, context) {
      const column = demandedColumn(constraint);
      if (column === null || context.isNew(table) || isFilled(table, column, context)) return;
      if (isDemandedBefore(table, column, context)) return;
      const severity = context.isNewColumn(table, column) ? "warning" : "info";
      return problemOf(table, column, at, severity, context);
    },
  },
});

function problemOf(
  table: TableName,
  column: string,
  at: Span,
  severity: "warning" | "info",
  context: OperationContext,
): Problem {
  const unknown = context.isNewColumn(table, column);
  const object = `${context.formerName(table)}.${context.formerColumn(table, column)}`;
  const kinds = ["nullable", "unwritten"];
  const code = context.brokenCode.find((one) => kinds.includes(one.kind) && one.object === object);
  return {
    message: [
      ...(unknown
        ? say`Every INSERT into ${table} by code that is running fails from here on: it does not know ${column}, which has no default and must not be NULL.`
        : say`An INSERT into ${table} that leaves ${column} out fails from here on, also one of code that is still running.`),
      ...(code ? mappedText(code) : []),
    ],
    instead: unknown
      ? say`Give ${column} a default until the release after this one, whose code always writes it.`
      : say`Do this in the release after the one whose code always writes ${column}.`,
    at,
    object: `${table}.${column}`,
    severity: code ? "warning" : severity,
  };
}

function mappedText({ kind, path, line }: Break): Text {
  const place = line === null ? path : `${path}:${line}`;
  return kind === "nullable"
    ? say` ${place} on the base branch maps it as one that may have no value.`
    : say` ${place} on the base branch does not map it.`;
}

/** Whether the migration leaves an older table's column without a default, and without NULL. */
function isDemanded(table: TableName, column: string, context: OperationContext): boolean {
  if (context.isNew(table) || !context.after || isFilled(table, column, context)) return false;
  return columnAfter(table, column, context)?.notNull ?? false;
}

/** Something gives new rows a value: a default, or a trigger that may. */
function isFilled(table: TableName, column: string, context: OperationContext): boolean {
  const found = columnAfter(table, column, context);
  if (!found || found.defaultSql !== null || found.identity || found.generated) return true;
  return (context.after?.triggers ?? []).some(
    (trigger) => trigger.table === table && /\bBEFORE\b[^()]*\bINSERT\b/.test(trigger.definition),
  );
}

function columnAfter(table: TableName, column: string, { after }: OperationContext) {
  return after?.tables.find(({ name }) => name === table)?.columns.find(({ name }) => name === column);
}

/** A constraint of before, or a statement of before, has demanded it already. */
function isDemandedBefore(table: TableName, column: string, context: OperationContext): boolean {
  const before = tableBefore(context, table);
  if (before?.columns.some(({ name, notNull }) => name === column && notNull)) return true;
  if (
    before?.constraints.some(
      ({ kind, columns, definition }) =>
        kind === "check" && columns.length === 1 && columns[0] === column && isNotNullCheck(definition),
    )
  )
    return true;
  return context.script.statements
    .slice(0, context.statement.index)
    .flatMap(({ operations }) => operations)
    .some(
      (operation) =>
        operation.kind === "addConstraint" &&
        operation.table === table &&
        demandedColumn(operation.constraint) === column,
    );
}

function demandedColumn({ kind, columns, expression }: ConstraintDefinition): string | null {
  const [column] = columns;
  if (column === undefined || columns.length > 1) return null;
  if (kind === "not-null") return column;
  return kind === "check" && expression !== null && isNotNullCheck(expression) ? column : null;
}

function isNotNullCheck(expression: string): boolean {
  const text = normaliseStatement(expression);
  return /^(?:CHECK )?[ (]*[\w$"]+ IS NOT NULL[ )]*(?:NOT VALID)?$/i.test(text);
}

function isDefaultGone(table: TableName, column: string): (operation: Operation) => boolean {
  return (operation) =>
    operation.kind === "setDefault" &&
    operation.table === table &&
    operation.column === column &&
    operation.defaultSql === null;
}
