import { deployOrdersOf } from "../deploy-order.ts";
import { unsizedIn } from "../observed.ts";
import { isSettled } from "../statement-run.ts";
import { visible } from "../text.ts";
import type {
  Accepted,
  ChangeSet,
  Conclusion,
  DryRun,
  Finding,
  MigrationRun,
  Receipt,
  Report,
  TableName,
} from "../types.ts";
import { shorten } from "./escape.ts";
import { changedSteps, type Gap, gapsIn, runOf } from "./gaps.ts";
import { count, listed, placeOf, tally } from "./words.ts";

export interface ReportInput {
  readonly changes: ChangeSet;
  readonly runs: readonly DryRun[];
  readonly findings: readonly Finding[];
  /** None when left out. */
  readonly accepted?: readonly Accepted[];
  /** Milliseconds by phase. */
  readonly timings: Readonly<Record<string, number>>;
  /** False when no changed file concerns a database: there was nothing to review. */
  readonly concerned: boolean;
  /** Where the rules' pages stand; rules are not linked when left out. */
  readonly rulesUrl?: string | null;
  /** Why the configuration leaves the pull request out; it does not when left out. */
  readonly leftOut?: string | null;
  /** The version of PostgreSQL that the configuration states; the receipt tells it where it is not the sandbox's. */
  readonly postgres?: number;
  /** Of a report that is made anew: what cannot be told from the rest. */
  readonly receipt?: Pick<Receipt, "unsized" | "postgres">;
}

/**
 * What a review comes to: `failure` when a gating finding stands; otherwise `neutral` when something that matters could
 * not be checked, `skipped` when there was nothing to review, and `success` for all the rest, warnings included.
 */
export function reportOf(input: ReportInput): Report {
  const { changes, runs, accepted = [], timings, concerned, leftOut = null } = input;
  const findings = input.findings.map(withoutUnsized);
  const gaps = gapsIn({ changes, runs, findings, accepted });
  const conclusion = conclusionOf({ changes, findings, gaps, concerned });
  const receipt = {
    ...receiptOf(changes, runs, gaps),
    accepted: accepted.length,
    unsized: unsizedOf(input.findings, input.receipt?.unsized ?? []),
    postgres: input.receipt?.postgres ?? otherVersion(runs, input.postgres),
  };
  return {
    conclusion,
    title: leftOut === null ? titleOf(conclusion, findings, gaps, receipt) : leftOutTitle(leftOut),
    findings,
    accepted,
    skipped: changes.skipped,
    deploy: deployOrdersOf(changes, runs, [...findings, ...accepted.map(({ finding }) => finding)]),
    receipt,
    rulesUrl: input.rulesUrl ?? null,
    leftOut,
    changes,
    runs,
    timings,
  };
}

/** That a size is not known is said once, in the receipt. */
function withoutUnsized(finding: Finding): Finding {
  return { ...finding, evidence: finding.evidence.filter((fact) => unsizedIn(fact) === null) };
}

function unsizedOf(findings: readonly Finding[], known: readonly TableName[]): TableName[] {
  const tables = findings.flatMap(({ evidence }) => evidence.flatMap((fact) => unsizedIn(fact) ?? []));
  return [...new Set([...known, ...tables])].sort();
}

/** The stated version where the sandbox ran another one; null where it is the same, or no PostgreSQL ran. */
function otherVersion(runs: readonly DryRun[], postgres: number | undefined): number | null {
  const majors = runs.flatMap(({ engine }) => /^PostgreSQL (\d+)/.exec(engine)?.[1] ?? []);
  return postgres !== undefined && majors.some((major) => Number(major) !== postgres) ? postgres : null;
}

function conclusionOf(
  input: Pick<ReportInput, "changes" | "findings" | "concerned"> & { readonly gaps: readonly Gap[] },
): Conclusion {
  const { changes, findings, gaps, concerned } = input;
  if (findings.some((finding) => finding.gates)) return "failure";
  if (gaps.some((gap) => gap.matters)) return "neutral";
  const empty = changes.databases.length === 0 && changes.queries.length === 0 && findings.length === 0;
  return !concerned || empty ? "skipped" : "success";
}

