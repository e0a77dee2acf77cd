import { bareName } from "./advice.ts";
import { besideTable } from "./sequences/names.ts";
import { quoteIdentifier, quoteTable } from "./sql/names.ts";
import type { Operation, Script } from "./types.ts";

/**
 * Statements that take a script back, last one first; null when one of its own cannot be taken back by its text alone: it
 * writes rows, drops something, or changes what was there before.
 */
export function undoOf({ statements }: Script): readonly string[] | null {
  const isAlone = statements.length === 1;
  const undone = statements.toReversed().flatMap((statement) => {
    const { sql, operations, refused, skipped, guard, rebuild } = statement;
    if (operations.length === 0 || refused !== null || skipped !== null) return [null];
    // What is done only where the database answers so, or by copying the table, is not undone by its text.
    if (guard !== null || rebuild !== null) return [null];
    if (operations.some(({ kind }) => kind === "createView") && mayBeThere.test(sql)) return [null];
    return operations.toReversed().map((operation) => undo(operation, isAlone));
  });
  const known = undone.filter((sql) => sql !== null);
  return known.length > 0 && known.length === undone.length ? known : null;
}

/** A view that takes another one's place, or leaves it there. */
const mayBeThere = /^CREATE\s+OR\s+REPLACE\b|\bVIEW\s+IF\s+NOT\s+EXISTS\b/i;

/** Whether an operation takes back just what another one did. */
export function undoes(operation: Operation, done: Operation): boolean {
  if (done.kind === "createIndex")
    return operation.kind === "dropIndex" && bareName(operation.name) === done.name;
  if (done.kind === "dropIndex")
    return operation.kind === "createIndex" && operation.name === bareName(done.name);
  if (!("table" in done) || !("table" in operation)) return false;
  if (done.kind === "renameTable")
    return operation.kind === "renameTable" && bareName(done.table) === operation.to;
  if (operation.table !== done.table) return false;
  if (done.kind === "addConstraint")
    return operation.kind === "dropConstraint" && operation.name === done.constraint.name;
  if (done.kind === "setNotNull") return operation.kind === "dropNotNull" && operation.column === done.column;
  if (done.kind === "addColumn")
    return operation.kind === "dropColumn" && operation.column === done.column.name;
  if (done.kind === "dropColumn")
    return operation.kind === "addColumn" && operation.column.name === done.column;
  if (done.kind === "alterColumnType")
    return operation.kind === "alterColumnType" && operation.column === done.column;
  if (done.kind === "renameColumn") return operation.kind === "renameColumn" && operation.to === done.column;
  return done.kind === "dropTable" && operation.kind === "createTable";
}

function undo(operation: Operation, isAlone: boolean): string | null {
  if (operation.kind === "createTable")
    return operation.ifNotExists || operation.temporary ? null : `DROP TABLE ${quoteTable(operation.table)}`;
  if (operation.kind === "addColumn" && !operation.ifNotExists)
    return `ALTER TABLE ${quoteTable(operation.table)} DROP COLUMN ${quoteIdentifier(operation.column.name)}`;
  if (operation.kind === "createIndex") return dropIndex(operation, isAlone);
  if (operation.kind === "addConstraint" && operation.constraint.name !== null)
    return `ALTER TABLE ${quoteTable(operation.table)} DROP CONSTRAINT ${quoteIdentifier(operation.constraint.name)}`;
  if (operation.kind === "renameColumn") {
    const [from, to] = [quoteIdentifier(operation.to), quoteIdentifier(operation.column)];
    return `ALTER TABLE ${quoteTable(operation.table)} RENAME COLUMN ${from} TO ${to}`;
  }
  if (operation.kind === "createView")
    return `DROP ${operation.materialized ? "MATERIALIZED " : ""}VIEW ${quoteTable(operation.name)}`;
  if (operation.kind === "createType") return `DROP TYPE ${quoteTable(operation.name)}`;
  return null;
}

function dropIndex(
  { table, name, ifNotExists, concurrently }: Extract<Operation, { kind: "createIndex" }>,
  isAlone: boolean,
): string | null {
  if (name === null || ifNotExists || (concurrently && !isAlone)) return null;
  return `DROP INDEX ${concurrently ? "CONCURRENTLY " : ""}${besideTable(table, name)}`;
}
