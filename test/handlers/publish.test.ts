import nock from "nock";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { publish } from "../../src/handlers/publish.ts";
import type { Finding, Report } from "../../src/review/types.ts";
import { dryRun, indexFinding, indexUp, sample } from "../review/report-samples.ts";
import {
  closeNetwork,
  conversationData,
  expectAllUsed,
  type FakeConversation,
  forbidden,
  type GraphqlBody,
  grants,
  head,
  home,
  logBook,
  mockConversation,
  mockGraphql,
  mockToken,
  origin,
  pull,
  repoPath,
} from "./fake-github.ts";

beforeEach(closeNetwork);
afterEach(expectAllUsed);

const file = {
  path: indexUp.path,
  previousPath: null,
  status: "added",
  digest: "c".repeat(40),
  patch: "@@ -0,0 +1 @@\n+x",
} as const;
const mark = `<!-- drydock:${indexFinding.fingerprint} -->`;
const oldComment = `❌ **Building \`orders_user_id_idx\` blocks writes.**\n\n\`\`\`suggestion\nCREATE INDEX CONCURRENTLY\n\`\`\`\n\n${mark}`;
const clean = () => sample({ findings: [], runs: sample().runs });

const settings = (limit: number) => ({ limit, from: "warning", summary: true, drafts: false }) as const;

function run(report: Report, limit = 10, signal = new AbortController().signal, log = logBook()) {
  return publish({
    home: home(),
    pull,
    report,
    files: [file],
    comments: settings(limit),
    version: "1.2.3",
    log,
    signal,
  });
}

interface ReviewBody {
  readonly event: string;
  readonly commit_id: string;
  readonly comments: readonly {
    readonly path: string;
    readonly line: number;
    readonly body: string;
    readonly start_line?: number;
  }[];
}

function mockReview(status = 200, answer: object = { id: 1 }) {
  const bodies: ReviewBody[] = [];
  nock(origin)
    .post(`${repoPath}/pulls/7/reviews`)
    .reply(status, (_, body) => {
      bodies.push(body as ReviewBody);
      return answer;
    });
  return bodies;
}

function mockSummary(method: "POST" | "PATCH" = "POST", status = 201) {
  const bodies: string[] = [];
  const path = method === "POST" ? `${repoPath}/issues/7/comments` : `${repoPath}/issues/comments/9`;
  nock(origin)
    .intercept(path, method)
    .reply(status, (_, body) => {
      bodies.push((body as { body: string }).body);
      return status < 300 ? { id: 9 } : forbidden;
    });
  return bodies;
}

function said(conversation: FakeConversation = {}): void {
  mockToken();
  mockConversation(conversation);
}

