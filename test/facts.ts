import type {
  ChangeSet,
  Database,
  DryRun,
  PlanNode,
  PlanOutcome,
  Schema,
  ScriptRun,
  StatementRun,
  Table,
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
    ...schemaFacts(run.head),
    ...(run.models?.head.kind === "built"
      ? schemaFacts(run.models.head.schema).map((fact) => `by the models, ${fact}`)
      : []),
    ...run.deployed.flatMap(({ query, after }) =>
      planFacts(changes.deployed[query]?.name ?? "", after).map((fact) =>
        fact.replace("the query", "the deployed query"),
      ),
    ),
    ...run.queries.flatMap(({ query, after }) => planFacts(changes.queries[query]?.name ?? "", after)),
    ...changes.databases.flatMap(historyFacts),
    ...changes.databases.flatMap(({ steps }) =>
      steps
        .filter(({ down }) => down === null)
        .map(({ version, name }) => `\`${version}_${name}\` has no down`),
    ),
  ];
}

const changes_ = { extra: "left behind", missing: "not brought back", changed: "changed" } as const;

/** In which order files are run, and which of them are not new. */
function historyFacts({ history, steps }: Database): string[] {
  const versions = [...history, ...steps].map(({ version }) => version);
  return [
    ...steps.flatMap(({ status, version, name }) => [
      ...(status === "edited" ? [`\`${version}_${name}\` is there already, and edited`] : []),
      ...(status === "added" && history.some((entry) => Number(entry.version) > Number(version))
        ? [`\`${version}_${name}\` runs after \`${history.at(-1)?.path}\``]
        : []),
    ]),
    ...versions
      .filter((version, i) => versions.indexOf(version) !== i)
      .map((version) => `two files have version ${version}`),
  ];
}

/** What stands in PostgreSQL's own catalogue at the end. */
function schemaFacts({ tables, views, functions, sequences, roles }: Schema): string[] {
  return [
    ...tables.flatMap(tableFacts),
    ...views.flatMap(({ name, options, reads, indexes, privileges }) => [
      `the view \`${name}\` reads \`${reads.join(", ")}\` with the options \`${options.join(", ")}\``,
      ...(indexes.some(({ unique }) => unique) ? [] : [`the view \`${name}\` has no unique index`]),
      ...privileges.map((privilege) => `\`${privilege}\` on \`${name}\``),
    ]),
    ...functions.map(
      ({ name, securityDefiner, settings }) =>
        `the function \`${name}\` runs as its ${securityDefiner ? "owner" : "caller"} with the settings \`${settings.join(", ")}\``,
    ),
    ...sequences.map(({ name, type }) => `the sequence \`${name}\` is of type \`${type}\``),
    ...roles.flatMap(({ name, superuser }) =>
      superuser ? [`the role \`${name}\` is a superuser`] : [`there is a role \`${name}\``],
    ),
  ];
}

function tableFacts(table: Table): string[] {
  const { name, columns, constraints, indexes, policies, privileges, options } = table;
  return [
    `there is a table \`${name}\``,
    ...columns.map(
      ({ name: column, type, notNull }) =>
        `\`${name}.${column}\` is of type \`${type}\`${notNull ? "" : " and nullable"}`,
    ),
    ...(indexes.some(({ primary }) => primary) ? [] : [`\`${name}\` has no primary key`]),
    ...constraints.map(
      ({ name: constraint, valid, definition }) =>
        `the constraint \`${constraint}\` of \`${name}\` is ${valid ? "" : "not valid: "}\`${definition}\``,
    ),
    ...indexes.map(({ name: index, definition }) => `the index \`${index}\` is \`${definition}\``),
    ...(table.unlogged ? [`\`${name}\` is unlogged`] : []),
    ...options.map((option) => `\`${name}\` has the option \`${option}\``),
    `row level security of \`${name}\` is ${table.rowSecurity ? "on" : "off"}`,
    ...(policies.length === 0 ? [`\`${name}\` has no policy`] : []),
    ...policies.map(
      ({ name: policy, command, roles, using, check }) =>
        `the policy \`${policy}\` of \`${name}\` lets \`${roles.join(", ")}\` ${command} \`${using ?? check ?? ""}\``,
    ),
    ...privileges.map((privilege) => `\`${privilege}\` on \`${name}\``),
  ];
}

function scriptFacts({ statements, leftOpen }: ScriptRun, prefix: string): string[] {
  return [
    ...statements.flatMap((statement) => statementFacts(statement, prefix)),
    ...(leftOpen ? [`${prefix}a transaction is left open`] : []),
  ];
}

function statementFacts({ outcome, locks, rewrites, scans, writes }: StatementRun, prefix: string): string[] {
  if (outcome.kind === "failed") return [`${prefix}fails with ${outcome.code}`];
  if (outcome.kind !== "ran") return [];
  return [
    ...locks.map(({ mode, relation }) => `${mode} lock on \`${relation}\``),
    ...rewrites.map(({ kind, relation }) =>
      kind === "index" ? `the index \`${relation}\` is rebuilt` : `\`${relation}\` is rewritten`,
    ),
    ...scans.map(({ relation }) => `full scan of \`${relation}\``),
    ...writes.map(({ relation }) => `rows of \`${relation}\` are written`),
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
