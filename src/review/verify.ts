import type { Alteration } from "./edited.ts";
import { effectOf, type Seen, statementsAt } from "./effect.ts";
import { collide, distinctEdits } from "./fix.ts";
import { alterationOf, apartFromEachOther, joinedOf, withoutAll } from "./joined.ts";
import { withReason } from "./sequence.ts";
import { flawOf } from "./sequence-flaw.ts";
import { isSettled, isThrough } from "./statement-run.ts";
import { say } from "./text.ts";
import type {
  ChangeSet,
  Database,
  DryRun,
  Edit,
  Finding,
  Migration,
  MigrationRun,
  Span,
  Text,
  Verified,
} from "./types.ts";

/** What was shown to be right by running it. */
export interface Proofs {
  readonly fixes: Map<string, Verified>;
  readonly sequences: Set<string>;
  /** Why sequences that were run are not offered. */
  readonly withheld: Map<string, Text>;
}

/** A version of the change that is to be run. */
export interface Attempt {
  readonly kind: "fixes" | "sequence";
  readonly database: Database;
  /** Where several sequences are run at once: steps that have no part in each other, by migration. */
  readonly levels: readonly (readonly string[])[] | null;
}

interface Verification {
  readonly database: Database;
  readonly run: DryRun;
  /** What the rules say of this database as it is. */
  readonly findings: readonly Finding[];
  /** Where proofs are put as they come, so that they count also when the time is over. */
  readonly proofs: Proofs;
  /** The change with its files altered; null when that cannot be read. */
  reread(alteration: Alteration): ChangeSet | null;
  /** What the rules say of it, or of some of its files alone. */
  check(changes: ChangeSet, run: DryRun, only?: ReadonlySet<string>): readonly Finding[];
}

/** Fixes that are run alone, and sequences, of one database: each costs a run. */
const mostAlone = 6;
const mostSequences = 6;

/**
 * Runs what findings offer before it is offered: all fixes that do not touch each other at once, each alone where that
 * does harm, then each sequence. Yields a version of the change, and is given what was seen of it.
 */
export function* verification(asked: Verification): Generator<Attempt, void, DryRun> {
  const fixes = asked.findings.filter(({ fix }) => fix !== null);
  const sequences = asked.findings.filter(({ sequence }) => sequence !== null);
  for (const finding of sequences)
    asked.proofs.withheld.set(keyOf(finding), say`there was no time to run them`);
  const together = compatible(fixes);
  const alone = fixes.filter((finding) => !together.includes(finding));
  const isClean = together.length === 0 || (yield* tryFixes(asked, together));
  if (!isClean && together.length > 1) alone.unshift(...together);
  for (const finding of alone.slice(0, mostAlone)) yield* tryFixes(asked, [finding]);
  const needed = sequences.filter((finding) => !isNeedless(finding, asked.proofs));
  const tried = needed.slice(0, mostSequences);
  const left = tried.length > 1 ? yield* tryAtOnce(asked, tried) : tried;
  for (const finding of left) yield* trySequence(asked, finding);
}

/** The findings with what was proved of them; a fix or a sequence that was not is taken away. */
export function proved(findings: readonly Finding[], { fixes, sequences, withheld }: Proofs): Finding[] {
  return findings.map((finding) => {
    const verified = fixes.get(keyOf(finding)) ?? null;
    const why = isNeedless(finding, { fixes }) ? undefined : withheld.get(keyOf(finding));
    return {
      ...(why ? withReason(finding, why) : finding),
      fix: verified && finding.fix,
      verified,
      sequence: sequences.has(keyOf(finding)) ? finding.sequence : null,
    };
  });
}

/** Whether all that the fixes do together is good; each one whose finding is gone then counts as verified. */
function* tryFixes(asked: Verification, fixed: readonly Finding[]): Generator<Attempt, boolean, DryRun> {
  const edits = distinctEdits(fixed.flatMap(({ fix }) => fix?.edits ?? []));
  const seen = yield* attempt(asked, draftOf("fixes", asked, { edits }));
  if (!seen || notRun(seen.run) > notRun(asked.run) || leftBehind(seen.run) > leftBehind(asked.run))
    return false;
  if (surplus(gating(seen.findings), gating(asked.findings)).length > 0) return false;
  const left = seen.findings.map(subjectOf);
  const before = asked.findings.map(subjectOf);
  for (const finding of fixed) {
    const subject = subjectOf(finding);
    const own = fixed.filter((other) => subjectOf(other) === subject).length;
    if (count(left, subject) > count(before, subject) - own) continue;
    const after = touchedBy(finding, edits, seen.database, seen.run);
    if (after.some(({ run }) => run?.outcome.kind !== "ran")) continue;
    asked.proofs.fixes.set(keyOf(finding), {
      before: effectOf(originOf(finding, asked)),
      after: effectOf(after),
    });
  }
  return true;
}

