import { groupByTable, placeOfColumn } from "../additions.ts";
import { list } from "../advice.ts";
import { defineRule } from "../rule.ts";
import { say } from "../text.ts";
import type { Column, Table } from "../types.ts";

export default defineRule({
  summary: "Store amounts of money exactly, as numeric",
  why: "The types real and double precision hold the nearest binary fraction: 0.1 is not 0.1, sums drift, and equal amounts compare as different.",
  instead: "Declare it numeric, or an integer of the smallest unit.",
  // The type's own documentation; that the column holds money is told by its name.
  severity: "warning",
  ignoreWhen: "the column holds an estimate or a measurement, and no money.",
  sources: ["PostgreSQL documentation, section 8.1.3, Floating-Point Types"],
  check: {
    additions(added) {
      const amounts = added.columns.filter(({ table, column }) => isFloat(column) && isMoney(table, column));
      return groupByTable(amounts).map(({ table, items }) => {
        const names = items.map(({ column }) => column.name);
        return {
          message: say`${list(names)} of ${table.name} cannot hold amounts such as 0.10 exactly: ${items[0]?.column.type ?? ""} rounds them.`,
          wanted: { kind: "type", table: table.name, column: names[0] ?? "", type: "numeric" },
          ...placeOfColumn(added, table, names[0] ?? ""),
          object: `${table.name}.${names[0]}`,
        };
      });
    },
  },
});

function isFloat({ type }: Column): boolean {
  return type === "double precision" || type === "real";
}

/** Words that mean money wherever they stand, and words that mean it beside other signs of it. */
const certain =
  /(?:^|_)(?:price|salary|subtotal|refund|payout|wage|revenue|invoice_total|order_total|total_price|unit_price|balance)$/i;
const likely = /(?:^|_)(?:amount|total|cost|fee|tax|discount|paid|charge|credit|debit|deposit)$/i;
const business =
  /(?:^|[._])(?:orders?|invoices?|payments?|transactions?|accounts?|ledgers?|billing|refunds?|wallets?|subscriptions?|purchases?|carts?|payouts?|expenses?|sales|order_items|line_items)$/i;
/** Words beside which it is a measurement. */
const measured =
  /(?:predicted|estimated|expected|avg|average|mean|median|rate|ratio|percent|pct|score|weight|factor|index|elasticity|energy|water|nutrient)/i;

function isMoney(table: Table, { name }: Column): boolean {
  if (measured.test(name)) return false;
  if (certain.test(name) || /_(?:usd|eur|gbp)$/i.test(name)) return true;
  const hasCurrency = table.columns.some((column) => /(?:^|_)currency(?:_code|_id)?$/i.test(column.name));
  return likely.test(name) && (hasCurrency || business.test(table.name));
}
