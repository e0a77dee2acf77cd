import type { PullTraits } from "../review/left-out.ts";
import type { Question } from "./command.ts";
import { fieldsOf } from "./failures.ts";
import type { Log } from "./log.ts";

/** What somebody asked for in a comment, to be answered when the review is done. */
export interface Asked {
  /** Id of the comment. */
  readonly comment: number;
  /** Login. */
  readonly by: string;
  readonly question: Question;
}

/** A review to be done: a plain value, so that it can be kept anywhere. */
export interface ReviewJob {
  readonly installation: number;
  readonly owner: string;
  readonly repo: string;
  /** The pull request's number; null for a merge group, of which the check alone speaks. */
  readonly number: number | null;
  /** Commit ids. */
  readonly head: string;
  readonly base: string;
  /** A draft gets its check, and no comments. */
  readonly draft: boolean;
  /** When the pull request last changed, as the event told it: events do not always arrive in their order. */
  readonly updatedAt: string;
  /** The delivery that asked for it. */
  readonly delivery: string;
  /** The check run that waits for the verdict; null when it could not be created yet. */
  readonly checkRun: number | null;
  /** Not known when left out, as of a merge group. */
  readonly traits?: PullTraits;
  /** None when left out. */
  readonly questions?: readonly Asked[];
  /** Whether the fixes are to be committed. */
  readonly isApplying?: boolean;
}

/** Why a job was ended before it was done. */
export type Ending =
  | { readonly kind: "superseded"; readonly head: string }
  | { readonly kind: "timed-out"; readonly minutes: number }
  | { readonly kind: "stopped" };

/** The reason with which a job's signal aborts. */
export class JobEnded extends Error {
  override readonly name = "JobEnded";
  readonly ending: Ending;

  constructor(ending: Ending) {
    super(ending.kind);
    this.ending = ending;
  }
}

export interface Worker {
  /** Does a job. The signal aborts with a JobEnded; the worker then has to bring the job to its end soon. */
  run(job: ReviewJob, signal: AbortSignal): Promise<void>;
  /** Brings a job to its end that never began. */
  drop(job: ReviewJob, ending: Ending): Promise<void>;
}

/** Where reviews wait. At most one job of a pull request runs at a time, and only the newest waits. */
export interface Queue {
  /** Takes a job. An older one of the same pull request makes way, whether it waits or runs. */
  add(job: ReviewJob): void;
  /** Whether the same commits of the pull request, or newer ones, already wait or run. */
  covers(job: Omit<ReviewJob, "checkRun">): boolean;
  size(): { readonly waiting: number; readonly running: number };
  /** Resolves when nothing waits or runs. */
  idle(): Promise<void>;
  /** Takes no more jobs; what waits is dropped, what runs may go on for `grace` milliseconds. */
  close(grace: number): Promise<void>;
}

export interface QueueOptions {
  readonly worker: Worker;
  readonly log: Log;
  /** Jobs at a time. */
  readonly concurrency?: number;
  /** Most milliseconds for a job. */
  readonly timeLimit?: number;
  /** Milliseconds after a job was told to end until its place is given to the next one. */
  readonly endLimit?: number;
  /** Called with all jobs that are not done, whenever they change; those that a stop ended are among them, without their check runs. */
  onChange?(jobs: readonly ReviewJob[]): void;
}

interface Running {
  readonly job: ReviewJob;
  readonly controller: AbortController;
  readonly done: Promise<void>;
}

const minute = 60_000;

