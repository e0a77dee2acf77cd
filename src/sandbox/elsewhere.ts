import { bookkeeping } from "../review/additions.ts";
import { lastPart, namesMadeBy } from "../review/made.ts";
import type { FailedHistory, Script } from "../review/types.ts";
import type { Gap } from "./verdict.ts";

/**
 * The gap of a history that needs tables which none of its migrations makes: part of the schema comes from a place that is
 * not read, so that another such table may come from there as well. Null when the history has no such table.
 */
export function elsewhereGap(failed: readonly FailedHistory[], scripts: readonly Script[]): Gap | null {
  const made = namesMadeBy(scripts);
  const foreign = failed.find(({ reason }) => isForeign(reason, made));
  if (!foreign) return null;
  const { path, line, reason } = foreign;
  return {
    reason: `it needs a table that no migration makes, and the history does so too: ${path}:${line}: ${reason}`,
    words: [],
    made,
  };
}

/** The gaps that the history leaves to a change, which makes tables of its own. A change to nothing at all is one to something elsewhere. */
export function gapsForChange(gaps: readonly Gap[], hasTables: boolean, scripts: readonly Script[]): Gap[] {
  const own = namesMadeBy(scripts);
  const left = gaps.map((gap) => (gap.made === null ? gap : { ...gap, made: [...gap.made, ...own] }));
  const isToldAlready = left.some(({ made }) => made !== null);
  if (hasTables || own.length > 0 || isToldAlready) return left;
  return [...left, { reason: "it needs a table that no migration makes", words: [], made: [] }];
}

/** Whether a message misses a table that is not among these names. */
export function isForeign(message: string, made: readonly string[]): boolean {
  const name = missingTableOf(message);
  return name !== null && !made.includes(name) && !bookkeeping.test(name);
}

/** Whether a message misses a table that the tool makes itself before it runs anything. */
export function isOfTheTool(message: string): boolean {
  const name = missingTableOf(message);
  return name !== null && bookkeeping.test(name);
}

/** The table, view or schema, without the schema that it is in, that a message misses; null when it speaks of something else. */
function missingTableOf(message: string): string | null {
  const name =
    /^(?:relation|table|view|materialized view|schema) "([^"]+)" does not exist$/.exec(message)?.[1] ??
    /(?:^|: )no such table: (\S+)$/.exec(message)?.[1];
  return name === undefined ? null : lastPart(name);
}
