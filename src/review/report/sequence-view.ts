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
    ...steps.flatMap(({ files }) =>
      files.flatMap(({ path, text }) => [codeSpan(path), fenced(text, languageOf(path))]),
    ),
    "</details>",
  ].join("\n\n");
}

/** For the colours of a fence, by the file's name. */
function languageOf(path: string): string {
  const languages: Readonly<Record<string, string>> = { sql: "sql", py: "python", toml: "toml" };
  return languages[/\.(\w+)$/.exec(path)?.[1] ?? ""] ?? "text";
}
