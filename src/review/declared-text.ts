import type { Declared } from "./orm.ts";
import type { ModelFile, Span } from "./types.ts";

/** A part of a model as it is written. */
export interface DeclaredText extends Span {
  readonly path: string;
  readonly text: string;
}

/** The text of one line that declares something; null where it takes several lines, or is not known. */
export function declaredLine(declared: Declared | null, files: readonly ModelFile[]): DeclaredText | null {
  const file = files.find(({ path }) => path === declared?.path);
  if (!declared || !file || declared.line !== declared.endLine) return null;
  const lines = file.text.split("\n");
  const text = (lines[declared.line - 1] ?? "").replace(/\r$/, "");
  const start = lines.slice(0, declared.line - 1).reduce((sum, line) => sum + line.length + 1, 0);
  return { path: file.path, text, start, end: start + text.length };
}
