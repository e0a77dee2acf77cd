import { setTimeout as sleep } from "node:timers/promises";
import { LRUCache } from "lru-cache";
import { unknownDigest } from "../review/inputs.ts";
import { concernsDatabase } from "../review/read.ts";
import { askAlong, type BlobCache, createBlobCache, readBlobs } from "./blobs.ts";
import type { Home } from "./check-run.ts";
import { fieldsOf } from "./failures.ts";
import type { Log } from "./log.ts";
import { patternOf } from "./names-in-code.ts";
import { readOrigins } from "./origins.ts";
import type { Blob, ChangedFile, Source } from "./source.ts";
import { readTree, type Tree } from "./tree.ts";
import { treeDifference } from "./tree-difference.ts";

/** Two commits of a repository, of which the one is to be merged into the other. */
export interface Commits {
  readonly installation: number;
  readonly owner: string;
  readonly repo: string;
  /** Commit ids. */
  readonly head: string;
  readonly base: string;
}

/** A pull request at one head. */
export interface PullRequest extends Commits {
  readonly number: number;
}

/** A page of a pull request's changed files, and the head that GitHub listed them for. */
export interface FilePage {
  readonly files: readonly ChangedFile[];
  /** Whether there is no further page. */
  readonly isLast: boolean;
  /** null when the listing does not tell. */
  readonly head: string | null;
}

/** What reviews of the same repository share. Losing it costs requests, nothing else. */
export interface SnapshotCache {
  readonly blobs: BlobCache;
  /** First pages of changed files, by pull request and head: the webhook already looked at them. */
  readonly pages: LRUCache<string, FilePage>;
  /** Listings of base commits, which never change, by repository and commit. */
  readonly trees: LRUCache<string, Tree>;
  /** What organisations say for all their repositories, by installation and owner; for a few minutes. */
  readonly shared: LRUCache<string, { readonly blob: Blob | null }>;
}

export interface SnapshotOptions {
  readonly home: Home;
  readonly cache: SnapshotCache;
  readonly log: Log;
  readonly signal?: AbortSignal;
}

/** The pull request's head is no longer the commit that is under review. */
export class HeadMoved extends Error {
  override readonly name = "HeadMoved";
  /** Commit id. */
  readonly head: string;

  constructor(head: string) {
    super("the head moved");
    this.head = head;
  }
}

const pageSize = 100;
/** What GitHub shows can be a moment older than the event it sent. */
const listingLag = 2_000;
/** GitHub lists no more than 3,000 files of a pull request; the last page is full then. (GitHub documentation, "List pull requests files".) */
const mostPages = 30;
const sharedTime = 600_000;
/** Files of the base side that are read to look for a name: no more than one request brings. */
const mostSearched = 100;
const mostSearchedBytes = 2 * 1024 * 1024;
const usualSize = 16 * 1024;
/** Changed files that are fetched together with the first file that is asked for. */
const mostAhead = 60;

export function createSnapshotCache(): SnapshotCache {
  const trees = new LRUCache<string, Tree>({
    maxSize: 300_000,
    sizeCalculation: ({ files }) => files.length + 1,
  });
  const shared = new LRUCache<string, { readonly blob: Blob | null }>({ max: 1_000, ttl: sharedTime });
  return { blobs: createBlobCache(), pages: new LRUCache({ max: 50 }), trees, shared };
}

/** The first page of changed files; kept for the review that may follow. */
export async function firstPage(
  pull: PullRequest,
  { home, cache, signal }: SnapshotOptions,
): Promise<FilePage> {
  const key = `${pull.installation}/${pull.owner}/${pull.repo}#${pull.number}@${pull.head}`;
  const known = cache.pages.get(key);
  if (known) return known;
  const page = await readPage(pull, home, 1, signal);
  if (page.head === null || page.head === pull.head) cache.pages.set(key, page);
  return page;
}

/**
 * A pull request as a review's source: files and blobs over the API, and only those that are asked for. A fork's commits are
 * read from the repository that the pull request goes to, which has them too.
 */
export function openSnapshot(pull: PullRequest, options: SnapshotOptions): Source {
  return sourceBetween(pull, () => readChanged(pull, options), options);
}

