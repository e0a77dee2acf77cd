/** A command line that cannot be done: what is wrong, and what to do. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}

/** How a report can be printed. */
export const formats = ["pretty", "json", "sarif", "markdown", "github", "html"] as const;
export type Format = (typeof formats)[number];

/** The options of `drydock review`. */
export interface ReviewArguments {
  readonly repo: string;
  readonly base?: string;
  readonly head: string;
  readonly format: Format;
  readonly output?: string;
  readonly color: boolean;
  /** Every migration of the head instead of what it changes. */
  readonly all?: boolean;
}

/** The options of `drydock review --pull`. */
export interface PullReviewArguments extends Pick<ReviewArguments, "format" | "output" | "color"> {
  /** `owner/repository#123`, or a pull request's address. */
  readonly pull: string;
  /** Whether the check and the comments are made on GitHub. */
  readonly post: boolean;
  /** A file to which the report is appended as Markdown. */
  readonly summary?: string;
}

/** The options of `drydock fix`. */
export interface FixArguments extends Pick<ReviewArguments, "repo" | "base" | "color"> {
  /** Whether the edits are only shown. */
  readonly dryRun: boolean;
}

/** The options of `drydock baseline`. */
export interface BaselineArguments {
  readonly repo: string;
  readonly ref: string;
  /** Where to write it. */
  readonly output?: string;
  readonly check: boolean;
}

/** How the rules can be printed. */
export const ruleFormats = ["pretty", "json", "markdown"] as const;
export type RuleFormat = (typeof ruleFormats)[number];

/** The options of `drydock demo`. */
export interface DemoArguments {
  readonly color: boolean;
  /** Where to write the page. */
  readonly output?: string;
}

/** The options of `drydock stats`. */
export interface StatsArguments {
  readonly withValues?: boolean;
  /** A statistics file. */
  readonly check?: string;
}