function* trySequence(asked: Verification, finding: Finding): Generator<Attempt, void, DryRun> {
  const { sequence } = finding;
  if (!sequence) return;
  const seen = yield* attempt(asked, draftOf("sequence", asked, alterationOf(sequence)));
  conclude(asked, finding, seen ? flawOf(sequence, seen, asked.run) : say`they could not be run`);
}

/**
 * Runs sequences that have no part in each other as one change, which takes about as long as one of them. Answers those that
 * this does not show to be right: each of them may still be, alone.
 */
function* tryAtOnce(
  asked: Verification,
  findings: readonly Finding[],
): Generator<Attempt, readonly Finding[], DryRun> {
  const drafts = apartFromEachOther(findings).flatMap(({ finding, sequence }) => {
    const draft = draftOf("sequence", asked, alterationOf(sequence));
    return draft ? [{ finding, sequence, draft }] : [];
  });
  const [first] = drafts;
  const without = first && draftOf("sequence", asked, withoutAll(drafts.map(({ sequence }) => sequence)));
  const joined = without && drafts.length > 1 && joinedOf(without.database, drafts);
  if (!joined) return findings;
  const { database, levels } = joined;
  const run = yield { kind: "sequence", database, levels };
  const right = drafts.filter(({ finding, sequence, draft }) => {
    const flaw = flawOf(sequence, seenOf(asked, draft, joined.of(sequence, run)), asked.run);
    if (!flaw) conclude(asked, finding, null);
    return !flaw;
  });
  return findings.filter((finding) => !right.some((one) => one.finding === finding));
}

function conclude({ proofs }: Verification, finding: Finding, flaw: Text | null): void {
  if (flaw) proofs.withheld.set(keyOf(finding), flaw);
  else {
    proofs.withheld.delete(keyOf(finding));
    proofs.sequences.add(keyOf(finding));
  }
}

/** A migration of its own is not needed for what can be done where it stands. */
function isNeedless(finding: Finding, { fixes }: Pick<Proofs, "fixes">): boolean {
  return finding.sequence?.steps.length === 1 && fixes.has(keyOf(finding));
}

/** A version of the change as it is read. */
interface Draft {
  readonly kind: Attempt["kind"];
  readonly changes: ChangeSet;
  readonly database: Database;
  /** Its steps; those that are as they were are only applied. */
  readonly steps: readonly Migration[];
}

interface SeenDraft extends Draft {
  readonly run: DryRun;
  readonly findings: readonly Finding[];
}

function draftOf(
  kind: Draft["kind"],
  { database, reread }: Verification,
  alteration: Alteration,
): Draft | null {
  const changes = reread(alteration);
  const again = changes?.databases.find(
    ({ directory, framework }) => directory === database.directory && framework === database.framework,
  );
  if (!changes || !again) return null;
  const { edits, added = [] } = alteration;
  // Of what a sequence leaves of the migration that it came from, only the schema matters.
  const paths = new Set((kind === "sequence" ? added : [...edits, ...added]).map(({ path }) => path));
  const isTouched = ({ up, down }: Migration) =>
    paths.has(up.path) || (down !== null && paths.has(down.path));
  const steps = again.steps.map((step) => (isTouched(step) ? step : { ...step, status: "kept" as const }));
  return { kind, changes, database: again, steps };
}

function* attempt(asked: Verification, draft: Draft | null): Generator<Attempt, SeenDraft | null, DryRun> {
  if (!draft) return null;
  const { kind, database, steps } = draft;
  const run = yield { kind, database: { ...database, steps }, levels: null };
  return run.lost === null ? seenOf(asked, draft, run) : null;
}

