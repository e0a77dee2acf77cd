import type { Dialect } from "../types.ts";
import { literal } from "./names.ts";

/** What each database says in its own words; everything but names is SQL. */
export interface AskedWords {
  readonly text: (value: string) => string;
  readonly list: (values: readonly string[]) => string;
  readonly isSame: (a: string, b: string) => string;
  /** Whether a list has an item. */
  readonly contains: (list: string, item: string) => string;
  /** Where a text has a part, from 1; 0 where it has not. */
  readonly position: (text: string, part: string) => string;
  readonly lengthOf: (list: string) => string;
  readonly isFilled: (list: string) => string;
  /** Python's own truth: not None, 0, False or an empty text. */
  readonly isTrue: (value: string) => string;
  /** A column of a query's rows by its place, and what stands behind the query's alias for that; null where it has no name. */
  readonly place: (query: string, alias: string, place: number) => string | null;
  readonly names: (count: number) => string;
}

export const askedWords: Readonly<Record<Dialect, AskedWords>> = {
  postgresql: {
    text: (value) => `${literal(value)}::text`,
    list: (values) => `ARRAY[${values.map(literal).join(", ")}]::text[]`,
    isSame: (a, b) => `((${a}) IS NOT DISTINCT FROM (${b}))`,
    contains: (list, item) => `((${item}) = ANY ((${list})::text[])) IS TRUE`,
    position: (text, part) => `pg_catalog.strpos((${text})::text, ${part})`,
    lengthOf: (list) => `pg_catalog.cardinality(${list})`,
    isFilled: (list) => `(pg_catalog.cardinality(${list}) > 0) IS TRUE`,
    isTrue: (value) => `(pg_catalog.to_jsonb(${value}) NOT IN ('null', '0', 'false', '""')) IS TRUE`,
    place: (_, alias, place) => `${alias}.c${place + 1}`,
    names: (count) =>
      count > 0 ? `(${Array.from({ length: count }, (_, i) => `c${i + 1}`).join(", ")})` : "",
  },
  sqlite: {
    text: literal,
    list: (values) => literal(JSON.stringify(values)),
    isSame: (a, b) => `((${a}) IS (${b}))`,
    contains: (list, item) => `EXISTS (SELECT 1 FROM json_each(${list}) AS j WHERE j.value = ${item})`,
    position: (text, part) => `instr(${text}, ${part})`,
    lengthOf: (list) => `json_array_length(${list})`,
    isFilled: (list) => `(json_array_length(${list}) > 0) IS TRUE`,
    isTrue: (value) =>
      `(CASE typeof(${value}) WHEN 'null' THEN FALSE WHEN 'text' THEN ${value} <> '' ELSE ${value} <> 0 END)`,
    place: placeInSqlite,
    names: () => "",
  },
};

/** SQLite names no columns by their place: they are known of a PRAGMA, and all are taken where only one is wanted. */
function placeInSqlite(query: string, alias: string, place: number): string | null {
  const pragma = /^SELECT \* FROM pragma_(\w+)\(/.exec(query)?.[1];
  const name = pragma && pragmaColumns[pragma]?.[place];
  if (name) return `${alias}."${name}"`;
  return place === 0 ? `${alias}.*` : null;
}

/** SQLite documentation, PRAGMA Statements. */
const pragmaColumns: Readonly<Record<string, readonly string[]>> = {
  table_info: ["cid", "name", "type", "notnull", "dflt_value", "pk"],
  index_list: ["seq", "name", "unique", "origin", "partial"],
  index_info: ["seqno", "cid", "name"],
  foreign_key_list: ["id", "seq", "table", "from", "to", "on_update", "on_delete", "match"],
};
