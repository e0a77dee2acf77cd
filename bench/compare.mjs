#!/usr/bin/env node
/**
 * Runs Drydock, squawk and pgfence over the newest migrations of public repositories, each commit that adds some as if it were
 * a pull request, and writes what each of them says, statement by statement.
 *
 *   node bench/compare.mjs --repositories <folder> --squawk <program> --pgfence <program> --output results.json
 *
 * The folder holds one git directory a repository, named `owner+name` or `owner+name/repo`; the list is compare/corpora.json.
 * What the output holds already is not run again: a run that was ended is taken up where it stood. `--code <commit>` says of which
 * commit of Drydock it is.
 * All three are given the same statements: those of the up script, as Drydock cuts them out of the tool's own file.
 */
import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { parseArgs } from "node:util";
import { openCheckout } from "../dist/handlers/checkout.js";
import { reviewChange } from "../dist/handlers/review.js";
import { plain } from "../dist/review/text.js";
import { createSandbox } from "../dist/sandbox/dry-run.js";

const { values: options } = parseArgs({
  options: {
    repositories: { type: "string" },
    squawk: { type: "string" },
    pgfence: { type: "string" },
    output: { type: "string" },
    corpora: { type: "string", default: path.join(import.meta.dirname, "compare/corpora.json") },
    code: { type: "string", default: "" },
    only: { type: "string" },
    newest: { type: "string", default: "20" },
  },
});
if (!options.repositories || !options.output) {
  console.error(
    "usage: node bench/compare.mjs --repositories <folder> --output <file> [--squawk <program>] [--pgfence <program>]",
  );
  process.exit(2);
}

/** Clocks are for a machine that does nothing else; this one may be busy, and nothing here is hostile. */
const limits = { statement: 60_000, run: 600_000 };

const corpora = JSON.parse(readFileSync(options.corpora, "utf8"));
const folder = mkdtempSync(path.join(os.tmpdir(), "compare-"));
const sandbox = createSandbox({ spares: 0, isSerial: true, limits });
const results = existsSync(options.output) ? JSON.parse(readFileSync(options.output, "utf8")) : [];
try {
  for (const corpus of corpora) {
    if (options.only && !corpus.repository.includes(options.only)) continue;
    const repo = gitDirectory(corpus.repository);
    if (!repo) {
      console.error(`${corpus.repository}: not there`);
      continue;
    }
    await compareRepository(repo, corpus);
  }
} finally {
  await sandbox.close();
  rmSync(folder, { recursive: true, force: true });
}

function gitDirectory(repository) {
  const base = path.join(options.repositories, repository.replace("/", "+"));
  return [path.join(base, "repo"), base].find((one) => existsSync(one)) ?? null;
}

async function compareRepository(repo, corpus) {
  const commits = commitsOf(repo, corpus);
  const { reviews } = resultOf(corpus);
  for (const { commit, parent } of commits) {
    if (reviews.some((review) => review.commit === commit)) continue;
    try {
      reviews.push(await compareCommit(repo, corpus, commit, parent));
      writeFileSync(options.output, `${JSON.stringify(results, null, 1)}\n`);
    } catch (error) {
      console.error(`${corpus.repository} ${commit}: ${String(error.message).slice(0, 200)}`);
    }
  }
  const count = (tool) =>
    reviews.flatMap((review) => review.findings).filter((one) => one.tool === tool).length;
  console.error(
    `${corpus.repository}: ${commits.length} commits, ${reviews.reduce((sum, one) => sum + one.migrations, 0)} migrations, ` +
      `drydock ${count("drydock")}, squawk ${count("squawk")}, pgfence ${count("pgfence")}`,
  );
}

/** What is known of the repository so far. */
function resultOf({ repository, commit }) {
  const known = results.find((one) => one.repository === repository);
  if (known) return known;
  const result = { repository, commit, code: options.code, reviews: [] };
  results.push(result);
  return result;
}

/** The newest commits that add migrations, until enough migrations are covered. */
function commitsOf(repo, { commit, migrations }) {
  const pattern = new RegExp(migrations);
  const log = git(repo, [
    "log",
    "--first-parent",
    "-m",
    "--no-renames",
    "--diff-filter=A",
    "--name-only",
    "--format=commit %H %P",
    commit,
  ]);
  const found = [];
  let current = null;
  for (const line of log.split("\n")) {
    const head = /^commit (\w+) (\w+)?/.exec(line);
    if (head) {
      current = { commit: head[1], parent: head[2] ?? null, count: 0 };
      continue;
    }
    if (!pattern.test(line) || !current?.parent) continue;
    if (current.count === 0) {
      if (found.reduce((sum, one) => sum + one.count, 0) >= Number(options.newest)) break;
      found.push(current);
    }
    current.count++;
  }
  return found;
}

