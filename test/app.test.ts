import { createHmac } from "node:crypto";
import type { Server } from "node:http";
import type { AddressInfo } from "node:net";
import nock from "nock";
import { createNodeMiddleware, createProbot } from "probot";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { withAccepted } from "../src/handlers/acceptance.ts";
import { answerTo } from "../src/handlers/command-answers.ts";
import type { Journal } from "../src/handlers/journal.ts";
import type { ReviewJob } from "../src/handlers/queue.ts";
import type { Review } from "../src/handlers/review.ts";
import { reviewChange } from "../src/handlers/review.ts";
import { healthHandler, listen, ping } from "../src/handlers/server.ts";
import { createService, type Service } from "../src/handlers/service.ts";
import { webhookPath } from "../src/handlers/settings.ts";
import { commentBody } from "../src/review/report/comment.ts";
import { createSandbox } from "../src/sandbox/dry-run.ts";
import {
  base,
  type CheckBody,
  changedFile,
  closeNetwork,
  expectAllUsed,
  forbidden,
  github,
  head,
  type LogBook,
  logBook,
  mockCheckCreated,
  mockCheckUpdated,
  mockConversation,
  mockFiles,
  mockGraphql,
  mockToken,
  origin,
  privateKey,
  repoPath,
  requestCounter,
} from "./handlers/fake-github.ts";
import {
  checkRunEvent,
  checkSuiteEvent,
  commentEvent,
  mergeGroupEvent,
  pullRequest,
  pullRequestEvent,
} from "./handlers/payloads.ts";
import { blobId, patchOf } from "./helpers.ts";
import { hostileNames, indexFinding, sample } from "./review/report-samples.ts";

const secret = "0e4f8a2c";
const migrations = [{ filename: "db/migrations/0002_idx.up.sql" }, { filename: "README.md" }];
const clean: Review = async () => sample({ findings: [] });

let server: Server;
let service: Service;
let log: LogBook;
let journal: readonly ReviewJob[];

beforeEach(() => {
  closeNetwork();
  journal = [];
});
afterEach(async () => {
  await service.close(0);
  server.close();
  expectAllUsed();
});

/** The app behind its server, as it is started, with a review of the test's choice. */
async function startApp(review: Review = clean, limits: { timeLimit?: number } = {}): Promise<void> {
  log = logBook();
  const kept: Journal = {
    takeOver: () => journal,
    write(jobs) {
      journal = jobs;
    },
  };
  service = createService({ github: github(log), review, version: "1.2.3", log, journal: kept, ...limits });
  const probot = createProbot({ overrides: { appId: 1, privateKey, secret, logLevel: "fatal" } });
  const webhooks = await createNodeMiddleware(service.app, { probot, webhooksPath: webhookPath });
  const health = healthHandler(() => ({ status: "starting", queue: service.size() }));
  server = await listen([ping, health, webhooks], { port: 0, host: "127.0.0.1" });
}

