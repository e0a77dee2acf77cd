import nock from "nock";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { completeCheck, createCompletedCheck, startCheck } from "../../src/handlers/check-run.ts";
import { once } from "../../src/handlers/github.ts";
import {
  base,
  closeNetwork,
  expectAllUsed,
  github,
  head,
  home,
  logBook,
  mockCheckCreated,
  mockToken,
  origin,
  repoPath,
} from "./fake-github.ts";

beforeEach(closeNetwork);
afterEach(expectAllUsed);

const secondary = {
  message: "You have exceeded a secondary rate limit. Please wait a few minutes before you try again.",
};
const named = { owner: "acme", repo: "shop" } as const;
const identity = { number: 7, head, base, delivery: "d-1" };
const dropped = Object.assign(new Error("socket hang up"), { code: "ECONNRESET" });
const result = { conclusion: "success", title: "Fine", summary: "Fine", annotations: [] } as const;

describe("a client", () => {
  it("says who it is, and asks for one token", async () => {
    const scope = nock(origin, {
      reqheaders: { "user-agent": /^drydock\/1\.2\.3/, authorization: "token ghs_one" },
    });
    mockToken();
    scope.get(repoPath).twice().reply(200, {});
    const { clientFor } = github();
    await clientFor(2).rest.repos.get(named);
    await clientFor(2).rest.repos.get(named);
  });

  it("talks to GitHub Enterprise Server under its own addresses", async () => {
    const server = nock("http://git.example.com:8080");
    const token = { token: "ghs_one", expires_at: "2099-01-01T00:00:00Z", permissions: {} };
    server.post("/api/v3/app/installations/2/access_tokens").reply(201, token);
    server.post("/api/graphql").reply(200, { data: { viewer: { login: "drydock[bot]" } } });
    const client = github(logBook(), "http://git.example.com:8080/api/v3").clientFor(2);
    expect(await client.graphql("{ viewer { login } }")).toEqual({ viewer: { login: "drydock[bot]" } });
  });

  it.each([403, 429])(
    "waits for a secondary limit as long as GitHub says, also with status %i",
    async (status) => {
      mockToken();
      nock(origin).post(`${repoPath}/check-runs`).reply(status, secondary, { "retry-after": "1" });
      mockCheckCreated(5);
      const started = Date.now();
      expect(await startCheck(home(), identity)).toBe(5);
      expect(Date.now() - started).toBeGreaterThanOrEqual(1_000);
    },
  );

  it("waits for the primary limit", async () => {
    mockToken();
    const reset = {
      "x-ratelimit-remaining": "0",
      "x-ratelimit-reset": String(Math.floor(Date.now() / 1000)),
    };
    nock(origin).get(repoPath).reply(403, { message: "API rate limit exceeded" }, reset);
    nock(origin).get(repoPath).reply(200, { id: 1 });
    expect((await home().client.rest.repos.get(named)).data.id).toBe(1);
  });

  it("does not wait for longer than is any use", async () => {
    mockToken();
    const log = logBook();
    nock(origin).get(repoPath).reply(403, secondary, { "retry-after": "3000" });
    await expect(github(log).clientFor(2).rest.repos.get(named)).rejects.toMatchObject({ status: 403 });
    expect(log.lines).toMatchObject([
      { message: "rate limit reached", kind: "secondary", seconds: 3000, isWaiting: false },
    ]);
  });

  it("repeats a reading request that failed or was cut off", async () => {
    mockToken();
    nock(origin).get(repoPath).reply(502, {});
    nock(origin).get(repoPath).replyWithError(dropped);
    nock(origin).get(repoPath).reply(200, { id: 1 });
    expect((await home().client.rest.repos.get(named)).data.id).toBe(1);
  });

  it("repeats a GraphQL question that was cut off", async () => {
    mockToken();
    nock(origin).post("/graphql").replyWithError(dropped);
    nock(origin)
      .post("/graphql")
      .reply(200, { data: { viewer: { login: "drydock[bot]" } } });
    expect(await home().client.graphql("{ viewer { login } }")).toEqual({
      viewer: { login: "drydock[bot]" },
    });
  });

  it("sends a request that creates something only once", async () => {
    mockToken();
    nock(origin).post(`${repoPath}/issues/7/comments`).reply(502, {});
    const comment = { ...named, issue_number: 7, body: "x", request: once };
    await expect(home().client.rest.issues.createComment(comment)).rejects.toMatchObject({ status: 502 });
  });

  it("gets a new token when the one it has is refused", async () => {
    mockToken();
    mockToken(undefined, "ghs_two");
    const withToken = (token: string) => nock(origin, { reqheaders: { authorization: `token ${token}` } });
    withToken("ghs_one").get(repoPath).times(2).reply(200, { id: 1 });
    const { client } = home();
    await client.rest.repos.get(named);
    await client.rest.repos.get(named);
    // Within five seconds of its making, a refused token is taken for one that GitHub does not know everywhere yet.
    withToken("ghs_one").get(repoPath).times(5).reply(401, { message: "Bad credentials" });
    withToken("ghs_two").get(repoPath).reply(200, { id: 2 });
    expect((await client.rest.repos.get(named)).data.id).toBe(2);
    nock.removeInterceptor({ hostname: "api.github.com", path: repoPath, proto: "https" });
  });

  it("makes the writes of a small review without a pause", async () => {
    mockToken();
    nock(origin).post(`${repoPath}/issues/7/comments`).times(5).reply(201, { id: 1 });
    const viewer = { login: "drydock[bot]" };
    nock(origin).post("/graphql").times(4).reply(200, { data: { viewer } });
    const { client } = home();
    const started = Date.now();
    for (let i = 0; i < 5; i++)
      await client.rest.issues.createComment({ ...named, issue_number: 7, body: "x" });
    for (let i = 0; i < 4; i++) await client.graphql("{ viewer { login } }");
    expect(Date.now() - started).toBeLessThan(4_000);
  });

  it("slows down when it writes on and on", async () => {
    mockToken();
    nock(origin).post(`${repoPath}/issues/7/comments`).times(7).reply(201, { id: 1 });
    const { client } = home(github().clientFor(2));
    const started = Date.now();
    for (let i = 0; i < 7; i++)
      await client.rest.issues.createComment({ ...named, issue_number: 7, body: "x" });
    expect(Date.now() - started).toBeGreaterThan(500);
  });
});

