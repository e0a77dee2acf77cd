import { lineFinder } from "../sql/statements.ts";
import type { ModelFile, Place, Span } from "../types.ts";

/** What tells the lines of a part of a file, in any order. */
export function placesIn(path: string, text: string): (span: Span) => Place {
  const lineOf = lineFinder(text);
  return ({ start, end }) => ({ path, line: lineOf(start), endLine: lineOf(Math.max(start, end - 1)) });
}

/** The lines of a part of a file, of which many are asked. */
export function placeIn(file: ModelFile, span: Span): Place {
  const placeOf = known.get(file) ?? placesIn(file.path, file.text);
  known.set(file, placeOf);
  return placeOf(span);
}

const known = new WeakMap<ModelFile, (span: Span) => Place>();
