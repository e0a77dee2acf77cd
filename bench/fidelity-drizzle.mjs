// node bench/fidelity-drizzle.mjs --kit <folder> [--show] <checkout or fixture>…: how close the reading of Drizzle's models comes to
// Drizzle Kit's own generator, and to the migrations beside them. A fixture is test/orms/drizzle.md, section by section; <folder>
// holds node_modules with drizzle-kit, drizzle-orm and esbuild. Unlike a review, it executes the schema files.
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { differences } from "../dist/review/drift.js";
import { homeOf, readConfig, schemaFilesOf } from "../dist/review/drizzle/config.js";
import { frameworks } from "../dist/review/frameworks/index.js";
import { orms } from "../dist/review/orms/index.js";
import { byDirectory } from "../dist/review/paths.js";
import { createSandbox } from "../dist/sandbox/dry-run.js";
import { filesBelow } from "./repository.mjs";

const args = process.argv.slice(2);
const shows = args.includes("--show");
const kit = path.resolve(args[args.indexOf("--kit") + 1] ?? ".");
const checkouts = args.filter((one, i) => !one.startsWith("--") && args[i - 1] !== "--kit");
const cacheDirectory = mkdtempSync(path.join(os.tmpdir(), "drydock-fidelity-"));
const sandbox = createSandbox({ spares: 0, cacheDirectory });
try {
  for (const checkout of checkouts)
    await (checkout.endsWith(".md") ? measureFixture : measure)(path.resolve(checkout));
} finally {
  await sandbox.close();
  rmSync(cacheDirectory, { recursive: true, force: true });
}

