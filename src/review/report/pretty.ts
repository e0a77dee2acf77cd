import { plain, say, visible } from "../text.ts";
import type { Finding, Report, Text } from "../types.ts";
import { deployViews } from "./deploy-view.ts";
import { visibleLine } from "./escape.ts";
import { sourcesOf } from "./fix-view.ts";
import { gapsIn } from "./gaps.ts";
import { type MigrationView, migrationViews, type StatementRow } from "./migration-rows.ts";
import { receiptLines } from "./receipt-lines.ts";
import { clip, columns, type Palette, pad, palette, words, wrap } from "./terminal.ts";
import { terminalDiff } from "./terminal-diff.ts";
import { verifiedText } from "./verified-text.ts";
import { count, factGroups, placeOf, planText } from "./words.ts";

export interface PrettyOptions {
  readonly colour: boolean;
  /** Columns of the terminal. */
  readonly width: number;
  /** Texts of files for the code frames, by path; those of the migrations are known without it. */
  readonly sources?: ReadonlyMap<string, string>;
  /** Fingerprints of findings that are shown elsewhere. */
  readonly commented?: ReadonlySet<string>;
}

interface Page {
  readonly width: number;
  readonly colours: Palette;
  readonly sources: ReadonlyMap<string, string>;
}

const labelWidth = 12;
const mostRows = 50;

/** The report for a terminal: findings with their lines, what was observed, what to do instead; migrations; the receipt. */
export function toPretty(report: Report, options: PrettyOptions): string {
  const page: Page = {
    width: Math.min(Math.max(options.width, 40), 120),
    colours: palette(options.colour),
    sources: new Map([...sourcesOf(report.changes), ...(options.sources ?? [])]),
  };
  const blocks = [
    ...report.findings
      .filter((finding) => !options.commented?.has(finding.fingerprint))
      .map((finding) => findingBlock(finding, page)),
    ...migrationViews(report).map((view) => migrationBlock(view, page)),
    planBlock(report, page),
    deployBlock(report, page),
    gapBlock(report, page),
    acceptedBlock(report, page),
    receiptBlock(report, page),
  ];
  const filled = blocks.filter((lines) => lines.length > 0).map((lines) => lines.join("\n"));
  return `\n${[...filled, verdict(report, page)].join("\n\n")}\n`;
}

function findingBlock(finding: Finding, page: Page): readonly string[] {
  const { colours, width } = page;
  const place = wrap([placeOf({ ...finding, path: visible(finding.path) })], width - 2);
  return [
    ...headline(finding, page),
    ...place.map((line) => colours.dim(`  ${line}`)),
    ...codeFrame(finding, page),
    ...details(finding, page),
  ];
}

/** A finding as a comment at its line: headline, observations, advice and fix; its lines are not repeated. */
export function commentLines(
  finding: Finding,
  options: Omit<Required<PrettyOptions>, "commented">,
): readonly string[] {
  const page: Page = { width: options.width, colours: palette(options.colour), sources: options.sources };
  return [...headline(finding, page), ...details(finding, page)];
}

function details(finding: Finding, page: Page): readonly string[] {
  return [
    ...factGroups(finding.evidence).flatMap(({ label, facts }) =>
      facts.flatMap((fact, i) => labelled(i === 0 ? label : "", fact, page)),
    ),
    ...labelled("instead", finding.instead, page),
    ...fixLines(finding, page),
    ...sequenceLines(finding, page),
    page.colours.dim(`  ${pad("rule", labelWidth)}${finding.rule}`),
  ];
}

function headline(finding: Finding, { colours, width }: Page): readonly string[] {
  const looks = {
    error: { mark: "✖", dress: colours.red },
    warning: { mark: "▲", dress: colours.yellow },
    info: { mark: "●", dress: colours.blue },
  } as const;
  const { mark, dress } = looks[finding.severity];
  const lines = wrap([...words(finding.message), ...(finding.gates ? ["(blocks)"] : [])], width - 2);
  return lines.map((line, i) => `${i === 0 ? dress(mark) : " "} ${colours.bold(line)}`);
}

