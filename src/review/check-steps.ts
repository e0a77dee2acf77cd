import { additionsOf } from "./additions.ts";
import { type Asked, problemsOf } from "./asked.ts";
import { type Births, followBirths, isComplete } from "./births.ts";
import { findingOf, placeOf } from "./finding.ts";
import type { Framework } from "./framework.ts";
import { inWords } from "./in-words.ts";
import { fixFor } from "./planned-fix.ts";
import type { Context, MigrationContext, OperationContext, Rule } from "./rule.ts";
import { isVerbatim } from "./script.ts";
import { sequenceOf, withReason } from "./sequence.ts";
import { runOf } from "./statement-run.ts";
import { say } from "./text.ts";
import type {
  DryRun,
  Edit,
  Finding,
  Migration,
  MigrationRun,
  Operation,
  Problem,
  Script,
  Statement,
  StatementRun,
  TableName,
} from "./types.ts";
import { isOnUnchanged, settled } from "./unchanged.ts";

/** What the rules say of migrations, or of some: of each statement, and of each migration as a whole. */
export function checkSteps(
  asked: readonly Asked[],
  context: Context,
  run: DryRun | null,
  isWanted: (step: Migration) => boolean = () => true,
): Finding[] {
  const births = followBirths(context.base, run !== null && isComplete(run));
  const answering = answeringTo(asked);
  return context.database.steps.flatMap((migration) => {
    if (migration.status === "kept") {
      births.recordKept(migration.up.statements);
      return [];
    }
    const seen = run?.migrations.find((candidate) => candidate.migration === migration.id) ?? null;
    const explained = new Set<Statement>();
    const onlyDown = migration.status === "edited" && !migration.changed.includes("up");
    const ofOperations = migration.up.statements.flatMap((statement) => {
      births.recordCreated(statement);
      const subject = { migration, statement, context, seen, run, births };
      const isAsked = !onlyDown && isWanted(migration);
      const findings = isAsked ? checkStatement(answering(statement), subject) : [];
      if (findings.length > 0) explained.add(statement);
      births.recordChanged(statement);
      return findings;
    });
    // The base branch has this migration too: what it makes is there where it has run.
    if (migration.status === "edited") births.recordKept(migration.up.statements);
    if (!isWanted(migration)) return [];
    const ofMigration = checkMigration(asked, migration, {
      ...context,
      run: seen,
      historyComplete: run !== null && isComplete(run),
      onlyDown,
      isExplained: (statement) => explained.has(statement),
    });
    return [...ofOperations, ...ofMigration];
  });
}

/** The rules that have something to say of a statement's kinds of operations, found once for each kind: there are many rules. */
function answeringTo(asked: readonly Asked[]): (statement: Statement) => readonly Asked[] {
  const byKinds = new Map<string, readonly Asked[]>();
  return ({ operations }) => {
    const kinds = [...new Set(operations.map(({ kind }) => kind))];
    const key = kinds.join();
    const known = byKinds.get(key) ?? asked.filter(({ rule }) => kinds.some((kind) => kind in rule.check));
    byKinds.set(key, known);
    return known;
  };
}

interface Subject {
  readonly migration: Migration;
  readonly statement: Statement;
  readonly context: Context;
  readonly seen: MigrationRun | null;
  readonly run: DryRun | null;
  readonly births: Births;
}

/** Operations of a statement that failed are shown only to the rules that may explain the failure. */
function checkStatement(asked: readonly Asked[], subject: Subject): Finding[] {
  const { migration, statement } = subject;
  const run = (subject.seen && runOf(subject.seen.up.statements, statement.index)) ?? null;
  const code = run?.outcome.kind === "failed" ? run.outcome.code : null;
  if (asked.length === 0) return [];
  // A failure is true of the text as it is now.
  const isSettled = code === null && migration.unchanged.includes(statement.index);
  const context = operationContext(subject, run);
  return asked.flatMap(({ id, rule, override }) => {
    if (code !== null && !rule.explains.includes(code)) return [];
    return operationsToJudge(statement).flatMap((operation) =>
      problemsOf(ask(rule, operation, context)).map((problem) => {
        const place = placeOf(migration.up, problem.at ?? statement.span);
        const finding = findingOf(
          id,
          rule,
          offered(underGuard(isSettled ? settled(problem) : problem, statement), {
            framework: context.framework,
            script: migration.up,
            statement,
            migration,
          }),
          place,
          statement.sql,
          override,
        );
        // Another part of the statement could not be taken out with this one, and nothing out of what may have run.
        const isWhole = statement.operations.length < 2 && migration.status !== "edited";
        if (!problem.sequence || !isWhole) return finding;
        if ("withheld" in problem.sequence) return withReason(finding, problem.sequence.withheld);
        const sequence = sequenceOf(problem.sequence, subject.context.database, migration, statement);
        return { ...finding, sequence };
      }),
    );
  });
}

/** Of a table whose definition could not be read there is nothing to say but that it is new. */
function operationsToJudge({ operations, refused }: Statement): readonly Operation[] {
  return refused === null ? operations : operations.filter(({ kind }) => kind !== "createTable");
}

