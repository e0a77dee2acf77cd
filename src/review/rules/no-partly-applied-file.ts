import { defineRule } from "../rule.ts";
import { say } from "../text.ts";
import { isInTransaction } from "../transaction.ts";
import type { Operation, Statement } from "../types.ts";

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
      const own = up.statements.filter((one) => !isInTransaction(up, one) && leavesSomething(one));
      const risky = own.findLast(isConcurrent);
      const before = risky && own.slice(0, own.indexOf(risky)).filter((one) => !canRunTwice(one));
      const [first] = before ?? [];
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

/** Settings and transactions leave nothing behind. */
function leavesSomething({ operations }: Statement): boolean {
  return operations.some(({ kind }) => kind !== "set" && kind !== "transaction");
}

function canRunTwice({ operations }: Statement): boolean {
  return operations.every(isRepeatable);
}

function isRepeatable(one: Operation): boolean {
  if ("ifNotExists" in one) return one.ifNotExists;
  if ("ifExists" in one) return one.ifExists;
  return (
    ["setNotNull", "dropNotNull", "setDefault", "validateConstraint", "refreshView", "reindex"].includes(
      one.kind,
    ) ||
    (one.kind === "write" && one.verb !== "insert")
  );
}
