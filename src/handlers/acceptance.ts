import { reportOf } from "../review/report/report.ts";
import type { Accepted, Finding, Report } from "../review/types.ts";

/** What a command accepted, as our answer to it keeps it. */
export interface Acceptance {
  readonly rule: string;
  readonly reason: string;
  /** Login of who asked. */
  readonly by: string;
  readonly fingerprints: readonly string[];
}

/** Ends an answer: which comment it answers. */
export function answerMark(comment: number): string {
  return `<!-- drydock:answer:${comment} -->`;
}

/** The comment that one of our own comments answers; null when it answers none. */
export function answeredIn(body: string): number | null {
  const found = /<!-- drydock:answer:(\d+) -->\s*$/.exec(body)?.[1];
  return found === undefined ? null : Number(found);
}

/** Keeps an acceptance in the answer, where everybody sees it and nobody else can write. */
export function acceptanceMark(acceptance: Acceptance): string {
  return `<!-- drydock:accepted:${Buffer.from(JSON.stringify(acceptance)).toString("base64")} -->`;
}

/** The acceptance in one of our own answers; null when it holds none. */
export function acceptanceIn(body: string): Acceptance | null {
  const found = /<!-- drydock:accepted:([A-Za-z0-9+/=]+) -->\s*<!-- drydock:answer:\d+ -->\s*$/.exec(
    body,
  )?.[1];
  if (found === undefined) return null;
  try {
    const value: unknown = JSON.parse(Buffer.from(found, "base64").toString("utf8"));
    return isAcceptance(value) ? value : null;
  } catch {
    return null;
  }
}

function isAcceptance(value: unknown): value is Acceptance {
  const { rule, reason, by, fingerprints } = (value ?? {}) as Partial<Record<keyof Acceptance, unknown>>;
  const isText = [rule, reason, by].every((one) => typeof one === "string");
  return isText && Array.isArray(fingerprints) && fingerprints.every((one) => typeof one === "string");
}

/** The report without the findings that commands accepted; they are told as accepted, with who did and why. */
export function withAccepted(report: Report, acceptances: readonly Acceptance[]): Report {
  const own = report.findings.flatMap((finding): Accepted[] => {
    const one = acceptances.find((candidate) => covers(candidate, finding));
    return one ? [{ finding, reason: `${one.by}: ${one.reason}`, by: "command" }] : [];
  });
  if (own.length === 0) return report;
  const gone = new Set(own.map(({ finding }) => finding));
  return reportOf({
    ...report,
    findings: report.findings.filter((finding) => !gone.has(finding)),
    accepted: [...report.accepted, ...own],
    concerned: true,
  });
}

function covers({ rule, fingerprints }: Acceptance, finding: Finding): boolean {
  return finding.rule === rule && fingerprints.includes(finding.fingerprint);
}
