import { list } from "../advice.ts";
import { tableBefore } from "../observed.ts";
import { defineRule, type OperationContext } from "../rule.ts";
import { quoteIdentifier, quoteTable } from "../sql/names.ts";
import { say } from "../text.ts";
import type { Problem, Span, TableName } from "../types.ts";

export default defineRule({
  summary: "Look for rows that a new constraint would refuse before it is added",
  why: "Rows that are there already must satisfy a new UNIQUE or NOT NULL: one that does not makes the migration fail in production, though it ran everywhere else. With CONCURRENTLY it leaves an invalid index behind.",
  instead:
    "Run the query that finds such rows in production first, and repair them in a migration of its own.",
  // The rows of production are not seen here.
  severity: "info",
  ignoreWhen: "somebody has looked, and there are none.",
  sources: [
    "PostgreSQL documentation, section 5.5.3, Unique Constraints",
    "PostgreSQL documentation, CREATE INDEX, Building Indexes Concurrently",
  ],
  check: {
    createIndex({ table, columns, unique, where, at }, context) {
      return unique ? duplicates(table, columns, where, at, context) : undefined;
    },
    addConstraint({ table, constraint, at }, context) {
      const { kind, columns, usingIndex } = constraint;
      if ((kind !== "unique" && kind !== "primary-key") || usingIndex !== null) return;
      return duplicates(table, columns, null, at, context);
    },
    setNotNull({ table, column, at }, context) {
      const known = tableBefore(context, table);
      const before = known?.columns.find(({ name }) => name === column);
      if (!isAsked(table, [column], context) || !before || before.notNull) return;
      const proven = known?.constraints.some(
        ({ kind, valid, definition }) =>
          (kind === "check" || kind === "not-null") && valid && isNotNull(definition, column),
      );
      if (proven) return;
      return {
        message: say`Setting ${`${table}.${column}`} NOT NULL fails in production if one row holds NULL there.`,
        instead: say`Count them first: ${`SELECT count(*) FROM ${quoteTable(table)} WHERE ${quoteIdentifier(column)} IS NULL`}.`,
        at,
        object: `${table}.${column}`,
      };
    },
  },
});

function duplicates(
  table: TableName,
  columns: readonly string[],
  where: string | null,
  at: Span,
  context: OperationContext,
): Problem | undefined {
  if (columns.length === 0 || !isAsked(table, columns, context) || isUniqueAlready(table, columns, context))
    return;
  const keys = columns.map((column) => (/^\w+$/.test(column) ? quoteIdentifier(column) : column)).join(", ");
  const condition = where === null ? "" : ` WHERE ${where}`;
  return {
    message: say`Making ${list(columns)} unique fails in production if two rows of ${table} have the same values.`,
    instead: say`Look for them first: ${`SELECT ${keys}, count(*) FROM ${quoteTable(table)}${condition} GROUP BY ${keys} HAVING count(*) > 1`}.`,
    at,
    object: `${table} ${columns.join(" ")}`,
  };
}

/** Only older columns hold rows of production, and a migration that repairs the table first has thought of them. */
function isAsked(table: TableName, columns: readonly string[], context: OperationContext): boolean {
  if (context.isNew(table) || context.rows(table) === 0) return false;
  if (columns.some((column) => context.isNewColumn(table, column))) return false;
  const { database, migration, statement } = context;
  return !database.steps
    .slice(0, database.steps.indexOf(migration) + 1)
    .filter(({ status }) => status !== "kept")
    .flatMap((step) =>
      step === migration ? step.up.statements.slice(0, statement.index) : step.up.statements,
    )
    .flatMap(({ operations }) => operations)
    .some((one) => one.kind === "write" && one.table === table && one.verb !== "insert");
}

/** Some of its columns are unique without the others. */
function isUniqueAlready(table: TableName, columns: readonly string[], context: OperationContext): boolean {
  const indexes = tableBefore(context, table)?.indexes ?? [];
  const former = columns.map((column) => context.formerColumn(table, column));
  return indexes.some(
    (index) =>
      index.unique &&
      index.valid &&
      index.where === null &&
      index.columns.every((column) => column !== null && former.includes(column)),
  );
}

function isNotNull(definition: string, column: string): boolean {
  const text = definition.replaceAll('"', "");
  return text.includes(`(${column} IS NOT NULL`) || text.startsWith(`NOT NULL ${column}`);
}
