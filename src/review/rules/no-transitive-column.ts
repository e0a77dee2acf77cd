import { type AddedColumn, type Additions, groupByTable, placeOfColumn } from "../additions.ts";
import { list } from "../advice.ts";
import { isLandingTable, isText } from "../convention.ts";
import { type Context, defineRule } from "../rule.ts";
import { say } from "../text.ts";
import type { Column, Constraint, Problem, Table } from "../types.ts";

export default defineRule({
  summary: "Store a fact with what it depends on (third normal form)",
  why: "A column that follows from another one of the row repeats the same fact in many rows. When it changes all of them must, and those that are forgotten contradict the others.",
  instead: "Read it from the table that it belongs to.",
  // Advice: a copy may be meant to keep what was true at the time.
  severity: "info",
  ignoreWhen:
    "the copy is to keep what was true when the row was written, or saves a join that costs too much.",
  sources: ["PostgreSQL documentation, section 5.5.5, Foreign Keys"],
  check: {
    additions(added, context) {
      const { columns, tables } = added;
      return [
        ...tables.flatMap((table) => ofPlaces(added, table)),
        ...groupByTable(columns.filter((one) => sourceOf(one, context) !== null)).flatMap(({ items }) =>
          ofKeys(added, items, context),
        ),
      ];
    },
  },
});

/** A city decides its state. A whole postal address is one value, which nobody takes apart. */
function ofPlaces(added: Additions, table: Table): Problem[] {
  const named = (pattern: RegExp) =>
    table.columns.find(({ name, type }) => pattern.test(name) && isText(type));
  const city = named(/^(?:city|town)(?:_name)?$/i);
  const state = named(/^(?:state|province|region|county)(?:_name|_code)?$/i);
  const isAddress =
    /address|location|venue|place|contact|shipping|billing/i.test(table.name) ||
    table.columns.some(({ name }) =>
      /street|address|addr|line_?1|zip|postal|postcode|latitude|^lat$/i.test(name),
    );
  if (!city || !state || isAddress || isLandingTable(table.name)) return [];
  if (table.indexes.some(({ unique, columns }) => unique && columns.includes(city.name))) return [];
  return [
    {
      message: say`${state.name} of ${table.name} follows from ${city.name}: rows with the same city can contradict each other.`,
      instead: say`Make a table of cities that holds ${state.name}, and refer to it.`,
      ...placeOfColumn(added, table, state.name),
      object: `${table.name}.${state.name}`,
    },
  ];
}

function ofKeys(added: Additions, items: readonly AddedColumn[], context: Context): Problem[] {
  const [first] = items;
  const source = first && sourceOf(first, context);
  if (!first || !source) return [];
  const { table } = first;
  const copies = items.filter((one) => sourceOf(one, context)?.target === source.target);
  const names = copies.map(({ column }) => column.name);
  // How much there is of something is a fact of each row.
  if (copies.every(({ column }) => isNumber(column)) && !source.isCertain) return [];
  // One equal name may be chance.
  if (copies.length === 1 && !source.isCertain) return [];
  return [
    {
      message: say`${list(names)} of ${table.name} ${[names.length > 1 ? "repeat" : "repeats"]} what ${source.target} holds: ${list(source.key)} decides it.`,
      instead: say`Read it from ${source.target} by ${list(source.key)}.`,
      ...placeOfColumn(added, table, names[0] ?? ""),
      object: `${table.name}.${names[0]}`,
    },
  ];
}

/** Tables that keep what was true at the time. */
const history =
  /(?:^|[._])(?:\w*(?:log|logs|audit|audits|history|histories|event|events|snapshot|snapshots|archive|orders?|order_items?|line_items?|invoices?|receipts?|transactions?|payments?|messages?|notifications?|stats|statistics|summary|summaries|cache|reports?))$/i;

/** Facts of their own that many tables have by these names. */
const own =
  /^(?:id|name|title|label|description|status|state|type|kind|role|notes?|comment|metadata|data|settings|config|options|position|sort_order|order|version|slug|code|key|value|url|email|enabled|active|visibility|priority|currency|amount|price|quantity|total|locale|language|timezone|color|icon|source|hash|token|tags|nonce|salt|secret)$/i;

/**
 * The referenced table from which a column is copied, told by the schema's own keys: a foreign key to a unique key of a
 * table that has a column of that name and type. Keys and times are no copies.
 */
function sourceOf({ table, column }: AddedColumn, { head }: Context) {
  if (!isFact(column) || history.test(table.name) || isLandingTable(table.name)) return null;
  const inKey = [...table.constraints, ...table.indexes].some(({ columns }) =>
    (columns as readonly (string | null)[]).includes(column.name),
  );
  if (inKey) return null;
  for (const { references, columns } of table.constraints) {
    const target = references && head?.tables.find(({ name }) => name === references.table);
    if (!target || target === table) continue;
    const copied = target.columns.find((candidate) => isCopy(column, candidate, columns));
    if (copied && !isInKey(target, copied))
      return {
        target: target.name,
        key: columns,
        isCertain: copied.name !== column.name || isCity(columns),
      };
  }
  return null;
}

function isNumber({ type }: Column): boolean {
  return /^(?:smallint|integer|bigint|real|double precision|numeric)\b/.test(type);
}

function isFact({ name, type, generated }: Column): boolean {
  if (generated || type === "boolean" || type === "jsonb" || type === "json") return false;
  return (
    !/_(?:at|on|id|ids|uuid|by|count|hash|version)$|^(?:is|has)_/i.test(name) && !type.startsWith("timestamp")
  );
}

/** `state` beside city_id when cities have a state; `customer_email` beside customer_id when customers have an email. */
function isCopy(column: Column, candidate: Column, key: Constraint["columns"]): boolean {
  if (candidate.type !== column.type) return false;
  if (candidate.name === column.name)
    return !own.test(column.name) || (isCity(key) && /^state$/i.test(column.name));
  const [only] = key;
  const prefix = key.length === 1 ? /^(.+)_(?:id|uuid)$/.exec(only ?? "")?.[1] : undefined;
  return prefix !== undefined && column.name === `${prefix}_${candidate.name}` && isFact(candidate);
}

function isCity(key: Constraint["columns"]): boolean {
  return key.length === 1 && /city|town/i.test(key[0] ?? "");
}

function isInKey({ constraints }: Table, { name }: Column): boolean {
  return constraints.some(
    ({ kind, columns }) => (kind === "primary-key" || kind === "foreign-key") && columns.includes(name),
  );
}
