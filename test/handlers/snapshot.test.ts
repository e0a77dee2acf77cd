import nock from "nock";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createSnapshotCache, openSnapshot } from "../../src/handlers/snapshot.ts";
import { blobId } from "../helpers.ts";
import {
  base,
  changedFile,
  closeNetwork,
  expectAllUsed,
  type GraphqlBody,
  head,
  home,
  logBook,
  mockFiles,
  mockGraphql,
  mockToken,
  origin,
  pull,
  repoPath,
} from "./fake-github.ts";

beforeEach(() => {
  closeNetwork();
  mockToken();
});
afterEach(expectAllUsed);

const bytesOf = (text: string) => new TextEncoder().encode(text);

function snapshot(cache = createSnapshotCache(), client = home()) {
  return openSnapshot(pull, { home: client, cache, log: logBook() });
}

interface Entry {
  readonly path: string;
  readonly sha: string;
  readonly type?: string;
  readonly mode?: string;
  readonly size?: number;
}

function mockTree(sha: string, tree: readonly Entry[], { deep = true, truncated = false } = {}) {
  const entries = tree.map((entry) => ({ type: "blob", mode: "100644", ...entry }));
  return nock(origin)
    .get(`${repoPath}/git/trees/${sha}`)
    .query(deep ? { recursive: "1" } : {})
    .reply(200, { sha, tree: entries, truncated });
}

/** Answers a question for blobs from these contents, as GraphQL does. */
function mockBlobs(contents: readonly Uint8Array[], seen: (body: GraphqlBody) => void = () => {}) {
  const known = new Map(contents.map((bytes) => [blobId(bytes), bytes]));
  return nock(origin)
    .post("/graphql", /isBinary/)
    .reply(200, (_, body) => {
      seen(body as GraphqlBody);
      const asked = Object.entries((body as GraphqlBody).variables).filter(([name]) => /^o\d+$/.test(name));
      const answers = asked.map(([name, oid]) => {
        const bytes = known.get(String(oid));
        const isBinary = bytes?.includes(0) ?? false;
        const text = isBinary ? null : new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes);
        return [
          name.replace("o", "b"),
          bytes ? { text, isBinary, isTruncated: false, byteSize: bytes.length } : null,
        ];
      });
      return { data: { repository: Object.fromEntries(answers) } };
    });
}

function mockBlob(bytes: Uint8Array) {
  const content = Buffer.from(bytes).toString("base64").replace(/.{60}/g, "$&\n");
  return nock(origin)
    .get(`${repoPath}/git/blobs/${blobId(bytes)}`)
    .reply(200, { sha: blobId(bytes), size: bytes.length, encoding: "base64", content });
}

describe("a pull request of more files than GitHub lists", () => {
  it("is read in full: the rest is what the trees of both sides differ in", async () => {
    const page = (number: number) =>
      Array.from({ length: 100 }, (_, i) => ({ filename: `a/${number}-${i}`, sha: "1".repeat(40) }));
    for (let number = 1; number <= 30; number++) mockFiles(page(number), number);
    const parted = "d".repeat(40);
    nock(origin)
      .get(`${repoPath}/compare/${base}...${head}`)
      .query({ per_page: 1 })
      .reply(200, { merge_base_commit: { sha: parted }, files: [] });
    mockTree(parted, [
      { path: "db/1.sql", sha: "2".repeat(40) },
      { path: "db/2.sql", sha: "3".repeat(40) },
    ]);
    mockTree(head, [
      { path: "a/1-0", sha: "1".repeat(40) },
      { path: "db/2.sql", sha: "4".repeat(40) },
      { path: "db/3.sql", sha: "5".repeat(40) },
    ]);
    const { files, complete } = await snapshot().changedFiles();
    expect(complete).toBe(true);
    expect(files).toHaveLength(3_003);
    expect(files.slice(3_000)).toEqual([
      { path: "db/2.sql", previousPath: null, status: "modified", digest: "4".repeat(40), patch: null },
      { path: "db/3.sql", previousPath: null, status: "added", digest: "5".repeat(40), patch: null },
      { path: "db/1.sql", previousPath: null, status: "removed", digest: null, patch: null },
    ]);
  });
});

