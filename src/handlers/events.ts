import { isDeciding, type PullTraits } from "../review/left-out.ts";
import { type Home, numberIn, queueBaseIn } from "./check-run.ts";
import type { ReviewRequest } from "./intake.ts";
import type { ReviewJob } from "./queue.ts";
import { configOf } from "./review.ts";
import { readConfigTexts, type SnapshotOptions } from "./snapshot.ts";

/** What is read of a `pull_request` event. */
export interface PullRequestPayload {
  readonly action: string;
  readonly changes?: { readonly base?: unknown };
  readonly installation?: { readonly id: number } | undefined;
  readonly repository: RepositoryPayload;
  readonly pull_request: PullPayload & { readonly comments?: number; readonly review_comments?: number };
}

/** What is read of a `check_run` or `check_suite` event. */
export interface RerunPayload {
  readonly installation?: { readonly id: number } | undefined;
  readonly repository: RepositoryPayload;
  readonly check_run?: {
    readonly head_sha: string;
    readonly external_id: string | null;
    readonly app?: { readonly id?: number | null } | null;
  };
  readonly check_suite?: {
    readonly id: number;
    readonly head_sha: string;
    readonly app?: { readonly id?: number | null } | null;
  };
}

interface RepositoryPayload {
  readonly name: string;
  readonly full_name: string;
  readonly owner: { readonly login: string };
}

interface PullPayload {
  readonly number: number;
  readonly state: string;
  readonly draft?: boolean | undefined;
  readonly updated_at: string;
  readonly user?: { readonly login: string } | null;
  readonly labels?: readonly { readonly name?: string }[];
  readonly head: { readonly sha: string };
  readonly base: { readonly sha: string; readonly repo?: { readonly full_name: string } | null };
}

/** The review that a `pull_request` event asks for; null when it asks for none. */
export function requestOf(payload: PullRequestPayload, delivery: string): ReviewRequest | null {
  const { action, changes, installation, repository, pull_request: pull } = payload;
  if (!installation || pull.state !== "open") return null;
  if (action === "edited" && changes?.base === undefined) return null;
  const comments = (pull.comments ?? 0) + (pull.review_comments ?? 0);
  return {
    ...pullRequestOf(pull, repository, installation.id, delivery),
    isRerun: false,
    hasComments: comments > 0,
  };
}

/** The commit whose check somebody wants again, when it is one of this app's. */
export function rerunOf(payload: RerunPayload, appId: number): Rerun | null {
  const { check_run: run, check_suite: suite } = payload;
  if (run) {
    const { head_sha: head, external_id: id } = run;
    if (run.app?.id !== appId) return null;
    return { head, suite: null, number: numberIn(id), queueBase: queueBaseIn(id) };
  }
  if (!suite || suite.app?.id !== appId) return null;
  return { head: suite.head_sha, suite: suite.id, number: null, queueBase: null };
}

/** A commit whose check is wanted again, and what is known of the pull request or merge group that it was for. */
interface Rerun {
  readonly head: string;
  readonly suite: number | null;
  readonly number: number | null;
  readonly queueBase: string | null;
}

/**
 * The open pull requests with this head. The event does not name those of forks; our own check run carries the number of its
 * pull request, and for a whole suite GitHub knows which ones hold the commit.
 */
export async function rerunRequests(
  home: Home,
  payload: RerunPayload,
  rerun: Rerun,
  delivery: string,
): Promise<readonly ReviewRequest[]> {
  const { installation, repository } = payload;
  if (!installation) return [];
  if (rerun.queueBase !== null) {
    const group = { head_sha: rerun.head, base_sha: rerun.queueBase };
    const request = mergeGroupRequest({ installation, repository, merge_group: group }, delivery);
    return request ? [{ ...request, isRerun: true }] : [];
  }
  const pulls =
    rerun.number === null ? await pullsWith(home, rerun) : [await pullNumbered(home, rerun.number)];
  const isMeant = ({ state, head, base }: PullPayload) =>
    state === "open" &&
    head.sha === rerun.head &&
    (!base.repo || base.repo.full_name === repository.full_name);
  return pulls.filter(isMeant).map((pull) => ({
    ...pullRequestOf(pull, repository, installation.id, delivery),
    isRerun: true,
    hasComments: true,
  }));
}

