import type { Finding, Text } from "../types.ts";
import { codeSpan } from "./escape.ts";

/** Findings of one file that say the same in the same words, of different names. */
export interface Alike {
  /** The one that is told in full. */
  readonly first: Finding;
  readonly others: readonly Finding[];
}

/** Findings by what they say, in the order of the first of each kind. */
export function alikeOf(findings: readonly Finding[]): readonly Alike[] {
  const kinds = new Map<string, { readonly first: Finding; readonly others: Finding[] }>();
  for (const finding of findings) {
    const known = kinds.get(wordsOf(finding));
    if (known) known.others.push(finding);
    else kinds.set(wordsOf(finding), { first: finding, others: [] });
  }
  return [...kinds.values()];
}

/** Whether two findings say the same in the same words. */
export function isAlike(a: Finding, b: Finding): boolean {
  return wordsOf(a) === wordsOf(b);
}

/** Where one of the others is, and which of its names are not those of the one that is told in full: "line 3: `t2`". */
export function lineOf(finding: Finding, first: Finding): string {
  const names = differing(finding, first);
  return names.length > 0 ? `line ${finding.line}: ${names.join(", ")}` : `line ${finding.line}`;
}

/** The names of a message that are not those of another one with the same words. */
export function differing(finding: Finding, first: Finding): readonly string[] {
  const before = namesIn(first.message);
  const own = namesIn(finding.message).filter((name, i) => name !== before[i]);
  return [...new Set(own)].map((name) => codeSpan(name));
}

/** What a finding says without its names. One with steps is like no other. */
function wordsOf({
  path,
  rule,
  severity,
  gates,
  message,
  evidence,
  instead,
  sequence,
  fingerprint,
}: Finding): string {
  const texts = [message, ...evidence, instead].map(literals);
  return [path, rule, severity, gates, ...texts, sequence === null ? "" : fingerprint].join("\0");
}

function literals(text: Text): string {
  return text.map((part) => (typeof part === "string" ? part : "\u0001")).join("");
}

function namesIn(text: Text): readonly string[] {
  return text.flatMap((part) => (typeof part === "string" ? [] : [part.code]));
}
