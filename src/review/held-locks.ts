import { isAtLeast, locksOnOld } from "./locks.ts";
import { isInTransaction } from "./transaction.ts";
import type { LockMode, Script, ScriptRun, Statement, StatementRun, TableName } from "./types.ts";

/** A lock that an earlier statement of the same transaction took. */
export interface Held {
  readonly table: TableName;
  readonly mode: LockMode;
  readonly by: Statement;
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
    const seen = run.statements.find(({ index }) => index === statement.index);
    if (!isInTransaction(script, statement) || endsTransaction(statement)) held.clear();
    if (seen?.outcome.kind !== "ran") continue;
    found.push({ statement, run: seen, held: [...held.values()] });
    if (!isInTransaction(script, statement)) continue;
    for (const { relation: table, mode } of locksOnOld(seen, "SHARE")) {
      const known = held.get(table);
      if (!known || !isAtLeast(known.mode, mode)) held.set(table, { table, mode, by: statement });
    }
  }
  return found;
}

function endsTransaction({ operations }: Statement): boolean {
  return operations.some(
    (one) => one.kind === "transaction" && (one.verb === "commit" || one.verb === "rollback"),
  );
}
