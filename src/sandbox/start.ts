import { extensionArchives } from "./extensions.ts";
import { pgliteVersion } from "./image.ts";
import { type Isolated, startIsolated } from "./isolated.ts";
import type { Limits } from "./limits.ts";
import type { Answers, Image } from "./messages.ts";

/** A process in which a database answers. */
export interface Started extends Readonly<Answers["boot"]> {
  readonly isolated: Isolated;
}

export interface StartOptions {
  /** Runs typical statements first, so that the first migration does not wait for the compiler. */
  readonly warm: boolean;
  /** Whether checkpoints may be copies of memory; archives otherwise. */
  readonly snapshots: boolean;
}

/** Milliseconds for a start: 0.6 s on an idle machine. */
const startTime = 60_000;

/** Starts a process and, in it, a database from an image. Throws when it does not start, with the reason as the cause. */
export async function startDatabaseProcess(
  image: Image,
  limits: Limits,
  options: StartOptions,
): Promise<Started> {
  const isolated = await startIsolated(limits, typeof image === "string" ? image : null);
  try {
    const { memory, files, output } = limits;
    const answer = await isolated.call(
      {
        kind: "boot",
        image,
        version: pgliteVersion(),
        limits: { memory, files, output },
        extensions: extensionArchives(),
        ...options,
      },
      startTime,
    );
    return { isolated, ...answer };
  } catch (cause) {
    await isolated.kill("it did not start");
    throw new Error("The sandbox's database could not be started", { cause });
  }
}
