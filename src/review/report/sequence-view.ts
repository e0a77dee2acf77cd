import type { MigrationSequence } from "../types.ts";
import { codeSpan, fenced, markdown } from "./escape.ts";
import { count } from "./words.ts";

/** A sequence as a collapsed Markdown block: each migration with its phase, what it does, and its files. */
export function sequenceBlock({ steps, replaces, edits }: MigrationSequence): string {
  const place = replaces[0] ?? edits[0]?.path;
  const instead = replaces.length > 0 ? "In place of" : "Take the statement out of";
  return [
    `<details><summary>The same in ${count(steps.length, "migration")}, each run in the sandbox</summary>`,
    ...(place === undefined ? [] : [`${instead} ${codeSpan(place)}${replaces.length > 0 ? ":" : ", then:"}`]),
    ...steps.flatMap(({ phase, title, files }, i) => [
      `**${i + 1}. ${phase}:** ${markdown(title)}`,
      ...files.flatMap(({ path, text }) => [codeSpan(path), fenced(text, "sql")]),
    ]),
    "</details>",
  ].join("\n\n");
}
