import { execFile } from "node:child_process";
import { accessSync, constants, existsSync } from "node:fs";
import path from "node:path";
import { promisify } from "node:util";

/** What this system can put around a process, beyond what Node.js does everywhere. Paths of the tools; null: not there. */
export interface Walls {
  /** unshare: a network of its own, in which there is nothing. */
  readonly network: string | null;
  /** sh: bounds on processor time, open files and written files. */
  readonly limits: string | null;
  /** setpriv: the system ends the process with its parent, even when it is too busy to notice. */
  readonly parent: string | null;
}

/** What a child may read and use. */
export interface ChildOptions {
  readonly entry: string;
  /** Files, and folders ending in "/*". */
  readonly readable: readonly string[];
  /** Seconds of processor time after which the system ends it, whatever became of the parent. */
  readonly processorSeconds: number;
}

export interface CommandLine {
  readonly file: string;
  readonly args: readonly string[];
}

const run = promisify(execFile);

/** An archive of the largest database that the file quota allows must fit several times; megabytes. */
const oldSpace = 256;

let found: Promise<Walls> | null = null;

/** Tries once, then remembers, which walls work here. */
export function findWalls(): Promise<Walls> {
  found ??= tryWalls();
  return found;
}

/** The command that starts a child behind every wall there is. */
export function commandLine(walls: Walls, options: ChildOptions): CommandLine {
  const node = [process.execPath, ...nodeFlags(options), options.entry];
  // The system forgets whom a process dies with when its credentials change, so setpriv stands last.
  const parent = walls.parent === null ? node : [walls.parent, "--pdeathsig", "KILL", "--", ...node];
  const network = walls.network === null ? parent : [walls.network, "-r", "-n", "--", ...parent];
  const [file = "", ...args] = walls.limits === null ? network : limited(walls.limits, options, network);
  return { file, args };
}

function limited(shell: string, options: ChildOptions, command: readonly string[]): readonly string[] {
  const bounds = ["-c 0", "-f 0", "-n 64", `-t ${options.processorSeconds}`].map(
    (bound) => `ulimit ${bound}`,
  );
  // More stack than V8 is told of, so that its own check comes first; some systems allow no change.
  return [
    shell,
    "-c",
    `ulimit -S -s 16384 2>/dev/null; ${bounds.join(" && ")} && exec "$@"`,
    shell,
    ...command,
  ];
}

function nodeFlags({ readable }: ChildOptions): readonly string[] {
  return [
    permissionFlag(),
    "--no-warnings",
    ...readable.map((file) => `--allow-fs-read=${file}`),
    `--max-old-space-size=${oldSpace}`,
    "--stack-size=7000",
    "--no-addons",
    "--disable-proto=delete",
    "--disallow-code-generation-from-strings",
  ];
}

/** The permission model is stable, under its short name, from Node.js 22.13 and 23.5 on. */
function permissionFlag(): string {
  const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
  const isStable = major > 23 || (major === 23 && minor >= 5) || (major === 22 && minor >= 13);
  return isStable ? "--permission" : "--experimental-permission";
}

async function tryWalls(): Promise<Walls> {
  const [network, parent, limits] = await Promise.all([
    workingTool("unshare", ["-r", "-n", "--", process.execPath, "--version"]),
    workingTool("setpriv", ["--pdeathsig", "KILL", "--", process.execPath, "--version"]),
    workingTool("sh", ["-c", "ulimit -c 0 && ulimit -f 0 && ulimit -n 64 && ulimit -t 60"]),
  ]);
  return { network, parent, limits };
}

async function workingTool(name: string, args: readonly string[]): Promise<string | null> {
  const file = findTool(name);
  if (file === null) return null;
  try {
    await run(file, args, { timeout: 5_000 });
    return file;
  } catch {
    return null;
  }
}

function findTool(name: string): string | null {
  const folders = (process.env.PATH ?? "").split(path.delimiter).filter((folder) => path.isAbsolute(folder));
  return folders.map((folder) => path.join(folder, name)).find(isExecutable) ?? null;
}

function isExecutable(file: string): boolean {
  if (!existsSync(file)) return false;
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
