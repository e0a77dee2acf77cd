import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import nock from "nock";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { parse } from "yaml";
import { rulesUrlOf } from "../../src/cli/version.ts";
import { createJournal } from "../../src/handlers/journal.ts";
import type { ReviewJob } from "../../src/handlers/queue.ts";
import { readEnvironment, readSettings } from "../../src/handlers/settings.ts";
import { setupHandler } from "../../src/handlers/setup.ts";
import { privateKey } from "./fake-github.ts";

const root = path.resolve(import.meta.dirname, "../..");
const given = { APP_ID: "12", PRIVATE_KEY: privateKey, WEBHOOK_SECRET: "0e4f8a2c" };
let folder = "";

beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), "drydock-test-"));
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});

describe("settings", () => {
  it("are read from the environment", () => {
    expect(readSettings(given)).toEqual({
      appId: 12,
      privateKey,
      webhookSecret: "0e4f8a2c",
      port: 3000,
      host: "localhost",
      apiUrl: "https://api.github.com",
      webUrl: "https://github.com",
      rulesUrl: null,
      publicUrl: null,
    });
  });

  it("say where the rules' pages stand", () => {
    const pages = "https://example.com/drydock/rules";
    expect(readSettings({ ...given, RULES_URL: pages })?.rulesUrl).toBe(pages);
    for (const RULES_URL of ["docs/rules", "javascript:alert(1)"])
      expect(() => readSettings({ ...given, RULES_URL })).toThrow(/RULES_URL is no address/);
    expect(readSettings({ ...given, PUBLIC_URL: "https://a.example.com/" })?.publicUrl).toBe(
      "https://a.example.com",
    );
    expect(() => readSettings({ ...given, PUBLIC_URL: "a" })).toThrow(/PUBLIC_URL is no address/);
  });

  it("take the pages of the package's own repository where it names one, and make none up", () => {
    const onGitHub = "https://github.com/someone/drydock/blob/HEAD/docs/rules";
    expect(rulesUrlOf({ repository: "github:someone/drydock" })).toBe(onGitHub);
    expect(rulesUrlOf({ repository: { url: "git+https://github.com/someone/drydock.git" } })).toBe(onGitHub);
    expect(rulesUrlOf({ homepage: "https://github.com/someone/drydock#readme" })).toBe(onGitHub);
    expect(rulesUrlOf({ homepage: "https://drydock.example/" })).toBe("https://drydock.example/docs/rules");
    expect(rulesUrlOf({})).toBeNull();
    expect(rulesUrlOf({ repository: { url: "https://git.example.com/drydock" } })).toBeNull();
  });

  it("name GitHub Enterprise Server", () => {
    const settings = readSettings({ ...given, GHE_HOST: "git.example.com:8080", GHE_PROTOCOL: "http" });
    expect(settings).toMatchObject({
      apiUrl: "http://git.example.com:8080/api/v3",
      webUrl: "http://git.example.com:8080",
    });
  });

  it.each(["", "  ", "development", "Development"])("refuse the webhook secret %j", (secret) => {
    expect(() => readSettings({ ...given, WEBHOOK_SECRET: secret })).toThrow(
      /WEBHOOK_SECRET is .*anybody could send events/,
    );
  });

  it.each([
    [{ APP_ID: undefined }, /APP_ID is missing/],
    [{ APP_ID: "drydock" }, /APP_ID is not a number/],
    [{ PRIVATE_KEY: undefined }, /PRIVATE_KEY is missing/],
    [{ PRIVATE_KEY: "hunter2" }, /PRIVATE_KEY is no private key/],
    [
      { PRIVATE_KEY: undefined, PRIVATE_KEY_PATH: "/nowhere.pem" },
      /PRIVATE_KEY_PATH names a file that cannot be read/,
    ],
    [{ PORT: "http" }, /PORT is not a port/],
  ])("say what is wrong with %o", (wrong, message) => {
    expect(() => readSettings({ ...given, ...wrong })).toThrow(message);
  });

  it("take the key on one line, in base64, and from a file", () => {
    const file = path.join(folder, "key.pem");
    writeFileSync(file, privateKey);
    for (const key of [privateKey.replaceAll("\n", "\\n"), Buffer.from(privateKey).toString("base64")])
      expect(readSettings({ ...given, PRIVATE_KEY: key })?.privateKey).toBe(privateKey);
    expect(readSettings({ ...given, PRIVATE_KEY: undefined, PRIVATE_KEY_PATH: file })?.privateKey).toBe(
      privateKey,
    );
  });

  it("are missing when the app is not set up, which only production calls an error", () => {
    expect(readSettings({})).toBeNull();
    expect(() => readSettings({ NODE_ENV: "production" })).toThrow(
      /APP_ID, PRIVATE_KEY and WEBHOOK_SECRET are missing/,
    );
  });

  it("come from a file where the process does not set them", () => {
    const file = path.join(folder, ".env");
    writeFileSync(file, 'APP_ID="1"\nPORT=4000\n');
    expect(readEnvironment(file, { APP_ID: "2" })).toEqual({ APP_ID: "2", PORT: "4000" });
    expect(readEnvironment(path.join(folder, "none"), { APP_ID: "2" })).toEqual({ APP_ID: "2" });
  });
});

