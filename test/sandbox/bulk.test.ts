import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createSharedDry, type Dry, only } from "./dry.ts";

let dry: Dry;
beforeAll(() => {
  dry = createSharedDry();
});
afterAll(() => dry.close());

const history = [
  "CREATE TABLE parents (id bigint PRIMARY KEY);",
  "CREATE TABLE words (id bigint PRIMARY KEY, word text NOT NULL CHECK (word <> 'bad'), parent_id bigint REFERENCES parents (id));",
];

function inserts(count: number, wordOf: (id: number) => string = (id) => `w${id}`): string {
  return Array.from(
    { length: count },
    (_, i) => `INSERT INTO words (id, word) VALUES (${1000 + i}, '${wordOf(i)}'); -- ü`,
  ).join("\n");
}

function inApp(sql: string): string {
  return sql.replace("CREATE TABLE ", "CREATE TABLE app.").replace("REFERENCES ", "REFERENCES app.");
}

describe("many statements that write rows", () => {
  it.each([
    ["", "words", history],
    ["SET search_path TO app;\n", "app.words", ["CREATE SCHEMA app", ...history.map(inApp)]],
  ])(
    "run in seconds, and each is seen (%s)",
    async (path, relation, before) => {
      const started = performance.now();
      const run = await dry.run({
        history: before,
        steps: [{ up: path + inserts(3000), down: `${path}DELETE FROM words WHERE id >= 1000;` }],
      });
      const { roundTrip, ...seen } = only(run);
      const up = { statements: seen.up.statements.slice(path === "" ? 0 : 1) };
      expect(up.statements.map(({ outcome }) => outcome)).toEqual(
        up.statements.map(() => ({ kind: "ran", tag: "INSERT 0 1" })),
      );
      const write = [{ relation, inserted: 1, updated: 0, deleted: 0 }];
      expect(up.statements.filter(({ writes }) => JSON.stringify(writes) !== JSON.stringify(write))).toEqual(
        [],
      );
      expect(up.statements.filter(({ locks }) => locks[0]?.mode !== "ROW EXCLUSIVE")).toEqual([]);
      expect(roundTrip?.residue).toEqual([]);
      expect(roundTrip?.notEvaluated).toBeNull();
      // One by one they would take a minute.
      expect(performance.now() - started).toBeLessThan(25_000);
    },
    60_000,
  );

  for (const mode of ["implicit", "transaction", "autocommit"] as const) {
    it(`name the one that fails (${mode})`, async () => {
      const run = await dry.run({
        history,
        mode,
        steps: [{ up: inserts(700, (id) => (id === 650 ? "bad" : `w${id}`)) }],
      });
      const { statements } = only(run).up;
      expect(statements.findIndex(({ outcome }) => outcome.kind === "failed")).toBe(650);
      expect(statements[650]?.outcome).toMatchObject({ code: "23514" });
      expect(statements[649]?.outcome.kind).toBe("ran");
      expect(statements[649]?.writes).toHaveLength(1);
      expect(statements[651]?.outcome.kind).toBe("not-reached");
    }, 60_000);
  }

  it("are looked at one by one where a trigger does more for some of them", async () => {
    const run = await dry.run({
      history: [
        ...history,
        "CREATE TABLE log (word text);",
        "CREATE FUNCTION log_word() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN INSERT INTO log VALUES (new.word); RETURN new; END';",
        "CREATE TRIGGER log_word AFTER INSERT ON words FOR EACH ROW WHEN (new.word = 'w20') EXECUTE FUNCTION log_word();",
      ],
      steps: [{ up: inserts(40) }],
    });
    const { statements } = only(run).up;
    const logged = statements.filter(({ writes }) => writes.some(({ relation }) => relation === "log"));
    expect(logged.map(({ index }) => index)).toEqual([20]);
  }, 60_000);

  it("tell where in its own text a statement fails", async () => {
    const up = `${inserts(20)}\nINSERT INTO words (id, word, nothing) VALUES (1, 'x', 1);\n${inserts(3)}`;
    const run = await dry.run({ history, steps: [{ up }] });
    const { statements } = only(run).up;
    expect(statements.findIndex(({ outcome }) => outcome.kind === "failed")).toBe(20);
    expect(statements[20]?.outcome).toMatchObject({ code: "42703" });
  }, 60_000);
});
