import { bareName } from "./advice.ts";
import { type Asked, hasRun, problemsOf } from "./asked.ts";
import { isComplete } from "./births.ts";
import { checkModels } from "./check-models.ts";
import { checkSteps } from "./check-steps.ts";
import { compatibilityOf } from "./compatibility.ts";
import type { Config } from "./config.ts";
import type { Contract } from "./contracts.ts";
import { driftOf } from "./drift.ts";
import { arrange, findingOf } from "./finding.ts";
import { frameworks } from "./frameworks/index.ts";
import { judgedBy } from "./judged.ts";
import { nearest } from "./nearest.ts";
import { relationNamed } from "./relations.ts";
import { type Resolved, resolveNames } from "./resolved-names.ts";
import type { BrokenQuery, Context, QueryContext, Rule } from "./rule.ts";
import { rules as allRules } from "./rules/index.ts";
import { isSettled, runOf } from "./statement-run.ts";
import { type Statistics, statisticsOf } from "./statistics.ts";
import { suppress } from "./suppress.ts";
import type { Accepted, ChangeSet, DryRun, Finding, Migration, Operation, TableName } from "./types.ts";
import { asFarAsItRan } from "./unchanged.ts";
import { asWritten, isUse, usesOf } from "./uses.ts";

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
  /** Files of migrations: only what is to be said of these is asked for; of everything when left out. */
  readonly only?: ReadonlySet<string>;
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
  const { changes, runs, only } = input;
  const asked = askedOf(input);
  const ofDatabases = changes.databases.flatMap((written) => {
    const run = runs.find(({ directory }) => directory === written.directory) ?? null;
    const resolved = resolveNames(asFarAsItRan(written, run), run);
    const { database } = resolved;
    const context = contextOf(resolved, run, input);
    const fitting = asked.filter(({ rule }) => rule.dialects.includes(database.dialect));
    if (only) return checkSteps(fitting, context, run, (step) => only.has(step.up.path));
    return [
      ...checkSteps(fitting, context, run),
      ...checkModels(fitting, context, run),
      ...checkQueries(fitting, changes, context, run),
    ];
  });
  if (only) return ofDatabases;
  return [...ofDatabases, ...checkRefusals(asked, changes), ...checkCode(asked, changes)];
}

function checkRefusals(asked: readonly Asked[], { refusals }: ChangeSet): Finding[] {
  return refusals.flatMap((refusal) =>
    asked.flatMap(({ id, rule, override }) =>
      problemsOf(rule.check.refusal?.(refusal)).map((problem) =>
        findingOf(id, rule, problem, refusal, JSON.stringify(refusal.disagreement), override),
      ),
    ),
  );
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

function contextOf(
  { database, written }: Resolved,
  run: DryRun | null,
  { changes, config: { rows, postgres }, statistics = null, contracts = [] }: CheckInput,
): Context {
  const known = run?.lost === null ? run : null;
  const framework = frameworks[database.framework];
  if (!framework) throw new Error(`no framework is called ${database.framework}`);
  /** Under which sizes may stand: its own name, and without a schema where that is how it is written, or tells enough. */
  const namesOf = (table: TableName) =>
    table.includes(".") && (written(table) !== table || isOnly(table, run))
      ? [table, bareName(table)]
      : [table];
  const isWhole = known !== null && database.steps.every((step) => leftItsSchema(step, known));
  return {
    database,
    framework,
    base: known?.base ?? null,
    brokenQueries: known && isComplete(known) ? brokenQueries(changes, known) : [],
    brokenCode: compatibilityOf(changes, database, known)?.oldCode ?? [],
    uses: (used) => usesOf(used, { changes, database, run: known }, written),
    contract: (used) =>
      contracts.find(
        (one) =>
          one.directory === database.directory &&
          (isUse(one.used, used) || isUse(one.used, asWritten(used, written))),
      ) ?? null,
    head: isWhole ? known.head : null,
    drift: isWhole ? driftOf(database, known) : [],
    postgres,
    rows: (table) =>
      firstOf(namesOf(table), (name) => (Object.hasOwn(rows, name) ? rows[name] : undefined)) ??
      firstOf(namesOf(table), (name) => statisticsOf(statistics, name)?.rows),
    bytes: (table) => firstOf(namesOf(table), (name) => statisticsOf(statistics, name)?.bytes),
  };
}

/** Whether its name alone tells which table is meant. */
function isOnly(table: TableName, run: DryRun | null): boolean {
  const tables = [run?.base, run?.head].flatMap((schema) => schema?.tables ?? []);
  return relationNamed(bareName(table), [table, ...tables.map(({ name }) => name)]) === table;
}

function firstOf(
  names: readonly TableName[],
  sizeOf: (name: TableName) => number | null | undefined,
): number | null {
  for (const name of names) {
    const size = sizeOf(name) ?? null;
    if (size !== null) return size;
  }
  return null;
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
      isSettled(runOf(seen, index)?.outcome) || operations.every(({ kind }) => withoutSchema.has(kind)),
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
