import { type AddedIndex, type Additions, placeOfIndex } from "../additions.ts";
import { sql as code } from "../advice.ts";
import { covers, isDuplicate } from "../index-cover.ts";
import { defineRule } from "../rule.ts";
import { quoteIdentifier, quoteTable } from "../sql/names.ts";
import { say } from "../text.ts";
import type { Index, Problem, Table, Text } from "../types.ts";

export default defineRule({
  summary: "Create no index that another one makes needless",
  why: "Each index is written by every INSERT and by most UPDATEs, and takes memory and disk. One whose keys another index begins with answers nothing that the other does not.",
  instead: "Keep the index that serves more, and drop or leave out the other one.",
  // Both indexes stand in the catalogue; what may speak for the shorter one is only its size.
  severity: "warning",
  ignoreWhen:
    "the shorter index is much smaller than the other one, and the queries that use it are critical.",
  sources: [
    "PostgreSQL documentation, section 11.3, Multicolumn Indexes",
    "PostgreSQL documentation, section 11.6, Unique Indexes",
  ],
  check: {
    additions(added) {
      const told = new Set<Index>();
      return added.indexes.flatMap(({ table, index }) => {
        const there = added.after.tables.find(({ oid }) => oid === table.oid)?.indexes ?? [];
        const others = table.indexes.filter(
          (other) => other !== index && other.valid && there.some(({ name }) => name === other.name),
        );
        const pair = pairOf(index, others, added.indexes);
        if (!pair || told.has(pair.needless)) return [];
        told.add(pair.needless);
        return [problemOf(added, table, index, pair)];
      });
    },
  },
});

interface Pair {
  readonly needless: Index;
  readonly better: Index;
}

/** The new index is needless beside another one, or it makes an older one so. */
function pairOf(index: Index, others: readonly Index[], added: readonly AddedIndex[]): Pair | null {
  if (!index.valid) return null;
  const better = others.find((other) => covers(other, index) && !(covers(index, other) && isLater(other)));
  if (better) return { needless: index, better };
  const needless = others.find((other) => covers(index, other) && !isLater(other) && !wasNeedless(other));
  return needless ? { needless, better: index } : null;

  /** Beside an index that was there before: said then, or long known. */
  function wasNeedless(other: Index): boolean {
    return others.some((third) => third !== other && covers(third, other));
  }

  /** Of two new ones that are the same, the finding stands on the second. */
  function isLater(other: Index): boolean {
    const place = added.findIndex((item) => item.index === other);
    return place > added.findIndex((item) => item.index === index) && !other.backsConstraint;
  }
}

function problemOf(added: Additions, table: Table, index: Index, { needless, better }: Pair): Problem {
  return {
    message: messageOf(needless, better, index),
    evidence: [say`observed: ${code(better.definition)}`, say`observed: ${code(needless.definition)}`],
    instead:
      needless === index
        ? say`Leave ${needless.name} out.`
        : say`Drop ${needless.name} with ${dropSql(table, needless)} once ${better.name} is there.`,
    ...placeOfIndex(added, table, index),
    object: `${table.name}.${needless.name}`,
  };
}

function messageOf(needless: Index, better: Index, index: Index): Text {
  if (isDuplicate(needless, better))
    return needless === index
      ? say`${needless.name} repeats ${better.name}: both have the same keys, and every write keeps both.`
      : say`${better.name} makes ${needless.name} needless: both have the same keys, and every write keeps both.`;
  return needless === index
    ? say`${needless.name} is needless: ${better.name} begins with the same keys and answers whatever it does.`
    : say`${better.name} makes ${needless.name} needless: it begins with the same keys and answers whatever that one does.`;
}

function dropSql({ name: table }: Table, { name, backsConstraint }: Index): string {
  if (backsConstraint) return `ALTER TABLE ${quoteTable(table)} DROP CONSTRAINT ${quoteIdentifier(name)}`;
  const dot = table.indexOf(".");
  return `DROP INDEX CONCURRENTLY ${quoteTable(`${table.slice(0, dot + 1)}${name}`)}`;
}
