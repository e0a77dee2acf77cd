import { readFileSync } from "node:fs";
import path from "node:path";
import nock from "nock";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { parse } from "yaml";
import { createTokenClient } from "../../src/handlers/github.ts";
import { reviewPull, targetOf } from "../../src/handlers/pull-review.ts";
import { sample } from "../review/report-samples.ts";
import {
  base,
  type CheckBody,
  closeNetwork,
  expectAllUsed,
  forbidden,
  head,
  logBook,
  mockCheckCreated,
  mockCheckUpdated,
  mockConversation,
  mockFiles,
  origin,
  repoPath,
} from "./fake-github.ts";
import { pullRequest } from "./payloads.ts";

beforeEach(closeNetwork);
afterEach(expectAllUsed);

const files = [{ filename: "db/migrations/0002_idx.up.sql" }];

function run(options: { post: boolean; pull?: string; review?: () => Promise<ReturnType<typeof sample>> }) {
  const target = targetOf(options.pull ?? "acme/shop#7");
  if (!target) throw new Error("no target");
  const log = logBook();
  return reviewPull({
    client: createTokenClient({ token: "t", baseUrl: origin, version: "1.2.3", log }),
    target,
    review: options.review ?? (async () => sample({ findings: [] })),
    post: options.post,
    version: "1.2.3",
    log,
    signal: new AbortController().signal,
  });
}

function mockPull() {
  nock(origin).get(`${repoPath}/pulls/7`).reply(200, pullRequest());
}

describe("a pull request's name", () => {
  it("is owner, repository and number, or an address, or two commits", () => {
    expect(targetOf("acme/shop#7")).toEqual({ kind: "pull", owner: "acme", repo: "shop", number: 7 });
    expect(targetOf("https://github.com/acme/shop/pull/7/files")).toMatchObject({ number: 7 });
    expect(targetOf(`acme/shop@${base}...${head}`)).toMatchObject({ kind: "commits", base, head });
    for (const text of ["7", "acme#7", "acme/shop#", "acme/shop/../x#7", `acme/shop@main...${head}`])
      expect(targetOf(text)).toBeNull();
  });
});

describe("a review with a token", () => {
  it("only reads unless it is to post", async () => {
    mockPull();
    mockFiles(files);
    const { report, problems } = await run({ post: false });
    expect([report.conclusion, problems]).toEqual(["success", []]);
  });

  it("makes the check, and completes it", async () => {
    const bodies: CheckBody[] = [];
    mockPull();
    mockFiles(files);
    mockCheckCreated(5, (body) => bodies.push(body));
    mockConversation();
    mockCheckUpdated(5, (body) => bodies.push(body));
    await run({ post: true });
    expect(bodies.map(({ status, conclusion }) => conclusion ?? status)).toEqual(["in_progress", "success"]);
    expect(bodies[0]).toMatchObject({ name: "Drydock", head_sha: head });
  });

  it("goes on without a check when the token may not write, as in a fork's workflow", async () => {
    mockPull();
    mockFiles(files);
    const headers = { "x-accepted-github-permissions": "checks=write" };
    nock(origin).post(`${repoPath}/check-runs`).reply(403, forbidden, headers);
    mockConversation();
    const { report, problems } = await run({ post: true });
    expect(report.conclusion).toBe("success");
    expect(problems).toEqual([
      "The token may not write the check run (it needs checks: write); the report is only printed here.",
    ]);
  });

  it("does not leave its check without a verdict when it fails", async () => {
    const bodies: CheckBody[] = [];
    mockPull();
    mockCheckCreated(5, (body) => bodies.push(body));
    mockCheckUpdated(5, (body) => bodies.push(body));
    const failing = run({ post: true, review: () => Promise.reject(new Error("lost")) });
    await expect(failing).rejects.toThrow("lost");
    expect(bodies.at(-1)?.conclusion).toBe("neutral");
  });

  it("judges what a merge queue is about to merge", async () => {
    const bodies: CheckBody[] = [];
    nock(origin)
      .get(`${repoPath}/compare/${base}...${head}`)
      .query({ per_page: 1 })
      .reply(200, { merge_base_commit: { sha: base }, files: [] });
    mockCheckCreated(5, (body) => bodies.push(body));
    mockCheckUpdated(5, (body) => bodies.push(body));
    await run({ post: true, pull: `acme/shop@${base}...${head}` });
    expect(bodies.at(-1)?.conclusion).toBe("success");
  });
});

describe("the action", () => {
  const action = parse(readFileSync(path.resolve(import.meta.dirname, "../../action.yml"), "utf8"));

  it("passes nothing of a pull request to a shell but through the environment", () => {
    expect(action.runs.using).toBe("composite");
    for (const { run: script = "" } of action.runs.steps) expect(script).not.toContain("${{");
  });
});
