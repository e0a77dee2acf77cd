import { type AddedConstraint, type Additions, placeOfConstraint } from "../additions.ts";
import { type Context, defineRule } from "../rule.ts";
import { quoteIdentifier, quoteTable } from "../sql/names.ts";
import { say } from "../text.ts";
import type { Column, Problem, Severity, Text } from "../types.ts";

export default defineRule({
  summary: "Give a foreign key's column the type of the key that it points to",
  why: "PostgreSQL accepts types that it can compare. A smaller integer cannot hold every key, so that inserts fail one day; other types are cast for each comparison, and joins may not use the index.",
  instead: "Declare the column with the key's own type.",
  // The types are read from the catalogue; when keys outgrow the smaller one depends on the data.
  severity: "warning",
  ignoreWhen:
    "the column is to be changed in the next release, or keys can never leave the smaller type's range.",
  sources: [
    "PostgreSQL documentation, section 5.5.5, Foreign Keys",
    "PostgreSQL documentation, section 8.1, Numeric Types",
  ],
  check: {
    additions(added, context) {
      return added.constraints.flatMap((one) => ofConstraint(added, one, context));
    },
  },
});

function ofConstraint(
  added: Additions,
  { table, constraint }: AddedConstraint,
  { head }: Context,
): Problem[] {
  const { references, columns } = constraint;
  const target = references && head?.tables.find(({ name }) => name === references.table);
  if (!target) return [];
  return columns.flatMap((name, i): Problem[] => {
    const own = table.columns.find((column) => column.name === name);
    const key = target.columns.find((column) => column.name === references.columns[i]);
    const harm = own && key ? harmOf(own, key) : null;
    if (!own || !key || !harm) return [];
    return [
      {
        message: say`${`${table.name}.${name}`} is ${own.type}, the key ${`${target.name}.${key.name}`} is ${key.type}: ${harm.text}`,
        instead: say`Declare it as ${`${quoteIdentifier(name)} ${key.type}`} in ${quoteTable(table.name)}.`,
        wanted: { kind: "type", table: table.name, column: name, type: key.type },
        ...placeOfConstraint(added, table, constraint),
        object: `${table.name}.${name}`,
        severity: harm.severity,
      },
    ];
  });
}

/** Bytes of each integer, and what they can count to. */
const integers: Readonly<Record<string, { readonly bytes: number; readonly last: string }>> = {
  smallint: { bytes: 2, last: "32,767" },
  integer: { bytes: 4, last: "2,147,483,647" },
  bigint: { bytes: 8, last: "" },
};

function harmOf(own: Column, key: Column): { readonly text: Text; readonly severity: Severity } | null {
  if (own.type === key.type) return null;
  const [small, large] = [integers[own.type], integers[key.type]];
  if (small && large)
    return small.bytes < large.bytes
      ? { text: [`keys beyond ${small.last} cannot be stored.`], severity: "warning" }
      : { text: ["half of each value is never used."], severity: "info" };
  if (!isNumber(own.type) || !isNumber(key.type)) return null;
  return {
    text: ["each comparison casts one of them, and joins may not use its index."],
    severity: "warning",
  };
}

/** Texts of different lengths are compared as they are. */
function isNumber(type: string): boolean {
  return type in integers || /^(?:numeric|real|double precision)\b/.test(type);
}
