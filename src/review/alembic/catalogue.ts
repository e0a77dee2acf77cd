import type { Dialect } from "../types.ts";
import { literal } from "./names.ts";

/** What SQLAlchemy's inspector tells, as a query whose columns have the inspector's keys; `value` where it is a plain list. */
export interface Inspected {
  readonly sql: string;
  readonly columns: readonly string[];
  /** Those of the columns that are lists themselves. */
  readonly lists: readonly string[];
}

/** What a method of the inspector is asked about. */
export interface Asked {
  readonly table: string | null;
  readonly schema: string | null;
}

/** The answer of a method of the inspector (SQLAlchemy, "Reflecting Database Objects"); null where it is not known here. */
export function inspected(method: string, asked: Asked, dialect: Dialect): Inspected | null {
  const known = dialect === "postgresql" ? inPostgres(method, asked) : inSqlite(method, asked);
  if (!known) return null;
  const columns = [...known.matchAll(/ AS "(\w+)"/g)].map(([, name]) => name ?? "");
  return {
    sql: known,
    columns,
    lists: columns.filter((name) => /^(\w+_columns|column_names|labels)$/.test(name)),
  };
}

/** Whether the database has something of this name, as `has_table` and its like ask. */
export function existsSql(
  method: string,
  asked: Asked & { readonly name: string | null },
  dialect: Dialect,
): string | null {
  const of = (list: string, table = asked.table) => {
    const found = inspected(list, { ...asked, table }, dialect);
    const column = found?.columns.includes("value") ? "value" : "name";
    return found && asked.name !== null
      ? `EXISTS (SELECT 1 FROM (${found.sql}) AS x WHERE x."${column}" = ${literal(asked.name)})`
      : null;
  };
  switch (method) {
    case "has_table":
      return of("relations");
    case "has_index":
      return of("get_indexes");
    case "has_sequence":
      return of("get_sequence_names");
    case "has_schema":
      return of("get_schema_names");
    default:
      return null;
  }
}

function inPostgres(method: string, { table, schema }: Asked): string | null {
  const home = schema === null ? "pg_catalog.current_schema()" : literal(schema);
  const relations = (kinds: string) =>
    `SELECT c.relname::text AS "value" FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = ${home} AND c.relkind IN (${kinds})`;
  const ofTable =
    table === null
      ? null
      : `pg_catalog.pg_class c ON c.relname = ${literal(table)} AND c.relnamespace = (SELECT n.oid FROM pg_catalog.pg_namespace n WHERE n.nspname = ${home})`;
  switch (method) {
    case "get_table_names":
      return relations("'r', 'p'");
    case "get_view_names":
      return relations("'v'");
    case "get_materialized_view_names":
      return relations("'m'");
    case "get_sequence_names":
      return relations("'S'");
    case "relations":
      return relations("'r', 'p', 'f', 'v', 'm'");
    case "get_schema_names":
      return `SELECT n.nspname::text AS "value" FROM pg_catalog.pg_namespace n`;
    case "get_enums":
      return `SELECT t.typname::text AS "name", ARRAY(SELECT e.enumlabel::text FROM pg_catalog.pg_enum e WHERE e.enumtypid = t.oid ORDER BY e.enumsortorder) AS "labels" FROM pg_catalog.pg_type t JOIN pg_catalog.pg_namespace n ON n.oid = t.typnamespace WHERE t.typtype = 'e' AND n.nspname = ${home}`;
    case "get_columns":
      return (
        ofTable &&
        `SELECT a.attname::text AS "name", NOT a.attnotnull AS "nullable", pg_catalog.pg_get_expr(d.adbin, d.adrelid) AS "default", pg_catalog.format_type(a.atttypid, a.atttypmod) AS "type" FROM pg_catalog.pg_attribute a JOIN ${ofTable} AND a.attrelid = c.oid LEFT JOIN pg_catalog.pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum WHERE a.attnum > 0 AND NOT a.attisdropped`
      );
    case "get_indexes":
      return (
        ofTable &&
        `SELECT i.relname::text AS "name", x.indisunique AS "unique", ARRAY(SELECT a.attname::text FROM pg_catalog.unnest(x.indkey) WITH ORDINALITY AS k(n, o) LEFT JOIN pg_catalog.pg_attribute a ON a.attrelid = x.indrelid AND a.attnum = k.n WHERE k.o <= x.indnkeyatts ORDER BY k.o) AS "column_names" FROM pg_catalog.pg_index x JOIN pg_catalog.pg_class i ON i.oid = x.indexrelid JOIN ${ofTable} AND x.indrelid = c.oid WHERE NOT x.indisprimary`
      );
    case "get_foreign_keys":
      return ofTable && constraints("f", "constrained_columns", ofTable, foreign);
    case "get_unique_constraints":
      return ofTable && constraints("u", "column_names", ofTable);
    case "get_pk_constraint":
      return ofTable && constraints("p", "constrained_columns", ofTable);
    case "get_check_constraints":
      return (
        ofTable &&
        constraints(
          "c",
          "column_names",
          ofTable,
          `, pg_catalog.pg_get_expr(k.conbin, k.conrelid) AS "sqltext"`,
        )
      );
    default:
      return null;
  }
}

