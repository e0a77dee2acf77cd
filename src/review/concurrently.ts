import type { OperationContext } from "./rule.ts";
import { isInTransaction } from "./transaction.ts";
import type { Fix } from "./types.ts";

/**
 * Writes CONCURRENTLY after these words of the statement; null where it would not be valid as the file stands, because the
 * statement runs inside a transaction.
 */
export function concurrentlyFix(
  words: RegExp,
  title: string,
  { script, statement }: OperationContext,
): Fix | null {
  const match = words.exec(statement.sql);
  if (!match || isInTransaction(script, statement)) return null;
  const at = statement.span.start + match.index + match[0].length;
  return {
    title,
    edits: [{ path: script.path, start: at, end: at, text: " CONCURRENTLY" }],
    followUp: null,
  };
}
