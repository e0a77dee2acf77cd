import { changedFileOf } from "./changed-files.ts";
import { type Commits, type SnapshotOptions, sourceBetween } from "./snapshot.ts";
import type { Source } from "./source.ts";
import { treeDifference } from "./tree-difference.ts";

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
  return treeDifference(home, { before: data.merge_base_commit.sha, after: head }, signal);
}
