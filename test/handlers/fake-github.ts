import { generateKeyPairSync } from "node:crypto";
import { appendFileSync } from "node:fs";
import nock from "nock";
import { expect } from "vitest";
import { type Client, createGitHub, type GitHub } from "../../src/handlers/github.ts";
import type { Log } from "../../src/handlers/log.ts";
import type { PullRequest } from "../../src/handlers/snapshot.ts";
import { type Asked, strangeTo } from "./github-schema.ts";

export const origin = "https://api.github.com";
export const head = "b".repeat(40);
export const base = "a".repeat(40);
export const repoPath = "/repos/acme/shop";
export const pull: PullRequest = { installation: 2, owner: "acme", repo: "shop", number: 7, head, base };

export const { privateKey } = generateKeyPairSync("rsa", {
  modulusLength: 2048,
  publicKeyEncoding: { type: "spki", format: "pem" },
  privateKeyEncoding: { type: "pkcs1", format: "pem" },
});

/** Everything that was logged. */
export interface LogBook extends Log {
  readonly lines: { readonly level: string; readonly message: string; readonly [field: string]: unknown }[];
}

export function logBook(): LogBook {
  const lines: LogBook["lines"] = [];
  const make = (bound: object): LogBook => {
    const at = (level: string) => (fields: object, message: string) =>
      void lines.push({ ...bound, ...fields, level, message });
    return {
      lines,
      debug: at("debug"),
      info: at("info"),
      warn: at("warn"),
      error: at("error"),
      child: (fields) => make({ ...bound, ...fields }),
    };
  };
  return make({});
}

export function github(log: Log = logBook(), baseUrl = origin): GitHub {
  const github = createGitHub({ appId: 1, privateKey, baseUrl, version: "1.2.3", log });
  const checked = new WeakSet<Client>();
  return {
    ...github,
    clientFor(installation) {
      const client = github.clientFor(installation);
      if (!checked.has(client)) checkQuestions(client);
      checked.add(client);
      return client;
    },
  };
}

/** Holds every GraphQL document that is sent, and every answer of a test, against GitHub's published schema. */
function checkQuestions(client: Client): void {
  client.hook.after("request", ({ data: answer }, { url, query, variables = {} }) => {
    if (!url.endsWith("/graphql")) return;
    const { data = null, errors } = answer as { data?: Asked["data"]; errors?: unknown };
    const asked = { query: String(query), variables: variables as Asked["variables"] };
    strange.push(...strangeTo({ ...asked, data: errors === undefined ? data : null }));
  });
}

export function home(client = github().clientFor(2)) {
  return { client, owner: "acme", repo: "shop" };
}

/** What GitHub's schema does not know of the questions that were asked, and of the answers that tests gave. */
const strange: string[] = [];

/** Requests to GitHub's API that no test expected; those to a test's own server go elsewhere. */
const unexpected: string[] = [];
nock.emitter.on("no match", ({ method, path = "" }: { method?: string; path?: string }) => {
  if (/^\/(repos|app|app-manifests|graphql)\b/.test(path)) unexpected.push(`${method} ${path}`);
});

/** For the start of every test: nothing leaves the machine. */
export function closeNetwork(): void {
  nock.disableNetConnect();
  nock.enableNetConnect("127.0.0.1");
  unexpected.length = 0;
  strange.length = 0;
}

/** For the end of every test: every request was expected, and every expected one was made. */
export function expectAllUsed(): void {
  const left = nock.pendingMocks();
  const surplus = [...unexpected];
  nock.cleanAll();
  expect({ left, surplus, strange }).toEqual({ left: [], surplus: [], strange: [] });
}

export const grants = { checks: "write", contents: "read", metadata: "read", pull_requests: "write" };

export function mockToken(permissions: Record<string, string> = grants, token = "ghs_one") {
  const expires = new Date(Date.now() + 3_600_000).toISOString();
  return nock(origin)
    .post("/app/installations/2/access_tokens")
    .reply(201, { token, expires_at: expires, permissions, repository_selection: "all" });
}

/** Counts the requests that these answers take; with DRYDOCK_REQUEST_COUNTS they are written there for the benchmark. */
export function requestCounter() {
  const calls: string[] = [];
  return {
    calls,
    count: (scope: nock.Scope) =>
      void scope.on("request", ({ method, path }) => calls.push(`${method} ${path}`)),
    note(what: string) {
      const file = process.env.DRYDOCK_REQUEST_COUNTS;
      if (file) appendFileSync(file, `${JSON.stringify({ what, requests: calls.length })}\n`);
    },
  };
}

export interface FakeFile {
  readonly filename: string;
  readonly status?: string;
  readonly sha?: string;
  readonly patch?: string;
  readonly previous_filename?: string;
}

/** A changed file as `GET …/pulls/N/files` shows it. */
export function changedFile(file: FakeFile, at = head) {
  const { filename, status = "added", sha = "c".repeat(40), patch = "@@ -0,0 +1 @@\n+x" } = file;
  return {
    sha,
    filename,
    status,
    additions: 1,
    deletions: 0,
    changes: 1,
    blob_url: `https://github.com/acme/shop/blob/${at}/${filename}`,
    raw_url: `https://github.com/acme/shop/raw/${at}/${filename}`,
    contents_url: `${origin}${repoPath}/contents/${encodeURIComponent(filename)}?ref=${at}`,
    ...(patch !== "" && { patch }),
    ...(file.previous_filename && { previous_filename: file.previous_filename }),
  };
}

