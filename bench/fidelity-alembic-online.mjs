// node bench/fidelity-alembic-online.mjs [--show] [--path=<folder>] <checkout>…: what the revisions do to a database, by Alembic itself and as they are read.
// Every up and then every down is run online by Alembic (1.8, SQLAlchemy 1.4; $PYTHON, else /usr/bin/python3) and, beside it, as it is read;
// after each the schemas are compared, and both go on from Alembic's. SQLite needs nothing else; PostgreSQL needs a server that is
// reached by $PGHOST, psql, pg_dump and psycopg2. Unlike a review, it executes the files. Rows are none: only tables are compared.
import { spawn, spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import readline from "node:readline";
import { frameworks } from "../dist/review/frameworks/index.js";
import { byDirectory } from "../dist/review/paths.js";
import { asking } from "../dist/sandbox/asking.js";
import { compareCatalogs } from "../dist/sandbox/compare.js";
import { defaultLimits } from "../dist/sandbox/limits.js";
import { catalogOf } from "../dist/sandbox/sqlite/catalog.js";
import { runSqliteScript } from "../dist/sandbox/sqlite/script-run.js";
import { startSqliteSession } from "../dist/sandbox/sqlite/session.js";
import { describe } from "../dist/sandbox/sqlite/tables.js";
import { filesBelow } from "./repository.mjs";

const shows = process.argv.includes("--show");
const first = process.argv.flatMap((argument) => /^--path=(.+)$/.exec(argument)?.[1] ?? []);
for (const checkout of process.argv.slice(2).filter((argument) => !argument.startsWith("--")))
  await measure(path.resolve(checkout));

async function measure(root) {
  const paths = filesBelow(root, "", /^(node_modules|\.git|docs)$/);
  const known = new Set(paths);
  const text = (file) => (known.has(file) ? readFileSync(path.join(root, file), "utf8") : null);
  const repository = { paths, folders: byDirectory(paths), named: [], text };
  for (const found of frameworks.alembic.find(repository)) {
    const dialect = found.dialect === "sqlite" ? "sqlite" : "postgresql";
    const sides = dialect === "sqlite" ? await sqliteSides() : await postgresSides();
    const counts = {};
    const count = (key) => {
      counts[key] = (counts[key] ?? 0) + 1;
    };
    try {
      const roots = [
        ...first,
        root,
        ...["src", "server", "backend", "app"].map((folder) => path.join(root, folder)),
      ];
      const files = found.migrations.map(({ up }) => path.join(root, up));
      await follow({ roots, url: sides.url, files }, async ({ path: file, direction, error }) => {
        const migration = found.migrations.find(({ up }) => path.join(root, up) === file);
        const side = direction === "upgrade" ? "up" : "down";
        const own = { ...migration, path: migration.up, text: text(migration.up), direction: side, dialect };
        const script = frameworks.alembic.read(own).script;
        const failure = script ? await sides.run(script) : null;
        const isAsked = (script?.statements ?? []).some(({ guard, rebuild }) => guard || rebuild);
        const kind = isAsked ? "asks or copies" : "plain";
        const different = error === null ? await sides.differences() : [];
        if (error !== null) count(failure === null ? "Alembic fails, we do not" : "both fail");
        else if (failure?.startsWith("not read")) count(`${kind}: not read`);
        else if (failure !== null) count(`${kind}: we fail, Alembic does not`);
        else count(`${kind}: ${different.length === 0 ? "equal" : "different"}`);
        if (shows && (different.length > 0 || (failure === null) !== (error === null)))
          process.stdout.write(
            `  ${path.basename(file)} ${side}: theirs ${error ?? "ran"}; ours ${failure ?? "ran"}\n${different.map((line) => `    ${line}\n`).join("")}`,
          );
        if (different.length > 0 || failure !== null || error !== null) await sides.align();
      });
    } finally {
      await sides.close();
    }
    process.stdout.write(`${path.basename(root)} ${found.directory} (${dialect})\n`);
    for (const [key, value] of Object.entries(counts).sort())
      process.stdout.write(`  ${key.padEnd(44)} ${value}\n`);
  }
}

/** Runs Alembic; `after` is awaited after each function. */
async function follow(request, after) {
  const script = path.join(import.meta.dirname, "fidelity-alembic-online.py");
  const child = spawn(process.env.PYTHON ?? "/usr/bin/python3", [script], {
    stdio: ["pipe", "pipe", "ignore"],
  });
  child.stdin.write(`${JSON.stringify(request)}\n`);
  for await (const line of readline.createInterface({ input: child.stdout })) {
    await after(JSON.parse(line));
    child.stdin.write("\n");
  }
}

async function sqliteSides() {
  const folder = mkdtempSync(path.join(os.tmpdir(), "fidelity-"));
  const file = path.join(folder, "theirs.db");
  const limits = { ...defaultLimits, run: 3_600_000 };
  const [ours, theirs] = [await startSqliteSession(limits), await startSqliteSession(limits)];
  return {
    url: `sqlite:///${file}`,
    async run(script) {
      const options = { leftOut: new Map(), gaps: [], wrapped: false, statement: 60_000, functions: "any" };
      const { statements, stop } = await runSqliteScript(ours, script, options);
      return failureOf(statements, stop);
    },
    async differences() {
      await theirs.load(new Uint8Array(readFileSync(file)));
      const [a, b] = [catalogOf(await describe(theirs)), catalogOf(await describe(ours))];
      return compareCatalogs(a, b).residue.map(
        ({ kind, identity, change, before, after }) => `${kind} ${identity} ${change}: ${before} | ${after}`,
      );
    },
    async align() {
      await ours.load(new Uint8Array(readFileSync(file)));
    },
    async close() {
      await ours.close();
      await theirs.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function failureOf(statements, stop) {
  if (stop) return stop.error.message;
  const missed = statements.find(({ outcome }) => outcome.kind === "not-evaluated");
  return missed ? `not read: ${missed.outcome.reason}` : null;
}

async function postgresSides() {
  const names = ["drydock_theirs", "drydock_ours"];
  const admin = (sql) => psql("postgres", sql);
  for (const name of names) {
    admin(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`);
    admin(`CREATE DATABASE ${name}`);
  }
  const dump = (name) =>
    spawnSync("pg_dump", ["-s", "-O", "-x", name], { encoding: "utf8", maxBuffer: 1e9 })
      .stdout.split("\n")
      .filter((line) => line !== "" && !/^(--|\\(un)?restrict)/.test(line));
  return {
    url: `postgresql+psycopg2:///${names[0]}?host=${process.env.PGHOST}`,
    async run(script) {
      const questions = asking(async (sql) => {
        const { error, rows } = psql(names[1], sql);
        return error ? { error: { message: error } } : { value: rows[0] ?? null };
      });
      const body = [];
      const isWhole = script.transaction === "transaction";
      let missed = null;
      let isOpen = false;
      const flush = () => {
        if (body.length === 0) return null;
        const sql = body.splice(0).join(";\n");
        return psql(names[1], isWhole ? `BEGIN;\n${sql};\nCOMMIT` : sql).error;
      };
      for (const statement of script.statements) {
        if (statement.asks.length > 0) {
          const error = flush();
          if (error) return error;
        }
        const due = await questions.reach(statement);
        if (due !== "due" && "error" in due) return `not read: ${due.error.message}`;
        if (due !== "due") continue;
        if (statement.refused !== null) missed ??= `not read: ${statement.refused}`;
        else body.push(statement.sql);
        // What the file itself puts into a transaction is sent with it.
        if (/^begin$/i.test(statement.sql)) isOpen = true;
        if (/^commit$/i.test(statement.sql)) isOpen = false;
        if (isWhole || isOpen) continue;
        const error = flush();
        if (error) return error;
      }
      return flush() ?? missed;
    },
    async differences() {
      const [a, b] = names.map(dump);
      const [left, right] = [new Set(a), new Set(b)];
      return [
        ...a.filter((line) => !right.has(line)).map((line) => `theirs: ${line}`),
        ...b.filter((line) => !left.has(line)).map((line) => `ours: ${line}`),
      ].slice(0, 8);
    },
    async align() {
      admin(`DROP DATABASE IF EXISTS ${names[1]} WITH (FORCE)`);
      admin(`CREATE DATABASE ${names[1]} TEMPLATE ${names[0]}`);
    },
    async close() {},
  };
}

function psql(database, sql) {
  const { stdout, stderr, status } = spawnSync("psql", ["-XAtq", "-v", "ON_ERROR_STOP=1", "-d", database], {
    input: `${sql};\n`,
    encoding: "utf8",
    maxBuffer: 1e9,
  });
  return {
    error: status === 0 ? null : stderr.trim().split("\n")[0] || "psql failed",
    rows: stdout.split("\n"),
  };
}
