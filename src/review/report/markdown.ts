import type { Conflict } from "../conflicts.ts";
import { plain } from "../text.ts";
import type { Accepted, Finding, PlanOutcome, Report } from "../types.ts";
import { alikeOf, differing, lineOf } from "./alike.ts";
import { type Section, withinLimit } from "./budget.ts";
import { findingBlocks, ruleLink } from "./comment.ts";
import { type DeployView, deployViews } from "./deploy-view.ts";
import { codeHtml, codeSpan, escapeHtml, fenced, markdown, prose } from "./escape.ts";
import { sourcesOf } from "./fix-view.ts";
import { type Gap, gapsIn } from "./gaps.ts";
import { placeLink } from "./links.ts";
import { toMermaid } from "./mermaid.ts";
import { type MigrationView, migrationViews, type StatementRow } from "./migration-rows.ts";
import { receiptLines } from "./receipt-lines.ts";
import { schemaView } from "./schema-view.ts";
import { count, placeOf, planText } from "./words.ts";

export interface SummaryOptions {
  /** Drydock's version. */
  readonly version: string;
  /** Commit ids. */
  readonly base: string;
  readonly head: string;
  /** Fingerprints of the findings that stand as inline comments and are not repeated here. */
  readonly commented?: ReadonlySet<string>;
  /** What other open pull requests stand in the way of. */
  readonly conflicts?: readonly Conflict[];
  /** Where the files of the head side stand for people; places are no links without it. */
  readonly filesUrl?: string | null;
  /** Most characters; GitHub takes 65,535. */
  readonly limit?: number;
}

/** How people know it: the names of the files on the base side. */
const acceptedBy = { config: ".github/drydock.yml", baseline: "baseline", command: "command" } as const;

const marks = { success: "✅", failure: "❌", neutral: "⚠️", skipped: "⏭️" } as const;

/** The summary of a review as GitHub Markdown: the verdict first, then what has no inline comment, the receipt, and details. */
export function toMarkdown(report: Report, options: SummaryOptions): string {
  const gaps = gapsIn(report);
  const migrations = migrationViews(report);
  const deploys = deployViews(report);
  return withinLimit(
    [
      block(0, [`### ${marks[report.conclusion]} ${prose(report.title)}`, ...remarks(report, options)]),
      conflictSection(options.conflicts ?? []),
      deploySection(deploys),
      ...deploys.map(deployDetails),
      findingSection(report, options),
      noteSection(report, options),
      receiptSection(report),
      gapSection(gaps),
      acceptedSection(report),
      ...migrations.map((view, i) => migrationSection(view, i)),
      planSection(report),
      ...report.runs.map((run) => diagramSection(schemaView(run))),
      block(0, [
        `<sub>${[commits(options), `Drydock ${escapeHtml(options.version)}`].filter(Boolean).join(" · ")}</sub>`,
      ]),
    ],
    options.limit ?? 65_000,
  );
}

function remarks(report: Report, { commented }: SummaryOptions): readonly string[] {
  const inline = report.findings.filter((finding) => commented?.has(finding.fingerprint)).length;
  const all = inline === report.findings.length;
  const where = all
    ? "Each finding stands as a comment at its line."
    : `${count(inline, "finding")} at ${inline === 1 ? "its line" : "their lines"}, the rest below.`;
  return [
    ...(report.conclusion === "neutral"
      ? ["Not everything that matters could be checked: below is what, and why."]
      : []),
    ...(inline > 0 ? [where] : []),
  ];
}

/** Findings without an inline comment, grouped by rule. */
function findingSection(report: Report, { commented, filesUrl = null }: SummaryOptions): Section {
  const rest = report.findings.filter((finding) => !isNote(finding) && !commented?.has(finding.fingerprint));
  const rules = [...new Set(rest.map((finding) => finding.rule))];
  const sources = sourcesOf(report.changes);
  const units = rules.flatMap((rule) => {
    return alikeOf(rest.filter((finding) => finding.rule === rule)).map(({ first, others }, i) => {
      const title = i === 0 ? [`#### ${ruleLink(rule, report.rulesUrl)}`] : [];
      const blocks = [placeLink(first, filesUrl), ...findingBlocks(first, { suggestion: null, sources })];
      return [...title, ...blocks, ...elsewhereBlocks(others, first, filesUrl)].join("\n\n");
    });
  });
  return section({
    priority: 2,
    units,
    separator: "\n\n",
    cut: (left) => `_${count(left, "more finding")} cut for length._`,
  });
}

