import type { Framework, Leaving, Worded } from "./framework.ts";
import { isVerbatim } from "./script.ts";
import { isInTransaction } from "./transaction.ts";
import type { Edit, Fix, PlannedFix, Statement } from "./types.ts";

/**
 * A planned change of a statement as edits of its file: of its SQL, or of the tool's own words for it. Null where it would not be
 * valid as the file stands, e.g. where the tool has no way out of its transaction.
 */
export function fixFor(planned: PlannedFix, worded: Worded, framework: Framework): Fix | null {
  const { title, followUp, change } = planned;
  const leaving = change.kind === "concurrently" ? leavingOf(worded, framework) : nothing;
  const edits =
    leaving && (framework.wording ? framework.wording.change(worded, change) : edited(worded, change));
  if (!leaving || !edits) return null;
  return { title, edits: [...leaving.edits, ...edits], followUp: followUp ?? leaving.followUp };
}

const nothing: Leaving = { edits: [], followUp: null };

/** What lets the statement run outside a transaction; null when it cannot where it stands. */
function leavingOf({ script, statement }: Worded, framework: Framework): Leaving | null {
  if (!isInTransaction(script, statement)) return nothing;
  if (!script.statements.every((other) => other === statement || leavesNothing(other))) return null;
  // Code ends its transaction around the statement itself.
  return framework.wording ? nothing : framework.leave(script);
}

/** What comes before the end of the transaction stays done, also where the statement then fails. */
function leavesNothing({ operations, refused }: Statement): boolean {
  return refused === null && operations.every(({ kind }) => kind === "set");
}

function edited({ script, statement }: Worded, change: PlannedFix["change"]): readonly Edit[] | null {
  if (!isVerbatim(script, statement)) return null;
  const insert = (at: number, text: string): Edit[] => [{ path: script.path, start: at, end: at, text }];
  switch (change.kind) {
    case "concurrently": {
      const words = concurrentlyAfter.exec(statement.sql);
      return words && insert(statement.span.start + words[0].length, " CONCURRENTLY");
    }
    case "not valid":
      return insert(change.at.end, " NOT VALID");
    case "followed by": {
      const { end } = statement.span;
      // After the line's own comment, which speaks of the statement.
      const rest = /^\s*;(?:[ \t]*--.*)?/.exec(script.text.slice(end));
      return insert(end + (rest?.[0].length ?? 0), `${rest ? "" : ";"}\n\n${change.sql};`);
    }
  }
}

/** The words after which CONCURRENTLY stands. */
export const concurrentlyAfter = /^(?:CREATE\s+(?:UNIQUE\s+)?|DROP\s+)INDEX\b/i;
