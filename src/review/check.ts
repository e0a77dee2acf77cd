import { additionsOf } from "./additions.ts";
import { type Births, followBirths, isComplete } from "./births.ts";
import { builtModels } from "./built-models.ts";
import { compatibilityOf } from "./compatibility.ts";
import type { Config } from "./config.ts";
import type { Contract } from "./contracts.ts";
import { driftOf } from "./drift.ts";
import { arrange, findingOf, placeOf } from "./finding.ts";
import { frameworks } from "./frameworks/index.ts";
import { judgedBy } from "./judged.ts";
import { modelAdditionsOf } from "./model-additions.ts";
import { modelChangesOf } from "./model-changes.ts";
import { nearest } from "./nearest.ts";
import { orms } from "./orms/index.ts";
import type { BrokenQuery, Context, MigrationContext, OperationContext, QueryContext, Rule } from "./rule.ts";
import { rules as allRules } from "./rules/index.ts";
import { isVerbatim } from "./script.ts";
import { sequenceOf } from "./sequence.ts";
import { staleSnapshotOf } from "./stale-snapshot.ts";
import { runOf } from "./statement-run.ts";
import { type Statistics, statisticsOf } from "./statistics.ts";
import { suppress } from "./suppress.ts";
import type {
  Accepted,
  ChangeSet,
  Database,
  DryRun,
  Finding,
  Migration,
  MigrationRun,
  Operation,
  Problem,
  Script,
  Severity,
  Statement,
  StatementRun,
  TableName,
} from "./types.ts";
import { isOnUnchanged, settled } from "./unchanged.ts";
import { isUse, usesOf } from "./uses.ts";

interface CheckInput {
  readonly changes: ChangeSet;
  readonly runs: readonly DryRun[];
  readonly config: Pick<Config, "rules" | "rows" | "postgres" | "suppress">;
  /** Every rule when left out. */
  readonly rules?: Readonly<Record<string, Rule>>;
  /** Last steps of changes that earlier ones began; none when left out. */
  readonly contracts?: readonly Contract[];
  /** What is known of production; nothing when left out. */
  readonly statistics?: Statistics | null;
  /** Identities of findings that the base side's baseline accepts. */
  readonly baseline?: ReadonlySet<string>;
  /** The day, as YYYY-MM-DD, after which an entry of the configuration no longer counts; none is over when left out. */
  readonly today?: string;
}

export interface Judgement {
  readonly findings: Finding[];
  readonly accepted: Accepted[];
}

/** What the rules answer about a change set and what was seen of it: by severity, path and line, each finding once. */
export function check(input: CheckInput): Finding[] {
  return judge(input).findings;
}

/** The findings that stand, and those that somebody accepted with a reason. */
export function judge(input: CheckInput): Judgement {
  const { changes, runs, config, rules = allRules, baseline = new Set(), today = "" } = input;
  const judged = judgedBy({ changes, runs, config, rules });
  const { findings, accepted, applied, refused } = suppress(
    findingsOf(input),
    changes.suppressions,
    { config, baseline, today },
    judged.isFact,
  );
  const ofSuppressions = askedOf(input).flatMap(({ id, rule, override }) =>
    changes.suppressions.flatMap((suppression) => {
      const ignored = rules[suppression.rule];
      const answer = rule.check.suppression?.(suppression, {
        outcome: judged.outcomeOf(suppression, applied, refused),
        isKnown: ignored !== undefined,
        nearest: ignored ? null : nearest(suppression.rule, Object.keys(rules)),
      });
      return problemsOf(answer).map((problem) =>
        findingOf(id, rule, problem, suppression, `${suppression.scope} ${suppression.reason}`, override),
      );
    }),
  );
  return {
    findings: arrange([...findings, ...ofSuppressions]),
    accepted: arrangeAccepted(accepted),
  };
}

/** What the rules answer about databases and queries, as it comes. */
export function findingsOf(input: CheckInput): Finding[] {
  const { changes, runs } = input;
  const asked = askedOf(input);
  const ofDatabases = changes.databases.flatMap((database) => {
    const run = runs.find(({ directory }) => directory === database.directory) ?? null;
    const context = contextOf(database, run, input);
    const fitting = asked.filter(({ rule }) => rule.dialects.includes(database.dialect));
    return [
      ...checkSteps(fitting, context, run),
      ...checkModels(fitting, context, run),
      ...checkQueries(fitting, changes, context, run),
    ];
  });
  return [...ofDatabases, ...checkCode(asked, changes)];
}

