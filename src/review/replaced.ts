import type { Operation, Schema, Script, TableName } from "./types.ts";

/**
 * Whether a table that a migration drops lives on in another of the same name that the migration fills: no code misses it,
 * and whether its rows were all brought along is seen by the round trip. `after` is the schema that the migration leaves.
 */
export function isTableReplaced(name: TableName, after: Schema | null, script: Script): boolean {
  const operations = operationsOf(script);
  const created = new Set(operations.flatMap((one) => (one.kind === "createTable" ? [one.table] : [])));
  const isThere =
    [...(after?.tables ?? []), ...(after?.views ?? [])].some((other) => other.name === name) ||
    // What did not run here left nothing to be seen.
    isMadeLast(name, operations);
  return (
    isThere &&
    operations.some(
      (one) =>
        (one.kind === "write" && one.verb !== "delete" && (one.table === name || created.has(one.table))) ||
        isTableFromQuery(one),
    )
  );
}

/** Whether the last that the script does to a table of this name is to create it, or to give another the name. */
function isMadeLast(name: TableName, operations: readonly Operation[]): boolean {
  const last = operations.findLast((one) => {
    if (one.kind === "renameTable") return one.to === name;
    return (one.kind === "createTable" || one.kind === "dropTable") && one.table === name;
  });
  return last !== undefined && last.kind !== "dropTable";
}

/** The same of a column: the migration leaves another of its name, and writes to the table. */
export function isColumnReplaced(
  table: TableName,
  column: string,
  after: Schema | null,
  script: Script,
): boolean {
  return (
    isColumnThere(table, column, after) &&
    operationsOf(script).some((one) => one.kind === "write" && one.verb !== "delete" && one.table === table)
  );
}

export function isColumnThere(table: TableName, column: string, schema: Schema | null): boolean {
  const found = schema?.tables.find(({ name }) => name === table);
  return found?.columns.some(({ name }) => name === column) ?? false;
}

/** CREATE TABLE … AS states no columns of its own. */
function isTableFromQuery(operation: Operation): boolean {
  return operation.kind === "createTable" && operation.columns.length === 0 && operation.partitionOf === null;
}

function operationsOf({ statements }: Script): Operation[] {
  return statements.flatMap(({ operations }) => operations);
}
