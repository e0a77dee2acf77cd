import { GitError, git } from "./git.ts";
import type { ChangedFile } from "./source.ts";

const largestPatches = 48 * 1024 * 1024;

/**
 * What changed between two commits, with patches as far as they can be shown: one that is too large, or needs a blob which the
 * clone lacks, is null.
 */
export async function changesBetween(
  repo: string,
  range: readonly [from: string, to: string],
  signal: AbortSignal | undefined,
): Promise<readonly (RawEntry & { readonly patch: string | null })[]> {
  const how = [
    "diff-tree",
    "-r",
    "--no-commit-id",
    "--no-ext-diff",
    "--no-textconv",
    "--raw",
    "-z",
    "--abbrev=64",
  ];
  const patches = ["-p", "-U3", "--no-color"];
  const output = await git(repo, [...how, "-M", ...patches, ...range], { limit: largestPatches, signal })
    // Whether a file was moved is told by its blobs.
    .catch(unless(() => git(repo, [...how, "-M", ...range], { signal })))
    .catch(unlessRefused(() => git(repo, [...how, "--no-renames", ...range], { signal })));
  // A field without a word in it separates both parts (git-diff-tree, "-z").
  const end = output.indexOf("\0\0");
  const entries = readRaw((end === -1 ? output : output.subarray(0, end + 1)).toString("utf8"));
  const texts = patchesIn(end === -1 ? null : output.subarray(end + 2), entries);
  return entries.map((entry, i) => ({ ...entry, patch: texts[i] ?? null }));
}

/** For what git does not do, whatever the reason: asks for less. */
function unless<Answer>(ask: () => Promise<Answer>): (error: unknown) => Promise<Answer> {
  return (error) => {
    if (error instanceof GitError) return ask();
    throw error;
  };
}

export interface RawEntry extends Omit<ChangedFile, "patch"> {
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

/** For what git refuses, which it does where a partial clone lacks something and cannot fetch it: asks for less. */
export function unlessRefused<Answer>(ask: () => Promise<Answer>): (error: unknown) => Promise<Answer> {
  return (error) => {
    if (error instanceof GitError && error.status !== null) return ask();
    throw error;
  };
}
