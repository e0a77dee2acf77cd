import { quoteIdentifier, quoteTable } from "../sql/names.ts";
import { say } from "../text.ts";
import type { Column, PlannedStep, Table } from "../types.ts";
import { fileName } from "./names.ts";

/** Rows that one batch writes: few enough to be locked for a moment only. */
const batch = 1000;

/** The migration that fills a column for the rows that were there before it. */
export function fillStep(table: Table, column: string, value: string, isOpen?: string): PlannedStep {
  return {
    phase: "migrate",
    title: say`Fill ${column} for the old rows in batches, each in a transaction of its own.`,
    name: fileName("fill", table.name, column),
    up: [backfillSql(table, column, value, isOpen)],
    // What was NULL before may hold a value: nothing has to be undone before the column itself goes.
    down: [],
    outsideTransaction: true,
  };
}

/**
 * Fills a column for all rows, a batch at a time, each in a transaction of its own: COMMIT inside DO is allowed where the
 * statement itself runs outside a transaction (PostgreSQL documentation, section 41.8). Walks along a primary key of one
 * column; without one, along what is still to be written: rows for which `isOpen` holds.
 */
function backfillSql(
  table: Table,
  column: string,
  value: string,
  isOpen = `${quoteIdentifier(column)} IS DISTINCT FROM ${value}`,
): string {
  const key = table.constraints.find(({ kind }) => kind === "primary-key")?.columns ?? [];
  const first = table.columns.find(({ name }) => name === key[0]);
  const target = quoteTable(table.name);
  const set = `${quoteIdentifier(column)} = ${value}`;
  return key.length === 1 && first !== undefined
    ? alongKey(target, first, set, isOpen)
    : alongRest(target, set, isOpen);
}

/** The key's type by its name: Alembic, writing SQL to a file, doubles a percent sign. */
function alongKey(table: string, { name, type }: Column, set: string, isOpen: string): string {
  const key = quoteIdentifier(name);
  return `DO $$
DECLARE
  done ${type};
  upto ${type};
BEGIN
  LOOP
    SELECT ${key} INTO upto FROM ${table}
    WHERE done IS NULL OR ${key} > done ORDER BY ${key} OFFSET ${batch - 1} LIMIT 1;
    UPDATE ${table} SET ${set}
    WHERE (done IS NULL OR ${key} > done) AND (upto IS NULL OR ${key} <= upto) AND ${isOpen};
    COMMIT;
    EXIT WHEN upto IS NULL;
    done := upto;
  END LOOP;
END $$`;
}

function alongRest(table: string, set: string, isOpen: string): string {
  return `DO $$
DECLARE
  written bigint;
BEGIN
  LOOP
    UPDATE ${table} SET ${set}
    WHERE ctid = ANY (ARRAY (SELECT ctid FROM ${table} WHERE ${isOpen} LIMIT ${batch} FOR UPDATE));
    GET DIAGNOSTICS written = ROW_COUNT;
    COMMIT;
    EXIT WHEN written = 0;
  END LOOP;
END $$`;
}