async function measureFixture(fixture) {
  for (const section of readFileSync(fixture, "utf8").split(/^## /m).slice(1)) {
    const root = mkdtempSync(path.join(os.tmpdir(), "drydock-section-"));
    try {
      const blocks = [...section.matchAll(/^```(\w+) ?(.*)\n([\s\S]*?)^```$/gm)];
      for (const [, role, name, text] of blocks) {
        if (!/^(ts|json)$/.test(role)) continue;
        mkdirSync(path.dirname(path.join(root, name)), { recursive: true });
        writeFileSync(path.join(root, name), text);
      }
      const directory = blocks.find(([, role]) => role === "found")?.[2] ?? "drizzle";
      const dialect = blocks.some(([, , name]) => name === "sqlite") ? "sqlite" : "postgresql";
      await measureDirectory(section.split("\n")[0], root, { directory, dialect, migrations: [] });
    } finally {
      rmSync(root, { recursive: true, force: true });
    }
  }
}

async function measure(root) {
  const { paths, text } = repositoryAt(root);
  const found = frameworks.drizzle.find({ paths, folders: byDirectory(paths), named: [], text });
  for (const one of found) {
    const { directory } = one;
    await measureDirectory(`${path.basename(root)} ${directory === "" ? "." : directory}`, root, one);
  }
}

function repositoryAt(root) {
  const paths = filesBelow(root);
  const known = new Set(paths);
  return { paths, text: (file) => (known.has(file) ? readFileSync(path.join(root, file), "utf8") : null) };
}

async function measureDirectory(where, root, { directory, dialect: named, migrations }) {
  const { paths, text } = repositoryAt(root);
  const known = new Set(paths);
  const files = orms.drizzle
    .filesFor(directory, { paths, text })
    .map((file) => ({ path: file, text: text(file) }));
  if (files.length === 0) {
    process.stdout.write(`${where}: no models\n`);
    return;
  }
  const dialect = typeof named === "string" ? named : "postgresql";
  const started = performance.now();
  const reading = orms.drizzle.read(files, dialect);
  const took = performance.now() - started;
  const source = { paths: known, text };
  const config = readConfig(files[0].path, source);
  const home = homeOf(config, directory);
  const entries = schemaFilesOf(config, home, known);
  const oracle = ask(root, home, entries, dialect, config.casing);
  const theirs = (oracle.sql ?? [])
    .flatMap(split)
    .filter((sql) => !/^(CREATE|ALTER|DROP) (POLICY|ROLE)\b|^CREATE (MATERIALIZED )?VIEW/.test(sql));
  const ours = reading.statements.map(({ sql }) => normal(sql));
  const [missing, extra] = [without(theirs, ours), without(ours, theirs)];
  const scripts = migrations.map((files) => {
    const content = text(files.up);
    return frameworks.drizzle.read({
      path: files.up,
      text: content,
      direction: "up",
      dialect,
      settings: files.settings,
    }).script;
  });
  const run = await sandbox.dryRun({
    database: {
      directory,
      framework: "drizzle",
      dialect,
      habits: frameworks.drizzle.habits,
      history: migrations.map(({ up, version, settings }) => ({ path: up, version, settings, digest: up })),
      steps: [],
      models: {
        orm: "drizzle",
        base: [],
        head: files,
        statements: { base: reading.statements, head: theirs.map((sql) => ({ table: null, sql })) },
      },
    },
    scope: where,
    loadHistory: async () => scripts,
    queries: [],
    rows: {},
  });
  const { base, head } = run.models ?? {};
  const isBuilt = base?.kind === "built" && head?.kind === "built";
  const objects = isBuilt ? objectsOf(base.schema, head.schema) : null;
  const drift =
    isBuilt && migrations.length > 0 ? differences(base.schema, run.base, reading.declarations, dialect) : [];
  const line = [
    `${reading.statements.length} statements of ours, ${theirs.length} of Drizzle Kit's, ${missing.length + extra.length} differ`,
    `objects ${objects ? `${objects.equal} of ${objects.all} equal` : "not built"}`,
    `${reading.skipped.length} not read`,
    `${drift.length} differences from ${migrations.length} migrations`,
    `${Math.round(took)} ms`,
  ];
  process.stdout.write(`${where}: ${line.join("; ")}\n`);
  const lines = [
    ...(oracle.error ? [`  Drizzle Kit: ${oracle.error}`] : []),
    ...missing.map((sql) => apart("theirs", sql, extra)),
    ...extra.map((sql) => apart("ours  ", sql, missing)),
    ...(objects?.different ?? []).map((name) => `  object ${name}`),
    ...(isBuilt
      ? [
          ...base.refused.map((one) => `  refused ours ${JSON.stringify(one)}`),
          ...head.refused.map((one) => `  refused theirs ${JSON.stringify(one)}`),
        ]
      : []),
    ...reading.skipped.map((one) => `  not read ${one.path}:${one.line} ${one.reason}`),
    ...run.history.failed.map((one) => `  migration ${JSON.stringify(one).slice(0, 300)}`),
    ...drift.map((one) => `  drift ${one.kind} ${one.object}: ${one.model} / ${one.migrations}`),
  ];
  if (shows && lines.length > 0)
    process.stdout.write(
      `${lines
        .slice(0, 60)
        .map((one) => one.slice(0, 300))
        .join("\n")}\n`,
    );
}

/** What Drizzle Kit generates for the schema files, in a process of its own. */
function ask(root, home, entries, dialect, casing) {
  const folder = mkdtempSync(path.join(os.tmpdir(), "drydock-kit-"));
  try {
    const input = path.join(folder, "input.json");
    writeFileSync(input, JSON.stringify({ root, home, entries, dialect, casing, kit }));
    const { stdout, stderr } = spawnSync(
      process.execPath,
      [path.join(import.meta.dirname, "fidelity-drizzle-kit.cjs"), input],
      {
        encoding: "utf8",
        maxBuffer: 1e9,
      },
    );
    const answer = stdout.split("\n").find((line) => line.startsWith('{"sql"'));
    return answer ? JSON.parse(answer) : { error: (stderr || stdout).slice(0, 2000) };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** A statement from where it parts with the one that is nearest to it. */
function apart(whose, sql, others) {
  const shared = (other) => {
    let i = 0;
    while (i < sql.length && sql[i] === other[i]) i += 1;
    return i;
  };
  const from = Math.max(0, ...others.map(shared));
  const name = /"[^"]+"(?:\."[^"]+")?|`[^`]+`/.exec(sql)?.[0] ?? "";
  return from < 30
    ? `  ${whose} ${sql}`
    : `  ${whose} ${name} … ${sql.slice(Math.max(0, from - 20), from + 120)}`;
}

function split(sql) {
  return sql
    .split("--> statement-breakpoint")
    .map(normal)
    .filter((one) => one !== "");
}

function normal(sql) {
  return sql
    .replace(/\s+/g, " ")
    .replace(/\( /g, "(")
    .replace(/ \)/g, ")")
    .replace(/;\s*$/, "")
    .replace(/^DO \$\$ BEGIN (.*?);? EXCEPTION WHEN duplicate_object THEN null; END \$\$$/, "$1")
    .replace(/^(CREATE (?:TABLE|(?:UNIQUE )?INDEX(?: CONCURRENTLY)?)) IF NOT EXISTS /, "$1 ")
    .trim();
}

function without(some, others) {
  const left = [...others];
  return some.filter((sql) => {
    const i = left.indexOf(sql);
    if (i >= 0) left.splice(i, 1);
    return i < 0;
  });
}

/** Tables, columns, keys and enums of two schemas that are equal to the letter. */
function objectsOf(ours, theirs) {
  const list = ({ tables, enums }) =>
    new Map([
      ...tables.flatMap((table) => [
        ...table.columns.map((one) => [`${table.name}.${one.name}`, JSON.stringify(one)]),
        ...table.constraints.map((one) => [`${table.name} ${one.name}`, JSON.stringify(one)]),
        ...table.indexes.map((one) => [`${table.name} ${one.name}`, JSON.stringify(one)]),
      ]),
      ...enums.map((one) => [one.name, JSON.stringify(one)]),
    ]);
  const [a, b] = [list(ours), list(theirs)];
  const names = [...new Set([...a.keys(), ...b.keys()])];
  const different = names.filter((name) => a.get(name) !== b.get(name));
  return { all: names.length, equal: names.length - different.length, different };
}