async function compareCommit(repo, corpus, commit, parent) {
  const started = performance.now();
  const checkout = await openCheckout({ repo, base: parent, head: commit });
  const report = await reviewChange(checkout, sandbox, { offersFixes: false });
  const pattern = new RegExp(corpus.migrations);
  const steps = report.changes.databases
    .filter(({ dialect }) => dialect === "postgresql")
    .flatMap(({ steps }) => steps)
    .filter(({ status, up }) => status === "added" && pattern.test(up.path));
  const findings = report.findings.map((finding) => ({
    tool: "drydock",
    rule: finding.rule,
    severity: finding.severity,
    gates: finding.gates,
    path: finding.path,
    line: finding.line,
    statement: statementAt(steps, finding),
    says: plain(finding.message),
  }));
  for (const { up } of steps) {
    // What could not be read out of a file that is not SQL is given to nobody.
    const read = { ...up, statements: up.statements.filter(({ refused }) => refused === null) };
    findings.push(...squawk(read), ...pgfence(read));
  }
  return {
    commit,
    parent,
    conclusion: report.conclusion,
    milliseconds: Math.round(performance.now() - started),
    migrations: steps.length,
    statements: steps.map(({ up }) => ({
      path: up.path,
      sql: up.statements.map(({ sql }) => sql.slice(0, 2000)),
    })),
    skipped: report.skipped.map(({ path: file, line, reason }) => ({ path: file, line, reason })),
    lost: report.runs.flatMap(({ lost }) => (lost ? [lost] : [])),
    findings,
  };
}

function statementAt(steps, { path: file, line }) {
  const up = steps.find((step) => step.up.path === file)?.up;
  return up?.statements.find((one) => one.line <= line && line <= one.endLine)?.index ?? null;
}

/** The statements one after another, and which of them stands on which line (0-based). */
function asFile(up) {
  const lines = [];
  const text = up.statements
    .map((statement) => {
      const sql = `${statement.sql.trimEnd()};\n`;
      for (const _ of sql.trimEnd().split("\n")) lines.push(statement.index);
      return sql;
    })
    .join("");
  return { text, lines };
}

function squawk(up) {
  if (!options.squawk || up.statements.length === 0) return [];
  const { text, lines } = asFile(up);
  const file = path.join(folder, "change.sql");
  writeFileSync(file, text);
  const wrapped = up.transaction === "transaction" ? ["--assume-in-transaction"] : [];
  const { stdout } = spawnSync(options.squawk, ["--reporter", "json", ...wrapped, file], {
    encoding: "utf8",
    maxBuffer: 1 << 28,
  });
  return JSON.parse(stdout || "[]").map((one) => ({
    tool: "squawk",
    rule: one.rule_name,
    severity: one.level.toLowerCase(),
    path: up.path,
    statement: lines[one.line] ?? null,
    says: one.message,
  }));
}

function pgfence(up) {
  if (!options.pgfence || up.statements.length === 0) return [];
  const file = path.join(folder, "change.sql");
  writeFileSync(file, asFile(up).text);
  const { stdout } = spawnSync(options.pgfence, ["analyze", "--format", "sql", "--output", "json", file], {
    encoding: "utf8",
    maxBuffer: 1 << 28,
  });
  const parsed = jsonIn(stdout);
  const squeeze = (sql) => sql.replace(/\s+/g, " ").replace(/;$/, "").trim();
  return (parsed?.results ?? []).flatMap((result) => [
    ...result.checks.map((one) => ({
      tool: "pgfence",
      rule: one.ruleId,
      severity: one.risk.toLowerCase(),
      path: up.path,
      statement: indexOrNull(up.statements.findIndex(({ sql }) => squeeze(sql) === squeeze(one.statement))),
      says: one.message,
    })),
    ...(result.policyViolations ?? []).map((one) => ({
      tool: "pgfence",
      rule: one.ruleId,
      severity: one.severity ?? "warning",
      path: up.path,
      statement: null,
      says: one.message,
    })),
  ]);
}

function indexOrNull(index) {
  return index < 0 ? null : index;
}

function jsonIn(text) {
  try {
    return JSON.parse(text.slice(text.indexOf("{")));
  } catch {
    return null;
  }
}

function git(repo, args) {
  return execFileSync("git", ["-C", repo, ...args], { encoding: "utf8", maxBuffer: 1 << 30 });
}
