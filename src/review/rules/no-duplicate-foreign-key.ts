import { placeOfConstraint } from "../additions.ts";
import { defineRule } from "../rule.ts";
import { quoteIdentifier, quoteTable } from "../sql/names.ts";
import { say } from "../text.ts";
import type { Constraint } from "../types.ts";

export default defineRule({
  summary: "Declare each foreign key once",
  why: "A second foreign key with the same columns checks every row twice, and its ON DELETE action runs beside the first one's.",
  instead: "Keep one of them.",
  // Both stand in the catalogue.
  severity: "warning",
  ignoreWhen: "the first one is dropped in the next release.",
  sources: ["PostgreSQL documentation, section 5.5.5, Foreign Keys"],
  check: {
    additions(added) {
      const told = new Set<Constraint>();
      return added.constraints.flatMap(({ table, constraint }) => {
        const other = table.constraints.find(
          (candidate) => candidate !== constraint && !told.has(candidate) && isSame(candidate, constraint),
        );
        if (!other || !constraint.references) return [];
        told.add(constraint);
        return [
          {
            message: say`${constraint.name} repeats ${other.name}: both check ${constraint.columns.join(", ")} of ${table.name} against ${constraint.references.table}.`,
            instead: say`Leave it out, or drop the other one with ${`ALTER TABLE ${quoteTable(table.name)} DROP CONSTRAINT ${quoteIdentifier(other.name)}`}.`,
            ...placeOfConstraint(added, table, constraint),
            object: `${table.name}.${constraint.name}`,
          },
        ];
      });
    },
  },
});

function isSame(some: Constraint, other: Constraint): boolean {
  return some.references !== null && pairsOf(some) === pairsOf(other);
}

/** Which column points to which, whatever their order. */
function pairsOf({ columns, references }: Constraint): string {
  const pairs = columns.map((column, i) => JSON.stringify([column, references?.columns[i]]));
  return `${references?.table} ${pairs.sort().join(" ")}`;
}