describe("a first review", () => {
  it("is one review with comments at their lines, and one summary", async () => {
    said();
    const reviews = mockReview();
    const summaries = mockSummary();
    const result = await run(sample());
    expect(reviews).toHaveLength(1);
    expect(reviews[0]).toMatchObject({ event: "COMMENT", commit_id: head });
    const [comment] = reviews[0]?.comments ?? [];
    expect(comment).toMatchObject({ path: indexUp.path, line: 1, side: "RIGHT" });
    expect(comment).not.toHaveProperty("start_line");
    expect(comment?.body).toContain(
      "```suggestion\nCREATE INDEX CONCURRENTLY orders_user_id_idx ON orders (user_id);\n```",
    );
    expect(comment?.body.endsWith(mark)).toBe(true);
    expect(summaries[0]).toMatch(/1 blocking finding[\s\S]*<!-- drydock:summary -->$/);
    expect(result).toMatchObject({
      conclusion: "failure",
      title: expect.stringContaining("1 blocking finding"),
    });
    // Below its comment an annotation would say the same again.
    expect(result.annotations).toEqual([]);
  });

  it("says nothing but in its check when there is nothing to say", async () => {
    said();
    expect((await run(clean())).conclusion).toBe("success");
  });

  it("comments on several lines as a range", async () => {
    said();
    const reviews = mockReview();
    mockSummary();
    const finding = { ...indexFinding, endLine: 2, fix: null };
    const wide = { ...file, patch: "@@ -0,0 +1,2 @@\n+x\n+y" };
    const report = sample({ findings: [finding] });
    await publish({
      home: home(),
      pull,
      report,
      files: [wide],
      comments: settings(10),
      version: "1",
      log: logBook(),
      signal: new AbortController().signal,
    });
    expect(reviews[0]?.comments).toMatchObject([
      { start_line: 1, start_side: "RIGHT", line: 2, side: "RIGHT" },
    ]);
  });

  it("puts what is not in the diff into the summary, in full", async () => {
    said();
    const summaries = mockSummary();
    const report = sample({ findings: [{ ...indexFinding, line: 40, endLine: 40 }] });
    const { annotations } = await run(report);
    expect(summaries[0]).toContain("blocks every write");
    const link = `https://github.com/acme/shop/blob/${head}/${indexUp.path}#L40`;
    expect(summaries[0]).toContain(`[\`${indexUp.path}:40\`](${link})`);
    expect(annotations).toMatchObject([
      { path: indexUp.path, start_line: 40, end_line: 40, annotation_level: "failure" },
    ]);
  });

  it("comments on the gravest findings when there are more than its limit, the rest stands in the summary", async () => {
    said();
    const reviews = mockReview();
    const summaries = mockSummary();
    const mild = {
      ...indexFinding,
      fingerprint: "aaaa",
      gates: false,
      severity: "info",
      rule: "prefer-mild",
      line: 40,
      endLine: 40,
    } as const;
    await run(sample({ findings: [mild, indexFinding] }), 1);
    expect(reviews[0]?.comments).toHaveLength(1);
    expect(reviews[0]?.comments[0]?.body).toContain(mark);
    expect(summaries[0]).toContain("prefer-mild");
  });

  it("of a draft stays in the check, which says so", async () => {
    said({ isDraft: true });
    const result = await run(sample());
    expect(result.summary).toContain("This pull request is a draft");
    expect(result.summary).toContain("blocks every write");
  });

  it("of a draft is said in comments where the configuration wants it", async () => {
    said({ isDraft: true });
    const reviews = mockReview();
    mockSummary();
    const result = await publish({
      home: home(),
      pull,
      report: sample(),
      files: [file],
      comments: { ...settings(10), drafts: true },
      version: "1.2.3",
      log: logBook(),
      signal: new AbortController().signal,
    });
    expect(reviews[0]?.comments).toHaveLength(1);
    expect(result.summary).not.toContain("is a draft");
  });

  it("of a closed pull request stays in the check", async () => {
    said({ state: "CLOSED" });
    expect((await run(sample())).conclusion).toBe("failure");
  });
});

