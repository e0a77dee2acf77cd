import type { Origin } from "../review/contracts.ts";
import type { Home } from "./check-run.ts";
import { failureOf } from "./failures.ts";
import type { Log } from "./log.ts";

/** Files that are asked for; each costs GitHub a walk through its history. */
const mostFiles = 10;
/** Changes of a file that are looked through; a migration has one. */
const mostChanges = 20;

/** The commits that brought these files, and their pull requests: one request. What GitHub does not tell is left out. */
export async function readOrigins(
  { client, owner, repo }: Home,
  base: string,
  paths: readonly string[],
  { log, signal }: { readonly log: Log; readonly signal?: AbortSignal | undefined },
): Promise<ReadonlyMap<string, Origin>> {
  const asked = paths.slice(0, mostFiles);
  const variables = Object.fromEntries(asked.map((path, i) => [`p${i}`, path]));
  const request = signal ? { request: { signal } } : {};
  try {
    const answer = await client.graphql<Answer>(queryFor(asked.length), {
      owner,
      repo,
      base,
      ...variables,
      ...request,
    });
    const found = asked.map((path, i) => [path, originIn(answer.repository?.object?.[`h${i}`])] as const);
    return new Map(found.flatMap(([path, origin]) => (origin ? [[path, origin]] : [])));
  } catch (error) {
    signal?.throwIfAborted();
    log.warn({ failure: failureOf(error) }, "where migrations come from could not be read");
    return new Map();
  }
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
  readonly repository: {
    readonly object: { readonly [name: string]: History | null } | null;
  } | null;
}

function queryFor(count: number): string {
  const numbers = Array.from({ length: count }, (_, i) => i);
  const variables = numbers.map((i) => `, $p${i}: String!`).join("");
  const fields = numbers.map((i) => `h${i}: history(first: ${mostChanges}, path: $p${i}) { ...changes }`);
  return `
query ($owner: String!, $repo: String!, $base: GitObjectID!${variables}) {
  repository(owner: $owner, name: $repo) {
    object(oid: $base) { ... on Commit { ${fields.join("\n    ")} } }
  }
}
fragment changes on CommitHistoryConnection {
  totalCount
  nodes { oid associatedPullRequests(first: 1) { nodes { number } } }
}
`;
}
