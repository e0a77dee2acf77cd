import type { Config } from "../review/config.ts";
import { hunksOf, isInDiff } from "../review/diff.ts";
import { commentBody } from "../review/report/comment.ts";
import { prose } from "../review/report/escape.ts";
import { onLinesOfFix, sourcesOf, suggestionOf } from "../review/report/fix-view.ts";
import { gapsOf } from "../review/report/gaps.ts";
import { type Group, groupsOf, membersOf } from "../review/report/groups.ts";
import type { ChangeSet, Finding, Report } from "../review/types.ts";
import type { Conversation, OwnThread } from "./conversation.ts";
import type { ChangedFile } from "./source.ts";

/** A comment to be made at a line of the diff. */
export interface NewComment {
  /** Of the findings that it speaks of. */
  readonly fingerprints: readonly string[];
  readonly path: string;
  readonly line: number;
  /** Only where the comment is about several lines. */
  readonly startLine: number | null;
  readonly body: string;
}

/** What becomes of a report on a pull request that may have been reviewed before. */
export interface Placement {
  /** Findings that get a comment now, the gravest first. */
  readonly fresh: readonly NewComment[];
  /** Fingerprints of findings whose earlier comment still stands where everybody sees it. */
  readonly standing: ReadonlySet<string>;
  /** Our comments of which nothing is left that would get a comment. */
  readonly gone: readonly OwnThread[];
  /** Our comments of which a part is gone, and what they say without it. */
  readonly revised: readonly { readonly thread: OwnThread; readonly body: string }[];
}

export interface PlacementOptions {
  readonly report: Report;
  readonly conversation: Pick<Conversation, "threads">;
  readonly files: readonly ChangedFile[];
  /** Most comments that stand in the diff at a time, and the least severity that gets one. */
  readonly comments: Pick<Config["comments"], "limit" | "from">;
  /** What is said of findings that are gone, by their fingerprints. */
  titleOf(fingerprints: readonly string[]): string;
}

/** GitHub's limit is 65,536 characters. */
const longestBody = 65_000;

/**
 * Compares a report with what was said before. A finding that has a comment is not said again: also not when a person
 * resolved it, and not when the lines around it moved on. One that is gone is said to be, if this review could tell.
 */
export function placementOf(options: PlacementOptions): Placement {
  const { report, conversation, files, comments } = options;
  const open = conversation.threads.filter((thread) => !thread.isFixed);
  const isWorthOne = ({ gates, severity }: Finding) => gates || rank[severity] <= rank[comments.from];
  const found = new Map(report.findings.map((finding) => [finding.fingerprint, finding]));
  const leftOf = ({ fingerprints }: OwnThread) => fingerprints.flatMap((one) => found.get(one) ?? []);
  const isFound = (thread: OwnThread) => leftOf(thread).some(isWorthOne);
  const gone = open.filter((thread) => !thread.isResolved && !isFound(thread) && canTell(thread, report));
  const kept = open.filter((thread) => !gone.includes(thread));
  const visible = kept.filter(
    (thread) => leftOf(thread).length > 0 && !thread.isOutdated && !thread.isResolved && !thread.isMinimized,
  );
  const said = new Set(kept.flatMap(({ fingerprints }) => fingerprints));
  const hunks = new Map(files.map(({ path, patch }) => [path, hunksOf(patch ?? "")]));
  const placeable = ranked(report.findings).filter(
    (finding) => !said.has(finding.fingerprint) && isInDiff(finding, hunks.get(finding.path) ?? []),
  );
  const notes = placeable.filter((finding) => !isWorthOne(finding));
  const room = Math.max(0, comments.limit - visible.length);
  return {
    fresh: groupsOf(placeable.filter(isWorthOne), notes, report.changes)
      .slice(0, room)
      .map((group) => commentOf(withRoomForFix(group, report, hunks), report)),
    standing: new Set(visible.flatMap(({ fingerprints }) => fingerprints)),
    gone,
    revised: kept.flatMap((thread) => revisionOf(thread, leftOf(thread), options)),
  };
}

/** A comment of which a part is gone, without that part; nothing where all of it stands, or nobody sees it. */
function revisionOf(
  thread: OwnThread,
  left: readonly Finding[],
  { report, titleOf }: PlacementOptions,
): Placement["revised"] {
  const { fingerprints, isResolved, isMinimized } = thread;
  const settled = fingerprints.filter((one) => !left.some(({ fingerprint }) => fingerprint === one));
  if (settled.length === 0 || isResolved || isMinimized || !canTell(thread, report)) return [];
  const [group, ...more] = groupsOf(ranked(left), [], report.changes);
  if (!group) return [];
  const all = { ...group, elsewhere: [...group.elsewhere, ...more.flatMap(membersOf)] };
  const what = settled.length === 1 ? "Another finding" : `${settled.length} other findings`;
  const { body } = commentOf(all, report, `${what} that stood here: ${titleOf(settled)}`);
  return [{ thread, body }];
}

