import { plain } from "../text.ts";
import type { Finding, Text } from "../types.ts";
import { alikeOf, isAlike, lineOf } from "./alike.ts";
import { codeSpan, fenced, markdown } from "./escape.ts";
import { type DiffLine, fixDiff } from "./fix-view.ts";
import { sequenceBlock } from "./sequence-view.ts";
import { verifiedAfter, verifiedText } from "./verified-text.ts";
import { capitalised, factGroups, firstSentence, joined, merged } from "./words.ts";

export interface CommentOptions {
  /** What the commented lines become, for GitHub's one-click form; null where the fix does not fit into them. */
  readonly suggestion: string | null;
  /** The texts that the fix points into, for a plain difference where a suggestion does not fit. */
  readonly sources?: ReadonlyMap<string, string>;
  /** Where the rules' pages stand, e.g. "https://example.com/docs/rules"; the rule's id is not a link without it. */
  readonly rulesUrl?: string | null;
  /** What else the same statement does; nothing when left out. */
  readonly also?: readonly Finding[];
  /** The same at other places of the file; nowhere when left out. */
  readonly elsewhere?: readonly Finding[];
  /** What became of findings that the comment spoke of before, as Markdown; of none when left out. */
  readonly settled?: string | null;
}

const severityMarks = { error: "❌", warning: "⚠️", info: "ℹ️" } as const;

/** GitHub's own limit on a comment is 65,536 characters; a person's is lower. */
const mostPlaces = 40;
const mostFacts = 12;

/**
 * The Markdown of one inline comment: what will happen, what was observed, what to do instead, the fix, the rule, how to
 * accept it, and a hidden mark by which the comment is found again. Everything from the pull request is escaped.
 */
export function commentBody(finding: Finding, options: CommentOptions): string {
  const { also = [], elsewhere = [], settled = null, rulesUrl = null } = options;
  const all = [finding, ...also, ...elsewhere];
  return [
    ...headlineBlocks(finding),
    ...alsoBlocks(finding, also),
    ...detailBlocks(finding, options),
    ...elsewhereBlocks([finding, ...also], elsewhere),
    ...(settled === null ? [] : [settled]),
    footer(acceptable(all), rulesUrl),
    markOf(all),
  ].join("\n\n");
}

/** The rules of what somebody may want to accept: notes ask for nothing, unless there is nothing else. */
function acceptable(findings: readonly Finding[]): readonly string[] {
  const graver = findings.filter(({ gates, severity }) => gates || severity !== "info");
  return [...new Set((graver.length > 0 ? graver : findings).map(({ rule }) => rule))];
}

