import type { Framework, Leaving, Worded } from "./framework.ts";
import { isVerbatim } from "./script.ts";
import { isInTransaction } from "./transaction.ts";
import type { Edit, Fix, MissingDown, PlannedFix, Statement, StatementChange } from "./types.ts";

/** What a planned fix is for: a statement, or a migration as a whole. */
type Place = Omit<Worded, "statement"> & { readonly statement: Statement | null };

/**
 * A planned change as edits: of a statement's SQL, of the tool's own words for it, or as a down. Null where it would not be
 * valid as the file stands, e.g. where the tool has no way out of its transaction.
 */
export function fixFor(planned: PlannedFix, place: Place, framework: Framework): Fix | null {
  const { change, ...told } = planned;
  if (change.kind === "down") {
    const edits = downFor(change, place, framework);
    return edits && { ...told, edits };
  }
  const { statement } = place;
  return statement && changeFor({ ...told, change }, { ...place, statement }, framework);
}

/** In a file of its own, or in the code that holds the up. */
function downFor({ path, sql }: MissingDown, { script, settings }: Place, { wording }: Framework) {
  if (wording) return path === script.path ? wording.writeDown(script.text, path, sql, settings) : null;
  if (path === script.path || !/\.sql$/i.test(path)) return null;
  return [{ path, start: 0, end: 0, text: sql.map((one) => `${one};\n`).join("") }];
}

function changeFor(
  { change, ...told }: PlannedFix & { readonly change: StatementChange },
  worded: Worded,
  framework: Framework,
): Fix | null {
  const leaving = change.kind === "concurrently" ? leavingOf(worded, framework) : nothing;
  const edits =
    leaving && (framework.wording ? framework.wording.change(worded, change) : edited(worded, change));
  if (!leaving || !edits) return null;
  return { ...told, edits: [...leaving.edits, ...edits], followUp: told.followUp ?? leaving.followUp };
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

function edited({ script, statement }: Worded, change: StatementChange): readonly Edit[] | null {
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