/** What two commits differ in, as a review's source. */
export function sourceBetween(
  pull: Commits,
  listChanged: Source["changedFiles"],
  options: SnapshotOptions,
): Source {
  const { home, cache, log, signal } = options;
  const scope = `${pull.installation}/${pull.owner}/${pull.repo}`;
  const changed = remembered(listChanged);
  const tree = remembered(async (): Promise<Tree> => {
    const known = cache.trees.get(`${scope}@${pull.base}`);
    if (known) return known;
    const { files } = await changed();
    const wanted = files.flatMap(({ path, previousPath }) => (previousPath ? [path, previousPath] : [path]));
    const found = await readTree(home, pull.base, [".github/drydock.yml", ...wanted], signal);
    if (found.complete) cache.trees.set(`${scope}@${pull.base}`, found);
    return found;
  });
  let isFirstRead = true;

  return {
    repository: scope,
    base: pull.base,
    head: pull.head,
    changedFiles: changed,
    async baseFiles() {
      const { files, complete } = await tree();
      return { files, complete };
    },
    async sharedConfig(ahead) {
      const key = `${pull.installation}/${pull.owner}`;
      const known = cache.shared.get(key);
      if (known || pull.repo === sharedRepository) return known?.blob ?? null;
      isFirstRead = false;
      let blob: Blob | null = null;
      const seen = (data: unknown) => {
        blob = textIn(data, "shared");
      };
      const { files, links } = await tree();
      const sizes = new Map(files.map(({ digest, size }) => [digest, size]));
      const digests = new Set([...ahead, ...(await likely(changed))]);
      const wanted = [...digests].flatMap((digest) =>
        links.has(digest) || !isId(digest) ? [] : [{ digest, size: sizes.get(digest) ?? null }],
      );
      const how = { home, cache: cache.blobs, scope, log, signal };
      await askAlong({ fields: sharedFields, seen }, wanted, how);
      cache.shared.set(key, { blob });
      return blob;
    },
    async search(words, among) {
      const bytes = among.reduce((sum, { size }) => sum + (size ?? usualSize), 0);
      if (among.length > mostSearched || bytes > mostSearchedBytes)
        return {
          unknown: `the base branch has ${among.length} files beside its migrations, more than are read over the API`,
        };
      const { links } = await tree();
      const wanted = among.filter(({ digest }) => !links.has(digest) && isId(digest));
      const blobs = await readBlobs(wanted, { home, cache: cache.blobs, scope, log, signal });
      const texts = wanted.flatMap(({ path, digest }) => {
        const blob = blobs.get(digest);
        return blob && "bytes" in blob ? [{ path, text: new TextDecoder().decode(blob.bytes) }] : [];
      });
      if (texts.length < wanted.length) return { unknown: "not every file of the base branch could be read" };
      const files = words.map((word): [string, readonly string[]] => {
        const pattern = new RegExp(patternOf(word), "i");
        return [word, texts.filter(({ text }) => pattern.test(text)).map(({ path }) => path)];
      });
      return { files: new Map(files), count: texts.length };
    },
    origins: (paths) => readOrigins(home, pull.base, paths, { log, signal }),
    async read(digests) {
      const { files, links } = await tree();
      const answers = new Map<string, Blob>();
      for (const digest of digests) {
        if (links.has(digest)) answers.set(digest, { missing: "it is a symbolic link" });
        else if (!isId(digest)) answers.set(digest, { missing: "GitHub gave no id for it" });
      }
      const asked = digests.filter((digest) => !answers.has(digest));
      if (asked.length === 0) return answers;
      const ahead = isFirstRead ? await likely(changed) : [];
      isFirstRead = false;
      const sizes = new Map(files.map(({ digest, size }) => [digest, size]));
      const wanted = [...new Set([...asked, ...ahead])].map((digest) => ({
        digest,
        size: sizes.get(digest) ?? null,
      }));
      const blobs = await readBlobs(wanted, { home, cache: cache.blobs, scope, log, signal });
      for (const digest of asked)
        answers.set(digest, blobs.get(digest) ?? { missing: "GitHub does not have it" });
      return answers;
    },
  };
}

function isId(digest: string): boolean {
  return /^[0-9a-f]{40,64}$/.test(digest);
}

/** Where an organisation keeps what holds for all its repositories. */
const sharedRepository = ".github";
const sharedFields = `shared: repository(owner: $owner, name: "${sharedRepository}") { object(expression: "HEAD:.github/drydock.yml") { ...blob } }`;

/** The configuration of a commit and that of the organisation, with one request. */
export async function readConfigTexts(
  { installation, owner, repo, base }: Omit<Commits, "head">,
  { home, cache, log, signal }: SnapshotOptions,
): Promise<{ readonly own: Blob | null; readonly shared: Blob | null }> {
  let texts: { own: Blob | null; shared: Blob | null } = { own: null, shared: null };
  const seen = (data: unknown) => {
    texts = { own: textIn(data, "own"), shared: textIn(data, "shared") };
  };
  const ownFields = `own: repository(owner: $owner, name: $repo) { object(expression: "${base}:.github/drydock.yml") { ...blob } }`;
  const fields = repo === sharedRepository ? ownFields : `${ownFields}\n  ${sharedFields}`;
  const scope = `${installation}/${owner}/${repo}`;
  const how = { home, cache: cache.blobs, scope, log, ...(signal && { signal }) };
  await askAlong({ fields, seen }, [], how);
  return texts;
}

