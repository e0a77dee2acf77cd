import type { Config } from "./config.ts";

/** Who opened a pull request, and how it is labelled. */
export interface PullTraits {
  /** Login; that of an app ends in "[bot]". */
  readonly author: string;
  readonly labels: readonly string[];
}

/** Why a pull request is not reviewed, for people; null when it is. */
export function leftOutBy({ authors, labels }: Config["excludePulls"], pull: PullTraits): string | null {
  if (authors.some((pattern) => fits(pattern, pull.author))) return `opened by ${pull.author}`;
  const label = pull.labels.find((name) => labels.some((pattern) => fits(pattern, name)));
  return label === undefined ? null : `labelled ${label}`;
}

/** Whether a name is the one that is meant: case does not count, and `*` stands for anything. Brackets belong to apps' names. */
function fits(pattern: string, name: string): boolean {
  const parts = pattern.split("*").map((part) => part.replace(/[\\^$.|?+()[\]{}]/g, "\\$&"));
  return new RegExp(`^${parts.join(".*")}$`, "isu").test(name);
}

/** Whether a label decides about reviews. */
export function isDeciding(label: string, { labels }: Config["excludePulls"]): boolean {
  return labels.some((pattern) => fits(pattern, label));
}
