#!/usr/bin/env node
/**
 * Reads the migrations of real repositories and replays them: `node bench/histories.mjs <git directory>[@commit] …`, after a
 * build. For each history: migrations, statements, what is skipped with its reason, and what did not replay.
 */
import { defaultConfig } from "../dist/review/config.js";
import { frameworks } from "../dist/review/frameworks/index.js";
import { readDatabase } from "../dist/review/read-database.js";
import { createSandbox } from "../dist/sandbox/dry-run.js";
import { layOutCommit, openTarget, replay, scriptsOf } from "./repository.mjs";

const targets = process.argv.slice(2).filter((argument) => !argument.startsWith("--"));
const isQuick = process.argv.includes("--read-only");
if (targets.length === 0) {
  console.error("Usage: node bench/histories.mjs [--read-only] <git directory>[@commit] …");
  process.exit(2);
}
const sandbox = createSandbox({ spares: 0 });
for (const target of targets) await report(target);
await sandbox.close();

async function report(target) {
  const { name, commit, git } = openTarget(target);
  console.log(`\n# ${name} ${commit}`);
  const { layout, texts } = layOutCommit(git, commit);
  for (const found of layout.directories) {
    const { database, skipped } = readDatabase(found, layout, defaultConfig, texts);
    if (!database) {
      console.log(
        `${found.directory}: ${found.framework}, not read: ${skipped.map(({ reason }) => reason).join("; ")}`,
      );
      continue;
    }
    await tell(database, found, texts, layout);
  }
}

async function tell(database, found, texts, layout) {
  const framework = frameworks[database.framework];
  const scripts = scriptsOf(database, texts);
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
  const run = await replay(sandbox, { database, texts, scope: "histories" });
  const { failed, statements } = run.history;
  console.log(
    `  ${statements} statements, ${failed.length} did not replay, ${run.base.tables.length} tables, ${Math.round(performance.now() - started)} ms${run.lost === null ? "" : `, lost: ${run.lost}`}`,
  );
  for (const standIn of run.standIns) console.log(`  stand-in: ${standIn}`);
  for (const { path: file, line, code, reason } of failed.slice(0, 25))
    console.log(`  failed ${file}:${line} ${code} ${reason}`);
}
