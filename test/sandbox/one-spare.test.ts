import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { createLull } from "../../src/sandbox/lull.ts";
import { oneSpare } from "../../src/sandbox/one-spare.ts";

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

function spareOf({ isKept = true } = {}) {
  const started: { name: string; lost: string | null }[] = [];
  const start = (kind: string) => async () => {
    const one = { name: `${kind} ${started.length}`, lost: null as string | null };
    started.push(one);
    return {
      name: one.name,
      lost: () => one.lost,
      async close() {
        one.lost = "closed";
      },
    };
  };
  const lull = createLull();
  const spare = oneSpare({ start: start("cold"), startAhead: start("warm"), lull, isKept });
  return { spare, lull, started };
}

it("has one started for the next, once there was a first", async () => {
  const { spare, lull, started } = spareOf();
  lull.now();
  expect(started).toEqual([]);
  expect((await spare.take()).name).toBe("cold 0");
  lull.now();
  await spare.ready();
  expect((await spare.take()).name).toBe("warm 1");
  expect((await spare.take()).name).toBe("cold 2");
});

it("starts another where the one that waits is gone", async () => {
  const { spare, lull, started } = spareOf();
  await spare.take();
  lull.now();
  for (const one of started) one.lost = "it was ended";
  expect((await spare.take()).name).toBe("cold 2");
});

it("ends what waits in vain for long, and at the close", async () => {
  const { spare, lull, started } = spareOf();
  await spare.take();
  lull.now();
  await vi.advanceTimersByTimeAsync(16 * 60_000);
  expect(started[1]?.lost).toBe("closed");
  expect((await spare.take()).name).toBe("cold 2");
  lull.now();
  await spare.close();
  expect(started[3]?.lost).toBe("closed");
  lull.now();
  expect(started).toHaveLength(4);
});

it("has none where none is to be kept", async () => {
  const { spare, lull, started } = spareOf({ isKept: false });
  await spare.take();
  lull.now();
  expect(started).toHaveLength(1);
});
