import { afterAll, expect, it } from "vitest";
import { check } from "../../src/review/check.ts";
import { defaultConfig } from "../../src/review/config.ts";
import { altered } from "../../src/review/edited.ts";
import { readChangeSet } from "../../src/review/read.ts";
import { defineRule, type Rule } from "../../src/review/rule.ts";
import { readScript } from "../../src/review/script.ts";
import { plain, say } from "../../src/review/text.ts";
import type { ChangeSet, DryRun, Edit, Finding, OperationOf } from "../../src/review/types.ts";
import { type Proofs, proved, verification } from "../../src/review/verify.ts";
import { createBatch } from "../batch.ts";
import { changeOf } from "../helpers.ts";

const sandbox = createBatch();
afterAll(() => sandbox.close());

const start = "CREATE TABLE orders (id bigint PRIMARY KEY, note text);\n";

/** What a rule of the test offers for a new index. */
type Offer = (index: OperationOf<"createIndex">, path: string) => readonly Omit<Edit, "path">[];

function ruleOf(offer: Offer): Rule {
  return defineRule({
    summary: "Build no index",
    why: "It is a test.",
    instead: "Nothing.",
    severity: "warning",
    ignoreWhen: "never.",
    sources: ["this test"],
    check: {
      createIndex(index, { script }) {
        if (index.concurrently) return;
        const edits = offer(index, script.path).map((edit) => ({ ...edit, path: script.path }));
        return {
          message: say`${index.name ?? ""}`,
          object: index.name ?? "",
          at: index.at,
          fix: { title: "t", edits, followUp: null },
        };
      },
    },
  });
}

/** A rule that gates whatever it finds named `bad`. */
const noBad: Rule = {
  ...ruleOf(() => []),
  severity: "error",
  check: {
    createIndex: ({ name, at }) => (name === "bad" ? { message: say`bad`, object: "bad", at } : undefined),
  },
};

/** The findings of a change, once what they offer was run, and how many runs that took. */
async function verify(
  up: string,
  offer: Offer | Rule,
  down?: string,
): Promise<{ findings: readonly Finding[]; runs: number }> {
  const rules = { "no-index": typeof offer === "function" ? ruleOf(offer) : offer, "no-bad": noBad };
  const base = { "db/0001_start.up.sql": start };
  const change = changeOf(base, {
    ...base,
    "db/0002_change.up.sql": up,
    ...(down !== undefined && { "db/0002_change.down.sql": down }),
  });
  const input = { changed: change.changed, base: change.base, texts: change.blobs, config: defaultConfig };
  const changes = readChangeSet(input);
  const [database] = changes.databases;
  if (!database) throw new Error("no database");
  const judge = (version: ChangeSet, run: DryRun, only?: ReadonlySet<string>) =>
    check({ changes: version, runs: [run], config: defaultConfig, rules, ...(only && { only }) });
  const proofs: Proofs = { fixes: new Map(), sequences: new Set(), withheld: new Map() };
  let runs = 0;
  let work: ReturnType<typeof verification> | null = null;
  const first = await sandbox.dryRun({
    database,
    scope: "verify",
    loadHistory: async () => [readScript("db/0001_start.up.sql", start, "implicit")],
    queries: [],
    rows: {},
    rerun(run) {
      runs += 1;
      const begun = work;
      work ??= verification({
        database,
        run,
        findings: judge(changes, run),
        proofs,
        reread(alteration) {
          const files = altered(input, alteration);
          return files && readChangeSet(files);
        },
        check: judge,
      });
      const next = begun ? work.next(run) : work.next();
      if (!next.value) return null;
      const { levels } = next.value;
      return { database: next.value.database, queries: [], ...(levels && { levels }) };
    },
  });
  return { findings: proved(judge(changes, first), proofs), runs };
}

const concurrently: Offer = ({ at }) => [{ start: at.start + 12, end: at.start + 12, text: " CONCURRENTLY" }];

it("offers a fix that runs and after which the finding is gone", async () => {
  const { findings, runs } = await verify("CREATE INDEX a ON orders (note);", concurrently);
  expect(findings.map(({ fix }) => fix?.title)).toEqual(["t"]);
  expect(runs).toBe(2);
});

it("offers no fix that the tool's transaction forbids", async () => {
  const { findings } = await verify("SELECT 1;\nCREATE INDEX a ON orders (note);", concurrently);
  expect(findings).toMatchObject([{ rule: "no-index", fix: null, verified: null }]);
});

it("offers no fix that fails", async () => {
  const { findings } = await verify("CREATE INDEX a ON orders (note);", ({ at }) => [
    { start: at.start, end: at.end, text: "SELECT 1 / 0" },
  ]);
  expect(findings).toMatchObject([{ fix: null }]);
});

it("offers no fix that does not remove its finding", async () => {
  const { findings } = await verify("CREATE INDEX a ON orders (note);", ({ at }) => [
    { start: at.end, end: at.end, text: " WHERE note <> ''" },
  ]);
  expect(findings).toMatchObject([{ fix: null }]);
});

