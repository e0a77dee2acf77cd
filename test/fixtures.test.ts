import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { type Case, type Fixture, readFixture, withoutExpectations } from "../scripts/fixture.mjs";
import { check } from "../src/review/check.ts";
import { readConfig } from "../src/review/config.ts";
import { applyEdits } from "../src/review/fix.ts";
import { frameworks } from "../src/review/frameworks/index.ts";
import { readHistory } from "../src/review/read.ts";
import { rules } from "../src/review/rules/index.ts";
import type { ChangeSet, Database, Finding, Script, Text } from "../src/review/types.ts";
import { createBatch } from "./batch.ts";
import { factsOf } from "./facts.ts";
import { type Files, read } from "./helpers.ts";

/**
 * Every rule's fixture, really run: only the rule under test is asked, each finding stands on its line, every Bad does the
 * harm that it is there for, and every fix is applied, read again, run again and reviewed again.
 */
const folder = path.join(import.meta.dirname, "rules");
const sandbox = createBatch();
afterAll(() => sandbox.close());

const fixtures = readdirSync(folder)
  .filter((file) => file.endsWith(".md"))
  .map((file) => ({ file, fixture: readFixture(readFileSync(path.join(folder, file), "utf8")) }));

describe("every rule", () => {
  it("has a fixture of its own name", () => {
    expect(fixtures.map(({ file }) => file)).toEqual(Object.keys(rules).map((id) => `${id}.md`));
    expect(fixtures.map(({ fixture }) => `${fixture.id}.md`)).toEqual(fixtures.map(({ file }) => file));
  });

  it("is shown doing its work and keeping quiet", () => {
    for (const { id, cases } of fixtures.map(({ fixture }) => fixture)) {
      const kinds = cases.map(({ kind }) => kind);
      expect(kinds, id).toContain("Bad");
      expect(kinds, id).toContain("Good");
    }
  });

  it("says how it is meant: an id that asks or bans, an instruction without a full stop", () => {
    for (const [id, rule] of Object.entries(rules)) {
      expect(id).toMatch(/^(?:require|no|prefer)(?:-[a-z0-9]+)+$/);
      expect(rule.summary, id).toMatch(/^[A-Z].*[^.]$/);
      for (const sentence of [rule.why, rule.instead]) expect(sentence, id).toMatch(/^[A-Z].*\.$/s);
      expect(rule.ignoreWhen, id).toMatch(/^[a-z].*\.$/);
      expect(rule.sources, id).not.toEqual([]);
    }
  });
});

for (const { fixture } of fixtures)
  describe(fixture.id, () => {
    for (const example of fixture.cases)
      it(`${example.kind}: ${example.title}`, () => tryExample(fixture, example));
  });

/** All that is made without a schema is made in this one, and found there, as a role's own setting has it. */
const elsewhere = `CREATE SCHEMA app;
DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET search_path TO app, public', current_database()); END $$;
SET search_path TO app, public;
`;

describe("where the search path leads to another schema", () => {
  for (const { fixture } of fixtures) {
    const example = fixture.cases.find((one) => one.kind === "Bad" && isPlain(one));
    if (example)
      it(`${fixture.id} says the same`, async () => {
        const { base, head } = filesOf(example);
        const start = Object.keys(base).sort().at(-1) ?? "";
        const moved = (side: Files) => ({ ...side, [start]: elsewhere + side[start] });
        const { findings } = await review(example, { base: moved(base), head: moved(head) });
        const own = findings.filter(({ rule }) => rule === fixture.id);
        expect(own.map(({ path: file, line, severity }) => `${file}:${line} ${severity}`).sort()).toEqual(
          example.expected
            .map(({ role, name, line, severity }) => `${pathOf(role, name)}:${line} ${severity}`)
            .sort(),
        );
      });
  }
});

/** Files of SQL alone, which say nothing of schemas themselves. */
function isPlain({ blocks }: Case): boolean {
  return blocks.every(
    ({ language, role, name, text }) =>
      language === "sql" &&
      ["base", "up", "down", "fixed"].includes(role) &&
      !/[./]/.test(name) &&
      !/search_path|public\.|\bSCHEMA\b|CREATE EXTENSION/i.test(text),
  );
}

async function tryExample({ id }: Fixture, example: Case): Promise<void> {
  const { changes, run, findings } = await review(example, filesOf(example));
  const own = findings.filter(({ rule }) => rule === id);
  expect(own.map(({ path: file, line, severity }) => `${file}:${line} ${severity}`).sort()).toEqual(
    example.expected
      .map(({ role, name, line, severity }) => `${pathOf(role, name)}:${line} ${severity}`)
      .sort(),
  );
  if (example.kind === "Good") expect(example.expected).toEqual([]);
  if (example.kind === "Bad") expectHarm(example, own, run && factsOf(changes, run));
  await expectFix(id, example, changes, findings);
}

