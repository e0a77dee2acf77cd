import { groupByTable, placeOfColumn } from "../additions.ts";
import { list } from "../advice.ts";
import { defineRule } from "../rule.ts";
import { say } from "../text.ts";

export default defineRule({
  summary: "Declare a flag with a default NOT NULL",
  why: "A boolean that may be NULL has three states. WHERE NOT flag leaves the rows with NULL out, and so does WHERE flag.",
  instead: "Add NOT NULL beside the default.",
  // Advice: code may treat NULL as false everywhere.
  severity: "info",
  ignoreWhen: "unknown is a state of its own.",
  sources: ["PostgreSQL documentation, section 8.6, Boolean Type"],
  check: {
    additions(added) {
      const flags = added.columns.filter(
        ({ column: { type, notNull, defaultSql } }) =>
          type === "boolean" && !notNull && /^(?:true|false)$/.test(defaultSql ?? ""),
      );
      return groupByTable(flags).map(({ table, items }) => {
        const names = items.map(({ column }) => column.name);
        return {
          message: say`${list(names)} of ${table.name} can be NULL, which is neither true nor false, though a default is given.`,
          wanted: { kind: "not null", table: table.name, column: names[0] ?? "" },
          ...placeOfColumn(added, table, names[0] ?? ""),
          object: table.name,
        };
      });
    },
  },
});
