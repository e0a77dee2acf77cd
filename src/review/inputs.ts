/** A file as the pull request changes it, against the merge base. */
export interface ChangedFileLike {
  readonly path: string;
  readonly previousPath: string | null;
  readonly status: "added" | "modified" | "removed" | "renamed";
  /** Git blob id on the head side; null when the file is removed. */
  readonly digest: string | null;
  /** Hunks in unified form; null when there are none. */
  readonly patch: string | null;
}

export interface TreeFileLike {
  readonly path: string;
  /** Git blob id. */
  readonly digest: string;
  readonly size: number | null;
}

/** Bytes by Git blob id, or why they could not be had. */
export type Texts = ReadonlyMap<string, Uint8Array | { readonly missing: string }>;

export type Side = "base" | "head";

/** Both sides of a change: the blob id of every file by its path. */
export interface Sides {
  readonly base: ReadonlyMap<string, TreeFileLike>;
  readonly head: ReadonlyMap<string, TreeFileLike>;
}

/** Stands for the content of a file that the change names and the base's listing lacks. */
export const unknownDigest = "";

/** What the repository holds before and after the change. */
export function sidesOf(changed: readonly ChangedFileLike[], baseFiles: readonly TreeFileLike[]): Sides {
  const base = new Map(baseFiles.map((file) => [file.path, file]));
  for (const { path, previousPath, status } of changed) {
    const before = status === "renamed" ? previousPath : path;
    if (status === "added" || before === null || base.has(before)) continue;
    base.set(before, { path: before, digest: unknownDigest, size: null });
  }
  const head = new Map(base);
  for (const { path, previousPath, status } of changed) {
    if (status === "removed") head.delete(path);
    if (status === "renamed" && previousPath !== null) head.delete(previousPath);
  }
  for (const { path, digest } of changed) {
    if (digest !== null) head.set(path, { path, digest, size: null });
  }
  return { base, head };
}