function addressOf(path: string): string {
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}${path}`;
}

/** Sends a webhook as GitHub does, and gives the status of the answer. */
async function send(
  event: string,
  payload: object,
  { delivery = "d-1", signed = secret } = {},
): Promise<number> {
  const body = JSON.stringify(payload);
  const signature = `sha256=${createHmac("sha256", signed).update(body).digest("hex")}`;
  const headers = {
    "content-type": "application/json",
    "x-github-event": event,
    "x-github-delivery": delivery,
    "x-hub-signature-256": signature,
  };
  return (await fetch(addressOf(webhookPath), { method: "POST", headers, body })).status;
}

/** Sends a webhook and waits until all that it asks for is done. */
async function deliver(event: string, payload: object, options = {}): Promise<void> {
  expect(await send(event, payload, options)).toBe(200);
  await service.idle();
}

/** GitHub brought everything. */
function mockNothingMissed(): void {
  nock(origin).get("/app/hook/deliveries").query({ per_page: 100 }).reply(200, []);
}

/** A review of a pull request that has something to review, up to its verdict; gives what the check run is told. */
function mockReviewed(options: { id?: number; token?: boolean; at?: string } = {}): CheckBody[] {
  const { id = 5, token = true, at = head } = options;
  const bodies: CheckBody[] = [];
  const seen = (body: CheckBody) => void bodies.push(body);
  if (token) mockToken();
  mockFiles(migrations, 1, at);
  mockCheckCreated(id, seen);
  mockConversation({ head: at });
  mockCheckUpdated(id, seen);
  return bodies;
}

describe("the server", () => {
  it("answers /ping, tells its health, and nothing else", async () => {
    await startApp();
    expect(await (await fetch(addressOf("/ping"))).text()).toBe("PONG");
    const health = await fetch(addressOf("/health"));
    expect(health.status).toBe(503);
    expect(await health.json()).toEqual({ status: "starting", queue: { waiting: 0, running: 0 } });
    expect((await fetch(addressOf("/nothing"))).status).toBe(404);
  });

  it("takes no event that is not signed with its secret", async () => {
    await startApp();
    expect(await send("pull_request", pullRequestEvent("opened"), { signed: "development" })).toBe(400);
    await service.idle();
  });

  it("answers a webhook at once, however long the review takes", async () => {
    let finish: (() => void) | undefined;
    await startApp(async () => {
      await new Promise<void>((resolve) => (finish = resolve));
      return sample({ findings: [] });
    });
    mockReviewed();
    expect(await send("pull_request", pullRequestEvent("opened"))).toBe(200);
    await expect.poll(() => service.size(), { timeout: 20_000 }).toEqual({ waiting: 0, running: 1 });
    finish?.();
    await service.idle();
  });
});

describe("a pull request", () => {
  it.each(["opened", "synchronize", "reopened", "ready_for_review"])(
    "is reviewed when it is %s",
    async (action) => {
      await startApp();
      const bodies = mockReviewed();
      await deliver("pull_request", pullRequestEvent(action));
      expect(bodies).toMatchObject([
        { name: "Drydock", head_sha: head, status: "in_progress", external_id: "7:d-1" },
        { status: "completed", conclusion: "success" },
      ]);
    },
  );

  it("is reviewed when its base changes, not when its title does", async () => {
    await startApp();
    await deliver("pull_request", pullRequestEvent("edited", { changes: { title: { from: "x" } } }));
    mockReviewed();
    const changes = { base: { ref: { from: "main" }, sha: { from: base } } };
    await deliver("pull_request", pullRequestEvent("edited", { changes }), { delivery: "d-2" });
  });

  it("that concerns no database costs two requests beside the token", async () => {
    await startApp(() => Promise.reject(new Error("nothing to review")));
    const bodies: CheckBody[] = [];
    const { calls, count, note } = requestCounter();
    mockToken();
    count(mockFiles([{ filename: "README.md" }, { filename: "src/app.go" }]));
    count(mockCheckCreated(5, (body) => bodies.push(body)));
    await deliver("pull_request", pullRequestEvent("opened"));
    expect(calls).toHaveLength(2);
    note("no database file, beside the token");
    expect(bodies).toMatchObject([{ status: "completed", conclusion: "skipped", head_sha: head }]);
  });

  it.each([
    ["src/tables/UserTable.tsx", "-<td>{user.name}</td>\n+<td>{user.email}</td>"],
    ["src/app/models/user.model.ts", "-  name: string;\n+  email: string;"],
    ["cli/print.py", '+from rich.table import Column, Table\n+table = Table(Column("a"), title="x")'],
    ["stats/frame.py", '+index = pd.Index(["a"])'],
  ])(
    "that only looks like a change of models, in %s, is skipped for two requests",
    async (filename, hunk) => {
      await startApp(() => Promise.reject(new Error("nothing to review")));
      const bodies: CheckBody[] = [];
      mockToken();
      mockFiles([{ filename, status: "modified", patch: `@@ -1,2 +1,2 @@\n${hunk}` }]);
      mockCheckCreated(5, (body) => bodies.push(body));
      await deliver("pull_request", pullRequestEvent("opened"));
      expect(bodies).toMatchObject([{ status: "completed", conclusion: "skipped" }]);
    },
  );

  it.each([
    ["src/tables/users.ts", "+  email: varchar({ length: 20 }),"],
    ["shop/orders.py", '+    Column("note", Text),'],
    ["shop/orders.go", '+\tNote string `gorm:"size:20"`'],
  ])("that changes a model, in %s, is reviewed", async (filename, hunk) => {
    const asked: string[] = [];
    await startApp(async (source) => {
      asked.push(source.head);
      return sample({ findings: [] });
    });
    mockToken();
    mockFiles([{ filename, status: "modified", patch: `@@ -1,2 +1,3 @@\n${hunk}` }]);
    mockCheckCreated(5);
    mockConversation();
    mockCheckUpdated(5);
    await deliver("pull_request", pullRequestEvent("opened"));
    expect(asked).toEqual([head]);
  });

  it("that people talk on costs two requests as well, once it is known that nothing there is ours", async () => {
    await startApp(() => Promise.reject(new Error("nothing to review")));
    mockToken();
    mockFiles([{ filename: "README.md" }]);
    mockConversation({ comments: [{ id: 1, body: "Nice", isOwn: false }] });
    mockCheckCreated(5);
    await deliver("pull_request", pullRequestEvent("synchronize", { comments: 1 }));
    const next = "e".repeat(40);
    mockFiles([{ filename: "README.md" }], 1, next);
    mockCheckCreated(6);
    await deliver("pull_request", pullRequestEvent("synchronize", { comments: 1, head: next }), {
      delivery: "d-2",
    });
  });

  it("from which the migrations went away is tidied up", async () => {
    await startApp(async () => ({ ...sample({ findings: [], runs: [] }), conclusion: "skipped" }));
    mockToken();
    mockFiles([{ filename: "README.md" }]);
    const comments = [{ id: 9, body: "Old\n\n<!-- drydock:summary -->" }];
    mockConversation({ comments });
    mockCheckCreated(5);
    mockConversation({ comments });
    nock(origin).patch(`${repoPath}/issues/comments/9`).reply(200, {});
    mockCheckUpdated(5);
    await deliver("pull_request", pullRequestEvent("synchronize", { comments: 1 }));
  });

  it("of a fork is read from the repository that it goes to", async () => {
    await startApp();
    mockReviewed();
    await deliver("pull_request", pullRequestEvent("opened", { fork: true }));
  });

  it.each(["labeled", "unlabeled"])("that is %s is reviewed where the label decides", async (action) => {
    const asked: unknown[] = [];
    await startApp(async (_, { traits }) => {
      asked.push(traits);
      return sample({ findings: [] });
    });
    mockToken();
    const text = "excludePulls:\n  labels: [release]\n";
    const blob = { text, isBinary: false, isTruncated: false, byteSize: text.length };
    const config = { repository: { id: "R_1" }, shared: null, own: { object: blob } };
    mockGraphql(/own: repository/, { data: config });
    await deliver("pull_request", pullRequestEvent(action, { label: "bug", labels: ["bug"] }));
    expect(asked).toEqual([]);
    mockGraphql(/own: repository/, { data: config });
    mockFiles(migrations);
    mockCheckCreated(5);
    mockConversation();
    mockCheckUpdated(5);
    const event = pullRequestEvent(action, { label: "release", labels: ["bug", "release"] });
    await deliver("pull_request", event, { delivery: "d-2" });
    expect(asked).toEqual([{ author: "alice", labels: ["bug", "release"] }]);
  });

  it("that is closed is left alone", async () => {
    await startApp();
    await deliver("pull_request", pullRequestEvent("synchronize", { state: "closed" }));
  });
});

describe("a delivery", () => {
  it("that comes twice is done once", async () => {
    await startApp();
    mockReviewed();
    const payload = pullRequestEvent("opened");
    await Promise.all([send("pull_request", payload), send("pull_request", payload)]);
    await service.idle();
    await deliver("pull_request", payload);
    expect(log.lines.filter(({ message }) => message === "delivery was seen before")).toHaveLength(2);
  });

  it("that could not be taken may come again", async () => {
    await startApp();
    nock(origin).post("/app/installations/2/access_tokens").reply(404, { message: "Not Found" });
    await deliver("pull_request", pullRequestEvent("opened"));
    mockReviewed();
    await deliver("pull_request", pullRequestEvent("opened"));
  });

  it("of a newer head ends the review of the older one, whose check says so", async () => {
    const newer = "e".repeat(40);
    await startApp((source) =>
      source.head === head ? new Promise(() => {}) : Promise.resolve(sample({ findings: [] })),
    );
    mockToken();
    mockFiles(migrations);
    mockCheckCreated(5);
    await send("pull_request", pullRequestEvent("opened"));
    await expect.poll(() => service.size().running).toBe(1);
    const old: CheckBody[] = [];
    mockCheckUpdated(5, (body) => old.push(body));
    mockReviewed({ id: 6, token: false, at: newer });
    await deliver(
      "pull_request",
      pullRequestEvent("synchronize", { head: newer, updatedAt: "2026-01-01T00:01:00Z" }),
      { delivery: "d-2" },
    );
    expect(old).toMatchObject([{ conclusion: "cancelled", output: { title: "Superseded by eeeeeee" } }]);
  });

  it("of the same head adds nothing while it is reviewed", async () => {
    let finish: (() => void) | undefined;
    await startApp(async () => {
      await new Promise<void>((resolve) => (finish = resolve));
      return sample({ findings: [] });
    });
    mockReviewed();
    await send("pull_request", pullRequestEvent("opened"));
    await expect.poll(() => finish).toBeDefined();
    await send("pull_request", pullRequestEvent("reopened"), { delivery: "d-2" });
    await expect
      .poll(() => log.lines.map(({ message }) => message))
      .toContain("the same review is under way");
    finish?.();
    await service.idle();
  });
});

describe("a check", () => {
  it("is made anew when it is asked for again: the pull request is in its external id", async () => {
    await startApp();
    mockToken();
    nock(origin).get(`${repoPath}/pulls/7`).reply(200, pullRequest());
    const bodies = mockReviewed({ token: false, id: 8 });
    await deliver("check_run", checkRunEvent());
    expect(bodies).toMatchObject([
      { name: "Drydock", status: "in_progress", external_id: "7:d-1" },
      { conclusion: "success" },
    ]);
  });

  it("is made anew with its whole suite: GitHub knows the pull requests of the commit", async () => {
    await startApp();
    mockToken();
    const closed = { ...pullRequest({ number: 8, state: "closed" }) };
    nock(origin)
      .get(`${repoPath}/commits/${head}/pulls`)
      .query({ per_page: 100 })
      .reply(200, [closed, pullRequest()]);
    mockReviewed({ token: false });
    await deliver("check_suite", checkSuiteEvent());
  });

  it("of a fork's commit that GitHub knows no pull request of is found by our own runs", async () => {
    await startApp();
    mockToken();
    nock(origin).get(`${repoPath}/commits/${head}/pulls`).query({ per_page: 100 }).reply(200, []);
    nock(origin)
      .get(`${repoPath}/check-suites/6/check-runs`)
      .query({ per_page: 100 })
      .reply(200, { total_count: 1, check_runs: [{ id: 5, external_id: "7:d-0" }] });
    nock(origin)
      .get(`${repoPath}/pulls/7`)
      .reply(200, pullRequest({ fork: true }));
    mockReviewed({ token: false });
    await deliver("check_suite", checkSuiteEvent());
  });

  it("of another app, or of an older commit, is left alone", async () => {
    await startApp();
    await deliver("check_run", checkRunEvent({ appId: 99 }));
    mockToken();
    nock(origin)
      .get(`${repoPath}/pulls/7`)
      .reply(200, pullRequest({ head: "e".repeat(40) }));
    await deliver("check_run", checkRunEvent(), { delivery: "d-2" });
  });
});

describe("every review ends in a completed check", () => {
  /** A review that begins and does not come to publishing anything. */
  function mockEnded(): CheckBody[] {
    const bodies: CheckBody[] = [];
    mockToken();
    mockFiles(migrations);
    mockCheckCreated(5);
    mockCheckUpdated(5, (body) => bodies.push(body));
    return bodies;
  }

  it("also when something breaks: neutral, with the name of the log's lines and without what broke", async () => {
    await startApp(() => Promise.reject(new Error("at SELECT password")));
    const bodies = mockEnded();
    await deliver("pull_request", pullRequestEvent("opened"));
    expect(bodies).toMatchObject([
      { status: "completed", conclusion: "neutral", output: { title: "Drydock could not finish" } },
    ]);
    expect(bodies[0]?.output.summary).toContain("`d-1`");
    expect(log.lines).toContainEqual(
      expect.objectContaining({ level: "error", message: "review failed", delivery: "d-1", pull: 7 }),
    );
    expect(JSON.stringify([bodies, log.lines])).not.toContain("password");
  });

  it("also when its time is over, though the review does not listen", async () => {
    await startApp(() => new Promise(() => {}), { timeLimit: 60 });
    const bodies = mockEnded();
    await deliver("pull_request", pullRequestEvent("opened"));
    expect(bodies).toMatchObject([
      { conclusion: "neutral", output: { title: expect.stringContaining("could not finish within") } },
    ]);
  });

  it("also when the app is stopped, and is taken up again when it is started", async () => {
    await startApp(() => new Promise(() => {}));
    const bodies = mockEnded();
    await send("pull_request", pullRequestEvent("opened"));
    await expect.poll(() => service.size().running).toBe(1);
    await service.close(10);
    expect(bodies).toMatchObject([
      { conclusion: "cancelled", output: { title: "Drydock was stopped before it could finish" } },
    ]);
    expect(journal).toMatchObject([{ number: 7, head, checkRun: null }]);
    server.close();

    await startApp();
    mockReviewed({ id: 6 });
    mockRuns([]);
    mockNothingMissed();
    await service.recover();
    await service.idle();
    expect(journal).toEqual([]);
  });

  /** The check runs of the head, as a process finds them that takes up what another one left. */
  const mockRuns = (runs: readonly object[]) =>
    nock(origin)
      .get(`${repoPath}/commits/${head}/check-runs`)
      .query({ check_name: "Drydock", filter: "all", per_page: 100 })
      .reply(200, { total_count: runs.length, check_runs: runs });

  it("also after a crash while a delivery is taken in, which does not come again", async () => {
    await startApp();
    mockToken();
    mockFiles(migrations);
    const atCreation: ReviewJob[] = [];
    mockCheckCreated(5, () => atCreation.push(...journal));
    mockConversation();
    mockCheckUpdated(5);
    await deliver("pull_request", pullRequestEvent("opened"));
    expect(atCreation).toMatchObject([{ number: 7, head, delivery: "d-1", checkRun: null }]);
    expect(journal).toEqual([]);
    server.close();

    journal = atCreation;
    await startApp();
    mockToken();
    mockFiles(migrations);
    mockRuns([{ id: 5, external_id: "7:d-1", status: "in_progress" }]);
    mockConversation();
    mockCheckUpdated(5);
    mockNothingMissed();
    await service.recover();
    await service.idle();
    expect(journal).toEqual([]);
  });

  it("also after a crash: the check run that was left is completed by the next process", async () => {
    const left = {
      installation: 2,
      owner: "acme",
      repo: "shop",
      number: 7,
      head,
      base,
      draft: false,
      updatedAt: "2026-01-01T00:00:00Z",
    };
    journal = [{ ...left, delivery: "d-0", checkRun: 5 }];
    await startApp();
    mockToken();
    mockFiles(migrations);
    mockConversation();
    mockCheckUpdated(5);
    mockNothingMissed();
    await service.recover();
    await service.idle();
  });

  it("also when the pull request's files cannot be listed", async () => {
    await startApp((source) => source.changedFiles().then(() => sample()));
    mockToken();
    nock(origin)
      .get(`${repoPath}/pulls/7/files`)
      .query(true)
      .times(2)
      .reply(403, forbidden, { "x-accepted-github-permissions": "pull_requests=read" });
    const bodies: CheckBody[] = [];
    mockCheckCreated(5);
    mockCheckUpdated(5, (body) => bodies.push(body));
    await deliver("pull_request", pullRequestEvent("opened"));
    expect(bodies).toMatchObject([{ conclusion: "neutral" }]);
    expect(bodies[0]?.output.summary).toContain("Drydock lacks the permission pull_requests: read. Grant it");
  });

  it("also when the branch or its commits are gone", async () => {
    await startApp((source) => source.baseFiles().then(() => sample()));
    const bodies = mockEnded();
    nock(origin).get(`${repoPath}/git/trees/${base}`).query(true).reply(404, { message: "Not Found" });
    await deliver("pull_request", pullRequestEvent("opened"));
    expect(bodies).toMatchObject([{ status: "completed", conclusion: "neutral" }]);
    expect(bodies[0]?.output.summary).toContain("is no longer there");
  });

  it("or in a log that names the permission when it may make none", async () => {
    await startApp();
    mockToken();
    mockFiles(migrations);
    const refused = () =>
      nock(origin)
        .post(`${repoPath}/check-runs`)
        .reply(403, forbidden, { "x-accepted-github-permissions": "checks=write" });
    refused();
    mockConversation();
    refused();
    await deliver("pull_request", pullRequestEvent("opened"));
    expect(log.lines).toContainEqual(
      expect.objectContaining({
        level: "error",
        message: expect.stringContaining("Drydock lacks the permission checks: write"),
      }),
    );
  });

  it("and the head that took its place is reviewed, though no event told of it", async () => {
    const newer = "e".repeat(40);
    await startApp();
    const bodies: CheckBody[] = [];
    mockToken();
    mockFiles(migrations);
    mockCheckCreated(5);
    mockConversation({ head: newer });
    nock(origin)
      .get(`${repoPath}/pulls/7`)
      .times(2)
      .reply(200, pullRequest({ head: newer, updatedAt: "2026-01-01T00:01:00Z" }));
    mockCheckUpdated(5, (body) => bodies.push(body));
    mockReviewed({ id: 6, token: false, at: newer });
    await deliver("pull_request", pullRequestEvent("opened"));
    await expect.poll(() => nock.pendingMocks()).toEqual([]);
    await service.idle();
    expect(bodies).toMatchObject([{ conclusion: "cancelled", output: { title: "Superseded by eeeeeee" } }]);
  });
});

describe("a whole review", () => {
  type Texts = Readonly<Record<string, string>>;
  const idOf = (text: string) => blobId(new TextEncoder().encode(text));
  const orders = {
    "db/migrations/0001_orders.up.sql":
      "CREATE TABLE orders (id bigint PRIMARY KEY, user_id bigint NOT NULL, order_status text);\n",
    "db/migrations/0001_orders.down.sql": "DROP TABLE orders;\n",
    ".github/drydock.yml": "rows:\n  orders: 1000000\n",
  };
  const index = {
    "db/migrations/0003_idx.down.sql": "DROP INDEX orders_user_id_idx;\n",
    "db/migrations/0003_idx.up.sql": "-- by user\nCREATE INDEX orders_user_id_idx ON orders (user_id);\n",
  };

  /** Takes every request of a review whose head adds these files, up to its comments, and counts them. */
  function mockWhole(
    before: Texts,
    added: Texts,
    { questions = 1, more = {} }: { questions?: number; more?: object } = {},
  ) {
    const counter = requestCounter();
    const { count } = counter;
    const checks: CheckBody[] = [];
    const files = Object.entries(added).map(([filename, text]) => ({
      filename,
      sha: idOf(text),
      patch: patchOf("", text),
    }));
    count(mockToken());
    count(mockFiles(files));
    count(mockCheckCreated(5, (body) => checks.push(body)));
    const tree = Object.entries(before).map(([path, text]) => {
      return { path, sha: idOf(text), type: "blob", mode: "100644", size: text.length };
    });
    count(
      nock(origin)
        .get(`${repoPath}/git/trees/${base}`)
        .query({ recursive: "1" })
        .reply(200, { sha: base, tree, truncated: false }),
    );
    const texts = [...Object.values(before), ...Object.values(added)];
    count(
      nock(origin)
        .post("/graphql", /isBinary/)
        .times(questions)
        .reply(200, (_, body) => {
          const { query, variables } = body as { query: string; variables: Record<string, string> };
          const isAsked = ([name]: [string, unknown]) => query.includes(`${name}: repository`);
          const also = Object.fromEntries(Object.entries(more).filter(isAsked));
          return { data: { repository: blobsIn(variables, texts), ...also } };
        }),
    );
    count(mockConversation());
    count(mockCheckUpdated(5, (body) => checks.push(body)));
    return { ...counter, checks };
  }

  function blobsIn(variables: Record<string, string>, texts: readonly string[]) {
    const asked = Object.entries(variables).filter(([name]) => /^o\d+$/.test(name));
    return Object.fromEntries(
      asked.map(([name, oid]) => {
        const text = texts.find((candidate) => idOf(candidate) === oid) ?? null;
        return [
          name.replace("o", "b"),
          text && { text, isBinary: false, isTruncated: false, byteSize: text.length },
        ];
      }),
    );
  }

  /** Takes the review and the summary; gives the comments. */
  function mockSaid(count: (scope: nock.Scope) => void = () => {}) {
    const review: { comments?: { path: string; line: number; body: string }[] } = {};
    count(
      nock(origin)
        .post(`${repoPath}/pulls/7/reviews`)
        .reply(200, (_, body) => Object.assign(review, body) && { id: 1 }),
    );
    count(nock(origin).post(`${repoPath}/issues/7/comments`).reply(201, { id: 9 }));
    return review;
  }

  async function deliverWhole(): Promise<void> {
    const sandbox = createSandbox({ spares: 0 });
    try {
      await startApp((source, options) => reviewChange(source, sandbox, options));
      await deliver("pull_request", pullRequestEvent("opened"));
    } finally {
      await sandbox.close();
    }
  }

  it("of ten files with findings costs nine requests, the token among them", async () => {
    const others = Object.fromEntries(Array.from({ length: 8 }, (_, i) => [`src/f${i}.go`, "x"]));
    const { calls, count, note, checks } = mockWhole(orders, { ...index, ...others });
    const review = mockSaid(count);
    await deliverWhole();
    expect(calls).toHaveLength(9);
    note("10 files with findings, the token among them");
    expect(checks.at(-1)).toMatchObject({
      conclusion: "failure",
      details_url: "https://github.com/acme/shop/pull/7#issuecomment-9",
      output: { summary: expect.stringContaining("Each finding stands as a comment at its line.") },
    });
    expect(review.comments).toMatchObject([{ path: "db/migrations/0003_idx.up.sql", line: 2 }]);
    expect(review.comments?.[0]?.body).toContain("SHARE lock on `orders`");
  });

  it("of the last step of a change, with comments, costs ten requests", async () => {
    const before = {
      ...orders,
      "db/migrations/0002_state.up.sql":
        "ALTER TABLE orders ADD COLUMN state text;\nUPDATE orders SET state = order_status;\n",
      "db/migrations/0002_state.down.sql": "ALTER TABLE orders DROP COLUMN state;\n",
      "src/orders.ts": "db.orders.where({ state })\n",
    };
    const drop = {
      "db/migrations/0004_drop.up.sql": "ALTER TABLE orders DROP COLUMN order_status;\n",
      "db/migrations/0004_drop.down.sql": "ALTER TABLE orders ADD COLUMN order_status text;\n",
    };
    const nodes = [{ oid: "d".repeat(40), associatedPullRequests: { nodes: [{ number: 12 }] } }];
    const origins = { object: { __typename: "Commit", h0: { totalCount: 1, nodes } } };
    const { calls, count, note, checks } = mockWhole(
      before,
      { ...index, ...drop },
      { questions: 2, more: { origins } },
    );
    mockSaid(count);
    await deliverWhole();
    expect(calls).toHaveLength(10);
    note("the last step of a change, with comments, the token among them");
    expect(checks.at(-1)?.output.summary).toMatch(
      /`db\/migrations\/0002_state.up.sql` \(\\#.12\) made `state` in its place\. No code of the base branch names it any more\./,
    );
  });

  it("logs nothing of what the pull request holds, also where GitHub quotes it", async () => {
    const names = Object.values(hostileNames).map((name) => name.replaceAll("\0", ""));
    const quoted = (name: string) => `"${name.replaceAll('"', '""')}"`;
    const secret = "hunter2-in-a-migration";
    const up = [
      ...names.map((name, i) => `CREATE TABLE ${quoted(`${i}${name}`)} (${quoted(name)} int);`),
      `CREATE ROLE shop PASSWORD '${secret}'; -- ${names.map((name) => name.replace(/[\r\n]/g, " ")).join(" ")}`,
      `SELECT ${quoted(names[0] ?? "")} FROM nowhere;`,
    ].join("\n");
    const inPaths = ["mention", "html", "direction", "control"].map(
      (kind, i) => `db/migrations/${i + 10}_${hostileNames[kind]?.replaceAll("\0", "")}.up.sql`,
    );
    const added = {
      ...index,
      ...Object.fromEntries(inPaths.map((path) => [path, "CREATE INDEX ON orders (user_id);"])),
      "db/migrations/0099_hostile.up.sql": up,
    };
    const before = { ...orders, ".github/drydock.yml": "rows:\n  orders: 1000000\ncomments:\n  limit: 2\n" };
    const { checks } = mockWhole(before, added);
    const refusal = {
      message: `Validation Failed: ${names.join(" ")} ${secret}\n    at ${names[0]}`,
      documentation_url: "https://docs.github.com/rest",
    };
    nock(origin).post(`${repoPath}/pulls/7/reviews`).reply(422, refusal);
    nock(origin).post(`${repoPath}/pulls/7/comments`).times(2).reply(422, refusal);
    nock(origin).post(`${repoPath}/issues/7/comments`).reply(422, refusal);
    await deliverWhole();
    expect(checks.at(-1)?.conclusion).toBe("failure");
    expect(log.lines.map(({ message }) => message)).toEqual(
      expect.arrayContaining(["review refused", "comment refused", "summary refused", "check completed"]),
    );
    const logged = JSON.stringify(log.lines);
    const parts = names.map((name) => JSON.stringify(name.slice(0, 60)).slice(1, -1));
    for (const word of [...parts, secret, "CREATE", "orders_user_id_idx", "ghs_", "_idx.up.sql"])
      expect(logged).not.toContain(word);
    expect(logged).not.toMatch(/\\u00[01]|[\p{Cc}\u202a-\u202e\u2066-\u2069]/u);
    for (const line of log.lines) expect(JSON.stringify(line).length).toBeLessThan(3_000);
  });
});

