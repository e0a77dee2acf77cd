import type { Home } from "./check-run.ts";
import type { ChangedFile } from "./source.ts";
import { readTree } from "./tree.ts";

/**
 * What the trees of two commits differ in, for changes of which GitHub does not list every file. Patches are left out, and a
 * renamed file is one that was removed and one that was added. `complete` is false where a tree could not be listed in full.
 */
export async function treeDifference(
  home: Home,
  commits: { readonly before: string; readonly after: string },
  signal?: AbortSignal,
): Promise<{ readonly files: readonly ChangedFile[]; readonly complete: boolean }> {
  const before = await readTree(home, commits.before, [], signal);
  const after = await readTree(home, commits.after, [], signal);
  return { files: differences(before.files, after.files), complete: before.complete && after.complete };
}

type Listed = readonly { readonly path: string; readonly digest: string }[];

function differences(before: Listed, after: Listed): readonly ChangedFile[] {
  const old = new Map(before.map(({ path, digest }) => [path, digest]));
  const now = new Map(after.map(({ path, digest }) => [path, digest]));
  const file = (path: string, status: ChangedFile["status"]): ChangedFile => {
    return { path, previousPath: null, status, digest: now.get(path) ?? null, patch: null };
  };
  const kept = after.filter(({ path, digest }) => old.get(path) !== digest);
  const removed = before.filter(({ path }) => !now.has(path));
  return [
    ...kept.map(({ path }) => file(path, old.has(path) ? "modified" : "added")),
    ...removed.map(({ path }) => file(path, "removed")),
  ];
}
