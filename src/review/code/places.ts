import type { Place, Span } from "../types.ts";

/** What tells the lines of a part of a file, in any order. */
export function placesIn(path: string, text: string): (span: Span) => Place {
  const ends: number[] = [];
  for (let i = text.indexOf("\n"); i >= 0; i = text.indexOf("\n", i + 1)) ends.push(i);
  const lineOf = (offset: number) => {
    let [low, high] = [0, ends.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((ends[middle] ?? 0) < offset) low = middle + 1;
      else high = middle;
    }
    return low + 1;
  };
  return ({ start, end }) => ({ path, line: lineOf(start), endLine: lineOf(Math.max(start, end - 1)) });
}