it("offers no fix that brings a finding that gates", async () => {
  const { findings } = await verify("CREATE INDEX a ON orders (note);", ({ at }) => [
    { start: at.start, end: at.end, text: "CREATE INDEX CONCURRENTLY bad ON orders (note)" },
  ]);
  expect(findings).toMatchObject([{ rule: "no-index", fix: null }]);
});

it("offers no fix whose edits do not fit into the file", async () => {
  const { findings, runs } = await verify("CREATE INDEX a ON orders (note);", () => [
    { start: 5, end: 900, text: "" },
  ]);
  expect(findings).toMatchObject([{ fix: null }]);
  expect(runs).toBe(1);
});

it("runs each fix alone where all together do harm", async () => {
  const up = "CREATE INDEX a ON orders (note);\nCREATE INDEX b ON orders (id);";
  const { findings, runs } = await verify(up, ({ name, at }) =>
    name === "a"
      ? [{ start: at.start, end: at.end, text: "SELECT 1 / 0" }]
      : [{ start: at.start, end: at.end, text: "ALTER TABLE orders ADD COLUMN b int" }],
  );
  expect(findings.map(({ object, fix }) => [object, fix !== null])).toEqual([
    ["a", false],
    ["b", true],
  ]);
  expect(runs).toBe(4);
});

it("runs fixes that touch the same text one after the other", async () => {
  const up = "CREATE INDEX a ON orders (note);\nCREATE INDEX b ON orders (id);";
  const { findings, runs } = await verify(up, ({ name, at }) =>
    name === "a"
      ? [{ start: at.start, end: at.end, text: "SELECT 2" }]
      : [{ start: 0, end: at.end, text: "CREATE INDEX a ON orders (note);\nSELECT 3" }],
  );
  expect(findings.map(({ object, verified }) => [object, verified?.after.locks])).toEqual([
    ["a", []],
    ["b", [{ relation: "orders", mode: "SHARE", source: "observed" }]],
  ]);
  expect(runs).toBe(3);
});

/** A rule that offers, for an index by name, migrations by what they do up and down. */
function sequencesOf(
  planned: Readonly<Record<string, readonly (readonly [up: string, down: string])[]>>,
): Rule {
  return {
    ...ruleOf(() => []),
    check: {
      createIndex: ({ name, at }) =>
        name !== null && planned[name]
          ? {
              message: say`${name}`,
              object: name,
              at,
              sequence: planned[name].map(([up, down], i) => ({
                phase: "expand" as const,
                title: say`t`,
                name: `step_${i}`,
                up: [up],
                down: [down],
                outsideTransaction: false,
              })),
            }
          : undefined,
    },
  };
}

const column = (name: string) =>
  [`ALTER TABLE orders ADD COLUMN ${name} int`, `ALTER TABLE orders DROP COLUMN ${name}`] as const;
const index = (name: string, on: string) =>
  [`CREATE INDEX ${name} ON orders (${on})`, `DROP INDEX ${name}`] as const;
const indexes = "CREATE INDEX a ON orders (note);\nCREATE INDEX b ON orders (id);\nSELECT 1;";
const noIndexes = "SELECT 1;\nDROP INDEX b;\nDROP INDEX a;";

it.each([
  [
    "at once where they have no part in each other",
    {
      a: [column("x"), ["ALTER TABLE orders DROP COLUMN x", column("x")[0]], index("a", "note")],
      b: [index("b", "id")],
    },
    { a: null, b: null },
    2,
  ],
  [
    "each alone where one of them fails",
    { a: [index("a", "note")], b: [["SELECT 1 / 0", "SELECT 1"], index("b", "id")] },
    { a: null, b: "SELECT 1 / 0 fails, division by zero" },
    4,
  ],
  [
    "each alone where one of them does not go back",
    { a: [index("a", "note")], b: [["CREATE TABLE left_behind ()", "SELECT 1"], index("b", "id")] },
    { a: null, b: "going back does not restore the table left_behind" },
    4,
  ],
  [
    "each alone where one of them leads elsewhere",
    { a: [index("a", "note")], b: [index("b", "note")] },
    { a: null, b: "they lead to another schema" },
    4,
  ],
  [
    "each alone where both make the same on their way",
    {
      a: [column("x"), ["ALTER TABLE orders DROP COLUMN x", column("x")[0]], index("a", "note")],
      b: [column("x"), ["ALTER TABLE orders DROP COLUMN x", column("x")[0]], index("b", "id")],
    },
    { a: null, b: null },
    4,
  ],
  [
    "at once, and alone where that draws a finding that gates",
    {
      a: [index("a", "note")],
      b: [index("bad", "id"), ["ALTER INDEX bad RENAME TO b", "ALTER INDEX b RENAME TO bad"]],
    },
    { a: null, b: "they would be stopped by no-bad" },
    3,
  ],
] as const)("runs sequences %s", async (_, planned, flaws, expected) => {
  const { findings, runs } = await verify(indexes, sequencesOf(planned), noIndexes);
  const said = findings.map(({ object, sequence, instead }) => {
    const why = /are not written out: (.*)\.$/.exec(plain(instead))?.[1];
    return [object, sequence ? null : (why ?? "none")];
  });
  expect(Object.fromEntries(said)).toEqual(flaws);
  expect(runs).toBe(expected);
});
