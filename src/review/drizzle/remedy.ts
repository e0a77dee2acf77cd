import { declaredLine } from "../declared-text.ts";
import type { Declarations, Remedy } from "../orm.ts";
import type { ModelFile, Wanted } from "../types.ts";

/** How a table declares what a rule asks for (Drizzle documentation, Indexes & Constraints, and PostgreSQL column types). */
export function remedyFor(
  wanted: Wanted,
  files: readonly ModelFile[],
  find: Declarations["find"],
): Remedy | null {
  if (wanted.kind === "absent") return null;
  if (wanted.kind === "not null") return { words: ".notNull()", edits: null };
  if (wanted.kind === "type") {
    const type = types[wanted.type];
    return type === undefined ? null : { words: type, edits: null };
  }
  // Columns are named by the keys of the table's object.
  const keys = wanted.columns.map((column) => {
    const line = declaredLine(find(`${wanted.table}.${column}`), files);
    return /^\s*(\w+)\s*:/.exec(line?.text ?? "")?.[1];
  });
  if (keys.includes(undefined)) return null;
  const columns = keys.map((key) => `table.${key}`).join(", ");
  const words = wanted.method === "gin" ? `index().using("gin", ${columns})` : `index().on(${columns})`;
  return { words, edits: null };
}

const types: Readonly<Record<string, string>> = {
  "timestamp with time zone": "timestamp({ withTimezone: true })",
  date: "date()",
  uuid: "uuid()",
  inet: "inet()",
  text: "text()",
  integer: "integer()",
  bigint: 'bigint({ mode: "number" })',
  numeric: "numeric()",
  boolean: "boolean()",
  jsonb: "jsonb()",
};
