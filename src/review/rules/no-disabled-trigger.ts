import { list } from "../advice.ts";
import { defineRule, type OperationContext } from "../rule.ts";
import { quoteTable } from "../sql/names.ts";
import { say } from "../text.ts";
import type { Operation, OperationOf, Script } from "../types.ts";

type Toggle = OperationOf<"toggleTrigger">;

export default defineRule({
  summary: "Keep triggers and foreign keys switched on",
  why: "A trigger that is disabled is off for every session until somebody enables it. DISABLE TRIGGER ALL and session_replication_role = replica also switch off the triggers that keep foreign keys: rows that refer to nothing get in, and the key still counts as valid.",
  instead: "Leave triggers on, or make the change in a way that they accept.",
  // Off for good, or with rows that nobody checked: whether it does harm depends on the rows.
  severity: "warning",
  ignoreWhen:
    "the trigger is not wanted any more and is dropped next, or the rows were checked by other means.",
  sources: [
    "PostgreSQL documentation, ALTER TABLE, DISABLE TRIGGER",
    "PostgreSQL documentation, section 19.11, session_replication_role",
  ],
  check: {
    toggleTrigger(operation, context) {
      const { table, trigger, internal, enabled, at } = operation;
      if (enabled || context.isNew(table)) return;
      const isBack = isEnabledLater(operation, context);
      if (internal)
        return {
          message: isBack
            ? say`DISABLE TRIGGER ALL also switches off the foreign keys of ${table}: rows that are written meanwhile are never checked.`
            : say`DISABLE TRIGGER ALL switches off the triggers of ${table} for good, and its foreign keys with them.`,
          instead: say`Name the triggers that must be off, or write DISABLE TRIGGER USER, which leaves foreign keys alone${isBack ? [] : [", and enable them at the end"]}.`,
          at,
          object: table,
        };
      if (isBack || isDroppedLater(operation, context)) return;
      const enable = `ALTER TABLE ${quoteTable(table)} ENABLE TRIGGER ${trigger ?? "USER"}`;
      return {
        message: trigger
          ? say`The trigger ${trigger} of ${table} stays off for every session after this migration.`
          : say`The triggers of ${table} stay off for every session after this migration.`,
        instead: say`Run ${enable} at the end, or drop what is not wanted any more.`,
        at,
        object: `${table}.${trigger ?? "*"}`,
      };
    },
    set({ name, value, at }, { script, statement }) {
      if (name !== "session_replication_role" || !/^'?replica'?$/i.test(value)) return;
      const tables = writtenUntilReset(script, statement.index);
      if (tables.length === 0) return;
      return {
        message: say`With session_replication_role = replica no foreign key is checked: rows written to ${list(tables)} may refer to nothing.`,
        instead: say`Leave it out, and write the rows in an order that the foreign keys accept.`,
        at,
        object: "session_replication_role",
      };
    },
  },
});

function isEnabledLater({ table, trigger }: Toggle, context: OperationContext): boolean {
  return laterIn(context).some(
    (one) =>
      one.kind === "toggleTrigger" &&
      one.table === table &&
      one.enabled &&
      (one.trigger === null || one.trigger === trigger),
  );
}

function isDroppedLater({ table, trigger }: Toggle, context: OperationContext): boolean {
  return laterIn(context).some(
    (one) =>
      (one.kind === "dropObject" && one.object === "trigger" && one.name.endsWith(`.${trigger}`)) ||
      (one.kind === "dropTable" && one.table === table),
  );
}

function laterIn({ script, statement }: OperationContext): Operation[] {
  return script.statements.slice(statement.index).flatMap(({ operations }) => operations);
}

/** Tables that are written to before the setting is changed back. */
function writtenUntilReset({ statements }: Script, from: number): string[] {
  const later = statements.slice(from + 1);
  const end = later.findIndex(({ operations }) =>
    operations.some((one) => one.kind === "set" && one.name === "session_replication_role"),
  );
  const writes = later
    .slice(0, end < 0 ? later.length : end)
    .flatMap(({ operations }) => operations.flatMap((one) => (one.kind === "write" ? [one.table] : [])));
  return [...new Set(writes)];
}
