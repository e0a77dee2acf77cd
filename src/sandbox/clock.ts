import { readFileSync } from "node:fs";

/** Stops a running clock; it will not strike any more. */
export type StopClock = () => void;

/** A busy parent reads late: an answer that is already there when the clock strikes still counts. */
const grace = 30;
/** How many times its own length a clock may run on a machine that is too busy. */
const patience = 4;
const shortestWait = 20;

/**
 * Strikes once a process has had so many milliseconds. Time in which it could have run, but other processes had the
 * processors, does not count where the system tells it: a busy machine is not the migration's fault.
 */
export function startClock(pid: number | undefined, milliseconds: number, strike: () => void): StopClock {
  const started = performance.now();
  let waitedBefore = 0;
  // Most are stopped long before: what takes longer than asking the system waits for it.
  let timer = later(begin, Math.min(milliseconds, shortestWait));

  function begin(): void {
    waitedBefore = waitedFor(pid);
    timer = later(check, Math.max(0, milliseconds - (performance.now() - started)));
  }

  function check(): void {
    const elapsed = performance.now() - started;
    const had = elapsed - Math.max(0, waitedFor(pid) - waitedBefore);
    const left = Math.min(milliseconds - had, patience * milliseconds - elapsed);
    timer = left > 1 ? later(check, Math.max(left, shortestWait)) : later(strike, grace);
  }

  return () => clearTimeout(timer);
}

function later(callback: () => void, milliseconds: number): NodeJS.Timeout {
  return setTimeout(callback, milliseconds).unref();
}

/** Milliseconds a process's main thread has waited for a processor: the second figure of Linux's schedstat, else 0. */
function waitedFor(pid: number | undefined): number {
  try {
    const nanoseconds = readFileSync(`/proc/${pid}/schedstat`, "latin1").split(" ")[1];
    return Number(nanoseconds ?? 0) / 1e6;
  } catch {
    return 0;
  }
}
