import { bareName } from "./advice.ts";
import type { Operation, Script, Statement } from "./types.ts";

/** Whether a file that is run again from its first line comes past the statement, which has been done already. */
export function canRunTwice(script: Script, statement: Statement): boolean {
  return !leavesSomething(statement) || isAnswered(statement) || isBuiltAnew(script, statement);
}

/** Settings and transactions leave nothing behind. */
function leavesSomething({ operations }: Statement): boolean {
  return operations.some(({ kind }) => kind !== "set" && kind !== "transaction");
}

/** What asks the database first does by the answer. */
function isAnswered({ operations, guard }: Statement): boolean {
  return guard !== null || operations.every(isRepeatable);
}

/** An index that goes and is built again at once under its name: the next attempt finds it, and drops it again. */
function isBuiltAnew({ statements }: Script, { operations: [one], index }: Statement): boolean {
  const next = statements[index + 1]?.operations[0];
  const last = statements[index - 1]?.operations[0];
  const isAnew = (dropped: Operation | undefined, built: Operation | undefined) =>
    dropped?.kind === "dropIndex" && built?.kind === "createIndex" && built.name === bareName(dropped.name);
  return isAnew(one, next) || isAnew(last, one);
}

function isRepeatable(one: Operation): boolean {
  if ("ifNotExists" in one) return one.ifNotExists;
  if ("ifExists" in one) return one.ifExists;
  return (
    ["setNotNull", "dropNotNull", "setDefault", "validateConstraint", "refreshView", "reindex"].includes(
      one.kind,
    ) ||
    (one.kind === "write" && one.verb !== "insert")
  );
}
