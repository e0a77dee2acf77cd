import type { ColumnDefinition } from "./types.ts";

/** Whether a column has to have a value that nothing gives it: a table with a row refuses it. */
export function isRequired(column: ColumnDefinition): boolean {
  const filled = column.serial || column.identity || column.generated !== null;
  return (column.notNull || column.primaryKey) && !filled && isNull(column.defaultSql);
}

function isNull(defaultSql: string | null): boolean {
  return defaultSql === null || /^null\b/i.test(defaultSql.trim());
}
