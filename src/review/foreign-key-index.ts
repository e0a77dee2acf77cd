import type { Index } from "./types.ts";

/**
 * Whether PostgreSQL finds the rows of a foreign key by the index: it begins with the columns of the key, in any order, or it is
 * unique over some of them, which leave one row at most.
 */
export function servesKey(index: Index, columns: readonly string[]): boolean {
  if (!index.valid || !isComplete(index, columns)) return false;
  if (index.method === "hash") return columns.length === 1 && index.columns[0] === columns[0];
  if (index.method !== "btree") return false;
  return beginsWithKey(index.columns, columns) || (index.unique && isAmong(index.columns, columns));
}

function isAmong(list: readonly (string | null)[], columns: readonly string[]): boolean {
  return list.length > 0 && list.every((name) => name !== null && columns.includes(name));
}

/** Whether a list of columns begins with those of a key, in any order. */
export function beginsWithKey(list: readonly (string | null)[], columns: readonly string[]): boolean {
  const first = list.slice(0, columns.length);
  return first.length === columns.length && columns.every((name) => first.includes(name));
}

/** A partial index serves only when it leaves out nothing but NULLs, which reference no row. */
function isComplete({ where }: Index, columns: readonly string[]): boolean {
  if (where === null) return true;
  const notNull = /^\(*\s*"?([^\s"()]+)"?\s+IS\s+NOT\s+NULL\s*\)*$/i;
  return where.split(/\s+AND\s+/i).every((part) => columns.includes(notNull.exec(part)?.[1] ?? ""));
}
