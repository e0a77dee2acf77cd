import { groupByTable, placeOfColumn } from "../additions.ts";
import { list } from "../advice.ts";
import { defineRule } from "../rule.ts";
import { say } from "../text.ts";

export default defineRule({
  summary: "Store amounts as numeric, not as money",
  why: "What a money value means depends on the server's lc_monetary setting: the currency is not stored, a dump may not load on another server, and the number of decimals is fixed.",
  instead: "Declare it numeric, with the currency in a column of its own.",
  // The type's own documentation.
  severity: "warning",
  ignoreWhen: "there is one currency, and lc_monetary is the same on every server for ever.",
  sources: ["PostgreSQL documentation, section 8.2, Monetary Types"],
  check: {
    additions(added) {
      const money = added.columns.filter(({ column }) => /^money(?:\[\])?$/.test(column.type));
      return groupByTable(money).map(({ table, items }) => {
        const names = items.map(({ column }) => column.name);
        return {
          message: say`${list(names)} of ${table.name} changes its meaning with the server's lc_monetary: money stores no currency.`,
          wanted: { kind: "type", table: table.name, column: names[0] ?? "", type: "numeric" },
          ...placeOfColumn(added, table, names[0] ?? ""),
          object: `${table.name}.${names[0]}`,
        };
      });
    },
  },
});
