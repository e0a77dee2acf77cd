import { plain } from "../text.ts";
import type { Finding, Text } from "../types.ts";
import { codeSpan, fenced, markdown } from "./escape.ts";
import { type DiffLine, fixDiff } from "./fix-view.ts";
import { sequenceBlock } from "./sequence-view.ts";
import { verifiedAfter, verifiedText } from "./verified-text.ts";
import { capitalised, factGroups, joined } from "./words.ts";

export interface CommentOptions {
  /** What the commented lines become, for GitHub's one-click form; null where the fix does not fit into them. */
  readonly suggestion: string | null;
  /** The texts that the fix points into, for a plain difference where a suggestion does not fit. */
  readonly sources?: ReadonlyMap<string, string>;
  /** Where the rules' pages stand, e.g. "https://example.com/docs/rules"; the rule's id is not a link without it. */
  readonly rulesUrl?: string | null;
  /** Findings of the same rule in the same file, told along. */
  readonly more?: readonly Finding[];
}

const severityMarks = { error: "❌", warning: "⚠️", info: "ℹ️" } as const;

/** GitHub's own limit on a comment is 65,536 characters; a person's is lower. */
const mostFacts = 12;

/**
 * The Markdown of one inline comment: what will happen, what was observed, what to do instead, the fix, the rule, how to
 * accept it, and a hidden mark by which the comment is found again. Everything from the pull request is escaped.
 */
export function commentBody(finding: Finding, options: CommentOptions): string {
  return [
    ...findingBlocks(finding, options),
    ...moreBlocks(options.more ?? []),
    `<sub>${ruleLink(finding.rule, options.rulesUrl ?? null)} · to accept it: ${codeSpan(`/drydock ignore ${finding.rule} <reason>`)}</sub>`,
    markOf([finding, ...(options.more ?? [])]),
  ].join("\n\n");
}

/** The hidden mark of the findings that a comment speaks of, stable over pushes and rebases. */
export function markOf(findings: readonly Pick<Finding, "fingerprint">[]): string {
  const marks = findings.map(({ fingerprint }) => fingerprint.replace(/[^\w-]/g, ""));
  return `<!-- drydock:${marks.join(".")} -->`;
}

/** The fingerprints in the mark that ends one of our comments; none when it carries none. */
export function fingerprintsIn(body: string): readonly string[] {
  return /<!-- drydock:([\w.-]+) -->\s*$/.exec(body)?.[1]?.split(".") ?? [];
}

/** Where else in the file the same is found. */
function moreBlocks(more: readonly Finding[]): readonly string[] {
  if (more.length === 0) return [];
  const lines = more.slice(0, mostFacts).map(({ line, message }) => `- line ${line}: ${markdown(message)}`);
  const rest = more.length > mostFacts ? [`- and ${more.length - mostFacts} more`] : [];
  return [["**Also here:**", ...lines, ...rest].join("\n")];
}

/** A finding's Markdown blocks without rule and mark: headline, observations, advice, fix. */
export function findingBlocks(finding: Finding, { suggestion, sources }: CommentOptions): readonly string[] {
  return [
    `${severityMarks[finding.severity]} **${markdown(finding.message)}**`,
    ...evidenceBlocks(finding.evidence),
    ...(isShown(finding.instead, suggestion) ? [] : [`**Instead:** ${markdown(finding.instead)}`]),
    ...fixBlocks(finding, suggestion, sources ?? new Map()),
    ...(finding.sequence && suggestion === null ? [sequenceBlock(finding.sequence)] : []),
  ];
}

/** Whether there is no advice, or it only repeats the one statement that the suggestion shows below it. */
function isShown(instead: Text, suggestion: string | null): boolean {
  if (instead.length === 0) return true;
  const words = (text: string) => text.replace(/\s+/g, " ").replace(/[;.\s]+$/, "");
  return suggestion !== null && words(plain(instead)) === `Run ${words(suggestion).trim()}`;
}

/** Whether the advice names already what is to be done after the fix. */
function repeats(instead: Text, followUp: Text): boolean {
  const advice = plain(instead);
  const named = followUp.flatMap((part) => (typeof part === "string" ? [] : [part.code]));
  const literal = plain(followUp).match(/`[^`]+`/g) ?? [];
  const code = [...literal, ...named];
  return code.length > 0 && code.every((one) => advice.includes(one));
}

/** The rule's id, as a link to its page where one is known. */
export function ruleLink(rule: string, rulesUrl: string | null): string {
  if (rulesUrl === null) return codeSpan(rule);
  return `[${codeSpan(rule)}](${rulesUrl.replace(/\/$/, "")}/${encodeURIComponent(rule)}.md)`;
}

/** A line for each way of knowing, or a list where it has many facts to tell. */
function evidenceBlocks(evidence: readonly Text[]): readonly string[] {
  return factGroups(evidence).map(({ label, facts }) => {
    const title = label === "" ? "" : `**${capitalised(label)}:**`;
    const line = markdown(joined(facts, "; "));
    if (facts.length <= 3) return title === "" ? capitalised(line) : `${title} ${line}`;
    const shown = facts.slice(0, mostFacts).map((fact) => `- ${markdown(fact)}`);
    const more = facts.length > mostFacts ? [`- and ${facts.length - mostFacts} more`] : [];
    return [...(title ? [title] : []), ...shown, ...more].join("\n");
  });
}

function fixBlocks(
  finding: Finding,
  suggestion: string | null,
  sources: ReadonlyMap<string, string>,
): readonly string[] {
  if (!finding.fix) return [];
  const { verified, instead, evidence } = finding;
  const { followUp } = finding.fix;
  const ran = verified && (evidence.length > 0 ? verifiedAfter(verified) : verifiedText(verified));
  const afterwards = [
    ...(ran ? [`**With this, run in the sandbox:** ${markdown(ran)}`] : []),
    ...(followUp === null || repeats(instead, followUp) ? [] : [`**Then:** ${markdown(followUp)}`]),
  ];
  if (suggestion !== null) return [fenced(suggestion, "suggestion", { exact: true }), ...afterwards];
  const lines = fixDiff(finding, sources);
  if (lines.length === 0) return afterwards;
  return [fenced(lines.map(diffLine).join("\n"), "diff"), ...afterwards];
}

/** A line of a difference as a `diff` block shows it; a long one is cut. */
function diffLine({ kind, text }: DiffLine): string {
  const shown = text.length > 300 ? `${text.slice(0, 300)}…` : text;
  const marks = { file: "+++ ", kept: "  ", removed: "- ", added: "+ ", cut: "… " } as const;
  return `${marks[kind]}${shown}`;
}
