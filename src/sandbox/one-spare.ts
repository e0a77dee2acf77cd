import type { Lull } from "./lull.ts";

/** What a process is asked while it waits, whatever runs in it. */
interface Waiting {
  /** Why it is gone; null while it is well. */
  lost(): string | null;
  close(): Promise<void>;
}

/** Keeps one process started for whoever needs it next, once one was needed, and for as long as that is likely again. */
export interface OneSpare<Of extends Waiting> {
  take(): Promise<Of>;
  /** Resolves when the spare that is wanted has started. */
  ready(): Promise<void>;
  close(): Promise<void>;
}

/** Milliseconds for which a process waits in vain. */
const patience = 15 * 60_000;

export interface SpareOptions<Of> {
  /** Starts one for somebody who waits. */
  start(): Promise<Of>;
  /** Starts one for later, with all that makes it quicker. */
  startAhead(): Promise<Of>;
  readonly lull: Lull;
  /** Whether there is to be a spare; each is started when it is needed where not. */
  readonly isKept: boolean;
}

export function oneSpare<Of extends Waiting>({
  start,
  startAhead,
  lull,
  isKept,
}: SpareOptions<Of>): OneSpare<Of> {
  let spare: Promise<Of> | null = null;
  let timer: NodeJS.Timeout | null = null;
  let isClosed = false;

  function fill(): void {
    if (isClosed || spare) return;
    spare = startAhead();
    // A start that failed is tried, and told, again by the next one that needs it.
    spare.catch(() => undefined);
    timer = setTimeout(() => void end(), patience).unref();
  }

  /** Takes what waits away; null where nothing does. */
  async function out(): Promise<Of | null> {
    const waiting = spare;
    spare = null;
    if (timer) clearTimeout(timer);
    const started = await waiting?.catch(() => null);
    return started && started.lost() === null ? started : null;
  }

  async function end(): Promise<void> {
    await (await out())?.close();
  }

  return {
    async take() {
      const waiting = out();
      if (isKept) lull.later(fill);
      return (await waiting) ?? start();
    },
    async ready() {
      await spare;
    },
    async close() {
      isClosed = true;
      await end();
    },
  };
}
