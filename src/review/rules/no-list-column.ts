import { type AddedColumn, groupByTable, placeOfColumn } from "../additions.ts";
import { list } from "../advice.ts";
import { isLandingTable, isText } from "../convention.ts";
import { singularAndPlural, tableOfPrefix } from "../relations.ts";
import { type Context, defineRule } from "../rule.ts";
import { say } from "../text.ts";
import type { Problem } from "../types.ts";

export default defineRule({
  summary: "Store one value per column (first normal form)",
  why: "No foreign key checks the entries of a list, no plain index finds one of them, and two writers who change different entries overwrite each other.",
  instead: "Make a table with one row per entry.",
  // Advice: a list that is only read and written as a whole does no harm.
  severity: "info",
  ignoreWhen:
    "the list is only read and written as a whole, or its entries refer to nothing and are found by a GIN index.",
  sources: ["PostgreSQL documentation, section 8.15.4, Searching in Arrays"],
  check: {
    additions(added, context) {
      const lists = added.columns.filter((one) => kindOf(one, context) !== null);
      return groupByTable(lists).map(({ table, items }): Problem => {
        const names = items.map(({ column }) => column.name);
        const refers = items.some((one) => kindOf(one, context) === "keys");
        return {
          message: refers
            ? say`${list(names)} of ${table.name} holds keys of several rows in one column, which no foreign key can check.`
            : say`${list(names)} of ${table.name} holds several values in one column.`,
          instead: refers
            ? say`Make a table with one row per pair, and foreign keys to both sides.`
            : say`Make a table with one row per value; or keep an array, with a GIN index when single values are searched.`,
          ...placeOfColumn(added, table, names[0] ?? ""),
          object: `${table.name}.${names[0]}`,
        };
      });
    },
  },
});

/** Nouns of which a row has several and which are searched one by one. */
const searched =
  /^(?:tags|labels|categories|keywords|emails|email_addresses|phones|phone_numbers|authors|members|participants|attendees)$/i;

/** "keys" for references to other rows, "values" for other lists; null when the column is neither for certain. */
function kindOf({ table, column }: AddedColumn, { head }: Context): "keys" | "values" | null {
  const { name, type } = column;
  const isArray = /^(?:text|citext|uuid|integer|bigint|character varying(?:\(\d+\))?)\[\]$/.test(type);
  if ((!isArray && !isText(type)) || isLandingTable(table.name) || !head) return null;
  const noun = /^(.+)_(?:ids|uuids)$/i.exec(name)?.[1];
  if (noun !== undefined) {
    const last = noun.slice(noun.lastIndexOf("_") + 1);
    const isKnown = [noun, last].some((word) => tableOfPrefix(head, table, word) !== null);
    return isKnown ? "keys" : null;
  }
  if (/_(?:csv|comma_separated)$/i.test(name)) return "values";
  const isTable =
    isArray && [...singularAndPlural(name)].some((form) => form !== name && tableOfPrefix(head, table, form));
  if (!searched.test(name) && !isTable) return null;
  return table.indexes.some(({ method, columns }) => method === "gin" && columns.includes(name))
    ? null
    : "values";
}
