import type { Origin } from "../review/contracts.ts";

/** A file as the pull request changes it, against the merge base. */
export interface ChangedFile {
  readonly path: string;
  /** Where it was before a rename. */
  readonly previousPath: string | null;
  readonly status: "added" | "modified" | "removed" | "renamed";
  /** Git blob id on the head side; null when the file is removed. */
  readonly digest: string | null;
  /** Hunks in unified form, from the first `@@`; null when there are none (binary, or too large to be shown). */
  readonly patch: string | null;
}

export interface TreeFile {
  readonly path: string;
  /** Git blob id. */
  readonly digest: string;
  /** Bytes; null when the listing does not say. */
  readonly size: number | null;
}

/** A file's bytes, or why they could not be had. */
export type Blob = { readonly bytes: Uint8Array } | { readonly missing: string };

/** Which files hold which words, and in how many was looked; or why that is not known. */
export type Searched =
  | { readonly files: ReadonlyMap<string, readonly string[]>; readonly count: number }
  | { readonly unknown: string };

/** Where a review gets its files from: GitHub's API or a local checkout. */
export interface Source {
  /** Owner and name, or the checkout's path: results are cached within it, never across. */
  readonly repository: string;
  /** Commit ids. */
  readonly base: string;
  readonly head: string;
  /** Every file that changes; `complete` is false when the source cannot list them all. */
  changedFiles(): Promise<{ readonly files: readonly ChangedFile[]; readonly complete: boolean }>;
  /**
   * The organisation's own configuration, which counts where the repository says nothing; null when there is none. The blobs
   * `ahead` will most likely be read next, the first of them above all, and may come with the same request.
   */
  sharedConfig(ahead: readonly string[]): Promise<Blob | null>;
  /** Every file of the base side. */
  baseFiles(): Promise<{ readonly files: readonly TreeFile[]; readonly complete: boolean }>;
  /** Which of these files of the base side hold these names, however code writes them: `user_id`, `userId`, `USER_ID`. */
  search(words: readonly string[], among: readonly TreeFile[]): Promise<Searched>;
  /**
   * The commits that brought files of the base side; those of which it is not known are left out. Rejects never. The files
   * `ahead` are searched next, and may come with the same request.
   */
  origins(paths: readonly string[], ahead: readonly TreeFile[]): Promise<ReadonlyMap<string, Origin>>;
  /** Blobs by id, in as few requests as possible. Every id asked for is answered. */
  read(digests: readonly string[]): Promise<ReadonlyMap<string, Blob>>;
}