/** The same at other places: a line each, with what is to be done there where that is something else. */
function elsewhereBlocks(
  others: readonly Finding[],
  first: Finding,
  filesUrl: string | null,
): readonly string[] {
  if (others.length === 0) return [];
  const lines = others.map((other) => {
    const names = differing(other, first).join(", ");
    const isSame = plain(other.instead) === plain(first.instead);
    const instead = isSame ? "" : ` ${markdown(other.instead)}`;
    return `- ${placeLink(other, filesUrl)}${names === "" ? "" : `: ${names}.`}${instead}`;
  });
  return [["**Also here:**", ...lines].join("\n")];
}

/** Design advice and the like, a line each: it neither gates nor asks for anything before the merge. */
function noteSection(report: Report, { commented, filesUrl = null }: SummaryOptions): Section {
  const notes = report.findings.filter((one) => isNote(one) && !commented?.has(one.fingerprint));
  return section({
    priority: 5,
    open: `<details><summary>${count(notes.length, "note")}</summary>\n`,
    units: alikeOf(notes).map(({ first, others }) => {
      const places = others.map((other) => lineOf(other, first));
      const also = places.length > 0 ? [`Also ${places.join("; ")}.`] : [];
      const said = [markdown(first.message), ...also, ruleLink(first.rule, report.rulesUrl)];
      return `- ${placeLink(first, filesUrl)}: ${said.join(" ")}`;
    }),
    close: "\n</details>",
    cut: (left) => `_${count(left, "more note")} cut for length._`,
  });
}

function isNote({ gates, severity }: Finding): boolean {
  return !gates && severity === "info";
}

function conflictSection(conflicts: readonly Conflict[]): Section {
  return section({
    priority: 1,
    open: "**Other open pull requests**\n",
    units: conflicts.map(({ message }) => `- ⚠️ ${markdown(message)}`),
    cut: (left) => `_${count(left, "more conflict")} cut for length._`,
  });
}

function deploySection(deploys: readonly DeployView[]): Section {
  return section({
    priority: 1,
    units: deploys.map(({ line }) => `**Deploy order:** ${markdown(line)}`),
    separator: "\n\n",
    cut: () => "_The deploy order was cut for length._",
  });
}

function deployDetails({ reasons }: DeployView): Section {
  return section({
    priority: 7,
    open: "<details><summary>Deploy order: why</summary>\n",
    units: reasons.map(
      ({ title, items }) => `${title}:\n${items.map((item) => `- ${markdown(item)}`).join("\n")}\n`,
    ),
    close: "</details>",
    cut: () => "_Reasons of the deploy order were cut for length._",
  });
}

function receiptSection({ receipt }: Report): Section {
  return section({
    priority: 1,
    open: "**Receipt**\n",
    units: receiptLines(receipt).map((line) => `- ${prose(line, { limit: 1_000 })}`),
    cut: (left) => `_${count(left, "more line")} cut for length._`,
  });
}

function acceptedSection({ accepted }: Report): Section {
  const line = ({ finding, reason, by }: Accepted) =>
    `- ${codeSpan(finding.rule)}, ${codeSpan(placeOf(finding))}: ${prose(reason)}${by === "comment" ? "" : ` _(${acceptedBy[by]})_`}`;
  return section({
    priority: 4,
    open: `<details><summary>${accepted.length} accepted</summary>\n`,
    units: accepted.map(line),
    close: "\n</details>",
    cut: (left) => `_${count(left, "more")} accepted, cut for length._`,
  });
}

