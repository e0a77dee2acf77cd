import { createHash } from "node:crypto";
import type { Rule } from "./rule.ts";
import { normaliseStatement } from "./sql/names.ts";
import type { Finding, Place, Problem, Script, Severity, Span } from "./types.ts";

/** How much a rule's answer weighs: the configuration's word for the rule; a problem that is milder stays milder. */
export type Override = Severity | undefined;

const order: readonly Severity[] = ["error", "warning", "info"];

/** A problem with its rule, severity and place. `subject` is the text that it is about: part of its identity. */
export function findingOf(
  id: string,
  rule: Rule,
  problem: Problem,
  place: Place,
  subject: string,
  override: Override,
): Finding {
  const severity = milder(override ?? rule.severity, problem.severity ?? "error");
  return {
    ...place,
    rule: id,
    severity,
    gates: severity === "error",
    message: problem.message,
    evidence: problem.evidence ?? [],
    instead: problem.instead ?? [rule.instead],
    object: problem.object,
    fix: problem.fix ?? null,
    verified: null,
    sequence: null,
    fingerprint: hash([id, problem.object, normaliseStatement(subject)]),
  };
}

/** The whole lines of a span of a script's text; 1-based. */
export function placeOf(script: Script, { start, end }: Span): Place {
  const line = lineAt(script.text, start);
  const last = Math.max(start, end - 1);
  return { path: script.path, line, endLine: lineAt(script.text, last) };
}

/**
 * Findings by severity, path and line, each once. Two that are the same but for their place get different fingerprints,
 * by their order.
 */
export function arrange(findings: readonly Finding[]): Finding[] {
  const sorted = findings.toSorted(
    (a, b) =>
      order.indexOf(a.severity) - order.indexOf(b.severity) ||
      compare(a.path, b.path) ||
      a.line - b.line ||
      compare(a.rule, b.rule) ||
      compare(a.object, b.object),
  );
  const seen = new Map<string, Finding[]>();
  return sorted.flatMap((finding) => {
    const same = seen.get(finding.fingerprint) ?? [];
    if (same.some(({ path, line }) => path === finding.path && line === finding.line)) return [];
    seen.set(finding.fingerprint, [...same, finding]);
    if (same.length === 0) return [finding];
    return [{ ...finding, fingerprint: hash([finding.fingerprint, String(same.length + 1)]) }];
  });
}

function milder(a: Severity, b: Severity): Severity {
  return order.indexOf(a) > order.indexOf(b) ? a : b;
}

function lineAt(text: string, offset: number): number {
  let line = 1;
  for (let at = text.indexOf("\n"); at >= 0 && at < offset; at = text.indexOf("\n", at + 1)) line += 1;
  return line;
}

/** By code unit, so that the order is the same everywhere. */
function compare(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}

function hash(parts: readonly string[]): string {
  return createHash("sha256").update(parts.join("\u0000")).digest("hex").slice(0, 16);
}