/** The finding's lines with one around them, and a marker under the range. */
function codeFrame({ path, line, endLine }: Finding, { sources, colours, width }: Page): readonly string[] {
  const text = sources.get(path);
  if (text === undefined) return [];
  const lines = text.replace(/\n$/, "").split(/\r?\n/);
  const from = Math.max(1, line - 1);
  const to = Math.min(lines.length, endLine + 1, line + 12);
  const gutter = String(to).length + 2;
  const room = width - gutter - 3;
  const frame = Array.from({ length: to - from + 1 }, (_, i) => from + i).flatMap((number) => {
    const content = clip(visibleLine(lines[number - 1] ?? "").replaceAll("\t", "  "), room);
    const inside = number >= line && number <= endLine;
    const edge = inside ? colours.red("│") : colours.dim("│");
    const shown = `${colours.dim(String(number).padStart(gutter))} ${edge} ${content}`.trimEnd();
    return number === line && line === endLine ? [shown, underline(content, gutter, colours)] : [shown];
  });
  return ["", ...frame, ""];
}

function underline(content: string, gutter: number, colours: Palette): string {
  const indent = content.length - content.trimStart().length;
  const marker = "━".repeat(Math.max(1, columns(content.trim())));
  return `${" ".repeat(gutter)} ${colours.red("│")} ${" ".repeat(indent)}${colours.red(marker)}`;
}

function labelled(label: string, text: Text, { width, colours }: Page): readonly string[] {
  if (text.length === 0) return [];
  return wrap(words(text), width - labelWidth - 2).map(
    (line, i) => `  ${i === 0 ? colours.cyan(pad(label, labelWidth)) : " ".repeat(labelWidth)}${line}`,
  );
}

function fixLines(finding: Finding, page: Page): readonly string[] {
  if (!finding.fix) return [];
  const afterwards = [
    ...(finding.verified ? labelled("run", verifiedText(finding.verified), page) : []),
    ...(finding.fix.followUp === null ? [] : labelled("then", finding.fix.followUp, page)),
  ];
  const diff = terminalDiff(finding, page.sources, page, 20);
  return [...labelled("fix", [finding.fix.title], page), ...diff, ...afterwards];
}

/** One line a migration; the files themselves are in the JSON and on the pull request. */
function sequenceLines({ sequence }: Finding, page: Page): readonly string[] {
  return (sequence?.steps ?? []).flatMap(({ phase, title, files }, i) => {
    const name = files[0] ? say` (${files[0].path})` : [];
    return labelled(i === 0 ? "in steps" : "", [`${phase}: `, ...title, ...name], page);
  });
}

function migrationBlock({ step, up, down, roundTrip }: MigrationView, page: Page): readonly string[] {
  const { colours, width } = page;
  const title = clip(visible(step.up.path), width);
  return [
    colours.bold(title),
    ...rowBlock("up", up, page),
    ...rowBlock("down", down, page),
    colours.dim(`  ${clip(roundTrip, width - 2)}`),
  ];
}

function rowBlock(direction: string, rows: readonly StatementRow[], page: Page): readonly string[] {
  const shown = rows.slice(0, mostRows).flatMap((row) => rowLines(direction, row, page));
  const more = rows.length - mostRows;
  return more > 0 ? [...shown, page.colours.dim(`  ${direction}: ${count(more, "more statement")}`)] : shown;
}

