import type { Rule } from "./rule.ts";
import { isSettled } from "./statement-run.ts";
import type { Problem, Severity, StatementRun } from "./types.ts";

/** A rule that is asked, and the severity that the configuration gives it. */
export interface Asked {
  readonly id: string;
  readonly rule: Rule;
  readonly override: Severity | undefined;
}

/** Whether a statement was seen to have its effect. */
export function hasRun({ outcome }: StatementRun): boolean {
  return isSettled(outcome);
}

/** A rule's answer as a list. */
export function problemsOf(answer: Problem | readonly Problem[] | undefined): readonly Problem[] {
  if (answer === undefined) return [];
  return "message" in answer ? [answer] : answer;
}