/** The rules' pages where they are known, and how to accept what they say. */
function footer(rules: readonly string[], rulesUrl: string | null): string {
  const [rule = "", ...others] = rules;
  if (others.length > 0) {
    const links = rules.map((one) => ruleLink(one, rulesUrl)).join(", ");
    return `<sub>${links} · accept one with ${codeSpan("/drydock ignore <rule> <reason>")}</sub>`;
  }
  const why = rulesUrl === null ? "" : `[Why](${pageOf(rule, rulesUrl)}) · `;
  return `<sub>${why}accept it with ${codeSpan(`/drydock ignore ${rule} <reason>`)}</sub>`;
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

/** What else the statement does: a line each, with what was not said yet. */
function alsoBlocks(first: Finding, also: readonly Finding[]): readonly string[] {
  const said = new Set([...first.evidence, first.instead].map(plain));
  const lines = also.map(({ severity, message, evidence, instead }) => {
    // A note among graver things needs no mark, and no more words than in the summary.
    if (severity === "info") return `- ${markdown(message)}`;
    const news = evidence.filter((fact) => !said.has(plain(fact)));
    const advice = first.sequence !== null || said.has(plain(instead)) ? [] : [instead];
    for (const text of [...news, ...advice]) said.add(plain(text));
    const facts = news.slice(0, 3).map((fact) => capitalised(markdown(fact)));
    const parts = [
      markdown(message),
      ...facts.map((fact) => `${fact}.`),
      ...advice.map((text) => markdown(text)),
    ];
    return `- ${severityMarks[severity]} ${parts.join(" ")}`;
  });
  return lines.length > 0 ? [lines.join("\n")] : [];
}

/** Where else in the file the same is found: a line for each thing that is said, the names of the places that have others. */
function elsewhereBlocks(told: readonly Finding[], elsewhere: readonly Finding[]): readonly string[] {
  if (elsewhere.length === 0) return [];
  const shown = elsewhere.slice(0, mostPlaces);
  const lines = alikeOf(shown).map(({ first, others }) => {
    const known = told.find((finding) => isAlike(finding, first));
    const places = others.map((other) => lineOf(other, known ?? first));
    const head = known ? lineOf(first, known) : `line ${first.line}: ${markdown(first.message)}`;
    return `- ${[head, ...places].join("; ")}`;
  });
  const rest = elsewhere.length > mostPlaces ? [`- and ${elsewhere.length - mostPlaces} more`] : [];
  return [["**Also here:**", ...lines, ...rest].join("\n")];
}

/** A finding's Markdown blocks without rule and mark: headline, observations, advice, fix. */
export function findingBlocks(finding: Finding, options: CommentOptions): readonly string[] {
  return [...headlineBlocks(finding), ...detailBlocks(finding, options)];
}

/** What happens, for everybody to see, and what else there is to say of it. */
function headlineBlocks({ severity, message }: Finding): readonly string[] {
  const [first, rest] = firstSentence(message);
  return [`${severityMarks[severity]} **${markdown(first)}**`, ...(rest.length > 0 ? [markdown(rest)] : [])];
}

function detailBlocks(finding: Finding, { suggestion, sources }: CommentOptions): readonly string[] {
  return [
    ...evidenceBlocks(finding.evidence),
    ...(isShown(finding, suggestion) ? [] : [`**Instead:** ${markdown(finding.instead)}`]),
    ...fixBlocks(finding, suggestion, sources ?? new Map()),
    ...(finding.sequence && suggestion === null ? [sequenceBlock(finding.sequence)] : []),
  ];
}

/** Whether there is no advice, or it is shown below: by the suggestion, with what that leaves open, or by the migrations. */
function isShown({ instead, sequence }: Finding, suggestion: string | null): boolean {
  return instead.length === 0 || sequence !== null || suggestion !== null;
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
  return rulesUrl === null ? codeSpan(rule) : `[${codeSpan(rule)}](${pageOf(rule, rulesUrl)})`;
}

function pageOf(rule: string, rulesUrl: string): string {
  return `${rulesUrl.replace(/\/$/, "")}/${encodeURIComponent(rule)}.md`;
}

/** One line for the ways of knowing that have few facts to tell, and a list for each of the others. */
function evidenceBlocks(evidence: readonly Text[]): readonly string[] {
  const groups = factGroups(evidence).map(({ label, facts }) => ({ label, facts: merged(facts, mostFacts) }));
  const few = groups.filter(({ facts }) => facts.length <= 3);
  const lists = groups.filter(({ facts }) => facts.length > 3);
  const line = few.map(({ label, facts }) => {
    const text = markdown(joined(facts, "; "));
    return label === "" ? capitalised(text) : `**${capitalised(label)}:** ${text}`;
  });
  return [
    ...(line.length > 0 ? [line.join(". ")] : []),
    ...lists.map(({ label, facts }) => {
      const shown = facts.slice(0, mostFacts).map((fact) => `- ${markdown(fact)}`);
      const more = facts.length > mostFacts ? [`- and ${facts.length - mostFacts} more`] : [];
      return [...(label === "" ? [] : [`**${capitalised(label)}:**`]), ...shown, ...more].join("\n");
    }),
  ];
}

function fixBlocks(
  finding: Finding,
  suggestion: string | null,
  sources: ReadonlyMap<string, string>,
): readonly string[] {
  if (!finding.fix) return [];
  const { verified, instead, evidence } = finding;
  const { followUp, beyond } = finding.fix;
  const ran = verified && (evidence.length > 0 ? verifiedAfter(verified) : verifiedText(verified));
  const isTold = followUp !== null && suggestion === null && repeats(instead, followUp);
  const afterwards = [
    ...(beyond && suggestion !== null ? [markdown(beyond)] : []),
    ...(ran ? [`**With this, run in the sandbox:** ${markdown(ran)}`] : []),
    ...(followUp === null || isTold ? [] : [`**Then:** ${markdown(followUp)}`]),
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
