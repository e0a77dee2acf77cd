import { existsSync, readFileSync, writeFileSync } from "node:fs";
import type { IncomingMessage, ServerResponse } from "node:http";
import { parseEnv } from "node:util";
import { Octokit } from "@octokit/rest";
import { parse } from "yaml";
import { escapeHtml } from "../review/report/escape.ts";
import { addressesIn, type Environment, webhookPath } from "./settings.ts";

export interface SetupOptions {
  readonly env: Environment;
  /** The manifest, `app.yml`. */
  readonly manifestFile: string;
  /** Where the credentials are written to. */
  readonly envFile: string;
  readonly version: string;
}

/**
 * The page that registers Drydock as a GitHub App and writes its credentials down. It answers the paths that Probot's set-up
 * page does, and says the right address for webhooks, which that one does not: it registers the root.
 * Gives whether it answered.
 */
export function setupHandler(options: SetupOptions) {
  return async (request: IncomingMessage, response: ServerResponse): Promise<boolean> => {
    const base = baseOf(request);
    const url = new URL(request.url ?? "/", base);
    if (request.method !== "GET") return false;
    if (url.pathname === "/") return redirect(response, "/probot");
    if (url.pathname === "/probot") return page(response, 200, registerPage(base, options));
    if (url.pathname !== "/probot/setup") return false;
    const code = url.searchParams.get("code");
    if (!code)
      return page(
        response,
        400,
        html("Set-up", "<p>GitHub sent no code. <a href='/probot'>Begin again</a>.</p>"),
      );
    return page(response, 200, await register(code, options));
  };
}

/** `app.yml` as GitHub takes it, for an app at this address. */
export function manifestFor(
  base: string,
  { manifestFile, env }: Pick<SetupOptions, "manifestFile" | "env">,
): Record<string, unknown> {
  const manifest = parse(readFileSync(manifestFile, "utf8")) as Record<string, unknown>;
  return {
    ...manifest,
    hook_attributes: { url: env.WEBHOOK_PROXY_URL || `${base}${webhookPath}`, active: true },
    redirect_url: `${base}/probot/setup`,
  };
}

function registerPage(base: string, options: SetupOptions): string {
  const { webUrl } = addressesIn(options.env);
  const organisation = options.env.GH_ORG ? `/organizations/${encodeURIComponent(options.env.GH_ORG)}` : "";
  const manifest = manifestFor(base, options);
  const { url } = manifest.hook_attributes as { url: string };
  const isLocal = /^https?:\/\/(localhost|127\.|\[::1\])/.test(url);
  const warning = isLocal
    ? "<p><strong>GitHub cannot reach this address.</strong> Open this page under an address that it can reach, or set <code>WEBHOOK_PROXY_URL</code> to a proxy's before you register.</p>"
    : "";
  return html(
    `Set up Drydock ${escapeHtml(options.version)}`,
    `<p>Drydock needs a GitHub App of your own. The button takes you to GitHub, which asks for a name and shows the permissions; afterwards the credentials are written to <code>.env</code>.</p>
<p>Webhooks will be sent to <code>${escapeHtml(url)}</code>.</p>${warning}
<form action="${escapeHtml(`${webUrl}${organisation}/settings/apps/new`)}" method="post">
<button name="manifest" value='${escapeHtml(JSON.stringify(manifest))}'>Register GitHub App</button></form>`,
  );
}

/** Exchanges GitHub's code for the app's credentials. */
async function register(code: string, { env, envFile, version }: SetupOptions): Promise<string> {
  const octokit = new Octokit({ baseUrl: addressesIn(env).apiUrl, userAgent: `drydock/${version}` });
  const { data } = await octokit.rest.apps.createFromManifest({ code });
  writeCredentials(envFile, {
    APP_ID: String(data.id),
    PRIVATE_KEY: data.pem,
    WEBHOOK_SECRET: data.webhook_secret ?? "",
  });
  const install = `${data.html_url}/installations/new`;
  return html(
    "Drydock is registered",
    `<p>The credentials are in <code>.env</code>. Start Drydock again, then <a href="${escapeHtml(install)}">install it on a repository</a>.</p>`,
  );
}

/** Keeps what else is in the file; nobody else on the machine may read it. */
function writeCredentials(file: string, credentials: Readonly<Record<string, string>>): void {
  const known = existsSync(file) ? parseEnv(readFileSync(file, "utf8")) : {};
  const lines = Object.entries({ ...known, ...credentials }).map(
    ([name, value]) => `${name}="${(value ?? "").replace(/\n/g, "\\n")}"`,
  );
  writeFileSync(file, `${lines.join("\n")}\n`, { mode: 0o600 });
}

/** The address under which the browser reached the page, also behind a proxy. */
function baseOf({ headers, socket }: IncomingMessage): string {
  const first = (value: string | string[] | undefined) =>
    String(value ?? "")
      .split(",")[0]
      ?.trim();
  const protocol = first(headers["x-forwarded-proto"]) || ("encrypted" in socket ? "https" : "http");
  const host = first(headers["x-forwarded-host"]) || headers.host || "localhost";
  return /^https?$/.test(protocol) && /^[\w.:[\]-]+$/.test(host)
    ? `${protocol}://${host}`
    : "http://localhost";
}

function redirect(response: ServerResponse, location: string): true {
  response.writeHead(302, { location }).end();
  return true;
}

function page(response: ServerResponse, status: number, body: string): true {
  response.writeHead(status, { "content-type": "text/html; charset=utf-8" }).end(body);
  return true;
}

function html(title: string, body: string): string {
  return `<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>${title}</title><style>body{font:16px/1.5 system-ui,sans-serif;max-width:40rem;margin:3rem auto;padding:0 1rem}button{font:inherit;padding:.5rem 1rem}</style>
<h1>${title}</h1>${body}</html>
`;
}
