import { visible } from "../text.ts";
import type { Finding, Report } from "../types.ts";
import { commentBody } from "./comment.ts";
import { escapeHtml, visibleLine } from "./escape.ts";
import { linesSpan, sourcesOf, suggestionOf } from "./fix-view.ts";
import { type Group, groupsOf, membersOf } from "./groups.ts";
import { markdownHtml } from "./html-markdown.ts";
import { style } from "./html-style.ts";
import { type SummaryOptions, toMarkdown } from "./markdown.ts";
import { type FileDiff, inlineFindings, type PatchLine, patchLines } from "./patch.ts";
import { schemaView } from "./schema-view.ts";
import { count } from "./words.ts";

export interface HtmlOptions extends Omit<SummaryOptions, "commented" | "limit"> {
  /** The pull request's files. */
  readonly diffs: readonly FileDiff[];
  /** What is reviewed, e.g. "add-orders into main". */
  readonly name: string;
}

const words = { failure: "failing", success: "passing", neutral: "neutral", skipped: "skipped" } as const;

/** Most lines of a file's diff that are shown whole; of a longer one, what is around its comments. */
const longestDiff = 300;

/**
 * The review as a page of its own, as the pull request would show it: the check, the summary, and the diff with each
 * inline comment at its line. It loads nothing, runs no script, and escapes everything from the pull request.
 */
export function toHtml(report: Report, options: HtmlOptions): string {
  const placeable = inlineFindings(report.findings, options.diffs);
  const isNote = ({ gates, severity }: Finding) => !gates && severity === "info";
  const notes = placeable.filter(isNote);
  const inline = groupsOf(
    placeable.filter((finding) => !isNote(finding)),
    notes,
    report.changes,
  );
  const summary = toMarkdown(report, {
    ...options,
    commented: new Set(inline.flatMap(membersOf).map(({ fingerprint }) => fingerprint)),
  });
  const diagrams = report.runs.flatMap((run) => schemaView(run) ?? []);
  const title = `Drydock: ${visible(options.name)}`;
  const files = options.diffs.map((file) => fileHtml(file, inline, report));
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>${escapeHtml(title)}</title>
<style>${style}</style>
</head>
<body>
<main>
<h1>${escapeHtml(visible(options.name))}</h1>
<div class="soft">${count(options.diffs.length, "file")} changed, ${count(inline.length, "inline comment")}</div>
<section class="check sheet ${report.conclusion}"><b>Drydock</b><span>${escapeHtml(report.title)}</span><span class="where soft">check: ${words[report.conclusion]}</span></section>
<h2>Summary</h2>
<section class="summary sheet markdown">${markdownHtml(summary, { diagrams })}</section>
<h2>Files changed</h2>
${files.join("\n")}
</main>
</body>
</html>
`;
}

function fileHtml(file: FileDiff, inline: readonly Group[], report: Report): string {
  const comments = inline.filter(({ first }) => first.path === file.path);
  const from = file.previousPath === null ? "" : `<code>${escapeHtml(visible(file.previousPath))}</code> → `;
  const name = `${from}<code>${escapeHtml(visible(file.path))}</code> <span class="soft">${file.status}</span>`;
  if (file.patch === null) return `<section class="file sheet"><header>${name}</header></section>`;
  const body = `<div class="lines">${linesHtml(patchLines(file.patch), comments, report)}</div>`;
  if (comments.length === 0) return `<details class="file sheet"><summary>${name}</summary>${body}</details>`;
  return `<section class="file sheet"><header>${name}</header>${body}</section>`;
}

function linesHtml(lines: readonly PatchLine[], comments: readonly Group[], report: Report): string {
  const shown = shownLines(lines, comments);
  const pieces: string[] = [];
  let left = 0;
  for (const line of [...lines, null]) {
    if (line && !shown.has(line)) {
      left++;
      continue;
    }
    if (left > 0) pieces.push(row("gap", "", "", "", `… ${count(left, "line")} not shown`));
    left = 0;
    if (!line) continue;
    pieces.push(lineHtml(line));
    if (line.new === null) continue;
    const here = comments.filter(({ first }) => first.endLine === line.new);
    pieces.push(...here.map((group) => commentHtml(group, report)));
  }
  return pieces.join("\n");
}

function shownLines(lines: readonly PatchLine[], comments: readonly Group[]): ReadonlySet<PatchLine> {
  if (lines.length <= longestDiff) return new Set(lines);
  if (comments.length === 0) return new Set(lines.slice(0, longestDiff));
  const isNear = (line: PatchLine) =>
    line.kind === "hunk" ||
    comments.some(
      ({ first }) => line.new !== null && line.new >= first.line - 10 && line.new <= first.endLine + 3,
    );
  return new Set(lines.filter(isNear));
}

function lineHtml({ kind, old, new: now, text }: PatchLine): string {
  const signs = { hunk: "", context: "", added: "+", removed: "-" } as const;
  return row(kind, String(old ?? ""), String(now ?? ""), signs[kind], visibleLine(text));
}

function row(kind: string, ...[old, now, sign, text]: readonly [string, string, string, string]): string {
  const cells = [old, now, sign, text].map((cell) => `<span>${escapeHtml(cell)}</span>`);
  return `<div class="row ${kind}">${cells.join("")}</div>`;
}

/** A comment as GitHub would render its Markdown, with its suggestion as the change that it stands for. */
function commentHtml(group: Group, report: Report): string {
  const finding = group.first;
  const sources = sourcesOf(report.changes);
  const text = sources.get(finding.path);
  const suggestion = text === undefined ? null : suggestionOf(finding, text);
  const body = commentBody(finding, { ...group, suggestion, sources, rulesUrl: report.rulesUrl });
  const { start, end } = linesSpan(text ?? "", finding.line, finding.endLine);
  const range =
    finding.endLine > finding.line ? `lines ${finding.line} to ${finding.endLine}` : `line ${finding.line}`;
  const header = `<b>Drydock</b> on ${range}${finding.gates ? " · blocks the merge" : ""}`;
  const html = markdownHtml(body, { original: (text ?? "").slice(start, end) });
  return `<article class="comment sheet"><header>${header}</header><div class="markdown">${html}</div></article>`;
}
