import type { ColumnDefinition } from "./types.ts";
import { since } from "./versions-of-postgres.ts";

/**
 * Functions of PostgreSQL and its usual extensions that give another value for every row. Everything else of the system that
 * occurs in defaults (`now()`, `current_date`, `current_user` …) is stable or immutable and is evaluated once
 * (documentation, ALTER TABLE, notes).
 */
const volatileFunctions =
  /\b(random|random_normal|gen_random_uuid|uuidv4|uuidv7|uuid_generate_v(1|1mc|4)|nextval|clock_timestamp|timeofday|gen_random_bytes|gen_salt|lastval|setval)\s*\(/i;

/** Whether an expression gives another value each time that it is evaluated. */
export function isVolatile(expression: string): boolean {
  return volatileFunctions.test(expression);
}

/** Why adding this column to a table with rows writes the table anew in this version; null when nothing in its text says so. */
export function rewriteReason(column: ColumnDefinition, postgres: number): string | null {
  if (column.serial) return "every row gets its own number from a sequence";
  if (column.identity) return "every row gets its own number from an identity sequence";
  if (column.generated === "stored")
    return "the value of a stored generated column is computed for every row";
  if (column.defaultSql !== null && isVolatile(column.defaultSql))
    return "the default is volatile and is evaluated for every row";
  if (writesDefault(column, postgres))
    return `before PostgreSQL ${since.defaultWithoutRewrite} every default is written into every row`;
  return null;
}

/** Whether the version writes a default into every row that newer ones only note in the catalogue. */
export function writesDefault({ defaultSql }: ColumnDefinition, postgres: number): boolean {
  return postgres < since.defaultWithoutRewrite && defaultSql !== null && !/^null\b/i.test(defaultSql.trim());
}
