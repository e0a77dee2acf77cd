import { checkResultOf, resultOfEnding, resultOfFailure } from "./check-result.ts";
import { type CheckResult, completeCheck, createCompletedCheck, type Home } from "./check-run.ts";
import { openComparison } from "./comparison.ts";
import { failureOf, fieldsOf, permissionHelp } from "./failures.ts";
import type { GitHub } from "./github.ts";
import { HeadMoved } from "./head-moved.ts";
import type { Log } from "./log.ts";
import { publish } from "./publish.ts";
import { type Ending, isPull, JobEnded, type ReviewJob, type Worker } from "./queue.ts";
import { commentSettings, type Review } from "./review.ts";
import { openSnapshot, type SnapshotCache } from "./snapshot.ts";

export interface WorkerOptions {
  readonly github: GitHub;
  readonly review: Review;
  readonly cache: SnapshotCache;
  readonly version: string;
  readonly log: Log;
  /** Called when a review found the pull request at another head than its own. */
  onMoved(job: ReviewJob): void;
  /** Milliseconds before each further attempt to complete a check run. */
  readonly retries?: readonly number[];
}

const second = 1_000;
const minute = 60 * second;
/** Over an hour, after which GitHub lifts a rate limit. */
const laterAttempts = [30 * second, 2 * minute, 10 * minute, 30 * minute, 60 * minute];

/** Does review jobs. Whatever happens to a job, its check run is completed in the end. */
export function createWorker(options: WorkerOptions): Worker {
  const { github, version, retries = laterAttempts } = options;

  return {
    async run(job, signal) {
      const log = logOf(job, options.log);
      const home = homeOf(job);
      const result = await reviewed(job, home, signal, log).catch((error: unknown) => {
        if (error instanceof HeadMoved) options.onMoved(job);
        return resultOfError(error, job, signal, log);
      });
      await complete(job, home, result, log);
    },
    async drop(job, ending) {
      const log = logOf(job, options.log);
      log.info({ ending }, "job dropped");
      await complete(job, homeOf(job), resultOfEnding(ending), log);
    },
  };

  function homeOf({ installation, owner, repo }: ReviewJob): Home {
    return { client: github.clientFor(installation), owner, repo };
  }

  async function reviewed(job: ReviewJob, home: Home, signal: AbortSignal, log: Log): Promise<CheckResult> {
    signal.throwIfAborted();
    const started = performance.now();
    const how = { home, cache: options.cache, log, signal };
    const source = isPull(job) ? openSnapshot(job, how) : openComparison(job, how);
    const asked = { signal, ...(job.traits && { traits: job.traits }) };
    const report = await unlessAborted(options.review(source, asked), signal);
    const { conclusion, findings, timings } = report;
    const ms = Math.round(performance.now() - started);
    log.info({ conclusion, findings: findings.length, ms, timings: rounded(timings) }, "reviewed");
    const { base, head } = job;
    if (!isPull(job)) return checkResultOf(report, { version, base, head, commented: new Set(), notes: [] });
    const { files } = await source.changedFiles();
    const comments = await commentSettings(source, report);
    const { questions = [], isApplying = false } = job;
    const applying = isApplying ? { applying: source.read } : {};
    return publish({
      home,
      pull: job,
      report,
      files,
      questions,
      ...applying,
      comments,
      version,
      log,
      signal,
    });
  }

  async function complete(
    job: ReviewJob,
    home: Home,
    result: CheckResult,
    log: Log,
    attempt = 0,
  ): Promise<void> {
    const { conclusion } = result;
    try {
      if (job.checkRun === null) await createCompletedCheck(home, job, result);
      else await completeCheck(home, job.checkRun, result);
      log.info({ conclusion, attempt }, "check completed");
    } catch (error) {
      const failure = failureOf(error);
      log.error({ ...fieldsOf(error), conclusion, attempt }, "check could not be completed");
      if (failure.kind === "permission") log.error({}, permissionHelp(failure.needed));
      if (failure.kind === "unknown" || (failure.kind === "refused" && failure.status !== 422))
        later(() => complete(job, home, result, log, attempt + 1), retries[attempt]);
    }
  }

  /** The place in the queue is not held while GitHub cannot be reached, or lets nobody write. */
  function later(again: () => Promise<void>, wait: number | undefined): void {
    if (wait !== undefined) setTimeout(again, wait).unref();
  }
}

/** What the check says when a review did not come to its verdict. */
function resultOfError(error: unknown, job: ReviewJob, signal: AbortSignal, log: Log): CheckResult {
  const ending = endingOf(error, signal);
  if (ending) {
    log.info({ ending }, "job ended");
    return resultOfEnding(ending);
  }
  const failure = failureOf(error);
  if (failure.kind === "gone") {
    log.info(fieldsOf(error), "something of the pull request is gone");
    return resultOfFailure(
      "The pull request, its repository or one of its commits is no longer there.",
      job.delivery,
    );
  }
  log.error(fieldsOf(error), "review failed");
  if (failure.kind !== "permission") return resultOfFailure(null, job.delivery);
  const help = permissionHelp(failure.needed);
  log.error({ needed: failure.needed }, help);
  return resultOfFailure(help, job.delivery);
}

function endingOf(error: unknown, signal: AbortSignal): Ending | null {
  if (error instanceof HeadMoved) return { kind: "superseded", head: error.head };
  if (error instanceof JobEnded) return error.ending;
  return signal.reason instanceof JobEnded ? signal.reason.ending : null;
}

/** A review that does not listen to its signal is left behind. */
function unlessAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    signal.addEventListener("abort", () => reject(signal.reason), { once: true });
    work.then(resolve, reject);
  });
}

function logOf({ owner, repo, number, head, delivery }: ReviewJob, log: Log): Log {
  return log.child({ delivery, repository: `${owner}/${repo}`, pull: number, head: head.slice(0, 7) });
}

function rounded(timings: Readonly<Record<string, number>>): Record<string, number> {
  return Object.fromEntries(Object.entries(timings).map(([phase, ms]) => [phase, Math.round(ms)]));
}
