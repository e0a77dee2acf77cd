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
  Statement,
  Text,
} from "./types.ts";

/**
 * Planned migrations as files of the tool in use, numbered after the last one of the change; the first takes the place of
 * the migration that holds nothing but the statement. Null where the tool has no way to write them.
 */
export function sequenceOf(
  planned: readonly PlannedStep[],
  database: Database,
  migration: Migration,
  statement: Statement,
): MigrationSequence | null {
  const framework = frameworks[database.framework];
  const last = database.steps.at(-1);
  const place = placeOf(migration, statement);
  if (!framework || !last || !place) return null;
  const hasDowns = framework.hasDowns && migration.downPath !== null;
  let version = place.replaces.length > 0 ? migration.version : nextVersion(last.version);
  const steps: MigrationSequence["steps"][number][] = [];
  for (const { phase, title, name, up, down, outsideTransaction } of planned) {
    const files = framework.write({
      directory: database.directory,
      version,
      name,
      after: { up: migration.up.path, down: migration.down?.path ?? migration.downPath },
      up: textOf(up),
      down: hasDowns ? textOf(down) : null,
      outsideTransaction,
    });
    if (!files) return null;
    steps.push({ phase, title, files });
    version = nextVersion(steps.length === 1 && place.replaces.length > 0 ? last.version : version);
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
): Pick<MigrationSequence, "replaces" | "edits"> | null {
  const { up, down, status } = migration;
  if (up.statements.length === 1 && status === "added")
    return { replaces: [...new Set([up.path, down?.path ?? up.path])], edits: [] };
  if (!isVerbatim(up, statement)) return null;
  const { start, end } = statement.span;
  const rest = /^\s*;(?:[ \t]*\r?\n)?/.exec(up.text.slice(end))?.[0].length ?? 0;
  const edit: Edit = { path: up.path, start, end: end + rest, text: "" };
  return { replaces: [], edits: [edit] };
}

/** The version that follows: its last number is one higher, and as wide as before. */
function nextVersion(version: string): string {
  return version.replace(/\d+(?=\D*$)/, (digits) => String(BigInt(digits) + 1n).padStart(digits.length, "0"));
}

function textOf(statements: readonly string[]): string {
  if (statements.length === 0) return "-- Nothing to undo.\n";
  return statements.map((sql) => `${sql};\n`).join("\n");
}
