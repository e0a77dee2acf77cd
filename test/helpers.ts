import { createHash } from "node:crypto";
import { type Config, defaultConfig } from "../src/review/config.ts";
import { type ChangedFileLike, readChangeSet, type TreeFileLike, wantedFiles } from "../src/review/read.ts";
import type { ChangeSet } from "../src/review/types.ts";

/** Files of one side of a change, by path. */
export type Files = Readonly<Record<string, string | Uint8Array>>;

export interface Change {
  readonly changed: readonly ChangedFileLike[];
  readonly base: readonly TreeFileLike[];
  /** The content of every blob of both sides. */
  readonly blobs: ReadonlyMap<string, Uint8Array>;
}

/** Git's id of a blob with this content. */
export function blobId(bytes: Uint8Array): string {
  return createHash("sha1").update(`blob ${bytes.length}\0`).update(bytes).digest("hex");
}

/** What Git would report between two trees: digests, patches, and a rename where the content stays the same. */
export function changeOf(base: Files, head: Files): Change {
  const before = blobsOf(base);
  const after = blobsOf(head);
  const gone = [...before].filter(([path]) => !after.has(path));
  const changed = [...after].flatMap(([path, blob]): ChangedFileLike[] => {
    const old = before.get(path);
    if (old?.digest === blob.digest) return [];
    const patch = patchOf(textOf(old?.bytes), textOf(blob.bytes));
    if (old) return [{ path, previousPath: null, status: "modified", digest: blob.digest, patch }];
    const from = gone.findIndex(([, candidate]) => candidate.digest === blob.digest);
    const source = from === -1 ? undefined : gone.splice(from, 1)[0];
    if (source)
      return [{ path, previousPath: source[0], status: "renamed", digest: blob.digest, patch: null }];
    return [{ path, previousPath: null, status: "added", digest: blob.digest, patch }];
  });
  const removed = gone.map(
    ([path, { bytes }]): ChangedFileLike => ({
      path,
      previousPath: null,
      status: "removed",
      digest: null,
      patch: patchOf(textOf(bytes), ""),
    }),
  );
  return {
    changed: [...changed, ...removed],
    base: [...before].map(([path, { digest, bytes }]) => ({ path, digest, size: bytes.length })),
    blobs: new Map([...before.values(), ...after.values()].map(({ digest, bytes }) => [digest, bytes])),
  };
}

/** Reads the change between two trees as the pipeline does: only what is wanted is handed over. */
export function read(base: Files, head: Files, config: Partial<Config> = {}): ChangeSet {
  return readChange(changeOf(base, head), config);
}

export function readChange({ changed, base, blobs }: Change, config: Partial<Config> = {}): ChangeSet {
  const input = { changed, base, config: { ...defaultConfig, ...config } };
  const texts = new Map<string, Uint8Array | { missing: string }>();
  for (
    let wanted = wantedFiles({ ...input, texts });
    wanted.length > 0;
    wanted = wantedFiles({ ...input, texts })
  )
    for (const { digest } of wanted)
      texts.set(digest, blobs.get(digest) ?? { missing: "it is not in the test" });
  return readChangeSet({ ...input, texts });
}

/** One hunk from the first to the last line that differs, with three lines of context; empty when nothing does. */
export function patchOf(before: string, after: string): string {
  if (before === after) return "";
  const [old, now] = [linesOf(before), linesOf(after)];
  let start = 0;
  while (start < Math.min(old.length, now.length) && old[start] === now[start]) start += 1;
  let tail = 0;
  while (tail < Math.min(old.length, now.length) - start && old.at(-1 - tail) === now.at(-1 - tail))
    tail += 1;
  const from = Math.max(0, start - 3);
  const after3 = Math.max(0, tail - 3);
  const body = [
    ...now.slice(from, start).map((line) => ` ${line}`),
    ...old.slice(start, old.length - tail).map((line) => `-${line}`),
    ...now.slice(start, now.length - tail).map((line) => `+${line}`),
    ...now.slice(now.length - tail, now.length - after3).map((line) => ` ${line}`),
  ];
  const range = (lines: readonly string[]) => {
    const count = lines.length - after3 - from;
    return `${count === 0 ? from : from + 1},${count}`;
  };
  return [`@@ -${range(old)} +${range(now)} @@`, ...body].join("\n");
}

function blobsOf(files: Files): Map<string, { digest: string; bytes: Uint8Array }> {
  return new Map(
    Object.entries(files).map(([path, content]) => {
      const bytes = typeof content === "string" ? new TextEncoder().encode(content) : content;
      return [path, { digest: blobId(bytes), bytes }];
    }),
  );
}

function textOf(bytes: Uint8Array | undefined): string {
  return bytes ? new TextDecoder().decode(bytes) : "";
}

function linesOf(text: string): string[] {
  return text === "" ? [] : text.replace(/\n$/, "").split("\n");
}
