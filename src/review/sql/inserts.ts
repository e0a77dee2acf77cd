import { storedName } from "./names.ts";
import { closingOf, elementsOf, type Source, sourceOf, textOf, wordIn } from "./source.ts";

/** The values that `INSERT INTO t (a, b) VALUES (…), (…)` writes out, as they are written, by column; empty for any other form. */
export function insertedValues(sql: string): ReadonlyMap<string, readonly string[]> {
  const source = sourceOf(sql, 0);
  const { tokens } = source;
  const values = wordIn(source, "values", 0, tokens.length);
  const open = tokens.findIndex(({ text }) => text === "(");
  const found = new Map<string, string[]>();
  if (tokens[0]?.text !== "insert" || values === null || open < 0 || open > values) return found;
  const columns = elementTexts(source, open).map(storedName);
  for (let at = values + 1; tokens[at]?.text === "("; at = closingOf(source, at) + 2) {
    for (const [i, value] of elementTexts(source, at).entries()) {
      const column = columns[i];
      if (column !== undefined) found.set(column, [...(found.get(column) ?? []), value]);
    }
  }
  return found;
}

/**
 * What `INSERT INTO t (a, b) SELECT x, y …` selects for a column, as it is written: null when it selects nothing for it; undefined
 * for any other form.
 */
export function selectedFor(sql: string, column: string): string | null | undefined {
  const source = sourceOf(sql, 0);
  const { tokens } = source;
  const select = wordIn(source, "select", 0, tokens.length);
  const open = tokens.findIndex(({ text }) => text === "(");
  if (tokens[0]?.text !== "insert" || select === null || open < 0 || open > select) return undefined;
  const at = elementTexts(source, open).map(storedName).indexOf(column);
  const end = wordIn(source, "from", select, tokens.length) ?? tokens.length;
  const element = at < 0 ? undefined : elementsOf(source, select + 1, end)[at];
  return element ? textOf(source, element.first, element.after) : null;
}

/** What stands between the commas of a parenthesis. */
function elementTexts(source: Source, open: number): string[] {
  return elementsOf(source, open + 1, closingOf(source, open)).map(
    ({ first, after }) => textOf(source, first, after) ?? "",
  );
}