function rowLines(
  direction: string,
  { line, sql, lock, effect }: StatementRow,
  { width, colours }: Page,
): readonly string[] {
  const start = `  ${pad(direction, 5)}${String(line).padStart(4)}  `;
  const facts = [plain(lock), plain(effect)].filter((fact) => fact !== "").join("; ");
  const indent = " ".repeat(start.length);
  const detail = facts === "" ? [] : wrap(facts.split(" "), width - start.length - 2);
  return [
    `${colours.dim(start)}${clip(visible(sql), width - start.length)}`,
    ...detail.map((text, i) => `${indent}${colours.dim(i === 0 ? "→ " : "  ")}${colours.cyan(text)}`),
  ];
}

function planBlock({ changes, runs }: Report, { colours, width }: Page): readonly string[] {
  const plans = runs.flatMap((run) => run.queries);
  const lines = plans.flatMap(({ query, before, after }) => {
    const annotated = changes.queries[query];
    if (!annotated) return [];
    const name = clip(
      `  ${visible(annotated.name)} ${visible(placeOf({ path: annotated.path, line: annotated.line }))}`,
      width,
    );
    const [was, is] = [before ? plain(planText(before)) : "new", plain(planText(after))];
    const change = was === is ? [`plan unchanged: ${is}`] : [`before: ${was}`, `after: ${is}`];
    return [
      name,
      ...change.flatMap((text) => wrap(text.split(" "), width - 4)).map((text) => colours.dim(`    ${text}`)),
    ];
  });
  return lines.length > 0 ? [colours.bold("Annotated queries"), ...lines] : [];
}

function deployBlock(report: Report, { colours, width }: Page): readonly string[] {
  const lines = deployViews(report).flatMap(({ line, reasons }) => [
    ...wrap(words(line), width - 2).map((text) => `  ${text}`),
    ...reasons.flatMap(({ title, items }) => [
      colours.dim(`  ${title}:`),
      ...items.flatMap((item) =>
        wrap(words(item), width - 6).map((text, i) => colours.dim(`${i === 0 ? "    - " : "      "}${text}`)),
      ),
    ]),
  ]);
  return lines.length > 0 ? [colours.bold("Deploy order"), ...lines] : [];
}

function gapBlock(report: Report, { colours, width }: Page): readonly string[] {
  const gaps = gapsIn(report);
  if (gaps.length === 0) return [];
  const lines = gaps.slice(0, 30).flatMap((gap) => {
    const place = gap.path ? `${visible(placeOf(gap))}: ` : "";
    const dress = gap.matters ? (text: string) => text : colours.dim;
    return wrap(`${place}${visible(gap.reason)}`.split(" "), width - 4).map((line, i) =>
      dress(`${i === 0 ? "  - " : "    "}${line}`),
    );
  });
  const more = gaps.length > 30 ? [`  - and ${count(gaps.length - 30, "more")}`] : [];
  return [colours.bold("Not checked"), ...lines, ...more];
}

function acceptedBlock({ accepted }: Report, { colours, width }: Page): readonly string[] {
  const lines = accepted.flatMap(({ finding, reason }) =>
    wrap(`${finding.rule}, ${visible(placeOf(finding))}: ${visible(reason)}`.split(" "), width - 4).map(
      (line, i) => colours.dim(`${i === 0 ? "  - " : "    "}${line}`),
    ),
  );
  return lines.length > 0 ? [colours.bold("Accepted"), ...lines] : [];
}

function receiptBlock({ receipt }: Report, { colours, width }: Page): readonly string[] {
  return receiptLines(receipt)
    .flatMap((line) => wrap(visible(line).split(" "), width))
    .map(colours.dim);
}

function verdict({ conclusion, title }: Report, { colours, width }: Page): string {
  const looks = {
    success: { mark: "✔", dress: colours.green },
    failure: { mark: "✖", dress: colours.red },
    neutral: { mark: "▲", dress: colours.yellow },
    skipped: { mark: "–", dress: colours.dim },
  } as const;
  const { mark, dress } = looks[conclusion];
  const lines = wrap(visible(title).split(" "), width - 2);
  return lines.map((line, i) => dress(colours.bold(`${i === 0 ? mark : " "} ${line}`))).join("\n");
}
