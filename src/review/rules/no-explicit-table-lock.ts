import { waiting } from "../locks.ts";
import { evidenceOf, sized } from "../observed.ts";
import { defineRule } from "../rule.ts";
import { say } from "../text.ts";
import { isInTransaction } from "../transaction.ts";

export default defineRule({
  summary: "Leave it to PostgreSQL which locks a migration takes",
  why: "LOCK TABLE is held until the transaction ends, and for everything that the migration does meanwhile: others wait much longer than each statement alone would make them.",
  instead: "Leave LOCK TABLE out: each statement takes the lock that it needs, for as long as it needs it.",
  // How long it is held depends on what follows.
  severity: "warning",
  ignoreWhen: "two steps must be seen as one, and what follows is quick.",
  sources: ["PostgreSQL documentation, LOCK", "PostgreSQL documentation, section 13.3.1, Table-Level Locks"],
  check: {
    lockTable({ table, mode, at }, context) {
      const who = waiting(mode);
      if (who === null || context.isNew(table)) return;
      // Alone it ends with its own statement: it fails, or does nothing.
      if (!isInTransaction(context.script, context.statement)) return;
      return {
        message: say`LOCK TABLE makes ${[who]} of ${table} wait until the migration ends.`,
        evidence: evidenceOf(context, [table]),
        at,
        object: table,
        severity: sized("warning", table, context),
      };
    },
  },
});
