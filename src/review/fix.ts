import type { Edit } from "./types.ts";

/** The text with the edits made. Offsets are those of the text as it was; edits must not overlap. */
export function applyEdits(text: string, edits: readonly Omit<Edit, "path">[]): string {
  const ordered = edits.toSorted((a, b) => a.start - b.start || a.end - b.end);
  const parts: string[] = [];
  let done = 0;
  for (const { start, end, text: replacement } of ordered) {
    if (start < done || end < start || end > text.length)
      throw new RangeError(`edit ${start}-${end} overlaps another or lies outside the text`);
    parts.push(text.slice(done, start), replacement);
    done = end;
  }
  return [...parts, text.slice(done)].join("");
}