/** Only about lines that the pull request adds. */
function checkCode(asked: readonly Asked[], { code }: ChangeSet): Finding[] {
  return code.flatMap((file) => {
    const lines = file.text.split("\n");
    const added = file.added.map((line) => lines[line - 1] ?? "");
    return asked.flatMap(({ id, rule, override }) => {
      if (!added.some((line) => rule.reads(file.path, line))) return [];
      return problemsOf(rule.check.code?.(file)).flatMap((problem) =>
        problem.place
          ? [findingOf(id, rule, problem, problem.place, lines[problem.place.line - 1] ?? "", override)]
          : [],
      );
    });
  });
}

function askedOf({ config, rules = allRules }: CheckInput): Asked[] {
  return Object.entries(rules).flatMap(([id, rule]): Asked[] => {
    const word = config.rules[id];
    return word === "off" ? [] : [{ id, rule, override: word }];
  });
}

function arrangeAccepted(accepted: readonly Accepted[]): Accepted[] {
  return arrange(accepted.map(({ finding }) => finding)).flatMap((finding) => {
    const own = accepted.find(
      (one) =>
        one.finding.rule === finding.rule &&
        one.finding.path === finding.path &&
        one.finding.line === finding.line &&
        one.finding.object === finding.object,
    );
    return own ? [{ ...own, finding }] : [];
  });
}

interface Asked {
  readonly id: string;
  readonly rule: Rule;
  readonly override: Severity | undefined;
}

function contextOf(
  database: Database,
  run: DryRun | null,
  { changes, config: { rows, postgres }, statistics = null, contracts = [] }: CheckInput,
): Context {
  const known = run?.lost === null ? run : null;
  const framework = frameworks[database.framework];
  if (!framework) throw new Error(`no framework is called ${database.framework}`);
  return {
    database,
    framework,
    base: known?.base ?? null,
    brokenQueries: known && isComplete(known) ? brokenQueries(changes, known) : [],
    brokenCode: compatibilityOf(changes, database, known)?.oldCode ?? [],
    uses: (used) => usesOf(used, { changes, database, run: known }),
    contract: (used) => contracts.find((one) => isUse(one.used, used)) ?? null,
    head: known && database.steps.every((step) => leftItsSchema(step, known)) ? known.head : null,
    postgres,
    rows: (table) =>
      (Object.hasOwn(rows, table) ? rows[table] : undefined) ?? statisticsOf(statistics, table)?.rows ?? null,
    bytes: (table) => statisticsOf(statistics, table)?.bytes ?? null,
  };
}

/** Silent where the change did not run in full: what is missing then may only be missing here. */
function brokenQueries({ deployed }: ChangeSet, run: DryRun): BrokenQuery[] {
  if (!run.migrations.every(({ up }) => up.statements.every(hasRun))) return [];
  return run.deployed.flatMap(({ query, before, after }) => {
    const subject = deployed[query];
    if (!subject || before.kind !== "planned" || after.kind !== "failed") return [];
    return [{ ...subject, code: after.code, message: after.message }];
  });
}

/** Whether nothing is missing of the schema that a step leaves. */
function leftItsSchema({ id, up }: Migration, run: DryRun): boolean {
  const seen = run.migrations.find(({ migration }) => migration === id)?.up.statements ?? [];
  return up.statements.every(
    ({ index, operations }) =>
      runOf(seen, index)?.outcome.kind === "ran" || operations.every(({ kind }) => withoutSchema.has(kind)),
  );
}

/** What changes nothing that a schema tells. */
const withoutSchema: ReadonlySet<Operation["kind"]> = new Set([
  "other",
  "set",
  "write",
  "transaction",
  "rewriteTable",
  "lockTable",
  "toggleTrigger",
  "validateDomainConstraint",
  "addDomainConstraint",
] as const);

function checkSteps(asked: readonly Asked[], context: Context, run: DryRun | null): Finding[] {
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
      const findings = onlyDown ? [] : checkStatement(answering(statement), subject);
      if (findings.length > 0) explained.add(statement);
      births.recordChanged(statement);
      return findings;
    });
    // The base branch has this migration too: what it makes is there where it has run.
    if (migration.status === "edited") births.recordKept(migration.up.statements);
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
          fixable(isSettled ? settled(problem) : problem, migration.up, migration),
          place,
          statement.sql,
          override,
        );
        // Another part of the statement could not be taken out with this one, and nothing out of what may have run.
        const isWhole = statement.operations.length < 2 && migration.status !== "edited";
        if (!problem.sequence || !isWhole) return finding;
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
        fixable(
          !rule.isFact && isOnUnchanged(problem, migration) ? settled(problem) : problem,
          script,
          migration,
        ),
        place,
        subjectOf(script, problem),
        override,
      );
    }),
  );
}