function operationContext(subject: Subject, run: StatementRun | null): OperationContext {
  const { migration, statement, context, seen, births } = subject;
  const known = run?.outcome.kind === "ran" || run?.outcome.kind === "failed";
  return {
    ...context,
    migration,
    script: migration.up,
    statement,
    run: known ? run : null,
    before: seen?.before ?? null,
    after: seen?.after ?? null,
    roundTrip: seen?.roundTrip ?? null,
    rows: (table) => context.rows(table) ?? context.rows(births.formerName(table)),
    bytes: (table) => context.bytes(table) ?? context.bytes(births.formerName(table)),
    isNew: births.isNew,
    isNewColumn: births.isNewColumn,
    formerName: births.formerName,
    formerColumn: births.formerColumn,
    hasRows: (table) => hasRows(table, subject),
  };
}

/** A table of the base branch that was seeded; it may have been renamed since. */
function hasRows(table: TableName, { run, seen, context }: Subject): boolean {
  if (!run || !seen || run.seeded.rows === 0) return false;
  const oid = seen.before.tables.find(({ name }) => name === table)?.oid;
  const known = run.migrations.filter((_, i) => (context.database.steps[i]?.status ?? "added") !== "added");
  const origin = [context.base ?? run.base, ...known.map(({ after }) => after)]
    .flatMap(({ tables }) => tables)
    .find((candidate) => candidate.oid === oid)?.name;
  return origin !== undefined && !run.seeded.empty.some((empty) => empty.table === origin);
}

/** One question for one operation: its kind picks the rule's check. */
function ask(rule: Rule, operation: Operation, context: OperationContext) {
  const question = rule.check[operation.kind] as
    | ((
        operation: Operation,
        context: OperationContext,
      ) => ReturnType<NonNullable<Rule["check"]["migration"]>>)
    | undefined;
  return question?.(operation, context);
}

function checkMigration(asked: readonly Asked[], migration: Migration, context: MigrationContext): Finding[] {
  const added = additionsOf(migration, context);
  return asked.flatMap(({ id, rule, override }) =>
    [
      ...problemsOf(rule.check.migration?.(migration, context)),
      ...problemsOf(added ? rule.check.additions?.(added, context) : undefined),
    ].map((problem) => {
      const script = problem.side === "down" ? (migration.down ?? migration.up) : migration.up;
      const { start } = script.range;
      const place = placeOf(script, problem.at ?? { start, end: start });
      return findingOf(
        id,
        rule,
        offered(!rule.isFact && isOnUnchanged(problem, migration) ? settled(problem) : problem, {
          framework: context.framework,
          script,
          statement: statementAt(script, problem),
          migration,
        }),
        place,
        subjectOf(script, problem),
        override,
      );
    }),
  );
}

/** With what the database has to answer for the statement to be run, in the file's own words. */
function underGuard(problem: Problem, { guard }: Statement): Problem {
  if (guard === null) return problem;
  const words = guard.words.length > longestGuard ? `${guard.words.slice(0, longestGuard)}…` : guard.words;
  return { ...problem, evidence: [...(problem.evidence ?? []), say`it runs only where ${words} holds`] };
}

const longestGuard = 160;

interface Offering {
  readonly framework: Framework;
  readonly script: Script;
  /** The one that the problem is about; null when it is about the migration as a whole. */
  readonly statement: Statement | null;
  readonly migration: Migration;
}

/** A problem with advice and fix in the tool's words, and no fix of an up that may have run. */
function offered(problem: Problem, { framework, script, statement, migration }: Offering): Problem {
  const { status, up, settings } = migration;
  const { planned } = problem;
  const known = planned
    ? { ...problem, fix: fixFor(planned, { script, statement, settings }, framework) }
    : withSafeEdits(problem, script);
  const isOfUp = ({ path, start, end }: Edit) =>
    path === up.path && start >= up.range.start && end <= up.range.end;
  const hasRun = status === "edited" && known.fix?.edits.some(isOfUp);
  return inWords(hasRun ? { ...known, fix: null } : known, { framework, script, statement, settings });
}

/** Without its fix when that would edit a statement whose text in the file is not what is sent. */
function withSafeEdits(problem: Problem, script: Script): Problem {
  const edits = problem.fix?.edits.filter(({ path }) => path === script.path) ?? [];
  const isEdited = ({ span }: Statement) =>
    edits.some(({ start, end }) => start <= span.end && span.start <= end);
  const isSafe = script.statements.every(
    (statement) => !isEdited(statement) || isVerbatim(script, statement),
  );
  return isSafe ? problem : { ...problem, fix: null };
}

/** The statement that a migration's problem points into; nothing when it is about the migration as a whole. */
function subjectOf(script: Script, problem: Problem): string {
  return statementAt(script, problem)?.sql ?? "";
}

function statementAt(script: Script, { at }: Problem): Statement | null {
  if (!at || at.start === at.end) return null;
  return script.statements.find(({ span }) => span.start <= at.start && at.start < span.end) ?? null;
}
