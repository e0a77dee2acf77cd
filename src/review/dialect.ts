import type { Dialect } from "./types.ts";

/** Databases by the names that people know. */
export const dialectTitles: Readonly<Record<Dialect, string>> = {
  postgresql: "PostgreSQL",
  sqlite: "SQLite",
};

/** The database that migrations are written for, and whether it is one that is read. */
export type Written = { readonly dialect: Dialect } | { readonly other: string };

/** What the folders' names say, the innermost first; null when they say nothing. */
export function dialectOfPath(directory: string): Written | null {
  for (const folder of directory.toLowerCase().split("/").reverse()) {
    const named = byFolder.find(({ pattern }) => pattern.test(folder));
    if (named) return named.written;
  }
  return null;
}

/**
 * What the texts say by words that only one database knows. The database with the most distinct marks wins; PostgreSQL
 * when there are none or when it is a tie, because it is what is read best and fails loudest. CockroachDB has PostgreSQL's
 * words as well: one of its own in the `settled` texts, which a change cannot set, is enough.
 */
export function dialectOfTexts(texts: readonly string[], settled: readonly string[]): Written {
  if (onlyCockroach.some((word) => word.test(codeOf(settled)))) return cockroach;
  const code = codeOf(texts);
  const scores = byWords.map(({ written, words }) => ({
    written,
    score: words.filter((word) => word.test(code)).length,
  }));
  const best = scores.reduce((a, b) => (b.score > a.score ? b : a));
  return best.written;
}

const textLimit = 65_536;
const postgresql: Written = { dialect: "postgresql" };
const sqlite: Written = { dialect: "sqlite" };
const cockroach: Written = { other: "CockroachDB" };

const byFolder: readonly { readonly pattern: RegExp; readonly written: Written }[] = [
  { pattern: /sqlite|libsql|turso/, written: sqlite },
  { pattern: /cockroach|(^|[-_.])crdb($|[-_.])/, written: cockroach },
  { pattern: /mariadb/, written: { other: "MariaDB" } },
  { pattern: /mysql|(^|[-_.])tidb($|[-_.])/, written: { other: "MySQL" } },
  { pattern: /clickhouse|(^|[-_.])ch($|[-_.])/, written: { other: "ClickHouse" } },
  { pattern: /sqlserver|mssql|(^|[-_.])tsql($|[-_.])/, written: { other: "SQL Server" } },
  { pattern: /(^|[-_.])oracle($|[-_.])/, written: { other: "Oracle" } },
  { pattern: /cassandra|scylla/, written: { other: "Cassandra" } },
  { pattern: /(^|[-_.])spanner($|[-_.])/, written: { other: "Spanner" } },
  { pattern: /snowflake|bigquery|redshift|duckdb/, written: { other: "a data warehouse" } },
  { pattern: /postgres|pgsql|(^|[-_.])(pg|psql|pgx)/, written: postgresql },
];

/** What PostgreSQL's grammar has no place for, or its catalogue no function (CockroachDB documentation, SQL Statements). */
const onlyCockroach: readonly RegExp[] = [
  /\)\s*storing\s*\(/i,
  /\binverted\s+index\b/i,
  /\bbucket_count\s*=/i,
  /\balter\s+primary\s+key\s+using\s+columns\b/i,
  /\bas\s+of\s+system\s+time\b/i,
  /\b(set\s+locality|locality\s+(global|regional))\b/i,
  /\bunique_rowid\s*\(/i,
  /\bcrdb_internal\b/i,
];

/** PostgreSQL stands first: it wins a tie. */
const byWords: readonly { readonly written: Written; readonly words: readonly RegExp[] }[] = [
  {
    written: postgresql,
    words: [
      /\b(big|small)?serial\b/i,
      /\b(jsonb|timestamptz|bytea|tsvector|citext)\b/i,
      /::\s*[a-z"]/i,
      /\$\w*\$/,
      /\bcreate\s+extension\b/i,
      /\bplpgsql\b/i,
      /\busing\s+(gin|gist|btree|hash|brin)\b/i,
      /\bconcurrently\b/i,
      /\b(text|varchar|integer|int|bigint|uuid)\s*\[\]/i,
      /\bcreate\s+(type\s+\S+\s+as\s+enum|schema|sequence|materialized\s+view)\b/i,
      /\b(pg_\w+|gen_random_uuid|uuid_generate_v4)\b/i,
      /\bwith(out)?\s+time\s+zone\b/i,
      /\bonly\s+public\./i,
    ],
  },
  {
    written: sqlite,
    words: [
      /\bautoincrement\b/i,
      /\bpragma\b/i,
      /\bwithout\s+rowid\b/i,
      /\bsqlite_(master|schema|sequence)\b/i,
      /\bdatetime\s*\(/i,
      /\bblob\b/i,
    ],
  },
  {
    written: { other: "MySQL" },
    words: [
      /\bengine\s*=\s*(innodb|myisam)\b/i,
      /\bauto_increment\b/i,
      /`\w+`/,
      /\b(int|bigint|smallint|tinyint)\b(\s*\(\d+\))?\s+unsigned\b/i,
      /\b(default\s+)?charset\s*=|\bcharacter\s+set\b/i,
      /\b(tinyint|mediumtext|longtext|mediumblob|longblob)\b/i,
      /\bblob\b/i,
      /\bon\s+update\s+current_timestamp\b/i,
    ],
  },
  {
    written: cockroach,
    words: [
      /^\s*\w+\s+string\s*(,|\)|not\s+null|null|default|primary|unique)/im,
      /^\s*index\s+\w*\s*\([^)]*\)(\s+(storing|where)\b|\s*,|\s*\))/im,
      /^\s*unique\s+index\s+\w*\s*\(/im,
      ...onlyCockroach,
      /^\s*family\s+\w*\s*\(/im,
    ],
  },
  {
    written: { other: "ClickHouse" },
    words: [/\bengine\s*=?\s*\w*mergetree\b/i, /\bcodec\s*\(/i, /\blowcardinality\s*\(/i],
  },
  {
    written: { other: "SQL Server" },
    words: [
      /\bnvarchar\b/i,
      /\bidentity\s*\(\s*\d+\s*,\s*\d+\s*\)/i,
      /^[ \t]*go[ \t]*;?[ \t\r]*$/im,
      /\[dbo\]|\bdbo\./i,
      /\bdatetime2\b/i,
      /\buniqueidentifier\b/i,
    ],
  },
  {
    written: { other: "Oracle" },
    words: [/\bvarchar2\b/i, /\bnumber\s*\(\s*\d+/i, /\bsysdate\b/i, /\bnvl\s*\(/i],
  },
];

function codeOf(texts: readonly string[]): string {
  return texts.map((text) => withoutCommentsAndStrings(text.slice(0, textLimit))).join("\n");
}

/** Only for looking at words: a rough cut is enough, and the text is short. A quoted name may hold any of them. */
function withoutCommentsAndStrings(text: string): string {
  const quoted = /--[^\n]*|\/\*[\s\S]*?\*\/|'(?:[^']|'')*'|"(?:[^"\n]|"")*"/g;
  return text.replace(quoted, (part) => (part.startsWith('"') ? '"_"' : " "));
}