describe("a merge queue", () => {
  const group = "f".repeat(40);
  const compared = (files: readonly string[]) =>
    nock(origin)
      .get(`${repoPath}/compare/${base}...${group}`)
      .query({ per_page: 1 })
      .reply(200, {
        merge_base_commit: { sha: base },
        files: files.map((filename) => changedFile({ filename }, group)),
      });

  it("gets the verdict on what it is about to merge, and no comment", async () => {
    const bodies: CheckBody[] = [];
    mockToken();
    compared(["db/migrations/0002_idx.up.sql"]);
    compared(["db/migrations/0002_idx.up.sql"]);
    mockCheckCreated(5, (body) => bodies.push(body));
    mockCheckUpdated(5, (body) => bodies.push(body));
    await startApp(async (source) => {
      expect((await source.changedFiles()).files.map(({ path }) => path)).toEqual([
        "db/migrations/0002_idx.up.sql",
      ]);
      return sample();
    });
    await deliver("merge_group", mergeGroupEvent({ at: group }));
    expect(bodies.map(({ status, conclusion }) => conclusion ?? status)).toEqual(["in_progress", "failure"]);
    expect(bodies[0]).toMatchObject({ head_sha: group, external_id: `queue/${base}:d-1` });
  });

  it("gets its answer at once when nothing concerns a database, and again when somebody asks", async () => {
    const bodies: CheckBody[] = [];
    mockToken();
    for (const id of [5, 6]) {
      compared(["README.md"]);
      mockCheckCreated(id, (body) => bodies.push(body));
    }
    await startApp();
    await deliver("merge_group", mergeGroupEvent({ at: group }));
    const again = checkRunEvent({ externalId: `queue/${base}:d-1`, at: group });
    await deliver("check_run", again, { delivery: "d-2" });
    expect(bodies.map(({ conclusion, head_sha }) => [conclusion, head_sha])).toEqual([
      ["skipped", group],
      ["skipped", group],
    ]);
  });
});

