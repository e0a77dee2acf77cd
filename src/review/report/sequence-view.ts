import type { MigrationSequence } from "../types.ts";
import { codeHtml, codeSpan, fenced, markdown } from "./escape.ts";
import { count } from "./words.ts";

/** A sequence as Markdown: what each migration does, and their files in a block that unfolds. */
export function sequenceBlock({ steps, replaces, edits }: MigrationSequence): string {
  const place = replaces[0] ?? edits[0]?.path;
  const how = replaces.length > 0 ? "in place of" : "with the statement taken out of";
  const where = place === undefined ? "" : `, ${how} <code>${codeHtml(place)}</code>`;
  const what = steps.length === 1 ? "The migration" : `The ${steps.length} migrations`;
  return [
    `**Instead**, in ${count(steps.length, "migration")} that ${steps.length === 1 ? "was" : "were"} run in the sandbox:`,
    steps.map(({ phase, title }, i) => `${i + 1}. **${phase}:** ${markdown(title)}`).join("\n"),
    `<details><summary>${what}${where}</summary>`,
    ...steps.flatMap(({ files }) => files.flatMap(({ path, text }) => [codeSpan(path), fenced(text, "sql")])),
    "</details>",
  ].join("\n\n");
}
