import type { ApplicationFunction } from "probot";
import { readCommand } from "./command.ts";
import { actionRequests, commandRequests, isCommandable } from "./commands.ts";
import { followUpOf, labelRequests, mergeGroupRequest, requestOf, rerunOf, rerunRequests } from "./events.ts";
import { fieldsOf } from "./failures.ts";
import type { GitHub } from "./github.ts";
import { createIntake } from "./intake.ts";
import type { Journal } from "./journal.ts";
import type { Log } from "./log.ts";
import { bringMissed } from "./missed.ts";
import { createQueue, type ReviewJob } from "./queue.ts";
import type { Review } from "./review.ts";
import { createSnapshotCache } from "./snapshot.ts";
import { createWorker } from "./worker.ts";

export interface ServiceOptions {
  readonly github: GitHub;
  readonly review: Review;
  readonly version: string;
  readonly log: Log;
  readonly journal: Journal;
  /** Reviews at a time. */
  readonly concurrency?: number;
  /** Most milliseconds for a review. */
  readonly timeLimit?: number;
}

/** The app's work behind its webhooks. */
export interface Service {
  /** Which events ask for what. */
  readonly app: ApplicationFunction;
  /** Takes up what an earlier process left undone, and what GitHub could not bring while there was none. */
  recover(): Promise<void>;
  size(): { readonly waiting: number; readonly running: number };
  /** Resolves when nothing is under way. */
  idle(): Promise<void>;
  /** Ends: what runs may go on for `grace` milliseconds, then every check run is completed. */
  close(grace: number): Promise<void>;
}

/** Connects webhooks, queue, worker and journal. */
export function createService({ github, review, version, log, journal, ...limits }: ServiceOptions): Service {
  const cache = createSnapshotCache();
  const worker = createWorker({ github, review, cache, version, log, onMoved: (job) => void followUp(job) });
  /** Jobs that are queued, and those that are being taken in. */
  const undone: Record<"queued" | "taking", readonly ReviewJob[]> = { queued: [], taking: [] };
  const queue = createQueue({ worker, log, onChange: (queued) => remember({ queued }), ...limits });
  const intake = createIntake({
    github,
    queue,
    cache,
    version,
    log,
    onChange: (taking) => remember({ taking }),
  });
  const homeOf = (installation: number, repository: { name: string; owner: { login: string } }) => ({
    client: github.clientFor(installation),
    owner: repository.owner.login,
    repo: repository.name,
  });

  return {
    app(probot) {
      probot.on(
        [
          "pull_request.opened",
          "pull_request.synchronize",
          "pull_request.reopened",
          "pull_request.ready_for_review",
          "pull_request.edited",
        ],
        ({ id, payload }) => {
          const request = requestOf(payload, id);
          if (request) void intake.accept(id, async () => [request]);
        },
      );
      probot.on(["pull_request.labeled", "pull_request.unlabeled"], ({ id, payload }) => {
        const request = requestOf(payload, id);
        if (!request) return;
        const home = homeOf(request.installation, payload.repository);
        void intake.accept(id, () => labelRequests(request, payload.label?.name, { home, cache, log }));
      });
      probot.on("check_run.requested_action", ({ id, payload }) => {
        const { installation, repository, check_run: run } = payload;
        if (run.app?.id !== github.appId || !installation) return;
        const home = homeOf(installation.id, repository);
        void intake.accept(id, () => actionRequests(home, payload, id));
      });
      probot.on("issue_comment.created", ({ id, payload }) => {
        const { installation, repository, comment } = payload;
        const command = isCommandable(payload) ? readCommand(comment.body) : null;
        if (!command || !installation) return;
        const home = homeOf(installation.id, repository);
        void intake.accept(id, () => commandRequests(home, payload, command, { delivery: id, log }));
      });
      probot.on("merge_group.checks_requested", ({ id, payload }) => {
        const request = mergeGroupRequest(payload, id);
        if (request) void intake.accept(id, async () => [request]);
      });
      probot.on(["check_run.rerequested", "check_suite.rerequested"], ({ id, payload }) => {
        const { installation, repository } = payload;
        const rerun = rerunOf(payload, github.appId);
        if (!rerun || !installation) return;
        const home = homeOf(installation.id, repository);
        void intake.accept(id, () => rerunRequests(home, payload, rerun, id));
      });
    },
    async recover() {
      const jobs = journal.takeOver();
      for (const job of jobs) {
        log.info(
          { repository: `${job.owner}/${job.repo}`, pull: job.number, head: job.head },
          "review taken up again",
        );
        if (job.checkRun !== null) queue.add(job);
        else
          await intake
            .request({ ...job, isRerun: true, hasComments: true, isTakenUp: true })
            .catch((error) => log.error(fieldsOf(error), "review not taken up again"));
      }
      await bringMissed(github.app, log);
    },
    size: queue.size,
    async idle() {
      do {
        await intake.idle();
        await queue.idle();
      } while (queue.size().running + queue.size().waiting > 0);
    },
    async close(grace) {
      await intake.idle();
      await queue.close(grace);
    },
  };

  async function followUp(job: ReviewJob): Promise<void> {
    try {
      const home = homeOf(job.installation, { name: job.repo, owner: { login: job.owner } });
      const request = await followUpOf(home, job);
      if (request) await intake.request(request);
    } catch (error) {
      log.error({ ...fieldsOf(error), delivery: job.delivery }, "newer head could not be queued");
    }
  }

  function remember(now: Partial<typeof undone>): void {
    Object.assign(undone, now);
    const { queued, taking } = undone;
    const isQueued = (job: ReviewJob) =>
      queued.some(
        ({ delivery, head, number }) =>
          delivery === job.delivery && head === job.head && number === job.number,
      );
    try {
      journal.write([...queued, ...taking.filter((job) => !isQueued(job))]);
    } catch (error) {
      log.warn(fieldsOf(error), "journal could not be written");
    }
  }
}
