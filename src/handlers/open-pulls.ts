import { type Conflict, conflictsOf, isMigrationOf, type OtherMigration } from "../review/conflicts.ts";
import type { Database } from "../review/types.ts";
import type { Home } from "./check-run.ts";
import type { OpenPull } from "./conversation.ts";
import { fieldsOf } from "./failures.ts";
import type { Log } from "./log.ts";

/** Texts that are read of other pull requests for one review. */
const mostTexts = 60;

/**
 * What this pull request and older open ones into the same branch cannot both do; the younger one is told. Costs a request
 * only where an older one adds migrations to the same directories. What could not be read is compared by name.
 */
export async function conflictsWith(
  home: Home,
  number: number,
  databases: readonly Database[],
  pulls: readonly OpenPull[],
  log: Log,
): Promise<readonly Conflict[]> {
  const own = pulls.find((pull) => pull.number === number);
  const older = pulls.filter((pull) => pull.number < number && pull.into === own?.into);
  const added = older.flatMap((pull) =>
    pull.added
      .filter((path) => isMigrationOf(databases, path) && !own?.added.includes(path))
      .map((path) => ({ pull: pull.number, head: pull.head, path })),
  );
  if (added.length === 0) return [];
  const texts = await readTexts(home, added.slice(0, mostTexts), log);
  const others = added.map(({ pull, path }, i): OtherMigration => ({ pull, path, text: texts[i] ?? null }));
  return conflictsOf(databases, others);
}

interface Wanted {
  readonly head: string;
  readonly path: string;
}

async function readTexts(
  { client, owner, repo }: Home,
  wanted: readonly Wanted[],
  log: Log,
): Promise<readonly (string | null)[]> {
  const parameters = wanted.map((_, i) => `, $e${i}: String!`).join("");
  const fields = wanted.map(
    (_, i) => `f${i}: object(expression: $e${i}) { ... on Blob { text isTruncated } }`,
  );
  const query = `query ($owner: String!, $repo: String!${parameters}) { repository(owner: $owner, name: $repo) {\n${fields.join("\n")}\n} }`;
  const variables = Object.fromEntries(wanted.map(({ head, path }, i) => [`e${i}`, `${head}:${path}`]));
  try {
    const { repository } = await client.graphql<Answer>(query, { owner, repo, ...variables });
    return wanted.map((_, i) => {
      const blob = repository?.[`f${i}`];
      return blob && !blob.isTruncated ? (blob.text ?? null) : null;
    });
  } catch (error) {
    log.warn(fieldsOf(error), "migrations of other pull requests could not be read");
    return [];
  }
}

interface Answer {
  readonly repository: Readonly<
    Record<string, { readonly text?: string | null; readonly isTruncated?: boolean } | null>
  > | null;
}