function gapSection(gaps: readonly Gap[]): Section {
  const ordered = gaps.toSorted((a, b) => Number(b.matters) - Number(a.matters));
  const line = (gap: Gap) => {
    const place = gap.path ? `${codeSpan(placeOf(gap))}: ` : "";
    return `- ${place}${prose(gap.reason)}${gap.matters ? "" : " _(does not change the verdict)_"}`;
  };
  return section({
    priority: 3,
    open: "**Not checked**\n",
    units: ordered.map(line),
    cut: (left) => `_${count(left, "more thing")} not checked, cut for length._`,
  });
}

function migrationSection(view: MigrationView, index: number): Section {
  const { step, up, down, strongest, roundTrip } = view;
  const lock = strongest
    ? `, strongest lock ${strongest.mode} on <code>${codeHtml(strongest.relation)}</code>`
    : "";
  const title = `<code>${codeHtml(step.up.path)}</code>: ${count(up.length, "statement")}${lock}; ${roundTrip}`;
  return section({
    priority: 10 + index,
    open: `<details><summary>${title}</summary>\n\n| | Line | Statement | Strongest lock | Effect |\n| --- | ---: | --- | --- | --- |`,
    units: [
      ...up.filter(hasEffect).map((row) => tableRow("up", row)),
      ...down.filter(hasEffect).map((row) => tableRow("down", row)),
    ],
    close: "\n</details>",
    cut: (left) => `_${count(left, "statement")} of ${codeSpan(step.up.path)} cut for length._`,
  });
}

/** BEGIN and COMMIT by themselves do nothing. */
function hasEffect({ sql, lock, effect }: StatementRow): boolean {
  return lock.length + effect.length > 0 || !/^(begin|commit|start\s+transaction|end)\b/i.test(sql);
}

function tableRow(direction: string, { line, sql, lock, effect }: StatementRow): string {
  const cells = [direction, String(line), codeSpan(sql, { table: true })];
  return `| ${[...cells, markdown(lock, { table: true }), markdown(effect, { table: true })].join(" | ")} |`;
}

function planSection({ changes, runs }: Report): Section {
  const plans = runs.flatMap((run) => run.queries).filter(({ before, after }) => isChanged(before, after));
  const units = plans.flatMap(({ query, before, after }) => {
    const annotated = changes.queries[query];
    if (!annotated) return [];
    const cells = [
      `${codeSpan(annotated.name, { table: true })} (${codeSpan(placeOf({ path: annotated.path, line: annotated.line }), { table: true })})`,
      before ? markdown(planText(before), { table: true }) : "new",
      markdown(planText(after), { table: true }),
    ];
    return [`| ${cells.join(" | ")} |`];
  });
  return section({
    priority: 500,
    open: "**Plans that change**\n\n| Query | Before | After |\n| --- | --- | --- |",
    units,
    cut: (left) => `_${count(left, "more plan")} cut for length._`,
  });
}

/** Whether a person should see the plan: another way of reading a table, another cost, or no plan at all. */
function isChanged(before: PlanOutcome | null, after: PlanOutcome): boolean {
  if (before?.kind !== "planned" || after.kind !== "planned") return true;
  return plain(planText(before)) !== plain(planText(after));
}

function diagramSection(view: ReturnType<typeof schemaView>): Section {
  const more = view && view.more > 0 ? `\n\n_${count(view.more, "more changed table")} not drawn._` : "";
  return section({
    priority: 600,
    open: "<details><summary>Schema change</summary>\n",
    units: view ? [`${fenced(toMermaid(view), "mermaid")}${more}`] : [],
    close: "\n</details>",
    cut: () => "_The schema diagram was cut for length._",
  });
}

function commits({ base, head }: SummaryOptions): string {
  const short = (id: string) => `<code>${escapeHtml(id.slice(0, 12))}</code>`;
  return base && head ? `base ${short(base)}, head ${short(head)}` : "";
}

function block(priority: number, lines: readonly string[]): Section {
  return section({ priority, units: lines, separator: "\n\n", cut: () => "_Cut for length._" });
}

function section(parts: Partial<Section> & Pick<Section, "priority" | "units" | "cut">): Section {
  return { open: "", close: "", separator: "\n", ...parts };
}
