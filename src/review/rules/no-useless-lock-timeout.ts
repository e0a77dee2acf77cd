import { list } from "../advice.ts";
import { locksOnOld } from "../locks.ts";
import { defineRule, type MigrationContext } from "../rule.ts";
import { millisecondsOf, settingsIn } from "../settings-in-effect.ts";
import { say } from "../text.ts";
import { isInTransaction } from "../transaction.ts";
import type { Migration, Problem, Statement, TableName } from "../types.ts";

export default defineRule({
  summary: "Set lock_timeout where it holds for the statement that waits",
  why: "A statement that waits for a strong lock makes every later query of the table wait behind it. A timeout that is set after it, or with SET LOCAL outside of a transaction, ends no such wait.",
  instead: "Set it before the first statement that takes a lock, in the same transaction.",
  // The author meant to be safe, and is not; nothing fails for it.
  severity: "warning",
  ignoreWhen: "the role that runs migrations has a lock_timeout of its own.",
  sources: ["PostgreSQL documentation, section 19.11.1, lock_timeout", "PostgreSQL documentation, SET"],
  check: {
    migration(migration, context) {
      if (context.onlyDown) return;
      const settings = settingsIn(migration.up, "lock_timeout").filter(
        ({ setting }) => (millisecondsOf(setting.value) ?? 0) > 0,
      );
      const [first] = settings;
      if (!first) return;
      const void_ = settings.find(
        ({ statement, setting }) => setting.local && !isInTransaction(migration.up, statement),
      );
      if (void_) return withoutTransaction(migration, void_.statement);
      // What was switched off before gets its value back here.
      const [earliest] = settingsIn(migration.up, "lock_timeout");
      return earliest?.statement === first.statement
        ? tooLate(migration, first.statement, context)
        : undefined;
    },
  },
});

function withoutTransaction({ name, up }: Migration, statement: Statement): Problem {
  return {
    message: say`SET LOCAL has no effect here: outside of a transaction it ends with its own statement, and PostgreSQL only warns.`,
    instead:
      up.transaction === "implicit"
        ? say`Put it into the file of the statement that it is meant for, before that one.`
        : say`Put BEGIN before it and COMMIT after the statements that it is meant for, or use SET and then RESET lock_timeout.`,
    at: statement.span,
    object: name,
  };
}

/** What it is meant for has got its locks already, and nothing after it takes one. */
function tooLate(
  { name, up }: Migration,
  statement: Statement,
  { run }: MigrationContext,
): Problem | undefined {
  const tablesOf = (isMeant: (index: number) => boolean): TableName[] =>
    (run?.up.statements ?? [])
      .filter(({ index, outcome }) => outcome.kind === "ran" && isMeant(index))
      .flatMap((one) => locksOnOld(one, "SHARE").map(({ relation }) => relation));
  const before = [...new Set(tablesOf((index) => index < statement.index))];
  if (before.length === 0 || tablesOf((index) => index > statement.index).length > 0) return;
  return {
    message: say`lock_timeout is set too late: the locks on ${list(before)} are asked for before it.`,
    instead: say`Move it to the beginning of ${up.path}.`,
    at: statement.span,
    object: name,
  };
}
