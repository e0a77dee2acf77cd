import { createHash } from "node:crypto";
import { LRUCache } from "lru-cache";
import type { Home } from "./check-run.ts";
import { failureOf, fieldsOf } from "./failures.ts";
import type { Log } from "./log.ts";
import type { Blob } from "./source.ts";

/** Blobs that were fetched, by installation, repository and blob id. Nothing is found across repositories. */
export type BlobCache = LRUCache<string, Uint8Array>;

export function createBlobCache(bytes = 64 * 1024 * 1024): BlobCache {
  return new LRUCache({ maxSize: bytes, sizeCalculation: (blob) => blob.length + 200 });
}

export interface Wanted {
  /** Git blob id. */
  readonly digest: string;
  /** Bytes; null when the listing does not say. */
  readonly size: number | null;
}

export interface BlobOptions {
  readonly home: Home;
  readonly cache: BlobCache;
  /** Keeps what is cached apart: the installation and the repository. */
  readonly scope: string;
  readonly log: Log;
  readonly signal?: AbortSignal | undefined;
}

/** A question that rides along with another request, so that it costs none. */
export interface Along {
  /** Fields of the query's root; may use $owner, $repo, the fragment `blob`, and the variables. */
  readonly fields: string;
  /** Texts that the fields use as `$<name>`. */
  readonly variables: Readonly<Record<string, string>>;
  /** Takes the whole answer; null when there was none. */
  seen(data: unknown): void;
}

const largest = 8 * 1024 * 1024;
/** GraphQL cuts a longer text off. */
const largestText = 500_000;
const mostAtOnce = 100;
const mostBytesAtOnce = 4 * 1024 * 1024;
/** What a file of unknown size is counted as. */
const usualSize = 16 * 1024;
/** All that one question may bring, and how many files one by one. */
const mostBytes = 64 * 1024 * 1024;
const mostSingles = 500;

/**
 * Reads blobs by their ids. Many come with one GraphQL request; what that cannot give exactly (binary, cut off, or not the
 * bytes of that id) comes by REST, one by one. Every id is answered. Rejects when the server cannot be reached.
 */
export async function readBlobs(
  wanted: readonly Wanted[],
  options: BlobOptions,
): Promise<ReadonlyMap<string, Blob>> {
  const { cache, scope } = options;
  const found = new Map<string, Blob>();
  const left: Wanted[] = [];
  for (const one of wanted) {
    const bytes = cache.get(`${scope}:${one.digest}`);
    if (bytes) found.set(one.digest, { bytes });
    else if (one.size !== null && one.size > largest) found.set(one.digest, tooLarge(one.size));
    else left.push(one);
  }
  const isLong = ({ size }: Wanted) => size !== null && size > largestText;
  const inexact = left.filter(isLong);
  for (const batch of batchesOf(left.filter((one) => !isLong(one)))) {
    options.signal?.throwIfAborted();
    const texts = await readTexts(batch, options);
    for (const one of batch) {
      const blob = texts.get(one.digest);
      if (blob) found.set(one.digest, blob);
      else inexact.push(one);
    }
  }
  for (const [digest, blob] of await readSingly(inexact, options)) found.set(digest, blob);
  for (const [digest, blob] of found) if ("bytes" in blob) cache.set(`${scope}:${digest}`, blob.bytes);
  return found;
}

/**
 * Asks a question, and along with it for blobs that will be read soon: those that come with one request are kept, and what
 * does not come is left to whoever reads it.
 */
export async function askAlong(along: Along, ahead: readonly Wanted[], options: BlobOptions): Promise<void> {
  const { cache, scope } = options;
  const isSmall = ({ size }: Wanted) => (size ?? 0) <= largestText;
  const [batch = []] = batchesOf(ahead.filter((one) => isSmall(one) && !cache.has(`${scope}:${one.digest}`)));
  for (const [digest, blob] of await readTexts(batch, options, along))
    if ("bytes" in blob) cache.set(`${scope}:${digest}`, blob.bytes);
}

/** What GraphQL gives exactly. A failure is no reason to give up: REST has the same. */
async function readTexts(
  batch: readonly Wanted[],
  { home, log, signal }: BlobOptions,
  along?: Along,
): Promise<Map<string, Blob>> {
  const { client, owner, repo } = home;
  const variables = Object.fromEntries(batch.map(({ digest }, i) => [`o${i}`, digest]));
  try {
    const request = signal ? { request: { signal } } : {};
    const answer = await client.graphql<Answer>(queryFor(batch.length, along), {
      owner,
      repo,
      ...variables,
      ...along?.variables,
      ...request,
    });
    along?.seen(answer);
    return new Map(batch.flatMap(({ digest }, i) => exact(digest, answer.repository?.[`b${i}`] ?? null)));
  } catch (error) {
    signal?.throwIfAborted();
    const { data, errors } = error as {
      data?: Answer | null;
      errors?: readonly { path?: readonly unknown[] }[];
    };
    along?.seen(data ?? null);
    const isOwn = errors?.some(({ path }) => path?.[0] === "repository") ?? true;
    if (isOwn)
      log.warn({ ...fieldsOf(error), blobs: batch.length }, "blobs could not be read with one request");
    return new Map(batch.flatMap(({ digest }, i) => exact(digest, data?.repository?.[`b${i}`] ?? null)));
  }
}

