import { placeOfIndex } from "../additions.ts";
import { defineRule } from "../rule.ts";
import { say } from "../text.ts";
import type { Index } from "../types.ts";

export default defineRule({
  summary: "Name each column of an index once",
  why: "A second copy of a column sorts nothing that the first has not sorted. It makes the index larger, and most often another column was meant.",
  instead: "Take the second one out, or name the column that was meant.",
  // Seen in the catalogue.
  severity: "warning",
  ignoreWhen: "the copies are found by different means that this rule does not tell apart.",
  sources: ["PostgreSQL documentation, section 11.3, Multicolumn Indexes"],
  check: {
    additions(added) {
      return added.indexes.flatMap(({ table, index }) => {
        const column = repeated(index);
        if (column === null) return [];
        return [
          {
            message: say`The index ${index.name} on ${table.name} holds ${column} twice.`,
            ...placeOfIndex(added, table, index),
            object: `${table.name}.${index.name}`,
          },
        ];
      });
    },
  },
});

/** A column may be a key once for each operator class: they answer different questions. */
function repeated({ keys, include }: Index): string | null {
  const known = keys.map(({ text, operatorClass, collation }) => `${text} ${operatorClass} ${collation}`);
  const again = keys.find((_, i) => known.indexOf(known[i] ?? "") < i);
  if (again) return again.text;
  return include.find((column) => keys.some(({ text }) => text === column)) ?? null;
}
