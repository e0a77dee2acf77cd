import { defineRule } from "../rule.ts";
import { say } from "../text.ts";
import type { Difference, Migration, Outcome, Problem, RoundTrip, Script, Span, Text } from "../types.ts";

const shown = 10;

export default defineRule({
  summary: "Let the down migration restore the schema as it was before the up",
  why: "What the down leaves behind, or does not bring back, makes the next up fail or the previous release meet a schema that it does not know.",
  instead: "Undo every statement of the up, in reverse order.",
  // Seen: the schema before the up and after the down were compared. What is merely left over, and disturbs no second up, is a warning.
  severity: "error",
  dialects: ["postgresql", "sqlite"],
  ignoreWhen: "the team never migrates down, in any environment.",
  sources: ["PostgreSQL documentation, chapter 52, System Catalogs: both schemas are read from there"],
  check: {
    migration(migration, { run, database, historyComplete }) {
      const trip = run?.roundTrip;
      // A transaction that is left open undoes nothing: said by its own rule.
      if (!trip || trip.notEvaluated !== null || hasFailed(trip.down) || trip.down.leftOpen) return;
      const known = run.former?.roundTrip?.residue ?? [];
      const residue = trip.residue.filter(
        (one) =>
          !known.some((old) => isSame(old, one)) &&
          !isEditedBefore(one, migration, database.steps) &&
          (historyComplete || one.change !== "extra" || !isNamedIn(one, migration.up)),
      );
      if (residue.length > 0) return residueProblem(migration, residue, failureAgain(trip));
      if (trip.upAgainResidue.length > 0) return secondUpProblem(migration, trip.upAgainResidue);
      return;
    },
  },
});

/** Whether an old text of the migration and its down leave the same. */
function isSame(a: Difference, b: Difference): boolean {
  return a.kind === b.kind && a.identity === b.identity && a.change === b.change && a.after === b.after;
}

/** What the up names, and only the down made here: of a history that is not whole it may be missing. */
function isNamedIn({ identity }: Difference, { statements }: Script): boolean {
  const name = nameIn(identity);
  return statements.some(({ sql }) => sql.toLowerCase().includes(name));
}

/** The name of an object without its schema, its table and its arguments, in lower case. */
function nameIn(identity: string): string {
  return (/([^.\s"(]+)"?(?:\(.*)?$/s.exec(identity)?.[1] ?? identity).toLowerCase();
}

/**
 * What an edited migration before this one names was something else where its old text ran, and may be just what the down
 * brings back.
 */
function isEditedBefore(difference: Difference, migration: Migration, steps: readonly Migration[]): boolean {
  return (
    difference.change === "changed" &&
    migration.status === "added" &&
    steps
      .slice(0, steps.indexOf(migration))
      .some(({ status, up }) => status === "edited" && isNamedIn(difference, up))
  );
}

function residueProblem(
  migration: Migration,
  differences: readonly Difference[],
  again: Failure | null,
): Problem {
  const [first] = differences;
  const more = differences.length - 1;
  const harmless =
    again === null && differences.every((one) => one.change === "extra" || isLeftByKey(one, migration));
  const effect = again === null ? [] : say`, and the migration cannot be run again`;
  return {
    message: say`After up and down ${first ? inShort(first) : []}${more > 0 ? say`, and ${more} more` : []}${effect}.`,
    evidence: [
      ...evidenceOf(differences),
      ...(again === null ? [] : [say`observed: up again failed: ${again.message} (${[again.code]})`]),
    ],
    instead: say`Let ${migration.down?.path ?? migration.name} undo every statement of the up, in reverse order.`,
    object: migration.name,
    severity: harmless ? "warning" : "error",
    side: "down",
    ...placeOf(migration),
  };
}

/** A primary key makes its columns NOT NULL, and they stay so when it is dropped. */
function isLeftByKey({ kind, identity, before, after }: Difference, { up, down }: Migration): boolean {
  return (
    kind === "column" &&
    after === `${before} not null` &&
    [...up.statements, ...(down?.statements ?? [])].some(({ operations }) =>
      operations.some(
        (operation) =>
          operation.kind === "addConstraint" &&
          operation.constraint.kind === "primary-key" &&
          identity.startsWith(`${operation.table}.`),
      ),
    )
  );
}

function secondUpProblem(migration: Migration, differences: readonly Difference[]): Problem {
  const [first] = differences;
  return {
    message: say`Up, down and up again leads to another schema than the first up: ${first ? inShort(first) : []}.`,
    evidence: evidenceOf(differences),
    object: migration.name,
    side: "down",
    ...placeOf(migration),
  };
}

type Failure = Extract<Outcome, { kind: "failed" }>;

function failureAgain({ upAgain }: RoundTrip): Failure | null {
  for (const { outcome } of upAgain?.statements ?? []) if (outcome.kind === "failed") return outcome;
  return null;
}

function hasFailed({ statements }: { statements: readonly { outcome: { kind: string } }[] }): boolean {
  return statements.some(({ outcome }) => outcome.kind !== "ran");
}

function evidenceOf(differences: readonly Difference[]): Text[] {
  const named = differences.slice(0, shown).map((difference) => say`observed: ${sentence(difference)}`);
  const rest = differences.length - named.length;
  return rest > 0 ? [...named, say`observed: ${rest} more differences`] : named;
}

/** Long definitions are left to the evidence. */
function inShort(difference: Difference): Text {
  const { kind, identity, change, before, after } = difference;
  const long = (before?.length ?? 0) + (after?.length ?? 0) > 100;
  return change === "changed" && long
    ? say`the ${[kind]} ${identity} is another than before`
    : sentence(difference);
}

function sentence({ kind, identity, change, before, after }: Difference): Text {
  if (change === "extra") return say`the ${[kind]} ${identity} is left behind`;
  if (change === "missing") return say`the ${[kind]} ${identity} is not brought back`;
  if (before === null || after === null) return say`the ${[kind]} ${identity} is another than before`;
  return say`the ${[kind]} ${identity} was ${before} and is ${after}`;
}

/** The down's last statement; its first line when it has none. */
function placeOf({ down }: Migration): { at: Span } {
  const last = down?.statements.at(-1);
  return { at: last?.span ?? { start: 0, end: 0 } };
}
