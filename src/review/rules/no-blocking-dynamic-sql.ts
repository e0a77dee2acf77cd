import { list } from "../advice.ts";
import { locksOnOld, waiting } from "../locks.ts";
import { evidenceOf, ranOf, sized, tableBefore } from "../observed.ts";
import { defineRule, type OperationContext } from "../rule.ts";
import { say } from "../text.ts";
import type { Lock, LockMode, TableName } from "../types.ts";

export default defineRule({
  summary: "Keep a block or a function from reading a table that it has locked",
  why: "A DO block or a function takes the locks of everything that it runs, and holds them until the transaction ends. When it also reads a whole table, all that waits for the lock waits for the reading as well.",
  instead: "Write its steps as statements of their own, what locks apart from what takes time.",
  // Seen: the lock on a table that is in use, and the scan.
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
        severity: tables.some((table) => sized("error", table, context) === "error") ? "error" : "info",
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

function isIndexBuild(table: TableName, mode: LockMode, context: OperationContext): boolean {
  const indexes = context.after?.tables.find(({ name }) => name === table)?.indexes ?? [];
  return mode === "SHARE" && indexes.length > (tableBefore(context, table)?.indexes.length ?? 0);
}