describe("the set-up page", () => {
  let server: Server;
  let address = "";

  beforeEach(async () => {
    nock.disableNetConnect();
    nock.enableNetConnect("127.0.0.1");
    const handle = setupHandler({
      env: { GH_ORG: "acme" },
      manifestFile: path.join(root, "app.yml"),
      envFile: path.join(folder, ".env"),
      version: "1.2.3",
    });
    server = createServer((request, response) => void handle(request, response));
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  afterEach(() => {
    server.close();
    expect(nock.pendingMocks()).toEqual([]);
    nock.cleanAll();
  });

  /** The manifest as the form would send it. */
  async function manifest(headers: Record<string, string> = {}) {
    const page = await (await fetch(`${address}/probot`, { headers })).text();
    expect(page).toContain('action="https://github.com/organizations/acme/settings/apps/new"');
    const value = /name="manifest" value='([^']*)'/.exec(page)?.[1] ?? "";
    const entities: Record<string, string> = {
      "&quot;": '"',
      "&#39;": "'",
      "&lt;": "<",
      "&gt;": ">",
      "&amp;": "&",
    };
    return JSON.parse(value.replace(/&(?:quot|#39|lt|gt|amp);/g, (entity) => entities[entity] ?? ""));
  }

  it("registers what app.yml says, with the address that takes webhooks", async () => {
    const { hook_attributes, redirect_url, ...rest } = await manifest();
    expect(rest).toEqual(parse(readFileSync(path.join(root, "app.yml"), "utf8")));
    expect(hook_attributes).toEqual({ url: `${address}/api/github/webhooks`, active: true });
    expect(redirect_url).toBe(`${address}/probot/setup`);
  });

  it("knows its address behind a proxy, and takes none for one that is none", async () => {
    const proxied = { "x-forwarded-proto": "https", "x-forwarded-host": "drydock.example.com" };
    expect((await manifest(proxied)).hook_attributes.url).toBe(
      "https://drydock.example.com/api/github/webhooks",
    );
    const evil = { "x-forwarded-host": "x'><script>" };
    expect((await manifest(evil)).hook_attributes.url).toBe("http://localhost/api/github/webhooks");
  });

  it("writes the credentials down for nobody else to read, and keeps what else is in the file", async () => {
    writeFileSync(path.join(folder, ".env"), "PORT=4000\n");
    const made = {
      id: 12,
      pem: privateKey,
      webhook_secret: "0e4f8a2c",
      html_url: "https://github.com/apps/drydock",
    };
    nock("https://api.github.com").post("/app-manifests/abc/conversions").reply(201, made);
    const page = await (await fetch(`${address}/probot/setup?code=abc`)).text();
    expect(page).toContain("https://github.com/apps/drydock/installations/new");
    const env = readEnvironment(path.join(folder, ".env"), {});
    expect(readSettings(env)).toMatchObject({ appId: 12, privateKey, webhookSecret: "0e4f8a2c", port: 4000 });
  });

  it("makes the file its owner's own", async () => {
    const made = {
      id: 12,
      pem: privateKey,
      webhook_secret: "0e4f8a2c",
      html_url: "https://github.com/apps/drydock",
    };
    nock("https://api.github.com").post("/app-manifests/abc/conversions").reply(201, made);
    await fetch(`${address}/probot/setup?code=abc`);
    expect(statSync(path.join(folder, ".env")).mode & 0o077).toBe(0);
  });

  it("asks to begin again when GitHub sends no code", async () => {
    expect((await fetch(`${address}/probot/setup`)).status).toBe(400);
  });
});

describe("the manifest", () => {
  it("asks for what a review needs and for no more", () => {
    const manifest = parse(readFileSync(path.join(root, "app.yml"), "utf8"));
    expect(manifest.default_permissions).toEqual({
      checks: "write",
      contents: "read",
      issues: "read",
      merge_queues: "read",
      metadata: "read",
      pull_requests: "write",
    });
    expect(manifest.default_events).toEqual([
      "pull_request",
      "check_run",
      "check_suite",
      "issue_comment",
      "merge_group",
    ]);
  });

  it("gives the reason beside each permission and event", () => {
    const lines = readFileSync(path.join(root, "app.yml"), "utf8").split("\n");
    const entries = lines.flatMap((line, i) => (/^ {2}(- \w+|\w+: (read|write))$/.test(line) ? [i] : []));
    expect(entries).toHaveLength(11);
    for (const i of entries) expect(lines[i - 1]).toMatch(/^ {2}# \S/);
  });
});

describe("the journal", () => {
  const job: ReviewJob = {
    installation: 2,
    owner: "acme",
    repo: "shop",
    number: 7,
    head: "b".repeat(40),
    base: "a".repeat(40),
    draft: false,
    updatedAt: "2026-01-01T00:00:00Z",
    delivery: "d-1",
    checkRun: 5,
  };
  const file = () => path.join(folder, "jobs", "one.json");

  it("hands over what an earlier process left behind, once", () => {
    createJournal(file()).write([job]);
    const journal = createJournal(file());
    expect(journal.takeOver()).toEqual([job]);
    expect(journal.takeOver()).toEqual([]);
  });

  it("keeps what is left until something else is to be remembered", () => {
    createJournal(file()).write([job]);
    createJournal(file());
    expect(createJournal(file()).takeOver()).toEqual([job]);
  });

  it("forgets what is done", () => {
    const journal = createJournal(file());
    journal.write([job]);
    journal.write([]);
    expect(createJournal(file()).takeOver()).toEqual([]);
  });

  it("is no obstacle when it is broken or not there", () => {
    const broken = path.join(folder, "broken.json");
    writeFileSync(broken, '[{"owner":"acme"},');
    expect(createJournal(broken).takeOver()).toEqual([]);
    writeFileSync(broken, '[{"owner":"acme"}]');
    expect(createJournal(broken).takeOver()).toEqual([]);
    expect(createJournal(path.join(folder, "none.json")).takeOver()).toEqual([]);
  });
});