describe("changed files", () => {
  it("are listed to the last page", async () => {
    const page = (n: number, count: number) =>
      Array.from({ length: count }, (_, i) => ({ filename: `f-${n}-${i}` }));
    mockFiles(page(1, 100));
    mockFiles(page(2, 100), 2);
    mockFiles([], 3);
    const { files, complete } = await snapshot().changedFiles();
    expect(files).toHaveLength(200);
    expect(complete).toBe(true);
  });

  it("are not all there when GitHub lists no more, and the trees cannot be compared", async () => {
    const page = Array.from({ length: 100 }, (_, i) => ({ filename: `f${i}` }));
    for (let n = 1; n <= 30; n++) mockFiles(page, n);
    nock(origin).get(`${repoPath}/compare/${base}...${head}`).query(true).reply(404, {});
    const { files, complete } = await snapshot().changedFiles();
    expect(files).toHaveLength(3_000);
    expect(complete).toBe(false);
  });

  it("keep what matters of each kind of change", async () => {
    mockFiles([
      { filename: "new.sql", previous_filename: "old.sql", status: "renamed" },
      { filename: "copy.sql", previous_filename: "old.sql", status: "copied" },
      { filename: "gone.sql", status: "removed" },
      { filename: "mode.sql", status: "changed" },
      { filename: "same.sql", status: "unchanged" },
      { filename: "image.png", patch: "" },
    ]);
    const { files } = await snapshot().changedFiles();
    expect(
      files.map(({ path, previousPath, status, digest, patch }) => [
        path,
        previousPath,
        status,
        digest !== null,
        patch !== null,
      ]),
    ).toEqual([
      ["new.sql", "old.sql", "renamed", true, true],
      ["copy.sql", null, "added", true, true],
      ["gone.sql", null, "removed", false, true],
      ["mode.sql", null, "modified", true, true],
      ["image.png", null, "added", true, false],
    ]);
  });

  it("of another head end the review when the pull request moved on", async () => {
    const newer = "d".repeat(40);
    mockFiles([{ filename: "a.sql" }], 1, newer);
    nock(origin)
      .get(`${repoPath}/pulls/7`)
      .reply(200, { head: { sha: newer } });
    await expect(snapshot().changedFiles()).rejects.toMatchObject({ name: "HeadMoved", head: newer });
  });

  it("of another head are asked for again when only the listing lags behind", async () => {
    mockFiles([{ filename: "old.sql" }], 1, "d".repeat(40));
    nock(origin)
      .get(`${repoPath}/pulls/7`)
      .reply(200, { head: { sha: head } });
    mockFiles([{ filename: "new.sql" }]);
    expect((await snapshot().changedFiles()).files).toMatchObject([{ path: "new.sql" }]);
  });
});

describe("the base's files", () => {
  it("are one listing, asked for once, also by the next review of the same base", async () => {
    mockFiles([]);
    mockTree(base, [
      { path: "a.sql", sha: "1".repeat(40), size: 3 },
      { path: "db", sha: "2".repeat(40), type: "tree" },
    ]);
    const cache = createSnapshotCache();
    const client = home();
    const expected = { files: [{ path: "a.sql", digest: "1".repeat(40), size: 3 }], complete: true };
    expect(await snapshot(cache, client).baseFiles()).toEqual(expected);
    expect(await snapshot(cache, client).baseFiles()).toEqual(expected);
  });

  it("of a huge repository are listed folder by folder", async () => {
    const tree = (path: string, digit: string) => ({
      path,
      sha: digit.repeat(40),
      type: "tree",
      mode: "040000",
    });
    mockFiles([{ filename: "big/db/9.sql" }]);
    mockTree(base, [], { truncated: true });
    mockTree(base, [tree("big", "1"), tree("small", "2"), { path: "README", sha: "3".repeat(40), size: 1 }], {
      deep: false,
    });
    mockTree("1".repeat(40), [], { truncated: true });
    mockTree("1".repeat(40), [tree("db", "4")], { deep: false });
    mockTree("4".repeat(40), [{ path: "1.sql", sha: "5".repeat(40) }]);
    mockTree("2".repeat(40), [{ path: "x/y.sql", sha: "6".repeat(40) }]);
    const { files, complete } = await snapshot().baseFiles();
    expect(files.map(({ path }) => path)).toEqual(["README", "big/db/1.sql", "small/x/y.sql"]);
    expect(complete).toBe(true);
  });
});

