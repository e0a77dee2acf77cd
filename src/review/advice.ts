import { readToken } from "./sql/lexer.ts";
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

/** A statement for people: on one line, so without its comments. */
export function sql(statement: string): Text {
  const parts: string[] = [];
  let end = 0;
  for (
    let token = readToken(statement, 0, statement.length);
    token;
    token = readToken(statement, end, statement.length)
  ) {
    if (token.start > end && parts.length > 0 && parts.at(-1) !== " ") parts.push(" ");
    if (token.kind !== "comment") parts.push(statement.slice(token.start, token.end));
    end = token.end;
  }
  return [{ code: parts.join("").trim() }];
}

/** Several names, each kept apart: "`a`, `b` and `c`". */
export function list(names: readonly string[]): Text {
  return names.flatMap((name, i) => {
    if (i === 0) return say`${name}`;
    return i === names.length - 1 ? say` and ${name}` : say`, ${name}`;
  });
}
