import { withoutExpectations } from "./fixture.mjs";

const titles = { base: "Before", up: "Migration", down: "Its down", query: "Query", config: "Configuration" };
const gate = { error: "error: gates the merge", warning: "warning", info: "info" };

/**
 * A rule's page: what, why, examples that are run as tests, how to fix, when to ignore.
 *
 * @param {string} id
 * @param {import("../src/review/rule.ts").Rule} rule
 * @param {import("./fixture.d.mts").Fixture} fixture
 */
export function pageOf(id, rule, fixture) {
  const bad = fixture.cases.filter(({ kind }) => kind === "Bad");
  const good = fixture.cases.filter(({ kind }) => kind === "Good");
  const parts = [
    `<!-- Generated from src/review/rules/${id}.ts and test/rules/${id}.md: npm run generate. -->`,
    `# ${id}`,
    `${rule.summary}. (${gate[rule.severity]})`,
    "## Why",
    rule.why,
    "## What to do instead",
    rule.instead,
    "## Bad",
    ...bad.flatMap(exampleOf),
    "## Good",
    ...good.flatMap(exampleOf),
    "## When to ignore it",
    `When ${rule.ignoreWhen}`,
    ignoring(id, rule),
    "## Versions",
    versionsOf(rule),
    "## Sources",
    rule.sources.map((source) => `- ${source}`).join("\n"),
    "code" in rule.check
      ? "Every example on this page is reviewed by the tests."
      : "Every example on this page is run in the sandbox (PostgreSQL 18) by the tests.",
  ];
  return `${parts.join("\n\n")}\n`;
}

/**
 * How to accept one finding, and how to turn the rule off.
 *
 * @param {string} id
 * @param {import("../src/review/rule.ts").Rule} rule
 */
function ignoring(id, rule) {
  const off = `\`\`\`yaml\n# .github/drydock.yml\nrules:\n  ${id}: off\n\`\`\``;
  if ("suppression" in rule.check) return `For all of the repository:\n\n${off}`;
  const one = rule.isFact
    ? "What was seen to fail is not accepted by a comment, only by `suppress:` in the configuration ([how](../suppressions.md))."
    : `For one statement, with the reason ([how](../suppressions.md)):\n\n\`\`\`${"code" in rule.check ? "ts\n//" : "sql\n--"} drydock:ignore ${id} <reason>\n\`\`\``;
  return `${one}\n\nFor all of the repository:\n\n${off}`;
}

/** @param {import("../src/review/rule.ts").Rule} rule */
function versionsOf({ versions, dialects }) {
  const names = { postgresql: "PostgreSQL", sqlite: "SQLite" };
  const of = dialects.map((dialect) => names[dialect]).join(" and ");
  return `${of}. ${versions ?? "What it says holds for every version that is maintained."}`;
}

/** @param {Readonly<Record<string, import("../src/review/rule.ts").Rule>>} rules */
export function tableOf(rules) {
  const rows = Object.entries(rules).map(
    ([id, { summary, severity }]) =>
      `| [${id}](docs/rules/${id}.md) | ${summary.replaceAll("|", "\\|")} | ${severity} |`,
  );
  return `| rule | what it asks for | severity |\n| --- | --- | --- |\n${rows.join("\n")}\n`;
}

/** @param {import("./fixture.d.mts").Case} example */
function exampleOf({ title, blocks, facts, notes }) {
  const shown = blocks.filter(({ role }) => role in titles);
  const fixed = blocks.filter(({ role }) => role === "fixed");
  const said = facts.map(({ kind, text }) => `- ${labels[kind] ?? kind}: ${text}`);
  return [
    `### ${capital(title)}`,
    ...(notes ? [notes] : []),
    ...shown.map(blockOf),
    ...(said.length > 0 ? [said.join("\n")] : []),
    ...fixed.map((block) => `Fixed:\n\n${fenced(block)}`),
  ];
}

/** @type {Record<string, string>} */
const labels = { says: "Drydock says", observed: "Observed", instead: "Instead", "follow-up": "Then" };

/** @param {import("./fixture.d.mts").Block} block */
function blockOf(block) {
  const isCode = block.name.startsWith("/");
  const title =
    isCode && block.role === "up" ? "Changed" : titles[/** @type {keyof typeof titles} */ (block.role)];
  const name = isCode ? block.name.slice(1) : block.name;
  return `${title}${name ? ` (${name})` : ""}:\n\n${fenced(block)}`;
}

/** @param {import("./fixture.d.mts").Block} block */
function fenced({ language, text }) {
  return `\`\`\`${language}\n${withoutExpectations(text)}\`\`\``;
}

/** @param {string} text */
function capital(text) {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
