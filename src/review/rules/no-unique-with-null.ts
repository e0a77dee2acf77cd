import { type AddedIndex, placeOfIndex } from "../additions.ts";
import { list } from "../advice.ts";
import { defineRule } from "../rule.ts";
import { quoteIdentifier } from "../sql/names.ts";
import { say } from "../text.ts";
import type { Index, Problem, Table, Text } from "../types.ts";

/** Empty for as long as a row is in use, so that NULL is the usual value. */
const endOfLife = /^(?:deleted|archived|removed|trashed|discarded|revoked|ended|closed)_(?:at|on|date)$/i;

export default defineRule({
  summary: "Let no NULL slip through a UNIQUE of several columns",
  why: "Two NULLs count as different: as soon as one column is NULL, any number of rows with the same other values is accepted.",
  instead:
    "Declare the column NOT NULL, or say NULLS NOT DISTINCT (PostgreSQL 15 and later), or use partial unique indexes.",
  // A deletion date is NULL in every live row: nothing is unique then. Other columns may be meant to be left out.
  severity: "warning",
  ignoreWhen: "rows with NULL are meant to repeat.",
  sources: ["PostgreSQL documentation, section 5.5.3, Unique Constraints"],
  versions: "NULLS NOT DISTINCT came with PostgreSQL 15.",
  check: {
    additions(added, context) {
      const told = new Set<string>();
      return added.indexes.flatMap((one): Problem[] => {
        const { table, index } = one;
        const nullable = nullableOf(one);
        // Tables of one shape, made by a loop or for inheritance, are told once.
        const shape = JSON.stringify([index.columns, index.where]);
        if (nullable.length === 0 || told.has(shape)) return [];
        told.add(shape);
        const end = nullable.find((name) => endOfLife.test(name));
        return [
          {
            message:
              end === undefined
                ? say`${index.name} lets rows of ${table.name} repeat as soon as ${nullable.length > 1 ? say`one of ${list(nullable)}` : list(nullable)} is NULL.`
                : say`${index.name} keeps nothing unique among the rows of ${table.name} that are in use: ${end} is NULL in all of them.`,
            instead: insteadOf(index, end, context.postgres),
            ...placeOfIndex(added, table, index),
            object: `${table.name}.${index.name}`,
            severity: end === undefined ? "info" : "warning",
          },
        ];
      });
    },
  },
});

/** A single column that may be NULL is unique where it is known: that is what people mean. */
function nullableOf({ table, index }: AddedIndex): string[] {
  if (!index.unique || index.primary || index.nullsNotDistinct || index.keys.length < 2) return [];
  const nullable = index.columns.filter(
    (name): name is string => name !== null && isNullable(table, name) && !isLeftOut(index, name),
  );
  // Every column may be missing: then the rule is about rows that have them all.
  if (nullable.length === index.keys.length) return [];
  const isClosed = table.indexes.some(
    (other) => closes(other, index, nullable) || isSibling(table, other, index, nullable),
  );
  return isClosed ? [] : nullable;
}

function isNullable({ columns }: Table, name: string): boolean {
  return columns.find((column) => column.name === name)?.notNull === false;
}

function isLeftOut({ where }: Index, name: string): boolean {
  return where?.includes(`${quoteIdentifier(name)} IS NOT NULL`) ?? false;
}

/** A second unique index for the rows in which the column is NULL: the way before PostgreSQL 15. */
function closes(other: Index, index: Index, nullable: readonly string[]): boolean {
  return (
    other !== index &&
    other.unique &&
    nullable.some((name) => other.where?.includes(`${quoteIdentifier(name)} IS NULL`)) &&
    other.columns.every((name) => name === null || index.columns.includes(name))
  );
}

/** The same key with another column that may be NULL: a row has one of several parents, and one key for each. */
function isSibling(table: Table, other: Index, index: Index, nullable: readonly string[]): boolean {
  const rest = index.columns.filter((name) => name === null || !nullable.includes(name));
  return (
    other !== index &&
    other.unique &&
    other.columns.length === index.columns.length &&
    rest.every((name) => other.columns.includes(name)) &&
    other.columns.every((name) => name === null || rest.includes(name) || isNullable(table, name)) &&
    !nullable.some((name) => other.columns.includes(name))
  );
}

function insteadOf({ columns }: Index, end: string | undefined, postgres: number): Text {
  if (end !== undefined) {
    const rest = columns.filter((name) => name !== end && name !== null);
    return say`Create a unique index on ${list(rest.flatMap((name) => name ?? []))} with ${`WHERE ${quoteIdentifier(end)} IS NULL`}.`;
  }
  if (postgres >= 15) return say`Declare it NOT NULL, or write UNIQUE NULLS NOT DISTINCT.`;
  return say`Declare it NOT NULL, or add a unique index on the other columns for the rows in which it is NULL.`;
}
