import type { MigrationSequence } from "../types.ts";
import { codeHtml, codeSpan, fenced, markdown } from "./escape.ts";

/** A sequence as Markdown: what each migration does, and their files in a block that unfolds. */
export function sequenceBlock({ steps, replaces, edits }: MigrationSequence): string {
  const place = replaces[0] ?? edits[0]?.path;
  const how = replaces.length > 0 ? "in place of" : "with the statement taken out of";
  const where = place === undefined ? "" : `, ${how} <code>${codeHtml(place)}</code>`;
  const [only, ...others] = steps;
  const what = others.length === 0 ? "The migration" : `The ${steps.length} migrations`;
  const list = steps.map(({ phase, title }, i) => `${i + 1}. **${phase}:** ${markdown(title)}`).join("\n");
  return [
    ...(only && others.length === 0
      ? [`**Instead**, in a migration that was run in the sandbox: ${markdown(only.title)}`]
      : [`**Instead**, in ${steps.length} migrations that were run in the sandbox:`, list]),
    `<details><summary>${what}${where}</summary>`,
    ...steps.flatMap(({ files }) => files.flatMap(({ path, text }) => [codeSpan(path), fenced(text, "sql")])),
    "</details>",
  ].join("\n\n");
}
