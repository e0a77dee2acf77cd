import { bareName } from "../advice.ts";
import { quoteIdentifier, quoteTable } from "../sql/names.ts";
import type { Column, Schema, Table } from "../types.ts";
import { alter } from "./names.ts";

/** Where a column numbers itself, the statements by which another one goes on in its place; both are there and NOT NULL. */
export type HandOver = (from: string, to: string) => readonly string[];

/**
 * An identity cannot be moved (PostgreSQL documentation, ALTER TABLE): the new column gets one of its own, which goes on where
 * the old one stands, under the name that its sequence had. The table is locked from the first statement on, so that no number
 * is given twice. Null for a column without one.
 */
export function handOverOf(schema: Schema, table: Table, { name, identity }: Column): HandOver | null {
  if (identity === null) return null;
  const sequence = schema.sequences.find(
    ({ ownedBy }) => ownedBy?.table === table.name && ownedBy.column === name,
  );
  if (!sequence) return null;
  const [old, next] = [quoteTable(sequence.name), quoteTable(`${sequence.name}_new`)];
  const options = [`SEQUENCE NAME ${next}`, ...(sequence.options === "" ? [] : [sequence.options])];
  const words = `GENERATED ${identity.toUpperCase()} AS IDENTITY (${options.join(" ")})`;
  const column = (own: string, action: string) =>
    alter(table.name, `ALTER COLUMN ${quoteIdentifier(own)} ${action}`);
  return (from, to) => [
    column(to, `ADD ${words}`),
    `SELECT setval('${next.replaceAll("'", "''")}', last_value, is_called) FROM ${old}`,
    column(from, "DROP IDENTITY"),
    `ALTER SEQUENCE ${next} RENAME TO ${quoteIdentifier(bareName(sequence.name))}`,
  ];
}