describe("a check run", () => {
  it("is not made twice when the answer is lost", async () => {
    mockToken();
    nock(origin).post(`${repoPath}/check-runs`).replyWithError(dropped);
    nock(origin)
      .get(`${repoPath}/commits/${head}/check-runs`)
      .query({ check_name: "Drydock", filter: "all", per_page: 100 })
      .reply(200, {
        total_count: 2,
        check_runs: [
          { id: 4, external_id: "7:d-0" },
          { id: 5, external_id: "7:d-1" },
        ],
      });
    expect(await startCheck(home(), identity)).toBe(5);
  });

  it("is made when the lost one was not", async () => {
    mockToken();
    nock(origin).post(`${repoPath}/check-runs`).reply(500, {});
    nock(origin)
      .get(/check-runs/)
      .reply(200, { total_count: 0, check_runs: [] });
    mockCheckCreated(6);
    expect(await createCompletedCheck(home(), identity, result)).toBe(6);
  });

  it("gets its annotations in batches of fifty, and its conclusion with the first", async () => {
    mockToken();
    const bodies: { conclusion: string; output: { annotations: { start_line: number }[] } }[] = [];
    nock(origin)
      .patch(`${repoPath}/check-runs/5`)
      .times(3)
      .reply(200, (_, body) => {
        bodies.push(body as (typeof bodies)[0]);
        return { id: 5 };
      });
    const annotations = Array.from({ length: 120 }, (_, i) => {
      const place = { path: "a.sql", start_line: i + 1, end_line: i + 1 };
      return { ...place, annotation_level: "warning", title: "t", message: "m" } as const;
    });
    await completeCheck(home(), 5, { ...result, annotations });
    expect(bodies.map(({ output }) => output.annotations.length)).toEqual([50, 50, 20]);
    expect(bodies.map(({ output }) => output.annotations[0]?.start_line)).toEqual([1, 51, 101]);
    expect(bodies.every(({ conclusion }) => conclusion === "success")).toBe(true);
  });

  it("does not get its annotations twice when the answer is lost", async () => {
    mockToken();
    const annotation = {
      path: "a.sql",
      start_line: 1,
      end_line: 1,
      annotation_level: "notice",
      title: "t",
      message: "m",
    } as const;
    nock(origin).patch(`${repoPath}/check-runs/5`).replyWithError(dropped);
    nock(origin)
      .get(`${repoPath}/check-runs/5`)
      .reply(200, { id: 5, status: "completed", output: { annotations_count: 1 } });
    await completeCheck(home(), 5, { ...result, annotations: [annotation] });
  });
});
