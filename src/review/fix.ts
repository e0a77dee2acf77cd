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

/** Whether two edits cannot both be made: they touch the same text. The same edit twice is one. */
export function collide(a: Edit, b: Edit): boolean {
  if (a.path !== b.path || JSON.stringify(a) === JSON.stringify(b)) return false;
  return (a.start < b.end && b.start < a.end) || a.start === b.start;
}

/** Each edit once. */
export function distinctEdits(edits: readonly Edit[]): readonly Edit[] {
  return [...new Map(edits.map((edit) => [JSON.stringify(edit), edit])).values()];
}
