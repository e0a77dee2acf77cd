import { isAtLeast, locksOnOld } from "./locks.ts";
import { runOf } from "./statement-run.ts";
import { isInTransaction } from "./transaction.ts";
import type { LockMode, Operation, Script, ScriptRun, Statement, StatementRun, TableName } from "./types.ts";

/** A lock that an earlier statement of the same transaction took. */
export interface Held {
  readonly table: TableName;
  readonly mode: LockMode;
  readonly by: Statement;
  /** Whether the statement that took it read the whole table. */
  readonly wasSlow: boolean;
}

export interface UnderLocks {
  readonly statement: Statement;
  readonly run: StatementRun;
  /** The strongest lock on each table that is older than the pull request and that stops writes, or reads and writes. */
  readonly held: readonly Held[];
}

/** Every statement that was seen to run, with the locks that its transaction holds when it begins. */
export function underLocks(script: Script, run: ScriptRun): UnderLocks[] {
  const held = new Map<TableName, Held>();
  const found: UnderLocks[] = [];
  for (const statement of script.statements) {
    const seen = runOf(run.statements, statement.index);
    if (!isInTransaction(script, statement) || endsTransaction(statement)) held.clear();
    if (seen?.outcome.kind !== "ran") continue;
    found.push({ statement, run: seen, held: [...held.values()] });
    if (!isInTransaction(script, statement)) continue;
    for (const { relation: table, mode } of locksOnOld(seen, "SHARE")) {
      const known = held.get(table);
      const wasSlow = seen.scans.some(({ relation, rows }) => relation === table && rows > 0);
      if (!known || !isAtLeast(known.mode, mode)) held.set(table, { table, mode, by: statement, wasSlow });
    }
  }
  return found;
}

/** What an earlier statement of the same transaction says it does to a table, when it stops every read and write of it. */
const exclusive: ReadonlySet<Operation["kind"]> = new Set([
  "addColumn",
  "dropColumn",
  "renameColumn",
  "renameTable",
  "alterColumnType",
  "setNotNull",
  "dropNotNull",
  "setDefault",
  "dropConstraint",
  "truncateTable",
  "rewriteTable",
] as const);

/** Whether the transaction has stopped every read and write of the table before this statement, as its text says. */
export function isStoppedBefore(table: TableName, script: Script, statement: Statement): boolean {
  const earlier = script.statements.slice(0, statement.index);
  return isStoppedBy(earlier.slice(earlier.findLastIndex(endsTransaction) + 1), table, script, statement);
}

/** Whether the transaction stops every read and write of the table after this statement as well, as its text says. */
export function isStoppedAfter(table: TableName, script: Script, statement: Statement): boolean {
  const later = script.statements.slice(statement.index + 1);
  const end = later.findIndex(endsTransaction);
  return isStoppedBy(later.slice(0, end < 0 ? later.length : end), table, script, statement);
}

function isStoppedBy(
  others: readonly Statement[],
  table: TableName,
  script: Script,
  statement: Statement,
): boolean {
  if (!isInTransaction(script, statement)) return false;
  return others.some(
    (one) =>
      isInTransaction(script, one) && one.operations.some((operation) => isExclusive(operation, table)),
  );
}

function isExclusive(operation: Operation, table: TableName): boolean {
  return exclusive.has(operation.kind) && "table" in operation && operation.table === table;
}

function endsTransaction({ operations }: Statement): boolean {
  return operations.some(
    (one) => one.kind === "transaction" && (one.verb === "commit" || one.verb === "rollback"),
  );
}
