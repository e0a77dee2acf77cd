import { placeOfConstraint } from "../additions.ts";
import { list } from "../advice.ts";
import { defineRule } from "../rule.ts";
import { say } from "../text.ts";

export default defineRule({
  summary: "Say MATCH FULL where several columns of a composite foreign key may be NULL",
  why: "By default a composite foreign key is not checked at all as soon as one of its columns is NULL: what stands in the others may point nowhere.",
  instead: "Add MATCH FULL, which wants all of them NULL or none, or declare all but one NOT NULL.",
  // Rows with one NULL may be meant.
  severity: "info",
  ignoreWhen: "rows with only some of the columns filled in are meant to go unchecked.",
  sources: ["PostgreSQL documentation, CREATE TABLE, REFERENCES"],
  check: {
    additions(added) {
      return added.constraints.flatMap(({ table, constraint }) => {
        const { columns, references, definition, onDelete } = constraint;
        const nullable = columns.filter(
          (name) => table.columns.find((column) => column.name === name)?.notNull === false,
        );
        if (!references || nullable.length < 2 || definition.includes("MATCH FULL")) return [];
        if (onDelete === "SET NULL" && /SET NULL \(/.test(definition)) return [];
        return [
          {
            message: say`${constraint.name} checks no row of ${table.name} in which one of ${list(nullable)} is NULL and another is not.`,
            ...placeOfConstraint(added, table, constraint),
            object: `${table.name}.${constraint.name}`,
          },
        ];
      });
    },
  },
});