describe("a later review", () => {
  const summary = (body: string) => ({ id: 9, body: `${body}\n\n<!-- drydock:summary -->` });

  it("does not repeat a comment that stands, and edits its summary", async () => {
    said({ threads: [{ body: oldComment }], comments: [summary("old")] });
    const summaries = mockSummary("PATCH", 200);
    await run(sample());
    expect(summaries[0]).toContain("at its line");
  });

  it("writes nothing when nothing changed", async () => {
    said();
    mockReview();
    const [first] = await Promise.all([mockSummary(), run(sample())]);
    said({
      threads: [{ body: oldComment }],
      comments: [{ id: 9, body: (first[0] ?? "").replaceAll("\n", "\r\n") }],
    });
    const log = logBook();
    await run(sample(), 10, undefined, log);
    expect(log.lines).toMatchObject([{ message: "published", posted: 0, summary: "unchanged" }]);
  });

  it("takes marks for its own only in its own comments", async () => {
    said({
      threads: [{ body: oldComment, isOwn: false }],
      comments: [{ ...summary("copied"), isOwn: false }],
    });
    expect(mockReview()).toEqual([]);
    mockSummary();
    await run(sample());
  });

  it("does not raise again what a person resolved, but lists it in the summary", async () => {
    said({ threads: [{ body: oldComment, isResolved: true }], comments: [summary("old")] });
    const summaries = mockSummary("PATCH", 200);
    await run(sample());
    expect(summaries[0]).toContain("blocks every write");
  });

  it("folds a comment whose finding is gone, below the commit that fixed it", async () => {
    const changes: GraphqlBody[] = [];
    said({ threads: [{ body: oldComment }], comments: [summary("old")] });
    mockGraphql(
      /updatePullRequestReviewComment[\s\S]*minimizeComment/,
      { data: { e0: {}, m0: {} } },
      (body) => changes.push(body),
    );
    const summaries = mockSummary("PATCH", 200);
    const result = await run(clean());
    expect(result.conclusion).toBe("success");
    expect(changes[0]?.variables.c0).toBe("PRRC_0");
    expect(changes[0]?.variables.b0).toMatchInlineSnapshot(`
      "✅ **Fixed in bbbbbbb**

      ~~Building \`orders_user_id_idx\` blocks writes.~~

      <details><summary>What was said</summary>

      ❌ **Building \`orders_user_id_idx\` blocks writes.**

      \`\`\`sql
      CREATE INDEX CONCURRENTLY
      \`\`\`

      </details>

      <!-- drydock:fixed -->

      <!-- drydock:f00dfeed -->"
    `);
    expect(summaries[0]).toContain("✅");
  });

  it("does not hide a comment that a person answered", async () => {
    const changes: GraphqlBody[] = [];
    said({ threads: [{ body: oldComment, replies: [{ body: "Known", isOwn: false }] }] });
    mockGraphql(/updatePullRequestReviewComment/, { data: { e0: {} } }, (body) => changes.push(body));
    await run(clean());
    expect(changes[0]?.query).not.toContain("minimizeComment");
  });

  it("resolves the thread where it may", async () => {
    mockToken({ ...grants, contents: "write" });
    mockConversation({ threads: [{ id: "PRRT_x", body: oldComment }] });
    const changes: GraphqlBody[] = [];
    mockGraphql(/resolveReviewThread/, { data: { t0: { thread: { id: "PRRT_x" } } } }, (body) =>
      changes.push(body),
    );
    await run(clean());
    expect(changes[0]?.variables).toEqual({ t0: "PRRT_x" });
  });

  it("rewrites the comment when the thread may not be resolved after all", async () => {
    mockToken({ ...grants, contents: "write" });
    mockConversation({ threads: [{ body: oldComment }] });
    mockGraphql(/resolveReviewThread/, {
      data: { t0: null },
      errors: [{ type: "FORBIDDEN", path: ["t0"], message: "no" }],
    });
    mockGraphql(/updatePullRequestReviewComment/, { data: { e0: {}, m0: {} } });
    const log = logBook();
    await run(clean(), 10, undefined, log);
    expect(log.lines.at(-1)).toMatchObject({ message: "published", settled: 1 });
  });

  it("does not call a finding fixed when the run came to no verdict", async () => {
    said({ threads: [{ body: oldComment }], comments: [summary("old")] });
    mockSummary("PATCH", 200);
    const lost = sample({ findings: [], runs: [dryRun([], { lost: "killed" })] });
    expect((await run(lost)).conclusion).toBe("neutral");
  });

  it("of one that is left out leaves comments as they are, and says so in the summary", async () => {
    said({ threads: [{ body: oldComment }], comments: [summary("old")] });
    const summaries = mockSummary("PATCH", 200);
    const report = { ...clean(), leftOut: "labelled release", title: "Left out: labelled release" };
    await run(report);
    expect(summaries[0]).toContain("Left out: labelled release");
  });

  it("is not told by a quotation that a finding was fixed", async () => {
    said({ threads: [{ body: `❌ **\`<!-- drydock:fixed -->\`**\n\n${mark}` }] });
    mockSummary();
    await run(sample());
  });

  it("comments anew when a finding that was fixed is back", async () => {
    said({ threads: [{ body: `Fixed\n\n<!-- drydock:fixed -->\n\n${mark}` }] });
    const reviews = mockReview();
    mockSummary();
    await run(sample());
    expect(reviews).toHaveLength(1);
  });
});

