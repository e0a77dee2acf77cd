import { placeOfTable } from "../additions.ts";
import { isText } from "../convention.ts";
import { defineRule } from "../rule.ts";
import { say } from "../text.ts";
import type { Column, Table } from "../types.ts";

export default defineRule({
  summary: "Give attributes columns of their own, or a jsonb column",
  why: "In a table of entities, attributes and values every value is text: no type, no NOT NULL, no foreign key and no statistics hold for one attribute, and reading one entity joins the table once per attribute.",
  instead: "Make columns of the attributes that are known, and a jsonb column of the rest.",
  // Advice: attributes that users invent need some such place.
  severity: "info",
  ignoreWhen: "users invent the attributes, and they are only listed.",
  sources: ["PostgreSQL documentation, section 8.14, JSON Types"],
  check: {
    additions(added) {
      return added.tables.flatMap((table) => {
        const parts = partsOf(table);
        if (!parts) return [];
        return [
          {
            message: say`${table.name} holds one row per attribute: ${parts.attribute} says which, ${parts.value} holds values of every kind.`,
            ...placeOfTable(added, table),
            object: table.name,
          },
        ];
      });
    },
  },
});

const attributes = /^(?:meta_key|(?:attribute|attr|property|prop|field)(?:_(?:name|key|code|id))?)$/i;
const values =
  /^(?:(?:meta|attribute|attr|property|prop|field|text|string)_)?value(?:_(?:text|string|str))?$/i;
const typed =
  /^(?:value_(?:int|integer|number|numeric|decimal|date|datetime|bool|boolean|text|string|json)|(?:int|integer|number|numeric|decimal|date|datetime|bool|boolean|text|string)_value)$/i;

/** An entity, an attribute and a value, and hardly anything else. */
function partsOf({ columns, constraints }: Table): { attribute: string; value: string } | null {
  const attribute = columns.find(({ name }) => attributes.test(name));
  const value = columns.find(({ name, type }) => values.test(name) && isText(type));
  const kinds = columns.filter(({ name }) => typed.test(name));
  const entity = columns.find((column) => isEntity(column, attribute?.name));
  const rest = columns.filter(
    (column) =>
      ![attribute, value, entity, ...kinds].includes(column) && !/^id$|_at$|_by$/i.test(column.name),
  );
  if (!attribute || !entity || rest.length > 2) return null;
  const isKey = constraints.some(
    ({ kind, columns: own }) => kind === "primary-key" && own[0] === entity.name && own.length === 1,
  );
  const one = value ?? (kinds.length > 1 ? kinds[0] : undefined);
  return one && !isKey ? { attribute: attribute.name, value: one.name } : null;
}

function isEntity({ name }: Column, attribute: string | undefined): boolean {
  return name !== attribute && /_(?:id|uuid)$|^entity$/i.test(name);
}
