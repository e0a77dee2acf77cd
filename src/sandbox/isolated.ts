import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, readFileSync, realpathSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { type StopClock, startClock } from "./clock.ts";
import { EngineLost } from "./engine.ts";
import { extensionArchives, pgliteDirectory } from "./extensions.ts";
import { type Limits, sizeText, timeText } from "./limits.ts";
import { type Answers, exitCodes, type Request } from "./messages.ts";
import { commandLine, findWalls } from "./walls.ts";

/** A process that holds one database, and the channel to it: PGlite's, unless other questions and answers are named. */
export interface Isolated<Asks extends { readonly kind: string } = Request, Gives = Answers> {
  readonly pid: number;
  /** Asks, one question after the other. Rejects with EngineLost when the process was stopped or is gone. */
  call<Asked extends Asks>(request: Asked, milliseconds: number): Promise<Gives[Asked["kind"] & keyof Gives]>;
  /** Asks what is answered in parts, each of which has the milliseconds of its place. Tells each as it comes. */
  callInParts(request: Asks, milliseconds: readonly number[], told: (part: unknown) => void): Promise<void>;
  /** Ends it for good after so many milliseconds, unless stopped before. */
  endAfter(milliseconds: number, reason: string): StopClock;
  /** Why it is gone or will no longer be asked; null while it is well. */
  lost(): string | null;
  /** Ends it at once. What is being asked is answered with the reason. */
  kill(reason: string): Promise<void>;
}

/** What runs in a process: its compiled entry, a path from this folder, and what it may read besides our own files. */
export interface Program {
  readonly entry: string;
  /** Files, and folders ending in "/*". */
  readonly readable: readonly string[];
}

type Last = { readonly id: number } & ({ readonly value: unknown } | { readonly failed: string });
type Answer = Last | { readonly id: number; readonly part: unknown };

interface Waiting {
  resolve(answer: Last): void;
  tell(part: unknown): void;
  reject(error: Error): void;
}

const watchInterval = 50;
const running = new Set<ChildProcess>();
process.on("exit", () => {
  for (const child of running) child.kill("SIGKILL");
});

/** Starts a process for PGlite. It may read the engine's own files and, if one is named, the image. */
export function startIsolated(limits: Limits, image: string | null): Promise<Isolated> {
  return startProgram(limits, { entry: "child.js", readable: readableFiles(image) });
}

/** Starts a process behind all walls. */
export async function startProgram<Asks extends { readonly kind: string }, Gives>(
  limits: Limits,
  { entry, readable }: Program,
): Promise<Isolated<Asks, Gives>> {
  const main = compiledFile(entry);
  const { file, args } = commandLine(await findWalls(), {
    entry: main,
    readable: [...ownFiles(), ...readable],
    processorSeconds: Math.ceil((2 * limits.run) / 1_000) + 60,
  });
  const child = spawn(file, args, {
    env: {},
    cwd: path.parse(process.execPath).root,
    stdio: ["ignore", "ignore", "ignore", "ipc"],
    serialization: "advanced",
  });
  return isolatedOf(child, limits);
}