describe("when GitHub does not play along", () => {
  it("publishes nothing for a head that is no longer the newest", async () => {
    said({ head: "d".repeat(40) });
    nock(origin)
      .get(`${repoPath}/pulls/7`)
      .reply(200, { head: { sha: "d".repeat(40) } });
    await expect(run(sample())).rejects.toMatchObject({ name: "HeadMoved", head: "d".repeat(40) });
  });

  it("publishes when only one of GitHub's answers lags behind", async () => {
    said({ head: "d".repeat(40) });
    nock(origin)
      .get(`${repoPath}/pulls/7`)
      .reply(200, { head: { sha: head } });
    expect((await run(clean())).conclusion).toBe("success");
  });

  it("posts comments one by one when the review is refused, and keeps what is refused again for the summary", async () => {
    said();
    mockReview(422, { message: "Unprocessable Entity", errors: ["line must be part of the diff"] });
    const edits = [{ path: indexUp.path, start: 0, end: 0, text: "-- " }];
    const fix = { title: "", edits, followUp: null };
    const other = { ...indexFinding, fingerprint: "bbbb", rule: "require-other", fix };
    nock(origin).post(`${repoPath}/pulls/7/comments`).reply(201, { id: 3 });
    nock(origin).post(`${repoPath}/pulls/7/comments`).reply(422, { message: "Validation Failed" });
    const summaries = mockSummary();
    const result = await run(sample({ findings: [indexFinding, other] }));
    expect(summaries[0]).toContain("require-other");
    expect(summaries[0]).not.toContain("no-blocking-index-build");
    expect(result.summary).toContain("Not every comment could be made");
  });

  it("does not post a review again whose answer was lost", async () => {
    said();
    nock(origin)
      .post(`${repoPath}/pulls/7/reviews`)
      .replyWithError(Object.assign(new Error("reset"), { code: "ECONNRESET" }));
    mockConversation({ threads: [{ body: oldComment }] });
    mockSummary();
    const result = await run(sample());
    expect(result.summary).toContain("at its line");
  });

  it("posts a review again that was not made", async () => {
    said();
    mockReview(502, { message: "Bad gateway" });
    mockConversation();
    const reviews = mockReview();
    mockSummary();
    await run(sample());
    expect(reviews).toHaveLength(1);
  });

  it("names a missing permission in the check, and says everything there", async () => {
    said();
    nock(origin)
      .post(`${repoPath}/pulls/7/reviews`)
      .reply(403, forbidden, { "x-accepted-github-permissions": "pull_requests=write" });
    mockSummary("POST", 403);
    const result = await run(sample());
    expect(result.conclusion).toBe("failure");
    expect(result.summary).toContain("Drydock lacks the permission pull_requests: write");
    expect(result.summary).toContain("blocks every write");
  });

  it("stops publishing once it is superseded", async () => {
    const controller = new AbortController();
    mockToken();
    mockGraphql(/reviewThreads/, { data: conversationData({}) }, () =>
      controller.abort(new Error("superseded")),
    );
    await expect(run(sample(), 10, controller.signal)).rejects.toThrow("superseded");
  });
});

describe("other open pull requests", () => {
  const late = `${indexUp.path.split("/").slice(0, -1).join("/")}/0002_other.up.sql`;

  it("are told of on the younger one, with one request for what they hold", async () => {
    mockToken();
    const own = [indexUp.path];
    mockConversation({ pulls: { 7: own, 3: [late, "README.md"], 9: [late] } });
    const asked: GraphqlBody[] = [];
    const texts = { f0: { text: "CREATE INDEX orders_user_id_idx ON orders (id);", isTruncated: false } };
    mockGraphql(/expression: \$e0/, { data: { repository: texts } }, (body) => asked.push(body));
    const bodies: string[] = [];
    nock(origin)
      .post(`${repoPath}/issues/7/comments`)
      .reply(201, (_, body) => {
        bodies.push((body as { body: string }).body);
        return { id: 9 };
      });
    const { summary, conclusion } = await run(clean());
    const text = `#3 adds \`${late}\` with the same version as \`${indexUp.path}\``;
    expect(summary).toContain(text);
    expect(bodies[0]).toContain(text);
    expect(conclusion).toBe("success");
    expect(asked[0]?.variables.e0).toBe(`${"3".repeat(40)}:${late}`);
    expect(Object.keys(asked[0]?.variables ?? {})).not.toContain("e1");
  });

  it("cost nothing when they leave the same directories alone", async () => {
    mockToken();
    mockConversation({ pulls: { 7: [indexUp.path], 3: ["src/a.ts"] } });
    expect((await run(clean())).conclusion).toBe("success");
  });
});

