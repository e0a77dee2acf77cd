import type { ChangeSet, Finding, Statement } from "../types.ts";

/** What is told together, in one comment. */
export interface Group {
  /** The gravest. */
  readonly first: Finding;
  /** What else the same statement does. */
  readonly also: readonly Finding[];
  /** The same at other places of the file. */
  readonly elsewhere: readonly Finding[];
}

/** All findings of a group, the gravest first. */
export function membersOf({ first, also, elsewhere }: Group): readonly Finding[] {
  return [first, ...also, ...elsewhere];
}

/**
 * Findings, the gravest first, as they are told: what one statement does is told once, and the same danger at many places of a
 * file once, at the first. What has a remedy of its own is told by itself. `notes` are told along with what their statement does
 * besides, and never alone.
 */
export function groupsOf(
  findings: readonly Finding[],
  notes: readonly Finding[],
  changes: ChangeSet,
): readonly Group[] {
  const keyOf = subjectIn(changes);
  const statements: { readonly first: Finding; readonly also: Finding[] }[] = [];
  for (const finding of findings) {
    const known = statements.find(
      ({ first }) => keyOf(first) === keyOf(finding) && hasNoOtherRemedy(finding, first),
    );
    if (known) known.also.push(finding);
    else statements.push({ first: finding, also: [] });
  }
  const places = new Map<string, { first: Finding; also: Finding[]; elsewhere: Finding[] }>();
  for (const { first, also } of statements) {
    const { path, fix, sequence, fingerprint } = first;
    const rules = [first, ...also].map(({ rule, gates, severity }) => `${rule} ${gates} ${severity}`).sort();
    const key = [path, ...rules, (fix ?? sequence) ? fingerprint : ""].join("\0");
    const known = places.get(key);
    if (known) known.elsewhere.push(first, ...also);
    else places.set(key, { first, also, elsewhere: [] });
  }
  const groups = [...places.values()];
  for (const note of notes) groups.find(({ first }) => keyOf(first) === keyOf(note))?.also.push(note);
  return groups;
}

/** Whether a finding asks for nothing else than the one that it is told with. */
function hasNoOtherRemedy({ fix, sequence }: Finding, first: Finding): boolean {
  const isSame = (a: unknown, b: unknown) => JSON.stringify(a) === JSON.stringify(b);
  return (
    (fix === null || isSame(fix.edits, first.fix?.edits)) &&
    (sequence === null || isSame(sequence, first.sequence))
  );
}

/** What a finding is about: its statement; of one that does several things, the lines of the part. */
function subjectIn({ databases }: ChangeSet): (finding: Finding) => string {
  const statements = new Map<string, readonly Statement[]>();
  for (const { up, down } of databases.flatMap(({ steps }) => steps))
    for (const script of down ? [up, down] : [up])
      statements.set(script.path, [...(statements.get(script.path) ?? []), ...script.statements]);
  return ({ path, line, endLine }) => {
    const around = statements
      .get(path)
      ?.find((statement) => statement.line <= line && endLine <= statement.endLine);
    const isWhole = around && around.operations.length < 2;
    const [from, to] = isWhole ? [around.line, around.endLine] : [line, endLine];
    return `${path}\0${from}\0${to}`;
  };
}
