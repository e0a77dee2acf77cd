import type { MigrationFile, Reading, Repository } from "./framework.ts";
import { fileNameOf, isSqlPath } from "./paths.ts";
import { unreadableScript } from "./script.ts";
import { lineFinder } from "./sql/statements.ts";
import type { Span } from "./types.ts";
import { compareText } from "./versions.ts";

/** SQL files of one directory that a tool's mark was seen in. */
export interface MarkedFolder {
  readonly directory: string;
  readonly paths: readonly string[];
}

/**
 * Directories whose SQL files hold a tool's mark. It is looked for in the first two files and in the last one: a tool that
 * needs the mark refuses files without it.
 */
export function markedFolders(
  { folders, named, text }: Repository,
  isOwn: (fileName: string) => boolean,
  mark: RegExp,
): MarkedFolder[] {
  return [...folders].flatMap(([directory, all]) => {
    const isLikely = named.includes(directory) || /migrat/i.test(directory);
    const paths = all
      .filter((path) => isSqlPath(path) && isOwn(fileNameOf(path)) && !/\.(up|down)\.sql$/i.test(path))
      .filter((path) => isLikely || /^\d/.test(fileNameOf(path)))
      .sort(compareText);
    const sample = [...paths.slice(0, 2), ...paths.slice(2).slice(-1)];
    const isMarked = sample
      .map((path) => text(path, directory))
      .some((head) => head !== null && mark.test(head));
    return isMarked ? [{ directory, paths }] : [];
  });
}

/** A line of a text: its place without the line's end, and what it says. */
export interface Line extends Span {
  readonly text: string;
}

/** The lines of a text, in their order. */
export function* linesOf(text: string): Generator<Line> {
  for (let start = text.startsWith("\uFEFF") ? 1 : 0; start < text.length; ) {
    const newline = text.indexOf("\n", start);
    const next = newline < 0 ? text.length : newline + 1;
    const end = newline < 0 ? text.length : newline;
    yield { start, end, text: text.slice(start, end).replace(/\r$/, "") };
    start = next;
  }
}

/** Whether a line's last word before a `--` comment ends with a semicolon, as tools that read line by line see it. */
export function endsWithSemicolon(line: string): boolean {
  let previous = "";
  for (const word of line.split(/\s+/)) {
    if (word.startsWith("--")) break;
    if (word !== "") previous = word;
  }
  return previous.endsWith(";");
}

/** A file that its tool refuses as a whole: nothing of it runs, and the reason is told. */
export function refusedFile({ path, text }: MigrationFile, offset: number, reason: string): Reading {
  const line = lineFinder(text)(offset);
  return {
    script: unreadableScript(path, reason, "implicit"),
    skipped: [{ path, line, reason, matters: true }],
  };
}

/** The digits that a file's name begins with; null when it begins otherwise. */
export function leadingVersion(path: string): string | null {
  return /^\d+/.exec(fileNameOf(path))?.[0] ?? null;
}

/** What a file is called after its version, without `.sql`. */
export function nameAfterVersion(path: string): string {
  const whole = fileNameOf(path).replace(/\.sql$/i, "");
  return whole.replace(/^\d+[-_.]?/, "") || whole;
}
