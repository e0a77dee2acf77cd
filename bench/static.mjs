// Parses and checks a folder of migrations without a sandbox, as one whole process: node bench/static.mjs <folder>
import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { check } from "../dist/review/check.js";
import { defaultConfig } from "../dist/review/config.js";
import { readChangeSet } from "../dist/review/read.js";

const folder = process.argv[2];
const started = performance.now();
const texts = new Map();
const changed = readdirSync(folder).map((name) => {
  const digest = `${name}`;
  texts.set(digest, readFileSync(path.join(folder, name)));
  return { path: `db/migrations/${name}`, previousPath: null, status: "added", digest, patch: null };
});
const reading = performance.now();
const changes = readChangeSet({ changed, base: [], config: defaultConfig, texts });
const checking = performance.now();
const findings = check({ changes, runs: [], config: defaultConfig });
const checked = performance.now();
const statements = changes.databases
  .flatMap((database) => database.steps)
  .reduce((sum, step) => sum + step.up.statements.length + (step.down?.statements.length ?? 0), 0);
process.stdout.write(
  JSON.stringify({
    statements,
    findings: findings.length,
    milliseconds: performance.now() - started,
    read: checking - reading,
    check: checked - checking,
  }),
);
