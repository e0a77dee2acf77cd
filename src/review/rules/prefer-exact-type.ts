import { type AddedColumn, groupByTable, placeOfColumn } from "../additions.ts";
import { isLandingTable, isText } from "../convention.ts";
import { defineRule } from "../rule.ts";
import { say } from "../text.ts";
import type { Column, Text } from "../types.ts";

export default defineRule({
  summary: "Store dates, UUIDs, addresses and numbers as what they are",
  why: "Text accepts what is no date and no number, sorts 10 before 9, takes more space, and has none of the type's operators.",
  instead: "Declare it with the type of its values.",
  // Advice: what the column holds is told by its name or its default.
  severity: "info",
  ignoreWhen: "values come from elsewhere and must be kept as they are, wrong ones too.",
  sources: ["PostgreSQL documentation, chapter 8, Data Types"],
  check: {
    additions(added) {
      const found = added.columns.filter(
        ({ table, column }) => meaningOf(column) !== null && !isLandingTable(table.name),
      );
      return groupByTable(found).map(({ table, items }) => ({
        message: say`${table.name} stores as text what is not: ${namesOf(items)}.`,
        instead: say`Declare ${[items.length > 1 ? "them" : "it"]} with ${[items.length > 1 ? "these types" : "this type"]}.`,
        ...placeOfColumn(added, table, items[0]?.column.name ?? ""),
        object: `${table.name}.${items[0]?.column.name}`,
      }));
    },
  },
});

const meanings: readonly { readonly type: string; readonly name: RegExp }[] = [
  {
    type: "timestamptz",
    name: /(?:^|_)(?:created|updated|modified|deleted|started|finished|ended|expires|expired|published|sent|paid|completed|cancell?ed|scheduled|joined|verified|confirmed|archived|processed|received|last_seen|last_login|last_used|logged_in|signed_in)_at$|^(?:date_?time|timestamp)$/i,
  },
  { type: "date", name: /(?:^|_)(?:date|birthday|birth_?date|dob)$|^date_of_birth$/i },
  { type: "uuid", name: /(?:^|_)(?:uuid|guid)$/i },
  { type: "inet", name: /(?:^|_)(?:ip|ip_?addr|ip_?address|ipv4|ipv6)$/i },
  { type: "integer", name: /(?:^|_)(?:count|quantity|qty)$/i },
  { type: "boolean", name: /^(?:is|has)_[a-z_]+$/i },
];

function meaningOf({ name, type, defaultSql }: Column): string | null {
  if (!isText(type)) return null;
  if (
    type === "character(36)" ||
    /\b(?:gen_random_uuid|uuid_generate_v\d\w*|uuidv[47])\(/.test(defaultSql ?? "")
  )
    return "uuid";
  if (/\b(?:now\(\)|CURRENT_TIMESTAMP|CURRENT_DATE)/i.test(defaultSql ?? "")) return "timestamptz";
  return meanings.find((meaning) => meaning.name.test(name))?.type ?? null;
}

function namesOf(items: readonly AddedColumn[]): Text {
  return items.flatMap(({ column }, i) => {
    const text = say`${column.name} is ${meaningOf(column) ?? ""}`;
    return i === 0 ? text : [", ", ...text];
  });
}
