import { stat } from "node:fs/promises";
import path from "node:path";
import type { Origin } from "../review/contracts.ts";
import { readBlobs } from "./checkout-blobs.ts";
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

/** A checkout, a ref or a commit that cannot be used: what is wrong, and what to do. */
export class CheckoutError extends Error {
  override readonly name = "CheckoutError";
}

const usualBases = ["origin/main", "main", "origin/HEAD", "origin/master", "master"];
const aLink = "it is a symbolic link";
const largestPatches = 48 * 1024 * 1024;

/**
 * Opens a local repository as a review's source: what HEAD, or another commit, changes since it left the base. Works in
 * worktrees, bare repositories and on detached heads. Rejects with a CheckoutError that says what is wrong and what to do.
 */
export async function openCheckout(options: CheckoutOptions): Promise<Checkout> {
  const { repo, head: headName, signal } = options;
  // Git takes longer to start than to answer: what does not depend on one another is asked at once.
  const [repository, { name: baseName, commit: base }, head] = await inOrder(
    repositoryOf(repo, signal),
    baseOf(repo, options.base, signal),
    commitOf(repo, headName, signal),
  );
  if (!head) throw new CheckoutError(unknownRef("--head", headName));
  const [mergeBase, uncommittedNotes] = await inOrder(
    mergeBaseOf(repo, { base, baseName, head, headName }, signal),
    uncommitted(repo, head, signal),
  );
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
      ...uncommittedNotes,
    ],
    async changedFiles() {
      const range = [mergeBase, head];
      const how = ["diff-tree", "-r", "--no-commit-id", "--no-ext-diff", "--no-textconv"];
      const raw = ["--raw", "-z", "--abbrev=64", ...range];
      void listing().catch(() => {});
      const [list, text] = await inOrder(
        // Whether a file was moved is told by its blobs.
        git(repo, [...how, "-M", ...raw], { signal }).catch(
          unlessRefused(() => git(repo, [...how, "--no-renames", ...raw], { signal })),
        ),
        patchText(repo, [...how, "-M", "-p", "-U3", "--no-color", ...range], signal),
      );
      const entries = readRaw(list.toString("utf8"));
      const patches = patchesIn(text, entries);
      for (const { isLink, isModule, digest } of entries)
        if (digest && (isLink || isModule)) unread.set(digest, isLink ? aLink : "it is a submodule");
      const files = entries.flatMap((entry, i): ChangedFile[] => {
        const { path, previousPath, status, digest } = entry;
        return entry.isModule && digest === null
          ? []
          : [{ path, previousPath, status, digest, patch: patches[i] ?? null }];
      });
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

/** For what git refuses, which it does where a partial clone lacks something and cannot fetch it: asks for less. */
function unlessRefused<Answer>(ask: () => Promise<Answer>): (error: unknown) => Promise<Answer> {
  return (error) => {
    if (error instanceof GitError && error.status !== null) return ask();
    throw error;
  };
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

/** All answers, or what the first of those that reject says, whichever was quicker. */
async function inOrder<Answers extends readonly unknown[]>(
  ...work: { readonly [Key in keyof Answers]: Promise<Answers[Key]> }
): Promise<Answers> {
  const failed = (await Promise.allSettled(work)).find(({ status }) => status === "rejected");
  if (failed?.status === "rejected") throw failed.reason;
  return (await Promise.all(work)) as unknown as Answers;
}

/** The same answer to everybody, asked for when the first one wants it. */
function once<Answer>(ask: () => Promise<Answer>): () => Promise<Answer> {
  let asked: Promise<Answer> | null = null;
  return () => {
    asked ??= ask();
    return asked;
  };
}

async function repositoryOf(repo: string, signal: AbortSignal | undefined): Promise<string> {
  const folder = await stat(repo).catch(() => null);
  if (!folder?.isDirectory())
    throw new CheckoutError(`There is no folder ${repo}. --repo names a folder in a Git checkout.`);
  try {
    const found = (await git(repo, ["rev-parse", "--git-common-dir"], { signal })).toString("utf8").trimEnd();
    return path.resolve(repo, found);
  } catch (error) {
    if (!(error instanceof GitError)) throw error;
    if (/not a git repository/i.test(error.message)) {
      throw new CheckoutError(`${repo} is not in a Git repository. --repo names a folder in a Git checkout.`);
    }
    throw new CheckoutError(`Git cannot open ${repo}: ${error.message}`);
  }
}

async function baseOf(repo: string, wanted: string | null, signal: AbortSignal | undefined) {
  if (wanted !== null) {
    const commit = await commitOf(repo, wanted, signal);
    if (commit) return { name: wanted, commit };
    const local = wanted.replace(/^[^/]+\//, "");
    const isThere = local !== wanted && (await commitOf(repo, local, signal));
    const instead = isThere ? `\nThe local branch ${local} is there: use --base ${local}` : "";
    throw new CheckoutError(unknownRef("--base", wanted) + instead);
  }
  for (const name of usualBases) {
    const commit = await commitOf(repo, name, signal);
    if (commit) return { name, commit };
  }
  throw new CheckoutError(
    `None of ${usualBases.join(", ")} is in this repository. Name the branch to merge into with --base, or run: git fetch origin`,
  );
}

/** The commit that a name stands for; null when there is none. A name that git would take as an option is refused. */
async function commitOf(repo: string, name: string, signal: AbortSignal | undefined): Promise<string | null> {
  if (name === "" || name.startsWith("-") || /[\0\n]/.test(name))
    throw new CheckoutError(`${JSON.stringify(name)} cannot be the name of a commit.`);
  try {
    const args = ["rev-parse", "--verify", "--quiet", "--end-of-options", `${name}^{commit}`];
    return (await git(repo, args, { signal })).toString("utf8").trim();
  } catch (error) {
    if (error instanceof GitError) return null;
    throw error;
  }
}

async function mergeBaseOf(
  repo: string,
  { base, baseName, head, headName }: { base: string; baseName: string; head: string; headName: string },
  signal: AbortSignal | undefined,
): Promise<string> {
  try {
    return (await git(repo, ["merge-base", base, head], { signal })).toString("utf8").trim();
  } catch (error) {
    if (!(error instanceof GitError) || error.status !== 1) throw error;
    const shallow = (await git(repo, ["rev-parse", "--is-shallow-repository"], { signal }))
      .toString("utf8")
      .trim();
    throw new CheckoutError(
      shallow === "true"
        ? `This is a shallow clone that does not reach the commit where ${headName} left ${baseName}. Run: git fetch --unshallow (in GitHub Actions: fetch-depth: 0 for actions/checkout)`
        : `${headName} and ${baseName} have no commit in common, so there is no change to review. Name another branch with --base.`,
    );
  }
}

function unknownRef(option: string, name: string): string {
  const [remote, ...branch] = name.split("/");
  const fetch = branch.length > 0 ? `git fetch ${remote} ${branch.join("/")}` : "git fetch";
  return `${option}: there is no commit called ${name} in this repository. If it is on the remote, run: ${fetch}`;
}

interface RawEntry extends Omit<ChangedFile, "patch"> {
  readonly isLink: boolean;
  /** A submodule: its id is a commit of another repository. */
  readonly isModule: boolean;
  /** How many parts of a patch it has: a file that became a link is removed and added. */
  readonly parts: number;
}

/** Reads `git diff-tree --raw -z`: `:modes ids status NUL path NUL [path NUL]` (git-diff-tree, "Raw output format"). */
function readRaw(output: string): readonly RawEntry[] {
  const fields = output.split("\0");
  const entries: RawEntry[] = [];
  for (let i = 0; i + 1 < fields.length; i += 2) {
    const [oldMode, mode = "", , id = "", letter = ""] = (fields[i] ?? "").split(" ");
    const isRename = letter.startsWith("R");
    const first = fields[i + 1] ?? "";
    const second = isRename ? fields[i + 2] : undefined;
    if (isRename) i++;
    entries.push({
      path: second ?? first,
      previousPath: isRename ? first : null,
      status: statusOf(letter),
      digest: letter === "D" ? null : id,
      isLink: mode === "120000",
      isModule: mode === "160000" || (letter === "D" && oldMode === ":160000"),
      parts: letter === "T" ? 2 : 1,
    });
  }
  return entries;
}

function statusOf(letter: string): ChangedFile["status"] {
  if (letter === "A") return "added";
  if (letter === "D") return "removed";
  return letter.startsWith("R") ? "renamed" : "modified";
}

/** The patch of a change; null when it is too large to be shown, or the clone lacks a blob of it. */
async function patchText(
  repo: string,
  args: readonly string[],
  signal: AbortSignal | undefined,
): Promise<Buffer | null> {
  return git(repo, args, { limit: largestPatches, signal }).catch((error: unknown) => {
    if (error instanceof GitError) return null;
    throw error;
  });
}

/** The hunks of each entry, in order; all null when there is no patch. */
function patchesIn(output: Buffer | null, entries: readonly RawEntry[]): readonly (string | null)[] {
  if (!output) return entries.map(() => null);
  // A line of a file stands after one of ` +-\\` in a patch, so that none can pass for a header.
  const parts = `\n${output.toString("utf8")}`.split("\ndiff --git ").slice(1);
  let next = 0;
  return entries.map((entry) => {
    const part = parts[next + entry.parts - 1];
    next += entry.parts;
    const hunks = part?.indexOf("\n@@ ") ?? -1;
    return part === undefined || hunks === -1 ? null : part.slice(hunks + 1).replace(/\n$/, "");
  });
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

/** A note when the working tree has changes that are in no commit: only commits are reviewed. */
async function uncommitted(
  repo: string,
  head: string,
  signal: AbortSignal | undefined,
): Promise<readonly string[]> {
  try {
    if ((await commitOf(repo, "HEAD", signal)) !== head) return [];
    const status = await git(repo, ["status", "--porcelain", "-z", "--ignore-submodules=all"], { signal });
    return status.length > 0 ? ["Uncommitted changes are not reviewed: commit them first"] : [];
  } catch (error) {
    if (error instanceof GitError) return [];
    throw error;
  }
}
