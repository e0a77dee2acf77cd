/** What can wait until nobody is waited for: starting a process in advance takes all the processors of a small machine. */
export interface Lull {
  /** Somebody waits, until the answer is called. */
  busy(): () => void;
  /** Does the work once nobody has waited for a moment, or it has been put off for long; it is done once, however often it is asked for. */
  later(work: () => void): void;
  /** Does at once what was put off. */
  now(): void;
  /** What was put off is not done. */
  end(): void;
}

/** Milliseconds in which nobody is waited for: one review runs one database after the other. */
const moment = 250;
/** Milliseconds for which work is put off at most: where somebody always waits, it has to be done nevertheless. */
const longest = 2_000;

export function createLull(): Lull {
  const work = new Set<() => void>();
  let waiting = 0;
  let since = 0;
  let timer: NodeJS.Timeout | null = null;

  function wait(): void {
    if (timer) clearTimeout(timer);
    const left = Math.max(0, since + longest - performance.now());
    timer = work.size === 0 ? null : setTimeout(now, waiting > 0 ? left : Math.min(moment, left)).unref();
  }

  function now(): void {
    const due = [...work];
    work.clear();
    for (const one of due) one();
  }

  return {
    busy() {
      waiting += 1;
      wait();
      let isOver = false;
      return () => {
        if (isOver) return;
        isOver = true;
        waiting -= 1;
        wait();
      };
    },
    later(one) {
      if (work.size === 0) since = performance.now();
      work.add(one);
      wait();
    },
    now,
    end() {
      work.clear();
      wait();
    },
  };
}
