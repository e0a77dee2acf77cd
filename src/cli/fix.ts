import { openCheckout } from "../handlers/checkout.ts";
import { collide, distinctEdits } from "../review/fix.ts";
import { sourcesOf } from "../review/report/fix-view.ts";
import { clip, type Palette, palette, words, wrap } from "../review/report/terminal.ts";
import { terminalDiff } from "../review/report/terminal-diff.ts";
import { verifiedText } from "../review/report/verified-text.ts";
import { count, placeOf } from "../review/report/words.ts";
import { visible } from "../review/text.ts";
import type { Edit, Finding, Report, Text } from "../review/types.ts";
import type { FixArguments } from "./arguments.ts";
import { exitCodeOf, reviewCheckout } from "./review.ts";
import { put, type Terminal, terminalOf } from "./terminal.ts";
import { openWorkingTree, type WorkingTree } from "./working-tree.ts";

/** What becomes of one finding: its fix is made, or why not. */
interface Answer {
  readonly finding: Finding;
  readonly why: string | null;
}

/**
 * Reviews HEAD, makes the fixes that were run in the files of the working tree, and tells what was changed and what was
 * not. Ends as a review does whose fixed findings are gone.
 */
export async function runFix(options: FixArguments, signal: AbortSignal): Promise<number> {
  const { repo, base = null, dryRun } = options;
  const checkout = await openCheckout({ repo, base, head: "HEAD", signal });
  const tree = await openWorkingTree(repo);
  const { report } = await reviewCheckout(checkout, signal);
  const answers = await answersFor(report, tree);
  const edits = distinctEdits(answers.flatMap(({ finding, why }) => (why === null ? editsOf(finding) : [])));
  const files = [...new Set(edits.map((edit) => edit.path))];
  if (!dryRun) {
    for (const file of files)
      await tree.edit(
        file,
        edits.filter((edit) => edit.path === file),
      );
  }
  await put(
    told(answers, report, files, dryRun, terminalOf(process.stdout, { color: options.color })),
    undefined,
  );
  const left = answers.filter(({ why }) => why !== null).map(({ finding }) => finding);
  const isBlocked = left.some(({ gates }) => gates);
  const code = exitCodeOf(report);
  return code === 1 && !isBlocked ? 0 : code;
}

async function answersFor(report: Report, tree: WorkingTree): Promise<readonly Answer[]> {
  const sources = sourcesOf(report.changes);
  const taken: Edit[] = [];
  const answers: Answer[] = [];
  for (const finding of report.findings) {
    const why = await obstacleTo(finding, sources, taken, tree);
    if (why === null) taken.push(...editsOf(finding));
    answers.push({ finding, why });
  }
  return answers;
}

async function obstacleTo(
  finding: Finding,
  sources: ReadonlyMap<string, string>,
  taken: readonly Edit[],
  tree: WorkingTree,
): Promise<string | null> {
  const { sequence } = finding;
  const edits = editsOf(finding);
  if (edits.length === 0 && sequence)
    return `it takes ${count(sequence.steps.length, "migration")}, which drydock review shows`;
  if (edits.length === 0) return "no edit of it is certain to be right";
  for (const file of new Set(edits.map((edit) => edit.path))) {
    const obstacle = await tree.obstacle(file, sources.get(file) ?? null);
    if (obstacle !== null) return `${file}: ${obstacle}`;
  }
  if (edits.some((edit) => taken.some((other) => collide(edit, other))))
    return "another fix edits the same text; commit that one, and run this again";
  return null;
}

function editsOf({ fix }: Finding): readonly Edit[] {
  return fix?.edits ?? [];
}

function told(
  answers: readonly Answer[],
  { changes }: Report,
  files: readonly string[],
  dryRun: boolean,
  { colour, width }: Terminal,
): string {
  const page = {
    colours: palette(colour),
    width: Math.min(Math.max(width, 40), 120),
    sources: sourcesOf(changes),
  };
  const blocks = answers.map((answer) => block(answer, page).join("\n"));
  return `${[...blocks, page.colours.bold(summaryOf(answers, files, dryRun))].join("\n\n")}\n`;
}

function summaryOf(answers: readonly Answer[], files: readonly string[], dryRun: boolean): string {
  if (answers.length === 0) return "Nothing to fix";
  const fixed = answers.filter(({ why }) => why === null).length;
  const made = `${count(fixed, "fix", "fixes")} ${dryRun ? "would be made" : "made"}`;
  return `${made} in ${count(files.length, "file")}, ${count(answers.length - fixed, "finding")} left`;
}

interface Page {
  readonly colours: Palette;
  readonly width: number;
  readonly sources: ReadonlyMap<string, string>;
}

function block({ finding, why }: Answer, page: Page): readonly string[] {
  const { colours, width } = page;
  const dress = finding.gates ? colours.red : colours.yellow;
  const mark = why === null ? colours.green("✔") : dress("–");
  const title = why === null ? [finding.fix?.title ?? ""] : finding.message;
  return [
    ...wrap(words(title), width - 2).map((line, i) => `${i === 0 ? mark : " "} ${colours.bold(line)}`),
    colours.dim(`  ${clip(visible(placeOf(finding)), width - 2)}`),
    ...(why === null ? fixedLines(finding, page) : note(["not changed: ", why], page)),
  ];
}

function fixedLines(finding: Finding, page: Page): readonly string[] {
  return [
    ...terminalDiff(finding, page.sources, page),
    ...(finding.verified ? note(["run: ", ...verifiedText(finding.verified)], page) : []),
    ...(finding.fix?.followUp ? note(["then: ", ...finding.fix.followUp], page) : []),
  ];
}

function note(text: Text, { colours, width }: Page): readonly string[] {
  return wrap(words(text), width - 2).map((line) => colours.dim(`  ${line}`));
}
