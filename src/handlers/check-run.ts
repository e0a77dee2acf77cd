import { createOnce } from "./create-once.ts";
import { type Client, once } from "./github.ts";

export const checkName = "Drydock";

/** A repository as one installation sees it. */
export interface Home {
  readonly client: Client;
  readonly owner: string;
  readonly repo: string;
}

/** Where the files of a commit stand for people. */
export function filesUrlOf(home: Home, commit: string): string {
  return `${repositoryUrlOf(home)}/blob/${commit}`;
}

/** Where a comment of a pull request's conversation stands for people. */
export function commentUrlOf(home: Home, number: number, comment: number): string {
  return `${repositoryUrlOf(home)}/pull/${number}#issuecomment-${comment}`;
}

function repositoryUrlOf({ client, owner, repo }: Home): string {
  const api = client.request.endpoint.DEFAULTS.baseUrl;
  const web = api.replace(/\/api\/v3\/?$/, "").replace("://api.github.com", "://github.com");
  return `${web}/${owner}/${repo}`;
}

/** Marks a check run as ours and as made by one attempt: `<pull request>:<delivery>`, or `queue/<base>:<delivery>` for a merge group. */
export interface CheckIdentity {
  /** null for a merge group. */
  readonly number: number | null;
  /** Commit ids. */
  readonly head: string;
  readonly base: string;
  readonly delivery: string;
}

export type CheckConclusion = "success" | "failure" | "neutral" | "skipped" | "cancelled";

export interface Annotation {
  readonly path: string;
  readonly start_line: number;
  readonly end_line: number;
  readonly annotation_level: "notice" | "warning" | "failure";
  readonly title: string;
  readonly message: string;
}

/** What a completed check run says. */
export interface CheckResult {
  readonly conclusion: CheckConclusion;
  readonly title: string;
  readonly summary: string;
  readonly annotations: readonly Annotation[];
  /** Where "Details" leads; to the app's own page when left out. */
  readonly detailsUrl?: string;
  /** Buttons; none when left out. */
  readonly actions?: readonly {
    readonly label: string;
    readonly identifier: string;
    readonly description: string;
  }[];
}

/** GitHub's most per request. */
const annotationsAtOnce = 50;

/**
 * Creates the check run that says that a review has begun, and gives its id; where a process that ended may have created it
 * already, `isTakenUp`, that one.
 */
export async function startCheck(home: Home, identity: CheckIdentity, isTakenUp = false): Promise<number> {
  const left = isTakenUp ? await findCheck(home, identity) : null;
  if (left && left.status !== "completed") return left.id;
  const output = {
    title: "Reviewing the database changes",
    summary: "The migrations are read and run in a throwaway database.",
  };
  return createCheck(home, identity, { status: "in_progress", started_at: new Date().toISOString(), output });
}

/** Creates a check run that is complete already, and gives its id. */
export async function createCompletedCheck(
  home: Home,
  identity: CheckIdentity,
  result: CheckResult,
): Promise<number> {
  const [first = [], ...rest] = batches(result.annotations);
  const id = await createCheck(home, identity, completed(result, first));
  let written = first.length;
  for (const annotations of rest) {
    await updateCheck(home, id, { ...result, annotations }, written);
    written += annotations.length;
  }
  return id;
}

/** Completes a check run; annotations beyond the first fifty follow in further requests. */
export async function completeCheck(home: Home, id: number, result: CheckResult): Promise<void> {
  let written = 0;
  for (const annotations of batches(result.annotations)) {
    await updateCheck(home, id, { ...result, annotations }, written);
    written += annotations.length;
  }
}

/**
 * An update adds its annotations to those that are there, so that it is not repeated before looking whether it was done.
 * `before` is how many there were.
 */
async function updateCheck(home: Home, id: number, result: CheckResult, before: number): Promise<void> {
  const { client, owner, repo } = home;
  const { annotations } = result;
  await createOnce({
    async create() {
      const request = annotations.length > 0 ? { request: once } : {};
      await client.rest.checks.update({
        owner,
        repo,
        check_run_id: id,
        ...completed(result, annotations),
        ...request,
      });
      return true;
    },
    async find() {
      const { status, output } = (await client.rest.checks.get({ owner, repo, check_run_id: id })).data;
      return status === "completed" && output.annotations_count >= before + annotations.length ? true : null;
    },
  });
}

/** The pull request's number in a check run's external id; null when it is not one of ours. */
export function numberIn(externalId: string | null | undefined): number | null {
  const found = /^(\d+):/.exec(externalId ?? "")?.[1];
  return found === undefined ? null : Number(found);
}

/** The base of the merge group that a check run's external id speaks of; null when it speaks of none. */
export function queueBaseIn(externalId: string | null | undefined): string | null {
  return /^queue\/([0-9a-f]{40,64}):/.exec(externalId ?? "")?.[1] ?? null;
}

async function createCheck(home: Home, identity: CheckIdentity, body: object): Promise<number> {
  const { client, owner, repo } = home;
  const { head } = identity;
  const made = await createOnce({
    create: async () => {
      const fields = {
        owner,
        repo,
        name: checkName,
        head_sha: head,
        external_id: externalIdOf(identity),
        ...body,
      };
      return (await client.rest.checks.create({ ...fields, request: once })).data;
    },
    find: () => findCheck(home, identity),
  });
  return made.id;
}

/** The check run of one attempt; null when there is none. */
async function findCheck({ client, owner, repo }: Home, identity: CheckIdentity) {
  const named = {
    owner,
    repo,
    ref: identity.head,
    check_name: checkName,
    filter: "all",
    per_page: 100,
  } as const;
  const { data } = await client.rest.checks.listForRef(named);
  return data.check_runs.find((run) => run.external_id === externalIdOf(identity)) ?? null;
}

function externalIdOf({ number, base, delivery }: CheckIdentity): string {
  return `${number ?? `queue/${base}`}:${delivery}`;
}

function completed(result: CheckResult, annotations: readonly Annotation[]) {
  const { conclusion, title, summary, detailsUrl, actions = [] } = result;
  return {
    ...(detailsUrl !== undefined && { details_url: detailsUrl }),
    ...(actions.length > 0 && { actions: [...actions] }),
    status: "completed" as const,
    conclusion,
    completed_at: new Date().toISOString(),
    output: { title, summary, ...(annotations.length > 0 && { annotations: [...annotations] }) },
  };
}

function batches(annotations: readonly Annotation[]): (readonly Annotation[])[] {
  const count = Math.max(1, Math.ceil(annotations.length / annotationsAtOnce));
  return Array.from({ length: count }, (_, i) =>
    annotations.slice(i * annotationsAtOnce, (i + 1) * annotationsAtOnce),
  );
}
