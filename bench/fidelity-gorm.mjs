#!/usr/bin/env node
/**
 * Compares GORM's models with the migrations beside them: `node bench/fidelity-gorm.mjs [--commits=<n>] <git directory>[@commit] …`,
 * after a build. At a commit, or at the newest ones that change both, every migration directory is replayed, the models that
 * belong to it are built, and every difference between the two is told, as if nothing had been so before.
 */
import { defaultConfig } from "../dist/review/config.js";
import { differences } from "../dist/review/drift.js";
import gorm from "../dist/review/orms/gorm.js";
import { readDatabase } from "../dist/review/read-database.js";
import { createSandbox } from "../dist/sandbox/dry-run.js";
import {
  buildModels,
  commitsOf,
  filesAt,
  layOutCommit,
  openTarget,
  printDifferences,
} from "./repository.mjs";

const targets = process.argv.slice(2).filter((argument) => !argument.startsWith("--"));
const most = Number(process.argv.find((argument) => argument.startsWith("--commits="))?.slice(10) ?? 0);
const isWhole = process.argv.includes("--models");
if (targets.length === 0) {
  console.error("Usage: node bench/fidelity-gorm.mjs [--models] [--commits=<n>] <git directory>[@commit] …");
  process.exit(2);
}
const sandbox = createSandbox({ spares: 0 });
for (const target of targets) {
  const { name, commit, git } = openTarget(target);
  if (isWhole) {
    modelsAlone(name, commit, git);
    continue;
  }
  const commits = most > 0 ? commitsOfBoth(git, commit) : [commit];
  for (const one of commits) await report(name, one, git);
}
await sandbox.close();

/** The newest commits that change Go files and SQL files together. */
function commitsOfBoth(git, commit) {
  const shows = (patch) => /gorm:"/.test(patch);
  return commitsOf(git, commit, { touched: "*.sql", others: ["*.go"], shows, count: most });
}

/** What is read of all Go files, as where there are no migrations. */
function modelsAlone(name, commit, git) {
  const files = filesAt(git, commit).filter(
    ({ path: file }) => /\.go$|go\.mod$/.test(file) && !/_test\.go$/.test(file),
  );
  const read = files.map(({ path: file, digest }) => ({
    path: file,
    text: git("cat-file", "blob", digest).toString(),
  }));
  const started = performance.now();
  const { statements, skipped } = gorm.read(read, "postgresql");
  const tables = statements.filter(({ sql }) => sql.startsWith("CREATE TABLE"));
  const columns = tables.reduce((sum, { sql }) => sum + sql.split(/,\n {2}(?=")/).length, 0);
  console.log(
    `${name} ${commit.slice(0, 9)}: ${read.length} files, ${tables.length} tables, about ${columns} columns, ${skipped.length} not understood, ${Math.round(performance.now() - started)} ms`,
  );
  for (const { path: file, line, reason } of skipped) console.log(`  ${file}:${line} ${reason}`);
}

async function report(name, commit, git) {
  const { layout, texts, text, paths } = layOutCommit(git, commit);
  for (const found of layout.directories) {
    if (!gorm.frameworks.includes(found.framework)) continue;
    const started = performance.now();
    const own = gorm.filesFor(found.directory, { paths, text });
    const took = Math.round(performance.now() - started);
    const head = `${name} ${commit.slice(0, 9)} ${found.directory} (${found.framework})`;
    const { database } = readDatabase(found, layout, defaultConfig, texts);
    if (!database || own.length === 0) {
      console.log(`${head}: ${database ? "no models that plainly belong to it" : "not read"}, ${took} ms`);
      continue;
    }
    const files = own.map((file) => ({ path: file, text: text(file) }));
    await compare(head, database, files, texts);
  }
}

async function compare(head, database, files, texts) {
  const made = await buildModels(sandbox, { head, orm: gorm, name: "gorm", database, files, texts });
  if (!made) return;
  const { run, built, declarations, skipped } = made;
  const found = differences(built.schema, run.head, declarations, database.dialect);
  const { tables } = built.schema;
  const columns = tables.reduce((sum, table) => sum + table.columns.length, 0);
  console.log(
    `${head}: ${database.dialect}, ${files.length} files, ${tables.length} of ${run.head.tables.length} tables, ${columns} columns; ${run.history.failed.length} statements did not replay; ${skipped.length} not understood, ${built.refused.length} refused; ${found.length} differences`,
  );
  printDifferences({ skipped, refused: built.refused, found, declarations });
}
