/** Milliseconds by phase; a phase that comes again adds up. */
export function stopwatch() {
  const timings: Record<string, number> = {};
  let last = performance.now();
  return {
    lap(phase: string): void {
      const now = performance.now();
      timings[phase] = (timings[phase] ?? 0) + now - last;
      last = now;
    },
    timings: () => ({ ...timings }),
  };
}
