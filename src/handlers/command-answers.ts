import { nearest } from "../review/nearest.ts";
import { codeSpan, prose } from "../review/report/escape.ts";
import { explanationOf } from "../review/report/explanation.ts";
import { rules } from "../review/rules/index.ts";
import type { Finding, Report } from "../review/types.ts";
import type { Command, Question } from "./command.ts";

/** What there is to ask for. */
export const helpText = [
  "| Comment | |",
  "| --- | --- |",
  "| `/drydock review` | reviews the pull request again |",
  "| `/drydock ignore <rule> <reason>` | accepts what stands of a rule on this pull request; the reason is kept in the check |",
  "| `/drydock explain <query>` | shows how an annotated query is run before and after the change; `plans` shows all |",
  "| `/drydock explain <rule>` | says what a rule looks for, why, and what to do |",
  "| `/drydock help` | this |",
].join("\n");

/** What a command is answered with at once; null when its answer needs a review. */
export function answerAtOnce(command: Command): string | null {
  if (command.kind === "help") return helpText;
  if (command.kind === "unknown")
    return `${codeSpan(command.word)} is no command of Drydock: there are \`review\`, \`ignore <rule> <reason>\`, \`explain <query|plans|rule>\` and \`help\`.`;
  if (command.kind === "explain" && command.what === "")
    return "Say what to explain: the name of an annotated query, `plans`, or a rule.";
  if (command.kind !== "ignore") return null;
  if (!(command.rule in rules)) {
    const guess = nearest(command.rule, Object.keys(rules));
    const remedy = guess ? ` Did you mean ${codeSpan(guess)}?` : "";
    return command.rule === ""
      ? "Say which rule, and why: `/drydock ignore <rule> <reason>`."
      : `No rule is called ${codeSpan(command.rule)}.${remedy}`;
  }
  return command.reason === ""
    ? `A reason is needed, for those who read the check later: \`/drydock ignore ${command.rule} <reason>\`.`
    : null;
}

/** Said to people who may read a repository and not write to it. */
export const deniedText =
  "Only people who may write to this repository can ask Drydock for something here. Anybody may push to the pull request: it is reviewed again by itself.";

/** What a question is answered with once the change was reviewed, and the findings that it accepts. */
export function answerTo(
  question: Question,
  by: string,
  report: Report,
): { readonly text: string; readonly accepts: readonly Finding[] } {
  if (question.kind === "explain") return { text: explanationOf(report, question.what), accepts: [] };
  const found = report.findings.filter(({ rule }) => rule === question.rule);
  if (found.length === 0)
    return { text: `Nothing of ${codeSpan(question.rule)} stands on this commit.`, accepts: [] };
  const what = found.length === 1 ? "1 finding" : `${found.length} findings`;
  const text = `✅ Accepted: ${what} of ${codeSpan(question.rule)}, by ${codeSpan(by)}: ${prose(question.reason)}\n\nWhat later commits add is judged anew.`;
  return { text, accepts: found };
}
