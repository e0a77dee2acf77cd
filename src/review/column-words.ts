import type { Column, Dialect } from "./types.ts";

/** Two defaults that differ in words mean different values only where the type writes a value in one way. */
export function isComparable({ type }: Column, wanted: string | null, built: string | null): boolean {
  if (wanted === null || built === null) return true;
  return !/\[\]$|^(?:json|jsonb|numeric|real|double|timestamp|date|time|bytea|interval)/.test(type);
}

/** One form for each of the defaults that are written in several ways. */
export function defaultOf({ defaultSql, identity }: Column): string | null {
  if (identity) return "autoincrement()";
  if (defaultSql === null) return null;
  const bare = defaultSql.replace(/::(?:"[^"]+"|[\w. ]+)(?:\(\d+(?:,\d+)?\))?(?:\[\])?/g, "").trim();
  if (/^nextval\(/i.test(bare)) return "autoincrement()";
  if (/^(?:now\(\)|transaction_timestamp\(\)|current_timestamp(?:\(\d\))?)$/i.test(bare)) return "now()";
  if (/^null$/i.test(bare)) return null;
  return bare.replace(/^\((.*)\)$/, "$1").replace(/^'(-?\d+(?:\.\d+)?)'$/, "$1");
}

/** One name for a type that has several: text without a limit (PostgreSQL documentation, 8.3). */
function typeOf({ type }: Column): string {
  return type.replace(/^character varying(?=$|\[)/, "text");
}

/** Whether two columns take the same values: SQLite keeps them by the affinity of a type, whatever else it is called. */
export function isSameType(model: Column, built: Column, dialect: Dialect): boolean {
  return dialect === "sqlite"
    ? affinityOf(model.type) === affinityOf(built.type)
    : typeOf(model) === typeOf(built);
}

/** SQLite documentation, Datatypes In SQLite, section 3.1. */
function affinityOf(type: string): string {
  if (/int/i.test(type)) return "integer";
  if (/char|clob|text/i.test(type)) return "text";
  if (/blob/i.test(type) || type.trim() === "") return "blob";
  return /real|floa|doub/i.test(type) ? "real" : "numeric";
}
