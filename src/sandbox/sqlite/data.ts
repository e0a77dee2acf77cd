import type { TableName } from "../../review/types.ts";
import type { Data, TableData } from "../fingerprint.ts";
import type { SqliteSession } from "./session.ts";
import { type Description, keyOf, type TableDescription } from "./tables.ts";

/** Rows of one table that are compared value by value; of larger tables only the first ones are. */
const comparedRows = 500;
/** Values longer than this are compared by their beginning and their length. */
const longValue = 200;

/** Reads the rows of every table. Those of virtual tables belong to their modules. Rejects with EngineLost. */
export async function readSqliteData(session: SqliteSession, { tables }: Description): Promise<Data> {
  const data = new Map<TableName, TableData>();
  for (const table of tables.filter(({ isVirtual }) => !isVirtual)) {
    const key = keyOf(table.columns);
    const [[count] = []] = await session.ask(`SELECT count(*) FROM main.${quoted(table.name)}`);
    const rows = count === "0" ? [] : await session.ask(rowsSql(table, key));
    const columns = table.columns.map(({ name }) => name);
    // SQLite does not tell a column that was dropped and added again from the old one.
    data.set(table.name, { columns, numbers: columns.map(() => 0), key, count: Number(count), rows });
  }
  return data;
}

/** A name as SQLite takes it, whatever it is. */
export function quoted(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

/**
 * Values as text; numbers with their type, because 1 and '1' are not the same to SQLite. Bytes that are plain text count as
 * that text: applications put documents into a blob as either.
 */
function rowsSql({ name, columns, hasRowid }: TableDescription, key: readonly string[]): string {
  const values = columns.map((column) => {
    const value = quoted(column.name);
    const plain = `typeof(${value}) = 'text' OR typeof(${value}) = 'blob' AND CAST(${value} AS TEXT) NOT GLOB '*[^ -~]*'`;
    const text = `CASE WHEN ${plain} THEN CAST(${value} AS TEXT) ELSE typeof(${value}) || ' ' || quote(${value}) END`;
    const long = `substr(${text}, 1, ${longValue}) || '… ' || length(${text})`;
    return `CASE WHEN ${value} IS NULL THEN NULL WHEN length(${text}) > ${longValue} THEN ${long} ELSE ${text} END`;
  });
  const byRow = hasRowid ? ["rowid"] : [];
  const order = key.length > 0 ? key.map(quoted) : byRow;
  const orderBy = order.length > 0 ? `ORDER BY ${order.join(", ")}` : "";
  return `SELECT ${values.join(", ")} FROM main.${quoted(name)} ${orderBy} LIMIT ${comparedRows}`;
}
