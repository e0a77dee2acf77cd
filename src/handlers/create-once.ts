import { setTimeout as sleep } from "node:timers/promises";
import { failureOf } from "./failures.ts";

export interface Creation<T> {
  /** Sends the request that creates; marked `once`, so that nothing below repeats it. */
  create(): Promise<T>;
  /** Looks for what an earlier attempt may have created; null when there is none. */
  find(): Promise<T | null>;
  /** Milliseconds before each further attempt. */
  readonly waits?: readonly number[];
}

/**
 * Creates something at GitHub exactly once. When an answer is lost, or the server fails, nobody knows whether it was made:
 * it is looked for before it is made again. Rejects with the last error; at once where GitHub refused.
 */
export async function createOnce<T>({
  create,
  find,
  waits = [1_000, 4_000, 10_000],
}: Creation<T>): Promise<T> {
  for (const wait of waits) {
    try {
      return await create();
    } catch (error) {
      if (failureOf(error).kind !== "unknown") throw error;
      await sleep(wait);
      const found = await find();
      if (found !== null) return found;
    }
  }
  return create();
}
