import { canRunTwice } from "../repeatable.ts";
import { defineRule } from "../rule.ts";
import { say } from "../text.ts";
import { isInTransaction } from "../transaction.ts";
import type { Script, Statement } from "../types.ts";

export default defineRule({
  summary: "Give a statement that can fail half-way a migration of its own",
  why: "Without a transaction every statement stays done when a later one fails. The tool runs the file again from its first line, which then fails because its work is there already, until somebody cleans up by hand.",
  instead: "Write one statement into each file that runs without a transaction.",
  // Only when CONCURRENTLY fails, which depends on rows and on what else runs.
  severity: "warning",
  ignoreWhen: "every statement of the file can run twice.",
  sources: ["PostgreSQL documentation, CREATE INDEX, Building Indexes Concurrently"],
  check: {
    migration({ up, name }, { onlyDown }) {
      if (onlyDown || up.transaction !== "autocommit") return;
      const risky = up.statements.findLast((one) => isConcurrent(one) && !isInTransaction(up, one));
      // It runs outside a transaction, so that all transactions before it have ended.
      const first = up.statements
        .slice(0, risky?.index)
        .find((one) => !canRunTwice(up, one) && !isRolledBack(up, one));
      if (!risky || !first) return;
      return {
        message: say`When this statement fails, line ${first.line} stays done: the next attempt begins with it, and fails there.`,
        instead: say`Move this statement to a migration of its own, or write IF NOT EXISTS or IF EXISTS in the statements before it.`,
        at: risky.span,
        object: name,
      };
    },
  },
});

function isConcurrent({ operations }: Statement): boolean {
  return operations.some((one) => "concurrently" in one && one.concurrently && one.kind !== "refreshView");
}

/** Whether it stands in a transaction of the file's own that ends with ROLLBACK. */
function isRolledBack(script: Script, statement: Statement): boolean {
  if (!isInTransaction(script, statement)) return false;
  const verbs = script.statements
    .slice(statement.index)
    .flatMap(({ operations }) => operations.flatMap((one) => (one.kind === "transaction" ? one.verb : [])));
  return verbs.find((verb) => verb === "commit" || verb === "rollback") === "rollback";
}
