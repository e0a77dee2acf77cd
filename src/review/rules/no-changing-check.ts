import { placeOfConstraint } from "../additions.ts";
import { type Context, defineRule } from "../rule.ts";
import { say } from "../text.ts";
import type { Text } from "../types.ts";

export default defineRule({
  summary: "Let a CHECK depend on nothing but its own row",
  why: "PostgreSQL checks a row when it is written, and takes the answer to stay the same. Where time passes or another table changes, rows that passed fail later: at their next UPDATE, and when a backup is restored.",
  instead: "Check it where the row is written: in the application, or in a trigger.",
  // Certain for rows that come into it; whether any do depends on the data.
  severity: "warning",
  ignoreWhen: "rows are never updated after the moment passes, and backups are never restored from SQL.",
  sources: ["PostgreSQL documentation, section 5.5.1, Check Constraints"],
  check: {
    additions(added, context) {
      return added.constraints.flatMap(({ table, constraint }) => {
        if (constraint.kind !== "check") return [];
        const why = reasonOf(constraint.definition, context);
        if (!why) return [];
        return [
          {
            message: say`Rows of ${table.name} that pass ${constraint.name} fail it later: ${why}`,
            ...placeOfConstraint(added, table, constraint),
            object: `${table.name}.${constraint.name}`,
          },
        ];
      });
    },
  },
});

const now =
  "(?:now\\(\\)|CURRENT_(?:DATE|TIMESTAMP|TIME)(?:\\(\\d\\))?|LOCALTIMESTAMP|LOCALTIME|(?:clock|statement|transaction)_timestamp\\(\\))";
const draw = /\b(?:random|gen_random_uuid|uuid_generate_v4)\(/i;

/** A time that must lie in the future will not; one in the past stays there. */
const future = [new RegExp(`>=?\\s*\\(?${now}`, "i"), new RegExp(`${now}(?:\\)?::\\w+)?\\s*<`, "i")];

function reasonOf(definition: string, context: Context): Text | null {
  if (future.some((pattern) => pattern.test(definition)))
    return ["the time that it asks for passes, and then every UPDATE of the row is refused."];
  if (draw.test(definition)) return ["it asks for a random value."];
  const reader = context.head?.functions.find(
    ({ name, volatility, definition: body }) =>
      volatility !== "immutable" &&
      new RegExp(`(?<![\\w.])${escaped(name.slice(0, name.indexOf("(")))}\\(`).test(definition) &&
      /\b(?:from|join)\s+(?!unnest|regexp|generate_|jsonb?_|\()["\w]/i.test(bodyOf(body)),
  );
  return reader ? say`${reader.name} reads tables whose rows may change.` : null;
}

/** From the quoted body on: the head of a definition holds no FROM. */
function bodyOf(definition: string): string {
  return definition.slice(Math.max(0, definition.search(/\bAS\s+\$|\bBEGIN ATOMIC\b|\bRETURN\b/)));
}

function escaped(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
}