describe("blobs", () => {
  const texts = ["create table a ();\n", "\ufeffselect 'ü';\r\n"].map(bytesOf);

  it("come with one request, changed SQL files along with the first, and are kept", async () => {
    const config = bytesOf("rules: {}\n");
    const sql = bytesOf("select 1;\n");
    mockFiles([
      { filename: "db/1.sql", sha: blobId(sql) },
      { filename: "app.go", sha: "9".repeat(40) },
    ]);
    mockTree(base, [{ path: ".github/drydock.yml", sha: blobId(config), size: config.length }]);
    const asked: GraphqlBody[] = [];
    mockBlobs([config, sql], (body) => asked.push(body));
    const source = snapshot();
    expect((await source.read([blobId(config)])).get(blobId(config))).toEqual({ bytes: config });
    expect((await source.read([blobId(sql)])).get(blobId(sql))).toEqual({ bytes: sql });
    expect(asked).toHaveLength(1);
    expect(asked[0]?.variables).toMatchObject({ owner: "acme", o0: blobId(config), o1: blobId(sql) });
    expect(asked[0]?.variables).not.toHaveProperty("o2");
  });

  it("are asked for a hundred at a time", async () => {
    const many = Array.from({ length: 150 }, (_, i) => bytesOf(`select ${i};`));
    mockFiles([]);
    mockTree(base, []);
    mockBlobs(many);
    mockBlobs(many);
    const found = await snapshot().read(many.map(blobId));
    expect(
      many.every((bytes) => Buffer.compare(Buffer.from(bytes), bytesIn(found.get(blobId(bytes)))) === 0),
    ).toBe(true);
  });

  it("are exact to the byte: byte order marks, line ends, and what is no UTF-8", async () => {
    const latin1 = Uint8Array.from([0x73, 0xe4, 0x0a]);
    const utf16 = new Uint8Array(Buffer.from("\ufeffselect 1", "utf16le"));
    const all = [...texts, latin1, utf16];
    mockFiles([]);
    mockTree(base, []);
    mockBlobs(all);
    mockBlob(latin1);
    mockBlob(utf16);
    const found = await snapshot().read(all.map(blobId));
    for (const bytes of all) expect(found.get(blobId(bytes))).toEqual({ bytes });
  });

  it("of more than GraphQL gives come one by one, up to 8 MB", async () => {
    const long = bytesOf("x".repeat(1_500_000));
    const huge = "7".repeat(40);
    mockFiles([]);
    mockTree(base, [
      { path: "long.sql", sha: blobId(long), size: long.length },
      { path: "huge.sql", sha: huge, size: 9_000_000 },
    ]);
    mockBlob(long);
    const found = await snapshot().read([blobId(long), huge]);
    expect(bytesIn(found.get(blobId(long)))).toHaveLength(1_500_000);
    expect(found.get(huge)).toEqual({
      missing: "it has 8.6 MB, and files of more than 8 MB are not fetched",
    });
  });

  it("come one by one when GraphQL fails", async () => {
    const [first = bytesOf("")] = texts;
    mockFiles([]);
    mockTree(base, []);
    mockGraphql(/isBinary/, { errors: [{ message: "nope", type: "INTERNAL" }] });
    mockBlob(first);
    expect(await snapshot().read([blobId(first)])).toEqual(new Map([[blobId(first), { bytes: first }]]));
  });

  it("that cannot be had say why", async () => {
    const link = "1".repeat(40);
    const gone = "2".repeat(40);
    const module = "3".repeat(40);
    const patch = `@@ -0,0 +1 @@\n+Subproject commit ${module}`;
    mockFiles([changedFile({ filename: "db/1_x.up.sql", sha: module, patch })]);
    mockTree(base, [{ path: "link.sql", sha: link, mode: "120000", size: 9 }]);
    mockBlobs([]);
    nock(origin).get(`${repoPath}/git/blobs/${gone}`).reply(404, { message: "Not Found" });
    const found = await snapshot().read([link, module, gone, ""]);
    expect([...found]).toEqual([
      [link, { missing: "it is a symbolic link" }],
      [module, { missing: "it is a submodule" }],
      ["", { missing: "GitHub gave no id for it" }],
      [gone, { missing: "GitHub does not have it" }],
    ]);
  });
});

