#!/usr/bin/env node
/**
 * How long a warm review of real changes takes: `node bench/warm.mjs --repositories <folder> [--only <text>] [--newest <n>]`, after a
 * build. Of each repository of compare/corpora.json the newest commits that add migrations are reviewed as pull requests are, as
 * the service does it: the base is kept, a spare of it waits. Milliseconds, the least of three; what the machine's noise adds is
 * in the spread.
 */
import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { parseArgs } from "node:util";
import { openCheckout } from "../dist/handlers/checkout.js";
import { reviewChange } from "../dist/handlers/review.js";
import { createSandbox } from "../dist/sandbox/dry-run.js";

const { values: options } = parseArgs({
  options: {
    repositories: { type: "string" },
    only: { type: "string" },
    newest: { type: "string", default: "3" },
    seconds: { type: "string", default: "600" },
  },
});
if (!options.repositories) {
  console.error(
    "usage: node bench/warm.mjs --repositories <folder> [--only <text>] [--newest <n>] [--seconds <n>]",
  );
  process.exit(2);
}
const corpora = JSON.parse(readFileSync(path.join(import.meta.dirname, "compare/corpora.json"), "utf8"));
const end = performance.now() + 1_000 * Number(options.seconds);
const all = [];
for (const corpus of corpora) {
  const base = path.join(options.repositories, corpus.repository.replace("/", "+"));
  const repo = [path.join(base, "repo"), base].find((one) => existsSync(one));
  if (!repo || (options.only && !corpus.repository.includes(options.only))) continue;
  for (const commit of newest(repo, corpus)) if (performance.now() < end) await measure(repo, corpus, commit);
}
all.sort((a, b) => a - b);
const share = (part) => Math.round(all[Math.min(all.length - 1, Math.floor(part * all.length))] ?? 0);
console.log(
  `${all.length} reviews: median ${share(0.5)} ms, nine of ten within ${share(0.9)} ms, slowest ${share(1)} ms; over 1 s: ${all.filter((ms) => ms > 1_000).length}`,
);

function newest(repo, { commit, migrations }) {
  const pattern = new RegExp(migrations);
  const lines = execFileSync(
    "git",
    [
      "-C",
      repo,
      "log",
      "--no-merges",
      "--no-renames",
      "--diff-filter=A",
      "--name-only",
      "--format=%x00%H",
      "-n",
      "3000",
      commit,
    ],
    { maxBuffer: 1 << 30, encoding: "utf8" },
  );
  return lines
    .split("\0")
    .map((entry) => entry.trim().split("\n"))
    .filter(([, ...files]) => files.some((file) => pattern.test(file)))
    .map(([one]) => one)
    .slice(0, Number(options.newest));
}

async function measure(repo, { repository }, commit) {
  const cacheDirectory = mkdtempSync(path.join(os.tmpdir(), "warm-"));
  const sandbox = createSandbox({ cacheDirectory });
  try {
    const review = async () => {
      const started = performance.now();
      const source = await openCheckout({ repo, base: `${commit}^`, head: commit });
      const report = await reviewChange(source, sandbox);
      return { ms: performance.now() - started, report };
    };
    const { report } = await review();
    const steps = report.changes.databases.reduce((sum, database) => sum + database.steps.length, 0);
    if (steps === 0) return;
    const times = [];
    for (let i = 0; i < 3; i += 1) {
      await sandbox.ready();
      times.push((await review()).ms);
    }
    const least = Math.min(...times);
    all.push(least);
    const offers = report.findings.filter(({ sequence }) => sequence !== null).length;
    console.log(
      [
        repository,
        commit.slice(0, 9),
        `${Math.round(least)} ms (to ${Math.round(Math.max(...times))})`,
        `${steps} migrations after ${report.runs.reduce((sum, { history }) => sum + history.migrations, 0)}, ${report.findings.length} findings, ${offers} sequences`,
      ].join("\t"),
    );
  } catch (error) {
    console.log(`${repository}\t${commit.slice(0, 9)}\tnot reviewed: ${String(error.message).slice(0, 120)}`);
  } finally {
    await sandbox.close();
    rmSync(cacheDirectory, { recursive: true, force: true });
  }
}