describe("a command", () => {
  const emptyTree = { sha: base, tree: [], truncated: false };
  const said = (seen: string[]) =>
    nock(origin)
      .post(`${repoPath}/issues/7/comments`)
      .reply(201, (_, body) => {
        seen.push((body as { body: string }).body);
        return { id: 900 };
      });
  const permission = (level: string) =>
    nock(origin).get(`${repoPath}/collaborators/carol/permission`).reply(200, { permission: level });
  const reaction = (content: string) =>
    nock(origin).post(`${repoPath}/issues/comments/77/reactions`, { content }).reply(201, { id: 1, content });
  const opened = () =>
    nock(origin)
      .get(`${repoPath}/pulls/7`)
      .reply(200, pullRequest({ comments: 1 }));

  it("accepts a finding with a reason, which the check and later reviews keep", async () => {
    const report = sample();
    const gating = report.findings.filter(({ gates }) => gates);
    const [first] = gating;
    if (!first || gating.length !== 1) throw new Error("the sample has one finding that gates");
    const answers: string[] = [];
    mockToken();
    permission("write");
    reaction("eyes");
    opened();
    mockFiles(migrations);
    const bodies: CheckBody[] = [];
    mockCheckCreated(5, (body) => bodies.push(body));
    nock(origin).get(`${repoPath}/git/trees/${base}`).query({ recursive: "1" }).reply(200, emptyTree);
    mockGraphql(/shared: repository/, { data: { repository: {}, shared: null } });
    mockConversation({
      threads: report.findings.map((finding) => ({ body: commentBody(finding, { suggestion: null }) })),
    });
    said(answers);
    const rewritten: unknown[] = [];
    mockGraphql(/updatePullRequestReviewComment/, { data: {} }, ({ variables }) =>
      rewritten.push(variables.b0),
    );
    mockCheckUpdated(5, (body) => bodies.push(body));
    await startApp(async () => report);
    await deliver("issue_comment", commentEvent(`/drydock ignore ${first.rule} the table is *empty* @all`));
    expect(answers).toHaveLength(1);
    expect(answers[0]).toContain(`Accepted: 1 finding of \`${first.rule}\`, by \`carol\`: the table is`);
    expect(answers[0]).not.toContain("@all");
    expect(rewritten[0]).toMatch(/^☑️ \*\*Accepted\*\*: carol: the table is/);
    expect(bodies.at(-1)?.conclusion).toBe("success");
    expect(bodies.at(-1)?.output.summary).toContain("1 accepted");

    mockFiles(migrations, 1, "d".repeat(40));
    mockCheckCreated(6);
    mockConversation({ head: "d".repeat(40), comments: [{ id: 900, body: String(answers[0]) }] });
    mockCheckUpdated(6, (body) => bodies.push(body));
    const pushed = pullRequestEvent("synchronize", {
      head: "d".repeat(40),
      comments: 2,
      updatedAt: "2026-01-02T00:00:00Z",
    });
    await deliver("pull_request", pushed, { delivery: "d-2" });
    expect(bodies.at(-1)?.conclusion).toBe("success");
  });

  it("accepts also what was seen to fail: who may ask is who may merge, and the answer names them", () => {
    const failing = { ...indexFinding, rule: "no-failing-migration" };
    const report = sample({ findings: [failing] });
    const question = { kind: "ignore", rule: failing.rule, reason: "the extension is not here" } as const;
    const { text, accepts } = answerTo(question, "carol", report);
    expect(text).toContain("by `carol`: the extension is not here");
    const acceptance = {
      ...question,
      by: "carol",
      fingerprints: accepts.map(({ fingerprint }) => fingerprint),
    };
    expect([report, withAccepted(report, [acceptance])].map(({ conclusion }) => conclusion)).toEqual([
      "failure",
      "success",
    ]);
  });

  it.each([
    ["of somebody who may only read", "/drydock review", "read", "-1", "Only people who may write"],
    ["that nobody knows", "/drydock deploy @here", "admin", "eyes", "`deploy` is no command"],
    ["for help", "/drydock", "admin", "eyes", "/drydock explain"],
    [
      "to ignore what is no rule",
      "/drydock ignore no-table-drob it is fine",
      "write",
      "eyes",
      "Did you mean `no-table-drop`",
    ],
    ["to ignore without a reason", "/drydock ignore no-table-drop", "write", "eyes", "A reason is needed"],
  ])("%s is answered at once", async (_, body, level, content, text) => {
    const answers: string[] = [];
    mockToken();
    permission(level);
    reaction(content);
    said(answers);
    await startApp();
    await deliver("issue_comment", commentEvent(body));
    expect(answers[0]).toContain(text);
    expect(answers[0]).not.toContain("@here");
  });

  it("reviews again", async () => {
    mockToken();
    permission("admin");
    reaction("eyes");
    opened();
    const bodies = mockReviewed({ token: false });
    await startApp();
    await deliver("issue_comment", commentEvent("/drydock review"));
    expect(bodies.at(-1)?.conclusion).toBe("success");
  });

  it("explains a query with its plans", async () => {
    const answers: string[] = [];
    mockToken();
    permission("write");
    reaction("eyes");
    opened();
    mockReviewed({ token: false });
    said(answers);
    await startApp();
    await deliver("issue_comment", commentEvent("/drydock explain no_such_query"));
    expect(answers[0]).toContain("Nothing here is called `no_such_query`");
  });

  it.each([
    ["a bot's comment", commentEvent("/drydock review", { type: "Bot" })],
    ["a comment on an issue", commentEvent("/drydock review", { isPull: false })],
    ["a quoted command", commentEvent("> /drydock review")],
    ["talk about it", commentEvent("Try `/drydock review`")],
  ])("is not seen in %s", async (_, payload) => {
    await startApp();
    await deliver("issue_comment", payload);
  });
});
