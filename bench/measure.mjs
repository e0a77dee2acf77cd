// Small tools of the benchmark: medians, whole processes, memory of a process tree.
import { execFileSync, spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";

export function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/** Median and least milliseconds of a function over some runs. */
export async function time(runs, run) {
  const values = [];
  for (let i = 0; i < runs; i++) {
    const started = performance.now();
    await run(i);
    values.push(performance.now() - started);
  }
  return { median: median(values), least: Math.min(...values) };
}

/** Milliseconds of a whole process; null when it cannot be started. */
export function processTime(command, args, environment = {}) {
  const started = performance.now();
  const env = { ...process.env, ...environment };
  const { error, stdout } = spawnSync(command, args, { encoding: "utf8", maxBuffer: 1 << 28, env });
  return error ? null : { milliseconds: performance.now() - started, stdout };
}

/** Watches the resident memory of this process and of its children, where /proc tells. */
export function watchMemory() {
  let own = 0;
  let children = 0;
  const timer = setInterval(() => {
    own = Math.max(own, resident(process.pid));
    children = Math.max(
      children,
      childrenOf(process.pid).reduce((sum, pid) => sum + resident(pid), 0),
    );
  }, 20);
  return () => {
    clearInterval(timer);
    return { own, children };
  };
}

function childrenOf(pid) {
  try {
    return readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8")
      .trim()
      .split(" ")
      .filter(Boolean)
      .map(Number);
  } catch {
    return [];
  }
}

function resident(pid) {
  try {
    return (Number(readFileSync(`/proc/${pid}/statm`, "utf8").split(" ")[1]) * 4096) / 1048576;
  } catch {
    return 0;
  }
}

/** The linter's executable, from the package registry's own cache; null when it cannot be had. */
export function squawk() {
  try {
    const which = ["exec", "--yes", "--package=squawk-cli@2.66.0", "--", "node", "-p", "process.env.PATH"];
    const [bin] = execFileSync("npm", which, { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] }).split(
      ":",
    );
    return `${bin.trim()}/squawk`;
  } catch {
    return null;
  }
}
