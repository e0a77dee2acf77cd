import { spawn } from "node:child_process";

/** What git said when it refused: for people, without a stack. */
export class GitError extends Error {
  override readonly name = "GitError";
  readonly status: number | null;

  constructor(message: string, status: number | null) {
    super(message);
    this.status = status;
  }
}

export interface GitOptions {
  readonly input?: string;
  /** Most bytes of output; more ends git and rejects with a GitError of status null. */
  readonly limit?: number;
  readonly signal?: AbortSignal | undefined;
}

/** Settings of a repository that would have git run something: a hook, a monitor, or a pager. (Differences are asked for with `--no-ext-diff`.) */
const quiet = [
  ["core.hooksPath", "/dev/null"],
  ["core.fsmonitor", "false"],
  ["core.pager", "cat"],
  ["core.quotePath", "false"],
].flatMap(([key, value]) => ["-c", `${key}=${value}`]);

/**
 * Runs git in a folder and gives its output. Rejects with a GitError when git refuses, is not installed or says more than
 * `limit` bytes. Nothing that the repository configures is run, and git asks for no password.
 */
export function git(folder: string, args: readonly string[], options: GitOptions = {}): Promise<Buffer> {
  const { input, limit = 512 * 1024 * 1024, signal } = options;
  return new Promise((resolve, reject) => {
    const child = spawn("git", ["--no-pager", ...quiet, "-C", folder, ...args], {
      stdio: ["pipe", "pipe", "pipe"],
      env: environment(),
      signal,
    });
    const output: Buffer[] = [];
    let size = 0;
    let complaint = "";
    let tooMuch = false;
    child.stdout.on("data", (chunk: Buffer) => {
      size += chunk.length;
      if (size > limit) {
        tooMuch = true;
        child.kill("SIGKILL");
      } else {
        output.push(chunk);
      }
    });
    child.stderr.setEncoding("utf8").on("data", (chunk: string) => {
      complaint = (complaint + chunk).slice(-4_000);
    });
    child.on("error", (error: NodeJS.ErrnoException) => reject(startError(error)));
    child.on("close", (status) => {
      if (tooMuch) reject(new GitError(`git ${args[0]} said more than ${limit} bytes`, null));
      else if (status === 0) resolve(Buffer.concat(output));
      else reject(new GitError(complaint.trim() || `git ${args[0]} ended with status ${status}`, status));
    });
    child.stdin.on("error", () => {});
    child.stdin.end(input ?? "");
  });
}

function startError(error: NodeJS.ErrnoException): Error {
  if (error.code !== "ENOENT") return error;
  return new GitError("git could not be started: install git, and check that --repo names a folder", null);
}

function environment(): NodeJS.ProcessEnv {
  const { PATH, HOME, USERPROFILE, SYSTEMROOT, TMPDIR, TEMP, XDG_CONFIG_HOME } = process.env;
  const kept = { PATH, HOME, USERPROFILE, SYSTEMROOT, TMPDIR, TEMP, XDG_CONFIG_HOME };
  return {
    ...Object.fromEntries(Object.entries(kept).filter(([, value]) => value !== undefined)),
    LC_ALL: "C",
    GIT_CONFIG_NOSYSTEM: "1",
    GIT_OPTIONAL_LOCKS: "0",
    GIT_TERMINAL_PROMPT: "0",
    GIT_PAGER: "cat",
  };
}
