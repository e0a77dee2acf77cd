import type { Origin } from "../review/contracts.ts";
import { readBlobs } from "./checkout-blobs.ts";
import { changesBetween, unlessRefused } from "./checkout-diff.ts";
import { rangeOf } from "./checkout-range.ts";
import { GitError, git } from "./git.ts";
import { patternOf, pullIn } from "./names-in-code.ts";
import type { ChangedFile, Source, TreeFile } from "./source.ts";

export interface CheckoutOptions {
  /** A folder in the checkout. */
  readonly repo: string;
  /** What the branch is to be merged into; null: the first of `origin/main`, `main` and their older names that is there. */
  readonly base: string | null;
  readonly head: string;
  readonly signal?: AbortSignal;
}

/** A review's source in a local repository. */
export interface Checkout extends Source {
  /** The base as it was named or found, e.g. "origin/main". */
  readonly baseName: string;
  readonly headName: string;
  /** What a person should know about what is reviewed and what is not. */
  readonly notes: readonly string[];
}

const aLink = "it is a symbolic link";

/**
 * Opens a local repository as a review's source: what HEAD, or another commit, changes since it left the base. Works in
 * worktrees, bare repositories and on detached heads. Rejects with a CheckoutError that says what is wrong and what to do.
 */
export async function openCheckout(options: CheckoutOptions): Promise<Checkout> {
  const { repo, head: headName, signal } = options;
  const { repository, base, baseName, head, mergeBase, uncommitted } = await rangeOf(options);
  /** Why what has these ids is not read. */
  const unread = new Map<string, string>();
  const listing = once(async () => {
    const how = ["ls-tree", "-r", "-z", "--full-tree", base];
    // The sizes are those of blobs, which a partial clone may lack.
    const output = await git(repo, [...how, "-l"], { signal }).catch(
      unlessRefused(() => git(repo, how, { signal })),
    );
    return readTree(output.toString("utf8"));
  });

  return {
    repository,
    base,
    head,
    baseName,
    headName,
    notes: [
      ...(head === mergeBase ? [`${headName} holds nothing that ${baseName} does not already have`] : []),
      ...uncommitted,
    ],
    async changedFiles() {
      void listing().catch(() => {});
      const entries = await changesBetween(repo, [mergeBase, head], signal);
      for (const { isLink, isModule, digest } of entries)
        if (digest && (isLink || isModule)) unread.set(digest, isLink ? aLink : "it is a submodule");
      const files = entries.flatMap(
        ({ isModule, path, previousPath, status, digest, patch }): ChangedFile[] =>
          isModule && digest === null ? [] : [{ path, previousPath, status, digest, patch }],
      );
      return { files, complete: true };
    },
    sharedConfig: async () => null,
    async baseFiles() {
      const entries = await listing();
      for (const entry of entries) if (entry.isLink) unread.set(entry.digest, aLink);
      return {
        files: entries.map(({ path, digest, size }): TreeFile => ({ path, digest, size })),
        complete: true,
      };
    },
    async search(words, among) {
      const paths = new Set(among.map(({ path }) => path));
      const found = new Map<string, readonly string[]>();
      for (const word of words) {
        const files = await filesWith(repo, base, word, signal);
        if (files === null) return { unknown: "not every file of the base branch is in this clone" };
        found.set(
          word,
          files.filter((path) => paths.has(path)),
        );
      }
      return { files: found, count: paths.size };
    },
    async origins(paths) {
      const found = await Promise.all(paths.map((path) => originOf(repo, base, path, signal)));
      return new Map(paths.flatMap((path, i) => (found[i] ? [[path, found[i]]] : [])));
    },
    async read(digests) {
      return readBlobs(repo, digests, unread, signal);
    },
  };
}

/** Text files of a commit that hold a name; null where the clone lacks some of them. */
async function filesWith(
  repo: string,
  commit: string,
  word: string,
  signal: AbortSignal | undefined,
): Promise<readonly string[] | null> {
  const args = [
    "grep",
    "-I",
    "-l",
    "-i",
    "-z",
    "-E",
    "--full-name",
    "-e",
    patternOf(word),
    commit,
    "--",
    ":/",
  ];
  try {
    const output = (await git(repo, args, { signal })).toString("utf8");
    return output.split("\0").flatMap((line) => (line === "" ? [] : [line.slice(commit.length + 1)]));
  } catch (error) {
    // Git's way to say that there are none. (git-grep, "Exit status".)
    if (error instanceof GitError && error.status === 1) return [];
    if (error instanceof GitError && error.status !== null) return null;
    throw error;
  }
}

/** The commit that brought a file; null where a shallow clone does not reach it. */
async function originOf(
  repo: string,
  base: string,
  path: string,
  signal: AbortSignal | undefined,
): Promise<Origin | null> {
  try {
    const args = ["log", "-n1", "--diff-filter=A", "--format=%H%x00%s", base, "--", `:(top,literal)${path}`];
    const [commit = "", headline = ""] = (await git(repo, args, { signal }))
      .toString("utf8")
      .trim()
      .split("\0");
    const isShallow = (await git(repo, ["rev-parse", "--is-shallow-repository"], { signal })).toString(
      "utf8",
    );
    if (!/^[0-9a-f]{40,64}$/.test(commit) || isShallow.trim() === "true") return null;
    return { commit, pull: pullIn(headline) };
  } catch (error) {
    if (error instanceof GitError) return null;
    throw error;
  }
}

/** The same answer to everybody, asked for when the first one wants it. */
function once<Answer>(ask: () => Promise<Answer>): () => Promise<Answer> {
  let asked: Promise<Answer> | null = null;
  return () => {
    asked ??= ask();
    return asked;
  };
}

/** Reads `git ls-tree -r -z -l`: `mode type id size TAB path NUL` (git-ls-tree, "Output format"). */
function readTree(output: string) {
  return output.split("\0").flatMap((line) => {
    const tab = line.indexOf("\t");
    const [mode, kind, digest = "", size = "-"] = line.slice(0, tab).split(/ +/);
    if (tab === -1 || kind !== "blob") return [];
    return [
      {
        path: line.slice(tab + 1),
        digest,
        size: size === "-" ? null : Number(size),
        isLink: mode === "120000",
      },
    ];
  });
}
