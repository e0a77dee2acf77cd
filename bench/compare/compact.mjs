#!/usr/bin/env node
/**
 * What docs/comparison.md tells of results: counts by repository and by kind, and what other tools name and Drydock does not.
 *
 *   node bench/compare/compact.mjs <results.json> > docs/comparison/results.json
 */
import { readFileSync } from "node:fs";
import { kindOf, levelOf } from "./kinds.mjs";

const corpora = JSON.parse(readFileSync(new URL("corpora.json", import.meta.url), "utf8"));
const results = JSON.parse(readFileSync(process.argv[2], "utf8"));
const tools = ["drydock", "squawk", "pgfence"];
const all = results.flatMap(({ reviews }) => reviews.flatMap(({ findings }) => findings));
const count = (findings, isMeant) => findings.filter(isMeant).length;

const repositories = corpora.flatMap(({ repository, tool }) => {
  const { commit, code, reviews } = results.find((one) => one.repository === repository) ?? {};
  if (!reviews) return [];
  const findings = reviews.flatMap((review) => review.findings);
  const own = findings.filter(({ tool }) => tool === "drydock");
  return {
    repository,
    commit,
    tool,
    code,
    pulls: reviews.length,
    migrations: reviews.reduce((sum, one) => sum + one.migrations, 0),
    statements: reviews.reduce(
      (sum, one) => sum + one.statements.reduce((n, { sql }) => n + sql.length, 0),
      0,
    ),
    lost: count(reviews, ({ lost }) => lost.length > 0),
    ...Object.fromEntries(
      ["gating", "warnings", "notes"].map((level) => [level, count(own, (one) => levelOf(one) === level)]),
    ),
    squawk: count(findings, ({ tool }) => tool === "squawk"),
    pgfence: count(findings, ({ tool }) => tool === "pgfence"),
  };
});

const kinds = [...new Set(all.map(kindOf))].sort().map((kind) => ({
  kind,
  ...Object.fromEntries(
    tools.map((tool) => [tool, count(all, (one) => one.tool === tool && kindOf(one) === kind)]),
  ),
}));

console.log(JSON.stringify({ repositories, kinds }, null, 1));
