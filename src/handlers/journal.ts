import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import type { ReviewJob } from "./queue.ts";

/** Remembers jobs that are not done, so that they are taken up again when the app starts after a crash. */
export interface Journal {
  /** Jobs that an earlier process left behind; they are handed over once. */
  takeOver(): readonly ReviewJob[];
  write(jobs: readonly ReviewJob[]): void;
}

/**
 * A journal in a file. It holds ids and commit ids, nothing of what is reviewed. One process at a time may use it: its name
 * should hold what only one can have, such as a host and a port.
 */
export function createJournal(file: string): Journal {
  let left = readJobs(file);
  return {
    takeOver() {
      const jobs = left;
      left = [];
      return jobs;
    },
    write(jobs) {
      if (jobs.length === 0) return rmSync(file, { force: true });
      mkdirSync(path.dirname(file), { recursive: true });
      writeFileSync(`${file}.new`, JSON.stringify(jobs));
      renameSync(`${file}.new`, file);
    },
  };
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
  const numbers = [job.installation, ...(job.number === null ? [] : [job.number])];
  return texts.every((text) => typeof text === "string") && numbers.every(Number.isInteger);
}
