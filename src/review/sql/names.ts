import type { TableName } from "../types.ts";
import { readToken, type Token } from "./lexer.ts";

/** "orders" for schema public or none, else "billing.orders"; names cut to 63 bytes as PostgreSQL does (section 4.1.1). */
export function tableName(schema: string | undefined, name: string): TableName {
  const table = truncated(name);
  return schema === undefined || schema === "" || schema === "public"
    ? table
    : `${truncated(schema)}.${table}`;
}

/** A name as PostgreSQL stores it when it is written like this: unquoted ones in lower case, of ASCII letters only. */
export function storedName(written: string): string {
  const quoted = /^"([\s\S]*)"$/.exec(written);
  return truncated(quoted ? (quoted[1] ?? "").replaceAll('""', '"') : lowerCase(written));
}

/** The name as it must be written in SQL: in double quotes only where PostgreSQL itself would add them. */
export function quoteIdentifier(name: string): string {
  return plainName.test(name) && !keywords.has(name) ? name : `"${name.replaceAll('"', '""')}"`;
}

/** A table's name as it must be written in SQL, with its schema when it is not public. */
export function quoteTable(table: TableName): string {
  const dot = table.indexOf(".");
  if (dot < 0) return quoteIdentifier(table);
  return `${quoteIdentifier(table.slice(0, dot))}.${quoteIdentifier(table.slice(dot + 1))}`;
}

/**
 * The same text for statements that differ only in comments, white space and the case of key words and unquoted names.
 * Whatever stands in quotes is kept as it is. Meant for comparing, not for running.
 */
export function normaliseStatement(sql: string): string {
  const parts: string[] = [];
  for (let token = readToken(sql, 0, sql.length); token; token = readToken(sql, token.end, sql.length)) {
    if (token.kind !== "comment") parts.push(normalised(sql, token));
  }
  while (parts.at(-1) === ";") parts.pop();
  return parts.join(" ");
}

const plainName = /^[a-z_][a-z0-9_]*$/;

/** Key words that are reserved, or not free to name both tables and functions (documentation, appendix C). */
const keywords = new Set(
  `all analyse analyze and any array as asc asymmetric authorization between bigint binary bit boolean both case cast char
  character check coalesce collate collation column concurrently constraint create cross current_catalog current_date
  current_role current_schema current_time current_timestamp current_user dec decimal default deferrable desc distinct do
  else end except exists extract false fetch float for foreign freeze from full grant greatest group grouping having ilike
  in initially inner inout int integer intersect interval into is isnull join json json_array json_arrayagg json_exists
  json_object json_objectagg json_query json_scalar json_serialize json_table json_value lateral leading least left like
  limit localtime localtimestamp merge_action national natural nchar none normalize not notnull null nullif numeric offset
  on only or order out outer overlaps overlay placing position precision primary real references returning right row select
  session_user setof similar smallint some substring symmetric system_user table tablesample then time timestamp to trailing
  treat trim true union unique user using values varchar variadic verbose when where window with xmlattributes xmlconcat
  xmlelement xmlexists xmlforest xmlnamespaces xmlparse xmlpi xmlroot xmlserialize xmltable`.split(/\s+/),
);

function normalised(sql: string, { kind, start, end }: Token): string {
  const text = sql.slice(start, end);
  return kind === "word" || kind === "number" ? lowerCase(text) : text;
}

/** PostgreSQL folds ASCII letters only, in a database of any multi-byte encoding. */
function lowerCase(text: string): string {
  return text.replace(/[A-Z]+/g, (letters) => letters.toLowerCase());
}

/** At most 63 bytes of UTF-8, never half a character. */
export function truncated(name: string): string {
  if (name.length <= 21) return name;
  const bytes = new TextEncoder().encode(name);
  if (bytes.length <= 63) return name;
  return new TextDecoder().decode(bytes.subarray(0, 63), { stream: true });
}
