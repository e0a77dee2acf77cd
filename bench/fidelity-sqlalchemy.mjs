#!/usr/bin/env node
/**
 * Compares SQLAlchemy's models with the migrations beside them: `node bench/fidelity-sqlalchemy.mjs [--commits=<n>] <git directory>[@commit] …`,
 * after a build. At a commit, or at the newest ones that change both, every Alembic directory is replayed, the models that its
 * environment leads to are built, and every difference between the two is told, as if nothing had been so before.
 */
import { defaultConfig } from "../dist/review/config.js";
import { differences } from "../dist/review/drift.js";
import { notReplayed } from "../dist/review/not-replayed.js";
import sqlalchemy from "../dist/review/orms/sqlalchemy.js";
import { readDatabase } from "../dist/review/read-database.js";
import { createSandbox } from "../dist/sandbox/dry-run.js";
import { buildModels, commitsOf, layOutCommit, openTarget, printDifferences } from "./repository.mjs";

const targets = process.argv.slice(2).filter((argument) => !argument.startsWith("--"));
const most = Number(process.argv.find((argument) => argument.startsWith("--commits="))?.slice(10) ?? 0);
if (targets.length === 0) {
  console.error("Usage: node bench/fidelity-sqlalchemy.mjs [--commits=<n>] <git directory>[@commit] …");
  process.exit(2);
}
const sandbox = createSandbox({ spares: 0 });
for (const target of targets) {
  const { name, commit, git } = openTarget(target);
  const commits = most > 0 ? commitsOfBoth(git, commit) : [commit];
  for (const one of commits) await report(name, one, git);
}
await sandbox.close();

/** The newest commits that add a revision and change other files with columns. */
function commitsOfBoth(git, commit) {
  return commitsOf(git, commit, {
    touched: "*versions/*.py",
    filter: ["--diff-filter=A"],
    others: ["*.py", ":!*versions/*.py"],
    shows: (patch) => /^[+-].*(mapped_column|Column|Field)\(/m.test(patch),
    count: most,
  });
}

async function report(name, commit, git) {
  const { layout, texts, text, paths } = layOutCommit(git, commit);
  for (const found of layout.directories) {
    if (!sqlalchemy.frameworks.includes(found.framework)) continue;
    const own = sqlalchemy.filesFor(found.directory, { paths, text });
    const head = `${name} ${commit.slice(0, 9)} ${found.directory}`;
    const { database } = readDatabase(found, layout, defaultConfig, texts);
    if (!database || own.length === 0) {
      console.log(`${head}: ${database ? "no models" : "not read"}`);
      continue;
    }
    const files = own.map((file) => ({ path: file, text: text(file) }));
    await compare(head, database, files, texts);
  }
}

async function compare(head, database, files, texts) {
  const made = await buildModels(sandbox, {
    head,
    orm: sqlalchemy,
    name: "sqlalchemy",
    database,
    files,
    texts,
  });
  if (!made) return;
  const { run, built, declarations, skipped, took } = made;
  const all = differences(built.schema, run.head, declarations, database.dialect);
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
  printDifferences({
    skipped: process.argv.includes("--quiet") ? [] : skipped,
    refused: built.refused,
    found: isUnsure ? found : all,
    declarations,
  });
  if (!isUnsure)
    for (const { path: file, line, words } of run.history.failed)
      console.log(`  did not replay: ${file}:${line} ${words?.join(" ").slice(0, 200)}`);
}