describe("what one statement does", () => {
  const wide = { ...file, patch: "@@ -0,0 +1,2 @@\n+x\n+y" };
  const of = (fingerprint: string, more: object = {}) =>
    ({ ...indexFinding, fix: null, rule: `no-${fingerprint}`, fingerprint, ...more }) as Finding;
  const note = { severity: "info", gates: false } as const;
  const warning = { severity: "warning", gates: false } as const;
  const all = [of("aa"), of("bb", warning), of("cc", note)];
  const say = (report: Report, log = logBook()) => {
    const options = { home: home(), pull, report, files: [wide], comments: settings(10), version: "1", log };
    return publish({ ...options, signal: new AbortController().signal });
  };

  it("is one comment with all of their marks, notes among them, and stays told", async () => {
    said();
    const reviews = mockReview();
    const summaries = mockSummary();
    await say(sample({ findings: [...all, of("dd", { ...note, line: 2, endLine: 2 })] }));
    expect(reviews[0]?.comments).toHaveLength(1);
    const body = String(reviews[0]?.comments[0]?.body);
    expect(body).toMatch(/<!-- drydock:aa\.bb\.cc -->$/);
    expect(body).toContain("`no-aa`, `no-bb` · accept one with");
    expect(summaries[0]).toContain("1 note</summary>");
    expect(summaries[0]).toContain("`no-dd`");
    expect(summaries[0]).not.toContain("`no-cc`");

    said({ threads: [{ body }] });
    mockSummary();
    expect((await say(sample({ findings: all }))).annotations).toEqual([]);
  });

  it("of which a part is fixed is said without that part", async () => {
    said({ threads: [{ body: "❌ **Old.**\n\n<!-- drydock:aa.bb.cc -->" }] });
    const asked: GraphqlBody[] = [];
    const answer = { data: { e0: { pullRequestReviewComment: { id: "PRRC_0" } } } };
    mockGraphql(/updatePullRequestReviewComment/, answer, (body) => asked.push(body));
    mockSummary();
    await say(sample({ findings: all.slice(1) }));
    expect(asked[0]?.query).not.toContain("minimizeComment");
    const body = String(asked[0]?.variables.b0);
    expect(body.startsWith("⚠️ ")).toBe(true);
    expect(body).toContain("Another finding that stood here: ✅ **Fixed in bbbbbbb**");
    expect(body).toMatch(/<!-- drydock:bb\.cc -->$/);
  });

  it("of which only a note is left is fixed", async () => {
    said({
      threads: [{ body: "❌ **Old.**\n\n<!-- drydock:aa.bb.cc -->" }],
      comments: [{ id: 9, body: "old\n\n<!-- drydock:summary -->" }],
    });
    const asked: GraphqlBody[] = [];
    mockGraphql(/minimizeComment/, { data: { e0: {}, m0: {} } }, (body) => asked.push(body));
    const summaries = mockSummary("PATCH", 200);
    await say(sample({ findings: all.slice(2) }));
    expect(asked[0]?.variables.b0).toContain("✅ **Fixed in bbbbbbb**");
    expect(summaries[0]).toContain("`no-cc`");
  });
});

describe("the same danger at many lines of a file", () => {
  it("is told once, at the first, and stays told", async () => {
    const wide = { ...file, patch: "@@ -0,0 +1,3 @@\n+x\n+y\n+z" };
    const at = (line: number, fingerprint: string) => ({
      ...indexFinding,
      fix: null,
      line,
      endLine: line,
      fingerprint,
    });
    const findings = [at(1, "aa"), at(2, "bb"), at(3, "cc")];
    const report = sample({ findings });
    const options = { home: home(), pull, report, files: [wide], comments: settings(10), version: "1" };
    const signal = new AbortController().signal;
    mockToken();
    mockConversation();
    const reviews = mockReview();
    mockSummary();
    await publish({ ...options, log: logBook(), signal });
    expect(reviews[0]?.comments).toHaveLength(1);
    const body = String(reviews[0]?.comments[0]?.body);
    expect(body).toContain("**Also here:**\n- line 2; line 3\n");
    expect(body).toContain("<!-- drydock:aa.bb.cc -->");

    mockConversation({ threads: [{ body }] });
    mockSummary();
    await publish({ ...options, log: logBook(), signal });
  });

  it("is told by itself where each has its fix, and a note only in the summary", async () => {
    const wide = { ...file, patch: "@@ -0,0 +1,3 @@\n+x\n+y\n+z" };
    const at = (line: number, more: object) => ({ ...indexFinding, line, endLine: line, ...more });
    const note = at(3, { fingerprint: "cc", severity: "info", gates: false, fix: null });
    const findings = [at(1, { fingerprint: "aa" }), at(2, { fingerprint: "bb" }), note];
    mockToken();
    mockConversation();
    const reviews = mockReview();
    const summaries = mockSummary();
    const options = {
      home: home(),
      pull,
      files: [wide],
      comments: settings(10),
      version: "1",
      log: logBook(),
    };
    await publish({ ...options, report: sample({ findings }), signal: new AbortController().signal });
    expect(reviews[0]?.comments.map(({ line }) => line)).toEqual([1, 2]);
    expect(String(summaries[0])).toContain("<details><summary>1 note</summary>");
  });
});

