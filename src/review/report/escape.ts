import { visible } from "../text.ts";
import type { Text } from "../types.ts";

const zeroWidthSpace = "\u200b";

/** Where Markdown goes: a table cell needs its pipes escaped as well. */
export interface MarkdownOptions {
  readonly table?: boolean;
  /** Longest name or piece of SQL, in characters; longer ones lose their middle. */
  readonly limit?: number;
}

/**
 * A text for people as Markdown on one line. Names become code spans, where GitHub links no mention, issue or commit;
 * the literal parts are prose.
 */
export function markdown(text: Text, options: MarkdownOptions = {}): string {
  return text
    .map((part) =>
      typeof part === "string" ? prose(part, { ...options, limit: 2_000 }) : codeSpan(part.code, options),
    )
    .join("");
}

/** Text of unknown origin as a Markdown code span: one line, shortened, with a fence longer than any run of backticks inside. */
export function codeSpan(text: string, { table = false, limit = 120 }: MarkdownOptions = {}): string {
  const line = shorten(visible(text), limit) || " ";
  const inner = table ? escapePipes(line) : line;
  const fence = "`".repeat(longestRun(inner, "`") + 1);
  const padding = /^`|`$|^ .* $/.test(inner) ? " " : "";
  return `${fence}${padding}${inner}${padding}${fence}`;
}

/**
 * Text of unknown origin as a fenced block. The text keeps its lines; control and direction characters are made visible,
 * unless `exact` says that it must stay as it is.
 */
export function fenced(text: string, info: string, { exact = false } = {}): string {
  const lines = text.replace(/\r\n?/g, "\n").replace(/\n$/, "");
  const body = exact ? lines : lines.split("\n").map(visibleLine).join("\n");
  const fence = "`".repeat(Math.max(3, longestRun(body, "`") + 1));
  return `${fence}${info}\n${body}\n${fence}`;
}

/**
 * Prose of unknown origin as Markdown on one line: no markup but code spans, no HTML, no link, and nobody is mentioned.
 * A backslash does not stop GitHub's mentions and references, which are looked for in the rendered text; a zero-width
 * space does.
 */
export function prose(text: string, { table = false, limit = 400 }: MarkdownOptions = {}): string {
  return shorten(visible(text), limit)
    .split(/(`[^`]+`|\b[0-9a-f]{7,64}\b)/i)
    .map((part, i) =>
      i % 2 === 1 ? codeSpan(part.replaceAll("`", ""), { table, limit }) : escapeMarkup(part),
    )
    .join("");
}

/** Text in at most `limit` characters; what is too long loses its middle. Never cuts a character in half. */
export function shorten(text: string, limit: number): string {
  if (text.length <= limit) return text;
  const characters = [...text.slice(0, limit * 2)];
  const tail = [...text.slice(-limit * 2)];
  const last = Math.floor((limit - 1) / 3);
  const first = limit - 1 - last;
  return `${characters.slice(0, first).join("")}…${tail.slice(tail.length - last).join("")}`;
}

/** Text in at most `limit` characters; what is too long loses its end. */
export function beginning(text: string, limit: number): string {
  if (text.length <= limit) return text;
  const characters = [...text.slice(0, limit * 2)];
  return characters.length <= limit ? text : `${characters.slice(0, limit - 1).join("")}…`;
}

/** Text of unknown origin for an HTML page: element content or a quoted attribute value. */
export function escapeHtml(text: string): string {
  return text
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;")
    .replaceAll("'", "&#39;");
}

/** A name for `<summary>`, whose content GitHub takes as HTML. */
export function codeHtml(name: string): string {
  return escapeHtml(shorten(visible(name), 120));
}

/** A line of a file with its control and direction characters made visible; a tab stays a tab. */
export function visibleLine(line: string): string {
  return line.split("\t").map(visible).join("\t");
}

function escapeMarkup(text: string): string {
  return text
    .replace(/[\\`*_[\]|~$]/g, "\\$&")
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replace(/@(?=[\w-])/g, `@${zeroWidthSpace}`)
    .replace(/#(?=\d)/g, `#${zeroWidthSpace}`)
    .replace(/\bGH-(?=\d)/gi, `GH${zeroWidthSpace}-`)
    .replaceAll("://", `:${zeroWidthSpace}//`)
    .replace(/\bwww\./gi, (www) => `${www.slice(0, 3)}${zeroWidthSpace}.`)
    .replace(/^(\s*)([#+=-]|\d+[.)])/, "$1\\$2")
    .replace(/^(\s*)\\(\d+)([.)])/, "$1$2\\$3");
}

/** GitHub takes a backslash before a pipe as escaped when another one stands before it: the two are kept apart. */
function escapePipes(text: string): string {
  return text.replace(/(\\*)\|/g, (_, backslashes: string) => {
    const apart = backslashes.length % 2 === 1 ? zeroWidthSpace : "";
    return `${backslashes}${apart}\\|`;
  });
}

function longestRun(text: string, character: string): number {
  let longest = 0;
  let run = 0;
  for (const c of text) {
    run = c === character ? run + 1 : 0;
    longest = Math.max(longest, run);
  }
  return longest;
}
