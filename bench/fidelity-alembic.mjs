// node bench/fidelity-alembic.mjs [--show] [--path=<folder>] <checkout>…: how close the reading of Alembic's revisions comes to Alembic itself.
// Needs a Python 3 that has Alembic and SQLAlchemy ($PYTHON, else /usr/bin/python3). Unlike a review, it executes the files.
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import path from "node:path";
import { frameworks } from "../dist/review/frameworks/index.js";
import { byDirectory } from "../dist/review/paths.js";
import { asking } from "../dist/sandbox/asking.js";
import { readCatalog } from "../dist/sandbox/catalog.js";
import { compareCatalogs } from "../dist/sandbox/compare.js";
import { createKeeper } from "../dist/sandbox/keeper.js";
import { sessionOf } from "../dist/sandbox/session.js";
import { filesBelow } from "./repository.mjs";

const shows = process.argv.includes("--show");
/** Modules that Python is to find first, in place of a package that does not load. */
const first = process.argv.flatMap((argument) => /^--path=(.+)$/.exec(argument)?.[1] ?? []);
const checkouts = process.argv.slice(2).filter((argument) => !argument.startsWith("--"));
const keeper = createKeeper({ spares: 0, limits: { run: 900_000 } });
try {
  for (const checkout of checkouts) await measure(path.resolve(checkout));
} finally {
  await keeper.close();
}

async function measure(root) {
  const paths = filesBelow(root, "", /^(node_modules|\.git|docs)$/);
  const repository = {
    paths,
    folders: byDirectory(paths),
    named: [],
    text: (file) => (paths.includes(file) ? readFileSync(path.join(root, file), "utf8") : null),
  };
  for (const found of frameworks.alembic.find(repository)) {
    const dialect = typeof found.dialect === "string" ? found.dialect : "postgresql";
    const files = found.migrations.map(({ up }) => path.join(root, up));
    const oracle = ask(root, dialect, files);
    const table = { revisions: files.length, dialect };
    const count = (key, by = 1) => {
      table[key] = (table[key] ?? 0) + by;
    };
    const notes = [];
    const steps = found.migrations.map((migration) => {
      const text = readFileSync(path.join(root, migration.up), "utf8");
      const answer = oracle.get(path.join(root, migration.up)) ?? {};
      const directions = ["up", "down"].map((direction) => {
        const own = frameworks.alembic.read({
          ...migration,
          path: migration.up,
          text,
          direction,
          dialect,
        }).script;
        const statements = own?.statements ?? [];
        const refused = statements.filter((statement) => statement.refused !== null);
        const other = answer[direction === "up" ? "upgrade" : "downgrade"] ?? {
          error: answer.error ?? "no function",
        };
        const known = other.sql;
        const key = `${direction}s`;
        count(key);
        const verdict = verdictOf(refused, known, other.error);
        count(`${key} ${verdict}`);
        const name = `${path.basename(migration.up)} ${direction}`;
        for (const { line, refused: why } of refused) notes.push(`  ${verdict} ${name}:${line} ${why}`);
        if (verdict === "read by us alone") notes.push(`  ${verdict}: ${name}: ${other.error}`);
        const sent = statements.flatMap(({ sql, refused: why }) => (why === null ? [sql] : []));
        if (verdict === "read") {
          const [ours, theirs] = [sent, known].map((list) =>
            list.flatMap(normal).filter((sql) => !/^(begin|commit)$/.test(sql)),
          );
          const equal = ours.length === theirs.length && ours.every((sql, i) => sql === theirs[i]);
          count("statements", theirs.length);
          count("statements equal", theirs.filter((sql, i) => sql === ours[i]).length);
          if (!equal) notes.push(...differences(name, ours, theirs));
        }
        const plain = (sql) => ({ sql, asks: [], guard: null, refused: null, rebuild: null });
        return { name, verdict, ours: statements, theirs: known?.map(plain) ?? null };
      });
      return { directions };
    });
    if (dialect === "postgresql") await replay(steps, count, notes);
    process.stdout.write(`${path.basename(root)} ${found.directory}\n`);
    for (const [key, value] of Object.entries(table)) process.stdout.write(`  ${key.padEnd(40)} ${value}\n`);
    if (shows) process.stdout.write(`${notes.join("\n")}\n`);
  }
}

function verdictOf(refused, known, error) {
  if (refused.length > 0 && !known && refused.every(isFailure)) return "told to fail, as Alembic does";
  if (refused.length > 0 && refused.every((one) => one.guard || isFailure(one)))
    return "read but for what it does with rows that are there";
  if (refused.length > 0)
    return known ? "skipped, though Alembic needs no database" : "skipped, as Alembic needs the database";
  if (known) return "read";
  return /NotImplemented|no function/.test(error ?? "") ? "without SQL" : "read by us alone";
}