describe("comments that are switched off", () => {
  it("leave everything to the check", async () => {
    mockToken();
    mockConversation();
    const result = await publish({
      home: home(),
      pull,
      report: sample(),
      files: [file],
      comments: { ...settings(0), summary: false },
      version: "1",
      log: logBook(),
      signal: new AbortController().signal,
    });
    expect([result.conclusion, result.detailsUrl]).toEqual(["failure", undefined]);
    expect(result.summary).toContain("blocks every write to `orders`");
    expect(result.annotations.length).toBeGreaterThan(0);
  });
});

describe("the button that commits the fixes", () => {
  const writing = { ...grants, contents: "write" };
  const branch = {
    isCrossRepository: false,
    headRefName: "idx",
    headRepository: { nameWithOwner: "acme/shop" },
  };
  const options = { home, pull, files: [file], comments: settings(10), version: "1" };
  const withThread = { ...branch, threads: [{ body: oldComment }] };

  it("is there where the app may write contents, and nowhere else", async () => {
    for (const [permissions, more] of [
      [writing, withThread],
      [grants, withThread],
      [writing, { ...withThread, isCrossRepository: true }],
    ] as const) {
      mockToken(permissions);
      mockConversation(more);
      mockSummary();
      const how = { ...options, home: home(), log: logBook(), signal: new AbortController().signal };
      const { actions } = await publish({ ...how, report: sample() });
      const isThere = permissions === writing && more === withThread;
      expect(actions?.map(({ identifier }) => identifier)).toEqual(isThere ? ["apply-fixes"] : undefined);
    }
  });

  const bytesOf = (text: string) => new TextEncoder().encode(text);

  /** Presses the button while the file is these bytes, and gives what is committed and what the check says. */
  async function pressed(bytes: Uint8Array, answer: object | null) {
    mockToken(writing);
    mockConversation(withThread);
    mockSummary();
    const asked: GraphqlBody[] = [];
    if (answer) mockGraphql(/createCommitOnBranch/, answer, (body) => asked.push(body));
    const { digest } = file;
    const { summary } = await publish({
      ...options,
      home: home(),
      log: logBook(),
      signal: new AbortController().signal,
      files: [{ ...file, path: indexUp.path }],
      report: sample(),
      applying: async (digests) =>
        new Map(digests.map((id) => [id, id === digest ? { bytes } : { missing: "?" }])),
    });
    return { input: asked[0]?.variables.input as CommitInput | undefined, summary };
  }

  const done = { data: { createCommitOnBranch: { commit: { oid: "e" } } } };

  it.each([
    [done, ""],
    [{ data: null, errors: [{ type: "STALE_DATA", message: "moved" }] }, "The fixes could not be committed"],
  ])("commits what was run, onto the commit that was reviewed", async (answer, note) => {
    const { input, summary } = await pressed(bytesOf(indexUp.text), answer);
    expect(input).toMatchObject({
      branch: { repositoryNameWithOwner: "acme/shop", branchName: "idx" },
      expectedHeadOid: head,
    });
    const [added] = input?.fileChanges.additions ?? [];
    expect(added?.path).toBe(indexUp.path);
    expect(Buffer.from(String(added?.contents), "base64").toString()).toContain("CREATE INDEX CONCURRENTLY");
    expect(summary.includes(note)).toBe(true);
    if (note === "") expect(summary).not.toContain("could not");
  });

  it("keeps a byte order mark", async () => {
    const { input } = await pressed(bytesOf(`\ufeff${indexUp.text}`), done);
    const bytes = Buffer.from(String(input?.fileChanges.additions[0]?.contents), "base64");
    expect([...bytes.subarray(0, 3)]).toEqual([0xef, 0xbb, 0xbf]);
    expect(bytes.toString()).toContain("CREATE INDEX CONCURRENTLY");
  });

  it.each([
    ["UTF-16", new Uint8Array(Buffer.from(`\ufeff${indexUp.text}`, "utf16le")), "it is not UTF-8"],
    ["another text than was reviewed", bytesOf("SELECT 1;\n"), "it is not as it was reviewed"],
  ])("leaves a file alone that is %s, and says so", async (_, bytes, reason) => {
    const { input, summary } = await pressed(bytes, null);
    expect(input).toBeUndefined();
    expect(summary).toContain(`Not fixed by the button: \`${indexUp.path}\`: ${reason}.`);
  });
});

interface CommitInput {
  readonly fileChanges: {
    readonly additions: readonly { readonly path: string; readonly contents: string }[];
  };
}
