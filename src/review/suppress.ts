import picomatch from "picomatch";
import type { Config } from "./config.ts";
import type { Accepted, Finding, Suppression } from "./types.ts";

/** What accepts findings, beside the comments of the change itself: both are read from the base side. */
export interface Acceptance {
  readonly config: Pick<Config, "suppress">;
  /** Identities of findings that the baseline holds. */
  readonly baseline: ReadonlySet<string>;
  /** The day of the review, as YYYY-MM-DD. */
  readonly today: string;
}

/** Findings that stand, findings that are accepted, and what each comment did. */
export interface Suppressed {
  readonly findings: readonly Finding[];
  readonly accepted: readonly Accepted[];
  readonly applied: ReadonlySet<Suppression>;
  /** Comments that stand on something that was seen to fail. */
  readonly refused: ReadonlySet<Suppression>;
}

/**
 * Takes out the findings that somebody accepted with a reason. A comment never accepts what was seen to fail: it is in the
 * pull request's own hands, while configuration and baseline were merged before.
 */
export function suppress(
  findings: readonly Finding[],
  suppressions: readonly Suppression[],
  acceptance: Acceptance,
  isFact: (finding: Finding) => boolean,
): Suppressed {
  const entries = acceptance.config.suppress.filter(({ until }) => !isOver(until, acceptance.today));
  const matchers = entries.map(({ paths }) => picomatch([...paths], { dot: true }));
  const applied = new Set<Suppression>();
  const refused = new Set<Suppression>();
  const accepted: Accepted[] = [];
  const standing = findings.filter((finding) => {
    const answer =
      byComment(finding) ??
      byConfig(finding) ??
      (acceptance.baseline.has(identityOf(finding))
        ? ({ by: "baseline", reason: "it is in the baseline" } as const)
        : null);
    if (answer) accepted.push({ finding, ...answer });
    return answer === null;
  });
  return { findings: standing, accepted, applied, refused };

  function byComment(finding: Finding): Pick<Accepted, "by" | "reason"> | null {
    const own = suppressions.filter((one) => one.reason !== "" && covers(one, finding));
    const [first] = own;
    if (!first) return null;
    const fact = isFact(finding);
    for (const one of own) (fact ? refused : applied).add(one);
    return fact ? null : { by: "comment", reason: first.reason };
  }

  function byConfig({ rule, path }: Finding): Pick<Accepted, "by" | "reason"> | null {
    const entry = entries.find((candidate, i) => candidate.rule === rule && matchers[i]?.(path));
    return entry ? { by: "config", reason: entry.reason } : null;
  }
}

/** What a baseline knows a finding by: it is taken up before findings of the same words are told apart. */
export function identityOf({ path, fingerprint }: Pick<Finding, "path" | "fingerprint">): string {
  return `${path}\u0000${fingerprint}`;
}

/** Whether the last day is past; ISO dates compare as text. */
export function isOver(until: string | undefined, today: string): boolean {
  return until !== undefined && until < today;
}

function covers({ path, rule, scope, target }: Suppression, finding: Finding): boolean {
  if (path !== finding.path || rule !== finding.rule) return false;
  if (scope === "file") return true;
  return target !== null && target.line <= finding.endLine && finding.line <= target.endLine;
}
