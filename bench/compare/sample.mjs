#!/usr/bin/env node
/**
 * Draws the findings that are judged by hand, the same ones for the same results: by the hash of what each finding is.
 *
 *   node bench/compare/sample.mjs <results.json> <how many of each tool> > sample.json
 */
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { kindOf } from "./kinds.mjs";

const [file, many = "60"] = process.argv.slice(2);
const results = JSON.parse(readFileSync(file, "utf8"));
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
const seen = new Set();
const distinct = findings.filter((one) => {
  const key = keyOf(one);
  if (seen.has(key)) return false;
  seen.add(key);
  return true;
});
const drawn = ["drydock", "squawk", "pgfence"].flatMap((tool) => {
  const own = distinct.filter((one) => one.tool === tool);
  const ordered = own.toSorted((a, b) => hash(a).localeCompare(hash(b)));
  return ordered.slice(0, Number(many));
});
console.log(
  JSON.stringify(
    drawn.map((one) => ({ ...one, kind: kindOf(one), verdict: "", why: "" })),
    null,
    1,
  ),
);

function at(review, { path, statement }) {
  const migration = review.statements.find((one) => one.path === path);
  return { sql: statement === null ? null : (migration?.sql[statement] ?? null) };
}

function keyOf({ repository, tool, rule, path, statement, says }) {
  return [repository, tool, rule, path, statement, says].join("\0");
}

function hash(finding) {
  return createHash("sha256").update(keyOf(finding)).digest("hex");
}
