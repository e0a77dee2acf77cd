#!/usr/bin/env node
/**
 * Compares SQLAlchemy's models with the migrations beside them: `node bench/fidelity-sqlalchemy.mjs [--commits=<n>] <git directory>[@commit] …`,
 * after a build. At a commit, or at the newest ones that change both, every Alembic directory is replayed, the models that its
 * environment leads to are built, and every difference between the two is told, as if nothing had been so before.
 */
import { execFileSync } from "node:child_process";
import path from "node:path";
import { defaultConfig } from "../dist/review/config.js";
import { differences } from "../dist/review/drift.js";
import { frameworks } from "../dist/review/frameworks/index.js";
import { layOut } from "../dist/review/layout.js";
import { notReplayed } from "../dist/review/not-replayed.js";
import sqlalchemy from "../dist/review/orms/sqlalchemy.js";
import { readHistory } from "../dist/review/read.js";
import { readDatabase } from "../dist/review/read-database.js";
import { createSandbox } from "../dist/sandbox/dry-run.js";

const targets = process.argv.slice(2).filter((argument) => !argument.startsWith("--"));
const most = Number(process.argv.find((argument) => argument.startsWith("--commits="))?.slice(10) ?? 0);
if (targets.length === 0) {
  console.error("Usage: node bench/fidelity-sqlalchemy.mjs [--commits=<n>] <git directory>[@commit] …");
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
  for (const one of most > 0 ? commitsOfBoth(git, commit, most) : [commit]) await report(name, one, git);
}
await sandbox.close();

/** The newest commits that add a revision and change other files with columns. */
function commitsOfBoth(git, commit, count) {
  const commits = git(
    "log",
    "--format=%H",
    "--no-merges",
    "-n",
    "4000",
    "--diff-filter=A",
    commit,
    "--",
    "*versions/*.py",
  )
    .toString()
    .split("\n")
    .filter(Boolean);
  return commits
    .filter((one) =>
      /^[+-].*(mapped_column|Column|Field)\(/m.test(
        git("show", "--format=", one, "--", "*.py", ":!*versions/*.py").toString(),
      ),
    )
    .slice(0, count);
}

async function report(name, commit, git) {
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
    return texts.get(digest);
  };
  let layout = layOut([], files, defaultConfig, texts);
  for (let round = 0; round < 8 && layout.asked.length > 0; round += 1) {
    for (const { side, path: file } of layout.asked) want(layout.sides[side].get(file).digest);
    layout = layOut([], files, defaultConfig, texts);
  }
  const paths = files.map(({ path: file }) => file);
  const text = (file) => {
    const digest = layout.sides.head.get(file)?.digest;
    return digest === undefined ? null : new TextDecoder().decode(want(digest));
  };
  for (const found of layout.directories) {
    if (!sqlalchemy.frameworks.includes(found.framework)) continue;
    for (const { files: migration } of found.history) want(layout.sides.head.get(migration.up).digest);
    const own = sqlalchemy.filesFor(found.directory, { paths, text });
    const head = `${name} ${commit.slice(0, 9)} ${found.directory}`;
    const { database } = readDatabase(found, layout, defaultConfig, texts);
    if (!database || own.length === 0) {
      console.log(`${head}: ${database ? "no models" : "not read"}`);
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
  const started = performance.now();
  const { statements, declarations, skipped } = sqlalchemy.read(files, database.dialect);
  const took = Math.round(performance.now() - started);
  const framework = frameworks[database.framework];
  const scripts = database.history.map((entry) =>
    readHistory(entry, framework, texts.get(entry.digest), database.dialect),
  );
  const models = {
    orm: "sqlalchemy",
    base: files,
    head: files,
    statements: { base: statements, head: statements },
  };
  const run = await sandbox.dryRun({
    database: { ...database, steps: [], models },
    scope: `fidelity-sqlalchemy/${database.directory}`,
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
  const isPartial = (table) => refused.has(table) || declarations.isPartial(table);
  const all = differences(built.schema, run.head, { ...declarations, isPartial }, database.dialect);
  const isUnsure = notReplayed(run, [built.schema]);
  const found = all.filter(({ object }) => {
    const table = object.replace(/(?:\.[^.]*|\(.*\))$/s, "");
    return isUnsure && !isUnsure(object) && !isUnsure(table);
  });
  const { tables } = built.schema;
  const columns = tables.flatMap((table) => table.columns.map((column) => `${table.name}.${column.name}`));
  const opaque = columns.filter((column) => declarations.find(column)?.isOpaque);
  console.log(
    `${head}: ${database.dialect}, ${files.length} files read in ${took} ms, ${tables.length} of ${run.head.tables.length} tables, ${columns.length} columns, ${opaque.length} of them opaque; ${run.history.failed.length} statements did not replay; ${skipped.length} not understood, ${built.refused.length} refused; ${found.length} differences${isUnsure ? `, ${all.length - found.length} more where the history is not known` : `: the history may have changed anything, ${all.length} otherwise`}`,
  );
  if (!process.argv.includes("--quiet"))
    for (const { path: file, line, reason } of skipped)
      console.log(`  not understood ${file}:${line} ${reason}`);
  for (const { table, reason } of built.refused) console.log(`  refused ${table}: ${reason}`);
  for (const { kind, object, model, migrations } of isUnsure ? found : all) {
    const place = declarations.find(object);
    const at = place ? `${place.path}:${place.line}` : "";
    console.log(`  ${kind} ${object}: model ${model}, migrations ${migrations} ${at}`);
  }
  if (!isUnsure)
    for (const { path: file, line, words } of run.history.failed)
      console.log(`  did not replay: ${file}:${line} ${words?.join(" ").slice(0, 200)}`);
}
