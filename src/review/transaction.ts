import type { Framework } from "./framework.ts";
import { isVerbatim } from "./script.ts";
import { say } from "./text.ts";
import type { Script, Statement, Text } from "./types.ts";

/**
 * Whether the statement runs inside a transaction block. Several statements in one simple query are one implicit
 * transaction (PostgreSQL documentation, section 54.2.2.1), also after a COMMIT among them.
 */
export function isInTransaction(script: Script, statement: Statement): boolean {
  if (script.transaction === "transaction") return true;
  if (script.transaction === "implicit" && script.statements.length > 1) return true;
  return begunBefore(script)[statement.index] ?? false;
}

/** Where a statement of this script would run outside a transaction: what the tool has for it, or past the file's own BEGIN. */
export function outsideTransaction({ script, framework }: { script: Script; framework: Framework }): Text {
  // A BEGIN that the file does not hold is the tool's own.
  const isOwn = script.statements.every(
    (statement) => !isBegun(false, statement) || isVerbatim(script, statement),
  );
  return script.transaction === "autocommit" && isOwn
    ? say`a place outside BEGIN … COMMIT`
    : framework.outsideTransaction;
}

const begun = new WeakMap<Script, readonly boolean[]>();

/** For each statement, whether the file's own BEGIN stands before it with no end between. */
function begunBefore(script: Script): readonly boolean[] {
  const known = begun.get(script);
  if (known) return known;
  let isOpen = false;
  const answers = script.statements.map((statement) => {
    const before = isOpen;
    isOpen = isBegun(before, statement);
    return before;
  });
  begun.set(script, answers);
  return answers;
}

/** Whether a transaction is open after a statement. */
function isBegun(before: boolean, { operations }: Statement): boolean {
  const verbs = operations.flatMap((operation) =>
    operation.kind === "transaction" && operation.verb !== "savepoint" ? [operation.verb] : [],
  );
  return verbs.length === 0 ? before : verbs.at(-1) === "begin";
}