export function mockFiles(files: readonly FakeFile[], page = 1, at = head) {
  return nock(origin)
    .get(`${repoPath}/pulls/7/files`)
    .query({ per_page: 100, page })
    .reply(
      200,
      files.map((file) => changedFile(file, at)),
    );
}

/** Takes the request that creates a check run, hands its body over, and answers with this id. */
export function mockCheckCreated(id: number, seen: (body: CheckBody) => void = () => {}) {
  return nock(origin)
    .post(`${repoPath}/check-runs`)
    .reply(201, (_, body) => {
      seen(body as CheckBody);
      return { id, external_id: (body as CheckBody).external_id, app: { id: 1, slug: "drydock" } };
    });
}

export function mockCheckUpdated(id: number, seen: (body: CheckBody) => void = () => {}) {
  return nock(origin)
    .patch(`${repoPath}/check-runs/${id}`)
    .reply(200, (_, body) => {
      seen(body as CheckBody);
      return { id };
    });
}

export interface CheckBody {
  readonly name?: string;
  readonly head_sha?: string;
  readonly status: string;
  readonly conclusion?: string;
  readonly external_id?: string;
  readonly details_url?: string;
  readonly output: {
    readonly title: string;
    readonly summary: string;
    readonly annotations?: readonly unknown[];
  };
}

export interface FakeThread {
  readonly id?: string;
  readonly body: string;
  readonly path?: string;
  readonly isResolved?: boolean;
  readonly isOutdated?: boolean;
  readonly isMinimized?: boolean;
  readonly isOwn?: boolean;
  readonly replies?: readonly { readonly body: string; readonly isOwn: boolean }[];
}

export interface FakeConversation {
  readonly state?: string;
  readonly isDraft?: boolean;
  readonly head?: string;
  readonly threads?: readonly FakeThread[];
  readonly comments?: readonly { readonly id: number; readonly body: string; readonly isOwn?: boolean }[];
  /** Open pull requests into the same branch: their number, and the files that they add. */
  readonly pulls?: Readonly<Record<number, readonly string[]>>;
  readonly isCrossRepository?: boolean;
  readonly headRefName?: string;
  readonly headRepository?: { readonly nameWithOwner: string };
}

/** Answers the one question about what is said on the pull request. */
export function mockConversation(conversation: FakeConversation = {}) {
  return mockGraphql(/reviewThreads/, { data: conversationData(conversation) });
}

export function conversationData({
  state = "OPEN",
  isDraft = false,
  head: at = head,
  threads = [],
  comments = [],
  pulls = {},
  ...branch
}: FakeConversation) {
  const said = (body: string, isOwn: boolean, id: string) => ({
    id,
    databaseId: Number(id.replace(/\D/g, "")) || 1,
    body,
    isMinimized: false,
    viewerDidAuthor: isOwn,
    author: isOwn ? { __typename: "Bot", login: "drydock" } : { __typename: "User", login: "bob" },
  });
  const page = { hasNextPage: false, endCursor: null };
  return {
    viewer: { login: "drydock[bot]" },
    repository: {
      pullRequests: {
        nodes: Object.entries(pulls).map(([number, added]) => ({
          number: Number(number),
          headRefOid: number.repeat(40).slice(0, 40),
          baseRefName: "main",
          files: { nodes: added.map((path) => ({ path, changeType: "ADDED" })) },
        })),
      },
      pullRequest: {
        state,
        isDraft,
        headRefOid: at,
        baseRefOid: base,
        isCrossRepository: false,
        headRefName: "idx",
        headRepository: null,
        ...branch,
        updatedAt: "2026-01-02T03:04:05Z",
        reviewThreads: {
          pageInfo: page,
          nodes: threads.map((thread, i) => {
            const { path = "db/migrations/0002_idx.up.sql", replies = [], isOwn = true } = thread;
            const first = {
              ...said(thread.body, isOwn, `PRRC_${i}`),
              isMinimized: thread.isMinimized ?? false,
            };
            const nodes = [
              first,
              ...replies.map((reply, k) => said(reply.body, reply.isOwn, `PRRC_${i}r${k}`)),
            ];
            return {
              id: thread.id ?? `PRRT_${i}`,
              path,
              isResolved: thread.isResolved ?? false,
              isOutdated: thread.isOutdated ?? false,
              comments: { totalCount: nodes.length, nodes },
            };
          }),
        },
        comments: {
          pageInfo: page,
          nodes: comments.map(({ id, body, isOwn = true }) => said(body, isOwn, `IC_${id}`)),
        },
      },
    },
  };
}

export interface GraphqlBody {
  readonly query: string;
  readonly variables: Record<string, unknown>;
}

export function mockGraphql(query: RegExp, answer: object, seen: (body: GraphqlBody) => void = () => {}) {
  return nock(origin)
    .post("/graphql", (body: GraphqlBody) => query.test(body.query))
    .reply(200, (_, body) => {
      seen(body as GraphqlBody);
      return answer;
    });
}

/** What GitHub says when an app lacks a permission. */
export const forbidden = {
  message: "Resource not accessible by integration",
  documentation_url: "https://docs.github.com/rest",
};
