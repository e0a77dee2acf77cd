import type { ChangeSet, Edit, Finding, Fix } from "../types.ts";

/** The texts of the change's scripts and models by path: what fixes point into and code frames show. */
export function sourcesOf(changes: ChangeSet): ReadonlyMap<string, string> {
  const scripts = changes.databases.flatMap(({ steps }) =>
    steps.flatMap(({ up, down }) => (down ? [up, down] : [up])),
  );
  const models = changes.databases.flatMap((database) => database.models?.head ?? []);
  return new Map([...models, ...scripts].map(({ path, text }) => [path, text]));
}

/**
 * What the commented lines become when the fix is applied, for a suggestion block; null when there is no fix, when it
 * reaches into other lines or files, or when its text could not be shown as it is.
 */
export function suggestionOf(finding: Finding, text: string): string | null {
  const edits = finding.fix?.edits ?? [];
  const { start, end } = linesSpan(text, finding.line, finding.endLine);
  const inside = edits.every((edit) => edit.path === finding.path && edit.start >= start && edit.end <= end);
  if (edits.length === 0 || !inside) return null;
  const before = text.slice(start, end);
  const after = editedText(before, edits, start);
  if (
    after === before ||
    after.length > 10_000 ||
    /[\p{Cf}\u0000-\u0008\u000b\u000c\u000e-\u001f]/u.test(after)
  )
    return null;
  return after.replace(/\r\n?/g, "\n");
}

/** A suggestion reaches so far at most: people have to see what it changes. */
const mostLines = 20;

/** The finding on all lines that its fix changes in its file, so that a suggestion can hold it; as it is where that is no use. */
export function onLinesOfFix(finding: Finding, text: string): Finding {
  const edits = finding.fix?.edits ?? [];
  if (edits.some(({ path }) => path !== finding.path)) return finding;
  const lines = edits.flatMap(({ start, end }) => [
    positionOf(text, start).line,
    // An edit that ends with its last line's end does not reach into the next one.
    positionOf(text, end > start && text[end - 1] === "\n" ? end - 1 : end).line,
  ]);
  const line = Math.min(finding.line, ...lines);
  const endLine = Math.max(finding.endLine, ...lines);
  return endLine - line >= mostLines ? finding : { ...finding, line, endLine };
}

/** One line of a fix shown as a difference. */
export interface DiffLine {
  readonly kind: "file" | "kept" | "removed" | "added" | "cut";
  readonly text: string;
}

/**
 * A fix as lines removed and added, at most `limit` of them. A file that is not among the sources is one that the fix
 * creates. Lines that stay are left out, except for one that says which other file is meant.
 */
export function fixDiff(
  finding: Finding,
  sources: ReadonlyMap<string, string>,
  limit = 40,
): readonly DiffLine[] {
  const fix = finding.fix;
  if (!fix) return [];
  const paths = [...new Set(fix.edits.map((edit) => edit.path))];
  const lines = paths.flatMap((path) => [
    ...(path === finding.path && paths.length === 1 ? [] : [{ kind: "file", text: path } satisfies DiffLine]),
    ...fileDiff(fix, path, sources.get(path) ?? ""),
  ]);
  if (lines.length <= limit) return lines;
  return [...lines.slice(0, limit), { kind: "cut", text: `${lines.length - limit} more lines` }];
}

/** The half-open range of whole lines, 1-based and inclusive, without the last line's end. */
export function linesSpan(text: string, line: number, endLine: number): { start: number; end: number } {
  const start = offsetOfLine(text, line);
  const next = offsetOfLine(text, endLine + 1);
  const end = next > start && text[next - 1] === "\n" ? next - 1 : next;
  return { start, end: text[end - 1] === "\r" && end > start ? end - 1 : end };
}

/** 1-based line and column (in UTF-16 units) of an offset. */
export function positionOf(text: string, offset: number): { line: number; column: number } {
  const before = text.slice(0, offset);
  const lastBreak = before.lastIndexOf("\n");
  return { line: before.split("\n").length, column: offset - lastBreak };
}

/** Groups of edits that touch the same or neighbouring lines, each as its old lines and its new ones. */
function fileDiff(fix: Fix, path: string, text: string): readonly DiffLine[] {
  const edits = fix.edits.filter((edit) => edit.path === path).toSorted((a, b) => a.start - b.start);
  return hunks(text, edits).flatMap((hunk) => {
    const { start, end } = linesSpan(text, hunk.line, hunk.endLine);
    const before = text.slice(start, end).split(/\r?\n/);
    const after = editedText(text.slice(start, end), hunk.edits, start).split(/\r?\n/);
    return differing(text === "" ? [] : before, withoutLastEnd(after));
  });
}

/** New text that ends its last line leaves an empty one behind, which is no line. */
function withoutLastEnd(lines: readonly string[]): readonly string[] {
  return lines.length > 1 && lines.at(-1) === "" ? lines.slice(0, -1) : lines;
}

function hunks(text: string, edits: readonly Edit[]) {
  const found: { line: number; endLine: number; edits: Edit[] }[] = [];
  for (const edit of edits) {
    const line = positionOf(text, edit.start).line;
    const endLine = positionOf(text, edit.end).line;
    const last = found.at(-1);
    if (last && line <= last.endLine + 1) {
      last.endLine = Math.max(last.endLine, endLine);
      last.edits.push(edit);
    } else {
      found.push({ line, endLine, edits: [edit] });
    }
  }
  return found;
}

/** Lines that both sides share at the start and at the end are left out. */
function differing(before: readonly string[], after: readonly string[]): readonly DiffLine[] {
  let head = 0;
  while (head < before.length && head < after.length && before[head] === after[head]) head++;
  let tail = 0;
  const most = Math.min(before.length, after.length) - head;
  while (tail < most && before[before.length - 1 - tail] === after[after.length - 1 - tail]) tail++;
  return [
    ...before.slice(head, before.length - tail).map((text): DiffLine => ({ kind: "removed", text })),
    ...after.slice(head, after.length - tail).map((text): DiffLine => ({ kind: "added", text })),
  ];
}

/** A part of a file, from `offset` on, with edits that lie inside it. */
function editedText(part: string, edits: readonly Edit[], offset: number): string {
  const ordered = edits.toSorted((a, b) => b.start - a.start);
  return ordered.reduce(
    (text, edit) => text.slice(0, edit.start - offset) + edit.text + text.slice(edit.end - offset),
    part,
  );
}

function offsetOfLine(text: string, line: number): number {
  let offset = 0;
  for (let at = 1; at < line; at++) {
    const next = text.indexOf("\n", offset);
    if (next === -1) return text.length;
    offset = next + 1;
  }
  return offset;
}
