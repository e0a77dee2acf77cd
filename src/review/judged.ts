import { isComplete } from "./births.ts";
import type { Config } from "./config.ts";
import type { Rule } from "./rule.ts";
import { runOf } from "./statement-run.ts";
import type {
  ChangeSet,
  Database,
  DryRun,
  Finding,
  Migration,
  MigrationRun,
  Statement,
  Suppression,
} from "./types.ts";

interface Input {
  readonly changes: ChangeSet;
  readonly runs: readonly DryRun[];
  readonly config: Pick<Config, "rules">;
  readonly rules: Readonly<Record<string, Rule>>;
}

interface JudgedStep {
  readonly step: Migration;
  readonly run: MigrationRun | null;
  /** Whether history and change were run to their end. */
  readonly isComplete: boolean;
}

/** What can be said of suppressions: whether a finding tells a failure, and what a comment did. */
export function judgedBy({ changes, runs, config, rules }: Input) {
  const steps = changes.databases.flatMap((database) => {
    const run = runs.find(({ directory }) => directory === database.directory) ?? null;
    return database.steps
      .filter(({ status }) => status !== "kept")
      .map(
        (step): JudgedStep => ({
          step,
          run: run?.migrations.find(({ migration }) => migration === step.id) ?? null,
          isComplete: run !== null && isComplete(run),
        }),
      );
  });

  /** A rule that tells failures, or one that explains why this statement failed. */
  function isFact({ rule: id, path, line, endLine }: Finding): boolean {
    const rule = rules[id];
    if (!rule) return false;
    if (rule.isFact) return true;
    if (rule.explains.length === 0) return false;
    return steps.some(({ step, run }) => {
      if (step.up.path !== path || !run) return false;
      return step.up.statements.some((statement) => {
        const code = failureOf(statement, run);
        const isHere = statement.line <= endLine && line <= statement.endLine;
        return isHere && code !== null && rule.explains.includes(code);
      });
    });
  }

  function outcomeOf(
    suppression: Suppression,
    applied: ReadonlySet<Suppression>,
    refused: ReadonlySet<Suppression>,
  ): "applied" | "unused" | "refused" | "undecided" {
    if (applied.has(suppression)) return "applied";
    if (refused.has(suppression)) return "refused";
    const isAsked = rules[suppression.rule] !== undefined && config.rules[suppression.rule] !== "off";
    return isAsked && suppression.reason !== "" && wasJudged(suppression) ? "unused" : "undecided";
  }

  /** Only of a migration that was run in full is silence an answer; queries are judged only where their plans change. */
  function wasJudged({ path, isNew }: Suppression): boolean {
    // Of code and models rules speak where the pull request changes them.
    if (isNew) return changes.databases.every((database) => wasCompared(database, runs));
    const own = steps.filter(({ step }) => step.up.path === path || step.down?.path === path);
    return (
      own.length > 0 &&
      own.every(
        ({ step, run, isComplete: complete }) =>
          complete &&
          step.changed.includes("up") &&
          run !== null &&
          run.up.statements.length === step.up.statements.length &&
          run.up.statements.every(({ outcome }) => outcome.kind === "ran") &&
          (step.down === null || (run.roundTrip !== null && run.roundTrip.notEvaluated === null)),
      )
    );
  }

  return { isFact, outcomeOf };
}

/** Whether the database was seen through to its end, and its models with it. */
function wasCompared({ directory, models }: Database, runs: readonly DryRun[]): boolean {
  const run = runs.find((one) => one.directory === directory);
  if (!run || !isComplete(run)) return false;
  return models === null || (run.models?.base.kind === "built" && run.models.head.kind === "built");
}

function failureOf({ index }: Statement, run: MigrationRun): string | null {
  const outcome = runOf(run.up.statements, index)?.outcome;
  return outcome?.kind === "failed" ? outcome.code : null;
}