function titleOf(
  conclusion: Conclusion,
  findings: readonly Finding[],
  gaps: readonly Gap[],
  receipt: Receipt,
): string {
  const unchecked = uncheckedOf(gaps.filter((gap) => gap.matters));
  const scope = scopeOf(receipt);
  if (findings.length > 0) {
    const found = `${tally(findings)}${scope ? ` in ${scope}` : ""}`;
    return unchecked ? `${found}; could not check ${unchecked}` : found;
  }
  if (unchecked) return `Could not check ${unchecked}`;
  if (conclusion === "skipped") return "No migration and no annotated query is touched";
  return scope ? `${ranOf(receipt)}, nothing to say` : "No migration to run, nothing to say";
}

function leftOutTitle(why: string): string {
  return `Left out by the configuration: ${shorten(visible(why), 120)}`;
}

/** "2 statements and 1 round trip", or why the whole run came to nothing. */
function uncheckedOf(gaps: readonly Gap[]): string {
  const lost = gaps.find((gap) => gap.kind === "run");
  if (lost) return `the migrations of ${shorten(visible(lost.path || "the repository"), 60)}`;
  const kinds = [...new Set(gaps.map((gap) => gap.kind))];
  return listed(
    kinds.map((kind) =>
      countKind(kind, sum(gaps.filter((gap) => gap.kind === kind).map((gap) => gap.count))),
    ),
  );
}

function countKind(kind: Gap["kind"], n: number): string {
  if (kind === "query") return count(n, "annotated query", "annotated queries");
  if (kind === "history") return count(n, "statement of the history", "statements of the history");
  return count(n, kind);
}

function scopeOf({ migrations, queries }: Receipt): string {
  if (migrations.changed > 0) return count(migrations.changed, "migration");
  return queries.found > 0 ? count(queries.found, "annotated query", "annotated queries") : "";
}

function ranOf({ migrations, queries }: Receipt): string {
  const parts = [
    migrations.changed > 0 && `${count(migrations.changed, "migration")} run`,
    queries.found > 0 && `${count(queries.planned, "query", "queries")} planned`,
  ];
  return parts.filter((part) => part !== false).join(", ");
}

function receiptOf(
  changes: ChangeSet,
  runs: readonly DryRun[],
  gaps: readonly Gap[],
): Omit<Receipt, "accepted" | "unsized" | "postgres"> {
  const steps = changes.databases.flatMap((database) =>
    changedSteps(database).map((step) => ({
      step,
      run: runOf(database, runs)?.migrations.find((run) => run.migration === step.id),
    })),
  );
  const trips = steps.flatMap(({ run }) =>
    run?.roundTrip && run.roundTrip.notEvaluated === null ? [run] : [],
  );
  const scripts = steps.flatMap(({ step }) => (step.down ? [step.up, step.down] : [step.up]));
  const scriptRuns = steps.flatMap(({ run }) =>
    run ? [run.up, ...(run.roundTrip ? [run.roundTrip.down] : [])] : [],
  );
  const plans = runs.flatMap((run) => run.queries);
  return {
    migrations: {
      history: sum(changes.databases.map(({ history }) => history.length)),
      changed: steps.length,
    },
    statements: {
      seen: sum(scripts.map((script) => script.statements.length)),
      ran: sum(
        scriptRuns.map((run) => run.statements.filter(({ outcome }) => outcome.kind === "ran").length),
      ),
    },
    roundTrips: { run: trips.length, restored: trips.filter(isRestored).length },
    queries: {
      found: changes.queries.length,
      planned: plans.filter(({ after }) => after.kind === "planned").length,
    },
    engines: [...new Set(runs.map((run) => run.engine).filter(Boolean))],
    standIns: [...new Set(runs.flatMap((run) => run.standIns))],
    notChecked: gaps.map((gap) => visible(gap.path ? `${placeOf(gap)}: ${gap.reason}` : gap.reason)),
  };
}

/** Whether up and down together left schema and data as they were, and the up ran a second time. */
function isRestored({ roundTrip }: MigrationRun): boolean {
  if (!roundTrip?.upAgain) return false;
  const { down, residue, data, upAgain, upAgainResidue } = roundTrip;
  const all = [...down.statements, ...upAgain.statements];
  return (
    all.every(({ outcome }) => isSettled(outcome)) &&
    residue.length + data.length + upAgainResidue.length === 0
  );
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, n) => total + n, 0);
}
