import { groupByTable, placeOfColumn } from "../additions.ts";
import { list } from "../advice.ts";
import { isLandingTable, isSettled } from "../convention.ts";
import { defineRule } from "../rule.ts";
import { say } from "../text.ts";

export default defineRule({
  summary: "Store documents as jsonb",
  why: "A json column keeps the text as it came: every access parses it again, no GIN index finds anything in it, and it has no equality, so that DISTINCT, GROUP BY and UNION over it fail.",
  instead: "Declare it jsonb.",
  // Advice: the text itself may matter.
  severity: "info",
  ignoreWhen: "the order of keys, white space or repeated keys must be kept.",
  sources: ["PostgreSQL documentation, section 8.14, JSON Types"],
  check: {
    additions(added, context) {
      const { columns } = added;
      const plain = columns.filter(
        ({ table, column }) => column.type === "json" && !isLandingTable(table.name),
      );
      if (
        plain.length === 0 ||
        isSettled(
          context.base,
          ({ type }) => type === "json",
          ({ type }) => type === "jsonb",
        )
      )
        return;
      return groupByTable(plain).map(({ table, items }) => {
        const names = items.map(({ column }) => column.name);
        return {
          message: say`${list(names)} of ${table.name} is parsed again at each access, and DISTINCT and GROUP BY over it fail: it is json, not jsonb.`,
          wanted: { kind: "type", table: table.name, column: names[0] ?? "", type: "jsonb" },
          ...placeOfColumn(added, table, names[0] ?? ""),
          object: `${table.name}.${names[0]}`,
        };
      });
    },
  },
});
