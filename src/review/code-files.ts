import { lineChangesOf } from "./diff.ts";
import { type ChangedFileLike, type Texts, unknownDigest } from "./inputs.ts";
import type { Layout } from "./layout.ts";
import { readText } from "./read-text.ts";
import { rules } from "./rules/index.ts";
import type { CodeFile, Skipped } from "./types.ts";

/** Whether the change adds a line for which some rule wants to read the file. */
export function isReadByRule(file: ChangedFileLike): boolean {
  const known = answers.get(file) ?? addsReadLine(file);
  answers.set(file, known);
  return known;
}

/** It is asked again whenever a change is laid out, and a patch can have thousands of lines. */
const answers = new WeakMap<ChangedFileLike, boolean>();

function addsReadLine({ path, patch }: ChangedFileLike): boolean {
  if (patch === null) return false;
  const added = [...lineChangesOf(patch).added.values()];
  return readers.some(({ reads }) => added.some((line) => reads(path, line)));
}

const readers = Object.values(rules).filter(({ check }) => check.code);

/** The changed files of the head side that rules want to read, migrations aside. */
export function codePathsOf({ changed, isMigration }: Layout): string[] {
  return changed
    .filter((file) => file.status !== "removed" && isReadByRule(file))
    .map(({ path }) => path)
    .filter((path) => !isMigration(path));
}

/** The files that rules want to read. */
export function readCode(
  layout: Layout,
  texts: Texts,
): { readonly files: readonly CodeFile[]; readonly skipped: readonly Skipped[] } {
  const files: CodeFile[] = [];
  const skipped: Skipped[] = [];
  const migrations = layout.directories
    .filter(({ history, steps }) => history.length + steps.length > 0)
    .map(({ directory }) => directory);
  for (const path of codePathsOf(layout)) {
    const decoded = readText(texts.get(layout.sides.head.get(path)?.digest ?? unknownDigest));
    const { added, removed } = changesOf(path, layout);
    if ("text" in decoded)
      files.push({ path, text: decoded.text, added: [...added.keys()], removed, migrations });
    else skipped.push({ path, line: null, reason: decoded.skipped, matters: false });
  }
  return { files, skipped };
}

/** The lines that the change adds to a file; 1-based. */
export function addedLinesOf(path: string, layout: Layout): ReadonlySet<number> {
  return new Set(changesOf(path, layout).added.keys());
}

function changesOf(path: string, { changed }: Layout) {
  return lineChangesOf(changed.find((file) => file.path === path)?.patch ?? "");
}