/** A repository that is not there, or not to be seen, has nothing to say. */
function textIn(data: unknown, name: "own" | "shared"): Blob | null {
  const answer = (data ?? {}) as {
    [key in typeof name]?: { object?: { text?: string | null; isTruncated?: boolean } | null } | null;
  };
  const { text, isTruncated } = answer[name]?.object ?? {};
  if (typeof text !== "string") return null;
  return isTruncated ? { missing: "it is too large" } : { bytes: new TextEncoder().encode(text) };
}

/** Changed files that concern a database are read in nearly every review: they come along with the first request. */
async function likely(changed: Source["changedFiles"]): Promise<readonly string[]> {
  const { files } = await changed();
  const read = files.filter((file) => concernsDatabase([file]));
  return read.flatMap(({ digest }) => (digest ? [digest] : [])).slice(0, mostAhead);
}

/** Rejects with HeadMoved unless the pull request still has the head that it is reviewed at. */
export async function confirmHead(
  { owner, repo, number, head }: PullRequest,
  { client }: Home,
): Promise<void> {
  const { data } = await client.rest.pulls.get({ owner, repo, pull_number: number });
  if (data.head.sha !== head) throw new HeadMoved(data.head.sha);
}

async function readChanged(pull: PullRequest, options: SnapshotOptions) {
  const { home, log, signal } = options;
  let page = await firstPage(pull, options);
  if (page.head !== null && page.head !== pull.head) {
    await confirmHead(pull, home);
    log.info({}, "the listing of files lags behind");
    await sleep(listingLag, undefined, signal ? { signal } : {});
    page = await readPage(pull, home, 1, signal);
  }
  const files = [...page.files];
  let count = 1;
  for (; !page.isLast && count < mostPages; count++) {
    page = await readPage(pull, home, count + 1, signal);
    files.push(...page.files);
  }
  if (page.isLast) return { files, complete: true };
  const { files: more, complete } = await unlisted(pull, files, options);
  log.info({ listed: files.length, more: more.length, complete }, "more files than GitHub lists");
  return { files: [...files, ...more], complete };
}

/** The changed files that GitHub does not list: those of both trees that differ since the two sides parted. */
async function unlisted(
  { owner, repo, base, head }: PullRequest,
  listed: readonly ChangedFile[],
  { home, log, signal }: SnapshotOptions,
) {
  const basehead = `${base}...${head}`;
  const request = signal ? { request: { signal } } : {};
  try {
    const named = { owner, repo, basehead, per_page: 1, ...request };
    const { data } = await home.client.rest.repos.compareCommitsWithBasehead(named);
    const commits = { before: data.merge_base_commit.sha, after: head };
    const { files, complete } = await treeDifference(home, commits, signal);
    const known = new Set(listed.flatMap(({ path, previousPath }) => [path, previousPath ?? path]));
    return { files: files.filter(({ path }) => !known.has(path)), complete };
  } catch (error) {
    signal?.throwIfAborted();
    log.warn(fieldsOf(error), "trees could not be compared");
    return { files: [], complete: false };
  }
}

async function readPage(
  { owner, repo, number }: PullRequest,
  { client }: Home,
  page: number,
  signal: AbortSignal | undefined,
): Promise<FilePage> {
  const request = signal ? { request: { signal } } : {};
  const named = { owner, repo, pull_number: number, per_page: pageSize, page };
  const { data } = await client.rest.pulls.listFiles({ ...named, ...request });
  const files = data.flatMap(changedFileOf);
  const present = data.find(({ status }) => status !== "removed");
  return { files, isLast: data.length < pageSize, head: headIn(present?.contents_url) };
}

/** A changed file as GitHub lists it; nothing when it does not change. */
export function changedFileOf(file: ListedFile): ChangedFile[] {
  const { filename, previous_filename: previous, status, sha, patch } = file;
  if (status === "unchanged") return [];
  return [
    {
      path: filename,
      previousPath: status === "renamed" ? (previous ?? null) : null,
      status: statusOf(status),
      digest: status === "removed" ? null : (sha ?? unknownDigest),
      patch: patch ?? null,
    },
  ];
}

interface ListedFile {
  readonly filename: string;
  readonly previous_filename?: string | undefined;
  readonly status: string;
  readonly sha: string | null;
  readonly patch?: string | undefined;
}

function statusOf(status: string): ChangedFile["status"] {
  if (status === "added" || status === "copied") return "added";
  if (status === "removed" || status === "renamed") return status;
  return "modified";
}

/** The commit that a listing speaks of stands in its addresses; that of a removed file may be another. */
function headIn(url: string | undefined): string | null {
  const ref = url && URL.canParse(url) ? new URL(url).searchParams.get("ref") : null;
  return ref && /^[0-9a-f]{40,64}$/.test(ref) ? ref : null;
}

/** Asks once, and again only after a failure. */
function remembered<T>(ask: () => Promise<T>): () => Promise<T> {
  let answer: Promise<T> | null = null;
  return () => {
    answer ??= ask().catch((error: unknown) => {
      answer = null;
      throw error;
    });
    return answer;
  };
}
