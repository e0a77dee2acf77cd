import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import type { ReviewJob } from "./queue.ts";

/** Remembers jobs that are not done, so that they are taken up again when the app starts after a crash. */
export interface Journal {
  /** Jobs that processes which are gone left behind; they are handed over once. */
  takeOver(): readonly ReviewJob[];
  write(jobs: readonly ReviewJob[]): void;
}

/** A journal in a folder: a small file for each process. It holds ids and commit ids, nothing of what is reviewed. */
export function createJournal(folder: string, pid = process.pid): Journal {
  const own = path.join(folder, `jobs-${pid}.json`);
  return {
    takeOver() {
      const files = namesIn(folder).filter((name) => isLeft(name, pid));
      return files.flatMap((name) => {
        const file = path.join(folder, name);
        const jobs = readJobs(file);
        rmSync(file, { force: true });
        return jobs;
      });
    },
    write(jobs) {
      if (jobs.length === 0) return rmSync(own, { force: true });
      mkdirSync(folder, { recursive: true });
      writeFileSync(`${own}.new`, JSON.stringify(jobs));
      renameSync(`${own}.new`, own);
    },
  };
}

function namesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

/** In a container a new process often has the number of the old one. */
function isLeft(name: string, pid: number): boolean {
  const owner = Number(/^jobs-(\d+)\.json$/.exec(name)?.[1]);
  return Number.isInteger(owner) && (owner === pid || !isAlive(owner));
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}

function readJobs(file: string): readonly ReviewJob[] {
  try {
    const jobs: unknown = JSON.parse(readFileSync(file, "utf8"));
    return Array.isArray(jobs) ? jobs.filter(isJob) : [];
  } catch {
    return [];
  }
}

function isJob(value: unknown): value is ReviewJob {
  const job = (value ?? {}) as Partial<Record<keyof ReviewJob, unknown>>;
  const texts = [job.owner, job.repo, job.head, job.base, job.updatedAt, job.delivery];
  const numbers = [job.installation, job.number];
  return texts.every((text) => typeof text === "string") && numbers.every(Number.isInteger);
}
