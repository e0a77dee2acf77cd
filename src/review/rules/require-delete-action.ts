import { type AddedConstraint, type Additions, placeOfConstraint } from "../additions.ts";
import { list } from "../advice.ts";
import { type Context, defineRule } from "../rule.ts";
import { statesDelete } from "../stated-action.ts";
import { say } from "../text.ts";
import type { Constraint, Problem, Schema, TableName } from "../types.ts";

export default defineRule({
  summary: "Say what becomes of rows that point to a deleted one, where all others do",
  why: "A foreign key that says nothing refuses the DELETE. Where every other foreign key to the table lets it through, code that deletes its rows has worked until now, and fails as soon as a row of the new table refers to one.",
  instead: "Say ON DELETE CASCADE or SET NULL as the others do, or RESTRICT where the row is meant to stay.",
  // That it is refused is certain; whether rows are ever deleted, and by what code, is not known.
  severity: "info",
  dialects: ["postgresql", "sqlite"],
  ignoreWhen: "the code deletes these rows before, or the row is meant to stay.",
  sources: [
    "PostgreSQL documentation, section 5.5.5, Foreign Keys",
    "SQLite documentation, SQLite Foreign Key Support, section 4.3",
  ],
  check: {
    additions(added, context) {
      return added.constraints.flatMap((one) => answer(added, one, context));
    },
  },
});

/** So many foreign keys to a table make a habit. */
const habit = 3;

function answer(added: Additions, { table, constraint }: AddedConstraint, context: Context): Problem[] {
  const { references, columns } = constraint;
  if (!references || !context.base || !isRefusing(constraint)) return [];
  const others = keysTo(references.table, context.base);
  if (others.length < habit || others.some(isRefusing)) return [];
  // SQLite takes the others' actions as well only where a connection asks for it.
  const checked = context.database.dialect === "sqlite" ? ", where foreign keys are checked" : "";
  const place = placeOfConstraint(added, table, constraint);
  if (statesDelete(added, table.name, constraint, place, context.database)) return [];
  return [
    {
      message: say`Deleting from ${references.table} is refused while ${table.name} refers to the row${[checked]}: ${list(columns)} ${[columns.length > 1 ? "say" : "says"]} nothing of it, and each of the other ${others.length} foreign keys to ${references.table} lets it through.`,
      evidence: [say`observed: of the other foreign keys, ${[actionsOf(others)]}`],
      ...place,
      object: `${table.name}(${columns.join(", ")})`,
    },
  ];
}

function isRefusing({ onDelete }: Constraint): boolean {
  return onDelete === "NO ACTION" || onDelete === "RESTRICT";
}

function keysTo(table: TableName, { tables }: Schema): readonly Constraint[] {
  return tables.flatMap(({ constraints }) =>
    constraints.filter(({ references }) => references?.table === table),
  );
}

/** `11 say CASCADE, 1 says SET NULL`. */
function actionsOf(keys: readonly Constraint[]): string {
  return [...new Set(keys.map(({ onDelete }) => onDelete))]
    .map((action) => {
      const count = keys.filter(({ onDelete }) => onDelete === action).length;
      return `${count} ${count === 1 ? "says" : "say"} ${action}`;
    })
    .join(", ");
}
