import { placeOfColumn } from "../additions.ts";
import { singularAndPlural } from "../relations.ts";
import { type Context, defineRule } from "../rule.ts";
import { say } from "../text.ts";
import type { Problem, Table } from "../types.ts";

export default defineRule({
  summary: "Keep a stored count true in the database",
  why: "A count that the application keeps drifts: two requests that read, add and write lose one of them, and rows that are deleted by a cascade or by hand are never counted off.",
  instead: "Keep it with a trigger on the counted table, or count when it is needed.",
  // Advice: what the application does is not seen.
  severity: "info",
  ignoreWhen:
    "the application adds with UPDATE … SET count = count + 1 in the same transaction, or a job counts again.",
  sources: ["PostgreSQL documentation, section 37.1, Overview of Trigger Behavior"],
  check: {
    additions(added, context) {
      return added.columns.flatMap(({ table, column }): Problem[] => {
        const counted = countedBy(table, column.name, context);
        if (!counted || !/^(?:integer|bigint|smallint)$/.test(column.type) || column.generated) return [];
        if (isKept(column.name, context)) return [];
        return [
          {
            message: say`Nothing in the database keeps ${column.name} of ${table.name} in step with ${counted.name}.`,
            instead: say`Keep it with a trigger on ${counted.name}, or count the rows when it is needed.`,
            ...placeOfColumn(added, table, column.name),
            object: `${table.name}.${column.name}`,
          },
        ];
      });
    },
  },
});

/** The table that comments_count or comment_count of posts counts: it is called so and refers to posts. */
function countedBy(table: Table, column: string, { head }: Context): Table | null {
  const noun = /^(?:num_|total_)?(.+)_count$/i.exec(column)?.[1];
  if (noun === undefined) return null;
  const schema = table.name.slice(0, table.name.indexOf(".") + 1);
  const names = [...singularAndPlural(noun)].map((name) => `${schema}${name}`);
  return (
    head?.tables.find(
      ({ name, constraints }) =>
        names.includes(name) && constraints.some(({ references }) => references?.table === table.name),
    ) ?? null
  );
}

/** A function that names the column, whoever calls it. */
function isKept(column: string, { head }: Context): boolean {
  const word = new RegExp(`\\b${column.replace(/[.*+?^${}()|[\]\\]/g, "\\$&")}\\b`, "i");
  return head?.functions.some(({ definition }) => word.test(definition)) ?? false;
}