/** A queue in memory. A hanging job costs its place until its time is over, and keeps no other from going on. */
export function createQueue(options: QueueOptions): Queue {
  const { worker, log, concurrency = 2, timeLimit = 10 * minute, endLimit = 10 * minute, onChange } = options;
  const waiting = new Map<string, ReviewJob>();
  const running = new Map<string, Running>();
  const drops = new Set<Promise<void>>();
  const stopped: ReviewJob[] = [];
  let isClosed = false;

  return {
    add(job) {
      const key = keyOf(job);
      const older = waiting.get(key);
      if (isClosed) return stop(job);
      if (older && isOlder(job, older)) return drop(job, { kind: "superseded", head: older.head });
      const current = running.get(key);
      if (current && isOlder(job, current.job))
        return drop(job, { kind: "superseded", head: current.job.head });
      if (older) drop(older, { kind: "superseded", head: job.head });
      current?.controller.abort(new JobEnded({ kind: "superseded", head: job.head }));
      waiting.set(key, withQuestions(job, [current?.job, older]));
      changed();
      next();
    },
    covers(job) {
      const key = keyOf(job);
      const known = waiting.get(key) ?? running.get(key)?.job;
      return known !== undefined && (isSame(known, job) || isOlder(job, known));
    },
    size: () => ({ waiting: waiting.size, running: running.size }),
    async idle() {
      while (running.size + waiting.size + drops.size > 0) await all();
    },
    async close(grace) {
      isClosed = true;
      for (const job of waiting.values()) stop(job);
      waiting.clear();
      await within(all(), grace);
      for (const { job, controller } of running.values()) {
        stopped.push({ ...job, checkRun: null });
        controller.abort(new JobEnded({ kind: "stopped" }));
      }
      await all();
    },
  };

  function all(): Promise<unknown> {
    return Promise.all([...[...running.values()].map(({ done }) => done), ...drops]);
  }

  function next(): void {
    for (const [key, job] of waiting) {
      if (running.size >= concurrency) return;
      if (running.has(key)) continue;
      waiting.delete(key);
      start(key, job);
    }
  }

  function start(key: string, job: ReviewJob): void {
    const controller = new AbortController();
    const ending = { kind: "timed-out", minutes: timeLimit / minute } as const;
    const timer = setTimeout(() => controller.abort(new JobEnded(ending)), timeLimit);
    const work = worker.run(job, controller.signal).catch((error: unknown) => {
      log.error({ ...fieldsOf(error), ...fields(job) }, "job failed");
    });
    const done = Promise.race([work, lateAfter(controller.signal, endLimit)]).then((isLate) => {
      clearTimeout(timer);
      if (isLate) log.error(fields(job), "job does not end; its place is given away");
      running.delete(key);
      changed();
      next();
    });
    running.set(key, { job, controller, done });
  }

  function stop(job: ReviewJob): void {
    stopped.push({ ...job, checkRun: null });
    drop(job, { kind: "stopped" });
  }

  function drop(job: ReviewJob, ending: Ending): void {
    const dropped = worker
      .drop(job, ending)
      .catch((error: unknown) =>
        log.error({ ...fieldsOf(error), ...fields(job) }, "job could not be dropped"),
      )
      .finally(() => drops.delete(dropped));
    drops.add(dropped);
  }

  function changed(): void {
    const ends = new Set(stopped.map(keyOf));
    const alive = [...[...running.values()].map(({ job }) => job), ...waiting.values()];
    onChange?.([...alive.filter((job) => !ends.has(keyOf(job))), ...stopped]);
  }
}

/** Whether a job is about a pull request, and not about what a merge queue is about to merge. */
export function isPull<Job extends { readonly number: number | null }>(
  job: Job,
): job is Job & { readonly number: number } {
  return job.number !== null;
}

/** Identifies a pull request, or a merge group, among all that the app sees. */
export function keyOf({ installation, owner, repo, number, head }: Omit<ReviewJob, "checkRun">): string {
  return `${installation}/${owner}/${repo}#${number ?? `queue/${head}`}`.toLowerCase();
}

/** What was asked of a job that makes way is answered by the one that takes its place. */
function withQuestions(job: ReviewJob, before: readonly (ReviewJob | undefined)[]): ReviewJob {
  const all = [...before.flatMap((one) => one?.questions ?? []), ...(job.questions ?? [])];
  const questions = all.filter((one, i) => all.findIndex(({ comment }) => comment === one.comment) === i);
  return questions.length > 0 ? { ...job, questions } : job;
}

function isSame(a: Omit<ReviewJob, "checkRun">, b: Omit<ReviewJob, "checkRun">): boolean {
  return a.head === b.head && a.base === b.base && a.draft === b.draft;
}

function isOlder(a: { updatedAt: string }, b: { updatedAt: string }): boolean {
  return Date.parse(a.updatedAt) < Date.parse(b.updatedAt);
}

function fields({ owner, repo, number, head, delivery }: ReviewJob) {
  return { repository: `${owner}/${repo}`, pull: number, head, delivery };
}

/** Resolves with true when so much time has passed since the signal aborted. */
function lateAfter(signal: AbortSignal, milliseconds: number): Promise<true> {
  return new Promise((resolve) => {
    signal.addEventListener("abort", () => setTimeout(() => resolve(true), milliseconds).unref(), {
      once: true,
    });
  });
}

async function within(work: Promise<unknown>, milliseconds: number): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const time = new Promise((resolve) => {
    timer = setTimeout(resolve, milliseconds);
  });
  await Promise.race([work, time]);
  clearTimeout(timer);
}
