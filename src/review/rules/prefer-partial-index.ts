import { type AddedIndex, placeOfIndex } from "../additions.ts";
import { defineRule } from "../rule.ts";
import { softDelete } from "../soft-delete.ts";
import { quoteIdentifier } from "../sql/names.ts";
import { say } from "../text.ts";
import type { Column, Problem, Text } from "../types.ts";

export default defineRule({
  summary: "Index the rare value of a flag with a partial index",
  why: "Half of the rows, or nearly all of them, share one value of a flag or an empty deletion date. The planner reads the table instead, and every write keeps the index for nothing.",
  instead: "Index another column, and put the flag into WHERE.",
  // Which value is rare, the data know.
  severity: "info",
  ignoreWhen: "both values are about as frequent as needed for the queries that filter by them.",
  sources: ["PostgreSQL documentation, section 11.8, Partial Indexes"],
  check: {
    additions(added) {
      return added.indexes.flatMap((one): Problem[] => {
        const answer = ofFlag(one) ?? ofNotNull(one);
        if (!answer) return [];
        const { table, index } = one;
        return [{ ...answer, ...placeOfIndex(added, table, index), object: `${table.name}.${index.name}` }];
      });
    },
  },
});

interface Answer {
  readonly message: Text;
  readonly instead: Text;
}

/** A plain index whose only key is a flag or a deletion date. */
function ofFlag({ table, index }: AddedIndex): Answer | null {
  const column = table.columns.find(({ name }) => name === index.columns[0]);
  if (!column || index.keys.length > 1 || index.include.length > 0) return null;
  if (index.method !== "btree" || index.unique || index.where !== null) return null;
  const rare = rareOf(column);
  if (rare === null) return null;
  return {
    message: say`${index.name} holds every row of ${table.name} by ${column.name}, which tells few of them apart.`,
    instead: say`Index the column that you look rows up by, with ${`WHERE ${rare}`} for the rows that you look for.`,
  };
}

function rareOf({ name, type, notNull }: Column): string | null {
  if (type === "boolean") return quoteIdentifier(name);
  return softDelete.test(name) && !notNull ? `${quoteIdentifier(name)} IS NULL` : null;
}

/** A predicate that every row meets. */
function ofNotNull({ table, index }: AddedIndex): Answer | null {
  const name = /^"?([^\s"()]+)"? IS NOT NULL$/.exec(index.where?.replace(/^\((.*)\)$/, "$1") ?? "")?.[1];
  const column = table.columns.find((candidate) => candidate.name === name);
  if (!column?.notNull) return null;
  return {
    message: say`The WHERE of ${index.name} leaves out no row: ${column.name} is never NULL.`,
    instead: say`Leave the WHERE out: queries that do not repeat it can then use the index as well.`,
  };
}
