import {
  type AddedColumn,
  type AddedIndex,
  type Additions,
  placeOfColumn,
  placeOfIndex,
} from "../additions.ts";
import { bareName } from "../advice.ts";
import { defineRule } from "../rule.ts";
import { quoteIdentifier, quoteTable } from "../sql/names.ts";
import { say } from "../text.ts";
import type { Index, IndexKey, Problem, Table } from "../types.ts";

export default defineRule({
  summary: "Search jsonb, arrays and full text with a GIN index",
  why: "A b-tree compares documents, arrays and text vectors as wholes. Operators that look inside them (@>, ?, &&, @@) cannot use it, and read the whole table.",
  instead: "Create the index with USING gin.",
  // What b-tree does with these types is certain; that nobody compares them as wholes is not.
  severity: "warning",
  ignoreWhen: "values are only compared as wholes, or never searched.",
  sources: [
    "PostgreSQL documentation, section 8.14.4, jsonb Indexing",
    "PostgreSQL documentation, section 12.9, Preferred Index Types for Text Search",
    "PostgreSQL documentation, section 65.4, GIN Indexes",
  ],
  check: {
    additions(added) {
      const { indexes, columns } = added;
      return [
        ...indexes.flatMap((one) => ofIndex(added, one)),
        ...columns.flatMap((one) => ofColumn(added, one)),
      ];
    },
  },
});

/** A unique index compares wholes on purpose; a column behind others only rounds an index off. */
function ofIndex(added: Additions, { table, index }: AddedIndex): Problem[] {
  const [key] = index.keys;
  if (index.method !== "btree" || index.unique || !key) return [];
  const what = insideOf(table, key);
  if (what === null) return [];
  return [
    {
      message: say`${index.name} is a b-tree on ${key.text}, ${what}: it serves comparisons of whole values only, no search inside them.`,
      instead: say`Create it with ${`USING gin (${isColumn(table, key) ? quoteIdentifier(key.text) : `(${key.text})`})`}.`,
      ...placeOfIndex(added, table, index),
      object: `${table.name}.${index.name}`,
    },
  ];
}

/** A column of text vectors has no other use than to be searched. */
function ofColumn(added: Additions, { table, column }: AddedColumn): Problem[] {
  if (column.type !== "tsvector" || table.indexes.some((index) => searches(index, column.name))) return [];
  if (table.indexes.some(({ method, columns }) => method === "btree" && columns[0] === column.name))
    return [];
  const name = `${bareName(table.name)}_${column.name}_idx`;
  return [
    {
      message: say`${column.name} of ${table.name} is searched row by row: it has no GIN index.`,
      instead: say`Add ${`CREATE INDEX ${quoteIdentifier(name)} ON ${quoteTable(table.name)} USING gin (${quoteIdentifier(column.name)})`}.`,
      wanted: { kind: "index", table: table.name, columns: [column.name], method: "gin" },
      ...placeOfColumn(added, table, column.name),
      object: `${table.name}.${column.name}`,
    },
  ];
}

function searches({ method, columns }: Index, column: string): boolean {
  return method !== "btree" && method !== "hash" && columns.includes(column);
}

function insideOf(table: Table, key: IndexKey): string[] | null {
  const type = table.columns.find(({ name }) => name === key.text)?.type;
  if (type === "jsonb") return ["a jsonb column"];
  if (type === "tsvector" || /^\(?to_tsvector\(/.test(key.text)) return ["full text"];
  return type?.endsWith("[]") ? ["an array"] : null;
}

function isColumn({ columns }: Table, { text }: IndexKey): boolean {
  return columns.some(({ name }) => name === text);
}
