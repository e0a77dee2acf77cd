import { list } from "../advice.ts";
import { defineRule, type OperationContext } from "../rule.ts";
import { say } from "../text.ts";
import type { Problem, Span, TableName } from "../types.ts";

export default defineRule({
  summary: "Put the partition key's columns into every unique key of a partitioned table",
  why: "PostgreSQL keeps uniqueness within one partition at a time, so a primary key, a UNIQUE constraint and a unique index must hold every column by which rows are placed.",
  instead: "Add the partition key's columns to the key, or partition by the key.",
  // Seen to fail.
  severity: "error",
  explains: ["0A000"],
  ignoreWhen: "never: PostgreSQL refuses the statement.",
  sources: ["PostgreSQL documentation, section 5.12.2.3, Limitations"],
  check: {
    createTable: ({ table, at }, context) => answer(table, at, context),
    addConstraint: ({ table, at }, context) => answer(table, at, context),
    createIndex: ({ table, at }, context) => answer(table, at, context),
  },
});

function answer(table: TableName, at: Span, { run }: OperationContext): Problem | undefined {
  const failed = run?.outcome.kind === "failed" ? run.outcome : null;
  if (!failed || !/must include all partitioning columns/.test(failed.message)) return;
  const lacking = /lacks column "([^"]+)"/.exec(failed.detail ?? "")?.[1];
  return {
    message: lacking
      ? say`This statement fails: a unique key of the partitioned table ${table} must hold ${list([lacking])}, by which its rows are placed.`
      : say`This statement fails: a unique key of the partitioned table ${table} must hold the columns by which its rows are placed.`,
    evidence: [say`observed: PostgreSQL answered ${failed.message} (${[failed.code]})`],
    ...(lacking ? { instead: say`Add ${lacking} to the key.` } : {}),
    at,
    object: table,
  };
}
