import { visibleLine } from "../review/report/escape.ts";
import { inlineFindings, type PatchLine, patchLines } from "../review/report/patch.ts";
import { commentLines, toPretty } from "../review/report/pretty.ts";
import { clip, type Palette, palette } from "../review/report/terminal.ts";
import type { Finding } from "../review/types.ts";
import type { CheckoutReview } from "./review.ts";
import type { Terminal } from "./terminal.ts";

/** A pull request as its readers would meet it: the diff with each inline comment in its place, then all the rest. */
export function conversation(
  { report, files }: CheckoutReview,
  { colour, width }: Terminal,
  sources: ReadonlyMap<string, string>,
): string {
  const page = { colour, width: Math.min(Math.max(width, 60), 110), sources };
  const colours = palette(colour);
  const inline = inlineFindings(report.findings, files);
  const commented = new Set(inline.map((finding) => finding.fingerprint));
  const diffs = files.flatMap(({ path, patch }) => {
    const here = inline.filter((finding) => finding.path === path);
    if (here.length === 0 || patch === null) return [];
    const lines = patchLines(patch).flatMap((line) => [
      diffLine(line, page.width, colours),
      ...here
        .filter((finding) => line.new !== null && finding.endLine === line.new)
        .flatMap((finding) => boxed(finding, page, colours)),
    ]);
    return [[colours.bold(visibleLine(path)), ...lines].join("\n")];
  });
  return `\n${diffs.join("\n\n")}\n${toPretty(report, { ...page, commented })}`;
}

function diffLine({ kind, new: now, old, text }: PatchLine, width: number, colours: Palette): string {
  if (kind === "hunk") return colours.dim(`     ${clip(visibleLine(text), width - 5)}`);
  const signs = { context: " ", added: "+", removed: "-" } as const;
  const dresses = { context: (line: string) => line, added: colours.green, removed: colours.red };
  const content = clip(visibleLine(text).replaceAll("\t", "  "), width - 7);
  return `${colours.dim(String(now ?? old ?? "").padStart(4))} ${dresses[kind](`${signs[kind]} ${content}`)}`.trimEnd();
}

function boxed(
  finding: Finding,
  page: Terminal & { readonly sources: ReadonlyMap<string, string> },
  colours: Palette,
): readonly string[] {
  const edge = colours.dim("     │ ");
  const lines = commentLines(finding, { ...page, width: page.width - 7 });
  return [colours.dim("     ╭─ Drydock"), ...lines.map((line) => `${edge}${line}`), colours.dim("     ╰─")];
}