describe("names in the base side's code", () => {
  const file = (path: string, text: string) => ({ path, digest: blobId(bytesOf(text)), size: text.length });

  it("are looked for in what one request brings", async () => {
    const among = [file("src/a.ts", "orders.userId"), file("src/b.ts", "nothing")];
    mockFiles([]);
    mockTree(base, []);
    mockBlobs(["orders.userId", "nothing"].map(bytesOf));
    const found = await snapshot().search(["user_id", "orders", "note"], among);
    const expected: Record<string, string[]> = { user_id: ["src/a.ts"], orders: ["src/a.ts"], note: [] };
    expect(found).toEqual({ files: new Map(Object.entries(expected)), count: 2 });
  });

  it("are not known where more would have to be read, and nothing is asked then", async () => {
    const among = Array.from({ length: 101 }, (_, i) => file(`src/${i}.ts`, String(i)));
    expect(await snapshot().search(["user_id"], among)).toEqual({
      unknown: "the base branch has 101 files beside its migrations, more than are read over the API",
    });
    expect(nock.pendingMocks()).toHaveLength(1);
    nock.cleanAll();
  });

  it("are not known where a file could not be read", async () => {
    mockFiles([]);
    mockTree(base, []);
    const gone = file("src/a.ts", "x");
    mockBlobs([]);
    nock(origin).get(`${repoPath}/git/blobs/${gone.digest}`).reply(404, { message: "Not Found" });
    expect(await snapshot().search(["x"], [gone])).toEqual({
      unknown: "not every file of the base branch could be read",
    });
  });
});

describe("where a migration comes from", () => {
  const node = (oid: string, ...pulls: number[]) => ({
    oid,
    associatedPullRequests: { nodes: pulls.map((number) => ({ number })) },
  });
  const answer = (histories: object) => ({
    data: { repository: { id: "R_1" }, origins: { object: { __typename: "Commit", ...histories } } },
  });

  it("is its oldest commit, and that one's pull request, with one request for all", async () => {
    const asked: GraphqlBody[] = [];
    const histories = {
      h0: { totalCount: 2, nodes: [node("e".repeat(40), 14), node("d".repeat(40), 12)] },
      h1: { totalCount: 1, nodes: [node("f".repeat(40))] },
      h2: { totalCount: 21, nodes: [node("1".repeat(40), 1)] },
    };
    mockGraphql(/history\(/, answer(histories), (body) => asked.push(body));
    expect(await snapshot().origins(["db/1.sql", "db/2.sql", "db/3.sql"], [])).toEqual(
      new Map([
        ["db/1.sql", { commit: "d".repeat(40), pull: 12 }],
        ["db/2.sql", { commit: "f".repeat(40), pull: null }],
      ]),
    );
    expect(asked[0]?.query).toContain(base);
    expect(asked[0]?.variables).toMatchObject({ p1: "db/2.sql" });
  });

  it("comes together with the code that is searched next", async () => {
    const code = { path: "src/a.ts", digest: blobId(bytesOf("state")), size: 5 };
    mockFiles([]);
    mockTree(base, []);
    const blob = { text: "state", isBinary: false, isTruncated: false, byteSize: 5 };
    const { data } = answer({ h0: { totalCount: 1, nodes: [node("d".repeat(40), 12)] } });
    mockGraphql(/history\(/, { data: { ...data, repository: { b0: blob } } });
    const source = snapshot();
    expect((await source.origins(["db/1.sql"], [code])).get("db/1.sql")?.pull).toBe(12);
    expect(await source.search(["state"], [code])).toEqual({
      files: new Map([["state", ["src/a.ts"]]]),
      count: 1,
    });
  });

  it("is left out where GitHub does not tell", async () => {
    mockGraphql(/history\(/, { data: null, errors: [{ type: "INTERNAL", message: "nope" }] });
    expect(await snapshot().origins(["db/1.sql"], [])).toEqual(new Map());
  });
});

function bytesIn(blob: object | undefined): Buffer {
  return Buffer.from(blob && "bytes" in blob ? (blob.bytes as Uint8Array) : []);
}
