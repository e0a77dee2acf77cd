#!/usr/bin/env node
/**
 * Compares GORM's models with the migrations beside them: `node bench/fidelity-gorm.mjs [--commits=<n>] <git directory>[@commit] …`,
 * after a build. At a commit, or at the newest ones that change both, every migration directory is replayed, the models that
 * belong to it are built, and every difference between the two is told, as if nothing had been so before.
 */
import { execFileSync } from "node:child_process";
import path from "node:path";
import { defaultConfig } from "../dist/review/config.js";
import { differences } from "../dist/review/drift.js";
import { frameworks } from "../dist/review/frameworks/index.js";
import { layOut } from "../dist/review/layout.js";
import gorm from "../dist/review/orms/gorm.js";
import { readHistory } from "../dist/review/read.js";
import { readDatabase } from "../dist/review/read-database.js";
import { createSandbox } from "../dist/sandbox/dry-run.js";

const targets = process.argv.slice(2).filter((argument) => !argument.startsWith("--"));
const most = Number(process.argv.find((argument) => argument.startsWith("--commits="))?.slice(10) ?? 0);
const isWhole = process.argv.includes("--models");
if (targets.length === 0) {
  console.error("Usage: node bench/fidelity-gorm.mjs [--models] [--commits=<n>] <git directory>[@commit] …");
  process.exit(2);
}
const sandbox = createSandbox({ spares: 0 });
for (const target of targets) {
  const [directory, commit = "HEAD"] = target.split("@");
  const git = (...args) =>
    execFileSync("git", ["-C", directory, ...args], {
      maxBuffer: 1 << 30,
      stdio: ["ignore", "pipe", "ignore"],
    });
  const name = path.basename(path.dirname(path.resolve(directory)));
  if (isWhole) {
    modelsAlone(name, commit, git);
    continue;
  }
  for (const one of most > 0 ? commitsOfBoth(git, commit, most) : [commit]) await report(name, one, git);
}
await sandbox.close();

/** The newest commits that change Go files and SQL files together. */
function commitsOfBoth(git, commit, count) {
  const commits = git("log", "--format=%H", "--no-merges", "-n", "4000", commit, "--", "*.sql")
    .toString()
    .split("\n")
    .filter(Boolean);
  return commits
    .filter((one) => gormOf(git("show", "--format=", one, "--", "*.go").toString()))
    .slice(0, count);
}

function gormOf(patch) {
  return /gorm:"/.test(patch);
}

function filesAt(git, commit) {
  return git("ls-tree", "-r", "-z", "-l", commit)
    .toString()
    .split("\0")
    .flatMap((line) => {
      const [, type, digest, size, file] = /^\d+ (\w+) (\w+) +(\S+)\t(.*)$/s.exec(line) ?? [];
      return type === "blob" ? [{ path: file, digest, size: Number(size) }] : [];
    });
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
  const files = filesAt(git, commit);
  const texts = new Map();
  const want = (digest) => {
    if (!texts.has(digest)) texts.set(digest, new Uint8Array(git("cat-file", "blob", digest)));
    return texts.get(digest);
  };
  let layout = layOut([], files, defaultConfig, texts);
  for (let round = 0; round < 6 && layout.asked.length > 0; round += 1) {
    for (const { side, path: file } of layout.asked) want(layout.sides[side].get(file).digest);
    layout = layOut([], files, defaultConfig, texts);
  }
  const paths = files.map(({ path: file }) => file);
  const text = (file) => {
    const digest = layout.sides.head.get(file)?.digest;
    return digest === undefined ? null : new TextDecoder().decode(want(digest));
  };
  for (const found of layout.directories) {
    if (!gorm.frameworks.includes(found.framework)) continue;
    for (const { files: migration } of found.history) want(layout.sides.head.get(migration.up).digest);
    const started = performance.now();
    const own = gorm.filesFor(found.directory, { paths, text });
    const took = Math.round(performance.now() - started);
    const head = `${name} ${commit.slice(0, 9)} ${found.directory} (${found.framework})`;
    const { database } = readDatabase(found, layout, defaultConfig, texts);
    if (!database || own.length === 0) {
      console.log(`${head}: ${database ? "no models that plainly belong to it" : "not read"}, ${took} ms`);
      continue;
    }
    await compare(
      head,
      database,
      own.map((file) => ({ path: file, text: text(file) })),
      texts,
    );
  }
}

async function compare(head, database, files, texts) {
  const { statements, declarations, skipped } = gorm.read(files, database.dialect);
  const framework = frameworks[database.framework];
  const scripts = database.history.map((entry) =>
    readHistory(entry, framework, texts.get(entry.digest), database.dialect),
  );
  const models = {
    orm: "gorm",
    base: files,
    head: files,
    statements: { base: statements, head: statements },
  };
  const run = await sandbox.dryRun({
    database: { ...database, steps: [], models },
    scope: `fidelity-gorm/${database.directory}`,
    loadHistory: async () => scripts,
    queries: [],
    rows: {},
  });
  const built = run.models?.head;
  if (built?.kind !== "built") {
    console.log(`${head}: not built: ${built?.reason ?? run.lost}`);
    return;
  }
  const refused = new Set(built.refused.map(({ table }) => table));
  const found = differences(built.schema, run.head, {
    ...declarations,
    isPartial: (table) => refused.has(table) || declarations.isPartial(table),
  });
  const tables = built.schema.tables;
  const columns = tables.reduce((sum, table) => sum + table.columns.length, 0);
  console.log(
    `${head}: ${database.dialect}, ${files.length} files, ${tables.length} of ${run.head.tables.length} tables, ${columns} columns; ${run.history.failed.length} statements did not replay; ${skipped.length} not understood, ${built.refused.length} refused; ${found.length} differences`,
  );
  for (const { path: file, line, reason } of skipped)
    console.log(`  not understood ${file}:${line} ${reason}`);
  for (const { table, reason } of built.refused) console.log(`  refused ${table}: ${reason}`);
  for (const { kind, object, model, migrations } of found) {
    const place = declarations.find(object);
    const at = place ? `${place.path}:${place.line}` : "";
    console.log(`  ${kind} ${object}: model ${model}, migrations ${migrations} ${at}`);
  }
}
