import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { createLull } from "../../src/sandbox/lull.ts";

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

describe("what can wait", () => {
  it("is done once, after a moment in which nobody waits", () => {
    const [lull, work] = [createLull(), vi.fn()];
    lull.later(work);
    lull.later(work);
    vi.advanceTimersByTime(200);
    expect(work).not.toHaveBeenCalled();
    vi.advanceTimersByTime(100);
    expect(work).toHaveBeenCalledOnce();
    vi.advanceTimersByTime(10_000);
    expect(work).toHaveBeenCalledOnce();
  });

  it("waits while somebody does, and a moment longer", () => {
    const [lull, work] = [createLull(), vi.fn()];
    const [first, second] = [lull.busy(), lull.busy()];
    lull.later(work);
    first();
    first();
    vi.advanceTimersByTime(1_000);
    expect(work).not.toHaveBeenCalled();
    second();
    vi.advanceTimersByTime(200);
    const third = lull.busy();
    vi.advanceTimersByTime(200);
    expect(work).not.toHaveBeenCalled();
    third();
    vi.advanceTimersByTime(300);
    expect(work).toHaveBeenCalledOnce();
  });

  it("is done in the end where somebody always waits", () => {
    const [lull, work] = [createLull(), vi.fn()];
    lull.busy();
    lull.later(work);
    vi.advanceTimersByTime(1_900);
    expect(work).not.toHaveBeenCalled();
    lull.busy();
    vi.advanceTimersByTime(200);
    expect(work).toHaveBeenCalledOnce();
  });

  it("is done at once when it is asked for, and not at all after the end", () => {
    const [lull, work] = [createLull(), vi.fn()];
    lull.busy();
    lull.later(work);
    lull.now();
    expect(work).toHaveBeenCalledOnce();
    lull.later(work);
    lull.end();
    vi.advanceTimersByTime(10_000);
    expect(work).toHaveBeenCalledOnce();
  });
});