function columnsOf(numbers: string, table: string): string {
  return `ARRAY(SELECT a.attname::text FROM pg_catalog.unnest(k.${numbers}) WITH ORDINALITY AS u(n, o) JOIN pg_catalog.pg_attribute a ON a.attrelid = k.${table} AND a.attnum = u.n ORDER BY u.o)`;
}

const foreign = `, r.relname::text AS "referred_table", (SELECT n.nspname::text FROM pg_catalog.pg_namespace n WHERE n.oid = r.relnamespace) AS "referred_schema", ${columnsOf("confkey", "confrelid")} AS "referred_columns"`;

function constraints(kind: string, key: string, ofTable: string, more = ""): string {
  return `SELECT k.conname::text AS "name", ${columnsOf("conkey", "conrelid")} AS "${key}"${more} FROM pg_catalog.pg_constraint k JOIN ${ofTable} AND k.conrelid = c.oid LEFT JOIN pg_catalog.pg_class r ON r.oid = k.confrelid WHERE k.contype = '${kind}'`;
}

/** SQLite keeps no names of keys and constraints but in the text of the table. */
function inSqlite(method: string, { table, schema }: Asked): string | null {
  if (schema !== null && schema !== "main") return null;
  const listed = (kinds: string) =>
    `SELECT name AS "value" FROM sqlite_schema WHERE type IN (${kinds}) AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\'`;
  if (method === "get_table_names") return listed("'table'");
  if (method === "get_view_names") return listed("'view'");
  if (method === "relations") return listed("'table', 'view'");
  if (table === null) return null;
  const own = literal(table);
  switch (method) {
    case "get_columns":
      return `SELECT name AS "name", NOT "notnull" AS "nullable", dflt_value AS "default", type AS "type" FROM pragma_table_info(${own})`;
    case "get_indexes":
      return `SELECT l.name AS "name", l."unique" AS "unique", (SELECT json_group_array(i.name) FROM pragma_index_info(l.name) AS i) AS "column_names" FROM pragma_index_list(${own}) AS l WHERE l.name NOT LIKE 'sqlite\\_autoindex%' ESCAPE '\\'`;
    case "get_foreign_keys":
      return `SELECT "table" AS "referred_table", json_group_array("from") AS "constrained_columns", json_group_array("to") AS "referred_columns" FROM pragma_foreign_key_list(${own}) GROUP BY id`;
    case "get_pk_constraint":
      return `SELECT json_group_array(name) AS "constrained_columns" FROM (SELECT name FROM pragma_table_info(${own}) WHERE pk > 0 ORDER BY pk)`;
    default:
      return null;
  }
}
