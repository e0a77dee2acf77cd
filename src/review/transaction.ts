import { say } from "./text.ts";
import type { Script, Statement, Text } from "./types.ts";

/**
 * Whether the statement runs inside a transaction block. Several statements in one simple query are one implicit
 * transaction (PostgreSQL documentation, section 54.2.2.1), also after a COMMIT among them.
 */
export function isInTransaction(script: Script, statement: Statement): boolean {
  if (script.transaction === "transaction") return true;
  if (script.transaction === "implicit" && script.statements.length > 1) return true;
  return isBegun(script.statements.slice(0, statement.index));
}

/** Where a statement of this script would run outside a transaction. */
export function outsideTransaction(script: Script): Text {
  if (script.transaction === "autocommit") return say`a place outside BEGIN … COMMIT`;
  if (script.transaction === "transaction") return say`a migration that runs without a transaction`;
  return say`a migration file of its own, as its only statement`;
}

function isBegun(statements: readonly Statement[]): boolean {
  const verbs = statements
    .flatMap(({ operations }) => operations)
    .flatMap((operation) => (operation.kind === "transaction" ? [operation.verb] : []))
    .filter((verb) => verb !== "savepoint");
  return verbs.at(-1) === "begin";
}
