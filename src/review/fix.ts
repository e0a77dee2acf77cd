import { decodeText } from "./text-file.ts";
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

/**
 * A file with the edits made, its byte order mark and its line ends kept; or why it is left alone. `reviewed` is the text that
 * the edits speak of. Follows a path, as all reasons do.
 */
export function editFile(
  bytes: Uint8Array,
  reviewed: string,
  edits: readonly Omit<Edit, "path">[],
): { readonly text: string } | { readonly declined: string } {
  const decoded = decodeText(bytes);
  if ("skipped" in decoded) return { declined: decoded.skipped };
  const { text, encoding } = decoded;
  if (encoding === "utf-16") return { declined: "it is not UTF-8" };
  if (text !== reviewed) return { declined: "it is not as it was reviewed" };
  const isCrlf = text.includes("\r\n") && !/[^\r]\n/.test(text);
  const own = isCrlf ? edits.map((edit) => ({ ...edit, text: edit.text.replace(/\r?\n/g, "\r\n") })) : edits;
  return { text: `${encoding === "utf-8-bom" ? "\ufeff" : ""}${applyEdits(text, own)}` };
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
