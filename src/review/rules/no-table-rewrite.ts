import { evidenceOf, ranOf, sized, wasRewritten } from "../observed.ts";
import { defineRule, type OperationContext } from "../rule.ts";
import { say } from "../text.ts";
import type { OperationOf, StatementRun, TableName, Text } from "../types.ts";

type Rewrite = OperationOf<"rewriteTable">;

export default defineRule({
  summary: "Keep a migration from writing a whole table anew",
  why: "VACUUM FULL, CLUSTER, SET LOGGED, SET UNLOGGED, SET ACCESS METHOD and SET TABLESPACE copy the table and its indexes under an ACCESS EXCLUSIVE lock: every read and write waits until the copy is complete. So does whatever dynamic SQL rewrites.",
  instead: "Use a tool that copies in the background, or do it by hand while nothing uses the table.",
  // Seen to rewrite, or certain by PostgreSQL's documentation.
  severity: "error",
  ignoreWhen: "the table is small, or the application is stopped while the migration runs.",
  sources: [
    "PostgreSQL documentation, VACUUM, FULL",
    "PostgreSQL documentation, CLUSTER",
    "PostgreSQL documentation, ALTER TABLE, SET TABLESPACE, SET ACCESS METHOD and SET LOGGED",
  ],
  check: {
    rewriteTable(operation, context) {
      const { table, by, at } = operation;
      if (table !== "" && context.isNew(table)) return;
      const run = ranOf(context);
      // The tablespace, access method or logging that the table has already. VACUUM cannot be seen inside a transaction.
      if (run && by !== "VACUUM FULL" && table !== "" && !wasRewritten(run, table)) return;
      return {
        message:
          table === ""
            ? say`${[by]} copies every table of the database, one after the other, while every read and write of it waits.`
            : say`${[by]} copies all of ${table} while every read and write of it waits.`,
        evidence: evidenceOf(context, table === "" ? [] : [table]),
        instead: insteadOf(operation),
        at,
        object: `${table} ${by}`,
        severity: table === "" ? "error" : sized("error", table, context),
      };
    },
    other({ at }, context) {
      const run = ranOf(context);
      if (!run || !isOnlyOther(context)) return;
      const tables = run.rewrites.filter(
        ({ kind, isNew, relation }) => kind === "table" && !isNew && !isEmptied(run, relation),
      );
      return tables.map(({ relation }) => ({
        message: say`What this statement runs writes all of ${relation} anew while every read and write of it waits.`,
        evidence: evidenceOf(context, [relation]),
        at,
        object: relation,
        severity: sized("error", relation, context),
      }));
    },
  },
});

/** TRUNCATE gives a table a new file as well, and reads no row. */
function isEmptied(run: StatementRun, table: TableName): boolean {
  return !run.scans.some(({ relation, rows }) => relation === table && rows > 0);
}

function isOnlyOther({ statement }: OperationContext): boolean {
  return statement.operations.every(({ kind }) => kind === "other");
}

function insteadOf({ table, by }: Rewrite): Text {
  switch (by) {
    case "VACUUM FULL":
    case "CLUSTER":
      return say`Leave it out of the migration: plain VACUUM keeps the space for new rows, and a tool like pg_repack or pg_squeeze gives it back without the lock.`;
    case "SET LOGGED":
    case "SET UNLOGGED":
      return say`Create a table that is made so from the start, copy the rows in batches, and swap the names.`;
    default:
      return say`Create a new table there, copy the rows of ${table} in batches, and swap the names; or use a tool like pg_repack.`;
  }
}
