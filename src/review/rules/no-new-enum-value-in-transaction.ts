import { ranOf } from "../observed.ts";
import { defineRule, type OperationContext } from "../rule.ts";
import { say } from "../text.ts";
import { isInTransaction, outsideTransaction } from "../transaction.ts";
import type { Problem, Script, Statement } from "../types.ts";

/** Since then ADD VALUE is accepted in a transaction (PostgreSQL 12 release notes). */
const acceptedSince = 12;

export default defineRule({
  summary: "Use a new value of an enum in a later transaction than the one that adds it",
  why: "A value that is added to an enum can be used only after the transaction that adds it has ended; before PostgreSQL 12 it could not be added in a transaction at all. The migration fails.",
  instead: "Add the value in a migration of its own, and use it in the next one.",
  // Certain to fail.
  severity: "error",
  ignoreWhen: "never: the statement cannot run there.",
  sources: ["PostgreSQL documentation, ALTER TYPE, Notes", "PostgreSQL 12 release notes, Utility Commands"],
  // unsafe_new_enum_value_usage
  explains: ["55P04"],
  versions:
    "Before PostgreSQL 12 a value could not be added in a transaction at all, but to a type of the same transaction.",
  check: {
    addEnumValue({ type, value }, context) {
      const { postgres, script, statement, before } = context;
      if (postgres >= acceptedSince || !isInTransaction(script, statement)) return;
      // A type of the same transaction was always free to get more values.
      if (before && !before.enums.some(({ name }) => name === type)) return;
      return {
        message: say`PostgreSQL ${postgres} cannot add ${value} to ${type} inside a transaction.`,
        instead: say`Move it to ${outsideTransaction(context)}.`,
        object: `${type}.${value}`,
      };
    },
    write: (_, context) => answer(context),
    setDefault: (_, context) => answer(context),
    addColumn: (_, context) => answer(context),
    alterColumnType: (_, context) => answer(context),
    addConstraint: (_, context) => answer(context),
    createIndex: (_, context) => answer(context),
    createTable: (_, context) => answer(context),
    createView: (_, context) => answer(context),
    other: (_, context) => answer(context),
  },
});

function answer(context: OperationContext): Problem | undefined {
  const { run, statement, script, database, migration, framework } = context;
  if (run?.outcome.kind !== "failed" || ranOf(context) || statement.operations[0] === undefined) return;
  const { message, code } = run.outcome;
  const value = /"([^"]+)"/.exec(message)?.[1] ?? "";
  const adding = addingIn(value, script);
  const earlier = adding
    ? undefined
    : database.steps
        .slice(0, database.steps.indexOf(migration))
        .find(({ up, together }) => together && addingIn(value, up));
  if (earlier)
    return {
      message: say`${value} cannot be used yet: ${[framework.title]} runs all pending migrations in one transaction, and ${earlier.name}, which adds it, is pending as well.`,
      evidence: [say`observed: PostgreSQL answered ${message} (${[code]})`],
      instead: say`Deploy ${earlier.name} first, and use ${value} in a later pull request.`,
      object: value,
    };
  return {
    message: say`${value} cannot be used yet: the transaction that adds it has not ended.`,
    evidence: [say`observed: PostgreSQL answered ${message} (${[code]})`],
    instead: adding
      ? say`Move line ${adding.line} to a migration of its own, before this one.`
      : say`Add ${value} in a migration of its own, before this one.`,
    object: value,
  };
}

function addingIn(value: string, { statements }: Script): Statement | undefined {
  return statements.find(({ operations }) =>
    operations.some((one) => one.kind === "addEnumValue" && one.value === value),
  );
}