/** Without its fix when that would edit a statement whose text in the file is not what is sent, or an up that may have run. */
function fixable(problem: Problem, script: Script, { status, up }: Migration): Problem {
  const hasRun = problem.fix?.edits.some(
    ({ path, start, end }) => path === up.path && start >= up.range.start && end <= up.range.end,
  );
  if (status === "edited" && hasRun) return { ...problem, fix: null };
  const edits = problem.fix?.edits.filter(({ path }) => path === script.path) ?? [];
  const isEdited = ({ span }: Statement) =>
    edits.some(({ start, end }) => start <= span.end && span.start <= end);
  const isSafe = script.statements.every(
    (statement) => !isEdited(statement) || isVerbatim(script, statement),
  );
  return isSafe ? problem : { ...problem, fix: null };
}

/** The statement that a migration's problem points into; nothing when it is about the migration as a whole. */
function subjectOf(script: Script, { at }: Problem): string {
  if (!at || at.start === at.end) return "";
  return script.statements.find(({ span }) => span.start <= at.start && at.start < span.end)?.sql ?? "";
}

/** Models are judged by the schema that all migrations leave. */
function checkModels(asked: readonly Asked[], context: Context, run: DryRun | null): Finding[] {
  if (!run || !context.head) return [];
  return [
    ...checkDrift(asked, context, run),
    ...checkSnapshot(asked, context, run),
    ...checkModelAdditions(asked, context, run),
    ...checkModelChanges(asked, context, run),
  ];
}

/** What models change whose database follows them without migrations. */
function checkModelChanges(asked: readonly Asked[], context: Context, run: DryRun): Finding[] {
  const { models } = context.database;
  const push = models && orms[models.orm]?.push;
  const base = builtModels(context.database, run, "base");
  if (!push || !base) return [];
  return modelChangesOf(context.database, run).flatMap((change) =>
    asked.flatMap(({ id, rule, override }) =>
      problemsOf(rule.check.modelChange?.(change, { ...context, push, before: base.schema })).map((problem) =>
        findingOf(id, rule, problem, change, `${change.kind} ${change.before} ${change.after}`, override),
      ),
    ),
  );
}

/** What only the models add: a migration that brings it is judged itself. */
function checkModelAdditions(asked: readonly Asked[], context: Context, run: DryRun): Finding[] {
  const found = modelAdditionsOf(context.database, run);
  if (!found) return [];
  const { added, base, head, express } = found;
  return asked.flatMap(({ id, rule, override }) =>
    problemsOf(rule.check.additions?.(added, { ...context, base, head })).flatMap((problem) => {
      const { place } = problem;
      if (!place) return [];
      return [findingOf(id, rule, express(problem, rule), place, "model", override)];
    }),
  );
}

function checkDrift(asked: readonly Asked[], context: Context, run: DryRun): Finding[] {
  return driftOf(context.database, run).flatMap((drift) =>
    asked.flatMap(({ id, rule, override }) =>
      problemsOf(rule.check.drift?.(drift, context)).map((problem) =>
        findingOf(id, rule, problem, drift, `${drift.kind} ${drift.model} ${drift.migrations}`, override),
      ),
    ),
  );
}

function checkSnapshot(asked: readonly Asked[], context: Context, run: DryRun): Finding[] {
  const { snapshot } = context.framework;
  const stale = snapshot && staleSnapshotOf(context.database, run, snapshot);
  if (!stale) return [];
  return asked.flatMap(({ id, rule, override }) =>
    problemsOf(rule.check.snapshot?.(stale, snapshot)).map((problem) =>
      findingOf(id, rule, problem, stale, "snapshot", override),
    ),
  );
}

function checkQueries(
  asked: readonly Asked[],
  changes: ChangeSet,
  context: Context,
  run: DryRun | null,
): Finding[] {
  if (!run) return [];
  const schemaComplete = isComplete(run) && run.migrations.every(({ up }) => up.statements.every(hasRun));
  return run.queries.flatMap((seen) => {
    const query = changes.queries[seen.query];
    if (!query) return [];
    const queryContext: QueryContext = {
      ...context,
      run: seen,
      schemaComplete,
      hasStandIns: run.standIns.length > 0,
    };
    return asked.flatMap(({ id, rule, override }) =>
      problemsOf(rule.check.query?.(query, queryContext)).map((problem) =>
        findingOf(id, rule, problem, query, query.sql, override),
      ),
    );
  });
}

function hasRun({ outcome }: StatementRun): boolean {
  return outcome.kind === "ran";
}

function problemsOf(answer: Problem | readonly Problem[] | undefined): readonly Problem[] {
  if (answer === undefined) return [];
  return "message" in answer ? [answer] : answer;
}
