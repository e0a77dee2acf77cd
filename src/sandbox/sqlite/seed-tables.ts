import { readSqliteTable } from "../../review/sql/sqlite-table.ts";
import type { SeedColumn, SeedTable } from "../seed-tables.ts";
import { quoted } from "./data.ts";
import { type ColumnDescription, type Description, keyOf, type TableDescription } from "./tables.ts";

/** Every table that can hold rows of its own, as far as rows must fit it. */
export function seedTablesOf({ tables }: Description): readonly SeedTable[] {
  const names = new Map(tables.map(({ name }) => [name.toLowerCase(), name]));
  return tables
    .filter(({ isVirtual }) => !isVirtual)
    .map((table) => ({
      name: table.name,
      sql: `main.${quoted(table.name)}`,
      isPartitioned: false,
      columns: table.columns.map((column, i) => seedColumnOf(column, i + 1, table)),
      foreignKeys: table.foreignKeys.flatMap(({ columns, parent, parentColumns }) => {
        const known = names.get(parent.toLowerCase());
        return known === undefined || columns.length !== parentColumns.length
          ? []
          : [
              {
                columns: [...columns],
                parent: known,
                parentSql: `main.${quoted(known)}`,
                parentColumns: [...parentColumns],
              },
            ];
      }),
      checks: readSqliteTable(table.sql).checks.map(({ sql, columns }) => ({
        columns: [...columns],
        expression: sql,
      })),
      partitions: [],
    }));
}

/**
 * The kind of value that fits a declared type: SQLite takes any name for one and looks for a few letters in it (SQLite
 * documentation, Datatypes, section 3.1); what dates, truth values and documents are stored as is custom.
 */
export function baseOf(type: string): string {
  const text = type.toLowerCase();
  if (/bool/.test(text)) return "bool";
  if (/uuid|guid/.test(text)) return "uuid";
  if (/json/.test(text)) return "json";
  if (/datetime|timestamp/.test(text)) return "timestamp";
  if (/^date\b/.test(text)) return "date";
  if (/int/.test(text)) return "int8";
  if (/char|clob|text/.test(text)) return lengthOf(text) === null ? "text" : "varchar";
  if (/blob/.test(text) || text === "") return "bytea";
  if (/real|floa|doub/.test(text)) return "float8";
  return "numeric";
}

/** A made-up value as SQL. */
export function literalOf(value: string | null, base: string): string {
  if (value === null) return "NULL";
  if (base === "bool" && /^(true|false)$/.test(value)) return value === "true" ? "1" : "0";
  // Bytes that are a document as well: applications keep both in blobs.
  if (base === "bytea" && value.startsWith("\\x"))
    return `x'${Buffer.from(`{"n":${Number.parseInt(value.slice(2), 16)}}`).toString("hex")}'`;
  // As SQLite's own functions write it.
  if (base === "json") return literalOf(value.replaceAll(": ", ":"), "text");
  const isNumber = ["int8", "float8", "numeric", "bool"].includes(base) && /^-?\d+(\.\d+)?$/.test(value);
  return isNumber ? value : `'${value.replaceAll("'", "''")}'`;
}

function seedColumnOf(column: ColumnDescription, number: number, table: TableDescription): SeedColumn {
  const base = baseOf(column.type);
  const length = lengthOf(column.type);
  return {
    number,
    name: column.name,
    type: column.type,
    base,
    category: "",
    // As PostgreSQL counts it: the length and four more.
    modifier: base === "varchar" && length !== null ? length + 4 : -1,
    isDomain: false,
    notNull: column.notNull,
    filled: column.isGenerated || isRowNumber(column, table),
    hasDefault: column.defaultSql !== null,
    labels: null,
    attributes: null,
    element: null,
    elementLabels: null,
  };
}

/** INTEGER PRIMARY KEY is the row's own number, which SQLite gives (SQLite documentation, CREATE TABLE, ROWIDs). */
function isRowNumber({ key, type }: ColumnDescription, { columns, hasRowid }: TableDescription): boolean {
  return key > 0 && hasRowid && type.toLowerCase() === "integer" && keyOf(columns).length === 1;
}

function lengthOf(type: string): number | null {
  const length = /\(\s*(\d{1,6})\s*\)/.exec(type)?.[1];
  return length === undefined ? null : Number(length);
}