/** The bytes of a text, if they are those of that id: a text has lost what is not UTF-8, and may have been cut. */
function exact(digest: string, blob: BlobNode | null): [string, Blob][] {
  if (!blob) return [];
  if (blob.byteSize > largest) return [[digest, tooLarge(blob.byteSize)]];
  if (blob.isBinary !== false || blob.isTruncated || blob.text === null) return [];
  const bytes = new TextEncoder().encode(blob.text);
  return blobIdOf(bytes, digest.length) === digest ? [[digest, { bytes }]] : [];
}

async function readSingly(wanted: readonly Wanted[], options: BlobOptions): Promise<[string, Blob][]> {
  const answers: [string, Blob][] = [];
  let bytes = 0;
  for (let i = 0; i < wanted.length; i += 4) {
    options.signal?.throwIfAborted();
    const isFull = i >= mostSingles || bytes > mostBytes;
    const read = async ({ digest }: Wanted): Promise<[string, Blob]> => [
      digest,
      isFull
        ? { missing: "the change needs more large or binary files than are fetched" }
        : await readOne(digest, options),
    ];
    const some = await Promise.all(wanted.slice(i, i + 4).map(read));
    for (const [, blob] of some) bytes += "bytes" in blob ? blob.bytes.length : 0;
    answers.push(...some);
  }
  return answers;
}

async function readOne(digest: string, { home, signal }: BlobOptions): Promise<Blob> {
  const { client, owner, repo } = home;
  try {
    const request = signal ? { request: { signal } } : {};
    const { data } = await client.rest.git.getBlob({ owner, repo, file_sha: digest, ...request });
    if ((data.size ?? 0) > largest) return tooLarge(data.size ?? 0);
    const encoding = data.encoding === "base64" ? "base64" : "utf8";
    return { bytes: new Uint8Array(Buffer.from(data.content, encoding)) };
  } catch (error) {
    signal?.throwIfAborted();
    const failure = failureOf(error);
    if (failure.kind === "gone") return { missing: "GitHub does not have it" };
    if (failure.kind === "refused" && failure.status === 422)
      return { missing: "it is no file, but a link to another repository" };
    if (failure.kind === "refused" && /too large/i.test(failure.message))
      return { missing: "GitHub does not give files of that size" };
    throw error;
  }
}

/** Git's id of a blob: SHA-1, or SHA-256 where ids have 64 digits. */
function blobIdOf(bytes: Uint8Array, digits: number): string {
  const hash = createHash(digits === 64 ? "sha256" : "sha1");
  return hash.update(`blob ${bytes.length}\0`).update(bytes).digest("hex");
}

function tooLarge(size: number): Blob {
  return {
    missing: `it has ${(size / 1024 / 1024).toFixed(1)} MB, and files of more than 8 MB are not fetched`,
  };
}

function batchesOf(wanted: readonly Wanted[]): Wanted[][] {
  const batches: Wanted[][] = [];
  let bytes = Number.POSITIVE_INFINITY;
  for (const one of wanted) {
    const last = batches.at(-1);
    const size = one.size ?? usualSize;
    if (!last || last.length === mostAtOnce || bytes + size > mostBytesAtOnce) {
      batches.push([one]);
      bytes = size;
    } else {
      last.push(one);
      bytes += size;
    }
  }
  return batches;
}

interface BlobNode {
  readonly text: string | null;
  readonly isBinary: boolean | null;
  readonly isTruncated: boolean;
  readonly byteSize: number;
}

interface Answer {
  readonly repository: Readonly<Record<string, BlobNode | null>> | null;
}

function queryFor(count: number, along: Along | undefined): string {
  const numbers = Array.from({ length: count }, (_, i) => i);
  const texts = Object.keys(along?.variables ?? {}).map((name) => `, $${name}: String!`);
  const variables = [...numbers.map((i) => `, $o${i}: GitObjectID!`), ...texts].join("");
  const objects = numbers.map((i) => `b${i}: object(oid: $o${i}) { ...blob }`).join("\n    ");
  const query = `
query ($owner: String!, $repo: String!${variables}) {
  repository(owner: $owner, name: $repo) {
    ${objects || "id"}
  }
  ${along?.fields ?? ""}
}
`;
  const fragment = "fragment blob on Blob { text isBinary isTruncated byteSize }\n";
  return query.includes("...blob") ? query + fragment : query;
}
