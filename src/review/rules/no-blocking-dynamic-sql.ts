import { list } from "../advice.ts";
import { locksOnOld, waiting } from "../locks.ts";
import { evidenceOf, ranOf, sized, tableBefore } from "../observed.ts";
import { defineRule, type OperationContext } from "../rule.ts";
import { say } from "../text.ts";
import type { Lock, LockMode, Severity, Table, TableName } from "../types.ts";

export default defineRule({
  summary: "Keep a block or a function from reading a table that it has locked",
  why: "A DO block or a function takes the locks of everything that it runs, and holds them until the transaction ends. When it also reads a whole table, all that waits for the lock waits for the reading as well.",
  instead: "Write its steps as statements of their own, what locks apart from what takes time.",
  // Seen: the lock on a table that is in use, and the scan. What a change of a type reads again is a warning, as it is where no block does it.
  severity: "error",
  ignoreWhen: "the table is small, or the application is stopped while the migration runs.",
  sources: ["PostgreSQL documentation, section 13.3.1, Table-Level Locks"],
  check: {
    other({ at }, context) {
      const locks = readUnderLock(context);
      const [strongest] = locks;
      if (!strongest) return;
      const tables = locks.map(({ relation }) => relation);
      return {
        message: say`What this statement runs reads all of ${list(tables)} while ${[waiting(strongest.mode) ?? "every write"]} of ${tables.length === 1 ? ["it"] : ["them"]} waits.`,
        evidence: evidenceOf(context, tables),
        at,
        object: tables.join(" "),
        severity: worst(tables.map((table) => sized(levelOf(table, context), table, context))),
      };
    },
  },
});

/** Old tables that were read in full under a lock that stops writes. What is rewritten, emptied or indexed has rules of its own. */
function readUnderLock(context: OperationContext): Lock[] {
  const run = ranOf(context);
  if (!run || !context.statement.operations.every(({ kind }) => kind === "other")) return [];
  return locksOnOld(run, "SHARE").filter(
    ({ relation, mode }) =>
      run.scans.some((scan) => scan.relation === relation && scan.rows > 1) &&
      !run.rewrites.some((rewrite) => rewrite.relation === relation) &&
      !isIndexBuild(relation, mode, context),
  );
}

function levelOf(table: TableName, context: OperationContext): Severity {
  return isOnlyRetyped(table, context) ? "warning" : "error";
}

/** Whether types of columns are all that the migration changes in a table: then its checks and indexes are what was read for. */
function isOnlyRetyped(name: TableName, context: OperationContext): boolean {
  const [before, after] = [
    tableBefore(context, name),
    context.after?.tables.find((table) => table.name === name),
  ];
  if (!before || !after || ranOf(context)?.writes.some(({ relation }) => relation === name)) return false;
  const shapeOf = ({ columns, constraints }: Table) =>
    JSON.stringify([
      columns.map((column) => [column.name, column.notNull]),
      constraints.map(({ name: constraint, kind, valid }) => [constraint, kind, valid]),
    ]);
  return (
    shapeOf(before) === shapeOf(after) &&
    before.columns.some(({ type }, i) => type !== after.columns[i]?.type)
  );
}

function worst(severities: readonly Severity[]): Severity {
  return (["error", "warning"] as const).find((one) => severities.includes(one)) ?? "info";
}

function isIndexBuild(table: TableName, mode: LockMode, context: OperationContext): boolean {
  const indexes = context.after?.tables.find(({ name }) => name === table)?.indexes ?? [];
  return mode === "SHARE" && indexes.length > (tableBefore(context, table)?.indexes.length ?? 0);
}