function isolatedOf<Asks extends { readonly kind: string }, Gives>(
  child: ChildProcess,
  limits: Limits,
): Isolated<Asks, Gives> {
  const waiting = new Map<number, Waiting>();
  let reason: string | null = null;
  let last = 0;
  let queue: Promise<unknown> = Promise.resolve();
  const gone = new Promise<void>((resolve) => {
    child.once("exit", (code, signal) => {
      running.delete(child);
      lose(exitReason(code, signal));
      resolve();
    });
    child.once("error", (error) => {
      running.delete(child);
      lose(`the database process could not be started: ${error.message}`);
      resolve();
    });
  });

  running.add(child);
  child.on("message", (answer: Answer) => {
    if ("part" in answer) waiting.get(answer.id)?.tell(answer.part);
    else waiting.get(answer.id)?.resolve(answer);
  });
  idle();

  function lose(why: string): void {
    reason ??= why;
    for (const { reject } of waiting.values()) reject(new EngineLost(reason));
    waiting.clear();
  }

  function kill(why: string): Promise<void> {
    lose(why);
    child.ref();
    child.kill("SIGKILL");
    return gone;
  }

  /** A process that is asked nothing must not keep the parent from ending. */
  function idle(): void {
    if (reason !== null) return;
    child.unref();
    child.channel?.unref();
  }

  function call<Asked extends Asks>(
    request: Asked,
    milliseconds: number,
  ): Promise<Gives[Asked["kind"] & keyof Gives]> {
    return inTurn(request, [milliseconds], () => {}) as Promise<Gives[Asked["kind"] & keyof Gives]>;
  }

  async function callInParts(
    request: Asks,
    milliseconds: readonly number[],
    told: (part: unknown) => void,
  ): Promise<void> {
    await inTurn(request, milliseconds, told);
  }

  function inTurn(
    request: Asks,
    milliseconds: readonly number[],
    told: (part: unknown) => void,
  ): Promise<unknown> {
    const answer = queue.then(() => ask(request, milliseconds, told));
    queue = answer.catch(() => {});
    return answer;
  }

  async function ask(
    request: Asks,
    milliseconds: readonly number[],
    told: (part: unknown) => void,
  ): Promise<unknown> {
    if (reason !== null) throw new EngineLost(reason);
    child.ref();
    child.channel?.ref();
    const id = ++last;
    const clockOf = (part: number) => {
      const time = milliseconds[part] ?? milliseconds.at(-1) ?? 0;
      return startClock(
        child.pid,
        time,
        () => void kill(`it took longer than ${timeText(time)} and was stopped`),
      );
    };
    const watch = setInterval(watchSize, watchInterval);
    let parts = 0;
    let stopClock = clockOf(0);
    try {
      const answer = await new Promise<Last>((resolve, reject) => {
        const tell = (part: unknown) => {
          stopClock();
          parts += 1;
          stopClock = clockOf(parts);
          told(part);
        };
        waiting.set(id, { resolve, reject, tell });
        child.send({ id, request }, (error) => {
          if (error) lose("the database process is gone");
        });
      });
      if ("failed" in answer) throw new Error(answer.failed);
      return answer.value;
    } finally {
      stopClock();
      clearInterval(watch);
      waiting.delete(id);
      idle();
    }
  }

  function watchSize(): void {
    const size = residentSize(child.pid);
    if (size !== null && size > limits.resident) {
      void kill(`it used more memory than ${sizeText(limits.resident)} and was stopped`);
    }
  }

  function endAfter(milliseconds: number, why: string): StopClock {
    return startClock(child.pid, milliseconds, () => void kill(why));
  }

  return { pid: child.pid ?? 0, call, callInParts, endAfter, lost: () => reason, kill };
}

/** Resident bytes of a process; null where the system does not tell. */
export function residentSize(pid: number | undefined): number | null {
  try {
    const kilobytes = /^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, "latin1"))?.[1];
    return kilobytes === undefined ? null : Number(kilobytes) * 1024;
  } catch {
    return null;
  }
}

function exitReason(code: number | null, signal: NodeJS.Signals | null): string {
  if (code === exitCodes.output) return "its answer was larger than what one query may send";
  if (signal === "SIGKILL") return "the system ended the database process";
  return `the database process crashed (${signal ?? `exit code ${code}`})`;
}

/** A compiled file beside or below this one, also when this file itself runs from its source. */
function compiledFile(name: string): string {
  const here = fileURLToPath(new URL(".", import.meta.url));
  const candidates = [path.join(here, name), path.join(here, "../../dist/sandbox", name)];
  const file = candidates.find((candidate) => existsSync(candidate));
  if (file === undefined) throw new Error(`dist/sandbox/${name} is missing: run npm run build`);
  return realpathSync(file);
}

function ownFiles(): readonly string[] {
  const folder = path.dirname(compiledFile("child.js"));
  return [path.join(folder, "*"), path.resolve(folder, "../../package.json")];
}

function readableFiles(image: string | null): readonly string[] {
  const pglite = pgliteDirectory();
  return [
    path.join(pglite, "*"),
    path.resolve(pglite, "../package.json"),
    ...extensionArchives().map((archive) => archive.path),
    ...(image === null ? [] : [realpathSync(image)]),
  ];
}
