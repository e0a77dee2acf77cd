import { placeOfConstraint } from "../additions.ts";
import { list } from "../advice.ts";
import { defineRule } from "../rule.ts";
import { say } from "../text.ts";
import type { Constraint, Table } from "../types.ts";

export default defineRule({
  summary: "Let ON DELETE SET NULL act on columns that may be NULL",
  why: "Deleting a referenced row sets the column to NULL, which NOT NULL refuses: the DELETE fails with an error about another table.",
  instead: "Drop the NOT NULL, or say ON DELETE CASCADE or RESTRICT.",
  // Every such DELETE fails; whether rows are ever deleted is not known.
  severity: "warning",
  ignoreWhen: "referenced rows are never deleted.",
  sources: ["PostgreSQL documentation, section 5.5.5, Foreign Keys"],
  check: {
    additions(added) {
      const { constraints } = added;
      return constraints.flatMap(({ table, constraint }) => {
        const columns = refused(table, constraint);
        if (columns.length === 0 || !constraint.references) return [];
        return [
          {
            message: say`Deleting from ${constraint.references.table} fails while ${table.name} refers to the row: it sets ${list(columns)} to NULL, which is NOT NULL.`,
            ...placeOfConstraint(added, table, constraint),
            object: `${table.name}.${constraint.name}`,
          },
        ];
      });
    },
  },
});

/** The columns that are set, all or those that are named, and cannot be. */
function refused({ columns }: Table, { onDelete, definition, columns: own }: Constraint): readonly string[] {
  if (onDelete !== "SET NULL") return [];
  const named = /ON DELETE SET NULL \(([^)]*)\)/.exec(definition)?.[1]?.split(", ");
  const set = named ? own.filter((name) => named.some((text) => text.replaceAll('"', "") === name)) : own;
  return set.filter((name) => columns.find((column) => column.name === name)?.notNull);
}
