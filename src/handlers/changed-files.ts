import { setTimeout as sleep } from "node:timers/promises";
import { unknownDigest } from "../review/inputs.ts";
import type { Home } from "./check-run.ts";
import { fieldsOf } from "./failures.ts";
import { confirmHead } from "./head-moved.ts";
import type { PullRequest, SnapshotOptions } from "./snapshot.ts";
import type { ChangedFile } from "./source.ts";
import { treeDifference } from "./tree-difference.ts";

const pageSize = 100;
/** What GitHub shows can be a moment older than the event it sent. */
const listingLag = 2_000;
/** GitHub lists no more than 3,000 files of a pull request; the last page is full then. (GitHub documentation, "List pull requests files".) */
const mostPages = 30;

/** A page of a pull request's changed files, and the head that GitHub listed them for. */
export interface FilePage {
  readonly files: readonly ChangedFile[];
  /** Whether there is no further page. */
  readonly isLast: boolean;
  /** null when the listing does not tell. */
  readonly head: string | null;
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

/** Every changed file of a pull request; `complete` is false where GitHub does not tell all. Rejects with HeadMoved. */
export async function listChanged(pull: PullRequest, options: SnapshotOptions) {
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
