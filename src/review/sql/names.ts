import type { TableName } from "../types.ts";
import { skipBlank, tokenEnd } from "./statements.ts";

/** "orders" for schema public or none, else "billing.orders"; names cut to 63 bytes as PostgreSQL does (section 4.1.1). */
export function tableName(schema: string | undefined, name: string): TableName {
  const table = truncated(name);
  return schema === undefined || schema === "" || schema === "public"
    ? table
    : `${truncated(schema)}.${table}`;
}

const plainName = /^[a-z_][a-z0-9_$]*$/;

/** Words that PostgreSQL takes as names only in quotes (appendix C, the reserved ones). */
const reserved = new Set(
  `all analyse analyze and any array as asc asymmetric both case cast check collate column constraint create current_catalog
  current_date current_role current_time current_timestamp current_user default deferrable desc distinct do else end except
  false fetch for foreign from grant group having in initially intersect into lateral leading limit localtime localtimestamp
  not null offset on only or order placing primary references returning select session_user some symmetric system_user table
  then to trailing true union unique user using variadic when where window with`.split(/\s+/),
);

/** The name as it must be written in SQL: in double quotes only where PostgreSQL needs them. */
export function quoteIdentifier(name: string): string {
  return plainName.test(name) && !reserved.has(name) ? name : `"${name.replaceAll('"', '""')}"`;
}

/** A table's name as it must be written in SQL, with its schema when it is not public. */
export function quoteTable(table: TableName): string {
  const dot = table.indexOf(".");
  if (dot < 0) return quoteIdentifier(table);
  return `${quoteIdentifier(table.slice(0, dot))}.${quoteIdentifier(table.slice(dot + 1))}`;
}

/** The statement with comments gone, white space folded and unquoted words in lower case: equal for equal statements. */
export function normaliseStatement(sql: string): string {
  const tokens: string[] = [];
  let at = skipBlank(sql, 0);
  while (at < sql.length) {
    const end = tokenEnd(sql, at);
    const token = sql.slice(at, end);
    tokens.push(/^['"$]/.test(token) ? token : token.toLowerCase());
    const next = skipBlank(sql, end);
    if (next > end) tokens.push(" ");
    at = next;
  }
  return tokens.join("").trim();
}

function truncated(name: string): string {
  const bytes = new TextEncoder().encode(name);
  if (bytes.length <= 63) return name;
  return new TextDecoder().decode(bytes.subarray(0, 63)).replace(/\uFFFD+$/, "");
}
