#!/usr/bin/env node
/**
 * Reads the migrations of real repositories and replays them: `node bench/histories.mjs <git directory>[@commit] …`, after a
 * build. For each history: migrations, statements, what is skipped with its reason, and what did not replay.
 */
import { execFileSync } from "node:child_process";
import path from "node:path";
import { defaultConfig } from "../dist/review/config.js";
import { frameworks } from "../dist/review/frameworks/index.js";
import { layOut } from "../dist/review/layout.js";
import { readHistory } from "../dist/review/read.js";
import { readDatabase } from "../dist/review/read-database.js";
import { createSandbox } from "../dist/sandbox/dry-run.js";

const targets = process.argv.slice(2).filter((argument) => !argument.startsWith("--"));
const isQuick = process.argv.includes("--read-only");
if (targets.length === 0) {
  console.error("Usage: node bench/histories.mjs [--read-only] <git directory>[@commit] …");
  process.exit(2);
}
const sandbox = createSandbox({ spares: 0 });
for (const target of targets) await report(...target.split("@"));
await sandbox.close();

async function report(directory, commit = "HEAD") {
  const git = (...args) =>
    execFileSync("git", ["-C", directory, ...args], {
      maxBuffer: 1 << 30,
      stdio: ["ignore", "pipe", "ignore"],
    });
  console.log(`\n# ${path.basename(path.dirname(directory))} ${commit}`);
  const files = git("ls-tree", "-r", "-z", "-l", commit)
    .toString()
    .split("\0")
    .flatMap((line) => {
      const [, type, digest, size, file] = /^\d+ (\w+) (\w+) +(\S+)\t(.*)$/s.exec(line) ?? [];
      return type === "blob" ? [{ path: file, digest, size: Number(size) }] : [];
    });
  const texts = new Map();
  const want = (digest) => {
    if (!texts.has(digest)) texts.set(digest, new Uint8Array(git("cat-file", "blob", digest)));
  };
  let layout = layOut([], files, defaultConfig, texts);
  for (let round = 0; round < 6 && layout.asked.length > 0; round += 1) {
    for (const { side, path: file } of layout.asked) want(layout.sides[side].get(file).digest);
    layout = layOut([], files, defaultConfig, texts);
  }
  for (const found of layout.directories) {
    for (const { files: migration } of found.history) {
      want(layout.sides.head.get(migration.up).digest);
      if (migration.down !== null) want(layout.sides.head.get(migration.down).digest);
    }
    const { database, skipped } = readDatabase(found, layout, defaultConfig, texts);
    if (!database) {
      console.log(
        `${found.directory}: ${found.framework}, not read: ${skipped.map(({ reason }) => reason).join("; ")}`,
      );
      continue;
    }
    await replay(database, found, texts, layout);
  }
}

async function replay(database, found, texts, layout) {
  const framework = frameworks[database.framework];
  const scripts = database.history.map((entry) =>
    readHistory(entry, framework, texts.get(entry.digest), database.dialect),
  );
  const unread = scripts.flatMap((script) =>
    "statements" in script
      ? script.statements.filter(({ refused }) => refused).map(({ refused }) => `${script.path}: ${refused}`)
      : [`${script.path}: ${script.reason}`],
  );
  const downs = found.history.filter(({ files }) => {
    if (files.down === null) return false;
    const digest = layout.sides.head.get(files.down).digest;
    const text = new TextDecoder().decode(texts.get(digest));
    const { script } = framework.read({
      path: files.down,
      text,
      direction: "down",
      dialect: database.dialect,
      settings: files.settings,
    });
    return script !== null && script.statements.length > 0;
  });
  const modes = new Map();
  for (const { transaction } of scripts) modes.set(transaction, (modes.get(transaction) ?? 0) + 1);
  const head = `${database.directory}: ${database.framework} ${database.dialect}, ${scripts.length} migrations, ${downs.length} downs, ${[...modes].map(([mode, count]) => `${count} ${mode}`).join(", ")}`;
  console.log(head);
  for (const line of unread) console.log(`  unread ${line}`);
  for (const { path: file, reason } of found.skipped) console.log(`  skipped ${file}: ${reason}`);
  if (isQuick) return;
  const started = performance.now();
  const run = await sandbox.dryRun({
    database: { ...database, steps: [] },
    scope: `histories/${found.directory}`,
    loadHistory: async () => scripts,
    queries: [],
    rows: {},
  });
  const { failed, statements } = run.history;
  console.log(
    `  ${statements} statements, ${failed.length} did not replay, ${run.base.tables.length} tables, ${Math.round(performance.now() - started)} ms${run.lost === null ? "" : `, lost: ${run.lost}`}`,
  );
  for (const standIn of run.standIns) console.log(`  stand-in: ${standIn}`);
  for (const { path: file, line, code, reason } of failed.slice(0, 25))
    console.log(`  failed ${file}:${line} ${code} ${reason}`);
}
