#!/usr/bin/env node
/**
 * Draws the findings that are judged by hand, the same ones for the same results: by the hash of what each finding is, and none of
 * those that were judged before.
 *
 *   node bench/compare/sample.mjs <results.json> [--gating 50] [--warnings 60] [--notes 30] [--squawk 60] [--pgfence 60] [--judged docs/comparison/sample.json]… > sample.json
 */
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { kindOf, levelOf } from "./kinds.mjs";

const many = (count) => ({ type: "string", default: String(count) });
const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    gating: many(50),
    warnings: many(60),
    notes: many(30),
    squawk: many(0),
    pgfence: many(0),
    judged: { type: "string", multiple: true, default: [] },
  },
});
const results = JSON.parse(readFileSync(positionals[0], "utf8"));
const findings = results.flatMap(({ repository, reviews }) =>
  reviews.flatMap((review) =>
    review.findings.map((finding) => ({
      repository,
      commit: review.commit,
      ...finding,
      ...at(review, finding),
    })),
  ),
);
const known = new Set(options.judged.flatMap((file) => judgedIn(file).map(sameOf)));
const distinct = [...new Map(findings.map((one) => [keyOf(one), one])).values()].filter(
  (one) => !known.has(sameOf(one)),
);
const drawn = ["gating", "warnings", "notes", "squawk", "pgfence"].flatMap((group) =>
  distinct
    .filter((one) => groupOf(one) === group)
    .toSorted((a, b) => hash(a).localeCompare(hash(b)))
    .slice(0, Number(options[group])),
);
console.log(
  JSON.stringify(
    drawn.map((one) => ({ ...one, kind: kindOf(one), verdict: "", why: "" })),
    null,
    1,
  ),
);

function groupOf(finding) {
  return finding.tool === "drydock" ? levelOf(finding) : finding.tool;
}

/** A file holds a sample's findings, a sample with what else is said of it, or several of those. */
function judgedIn(file) {
  return [JSON.parse(readFileSync(file, "utf8"))].flat().flatMap((one) => one.judged ?? one);
}

function at(review, { path, statement }) {
  const migration = review.statements.find((one) => one.path === path);
  return { sql: statement === null ? null : (migration?.sql[statement] ?? null) };
}

function keyOf({ repository, tool, rule, path, statement, says }) {
  return [repository, tool, rule, path, statement, says].join("\0");
}

/** The same finding, also where a commit later edits the file. */
function sameOf({ repository, tool, rule, path, says }) {
  return [repository, tool, rule, path, says].join("\0");
}

function hash(finding) {
  return createHash("sha256").update(keyOf(finding)).digest("hex");
}
