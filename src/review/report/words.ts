import { say } from "../text.ts";
import type { Finding, Place, PlanNode, PlanOutcome, Text } from "../types.ts";

/** "1 warning", "2 warnings": a number with its noun. */
export function count(n: number, noun: string, plural = `${noun}s`): string {
  return `${n} ${n === 1 ? noun : plural}`;
}

/** The text with a capital letter at its start. */
export function capitalised(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

/** "a", "a and b", "a, b and c". */
export function listed(parts: readonly string[]): string {
  if (parts.length < 2) return parts.join("");
  return `${parts.slice(0, -1).join(", ")} and ${parts.at(-1)}`;
}

/** Texts with a separator between them; empty ones are left out. */
export function joined(texts: readonly Text[], separator = ", "): Text {
  return texts
    .filter((text) => text.length > 0)
    .flatMap((text, i) => (i === 0 ? text : [separator, ...text]));
}

/** A text's first sentence, and the others. */
export function firstSentence(text: Text): readonly [Text, Text] {
  const parts: Text[number][] = [];
  for (const part of text) {
    const last = parts.at(-1);
    if (typeof part === "string" && typeof last === "string") parts[parts.length - 1] = last + part;
    else parts.push(part);
  }
  for (const [i, part] of parts.entries()) {
    const end = typeof part === "string" ? part.search(/(?<!\b[a-z]\.[a-z])\. /) : -1;
    if (typeof part !== "string" || end === -1) continue;
    const rest = [part.slice(end + 2), ...parts.slice(i + 1)].filter((one) => one !== "");
    return [[...parts.slice(0, i), part.slice(0, end + 1)], rest];
  }
  return [text, []];
}

/** Facts that are known in the same way: observed, documented, configured, before, after. */
export interface FactGroup {
  /** "" for facts that do not say how they are known. */
  readonly label: string;
  readonly facts: readonly Text[];
}

/** Evidence by how it is known: an entry says so with a word and a colon at its start, as in "observed: full scan of …". */
export function factGroups(evidence: readonly Text[]): readonly FactGroup[] {
  const labelled = evidence.map(labelledFact);
  const labels = [...new Set(labelled.map(({ label }) => label))];
  return labels.map((label) => ({
    label,
    facts: labelled.filter((fact) => fact.label === label).map(({ fact }) => fact),
  }));
}

function labelledFact(text: Text): { label: string; fact: Text } {
  const until = text.findIndex((part) => typeof part !== "string");
  const literal = (until === -1 ? text : text.slice(0, until)).join("");
  const match = /^([a-z]{3,10}): /.exec(literal);
  if (!match) return { label: "", fact: text };
  return {
    label: match[1] ?? "",
    fact: [literal.slice(match[0].length), ...(until === -1 ? [] : text.slice(until))],
  };
}

/** Facts that say the same of different names, as one with all the names, at most `limit` of them. */
export function merged(facts: readonly Text[], limit: number): readonly Text[] {
  const groups = new Map<string, { readonly said: Text; readonly names: Text[] }>();
  for (const fact of facts) {
    const parts = fact.filter((part) => part !== "");
    const last = parts.at(-1);
    const isNamed = last !== undefined && typeof last !== "string";
    const said = isNamed ? parts.slice(0, -1) : parts;
    const key = JSON.stringify([said, isNamed]);
    const group = groups.get(key) ?? { said, names: [] };
    if (isNamed) group.names.push([last]);
    groups.set(key, group);
  }
  return [...groups.values()].map(({ said, names }) => {
    const more = names.length > limit ? [` and ${names.length - limit} more`] : [];
    return [...said, ...joined(names.slice(0, limit)), ...more];
  });
}

/** "path:3", "path:3-5", or the path alone. */
export function placeOf({
  path,
  line,
  endLine,
}: Place | { path: string; line: number | null; endLine?: number }): string {
  if (line === null) return path;
  return endLine && endLine > line ? `${path}:${line}-${endLine}` : `${path}:${line}`;
}

/** "1 blocking finding, 2 warnings": what was found, in a few words; "" when nothing was. */
export function tally(findings: readonly Finding[]): string {
  const blocking = findings.filter((finding) => finding.gates).length;
  const rest = findings.filter((finding) => !finding.gates);
  const of = (severity: Finding["severity"]) =>
    rest.filter((finding) => finding.severity === severity).length;
  const parts = [
    blocking > 0 && count(blocking, "blocking finding"),
    of("error") > 0 && count(of("error"), "error that does not block", "errors that do not block"),
    of("warning") > 0 && count(of("warning"), "warning"),
    of("info") > 0 && count(of("info"), "note"),
  ];
  return parts.filter((part) => part !== false).join(", ");
}

/** How the tables of a query are read: "Seq Scan on orders, Index Scan on users (users_pkey)". */
export function planText(outcome: PlanOutcome): Text {
  if (outcome.kind === "failed") return say`does not run: ${outcome.message}`;
  if (outcome.kind === "not-evaluated") return ["not evaluated: ", { code: outcome.reason }];
  const scans = scansOf(outcome.root).map(scanText);
  const shown: Text = scans.length > 0 ? joined(scans.slice(0, 4)) : [outcome.root.type];
  const more: Text = scans.length > 4 ? [` and ${scans.length - 4} more`] : [];
  return [...shown, ...more, `, cost ${costOf(outcome.cost)}`];
}

function scanText({ type, relation, index }: PlanNode): Text {
  const on: Text = relation === null ? [type] : say`${[type]} on ${relation}`;
  return index === null ? on : say`${on} (${index})`;
}

function scansOf(node: PlanNode): readonly PlanNode[] {
  const inner = node.children.flatMap(scansOf);
  const isScan = node.relation !== null || (node.index !== null && inner.length === 0);
  return isScan ? [node, ...inner.filter((child) => child.relation !== null)] : inner;
}

function costOf(cost: number): string {
  return cost >= 100 ? Math.round(cost).toLocaleString("en-US") : cost.toFixed(1);
}
