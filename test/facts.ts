import type {
  ChangeSet,
  DryRun,
  PlanNode,
  PlanOutcome,
  ScriptRun,
  StatementRun,
} from "../src/review/types.ts";

/** What a dry run saw, one fact a sentence, in the words of the fixtures. */
export function factsOf(changes: ChangeSet, run: DryRun): string[] {
  return [
    ...run.migrations.flatMap(({ up, roundTrip }) => [
      ...scriptFacts(up, ""),
      ...(roundTrip ? scriptFacts(roundTrip.down, "down ") : []),
      ...(roundTrip?.upAgain ? scriptFacts(roundTrip.upAgain, "up again ") : []),
      ...(roundTrip?.residue ?? []).map(
        ({ kind, identity, change }) => `the ${kind} \`${identity}\` is ${changes_[change]}`,
      ),
      ...(roundTrip?.data ?? []).map(({ table, column, change }) =>
        column === null ? `rows of \`${table}\` are ${change}` : `\`${table}.${column}\` is ${change}`,
      ),
    ]),
    ...run.queries.flatMap(({ query, after }) => planFacts(changes.queries[query]?.name ?? "", after)),
    ...changes.databases.flatMap(({ steps }) =>
      steps
        .filter(({ down }) => down === null)
        .map(({ version, name }) => `\`${version}_${name}\` has no down`),
    ),
  ];
}

const changes_ = { extra: "left behind", missing: "not brought back", changed: "changed" } as const;

function scriptFacts({ statements, leftOpen }: ScriptRun, prefix: string): string[] {
  return [
    ...statements.flatMap((statement) => statementFacts(statement, prefix)),
    ...(leftOpen ? [`${prefix}a transaction is left open`] : []),
  ];
}

function statementFacts({ outcome, locks, rewrites, scans }: StatementRun, prefix: string): string[] {
  if (outcome.kind === "failed") return [`${prefix}fails with ${outcome.code}`];
  if (outcome.kind !== "ran") return [];
  return [
    ...locks.map(({ mode, relation }) => `${mode} lock on \`${relation}\``),
    ...rewrites.map(({ kind, relation }) =>
      kind === "index" ? `the index \`${relation}\` is rebuilt` : `\`${relation}\` is rewritten`,
    ),
    ...scans.map(({ relation }) => `full scan of \`${relation}\``),
  ];
}

function planFacts(name: string, outcome: PlanOutcome): string[] {
  if (outcome.kind === "failed") return [`the query ${name} fails with ${outcome.code}`];
  if (outcome.kind !== "planned") return [];
  return scannedBy(outcome.root).map((table) => `the query ${name} scans \`${table}\``);
}

function scannedBy({ type, relation, children }: PlanNode): string[] {
  const here = type === "Seq Scan" && relation !== null ? [relation] : [];
  return [...here, ...children.flatMap(scannedBy)];
}
