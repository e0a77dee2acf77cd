import { list } from "../advice.ts";
import { ranOf } from "../observed.ts";
import { defineRule, type OperationContext } from "../rule.ts";
import { say } from "../text.ts";
import type { OperationOf, TableName } from "../types.ts";

type Truncate = OperationOf<"truncateTable">;

export default defineRule({
  summary: "Empty a table on purpose only, and never those that refer to it",
  why: "TRUNCATE deletes every row and fires no DELETE trigger; no down migration brings the rows back. With CASCADE it also empties every table that refers to this one by a foreign key, and those that refer to them.",
  instead: "Delete the rows that are meant with DELETE … WHERE, and keep a copy of what may be needed.",
  // Emptying one table is what the author asked for: a warning. Emptying tables that are not named is not.
  severity: "error",
  ignoreWhen: "all these rows can be made again, e.g. those of a cache.",
  sources: ["PostgreSQL documentation, TRUNCATE"],
  check: {
    truncateTable(operation, context) {
      const { table, at } = operation;
      if (context.isNew(table)) return;
      const others = othersEmptied(operation, context);
      if (others.length > 0)
        return {
          message: say`TRUNCATE … CASCADE deletes every row of ${table}, and of ${list(others)} as well.`,
          evidence: others.map((other) => say`observed: ${other} is emptied`),
          instead: say`Leave CASCADE out, and delete the rows of ${list(others)} by their own statements where that is meant.`,
          at,
          object: table,
        };
      return {
        message: say`TRUNCATE deletes every row of ${table}.`,
        at,
        object: table,
        severity: "warning",
      };
    },
    other({ at }, context) {
      const emptied = context.statement.operations.every(({ kind }) => kind === "other")
        ? emptiedBy(context)
        : [];
      if (emptied.length === 0) return;
      return {
        message: say`What this statement runs deletes every row of ${list(emptied)}.`,
        evidence: emptied.map((table) => say`observed: ${table} is emptied`),
        at,
        object: emptied.join(" "),
        severity: "warning",
      };
    },
  },
});

/** Old tables that got a new file of which no row was copied. */
function emptiedBy(context: OperationContext): TableName[] {
  const run = ranOf(context);
  if (!run) return [];
  return run.rewrites
    .filter(({ kind, isNew, relation }) => kind === "table" && !isNew && context.hasRows(relation))
    .map(({ relation }) => relation)
    .filter((table) => !run.scans.some(({ relation, rows }) => relation === table && rows > 0));
}

/** Tables that the statement does not name; their partitions belong to those that it does. */
function othersEmptied(operation: Truncate, context: OperationContext): TableName[] {
  const { operations } = context.statement;
  if (!operation.cascade || operations[0] !== operation) return [];
  const named = operations.flatMap((one) => (one.kind === "truncateTable" ? [one.table] : []));
  return emptiedBy(context).filter(
    (table) => !named.includes(table) && (refersTo(table, context) || !isPartition(table, context)),
  );
}

function refersTo(table: TableName, { before }: OperationContext): boolean {
  const known = before?.tables.find(({ name }) => name === table);
  return known?.constraints.some(({ kind }) => kind === "foreign-key") ?? false;
}

function isPartition(table: TableName, { before }: OperationContext): boolean {
  return before?.tables.find(({ name }) => name === table)?.kind === "partition";
}
