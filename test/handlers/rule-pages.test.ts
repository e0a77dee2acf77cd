import type { Server } from "node:http";
import type { AddressInfo } from "node:net";
import path from "node:path";
import nock from "nock";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { rulesUrlFor } from "../../src/cli/version.ts";
import { ownRulesUrl, rulePages, rulesUrlBehind } from "../../src/handlers/rule-pages.ts";
import { listen } from "../../src/handlers/server.ts";
import { ruleLink } from "../../src/review/report/comment.ts";
import { rules } from "../../src/review/rules/index.ts";
import { closeNetwork, expectAllUsed, forbidden, github, logBook, origin } from "./fake-github.ts";

beforeEach(closeNetwork);
afterEach(expectAllUsed);

describe("the rules' pages", () => {
  let server: Server;
  let address: string;
  beforeAll(async () => {
    const folder = path.resolve(import.meta.dirname, "../../docs/rules");
    server = await listen([rulePages(folder)], { port: 0, host: "127.0.0.1" });
    address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  afterAll(() => void server.close());

  it("are listed, and each is where a comment links to", async () => {
    const index = await (await fetch(`${address}/rules`)).text();
    for (const id of Object.keys(rules)) {
      expect(index).toContain(`<a href="rules/${id}">`);
      const link = /\]\((.+)\)$/.exec(ruleLink(id, `${address}/rules`))?.[1];
      const answer = await fetch(String(link));
      const html = await answer.text();
      expect([answer.status, answer.headers.get("content-type")]).toEqual([200, "text/html; charset=utf-8"]);
      expect(html).toContain(`<h1>${id}</h1>`);
      expect(html).not.toMatch(/<(script|img|iframe|object|link|form)\b|<[^>]*\son\w+=|href="javascript:/i);
      for (const [, href] of html.matchAll(/href="([^"]*)"/g))
        expect(["../rules", "suppressions", ...Object.keys(rules)]).toContain(href);
    }
    expect((await fetch(`${address}/rules/suppressions`)).status).toBe(200);
  });

  it("run nothing, and are kept by whoever read them", async () => {
    const first = await fetch(`${address}/rules/no-column-drop`);
    expect(first.headers.get("content-security-policy")).toMatch(/^default-src 'none'; style-src 'sha256-/);
    expect(first.headers.get("cache-control")).toBe("public, max-age=3600");
    const again = await fetch(`${address}/rules/no-column-drop`, {
      headers: { "if-none-match": String(first.headers.get("etag")) },
    });
    expect([again.status, await again.text()]).toEqual([304, ""]);
  });

  it("are all there is", async () => {
    for (const url of [
      "/rules/nothing",
      "/rules/..%2f..%2fpackage.json",
      "/rules/../../package.json",
      "/rules/constructor",
      "/rules/no-column-drop/x",
      "/rulesx",
    ])
      expect((await fetch(`${address}${url}`)).status).toBe(404);
    expect((await fetch(`${address}/rules`, { method: "POST" })).status).toBe(404);
  });
});

describe("the address of the pages", () => {
  it.each([
    ["https://drydock.acme.com/api/github/webhooks", "https://drydock.acme.com/rules"],
    ["https://acme.com/tools/drydock/api/github/webhooks", "https://acme.com/tools/drydock/rules"],
    ["https://smee.io/abcdef", null],
    ["http://localhost:3000/api/github/webhooks", null],
    ["http://127.0.0.1:3000/api/github/webhooks", null],
    ["http://192.168.1.4/api/github/webhooks", null],
    ["http://drydock:3000/api/github/webhooks", null],
    ["http://[::1]:3000/api/github/webhooks", null],
    ["nothing", null],
    [undefined, null],
  ])("of an app that hears at %s is %s", (webhook, pages) => {
    expect(rulesUrlBehind(webhook)).toBe(pages);
  });

  it("is asked of GitHub, and left out where it does not tell", async () => {
    const url = "https://drydock.acme.com/api/github/webhooks";
    nock(origin).get("/app/hook/config").reply(200, { url, content_type: "json" });
    expect(await ownRulesUrl(github().app, logBook())).toBe("https://drydock.acme.com/rules");
    nock(origin).get("/app/hook/config").reply(403, forbidden);
    const log = logBook();
    expect(await ownRulesUrl(github().app, log)).toBeNull();
    expect(log.lines).toMatchObject([{ level: "warn" }]);
  });

  it("of the action is its own repository at the version that runs; what is set goes first", () => {
    const action = { DRYDOCK_ACTION: "someone/drydock@v1", GITHUB_SERVER_URL: "https://github.com" };
    expect(rulesUrlFor(action)).toBe("https://github.com/someone/drydock/blob/v1/docs/rules");
    const set = "https://example.com/rules";
    expect(rulesUrlFor({ ...action, RULES_URL: set })).toBe(set);
    expect(rulesUrlFor({ DRYDOCK_ACTION: "@" })).toBe(rulesUrlFor({}));
    expect(rulesUrlFor({ ...action, RULES_URL: "javascript:1" })).toContain("/blob/v1/");
  });
});
