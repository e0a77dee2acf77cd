import type { Home } from "./check-run.ts";
import type { TreeFile } from "./source.ts";

export interface Tree {
  readonly files: readonly TreeFile[];
  /** False when the repository has more files than could be listed. */
  readonly complete: boolean;
  /** Blob ids of symbolic links, whose content is a path. */
  readonly links: ReadonlySet<string>;
}

interface Entry {
  readonly path: string;
  readonly sha: string;
  readonly type: string;
  readonly mode: string;
  readonly size: number | null;
}

/** Listings a repository may cost whose whole tree does not fit into one (100,000 entries, 7 MB). */
const mostListings = 40;

/**
 * Every file of a commit: one request, unless the repository is so large that GitHub cuts the listing. Then it goes folder
 * by folder, those that `wanted` names first, and is complete when all were reached.
 */
export async function readTree(
  home: Home,
  commit: string,
  wanted: readonly string[],
  signal?: AbortSignal,
): Promise<Tree> {
  const whole = await list(home, commit, true, signal);
  if (!whole.truncated) return treeOf(whole.entries, true);
  const entries: Entry[] = [];
  const folders = [{ sha: commit, path: "" }];
  let listings = 1;
  while (folders.length > 0 && listings < mostListings) {
    const folder = folders.shift();
    if (!folder) break;
    const isRoot = folder.path === "";
    const listing = isRoot ? null : await list(home, folder.sha, true, signal);
    const isCut = listing === null || listing.truncated;
    const shown = isCut ? (await list(home, folder.sha, false, signal)).entries : listing.entries;
    listings += isCut && !isRoot ? 2 : 1;
    const here = shown.map((entry) => ({
      ...entry,
      path: isRoot ? entry.path : `${folder.path}/${entry.path}`,
    }));
    entries.push(...here);
    if (isCut) folders.push(...here.filter(({ type }) => type === "tree"));
    folders.sort((a, b) => Number(isOnTheWay(b.path, wanted)) - Number(isOnTheWay(a.path, wanted)));
  }
  return treeOf(entries, folders.length === 0);
}

function isOnTheWay(folder: string, wanted: readonly string[]): boolean {
  return wanted.some((path) => path.startsWith(`${folder}/`));
}

function treeOf(entries: readonly Entry[], complete: boolean): Tree {
  const blobs = entries.filter(({ type }) => type === "blob");
  return {
    files: blobs.map(({ path, sha, size }) => ({ path, digest: sha, size })),
    complete,
    links: new Set(blobs.filter(({ mode }) => mode === "120000").map(({ sha }) => sha)),
  };
}

async function list(
  { client, owner, repo }: Home,
  sha: string,
  isDeep: boolean,
  signal: AbortSignal | undefined,
) {
  const { data } = await client.rest.git.getTree({
    owner,
    repo,
    tree_sha: sha,
    ...(isDeep && { recursive: "1" }),
    ...(signal && { request: { signal } }),
  });
  const entries = data.tree.map(({ path, sha, type, mode, size }): Entry => {
    return { path: path ?? "", sha: sha ?? "", type: type ?? "", mode: mode ?? "", size: size ?? null };
  });
  return { entries, truncated: data.truncated };
}
