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
