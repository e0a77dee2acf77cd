import { normaliseStatement } from "./sql/names.ts";
import { say } from "./text.ts";
import type { Database, DryRun, Migration, MigrationRun, Problem, Script, Statement } from "./types.ts";

/** Whether two scripts do the same: comments, white space and the case of keywords aside. What is not run may do anything. */
export function isSameScript(before: Script | null, now: Script | null): boolean {
  if (now?.statements.some(({ refused }) => refused !== null)) return false;
  if (before === null || now === null) return before === now;
  return (
    before.transaction === now.transaction &&
    before.statements.length === now.statements.length &&
    before.statements.every((statement, i) => meaningOf(statement) === meaningOf(now.statements[i]))
  );
}

/** Whether two scripts leave the same where nothing of it is done yet: as above, an IF EXISTS or IF NOT EXISTS more or less. */
export function isSameWork(before: Script, now: Script): boolean {
  return (
    now.statements.every(({ refused }) => refused === null) &&
    before.transaction === now.transaction &&
    workIn(before).join("\0") === workIn(now).join("\0")
  );
}

/** Whether a script does nothing: it only holds the place of a migration. */
export function isIdle(script: Script): boolean {
  return workIn(script).length === 0;
}

/** What its statements do; `SELECT 1` does nothing. */
function workIn({ statements }: Script): string[] {
  return statements.map(workOf).filter((work) => !/^select \d+\s*$/i.test(work));
}

/**
 * Indexes of the statements that an older text of the script holds as well, wherever they stand in it, each as often as it
 * does, an IF EXISTS or IF NOT EXISTS more or less. None when the older text holds what is no SQL: it cannot have run.
 */
export function unchangedIn({ statements }: Script, before: Script | null): readonly number[] {
  if (before === null || before.statements.some(({ skipped }) => skipped !== null)) return [];
  const left = new Map<string, number>();
  for (const statement of before.statements) {
    const work = workOf(statement);
    left.set(work, (left.get(work) ?? 0) + 1);
  }
  return statements.flatMap((statement) => {
    const work = workOf(statement);
    const count = left.get(work) ?? 0;
    if (count === 0 || statement.refused !== null) return [];
    left.set(work, count - 1);
    return [statement.index];
  });
}

/** A database whose edited migrations are unchanged only as far as their old texts got, where these were run. */
export function asFarAsItRan(database: Database, run: DryRun | null): Database {
  const steps = database.steps.map((migration) => {
    const seen = run?.migrations.find((candidate) => candidate.migration === migration.id)?.former;
    if (!seen || !migration.former || migration.unchanged.length === 0) return migration;
    const { up } = migration.former;
    const statements = reached(up, seen);
    return statements.length === up.statements.length
      ? migration
      : { ...migration, unchanged: unchangedIn(migration.up, { ...up, statements }) };
  });
  return { ...database, steps };
}

/** The statements that took effect: none of a transaction in which one failed. */
function reached(up: Script, { up: run }: NonNullable<MigrationRun["former"]>): readonly Statement[] {
  const failed = run.statements.find(({ outcome }) => outcome.kind === "failed");
  if (!failed) return up.statements;
  return up.transaction === "autocommit" ? up.statements.filter(({ index }) => index < failed.index) : [];
}

/**
 * A problem of a statement that an edit left as it was: at most a note, as the edit does not bring it, and where the statement has
 * run it does not run again.
 */
export function settled(problem: Problem): Problem {
  return { ...problem, severity: "info", evidence: [...(problem.evidence ?? []), asBefore] };
}

/** Whether a problem of a migration stands on statements of the up that an edit left as they were. */
export function isOnUnchanged({ at, side }: Problem, { up, unchanged }: Migration): boolean {
  if (!at || side === "down" || unchanged.length === 0) return false;
  const around = up.statements.filter(({ span }) => span.start <= at.start && at.start < span.end);
  return around.length > 0 && around.every(({ index }) => unchanged.includes(index));
}

const asBefore = say`the base branch has this statement as well: where the migration has run, it does not run again`;

function meaningOf(statement: Pick<Statement, "sql" | "copyData"> | undefined): string {
  return statement ? `${normaliseStatement(statement.sql)}\n${statement.copyData ?? ""}` : "";
}

/** What a statement does where it is not done yet. An index that is built concurrently may be there and invalid: there the words matter. */
function workOf(statement: Statement): string {
  const meaning = meaningOf(statement);
  return /\bconcurrently\b/i.test(meaning) ? meaning : meaning.replace(/\bif (not )?exists /gi, "");
}
