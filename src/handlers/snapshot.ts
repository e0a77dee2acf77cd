import { LRUCache } from "lru-cache";
import { concernsDatabase } from "../review/read.ts";
import { askAlong, type BlobCache, createBlobCache, readBlobs } from "./blobs.ts";
import { type FilePage, listChanged } from "./changed-files.ts";
import type { Home } from "./check-run.ts";
import type { Log } from "./log.ts";
import { patternOf } from "./names-in-code.ts";
import { readOrigins } from "./origins.ts";
import type { Blob, ChangedFile, Source, TreeFile } from "./source.ts";
import { readTree, type Tree } from "./tree.ts";

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

/**
 * A pull request as a review's source: files and blobs over the API, and only those that are asked for. A fork's commits are
 * read from the repository that the pull request goes to, which has them too.
 */
export function openSnapshot(pull: PullRequest, options: SnapshotOptions): Source {
  return sourceBetween(pull, () => listChanged(pull, options), options);
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
  const readable = async (files: readonly TreeFile[]) => {
    if (files.length === 0) return [];
    const { links } = await tree();
    return files.filter(({ digest }) => !links.has(digest) && isId(digest));
  };

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
      const digests = new Set([...ahead.slice(0, 1), ...(await likely(changed)), ...ahead]);
      const wanted = [...digests].flatMap((digest) =>
        links.has(digest) || !isId(digest) ? [] : [{ digest, size: sizes.get(digest) ?? null }],
      );
      const how = { home, cache: cache.blobs, scope, log, signal };
      await askAlong({ fields: sharedFields, variables: {}, seen }, wanted, how);
      cache.shared.set(key, { blob });
      return blob;
    },
    async search(words, among) {
      if (!isSearchable(among))
        return {
          unknown: `the base branch has ${among.length} files beside its migrations, more than are read over the API`,
        };
      const wanted = await readable(among);
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
    async origins(paths, ahead) {
      const wanted = isSearchable(ahead) ? await readable(ahead) : [];
      return readOrigins(pull.base, paths, wanted, { home, cache: cache.blobs, scope, log, signal });
    },
    async read(digests) {
      const { files, links } = await tree();
      const modules = modulesAmong((await changed()).files);
      const answers = new Map<string, Blob>();
      for (const digest of digests) {
        if (links.has(digest)) answers.set(digest, { missing: "it is a symbolic link" });
        else if (modules.has(digest)) answers.set(digest, { missing: "it is a submodule" });
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

/** Ids of changed submodules: their patch names them. */
function modulesAmong(files: readonly ChangedFile[]): ReadonlySet<string> {
  const found = files.flatMap(({ digest, patch }) =>
    digest && patch?.includes(`\n+Subproject commit ${digest}`) ? [digest] : [],
  );
  return new Set(found);
}

/** Whether all of these files may be read to look for a name. */
function isSearchable(files: readonly TreeFile[]): boolean {
  const bytes = files.reduce((sum, { size }) => sum + (size ?? usualSize), 0);
  return files.length <= mostSearched && bytes <= mostSearchedBytes;
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
  await askAlong({ fields, variables: {}, seen }, [], how);
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
  const modules = modulesAmong(files);
  const read = files.filter((file) => !modules.has(file.digest ?? "") && concernsDatabase([file]));
  return read.flatMap(({ digest }) => (digest ? [digest] : [])).slice(0, mostAhead);
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
