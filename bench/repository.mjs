// A repository at a commit, as the comparisons of real repositories read it, and what models and migrations come to there.
import { execFileSync } from "node:child_process";
import { readdirSync } from "node:fs";
import path from "node:path";
import { defaultConfig } from "../dist/review/config.js";
import { frameworks } from "../dist/review/frameworks/index.js";
import { layOut } from "../dist/review/layout.js";
import { readHistory } from "../dist/review/read.js";

/** `<git directory>[@commit]` as it stands on a command line. */
export function openTarget(target) {
  const [directory, commit = "HEAD"] = target.split("@");
  const git = (...args) =>
    execFileSync("git", ["-C", directory, ...args], {
      maxBuffer: 1 << 30,
      stdio: ["ignore", "pipe", "ignore"],
    });
  return { name: path.basename(path.dirname(path.resolve(directory))), commit, git };
}

/** Every file of a commit. */
export function filesAt(git, commit) {
  return git("ls-tree", "-r", "-z", "-l", commit)
    .toString()
    .split("\0")
    .flatMap((line) => {
      const [, type, digest, size, file] = /^\d+ (\w+) (\w+) +(\S+)\t(.*)$/s.exec(line) ?? [];
      return type === "blob" ? [{ path: file, digest, size: Number(size) }] : [];
    });
}

/** The newest commits, of those that touch a path, whose patch of other paths passes a test. */
export function commitsOf(git, commit, { touched, filter = [], others, shows, count }) {
  return git("log", "--format=%H", "--no-merges", "-n", "4000", ...filter, commit, "--", touched)
    .toString()
    .split("\n")
    .filter((one) => one !== "" && shows(git("show", "--format=", one, "--", ...others).toString()))
    .slice(0, count);
}

/**
 * A commit laid out: its directories of migrations, with the texts of their files by blob in `texts`; `text` gives that of
 * any file, null where there is none.
 */
export function layOutCommit(git, commit) {
  const files = filesAt(git, commit);
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
  for (const { history } of layout.directories)
    for (const { files: migration } of history)
      for (const file of [migration.up, migration.down])
        if (file !== null) want(layout.sides.head.get(file).digest);
  const text = (file) => {
    const digest = layout.sides.head.get(file)?.digest;
    return digest === undefined ? null : new TextDecoder().decode(want(digest));
  };
  return { layout, texts, text, paths: files.map(({ path: file }) => file) };
}

/** The scripts of a database's history. */
export function scriptsOf(database, texts) {
  return database.history.map((entry) =>
    readHistory(entry, frameworks[database.framework], texts.get(entry.digest), database.dialect),
  );
}

/** What the history of a database, and its models if any, come to in the sandbox. */
export function replay(sandbox, { database, texts, scope, models }) {
  return sandbox.dryRun({
    database: { ...database, steps: [], ...(models ? { models } : {}) },
    scope: `${scope}/${database.directory}`,
    loadHistory: async () => scriptsOf(database, texts),
    queries: [],
    rows: {},
  });
}

/** Builds models beside the migrations of their database; `built` is null where that could not be done. */
export async function buildModels(sandbox, { head, orm, name, database, files, texts }) {
  const started = performance.now();
  const { statements, declarations, skipped } = orm.read(files, database.dialect);
  const took = Math.round(performance.now() - started);
  const models = { orm: name, base: files, head: files, statements: { base: statements, head: statements } };
  const run = await replay(sandbox, { database, texts, scope: `fidelity-${name}`, models });
  const built = run.models?.head;
  if (built?.kind !== "built") {
    console.log(`${head}: not built: ${built?.reason ?? run.lost}`);
    return null;
  }
  const refused = new Set(built.refused.map(({ table }) => table));
  const isPartial = (table) => refused.has(table) || declarations.isPartial(table);
  return { run, built, declarations: { ...declarations, isPartial }, skipped, took };
}

/** Prints what was not understood or refused, and each difference with its place. */
export function printDifferences({ skipped, refused, found, declarations }) {
  for (const { path: file, line, reason } of skipped)
    console.log(`  not understood ${file}:${line} ${reason}`);
  for (const { table, reason } of refused) console.log(`  refused ${table}: ${reason}`);
  for (const { kind, object, model, migrations } of found) {
    const place = declarations.find(object);
    const at = place ? `${place.path}:${place.line}` : "";
    console.log(`  ${kind} ${object}: model ${model}, migrations ${migrations} ${at}`);
  }
}

/** Every file below a folder of a checkout, from its root; what belongs to no project is left out. */
export function filesBelow(root, folder = "", leftOut = /^(node_modules|\.git)$/) {
  return readdirSync(path.join(root, folder), { withFileTypes: true }).flatMap((entry) => {
    const file = folder === "" ? entry.name : `${folder}/${entry.name}`;
    if (entry.isDirectory()) return leftOut.test(entry.name) ? [] : filesBelow(root, file, leftOut);
    return entry.isFile() ? [file] : [];
  });
}
