import { quoteIdentifier } from "./sql/names.ts";
import { say } from "./text.ts";
import type { TableName, Text } from "./types.ts";

/** PostgreSQL cuts identifiers after 63 bytes (documentation, section 4.1.1). */
const longestIdentifier = 63;

/** Column names as they are written in SQL, in parentheses. */
export function sqlColumns(columns: readonly string[]): string {
  return `(${columns.map(quoteIdentifier).join(", ")})`;
}

/** The table's name without its schema. */
export function bareName(table: TableName): string {
  return table.slice(table.indexOf(".") + 1);
}

/** A name of the kind that PostgreSQL itself would choose, e.g. "orders_user_id_idx"; null when it would be too long. */
export function conventionalName(
  table: TableName,
  columns: readonly string[],
  suffix: string,
): string | null {
  const name = [bareName(table), ...columns, suffix].join("_");
  return new TextEncoder().encode(name).length > longestIdentifier ? null : name;
}

/** A piece of SQL for people, on one line. */
export function sql(text: string): Text {
  return [{ code: text.replace(/\s+/g, " ").trim() }];
}

/** Several names, each kept apart: "`a`, `b` and `c`". */
export function list(names: readonly string[]): Text {
  return names.flatMap((name, i) => {
    if (i === 0) return say`${name}`;
    return i === names.length - 1 ? say` and ${name}` : say`, ${name}`;
  });
}
