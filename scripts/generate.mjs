#!/usr/bin/env node
/**
 * Writes everything that is derived from the source: the indexes of rules, frameworks and ORMs (from file names alone, so that it
 * works before there is a build), the rule pages, the README table and the configuration's schema (from dist/).
 * With --check nothing is written: it fails when a file is not what it would be.
 */
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { comparisonPage } from "./comparison-page.mjs";
import { configPage } from "./config-page.mjs";
import { coveragePage } from "./coverage-page.mjs";
import { readFixture } from "./fixture.mjs";
import { pageOf, tableOf } from "./rule-page.mjs";

const root = path.resolve(import.meta.dirname, "..");
const checking = process.argv.includes("--check");
/** @type {string[]} */
const stale = [];

const indexes = [
  { folder: "rules", name: "rules", type: "Rule", from: "../rule.ts", what: "rule by its id" },
  {
    folder: "frameworks",
    name: "frameworks",
    type: "Framework",
    from: "../framework.ts",
    what: "framework by its id",
  },
  { folder: "orms", name: "orms", type: "Orm", from: "../orm.ts", what: "ORM by its id" },
];

for (const index of indexes) put(`src/review/${index.folder}/index.ts`, indexOf(index));
if (!checking) build();

const { rules } = await load("review/rules/index.js");
const { configJsonSchema } = await load("review/config.js");
const { reportJsonSchema } = await load("review/report/json.js");

for (const [id, rule] of Object.entries(rules)) put(`docs/rules/${id}.md`, pageOf(id, rule, fixtureOf(id)));
for (const name of filesIn("docs/rules", ".md")) if (!(name in rules)) drop(`docs/rules/${name}.md`);
put("docs/config.schema.json", `${JSON.stringify(configJsonSchema(), null, 2)}\n`);
put("docs/configuration.md", configPage(configJsonSchema()));
if (existsSync(path.join(root, "docs/comparison"))) put("docs/comparison.md", comparisonPage(comparison()));
put("docs/coverage.md", coveragePage(coverageRows(), rules));
put("docs/report.schema.json", `${JSON.stringify(reportJsonSchema(), null, 2)}\n`);
if (existsSync(path.join(root, "README.md"))) put("README.md", withTable(read("README.md"), tableOf(rules)));

if (checking && stale.length > 0) {
  console.error(`Not as generated from the source: ${stale.join(", ")}\nRun: npm run generate`);
  process.exitCode = 1;
}

function comparison() {
  return Object.fromEntries(
    filesIn("docs/comparison", ".json").map((name) => [
      name,
      JSON.parse(read(`docs/comparison/${name}.json`)),
    ]),
  );
}

/** What the files in docs/coverage answer, by the letter of their group. */
function coverageRows() {
  return Object.fromEntries(
    filesIn("docs/coverage", ".json").map((letter) => [
      letter,
      JSON.parse(read(`docs/coverage/${letter}.json`)),
    ]),
  );
}

/** @param {{ folder: string, name: string, type: string, from: string, what: string }} index */
function indexOf({ folder, name, type, from, what }) {
  const ids = filesIn(`src/review/${folder}`, ".ts").filter((id) => id !== "index");
  const lines = [
    "// Generated from the names of the files beside it: npm run generate.",
    `import type { ${type} } from "${from}";`,
    ...ids.map((id) => `import ${camelCase(id)} from "./${id}.ts";`),
    "",
    `/** Every ${what}. */`,
    `export const ${name}: Readonly<Record<string, ${type}>> = {`,
    ...ids.map((id) => (/^\w+$/.test(id) ? `  ${id},` : `  "${id}": ${camelCase(id)},`)),
    "};",
  ];
  return `${lines.join("\n")}\n`;
}

/** @param {string} id */
function fixtureOf(id) {
  const file = `test/rules/${id}.md`;
  if (!existsSync(path.join(root, file))) throw new Error(`${file} is missing: every rule has a fixture`);
  return readFixture(read(file));
}

/** @param {string} text @param {string} table */
function withTable(text, table) {
  const markers = /(<!-- rules:start -->\n)[\s\S]*?(<!-- rules:end -->)/;
  return text.replace(markers, (_, start, end) => `${start}${table}${end}`);
}

function build() {
  const tsc = path.join(root, "node_modules/typescript/bin/tsc");
  const { status } = spawnSync(process.execPath, [tsc, "-p", "tsconfig.build.json"], {
    cwd: root,
    stdio: "inherit",
  });
  if (status !== 0) throw new Error("the build failed: pages are generated from what it makes");
}

/** @param {string} file */
async function load(file) {
  const built = path.join(root, "dist", file);
  if (!existsSync(built)) throw new Error(`dist/${file} is missing: run npm run build first`);
  return import(pathToFileURL(built).href);
}

/** @param {string} file @param {string} text */
function put(file, text) {
  const full = path.join(root, file);
  if (existsSync(full) && read(file) === text) return;
  stale.push(file);
  if (checking) return;
  mkdirSync(path.dirname(full), { recursive: true });
  writeFileSync(full, text);
}

/** @param {string} file */
function drop(file) {
  stale.push(file);
  if (!checking) rmSync(path.join(root, file));
}

/** @param {string} folder @param {string} extension */
function filesIn(folder, extension) {
  const full = path.join(root, folder);
  if (!existsSync(full)) return [];
  return readdirSync(full)
    .filter((name) => name.endsWith(extension))
    .map((name) => name.slice(0, -extension.length))
    .sort();
}

/** @param {string} file */
function read(file) {
  return readFileSync(path.join(root, file), "utf8");
}

/** @param {string} id */
function camelCase(id) {
  return id.replace(/-(\w)/g, (_, letter) => letter.toUpperCase());
}
