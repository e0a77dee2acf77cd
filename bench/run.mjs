// npm run bench: timings of one run on this machine. Ratios within a run mean something; figures of different machines do not.
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { openCheckout } from "../dist/handlers/checkout.js";
import { reviewChange } from "../dist/handlers/review.js";
import { createSandbox } from "../dist/sandbox/dry-run.js";
import { createKeeper } from "../dist/sandbox/keeper.js";
import { writeMigrations, writeRepository } from "./generate.mjs";
import { median, processTime, squawk, time, watchMemory } from "./measure.mjs";

const folder = mkdtempSync(path.join(os.tmpdir(), "drydock-bench-"));
const rows = [];
const row = (what, value, note = "") => {
  rows.push({ what, value, note });
  process.stdout.write(`${what.padEnd(58)} ${String(value).padStart(12)}  ${note}\n`);
};
const ms = (value) => `${Math.round(value)} ms`;

try {
  noise();
  await staticChecks();
  await sandboxStart();
  await pullRequest();
  apiCalls();
} finally {
  rmSync(folder, { recursive: true, force: true });
}

/** How much one fixed piece of work varies: differences below that mean nothing. */
function noise() {
  const values = Array.from({ length: 15 }, () => {
    const started = performance.now();
    let sum = 0;
    for (let i = 0; i < 5e6; i++) sum += i % 7;
    return performance.now() - started + sum * 0;
  });
  const spread = ((Math.max(...values) - Math.min(...values)) / median(values)) * 100;
  row(
    "machine",
    `${os.cpus().length} cores`,
    `Node.js ${process.version}; load ${os.loadavg()[0].toFixed(1)}`,
  );
  row("noise: spread of one fixed computation", `${Math.round(spread)} %`, "the same work 15 times");
}

async function staticChecks() {
  const migrations = path.join(folder, "static");
  const files = writeMigrations(migrations, 1e6);
  row("1 MB of migrations", `${files} pairs`);
  const runs = Array.from({ length: 5 }, () =>
    processTime(process.execPath, ["bench/static.mjs", migrations]),
  );
  const own = median(runs.map((run) => run.milliseconds));
  const inside = JSON.parse(runs[0].stdout);
  row(
    "  drydock, whole process, parse and check only",
    ms(own),
    `${inside.statements} statements; ${ms(inside.milliseconds)} inside`,
  );
  // What stands in the way of a linter's time: PostgreSQL's own parser runs in WebAssembly and hands each tree over as JSON.
  row("    of which parsed into operations", ms(inside.read));
  row("    of which asked of the rules", ms(inside.check));
  row("    of which loaded and started", ms(own - inside.milliseconds));
  row(
    "  node -e 0, whole process",
    ms(median(Array.from({ length: 5 }, () => processTime(process.execPath, ["-e", "0"]).milliseconds))),
  );
  const linter = squawk();
  const paths = readdirSync(migrations).map((name) => path.join(migrations, name));
  const other = linter && processTime(linter, ["--reporter", "Gcc", ...paths]);
  if (!other) return row("  squawk, whole process", "–", "could not be had from the package registry");
  const others = [
    other,
    ...Array.from({ length: 4 }, () => processTime(linter, ["--reporter", "Gcc", ...paths])),
  ];
  const theirs = median(others.map((run) => run.milliseconds));
  row(
    "  squawk 2.66, whole process, one thread of output",
    ms(theirs),
    `drydock / squawk = ${(own / theirs).toFixed(2)}`,
  );
}

async function sandboxStart() {
  const cacheDirectory = path.join(folder, "start");
  const first = async () => {
    const keeper = createKeeper({ spares: 0, cacheDirectory });
    const engine = await keeper.lease();
    await engine.exec("select 1");
    await engine.close();
    await keeper.close();
  };
  row("sandbox, cold: image made, booted, first answer", ms((await time(1, first)).median));
  const snapshot = await time(5, first);
  row("sandbox, from its image", ms(snapshot.median), `least ${ms(snapshot.least)}`);
  const keeper = createKeeper({ spares: 1, cacheDirectory });
  const waits = [];
  for (let i = 0; i < 5; i++) {
    await keeper.ready();
    const started = performance.now();
    const engine = await keeper.lease();
    await engine.exec("select 1");
    waits.push(performance.now() - started);
    await engine.close();
  }
  row("sandbox, warm: a spare that waits", ms(median(waits)));
  const engine = await keeper.lease();
  const checkpoint = await engine.checkpoint();
  const restores = await time(20, () => engine.restore(checkpoint));
  row("checkpoint restored", ms(restores.median), `least ${ms(restores.least)}`);
  await engine.close();
  await keeper.close();
}

async function pullRequest() {
  const repository = path.join(folder, "repository");
  writeRepository(repository, 300);
  const cacheDirectory = path.join(folder, "start");
  const memory = watchMemory();
  const review = async (sandbox, head = "change") => {
    const source = await openCheckout({ repo: repository, base: "main", head });
    return reviewChange(source, sandbox);
  };
  const cold = createSandbox({ spares: 0, cacheDirectory });
  const started = performance.now();
  const report = await review(cold);
  row(
    "review of 2 new migrations after 300, cold",
    ms(performance.now() - started),
    `${report.findings.length} findings; ${report.title}`,
  );
  row("  the same, migrated base cached, no spare", ms((await time(3, () => review(cold))).median));
  await cold.close();
  const warm = createSandbox({ spares: 1, cacheDirectory });
  await review(warm);
  for (const [head, what] of [
    ["quiet", "two migrations with nothing to fix"],
    ["change", "a fix and a sequence are run as well"],
    ["heavy", "six dangerous statements: a fix and five sequences are run as well"],
  ]) {
    const values = [];
    for (let i = 0; i < 5; i++) {
      await warm.ready();
      const start = performance.now();
      await review(warm, head);
      values.push(performance.now() - start);
    }
    row(
      "  the same, a spare of this repository waits",
      ms(median(values)),
      `${ms(Math.min(...values))} to ${ms(Math.max(...values))}; ${what}`,
    );
    await warm.ready();
    const { findings, timings, runs } = await review(warm, head);
    row("    findings", findings.length);
    for (const [phase, time] of Object.entries(timings)) row(`    of which ${phase}`, ms(time));
    for (const [phase, time] of Object.entries(runs[0].timings)) row(`      of the run: ${phase}`, ms(time));
  }
  await warm.close();
  const peak = memory();
  row(
    "peak resident memory",
    `${Math.round(peak.own)} MiB`,
    `this process; its children together ${Math.round(peak.children)} MiB`,
  );
}

/** Requests of a review, counted by the app's own tests on GitHub's answers. */
function apiCalls() {
  const counts = path.join(folder, "requests");
  const vitest = [
    "node_modules/vitest/vitest.mjs",
    "run",
    "test/app.test.ts",
    "-t",
    "costs (nine|ten) requests|costs two requests beside",
  ];
  processTime(process.execPath, vitest, { DRYDOCK_REQUEST_COUNTS: counts });
  for (const line of readFileSync(counts, "utf8").trim().split("\n")) {
    const { what, requests } = JSON.parse(line);
    row("GitHub API requests of a review", requests, what);
  }
}