/** What is read of a `merge_group` event. */
export interface MergeGroupPayload {
  readonly installation?: { readonly id: number } | undefined;
  readonly repository?: RepositoryPayload | undefined;
  readonly merge_group: { readonly head_sha: string; readonly base_sha: string };
}

/** The review of what a merge queue is about to merge; null when the event does not say where. */
export function mergeGroupRequest(payload: MergeGroupPayload, delivery: string): ReviewRequest | null {
  const { installation, repository, merge_group: group } = payload;
  if (!installation || !repository) return null;
  return {
    installation: installation.id,
    owner: repository.owner.login,
    repo: repository.name,
    number: null,
    head: group.head_sha,
    base: group.base_sha,
    draft: false,
    updatedAt: new Date(0).toISOString(),
    delivery,
    isRerun: false,
    hasComments: false,
  };
}

/** The review that a pull request needs whose head moved while it was reviewed; null when it needs none. */
export async function followUpOf(home: Home, job: ReviewJob): Promise<ReviewRequest | null> {
  if (job.number === null) return null;
  const { installation, delivery, owner, repo } = job;
  const repository = { name: repo, full_name: `${owner}/${repo}`, owner: { login: owner } };
  return openPull(home, job.number, { repository, installation, delivery });
}

async function pullsWith(
  home: Home,
  { head, suite }: { head: string; suite: number | null },
): Promise<readonly PullPayload[]> {
  const { client, owner, repo } = home;
  const named = { owner, repo, commit_sha: head, per_page: 100 };
  const { data } = await client.rest.repos.listPullRequestsAssociatedWithCommit(named);
  if (data.length > 0 || suite === null) return data;
  const runs = await client.rest.checks.listForSuite({ owner, repo, check_suite_id: suite, per_page: 100 });
  const numbers = new Set(runs.data.check_runs.flatMap(({ external_id }) => numberIn(external_id) ?? []));
  return Promise.all([...numbers].map((number) => pullNumbered(home, number)));
}

/** The review of a pull request as it stands now; null when it is not open. */
export async function openPull(
  home: Home,
  number: number,
  about: { repository: RepositoryPayload; installation: number; delivery: string },
): Promise<ReviewRequest | null> {
  const pull = await pullNumbered(home, number);
  if (pull.state !== "open") return null;
  const request = pullRequestOf(pull, about.repository, about.installation, about.delivery);
  return { ...request, isRerun: false, hasComments: true };
}

async function pullNumbered({ client, owner, repo }: Home, number: number): Promise<PullPayload> {
  return (await client.rest.pulls.get({ owner, repo, pull_number: number })).data;
}

function pullRequestOf(
  pull: PullPayload,
  repository: RepositoryPayload,
  installation: number,
  delivery: string,
) {
  return {
    installation,
    owner: repository.owner.login,
    repo: repository.name,
    number: pull.number,
    head: pull.head.sha,
    base: pull.base.sha,
    draft: pull.draft ?? false,
    updatedAt: pull.updated_at,
    traits: traitsOf(pull),
    delivery,
  };
}

/**
 * The review that a label asks for: one where the configuration of the base side says that the label decides. It costs one
 * request to know.
 */
export async function labelRequests(
  request: ReviewRequest,
  label: string | undefined,
  { home, cache, log }: SnapshotOptions,
): Promise<readonly ReviewRequest[]> {
  const { config } = configOf(await readConfigTexts(request, { home, cache, log }));
  return label !== undefined && isDeciding(label, config.excludePulls) ? [{ ...request, isRerun: true }] : [];
}

/** What may leave a pull request out; GitHub knows no author of one whose account is gone. */
export function traitsOf({ user, labels = [] }: Pick<PullPayload, "user" | "labels">): PullTraits {
  return { author: user?.login ?? "ghost", labels: labels.flatMap(({ name }) => name ?? []) };
}
