import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import {
  createQueue,
  type Ending,
  JobEnded,
  type QueueOptions,
  type ReviewJob,
} from "../../src/handlers/queue.ts";
import { logBook } from "./fake-github.ts";

function job(number: number, head = "a", more: Partial<ReviewJob> = {}): ReviewJob {
  const fixed = {
    installation: 2,
    owner: "acme",
    repo: "shop",
    base: "0",
    draft: false,
    updatedAt: "2026-01-01T00:00:00Z",
  };
  return { ...fixed, number, head, delivery: `d-${number}-${head}`, checkRun: 1, ...more };
}

/** A queue whose jobs run until they are told to end, and what became of them. */
function bench(options: Partial<QueueOptions> = {}) {
  const events: string[] = [];
  const ends = new Map<string, () => void>();
  const nameOf = ({ number, head }: ReviewJob) => `${number}${head}`;
  const told = (ending: Ending) =>
    ending.kind === "superseded" ? `superseded by ${ending.head}` : ending.kind;
  const queue = createQueue({
    log: logBook(),
    worker: {
      async run(one, signal) {
        events.push(`${nameOf(one)} runs`);
        await new Promise<void>((resolve) => {
          ends.set(nameOf(one), resolve);
          signal.addEventListener("abort", () => {
            events.push(
              `${nameOf(one)} ${signal.reason instanceof JobEnded ? told(signal.reason.ending) : "aborted"}`,
            );
            resolve();
          });
        });
      },
      async drop(one, ending) {
        events.push(`${nameOf(one)} dropped, ${told(ending)}`);
      },
    },
    ...options,
  });
  const end = async (name: string) => {
    ends.get(name)?.();
    await sleep(1);
  };
  return { queue, events, end };
}

describe("the queue", () => {
  it("runs two jobs at a time, in their order", async () => {
    const { queue, events, end } = bench();
    for (const number of [1, 2, 3]) queue.add(job(number));
    expect(events).toEqual(["1a runs", "2a runs"]);
    expect(queue.size()).toEqual({ waiting: 1, running: 2 });
    await end("2a");
    expect(events.at(-1)).toBe("3a runs");
  });

  it("goes on with others while one hangs, and takes its place away when its time is over", async () => {
    const log = logBook();
    const seen: string[] = [];
    const worker = {
      async run({ head }: ReviewJob) {
        seen.push(head);
        if (head === "hangs") await new Promise(() => {});
      },
      async drop() {},
    };
    const queue = createQueue({ log, timeLimit: 20, endLimit: 20, concurrency: 1, worker });
    queue.add(job(1, "hangs"));
    queue.add(job(2, "quick"));
    await queue.idle();
    expect(seen).toEqual(["hangs", "quick"]);
    expect(log.lines).toMatchObject([{ message: "job does not end; its place is given away", pull: 1 }]);
  });

  it("tells a job when its time is over", async () => {
    const { queue, events } = bench({ timeLimit: 10 });
    queue.add(job(1));
    await queue.idle();
    expect(events).toEqual(["1a runs", "1a timed-out"]);
  });

  it("runs one job of a pull request at a time: a newer one ends the older one first", async () => {
    const { queue, events } = bench();
    queue.add(job(1, "a"));
    queue.add(job(1, "b"));
    expect(queue.size()).toEqual({ waiting: 1, running: 1 });
    await sleep(5);
    expect(events).toEqual(["1a runs", "1a superseded by b", "1b runs"]);
  });

  it("keeps only the newest of the jobs that wait", async () => {
    const { queue, events } = bench({ concurrency: 1 });
    queue.add(job(9));
    for (const head of ["a", "b", "c"]) queue.add(job(1, head));
    expect(events).toEqual(["9a runs", "1a dropped, superseded by b", "1b dropped, superseded by c"]);
    expect(queue.size()).toEqual({ waiting: 1, running: 1 });
  });

  it("knows an event that arrives late by its time", () => {
    const { queue, events } = bench();
    queue.add(job(1, "b", { updatedAt: "2026-01-01T00:00:09Z" }));
    queue.add(job(1, "a", { updatedAt: "2026-01-01T00:00:01Z" }));
    expect(events).toEqual(["1b runs", "1a dropped, superseded by b"]);
  });

  it("knows the work that is under way", () => {
    const { queue } = bench();
    queue.add(job(1, "a"));
    expect(queue.covers(job(1, "a"))).toBe(true);
    expect(queue.covers(job(1, "b"))).toBe(false);
    expect(queue.covers(job(1, "a", { base: "1" }))).toBe(false);
    expect(queue.covers(job(1, "a", { draft: true }))).toBe(false);
    expect(queue.covers(job(2, "a"))).toBe(false);
  });

  it("survives a job that throws", async () => {
    const log = logBook();
    const worker = { run: async () => Promise.reject(new Error("SELECT secret")), drop: async () => {} };
    const queue = createQueue({ log, worker });
    queue.add(job(1));
    await queue.idle();
    expect(log.lines).toMatchObject([{ level: "error", message: "job failed", pull: 1 }]);
    expect(JSON.stringify(log.lines)).not.toContain("secret");
  });
});

describe("a queue that is closed", () => {
  it("drops what waits, lets what runs end, and takes nothing more", async () => {
    const { queue, events, end } = bench({ concurrency: 1 });
    queue.add(job(1));
    queue.add(job(2));
    const closed = queue.close(1_000);
    await end("1a");
    await closed;
    queue.add(job(3));
    expect(events).toEqual(["1a runs", "2a dropped, stopped", "3a dropped, stopped"]);
  });

  it("ends what runs too long", async () => {
    const { queue, events } = bench();
    queue.add(job(1));
    await queue.close(5);
    expect(events).toEqual(["1a runs", "1a stopped"]);
  });

  it("remembers what is not done: with its check run while it lives, without it when a stop completed that", async () => {
    let known: readonly ReviewJob[] = [];
    const { queue, end } = bench({ concurrency: 1, onChange: (jobs) => (known = jobs) });
    queue.add(job(1));
    queue.add(job(2));
    expect(known).toMatchObject([
      { number: 1, checkRun: 1 },
      { number: 2, checkRun: 1 },
    ]);
    queue.add(job(3));
    const closed = queue.close(1_000);
    await end("1a");
    await closed;
    expect(known).toMatchObject([
      { number: 2, checkRun: null },
      { number: 3, checkRun: null },
    ]);
  });
});