const rank = { error: 0, warning: 1, info: 2 } as const;

/** Findings that gate go first, then by severity; otherwise in the report's order. */
function ranked(findings: readonly Finding[]): readonly Finding[] {
  return findings.toSorted(
    (a, b) => Number(b.gates) - Number(a.gates) || rank[a.severity] - rank[b.severity],
  );
}

/** On as many lines as a suggestion of the fix takes, where all of them are in the diff. */
function withRoomForFix(
  group: Group,
  { changes }: Report,
  hunks: ReadonlyMap<string, ReturnType<typeof hunksOf>>,
): Group {
  const text = sourcesOf(changes).get(group.first.path);
  const first = text === undefined ? group.first : onLinesOfFix(group.first, text);
  return isInDiff(first, hunks.get(first.path) ?? []) ? { ...group, first } : group;
}

function commentOf(group: Group, report: Report, settled: string | null = null): NewComment {
  const { first } = group;
  const { path, line, endLine } = first;
  const sources = sourcesOf(report.changes);
  const text = sources.get(path);
  const suggestion = text === undefined ? null : suggestionOf(first, text);
  const how = { ...group, settled, rulesUrl: report.rulesUrl };
  const body = commentBody(first, { ...how, suggestion, sources });
  const short = () =>
    commentBody({ ...first, evidence: [], fix: null, sequence: null }, { ...how, suggestion: null });
  return {
    fingerprints: membersOf(group).map(({ fingerprint }) => fingerprint),
    path,
    line: endLine,
    startLine: endLine > line ? line : null,
    body: body.length <= longestBody ? body : short(),
  };
}

/** A run that came to no verdict, or a file that was not fully checked, is no proof that a finding is gone. */
function canTell({ path }: OwnThread, { changes, runs, findings, leftOut }: Report): boolean {
  if (leftOut !== null) return false;
  const gaps = gapsOf(changes, runs, findings).filter((gap) => gap.matters);
  if (gaps.some((gap) => gap.path === "")) return false;
  if (isModelUnseen(path, changes, runs)) return false;
  if (!pathsOf(changes).has(path)) return true;
  const isUnder = (folder: string) => path.startsWith(`${folder}/`);
  return !gaps.some(
    (gap) => gap.path === path || gap.kind === "history" || (gap.kind === "run" && isUnder(gap.path)),
  );
}

/** Whether models that are read from the file could not be built. */
function isModelUnseen(path: string, { databases }: ChangeSet, runs: Report["runs"]): boolean {
  return databases.some(
    ({ directory, models }) =>
      models?.head.some((file) => file.path === path) &&
      runs.find((run) => run.directory === directory)?.models?.head.kind !== "built",
  );
}

function pathsOf({ databases, queries, skipped }: ChangeSet): ReadonlySet<string> {
  const scripts = databases.flatMap(({ steps }) =>
    steps.flatMap(({ up, down }) => (down ? [up, down] : [up])),
  );
  return new Set([...scripts, ...queries, ...skipped].map(({ path }) => path));
}

/** What is said of earlier comments whose findings are gone or accepted, by fingerprint. */
export function settledTitles(report: Pick<Report, "accepted">, commit: string) {
  const reasons = new Map(report.accepted.map(({ finding, reason }) => [finding.fingerprint, reason]));
  return (fingerprints: readonly string[]): string => {
    const reason = fingerprints.map((one) => reasons.get(one)).find((one) => one !== undefined);
    return reason === undefined
      ? `✅ **Fixed in ${commit.slice(0, 7)}**`
      : `☑️ **Accepted**: ${prose(reason)}`;
  };
}

/** An earlier comment, folded under a line that says that its finding is gone, or accepted. */
export function settledBody(body: string, said: string, mark: string): string {
  const headline = body.split("\n", 1)[0] ?? "";
  const title = /^\S+ \*\*(.+)\*\*$/.exec(headline)?.[1] ?? headline;
  const details = `<details><summary>What was said</summary>\n\n${withoutSuggestion(body)}\n\n</details>`;
  return [
    said,
    `~~${title}~~`,
    ...(details.length + title.length < longestBody ? [details] : []),
    mark,
    markIn(body),
  ].join("\n\n");
}

/** The finding's own mark stays last, so that the comment is still known. */
function markIn(body: string): string {
  return body.match(/<!-- drydock:[\w.-]+ -->\s*$/)?.[0].trim() ?? "";
}

/** A suggestion must not be applied to lines that have changed: it is shown as plain SQL. */
function withoutSuggestion(body: string): string {
  return body.replace(/^(`{3,})suggestion$/gm, "$1sql").replace(/\n*<!-- drydock:[\w.-]+ -->\s*$/, "");
}
