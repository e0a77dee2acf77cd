import { list } from "../advice.ts";
import { defineRule, type OperationContext } from "../rule.ts";
import { say } from "../text.ts";
import type { OperationOf } from "../types.ts";

type Write = OperationOf<"write">;

export default defineRule({
  summary: "Say with WHERE which rows are deleted or overwritten",
  why: "DELETE without WHERE deletes every row; UPDATE without WHERE replaces the value in every row. The old values are gone, and no down migration brings them back. Where the down writes these columns as well, every row is meant, and it is a note.",
  instead: "Add a WHERE that says which rows are meant, and keep a copy of values that may be needed.",
  // It may be what the author wants: every row of a table that can be filled again.
  severity: "warning",
  dialects: ["postgresql", "sqlite"],
  ignoreWhen: "every row is meant, and the old values can be made again.",
  sources: ["PostgreSQL documentation, DELETE", "PostgreSQL documentation, UPDATE"],
  check: {
    write(write, context) {
      const { verb, table, filtered, at } = write;
      if (filtered || context.isNew(table) || !isTable(table, context)) return;
      if (verb === "delete")
        return {
          message: say`DELETE ${[whereOf(context)]} deletes every row of ${table}.`,
          evidence: deletedEvidence(table, context),
          at,
          object: table,
        };
      const columns = overwritten(write, context);
      if (verb !== "update" || columns.length === 0) return;
      return {
        message: say`UPDATE ${[whereOf(context)]} replaces ${list(columns)} in every row of ${table}: the old values are gone.`,
        instead: say`Add a WHERE that says which rows are meant, or keep the old values of ${list(columns)} in a column of their own.`,
        at,
        object: `${table}.${columns.join(",")}`,
        severity: isWrittenBack(table, columns, context) ? "info" : "warning",
      };
    },
  },
});

/** What stands for linters filters nothing. */
function whereOf({ statement }: OperationContext): string {
  return /\bWHERE\s+true\b/i.test(statement.sql) ? "with WHERE true" : "without WHERE";
}

/** Columns that had values before the pull request, and get others that are not made from them. */
function overwritten({ table, sets }: Write, context: OperationContext): string[] {
  const old = context.before?.tables.find(({ name }) => name === table)?.columns;
  return (sets ?? [])
    .filter(({ column, from }) => !from.includes(column) && !context.isNewColumn(table, column))
    .map(({ column }) => column)
    .filter((column) => old?.some(({ name }) => name === column) && !isStamp(column));
}

/** The down says what the rows are to hold again: every row is meant. */
function isWrittenBack(table: string, columns: readonly string[], { migration }: OperationContext): boolean {
  const writes = (migration.down?.statements ?? [])
    .flatMap(({ operations }) => operations)
    .filter((one) => one.kind === "write" && one.verb === "update" && one.table === table);
  const back = writes
    .flatMap((one) => (one.kind === "write" ? (one.sets ?? []) : []))
    .map(({ column }) => column);
  return columns.every((column) => back.includes(column));
}

/** When a row was last changed is meant to be overwritten. */
function isStamp(column: string): boolean {
  return /^(?:updated|modified|changed)(?:_?(?:at|on|by))?$|^(?:updated|modified)(?:At|On|By)$/.test(column);
}

/** A view of the base schema may write anywhere; a temporary table is not of the schema. */
function isTable(table: string, { before }: OperationContext): boolean {
  return before === null || before.tables.some(({ name }) => name === table);
}

function deletedEvidence(table: string, { run }: OperationContext) {
  const seen = run?.writes.find(({ relation, deleted }) => relation === table && deleted > 0);
  return seen ? [say`observed: ${seen.deleted} seeded rows of ${table} are deleted`] : [];
}
