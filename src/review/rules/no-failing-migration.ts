import { dialectTitles } from "../dialect.ts";
import { defineRule, type MigrationContext } from "../rule.ts";
import { say } from "../text.ts";
import type {
  Migration,
  Outcome,
  Problem,
  Script,
  ScriptRun,
  Severity,
  Span,
  Statement,
  Text,
} from "../types.ts";

type Failure = Extract<Outcome, { kind: "failed" }>;

/**
 * What holds or not depending on rows. The sandbox takes seeded rows away before it lets an up fail with these; a down
 * meets rows that the up has already changed, and production's may differ.
 */
const ofTheRows = /^(?:2[23]|SQLITE_CONSTRAINT|SQLITE_MISMATCH)/;

export default defineRule({
  summary: "Let every migration run on the base schema, down, and up again",
  why: "A migration that fails stops the deploy, and many tools then refuse every later one until somebody repairs the version by hand.",
  instead: "Correct the statement that the database refuses.",
  // Seen: the database's own answer.
  severity: "error",
  isFact: true,
  dialects: ["postgresql", "sqlite"],
  ignoreWhen: "the sandbox lacks something that production has; the report says what it stood in for.",
  sources: ["PostgreSQL documentation, appendix A, Error Codes"],
  check: {
    migration(migration, context) {
      const { run, onlyDown } = context;
      if (!run) return;
      const up = onlyDown ? [] : upProblems(migration, run.up, context);
      if (up.length > 0) return up;
      return downProblems(migration, context);
    },
  },
});

function upProblems(migration: Migration, run: ScriptRun, context: MigrationContext): Problem[] {
  const failed = firstFailure(migration.up, run);
  if (failed && context.isExplained(failed.statement)) return [];
  if (failed)
    return [
      {
        message: say`This statement fails: ${failed.failure.message}.`,
        ...detailsOf(failed, context, []),
        object: migration.name,
        side: "up",
      },
    ];
  return run.leftOpen ? [leftOpen(migration, migration.up, "up")] : [];
}

function downProblems(migration: Migration, context: MigrationContext): Problem[] {
  const trip = context.run?.roundTrip;
  const { down } = migration;
  if (!trip || !down) return [];
  const failed = firstFailure(down, trip.down);
  if (failed)
    return [
      {
        message: say`The down migration fails: ${failed.failure.message}.`,
        ...detailsOf(failed, context, ofTheRows.test(failed.failure.code) ? [seededRows] : []),
        ...(meetsItself(failed) && { severity: "info" as const }),
        object: `${migration.name} down`,
        side: "down",
      },
    ];
  if (trip.down.leftOpen) return [leftOpen(migration, down, "down")];
  // What the down left behind explains why the up cannot be run again, and is told where it is found.
  const again = trip.upAgain && trip.residue.length === 0 && firstFailure(migration.up, trip.upAgain);
  if (!again) return [];
  if (again.statement.operations.some(({ kind }) => kind === "addEnumValue"))
    return [enumAgain(migration, again)];
  const details = detailsOf(again, context, []);
  const isAsBefore =
    migration.unchanged.includes(again.statement.index) && !migration.changed.includes("down");
  return [
    {
      message: say`After up and down this statement fails when the migration is run again: ${again.failure.message}.`,
      ...details,
      // The base side's text has both, so that it is no news of this pull request.
      ...(isAsBefore && { severity: "warning" as const, evidence: [...details.evidence, asBefore] }),
      instead: say`Let ${down.path} undo what this statement does.`,
      object: `${migration.name} again`,
      side: "up",
    },
  ];
}

/** PostgreSQL has no way to remove a value of an enum, so the down owes nothing; the up can bear to find it there. */
function enumAgain(migration: Migration, { statement, failure }: Failed): Problem {
  const value = /\bADD\s+VALUE\s+/i.exec(statement.sql);
  const start = statement.span.start + (value ? value.index + value[0].length : 0);
  const edit = { path: migration.up.path, start, end: start, text: "IF NOT EXISTS " };
  return {
    message: say`A database that was taken back cannot run this migration again: PostgreSQL cannot remove a value of an enum, so ${failure.message}.`,
    evidence: [say`observed: up again failed: ${failure.message} (${[failure.code]})`],
    instead: say`Write ADD VALUE IF NOT EXISTS.`,
    at: statement.span,
    object: `${migration.name} again`,
    severity: "warning",
    side: "up",
    fix: value ? { title: "Accept the value when it is there already", edits: [edit], followUp: null } : null,
  };
}

interface Failed {
  readonly statement: Statement;
  readonly failure: Failure;
}

function firstFailure(script: Script, run: ScriptRun): Failed | null {
  for (const { index, outcome } of run.statements) {
    const statement = script.statements[index];
    if (outcome.kind === "failed" && statement) return { statement, failure: outcome };
  }
  return null;
}

/** Rows that an INSERT copies from another table meet others of their key: seeded rows of all tables have the same ids. */
function meetsItself({ statement, failure }: Failed): boolean {
  const copies = statement.operations.some(
    (operation) => operation.kind === "write" && operation.verb === "insert",
  );
  return failure.code === "23505" && copies && /\bSELECT\b/i.test(statement.sql);
}

const asBefore: Text = ["the base branch has this statement and the same down as well"];
const seededRows: Text = ["the rows were seeded: production's may differ"];
const missingHistory: Text = [
  "the history could not be replayed in full: what this statement needs may only be missing here",
];

/** With a reason to doubt that it would fail in production as well, a failure does not gate. */
function detailsOf(
  { statement, failure }: Failed,
  { historyComplete, database }: MigrationContext,
  seeded: readonly Text[],
) {
  const { code, message, detail, hint } = failure;
  const doubts = [...seeded, ...(historyComplete ? [] : [missingHistory])];
  const severity: Severity = doubts.length === 0 ? "error" : "warning";
  return {
    evidence: [
      say`observed: ${[dialectTitles[database.dialect]]} answered ${message} (${[code]})`,
      ...(detail === null ? [] : [say`observed: ${detail}`]),
      ...(hint === null ? [] : [say`observed: ${hint}`]),
      ...doubts,
    ],
    at: placeOf(statement, failure),
    severity,
  };
}

/** From the character that the database points at to the end of its line; the whole statement when it points nowhere. */
function placeOf({ span, sql }: Statement, { position }: Failure): Span {
  // A position in the SQL is one in the file only where the file holds that SQL.
  if (position === null || position >= sql.length || span.end - span.start !== sql.length) return span;
  const start = span.start + position;
  const lineEnd = sql.indexOf("\n", position);
  return { start, end: lineEnd < 0 ? span.end : span.start + lineEnd };
}

function leftOpen(migration: Migration, script: Script, side: "up" | "down"): Problem {
  const begin = script.statements.findLast(({ operations }) =>
    operations.some((operation) => operation.kind === "transaction" && operation.verb === "begin"),
  );
  return {
    message: say`BEGIN has no COMMIT: what this file does is lost unless something else commits it.`,
    evidence: [say`observed: the transaction was still open after the last statement`],
    instead: say`Add COMMIT at the end of ${script.path}.`,
    at: begin?.span ?? { start: 0, end: 0 },
    object: side === "up" ? migration.name : `${migration.name} down`,
    side,
  };
}
