import { stat } from "node:fs/promises";
import path from "node:path";
import { GitError, git } from "./git.ts";
import { inOrder } from "./in-order.ts";

/** A checkout, a ref or a commit that cannot be used: what is wrong, and what to do. */
export class CheckoutError extends Error {
  override readonly name = "CheckoutError";
}

const usualBases = ["origin/main", "main", "origin/HEAD", "origin/master", "master"];

/** What is compared with what in a local repository. */
export interface Range {
  readonly repository: string;
  readonly base: string;
  readonly baseName: string;
  readonly head: string;
  /** Where the head left the base. */
  readonly mergeBase: string;
  /** What a person should know: whether anything lies uncommitted beside the head. */
  readonly uncommitted: readonly string[];
}

interface Named {
  readonly repo: string;
  readonly base: string | null;
  readonly head: string;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Finds the commits that names stand for. Git takes longer to start than to answer: what does not depend on one another is
 * asked at once. Rejects with a CheckoutError that says what is wrong and what to do.
 */
export async function rangeOf({ repo, base: wanted, head: headName, signal }: Named): Promise<Range> {
  const bases = wanted === null ? usualBases : [wanted];
  const [repository, commits, likely] = await inOrder(
    repositoryOf(repo, signal),
    commitsOf(repo, [...bases, headName, "HEAD"], signal),
    wanted === null ? null : likelyMergeBase(repo, wanted, headName, signal),
  );
  const { name: baseName, commit: base } = await baseOf(repo, wanted, commits, signal);
  const head = commits.get(headName) ?? null;
  if (!head) throw new CheckoutError(unknownRef("--head", headName));
  const [mergeBase, notes] = await inOrder(
    likely ?? mergeBaseOf(repo, { base, baseName, head, headName }, signal),
    commits.get("HEAD") === head ? uncommitted(repo, signal) : [],
  );
  return { repository, base, baseName, head, mergeBase, uncommitted: notes };
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

async function baseOf(
  repo: string,
  wanted: string | null,
  commits: ReadonlyMap<string, string | null>,
  signal: AbortSignal | undefined,
) {
  if (wanted !== null) {
    const commit = commits.get(wanted);
    if (commit) return { name: wanted, commit };
    const local = wanted.replace(/^[^/]+\//, "");
    const isThere = local !== wanted && (await commitsOf(repo, [local], signal)).get(local);
    const instead = isThere ? `\nThe local branch ${local} is there: use --base ${local}` : "";
    throw new CheckoutError(unknownRef("--base", wanted) + instead);
  }
  for (const name of usualBases) {
    const commit = commits.get(name);
    if (commit) return { name, commit };
  }
  throw new CheckoutError(
    `None of ${usualBases.join(", ")} is in this repository. Name the branch to merge into with --base, or run: git fetch origin`,
  );
}

/** The commits that names stand for; null where there is none. A name that git would take as an option is refused. */
async function commitsOf(
  repo: string,
  names: readonly string[],
  signal: AbortSignal | undefined,
): Promise<ReadonlyMap<string, string | null>> {
  const odd = names.find((name) => !isName(name));
  if (odd !== undefined) throw new CheckoutError(`${JSON.stringify(odd)} cannot be the name of a commit.`);
  const input = names.map((name) => `${name}^{commit}\n`).join("");
  const args = ["cat-file", "--batch-check=%(objectname)"];
  const lines = await git(repo, args, { input, signal }).then(
    (output) => output.toString("utf8").split("\n"),
    (error: unknown) => {
      if (error instanceof GitError) return [];
      throw error;
    },
  );
  // Of a name that stands for nothing, or for several, git says so in words (git-cat-file, "Batch output").
  return new Map(
    names.map((name, i) => [name, /^[0-9a-f]{40,64}$/.test(lines[i] ?? "") ? (lines[i] ?? null) : null]),
  );
}

function isName(name: string): boolean {
  return name !== "" && !name.startsWith("-") && !/[\0\n]/.test(name);
}

/** Where two names parted, asked before it is known what they stand for; null where that has to be asked again. */
async function likelyMergeBase(repo: string, base: string, head: string, signal: AbortSignal | undefined) {
  if (!isName(base) || !isName(head)) return null;
  return git(repo, ["merge-base", `${base}^{commit}`, `${head}^{commit}`], { signal }).then(
    (output) => output.toString("utf8").trim(),
    (error: unknown) => {
      if (error instanceof GitError) return null;
      throw error;
    },
  );
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

/** A note when the working tree has changes that are in no commit: only commits are reviewed. */
async function uncommitted(repo: string, signal: AbortSignal | undefined): Promise<readonly string[]> {
  try {
    const status = await git(repo, ["status", "--porcelain", "-z", "--ignore-submodules=all"], { signal });
    return status.length > 0 ? ["Uncommitted changes are not reviewed: commit them first"] : [];
  } catch (error) {
    if (error instanceof GitError) return [];
    throw error;
  }
}
