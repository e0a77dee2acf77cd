import MarkdownIt from "markdown-it";
import { visible } from "../text.ts";
import { escapeHtml, shorten } from "./escape.ts";
import type { SchemaView, TableView } from "./schema-view.ts";

export interface MarkdownHtmlOptions {
  /** What stands at the commented lines, for suggestion blocks. */
  readonly original?: string;
  /** Drawn in place of the Mermaid blocks, in their order: the page loads no script. */
  readonly diagrams?: readonly SchemaView[];
}

/**
 * Our own Markdown as HTML, much as GitHub shows it. HTML in it is shown as text, except for the few tags that the
 * summary is made with, each on a line of its own and holding nothing but text and `<code>`.
 */
export function markdownHtml(
  text: string,
  { original = "", diagrams = [] }: MarkdownHtmlOptions = {},
): string {
  const renderer = new MarkdownIt({ html: false, linkify: false, breaks: true });
  addOwnTags(renderer);
  let drawn = 0;
  const plainFence = renderer.renderer.rules.fence;
  renderer.renderer.rules.fence = (tokens, index, options, env, self) => {
    const token = tokens[index];
    const info = token?.info.trim();
    if (info === "suggestion") return suggestion(original, token?.content ?? "");
    if (info === "diff") return `<div class="diffblock">${diffBlock(token?.content ?? "")}</div>`;
    const view = info === "mermaid" ? diagrams[drawn++] : undefined;
    if (view) return diagram(view);
    return plainFence?.(tokens, index, options, env, self) ?? "";
  };
  const shown = text.replace(/\n*<!-- drydock:[\w.-]+ -->\s*$/, "\n").replace(smallPrint, "$1");
  return renderer.render(shown);
}

/** A line of small print with Markdown in it: the page has no need to make it smaller. */
const smallPrint = /^<sub>(.*[`[].*)<\/sub>$/gm;

/** Lines such as `<details><summary>…</summary>`, `</details>` and `<sub>…</sub>`, taken as they are. */
function addOwnTags(renderer: MarkdownIt): void {
  const own =
    /^(?:<details><summary>(?:[^<>]|<\/?code>)*<\/summary>|<\/details>|<sub>(?:[^<>]|<\/?code>)*<\/sub>)$/;
  renderer.block.ruler.before("paragraph", "own_tags", (state, line, _end, silent) => {
    const start = (state.bMarks[line] ?? 0) + (state.tShift[line] ?? 0);
    const content = state.src.slice(start, state.eMarks[line]).trimEnd();
    if (!own.test(content)) return false;
    if (silent) return true;
    const token = state.push("own_tags", "", 0);
    token.content = content;
    state.line = line + 1;
    return true;
  });
  renderer.renderer.rules.own_tags = (tokens, index) => `${tokens[index]?.content ?? ""}\n`;
}

function suggestion(original: string, replacement: string): string {
  const lines = [
    ...original.split("\n").map((line) => `- ${line}`),
    ...replacement
      .replace(/\n$/, "")
      .split("\n")
      .map((line) => `+ ${line}`),
  ];
  return `<div class="diffblock"><div class="caption">Suggested change</div>${diffBlock(lines.join("\n"))}</div>`;
}

function diffBlock(text: string): string {
  const classes: Readonly<Record<string, string>> = { "+": "added", "-": "removed" };
  const lines = text
    .replace(/\n$/, "")
    .split("\n")
    .map((line) => {
      const kind = classes[line[0] ?? ""] ?? "context";
      return `<span class="line ${kind}">${escapeHtml(line)}\n</span>`;
    });
  return `<pre>${lines.join("")}</pre>`;
}

function diagram({ tables, relations }: SchemaView): string {
  const links = relations.map(({ from, to, columns, mark }) => {
    const note = mark === null ? "" : ` <em class="${mark}">${mark}</em>`;
    return `<li><code>${shown(from)}</code> (${shown(columns.join(", "))}) → <code>${shown(to)}</code>${note}</li>`;
  });
  const list = links.length > 0 ? `<ul class="links">${links.join("")}</ul>` : "";
  return `<div class="diagram">${tables.map(tableBox).join("")}</div>${list}`;
}

function tableBox({ name, mark, columns, more }: TableView): string {
  const rows = columns.map((column) => {
    const keys = [column.primaryKey && "PK", column.foreignKey && "FK"]
      .filter((key) => key !== false)
      .join(" ");
    const was = column.was === null ? "" : `, was ${shown(column.was)}`;
    const note = column.mark === null ? "" : `<em>${column.mark}${was}</em>`;
    const cells = [shown(column.name), shown(column.type), keys, note];
    return `<tr class="${column.mark ?? ""}">${cells.map((cell) => `<td>${cell}</td>`).join("")}</tr>`;
  });
  const rest = more > 0 ? `<tr><td colspan="4">${more} more</td></tr>` : "";
  const note = mark === null ? "" : ` <em>${mark}</em>`;
  return `<table class="entity ${mark ?? ""}"><caption>${shown(name)}${note}</caption><tbody>${rows.join("")}${rest}</tbody></table>`;
}

function shown(name: string): string {
  return escapeHtml(shorten(visible(name), 80));
}