/** What is seen of a version in a run of it, or of more than it. */
function seenOf({ run: first, check }: Verification, draft: Draft, seen: DryRun): SeenDraft {
  const { kind, changes, steps } = draft;
  const own = steps.flatMap(({ id }) => seen.migrations.filter(({ migration }) => migration === id));
  const run = { ...seen, migrations: own.map((migration) => remembered(migration, steps, first)) };
  // A sequence answers for its own migrations, fixes for all.
  const touched = steps.flatMap(({ status, up }) => (status === "kept" ? [] : [up.path]));
  const only = kind === "sequence" ? new Set(touched) : undefined;
  return { ...draft, run, findings: check(changes, run, only) };
}

/** A migration that the alteration left alone is only applied again: what was seen of it stands, where it ran as before. */
function remembered(migration: MigrationRun, steps: readonly Migration[], first: DryRun): MigrationRun {
  const known = first.migrations.find((candidate) => candidate.migration === migration.migration);
  const isKept = steps.find(({ id }) => id === migration.migration)?.status === "kept";
  if (!isKept || !known || !isThrough(migration.up) || !isThrough(known.up)) return migration;
  return { ...known, before: migration.before, after: migration.after };
}

/** Statements that were not seen to run. */
function notRun({ migrations }: DryRun): number {
  const scripts = migrations.flatMap(({ up, roundTrip }) => [up, roundTrip?.down, roundTrip?.upAgain]);
  return scripts.flatMap((script) => script?.statements ?? []).filter(({ outcome }) => !isSettled(outcome))
    .length;
}

/** What round trips did not bring back. */
function leftBehind({ migrations }: DryRun): number {
  return migrations.reduce(
    (sum, { roundTrip }) => sum + (roundTrip ? roundTrip.residue.length + roundTrip.data.length : 0),
    0,
  );
}

function originOf({ fix }: Finding, { database, run }: Verification): readonly Seen[] {
  const edits = fix?.edits ?? [];
  return filesOf(edits).flatMap((path) => {
    const spans = edits.filter((edit) => edit.path === path);
    return statementsAt(path, spans, database.steps, run.migrations);
  });
}

/** The statements that a fix changed or added, as the edited files have them. */
function touchedBy({ fix }: Finding, all: readonly Edit[], database: Database, run: DryRun): readonly Seen[] {
  const edits = (fix?.edits ?? []).map((edit) => JSON.stringify(edit));
  return filesOf(fix?.edits ?? []).flatMap((path) => {
    const moved = movedSpans(all.filter((edit) => edit.path === path));
    const spans = moved.filter(({ edit }) => edits.includes(JSON.stringify(edit))).map(({ span }) => span);
    return statementsAt(path, spans, database.steps, run.migrations);
  });
}

/** Where the text of each edit stands when all are made. */
function movedSpans(edits: readonly Edit[]): readonly { edit: Edit; span: Span }[] {
  let shift = 0;
  return edits
    .toSorted((a, b) => a.start - b.start || a.end - b.end)
    .map((edit) => {
      const start = edit.start + shift;
      shift += edit.text.length - (edit.end - edit.start);
      return { edit, span: { start, end: start + edit.text.length } };
    });
}

/** As many fixes as can be applied at once; the same edit of two fixes is one. */
function compatible(findings: readonly Finding[]): readonly Finding[] {
  const taken: Edit[] = [];
  return findings.filter(({ fix }) => {
    const edits = fix?.edits ?? [];
    if (edits.some((edit) => taken.some((other) => collide(edit, other)))) return false;
    taken.push(...edits);
    return true;
  });
}

function filesOf(edits: readonly Edit[]): readonly string[] {
  return [...new Set(edits.map(({ path }) => path))];
}

function gating(findings: readonly Finding[]): readonly string[] {
  return findings.filter(({ gates }) => gates).map(subjectOf);
}

/** What the first list has more often than the second. */
function surplus(some: readonly string[], others: readonly string[]): readonly string[] {
  return some.filter((name) => count(some, name) > count(others, name));
}

function count(names: readonly string[], name: string): number {
  return names.filter((other) => other === name).length;
}

/** What a finding is about, whatever its statement looks like now. */
function subjectOf({ rule, object, path }: Finding): string {
  return JSON.stringify([rule, object, path]);
}

function keyOf({ rule, object, path, line, fix }: Finding): string {
  return JSON.stringify([rule, object, path, line, fix?.edits ?? []]);
}
