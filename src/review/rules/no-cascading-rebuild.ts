import { list } from "../advice.ts";
import { ranOf } from "../observed.ts";
import { defineRule, type OperationContext } from "../rule.ts";
import { say } from "../text.ts";
import { isInTransaction } from "../transaction.ts";
import type { TableName } from "../types.ts";

export default defineRule({
  summary: "Drop a table that others refer to only with foreign keys switched off",
  why: "With foreign_keys on, DROP TABLE first deletes the table's rows, and ON DELETE CASCADE takes the rows that refer to them along, or SET NULL empties their column. Building the table anew does not bring them back, and no check finds anything wrong afterwards. Inside a transaction PRAGMA foreign_keys does nothing.",
  instead:
    "Run PRAGMA foreign_keys = OFF outside of a transaction, build the table anew, run PRAGMA foreign_key_check, and switch it on again.",
  // Seen where the migration itself switches foreign keys on; else it depends on how the tool opens the database.
  severity: "error",
  dialects: ["sqlite"],
  ignoreWhen: "the tool opens the database without foreign keys, which is SQLite's own default.",
  sources: [
    "SQLite documentation, Foreign Key Support, section 5, CREATE, ALTER and DROP TABLE commands",
    "SQLite documentation, PRAGMA foreign_keys",
    "SQLite documentation, ALTER TABLE, section 7, Making Other Kinds Of Table Schema Changes",
  ],
  check: {
    dropTable({ table, at }, context) {
      if (context.isNew(table)) return;
      const children = childrenOf(table, context);
      if (children.length === 0) return;
      const hit = (ranOf(context)?.writes ?? [])
        .filter(({ relation, deleted, updated }) => children.includes(relation) && deleted + updated > 0)
        .map(({ relation }) => relation);
      if (hit.length === 0 && isSwitchedOff(context)) return;
      return {
        message:
          hit.length > 0
            ? say`Dropping ${table} changes or deletes the rows of ${list(hit)} that refer to it: foreign keys are on.`
            : say`Where foreign keys are on, dropping ${table} changes or deletes the rows of ${list(children)} that refer to it.`,
        evidence: hit.map((child) => say`observed: the statement writes rows of ${child}`),
        at,
        object: table,
        severity: hit.length > 0 ? "error" : "warning",
      };
    },
  },
});

/** Tables whose rows follow what happens to this one's. */
function childrenOf(table: TableName, { before, formerName, script }: OperationContext): TableName[] {
  const former = formerName(table).toLowerCase();
  // A child that is built anew as well has its rows copied, or goes too.
  const moved = script.statements
    .flatMap(({ operations }) => operations)
    .flatMap((one) =>
      one.kind === "dropTable" || one.kind === "renameTable" ? [one.table.toLowerCase()] : [],
    );
  return (before?.tables ?? [])
    .filter(({ name }) => name.toLowerCase() !== former && !moved.includes(name.toLowerCase()))
    .filter(({ constraints }) =>
      constraints.some(
        ({ references, definition }) =>
          references?.table.toLowerCase() === former && /on delete (?:cascade|set)/i.test(definition),
      ),
    )
    .map(({ name }) => name);
}

/** `PRAGMA foreign_keys = OFF` before it, where that does something, by the file or by the tool. */
function isSwitchedOff({ framework, script, statement }: OperationContext): boolean {
  if (framework.switchesForeignKeysOff && isInTransaction(script, statement)) return true;
  return script.statements
    .slice(0, statement.index)
    .some(
      (one) =>
        !isInTransaction(script, one) &&
        one.operations.some(
          (setting) =>
            setting.kind === "set" &&
            setting.name === "foreign_keys" &&
            /^(?:off|0|no|false)$/i.test(setting.value),
        ),
    );
}
