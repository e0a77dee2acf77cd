/** A range of lines on the new side of a file, 1-based, both ends included. */
export interface Hunk {
  readonly start: number;
  readonly end: number;
}

/**
 * The line ranges of the new side that a unified patch shows, context included. Lines are counted from the body and not
 * only from the `@@` header, because a patch can be cut off. A hunk that only removes lines at the file's end has none.
 */
export function hunksOf(patch: string): Hunk[] {
  const hunks: Hunk[] = [];
  let next = 0;
  let start = 0;
  let left = { old: 0, new: 0 };
  const close = () => {
    if (next > start) hunks.push({ start, end: next - 1 });
    start = next;
  };
  for (const line of patch.split("\n")) {
    if (left.old <= 0 && left.new <= 0) {
      const header = /^@@ -\d+(?:,(\d+))? \+(\d+)(?:,(\d+))? @@/.exec(line);
      if (!header) continue;
      close();
      left = { old: Number(header[1] ?? 1), new: Number(header[3] ?? 1) };
      start = Number(header[2]);
      next = start;
      continue;
    }
    if (line.startsWith("\\")) continue;
    if (line.startsWith("-")) left = { ...left, old: left.old - 1 };
    else if (line.startsWith("+")) left = { ...left, new: left.new - 1 };
    else left = { old: left.old - 1, new: left.new - 1 };
    if (!line.startsWith("-")) next += 1;
  }
  close();
  return hunks;
}

/** What a unified patch does to lines: those that it adds, by their numbers on the new side, and those that it takes away. */
export interface LineChanges {
  readonly added: ReadonlyMap<number, string>;
  readonly removed: readonly string[];
}

/** The lines that a patch adds and takes away; context is neither. */
export function lineChangesOf(patch: string): LineChanges {
  const added = new Map<number, string>();
  const removed: string[] = [];
  let next = 0;
  for (const line of patch.split("\n")) {
    const header = /^@@ -\d+(?:,\d+)? \+(\d+)(?:,\d+)? @@/.exec(line);
    if (header) next = Number(header[1]);
    else if (line.startsWith("+")) added.set(next++, line.slice(1));
    else if (line.startsWith("-")) removed.push(line.slice(1));
    else if (!line.startsWith("\\")) next += 1;
  }
  return { added, removed };
}

/** Whether the whole range of lines stands in one hunk, which GitHub asks of a review comment. */
export function isInDiff(
  place: { readonly line: number; readonly endLine: number },
  hunks: readonly Hunk[],
): boolean {
  return hunks.some((hunk) => hunk.start <= place.line && place.endLine <= hunk.end);
}
