import { createHash } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import type { ServerResponse } from "node:http";
import path from "node:path";
import MarkdownIt, { type Token } from "markdown-it";
import { escapeHtml } from "../review/report/escape.ts";
import { style } from "../review/report/html-style.ts";
import { rules } from "../review/rules/index.ts";
import { fieldsOf } from "./failures.ts";
import type { Client } from "./github.ts";
import type { Log } from "./log.ts";
import type { Handler } from "./server.ts";
import { webhookPath } from "./settings.ts";

/** Below it the app shows the rules' pages. */
export const rulesPath = "/rules";

/** Whether the rules' pages came with the program. */
export function hasRulePages(folder: string): boolean {
  return existsSync(folder);
}

/**
 * `/rules` and `/rules/<id>`: the pages to which comments link, for people who may not see the program's repository. They are
 * the program's own text, hold no script, and change only with it.
 */
export function rulePages(folder: string): Handler {
  const pages = new Map<string | null, Page>();
  return ({ url, method, headers }, response) => {
    if (method !== "GET" && method !== "HEAD") return false;
    const id = /^\/rules(?:\/([a-z][a-z-]*)(?:\.md)?)?$/.exec((url ?? "").split("?", 1)[0] ?? "");
    if (!id || (id[1] !== undefined && !isPage(id[1]))) return false;
    return send(response, pageOf(id[1] ?? null), headers["if-none-match"]);
  };

  /** `null` for the list of all. */
  function pageOf(id: string | null): Page {
    const known = pages.get(id);
    if (known) return known;
    const html = id === null ? framed("Rules of Drydock", indexPage()) : framed(id, rulePage(id));
    const page = { html, tag: `"${createHash("sha256").update(html).digest("base64url").slice(0, 22)}"` };
    pages.set(id, page);
    return page;
  }

  function rulePage(id: string): string {
    const file = id === suppressions ? path.join(folder, "..", `${id}.md`) : path.join(folder, `${id}.md`);
    const text = readFileSync(file, "utf8").replace(/^<!--[\s\S]*?-->\s*/, "");
    const tokens = renderer.parse(text, {});
    for (const { children } of tokens) if (children) settleLinks(children);
    return `<p class="soft"><a href="../rules">All rules</a></p>\n${renderer.renderer.render(tokens, renderer.options, {})}`;
  }
}

/** The one page that all rules link to. */
const suppressions = "suppressions";

function isPage(id: string): boolean {
  return id === suppressions || Object.hasOwn(rules, id);
}

/** Links lead to pages that are there; what else a page links to stays its text. */
function settleLinks(tokens: readonly Token[]): void {
  let isLink = false;
  for (const token of tokens) {
    if (token.type === "link_open") {
      const id = /^(?:\.\.\/|rules\/)?([a-z-]+)\.md$/.exec(String(token.attrGet("href")))?.[1];
      isLink = id !== undefined && isPage(id);
      if (isLink) token.attrSet("href", String(id));
    }
    const isEdge = token.type === "link_open" || token.type === "link_close";
    if (isEdge && !isLink) Object.assign(token, { type: "text", content: "" });
  }
}

/** The same by what GitHub knows of the app, asked once. A failure costs the links, and nothing else. */
export async function ownRulesUrl(app: Client, log: Log): Promise<string | null> {
  try {
    const { data } = await app.rest.apps.getWebhookConfigForApp();
    const address = rulesUrlBehind(data.url);
    if (address === null) log.info({}, "rules are not linked: set PUBLIC_URL to where people reach Drydock");
    return address;
  } catch (error) {
    log.warn(fieldsOf(error), "the app's own address could not be read; rules are not linked");
    return null;
  }
}

/** Where people can see the rules' pages, by the address at which GitHub reaches the app; null when that tells nobody's. */
export function rulesUrlBehind(webhookUrl: string | null | undefined): string | null {
  if (!webhookUrl || !URL.canParse(webhookUrl)) return null;
  const { protocol, hostname, origin, pathname } = new URL(webhookUrl);
  const below = pathname.replace(/\/$/, "");
  if (!/^https?:$/.test(protocol) || !below.endsWith(webhookPath) || isPrivate(hostname)) return null;
  return `${origin}${below.slice(0, -webhookPath.length)}${rulesPath}`;
}

/** Names and addresses that mean something else, or nothing, on the machine of whoever reads the comment. */
function isPrivate(host: string): boolean {
  return (
    !host.includes(".") ||
    /(^|\.)(localhost|local|internal|test|invalid|example)$/i.test(host) ||
    /^(127|10|0)\.|^192\.168\.|^169\.254\.|^172\.(1[6-9]|2\d|3[01])\./.test(host)
  );
}

interface Page {
  readonly html: string;
  readonly tag: string;
}

const renderer = new MarkdownIt({ html: false, linkify: false });

function indexPage(): string {
  const rows = Object.entries(rules).map(
    ([id, { summary, severity }]) =>
      `<tr><td><a href="rules/${id}"><code>${id}</code></a></td><td>${renderer.renderInline(summary)}</td><td>${escapeHtml(severity)}</td></tr>`,
  );
  return `<h1>Rules of Drydock</h1>\n<table><tbody>\n${rows.join("\n")}\n</tbody></table>`;
}

const css = `${style}.markdown h1 { margin-bottom: 12px; } .markdown pre { overflow-x: auto; background: var(--code); border-radius: 6px; padding: 10px 12px; }`;
const cssHash = createHash("sha256").update(css).digest("base64");

/** Links in it are relative, so that they hold below a proxy's folder as well. */
function framed(title: string, body: string): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeHtml(title)}</title>
<style>${css}</style>
</head>
<body>
<main class="markdown">
${body}
</main>
</body>
</html>
`;
}

function send(response: ServerResponse, { html, tag }: Page, known: string | undefined): true {
  const headers = {
    etag: tag,
    "cache-control": "public, max-age=3600",
    "content-security-policy": `default-src 'none'; style-src 'sha256-${cssHash}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`,
    "x-content-type-options": "nosniff",
  };
  if (known === tag) response.writeHead(304, headers).end();
  else response.writeHead(200, { ...headers, "content-type": "text/html; charset=utf-8" }).end(html);
  return true;
}
