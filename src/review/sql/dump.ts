import { readScript } from "../script.ts";
import type { Dialect, ModelStatement } from "../types.ts";

/** A dump of a database's schema, as pg_dump or SQLite's shell writes it. */
export interface Dump {
  readonly statements: readonly ModelStatement[];
  /** Versions of the migrations that had run; null where it lists none. */
  readonly versions: readonly string[] | null;
}

/** What a dump builds of tables, types and keys; and which versions it puts into the tool's own table. */
export function readDump(text: string, bookkeeping: string, dialect: Dialect): Dump {
  // What psql alone takes.
  const sql = text.replace(/^\\.*$/gm, "");
  const { statements } = readScript("dump.sql", sql, "autocommit", { start: 0, end: sql.length }, dialect);
  const listing = new RegExp(`^INSERT\\s+INTO\\s+(?:[\\w"]+\\.)?"?${bookkeeping}"?\\b`, "i");
  const listed = statements.filter((statement) => listing.test(bare(statement.sql)));
  return {
    statements: statements
      .filter((statement) => building.test(bare(statement.sql)) && !owning.test(statement.sql))
      .map(({ sql: own, operations: [first] }) => ({
        table: first && "table" in first ? first.table : null,
        sql: own,
      })),
    versions:
      listed.length === 0
        ? null
        : listed.flatMap((statement) => [...statement.sql.matchAll(/'([^']*)'/g)].map(([, one = ""]) => one)),
  };
}

const building =
  /^(CREATE\s+(UNIQUE\s+)?(TABLE|TYPE|DOMAIN|SEQUENCE|INDEX|SCHEMA)|ALTER\s+(TABLE|SEQUENCE))\b/i;
const owning = /\bOWNER\s+TO\b/i;

function bare(sql: string): string {
  return sql.replace(/^(?:\s+|--[^\n]*(?:\n|$)|\/\*[\s\S]*?\*\/)+/, "");
}
