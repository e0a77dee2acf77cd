import { bareName, conventionalName } from "../advice.ts";
import { readToken, type Token } from "../sql/lexer.ts";
import { quoteIdentifier, quoteTable, storedName } from "../sql/names.ts";
import { say } from "../text.ts";
import type { TableName, Text } from "../types.ts";

/** A name for a file: ASCII letters, digits and underscores, whatever the database's names hold. */
export function fileName(...parts: readonly string[]): string {
  return parts
    .join("_")
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "_")
    .replace(/^_+|_+$/g, "");
}

/** `ALTER TABLE …` with what is done to the table. */
export function alter(table: TableName, action: string): string {
  return `ALTER TABLE ${quoteTable(table)} ${action}`;
}

/** The name of something that stands in the table's schema, as it is written in SQL. */
export function besideTable(table: TableName, name: string): string {
  const dot = table.indexOf(".");
  return dot < 0 ? quoteIdentifier(name) : `${quoteIdentifier(table.slice(0, dot))}.${quoteIdentifier(name)}`;
}

/** Words before the table of CREATE INDEX, and before the index of DROP INDEX. */
const beforeName = /\bON\s+(?:ONLY\s+)?|^DROP\s+INDEX\s+(?:CONCURRENTLY\s+)?(?:IF\s+EXISTS\s+)?/i;

/**
 * CREATE INDEX or DROP INDEX with the schema of the table or index, which only the file's search path tells where it is
 * written without one.
 */
export function withSchema(sql: string, relation: TableName): string {
  const words = beforeName.exec(sql);
  const from = (words?.index ?? 0) + (words?.[0].length ?? 0);
  const token = words && readToken(sql, from, sql.length);
  if (!token || storedName(sql.slice(token.start, token.end)) !== bareName(relation)) return sql;
  if (bareName(relation) === relation || sql[token.end] === ".") return sql;
  return sql.slice(0, token.start) + quoteTable(relation) + sql.slice(token.end);
}

/** Whether PostgreSQL would cut the name with `_new` or `_old` behind it. */
export function isTooLong(name: string): boolean {
  return new TextEncoder().encode(name).length > 58;
}

/** Why such a name cannot be given. */
export function tooLong(name: string): Text {
  return say`names made of ${name} would be longer than PostgreSQL's 63 bytes`;
}

/** The definition of an index, as the catalogue has it, with CONCURRENTLY. */
export function concurrently(definition: string): string {
  return definition.replace(/^(CREATE (?:UNIQUE )?INDEX)\b/, "$1 CONCURRENTLY");
}

/** A name made of table, column and suffix, as it is written in SQL; null when PostgreSQL would cut it. */
export function partName(table: TableName, column: string, suffix: string): string | null {
  const name = conventionalName(table, [column], suffix);
  return name === null ? null : quoteIdentifier(name);
}

/** The `AT` of AT TIME ZONE and AT LOCAL, or a type behind `::` and in CAST: a column may be called so as well. */
function isElse(sql: string, { kind, start, end }: Token): boolean {
  if (kind === "word" && /(?:::|\bAS\s)\s*$/i.test(sql.slice(0, start))) return true;
  const next = readToken(sql, end, sql.length);
  const isAt = kind === "word" && /^at$/i.test(sql.slice(start, end));
  return isAt && next !== null && /^(?:time|local)$/i.test(sql.slice(next.start, next.end));
}

/** SQL with every mention of one name replaced by another; text in quotes and comments is left alone. */
export function withName(sql: string, from: string, to: string): string {
  let result = "";
  let end = 0;
  for (let token = readToken(sql, 0, sql.length); token; token = readToken(sql, token.end, sql.length)) {
    const text = sql.slice(token.start, token.end);
    const isName =
      (token.kind === "word" || token.kind === "quoted") && storedName(text) === from && !isElse(sql, token);
    result += sql.slice(end, token.start) + (isName ? quoteIdentifier(to) : text);
    end = token.end;
  }
  return result + sql.slice(end);
}
