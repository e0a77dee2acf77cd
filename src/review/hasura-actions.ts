import { fileNameOf } from "./paths.ts";
import type { Skipped } from "./types.ts";

/** Calls of Hasura's interface beside or instead of SQL, in a folder of the migration or by its name (cli/migrate/source/parse.go). */
export const isOfActions = /(^|\/)\d{13}_[^/]*[/.](up|down)\.yaml$/;

/** Why such a file is not read. */
export function actionsNotRead(path: string): Skipped {
  const direction = /up\.yaml$/.test(fileNameOf(path)) ? "what they do" : "what they take back";
  const reason = `it holds calls of Hasura's interface, which may run SQL: ${direction} is not read here`;
  return { path, line: null, reason, matters: true };
}