function isFailure({ refused }) {
  return refused.startsWith("Alembic fails here");
}

function ask(root, dialect, files) {
  const python = process.env.PYTHON ?? "/usr/bin/python3";
  const roots = [
    ...first,
    root,
    ...["src", "server", "backend", "app"].map((folder) => path.join(root, folder)),
  ];
  const script = path.join(import.meta.dirname, "fidelity-alembic.py");
  const { stdout, stderr } = spawnSync(python, [script], {
    input: JSON.stringify({ roots, dialect, files }),
    encoding: "utf8",
    maxBuffer: 1e9,
  });
  if (shows && stderr) process.stderr.write(stderr.slice(-2000));
  const answers = stdout
    .split("\n")
    .filter(Boolean)
    .map((line) => JSON.parse(line));
  return new Map(answers.map((answer) => [answer.path, answer]));
}

/** Both sides in a database of their own, revision by revision; what one side cannot say, the other says for both. */
async function replay(steps, count, notes) {
  const [a, b] = [sessionOf(await keeper.lease()), sessionOf(await keeper.lease())];
  for (const [direction, list] of [
    ["up", steps],
    ["down", steps.toReversed()],
  ]) {
    for (const { directions } of list) {
      const { name, verdict, ours, theirs } = directions[direction === "up" ? 0 : 1];
      const isJudged = verdict === "read";
      const failures = [
        await runAll(a, isJudged || theirs ? (theirs ?? ours) : ours),
        await runAll(b, isJudged || !theirs ? ours : theirs),
      ];
      if (!isJudged) continue;
      const { residue } = compareCatalogs(await readCatalog(a), await readCatalog(b));
      count(`${direction}s with an equal schema`, residue.length === 0 ? 1 : 0);
      count("statements that fail", failures[0].length);
      if (residue.length === 0 && failures[0].length === failures[1].length) continue;
      notes.push(
        `  schema of ${name}: ${JSON.stringify(residue).slice(0, 400)}`,
        ...failures
          .flat()
          .slice(0, 4)
          .map((text) => `    ${text}`),
      );
      if (residue.length > 0) await align(a, b, name, notes);
    }
  }
}

/** A difference is told once: the side that is judged goes on from where Alembic's stands. */
async function align(a, b, name, notes) {
  const from = await readCatalog(a);
  const { residue } = compareCatalogs(from, await readCatalog(b));
  notes.push(`    (${residue.length} objects differ from ${name} on)`);
}

async function runAll(session, statements) {
  const failed = [];
  const questions = asking(async (sql) => {
    const { error, sets } = await session.run(sql);
    return error ? { error } : { value: sets[0]?.rows[0]?.[0] ?? null };
  });
  for (const statement of statements) {
    const due = await questions.reach(statement);
    const { sql } = statement;
    if (due !== "due" || statement.refused !== null || /^(begin|commit)$/i.test(sql)) continue;
    const { error } = await session.run(sql);
    if (error) failed.push(`${error.message}: ${sql.slice(0, 160)}`);
    await session.ask("ROLLBACK");
  }
  return failed;
}

/** White space, the end of a statement, and ways of writing that mean the same. */
function normal(sql) {
  return splitPlain(sql).map((one) =>
    one
      .replace(/\s+/g, " ")
      .replace(/\( /g, "(")
      .replace(/ \)/g, ")")
      .replace(/ ,/g, ",")
      .replace(/%%/g, "%")
      .trim()
      .replace(/^DO \$\$ BEGIN IF to_regtype\(.*?\) IS NULL THEN (.*); END IF; END \$\$$/, "$1")
      .replace(/^DROP TYPE IF EXISTS/, "DROP TYPE")
      .replace(/"([a-z_]+)"/g, "$1")
      .replace(/^(begin|commit)$/i, (word) => word.toLowerCase()),
  );
}

function splitPlain(sql) {
  const file = { path: "x.sql", text: sql, direction: "up", dialect: "postgresql", settings: {} };
  return frameworks["golang-migrate"].read(file).script.statements.map((statement) => statement.sql);
}

function differences(name, ours, theirs) {
  const length = Math.max(ours.length, theirs.length);
  const lines = [];
  for (let i = 0; i < length && lines.length < 6; i += 1) {
    if (ours[i] !== theirs[i])
      lines.push(`    ours:   ${ours[i]?.slice(0, 600)}`, `    theirs: ${theirs[i]?.slice(0, 600)}`);
  }
  return [`  other statements in ${name} (${ours.length}, ${theirs.length})`, ...lines];
}
