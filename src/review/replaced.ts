import { bareName } from "./advice.ts";
import { readToken } from "./sql/lexer.ts";
import type { Operation, Schema, Script, Statement, TableName } from "./types.ts";

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

/** Whether a table that the script makes takes the name of another. */
export function isReplacement(made: TableName, name: TableName, script: Script): boolean {
  const operations = operationsOf(script);
  return (
    operations.some((one) => one.kind === "createTable" && one.table === made) &&
    operations.some((one) => one.kind === "renameTable" && one.table === made && one.to === bareName(name))
  );
}

/** Whether a query in the statement may leave rows out of what it reads. */
export function picksRows({ sql }: Statement): boolean {
  for (let token = readToken(sql, 0, sql.length); token; token = readToken(sql, token.end, sql.length))
    if (token.kind === "word" && pickingWords.has(sql.slice(token.start, token.end).toLowerCase()))
      return true;
  return false;
}

const pickingWords: ReadonlySet<string> = new Set(
  "where having limit fetch join distinct group intersect except".split(" "),
);

/** Whether a column that a migration drops lives on: the migration leaves another of its name, and writes to the table. */
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
