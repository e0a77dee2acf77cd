import type { Finding } from "../types.ts";
import { shorten, visibleLine } from "./escape.ts";
import { fixDiff } from "./fix-view.ts";
import { broken, type Palette } from "./terminal.ts";

const marks = { file: "+++ ", kept: "  ", removed: "- ", added: "+ ", cut: "… " } as const;

/** What a fix does to the text, for a terminal: long lines go on below, for what is new may stand at their end. */
export function terminalDiff(
  finding: Finding,
  sources: ReadonlyMap<string, string>,
  { colours: { dim, red, green }, width }: { readonly colours: Palette; readonly width: number },
  most?: number,
): readonly string[] {
  const dresses = { file: dim, kept: dim, removed: red, added: green, cut: dim };
  return fixDiff(finding, sources, most).flatMap(({ kind, text }) =>
    broken(shorten(visibleLine(text).replaceAll("\t", "  "), 400), width - 8).map((piece, i) =>
      `    ${dresses[kind](`${i === 0 ? marks[kind] : "    "}${piece}`)}`.trimEnd(),
    ),
  );
}