/** What is said, word for word, and what was seen, by the sandbox and not by the rule. */
function expectHarm(example: Case, findings: readonly Finding[], facts: readonly string[] | null): void {
  const told = (kind: string) => example.facts.filter((fact) => fact.kind === kind).map(({ text }) => text);
  expect(findings.map(({ message }) => markdown(message)).map(numbers)).toEqual(told("says").map(numbers));
  // Of code alone nothing is run.
  if (facts) expect(told("observed")).not.toEqual([]);
  expect(facts ?? []).toEqual(expect.arrayContaining(told("observed")));
  // Whoever is said to wait while a statement runs waits for a lock that was seen.
  const isLock = (fact: string) => / lock on `/.test(fact);
  if (
    facts?.some(isLock) &&
    told("says").some((text) => /\b(?:while|makes?)\b.*\bwaits?\b|\bblocks\b/.test(text))
  )
    expect(told("observed").filter(isLock)).not.toEqual([]);
  for (const text of told("instead"))
    expect(findings.map(({ instead }) => markdown(instead))).toContain(text);
  for (const text of told("follow-up"))
    expect(findings.map(({ fix }) => markdown(fix?.followUp ?? []))).toContain(text);
}

/** A fixture shows what its fix makes of it, and only then. */
async function expectFix(
  id: string,
  example: Case,
  changes: ChangeSet,
  findings: readonly Finding[],
): Promise<void> {
  const own = findings.filter(({ rule }) => rule === id);
  const fixed = example.blocks.filter(({ role }) => role === "fixed");
  const edits = own.flatMap(({ fix }) => fix?.edits ?? []);
  if (fixed.length === 0) return expect(edits).toEqual([]);

  const [step] = changes.databases[0]?.steps ?? [];
  const texts = fixed.map((block) => {
    const script = block.name === "down" ? step?.down : step?.up;
    const isOther = block.name.includes(".");
    const path = isOther ? pathOf("up", block.name) : (script?.path ?? step?.downPath ?? "");
    const text = applyEdits(
      isOther ? String(filesOf(example).head[path]) : (script?.text ?? ""),
      edits.filter((edit) => edit.path === path),
    );
    expect(withoutExpectations(text)).toBe(block.text);
    return [path, text] as const;
  });
  expect([...new Set(edits.map((edit) => edit.path))].sort()).toEqual(texts.map(([path]) => path).sort());

  const again = await review(example, {
    ...filesOf(example),
    head: { ...filesOf(example).head, ...Object.fromEntries(texts) },
  });
  expect(again.findings.filter(({ rule }) => rule === id)).toEqual([]);
  const known = findings.filter(({ gates }) => gates).map(({ rule, object }) => `${rule} ${object}`);
  expect(
    again.findings.filter(({ gates, rule, object }) => gates && !known.includes(`${rule} ${object}`)),
  ).toEqual([]);
}

/** Every rule is asked, so that a fix that trades one danger for another is seen; fixtures look at their own. */
async function review(example: Case, { base, head }: { base: Files; head: Files }) {
  const yaml = example.blocks.find(({ role }) => role === "config")?.text ?? "";
  const { config, problems } = readConfig(yaml, ".github/drydock.yml");
  expect(problems).toEqual([]);
  const changes = read(base, head, config);
  expect(changes.skipped.filter(({ matters }) => matters)).toEqual([]);
  const database = changes.databases[0];
  if (!database && changes.code.length > 0)
    return { changes, run: null, findings: check({ changes, runs: [], config }) };
  if (!database || changes.databases.length > 1) throw new Error("an example has one database");
  const run = await sandbox.dryRun({
    database,
    scope: "fixtures",
    loadHistory: async () => historyOf(database, base),
    queries: changes.queries.map(({ sql, baseSql }, index) => ({ index, sql, baseSql })),
    deployed: changes.deployed.map(({ sql }) => sql),
    rows: config.rows,
  });
  expect([run.lost, run.history.failed]).toEqual([null, []]);
  return { changes, run, findings: check({ changes, runs: [run], config }) };
}

function historyOf({ framework, dialect, history }: Database, base: Files): Script[] {
  const tool = frameworks[framework];
  if (!tool) throw new Error(`no framework ${framework}`);
  return history.map((entry) => {
    const read = readHistory(entry, tool, new TextEncoder().encode(String(base[entry.path])), dialect);
    if ("reason" in read) throw new Error(read.reason);
    return read;
  });
}

function filesOf({ blocks }: Case): { base: Files; head: Files } {
  const side = (roles: readonly string[]) =>
    Object.fromEntries(
      blocks
        .filter(({ role }) => roles.includes(role))
        .map(({ role, name, text }) => [pathOf(role, name), text]),
    );
  const isOther = blocks.some(({ name }) => /[./]/.test(name));
  const start: Files = isOther ? {} : { "migrations/0000_start.up.sql": "SELECT 1;\n" };
  const base = { ...start, ...side(["base", "before"]) };
  return { base, head: { ...base, ...side(["up", "down", "query"]) } };
}

function pathOf(role: string, name: string): string {
  if (role === "query" || role === "before") return "queries/app.sql";
  if (name.startsWith("/")) return name.slice(1);
  // A file of another tool says its whole name.
  if (name.includes(".")) return `migrations/${name}`;
  if (role === "base") return `migrations/${name || "0001_base"}.up.sql`;
  return `migrations/${name || "0002_change"}.${role}.sql`;
}

function markdown(text: Text): string {
  return text.map((part) => (typeof part === "string" ? part : `\`${part.code}\``)).join("");
}

/** Numbers of seeded rows are the sandbox's own affair: `#` in a fixture. */
function numbers(text: string): string {
  return text.replace(/\b\d+ of \d+ seeded\b/g, "# of # seeded");
}
