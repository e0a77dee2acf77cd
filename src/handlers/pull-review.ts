import type { Report } from "../review/types.ts";
import { checkResultOf, resultOfFailure } from "./check-result.ts";
import { type CheckResult, completeCheck, type Home, startCheck } from "./check-run.ts";
import { openComparison } from "./comparison.ts";
import { traitsOf } from "./events.ts";
import { failureOf, permissionHelp } from "./failures.ts";
import type { Client } from "./github.ts";
import type { Log } from "./log.ts";
import { publish } from "./publish.ts";
import { commentSettings, type Review } from "./review.ts";
import { type Commits, createSnapshotCache, openSnapshot } from "./snapshot.ts";
import type { ChangedFile, Source } from "./source.ts";

/** What is reviewed without a checkout: a pull request, or what one commit adds to another. */
export type Target = { readonly owner: string; readonly repo: string } & (
  | { readonly kind: "pull"; readonly number: number }
  | { readonly kind: "commits"; readonly base: string; readonly head: string }
);

export interface PullReviewOptions {
  readonly client: Client;
  readonly target: Target;
  readonly review: Review;
  /** Whether the check run and the comments are made; without it nothing is written. */
  readonly post: boolean;
  readonly version: string;
  readonly log: Log;
  readonly signal: AbortSignal;
}

/** A review over the API: its report, and what it was about. */
export interface PullReview {
  readonly source: Source;
  readonly report: Report;
  readonly files: readonly ChangedFile[];
  /** What could not be posted, for people; empty when all was. */
  readonly problems: readonly string[];
}

/**
 * Reads `owner/repo#123`, a pull request's address, or `owner/repo@base...head`; null when it is none of them.
 */
export function targetOf(text: string): Target | null {
  const name = String.raw`([\w.-]+)\/([\w.-]+)`;
  const pull =
    new RegExp(String.raw`^${name}#(\d{1,9})$`).exec(text) ??
    new RegExp(String.raw`^https?:\/\/[^/\s]+\/${name}\/pull\/(\d{1,9})(?:[/?#].*)?$`).exec(text);
  if (pull) return { kind: "pull", owner: String(pull[1]), repo: String(pull[2]), number: Number(pull[3]) };
  const commits = new RegExp(String.raw`^${name}@([0-9a-f]{40,64})\.\.\.([0-9a-f]{40,64})$`).exec(text);
  if (!commits) return null;
  const [, owner, repo, base, head] = commits;
  return {
    kind: "commits",
    owner: String(owner),
    repo: String(repo),
    base: String(base),
    head: String(head),
  };
}

/**
 * Reviews a pull request with somebody's token, as the app does with its own, and says it there when that is wanted. A token
 * that may not write, as that of a fork's workflow, costs the comments and not the review. Rejects when GitHub cannot be read.
 */
export async function reviewPull(options: PullReviewOptions): Promise<PullReview> {
  const { client, target, review, post, version, log, signal } = options;
  const { owner, repo } = target;
  const home: Home = { client, owner, repo };
  const number = target.kind === "pull" ? target.number : null;
  const { traits, ...between } = await commitsOf(home, target);
  const commits = { installation: 0, owner, repo, ...between };
  const how = { home, cache: createSnapshotCache(), log, signal };
  const source = number === null ? openComparison(commits, how) : openSnapshot({ ...commits, number }, how);
  const check = post ? await started(home, commits, number) : { id: null, problems: [] };

  try {
    const report = await review(source, { signal, ...(traits && { traits }) });
    const { files } = await source.changedFiles();
    if (!post) return { source, report, files, problems: [] };
    const result = await said(options, { home, commits, number, source, report, files });
    const problems = await completed(home, check.id, result);
    return { source, report, files, problems: [...check.problems, ...problems] };
  } catch (error) {
    if (check.id !== null) await completeCheck(home, check.id, resultOfFailure(null, "cli")).catch(() => {});
    throw error;
  }

  async function said(
    { client: _, ...rest }: PullReviewOptions,
    about: Omit<PullReview, "problems"> & { home: Home; commits: Commits; number: number | null },
  ): Promise<CheckResult> {
    const { base, head } = about.commits;
    if (about.number === null)
      return checkResultOf(about.report, { version, base, head, commented: new Set(), notes: [] });
    const comments = await commentSettings(about.source, about.report);
    const pull = { ...about.commits, number: about.number };
    return publish({ ...rest, ...about, pull, comments });
  }
}

async function commitsOf({ client, owner, repo }: Home, target: Target) {
  if (target.kind === "commits") return { base: target.base, head: target.head, traits: null };
  const { data } = await client.rest.pulls.get({ owner, repo, pull_number: target.number });
  return { base: data.base.sha, head: data.head.sha, traits: traitsOf(data) };
}

async function started(home: Home, { base, head }: Commits, number: number | null) {
  try {
    const delivery = `cli-${process.env.GITHUB_RUN_ID ?? Date.now()}-${process.env.GITHUB_RUN_ATTEMPT ?? 1}`;
    return { id: await startCheck(home, { number, base, head, delivery }), problems: [] };
  } catch (error) {
    return { id: null, problems: [problemOf(error)] };
  }
}

async function completed(home: Home, id: number | null, result: CheckResult): Promise<readonly string[]> {
  if (id === null) return [];
  try {
    await completeCheck(home, id, result);
    return [];
  } catch (error) {
    return [problemOf(error)];
  }
}

/** Only what a token may not do is a problem to be told; all else is a failure. */
function problemOf(error: unknown): string {
  const failure = failureOf(error);
  if (failure.kind !== "permission") throw error;
  return failure.needed
    ? `The token may not write the check run (it needs ${failure.needed.replaceAll("=", ": ")}); the report is only printed here.`
    : `The token may not write the check run; the report is only printed here. ${permissionHelp(null)}`;
}
