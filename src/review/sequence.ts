import type { Framework, Worded } from "./framework.ts";
import { frameworks } from "./frameworks/index.ts";
import { isVerbatim } from "./script.ts";
import { say } from "./text.ts";
import type {
  Database,
  Edit,
  Finding,
  Migration,
  MigrationSequence,
  PlannedStep,
  Script,
  Statement,
  Text,
} from "./types.ts";
import { undoes } from "./undo.ts";

/**
 * Planned migrations as files of the tool in use, after the last one of the change; the first takes the place of the
 * migration that holds nothing but the statement. Null where the tool has no way to write them.
 */
export function sequenceOf(
  planned: readonly PlannedStep[],
  database: Database,
  migration: Migration,
  statement: Statement,
): MigrationSequence | null {
  const framework = frameworks[database.framework];
  const last = database.steps.at(-1);
  const place = framework && placeOf(migration, statement, framework);
  if (!framework || !last || !place) return null;
  const hasDowns = framework.hasDowns && migration.downPath !== null;
  const isReplaced = place.replaces.length > 0;
  const { up, down, downPath, settings, version } = migration;
  const after = { up: up.path, down: down?.path ?? downPath, settings, text: up.text };
  /** What the next file follows, where it does not take the place of the migration. */
  let tip = last.version;
  const steps: MigrationSequence["steps"][number][] = [];
  for (const { phase, title, name, up: ups, down: downs, outsideTransaction } of planned) {
    const isFirst = isReplaced && steps.length === 0;
    const own = isFirst ? version : framework.versionAfter(tip, name);
    const files = framework.write({
      directory: database.directory,
      version: own,
      name,
      follows: isFirst ? null : tip,
      after,
      up: textOf(ups),
      down: hasDowns ? textOf(downs) : null,
      outsideTransaction,
    });
    if (!files) return null;
    steps.push({ phase, title, files });
    if (!isFirst) tip = own;
  }
  return { steps, ...place };
}

/** The finding with the reason why its migrations are not written out. */
export function withReason(finding: Finding, why: Text): Finding {
  return { ...finding, instead: say`${finding.instead} The migrations for it are not written out: ${why}.` };
}

/** Where the statement goes: with its file when it is alone in a new one, else out of the file's text. */
function placeOf(
  migration: Migration,
  statement: Statement,
  framework: Framework,
): Pick<MigrationSequence, "replaces" | "edits"> | null {
  const { up, down, status, settings } = migration;
  // What the file asks the database would be gone with it.
  if (statement.guard !== null) return null;
  if (up.statements.length === 1 && status === "added")
    return { replaces: [...new Set([up.path, down?.path ?? up.path])], edits: [] };
  const edits = without({ script: up, statement, settings }, framework);
  if (!edits) return null;
  const undoing = down && undoneBy(statement, down);
  const undone = undoing && without({ script: down, statement: undoing, settings }, framework);
  return { replaces: [], edits: [...edits, ...(undone ?? [])] };
}

/** The statement of a down that does nothing but take this one back. */
function undoneBy({ operations }: Statement, down: Script): Statement | null {
  const [done] = operations;
  const isOnly = (statement: Statement) => statement.operations.length === 1 && statement.guard === null;
  const found = down.statements.filter(
    (statement) => isOnly(statement) && statement.operations.some((one) => done && undoes(one, done)),
  );
  return found.length === 1 ? (found[0] ?? null) : null;
}

/** Takes a statement out of its file, with its semicolon and the rest of its line where nothing else is there. */
function without(worded: Worded, { wording }: Framework): readonly Edit[] | null {
  if (wording) return wording.remove(worded);
  const { script, statement } = worded;
  if (!isVerbatim(script, statement) || script.statements.length === 1) return null;
  const { start, end } = statement.span;
  const rest = /^\s*;(?:[ \t]*\r?\n)?/.exec(script.text.slice(end))?.[0].length ?? 0;
  return [{ path: script.path, start, end: end + rest, text: "" }];
}

function textOf(statements: readonly string[]): string {
  if (statements.length === 0) return "-- Nothing to undo.\n";
  return statements.map((sql) => `${sql};\n`).join("\n");
}
