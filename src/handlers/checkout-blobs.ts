import { GitError, git } from "./git.ts";
import type { Blob } from "./source.ts";

const largestBlob = 32 * 1024 * 1024;
/** Less than the largest blob: files that are together no larger need not be asked for their sizes first. */
const mostAtOnce = 16 * 1024 * 1024;
const notHere = "it is not in this clone; run: git fetch";
const notFetched =
  "it is not in this partial clone, and could not be fetched; run: git fetch --refetch --no-filter";

/**
 * Reads blobs of a local repository by their ids. Every id is answered: what is in `unread` with the reason there, what the
 * clone lacks with how to get it.
 */
export async function readBlobs(
  repo: string,
  digests: readonly string[],
  unread: ReadonlyMap<string, string>,
  signal: AbortSignal | undefined,
): Promise<ReadonlyMap<string, Blob>> {
  const blobs = new Map<string, Blob>();
  const wanted = digests.filter((digest) => {
    const reason = unread.get(digest);
    if (reason !== undefined) blobs.set(digest, { missing: reason });
    else if (!/^[0-9a-f]{40,64}$/.test(digest)) blobs.set(digest, { missing: "it has no valid id" });
    return !blobs.has(digest);
  });
  if (wanted.length === 0) return blobs;
  try {
    return new Map([...blobs, ...(await readAll(repo, wanted, signal))]);
  } catch (error) {
    if (!(error instanceof GitError) || error.status === null) throw error;
    const here = await presentOf(repo, wanted, signal);
    if (here.length === wanted.length) throw error;
    for (const digest of wanted) blobs.set(digest, { missing: notFetched });
    return new Map([...blobs, ...(await readAll(repo, here, signal))]);
  }
}

/** A partial clone fetches what it lacks by itself, and refuses everything where it cannot. Asks for nothing from elsewhere. */
async function presentOf(
  repo: string,
  digests: readonly string[],
  signal: AbortSignal | undefined,
): Promise<readonly string[]> {
  const all = await git(repo, ["cat-file", "--batch-all-objects", "--batch-check=%(objectname)"], { signal });
  const here = new Set(all.toString("latin1").split("\n"));
  return digests.filter((digest) => here.has(digest));
}

async function readAll(
  repo: string,
  wanted: readonly string[],
  signal: AbortSignal | undefined,
): Promise<ReadonlyMap<string, Blob>> {
  const blobs = new Map<string, Blob>();
  if (wanted.length === 0) return blobs;
  const few = await batchOf(repo, wanted, mostAtOnce, signal).catch((error: unknown) => {
    if (error instanceof GitError && error.status === null) return null;
    throw error;
  });
  if (few) return readBatch(few, wanted);

  const check = ["cat-file", "--batch-check=%(objectname) %(objecttype) %(objectsize)"];
  const sizes = (await git(repo, check, { input: `${wanted.join("\n")}\n`, signal }))
    .toString("utf8")
    .split("\n");
  const small = wanted.filter((digest, i) => {
    const [, kind, size] = (sizes[i] ?? "").split(" ");
    if (kind !== "blob") blobs.set(digest, { missing: notHere });
    else if (Number(size) > largestBlob)
      blobs.set(digest, { missing: `it has ${size} bytes, more than are read` });
    return !blobs.has(digest);
  });
  if (small.length === 0) return blobs;
  return new Map([...blobs, ...readBatch(await batchOf(repo, small, 2 ** 31, signal), small)]);
}

async function batchOf(
  repo: string,
  digests: readonly string[],
  limit: number,
  signal: AbortSignal | undefined,
): Promise<Buffer> {
  return git(repo, ["cat-file", "--batch"], { input: `${digests.join("\n")}\n`, limit, signal });
}

/** Reads `git cat-file --batch`: `id type size LF contents LF` for each object asked for, `id missing LF` where there is none. */
function readBatch(output: Buffer, digests: readonly string[]): ReadonlyMap<string, Blob> {
  const blobs = new Map<string, Blob>();
  let offset = 0;
  for (const digest of digests) {
    const end = output.indexOf(0x0a, offset);
    const [, kind, size] = output.toString("utf8", offset, end).split(" ");
    offset = end + 1;
    if (kind !== "blob") {
      blobs.set(digest, { missing: notHere });
      // An object of another kind has contents as well.
      if (size !== undefined) offset += Number(size) + 1;
      continue;
    }
    blobs.set(digest, { bytes: output.subarray(offset, offset + Number(size)) });
    offset += Number(size) + 1;
  }
  return blobs;
}
