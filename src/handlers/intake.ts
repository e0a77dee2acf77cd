import { LRUCache } from "lru-cache";
import { concernsDatabase } from "../review/read.ts";
import { reportOf } from "../review/report/report.ts";
import { firstPage } from "./changed-files.ts";
import { checkResultOf } from "./check-result.ts";
import { createCompletedCheck, type Home, startCheck } from "./check-run.ts";
import { openComparison } from "./comparison.ts";
import { readConversation } from "./conversation.ts";
import { failureOf, fieldsOf, permissionHelp } from "./failures.ts";
import type { GitHub } from "./github.ts";
import type { Log } from "./log.ts";
import { isPull, keyOf, type Queue, type ReviewJob } from "./queue.ts";
import { unconcerned } from "./review.ts";
import type { SnapshotCache } from "./snapshot.ts";

/** A pull request that asks for a review. */
export interface ReviewRequest extends Omit<ReviewJob, "checkRun"> {
  /** Somebody wants it done again, though nothing changed. */
  readonly isRerun: boolean;
  /** False when nobody can have commented on it yet. */
  readonly hasComments: boolean;
  /** A process that ended had taken it; its check run may be there. */
  readonly isTakenUp?: boolean;
}

export interface IntakeOptions {
  readonly github: GitHub;
  readonly queue: Queue;
  readonly cache: SnapshotCache;
  readonly version: string;
  readonly log: Log;
  /** Called with what is being taken in and is not queued yet: a webhook that is answered does not come again. */
  onChange(jobs: readonly ReviewJob[]): void;
}

/** What stands between a webhook, which is answered at once, and the queue. */
export interface Intake {
  /**
   * Takes what a delivery asks for: nothing when the delivery was seen before, else a check run at once and, where the
   * change concerns a database, a review. Resolves when that is done; rejects never.
   */
  accept(delivery: string, requests: () => Promise<readonly ReviewRequest[]>): Promise<void>;
  /** Takes a request that no delivery made. */
  request(request: ReviewRequest): Promise<void>;
  /** Resolves when nothing is being taken in. */
  idle(): Promise<void>;
}

/**
 * Requests of one pull request are taken in one after the other, in the order in which they came, so that the newest is the
 * last to be queued; different pull requests do not wait for each other.
 */
export function createIntake({ github, queue, cache, version, log, onChange }: IntakeOptions): Intake {
  const deliveries = new LRUCache<string, true>({ max: 10_000 });
  /** Pull requests on which nothing of ours was found, and nothing was said since. */
  const silent = new LRUCache<string, true>({ max: 10_000 });
  const lines = new Map<string, Promise<void>>();
  const pending = new Set<Promise<void>>();
  const taking = new Set<ReviewJob>();

  return {
    async accept(delivery, requests) {
      if (deliveries.has(delivery)) return log.info({ delivery }, "delivery was seen before");
      deliveries.set(delivery, true);
      await track(takeAll(delivery, requests));
    },
    request: (request) => track(inLine(request)),
    async idle() {
      while (pending.size > 0) await Promise.all(pending);
    },
  };

  async function takeAll(delivery: string, requests: () => Promise<readonly ReviewRequest[]>): Promise<void> {
    try {
      const results = await Promise.allSettled((await requests()).map(inLine));
      const failed = results.find((result) => result.status === "rejected");
      if (failed) throw failed.reason;
    } catch (error) {
      deliveries.delete(delivery);
      const failure = failureOf(error);
      log.error({ ...fieldsOf(error), delivery }, "delivery could not be taken");
      if (failure.kind === "permission") log.error({ delivery }, permissionHelp(failure.needed));
    }
  }

  function inLine(request: ReviewRequest): Promise<void> {
    const key = keyOf(request);
    const before = lines.get(key) ?? Promise.resolve();
    const { isRerun: _, hasComments: __, isTakenUp: ___, ...job } = request;
    const known = { ...job, checkRun: null };
    remember(() => taking.add(known));
    const mine = before
      .catch(() => {})
      .then(() => take(request))
      .finally(() => remember(() => taking.delete(known)));
    const line = mine.finally(() => lines.get(key) === line && lines.delete(key));
    line.catch(() => {});
    lines.set(key, line);
    return mine;
  }

  function remember(change: () => void): void {
    change();
    onChange([...taking]);
  }

  async function take(request: ReviewRequest): Promise<void> {
    const { isRerun, hasComments, isTakenUp = false, ...job } = request;
    const { installation, owner, repo, number, head, delivery } = job;
    const fields = { delivery, repository: `${owner}/${repo}`, pull: number, head: head.slice(0, 7) };
    if (!isRerun && queue.covers(job)) return log.info(fields, "the same review is under way");
    const home = { client: github.clientFor(installation), owner, repo };
    if (
      !job.questions?.length &&
      (await isNoConcern(job, home)) &&
      !(await hasSpoken(job, home, hasComments))
    ) {
      const result = checkResultOf(nothing, {
        version,
        base: job.base,
        head,
        commented: new Set(),
        notes: [],
      });
      await createCompletedCheck(home, job, result);
      return log.info(fields, "no database file changes");
    }
    silent.delete(keyOf(job));
    const checkRun = await started(home, job, isTakenUp);
    log.info({ ...fields, checkRun }, "review queued");
    queue.add({ ...job, checkRun });
  }

  /** Whether the changed files, all on one page, say that there is nothing to review. When in doubt there is. */
  async function isNoConcern(job: Omit<ReviewJob, "checkRun">, home: Home): Promise<boolean> {
    try {
      if (isPull(job)) {
        const page = await firstPage(job, { home, cache, log });
        return page.isLast && !concernsDatabase(page.files);
      }
      const { files, complete } = await openComparison(job, { home, cache, log }).changedFiles();
      return complete && !concernsDatabase(files);
    } catch (error) {
      if (failureOf(error).kind === "gone") throw error;
      log.warn({ ...fieldsOf(error), delivery: job.delivery }, "changed files could not be listed");
      return false;
    }
  }

  /** Whether something of ours stands on the pull request that would now be wrong. */
  async function hasSpoken(
    job: Omit<ReviewJob, "checkRun">,
    home: Home,
    hasComments: boolean,
  ): Promise<boolean> {
    if (!hasComments || !isPull(job) || silent.has(keyOf(job))) return false;
    const { threads, summary } = await readConversation(home, job.number);
    if (threads.length > 0 || summary) return true;
    silent.set(keyOf(job), true);
    return false;
  }

  /** A check run that cannot be started does not keep the review from being done: it is created when the verdict is there. */
  async function started(
    home: Home,
    job: Omit<ReviewJob, "checkRun">,
    isTakenUp: boolean,
  ): Promise<number | null> {
    try {
      return await startCheck(home, job, isTakenUp);
    } catch (error) {
      const failure = failureOf(error);
      if (failure.kind === "gone") throw error;
      log.error({ ...fieldsOf(error), delivery: job.delivery }, "check could not be started");
      if (failure.kind === "permission")
        log.error({ delivery: job.delivery }, permissionHelp(failure.needed));
      return null;
    }
  }

  function track(work: Promise<void>): Promise<void> {
    const tracked = work.finally(() => pending.delete(tracked));
    pending.add(tracked);
    return tracked;
  }
}

const nothing = reportOf(unconcerned());
