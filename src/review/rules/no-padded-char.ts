import { groupByTable, placeOfColumn } from "../additions.ts";
import { list } from "../advice.ts";
import { isLandingTable } from "../convention.ts";
import { defineRule } from "../rule.ts";
import { say } from "../text.ts";
import type { Column } from "../types.ts";

export default defineRule({
  summary: "Store texts of different lengths as text",
  why: "The type character(n) fills every value up with blanks, which take space and are lost in some comparisons and kept in others. It is no faster.",
  instead: "Declare it text, with a CHECK where the length matters.",
  // Advice: values that all have the same length lose nothing.
  severity: "info",
  ignoreWhen: "every value has exactly this length.",
  sources: ["PostgreSQL documentation, section 8.3, Character Types"],
  check: {
    additions(added) {
      const padded = added.columns.filter(
        ({ table, column }) => isPadded(column) && !isLandingTable(table.name),
      );
      return groupByTable(padded).map(({ table, items }) => {
        const names = items.map(({ column }) => column.name);
        return {
          message: say`${list(names)} of ${table.name} is filled up with blanks: ${items[0]?.column.type ?? ""}.`,
          wanted: { kind: "type", table: table.name, column: names[0] ?? "", type: "text" },
          ...placeOfColumn(added, table, names[0] ?? ""),
          object: `${table.name}.${names[0]}`,
        };
      });
    },
  },
});

/** Short codes, and names of what always has one length: hashes, keys, UUIDs (another rule's). */
function isPadded({ name, type }: Column): boolean {
  const length = Number(/^character\((\d+)\)$/.exec(type)?.[1] ?? 0);
  if (length <= 4 || [32, 36, 40, 64, 128].includes(length)) return false;
  return !/hash|sha\d|md5|digest|checksum|uuid|guid|ulid|token|code|iban|bic|zip|isbn|phone|number|key|id$/i.test(
    name,
  );
}
