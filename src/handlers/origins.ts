import type { Origin } from "../review/contracts.ts";
import { askAlong, type BlobOptions, type Wanted } from "./blobs.ts";

/** Files that are asked for; each costs GitHub a walk through its history. */
const mostFiles = 10;
/** Changes of a file that are looked through; a migration has one. */
const mostChanges = 20;

/**
 * The commits that brought these files, and their pull requests: one request, with which blobs come that are read next. What
 * GitHub does not tell is left out.
 */
export async function readOrigins(
  base: string,
  paths: readonly string[],
  ahead: readonly Wanted[],
  options: BlobOptions,
): Promise<ReadonlyMap<string, Origin>> {
  const asked = paths.slice(0, mostFiles);
  const found = new Map<string, Origin>();
  const along = {
    fields: fieldsFor(base, asked.length),
    variables: Object.fromEntries(asked.map((path, i) => [`p${i}`, path])),
    seen(data: unknown) {
      const { origins } = (data ?? {}) as Answer;
      if (!origins) options.log.warn({ files: asked.length }, "where migrations come from could not be read");
      for (const [i, path] of asked.entries()) {
        const origin = originIn(origins?.object?.[`h${i}`]);
        if (origin) found.set(path, origin);
      }
    },
  };
  await askAlong(along, ahead, options);
  return found;
}

/** The oldest change, if all of them are there. */
function originIn(history: History | null | undefined): Origin | null {
  const first = history && history.totalCount <= mostChanges ? history.nodes.at(-1) : undefined;
  if (!first) return null;
  return { commit: first.oid, pull: first.associatedPullRequests?.nodes[0]?.number ?? null };
}

interface History {
  readonly totalCount: number;
  readonly nodes: readonly {
    readonly oid: string;
    readonly associatedPullRequests: { readonly nodes: readonly { readonly number: number }[] } | null;
  }[];
}

interface Answer {
  readonly origins?: { readonly object: { readonly [name: string]: History | null } | null } | null;
}

function fieldsFor(base: string, count: number): string {
  const numbers = Array.from({ length: count }, (_, i) => i);
  const changes = `totalCount nodes { oid associatedPullRequests(first: 1) { nodes { number } } }`;
  const fields = numbers.map((i) => `h${i}: history(first: ${mostChanges}, path: $p${i}) { ${changes} }`);
  return `origins: repository(owner: $owner, name: $repo) {
    object(oid: "${base}") { ... on Commit { ${fields.join("\n    ")} } }
  }`;
}
