import { placeOfConstraint } from "../additions.ts";
import { defineRule } from "../rule.ts";
import { quoteIdentifier, quoteTable } from "../sql/names.ts";
import { say } from "../text.ts";

export default defineRule({
  summary: "Validate a NOT VALID constraint in a later migration",
  why: "NOT VALID is the right way to add a constraint, and only its first half: rows that were there before are not checked, and the planner does not believe it, until it is validated.",
  instead: "Add a migration with VALIDATE CONSTRAINT, which lets reads and writes go on.",
  // A reminder: the second half is often deployed later on purpose.
  severity: "info",
  ignoreWhen: "the validation follows in another pull request.",
  sources: ["PostgreSQL documentation, ALTER TABLE, ADD table_constraint and VALIDATE CONSTRAINT"],
  check: {
    additions(added) {
      return added.constraints.flatMap(({ table, constraint }) => {
        const { name, valid, enforced } = constraint;
        if (valid || !enforced) return [];
        return [
          {
            message: say`${name} stays NOT VALID at the end of this pull request: older rows of ${table.name} may break it.`,
            instead: say`Follow up with ${`ALTER TABLE ${quoteTable(table.name)} VALIDATE CONSTRAINT ${quoteIdentifier(name)}`} in the next migration.`,
            ...placeOfConstraint(added, table, constraint),
            object: `${table.name}.${name}`,
          },
        ];
      });
    },
  },
});
