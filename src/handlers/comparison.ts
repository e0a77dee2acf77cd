import { type Commits, changedFileOf, type SnapshotOptions, sourceBetween } from "./snapshot.ts";
import type { ChangedFile, Source } from "./source.ts";
import { readTree } from "./tree.ts";

/** GitHub shows no more files of a comparison. (GitHub documentation, "Compare two commits".) */
const mostFiles = 300;

/**
 * What one commit adds to another, as a review's source: what a merge queue is about to merge, where there is no pull request
 * to ask. Where GitHub does not list every file, the two trees are compared; patches are then left out.
 */
export function openComparison(commits: Commits, options: SnapshotOptions): Source {
  return sourceBetween(commits, () => readCompared(commits, options), options);
}

async function readCompared({ owner, repo, base, head }: Commits, { home, signal }: SnapshotOptions) {
  const request = signal ? { request: { signal } } : {};
  const basehead = `${base}...${head}`;
  const { data } = await home.client.rest.repos.compareCommitsWithBasehead({
    owner,
    repo,
    basehead,
    per_page: 1,
    ...request,
  });
  const files = (data.files ?? []).flatMap(changedFileOf);
  if ((data.files ?? []).length < mostFiles) return { files, complete: true };
  const before = await readTree(home, data.merge_base_commit.sha, [], signal);
  const after = await readTree(home, head, [], signal);
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
