import type { Conflict } from "../review/conflicts.ts";
import { levelOf } from "../review/report/annotations.ts";
import { shorten } from "../review/report/escape.ts";
import { gapsIn } from "../review/report/gaps.ts";
import { toMarkdown } from "../review/report/markdown.ts";
import { plain, visible } from "../review/text.ts";
import type { Finding, Report } from "../review/types.ts";
import type { Annotation, CheckResult } from "./check-run.ts";
import type { Ending } from "./queue.ts";
import { configPath } from "./review.ts";

export interface ResultOptions {
  readonly version: string;
  /** Commit ids. */
  readonly base: string;
  readonly head: string;
  /** Fingerprints of the findings that stand as comments. */
  readonly commented: ReadonlySet<string>;
  /** With other pull requests; none when left out. */
  readonly conflicts?: readonly Conflict[];
  /** Where the files of the head side stand for people; places are no links without it. */
  readonly filesUrl?: string;
  /** What a reader should know beside the report, one paragraph each. */
  readonly notes: readonly string[];
}

const levels = { error: "failure", warning: "warning", notice: "notice" } as const;

/** GitHub takes 65,535 characters; notes stand above the summary, and there may be one more. */
const mostCharacters = 65_000;

/** What the check run says of a report. */
export function checkResultOf(report: Report, { notes, ...about }: ResultOptions): CheckResult {
  const above = notes.map((note) => `> [!NOTE]\n> ${note}\n\n`).join("");
  const limit = mostCharacters - above.length;
  // GitHub shows comments and annotations at the same line, one below the other.
  const uncommented = report.findings.filter(({ fingerprint }) => !about.commented.has(fingerprint));
  return {
    conclusion: report.conclusion,
    title: shorten(report.title, 250),
    summary: above + toMarkdown(report, { ...about, limit }),
    annotations: [...uncommented.map(annotationOf), ...gapAnnotations(report)],
  };
}

/** More of them say no more than the summary does. */
const mostGaps = 20;

/** What matters and could not be checked, where it has a line. A mistake in the configuration is one to be repaired. */
function gapAnnotations(report: Report): readonly Annotation[] {
  const gaps = gapsIn(report).filter((gap) => gap.matters && gap.path !== "" && gap.line !== null);
  return gaps.slice(0, mostGaps).map(({ path, line, reason }) => ({
    path,
    start_line: line ?? 1,
    end_line: line ?? 1,
    annotation_level: path === configPath ? "failure" : "warning",
    title: path === configPath ? "Drydock: configuration" : "Drydock: not checked",
    message: shorten(visible(reason), 2_000),
  }));
}

/** What the check run says of a job that was ended before its verdict. */
export function resultOfEnding(ending: Ending): CheckResult {
  if (ending.kind === "superseded") {
    const by = ending.head.slice(0, 7);
    return resultOf(
      "cancelled",
      `Superseded by ${by}`,
      `A newer state of the pull request is reviewed instead: ${by}.`,
    );
  }
  if (ending.kind === "timed-out") {
    const time = `${ending.minutes} ${ending.minutes === 1 ? "minute" : "minutes"}`;
    return resultOf(
      "neutral",
      `Drydock could not finish within ${time}`,
      `The review was ended after ${time}. **Nothing was checked.** Run it again with "Re-run"; if it takes as long again, split the change.`,
    );
  }
  return resultOf(
    "cancelled",
    "Drydock was stopped before it could finish",
    'The review begins anew when Drydock is started again on the same machine. Otherwise run it again with "Re-run".',
  );
}

/** What the check run says when something broke that is not the pull request's doing. */
export function resultOfFailure(help: string | null, id: string): CheckResult {
  return resultOf(
    "neutral",
    "Drydock could not finish",
    [
      "**The change was not fully checked**, and that is not its own doing.",
      help ?? 'Run it again with "Re-run".',
      `The log of Drydock says more under \`${id.replace(/[^\w-]/g, "")}\`.`,
    ].join("\n\n"),
  );
}

function resultOf(conclusion: CheckResult["conclusion"], title: string, summary: string): CheckResult {
  return { conclusion, title, summary, annotations: [] };
}

/** Annotations are plain text. (GitHub documentation, "Update a check run".) */
function annotationOf(finding: Finding): Annotation {
  const { message, evidence, instead, rule, path, line, endLine } = finding;
  const advice = instead.length > 0 ? [`Instead: ${plain(instead)}`] : [];
  const lines = [plain(message), ...evidence.map((fact) => `- ${plain(fact)}`), ...advice];
  return {
    path,
    start_line: line,
    end_line: endLine,
    annotation_level: levels[levelOf(finding)],
    title: `Drydock: ${rule}`,
    message: shorten(lines.map((text) => shorten(text, 2_000)).join("\n"), 16_000),
  };
}
