import { describe, expect, it } from "vitest";
import { check } from "../../src/review/check.ts";
import { type Config, defaultConfig } from "../../src/review/config.ts";
import { plain } from "../../src/review/text.ts";
import type { ChangeSet, Finding } from "../../src/review/types.ts";
import { type Files, read } from "../helpers.ts";

const base = "CREATE TABLE orders (id bigint PRIMARY KEY, user_id bigint);";
const index = "CREATE INDEX orders_user_id_idx ON orders (user_id);";

describe("without a run", () => {
  it("relies on the statement, and observes nothing", () => {
    const [finding] = judge(
      {},
      { "m/0002_index.up.sql": index, "m/0002_index.down.sql": "DROP INDEX orders_user_id_idx;" },
    );
    expect(finding).toMatchObject({
      rule: "no-blocking-index-build",
      severity: "error",
      gates: true,
      line: 1,
    });
    expect(finding?.evidence.map(plain)).toEqual(["unsized: orders"]);
  });

  it("is quiet about tables that the pull request makes", () => {
    expect(
      rulesOf({}, { "m/0002_a.up.sql": `${base}\n${index}`, "m/0002_a.down.sql": "DROP TABLE orders;" }),
    ).toEqual([]);
    const later = { "m/0002_a.up.sql": base, "m/0003_b.up.sql": index };
    expect(rulesOf({}, later)).toEqual(["require-down", "require-down"]);
  });

  it("knows a new table by its name with the schema that the connection makes tables in", () => {
    const made = "CREATE TABLE items (id bigint PRIMARY KEY, n int);";
    const down = { "m/0002_a.down.sql": "DROP TABLE items;" };
    const up = (sql: string) => rulesOf({}, { "m/0002_a.up.sql": `${made} ${sql}`, ...down });
    expect(up("CREATE INDEX i ON app.items (n);")).toEqual([]);
    expect(up("CREATE INDEX i ON app.orders (n);")).toEqual(["no-blocking-index-build"]);
    expect(up("CREATE TABLE app.others (n int); CREATE INDEX i ON app.items (n);")).toContain(
      "no-blocking-index-build",
    );
  });

  it("knows a table that is built anew under its old name", () => {
    const anew = `ALTER TABLE orders RENAME TO orders_old; ${base} INSERT INTO orders SELECT * FROM orders_old; DROP TABLE orders_old;`;
    const swapped = `CREATE TABLE new_orders (id bigint PRIMARY KEY); INSERT INTO new_orders SELECT id FROM orders; DROP TABLE orders; ALTER TABLE new_orders RENAME TO orders;`;
    const gone = `ALTER TABLE orders RENAME TO orders_old; DROP TABLE orders_old;`;
    const down = { "m/0002_a.down.sql": "SELECT 1;" };
    expect(rulesOf({}, { "m/0002_a.up.sql": anew, ...down })).not.toContain("no-table-drop");
    expect(rulesOf({}, { "m/0002_a.up.sql": swapped, ...down })).not.toContain("no-table-drop");
    expect(rulesOf({}, { "m/0002_a.up.sql": gone, ...down })).toContain("no-table-drop");
  });

  it("lowers what may or may not scan to a warning", () => {
    const change =
      "ALTER TABLE orders ALTER COLUMN user_id SET NOT NULL; ALTER TABLE orders ALTER COLUMN id TYPE numeric;";
    const findings = judge({}, { "m/0002_a.up.sql": change, "m/0002_a.down.sql": "SELECT 1;" });
    expect(findings.map(({ rule, severity }) => [rule, severity])).toEqual([
      ["no-blocking-not-null", "warning"],
      ["no-column-type-rewrite", "warning"],
    ]);
  });

  it("tells a collation's indexes of a column of which nothing is known, and that only some types are written anew", () => {
    const says = (type: string) => {
      const change = `ALTER TABLE users ALTER COLUMN name TYPE ${type};`;
      const findings = judge({}, { "m/0002_a.up.sql": change, "m/0002_a.down.sql": "SELECT 1;" });
      return findings.map(({ message }) => plain(message));
    };
    expect(says('text COLLATE "C"')).toEqual([
      "Another collation of name builds its indexes anew while every read and write of users waits, and may write users anew unless name was text or varchar.",
    ]);
    expect(says('varchar(9) COLLATE "C"')).toEqual([
      "Changing name to character varying(9) may rewrite users while every read and write of it waits.",
    ]);
  });

  it("says so when CONCURRENTLY must fail, and not where it works", () => {
    const concurrent = "CREATE INDEX CONCURRENTLY orders_user_id_idx ON orders (user_id);";
    const down = { "m/0002_a.down.sql": "SELECT 1;" };
    expect(rulesOf({}, { "m/0002_a.up.sql": `SELECT 1; ${concurrent}`, ...down })).toEqual([
      "no-concurrent-index-in-transaction",
    ]);
    expect(rulesOf({}, { "m/0002_a.up.sql": concurrent, ...down })).toEqual([]);
  });
});

describe("a migration of a tool that goes by times", () => {
  const entries = (...times: readonly (readonly [tag: string, when: number])[]) =>
    JSON.stringify({ dialect: "pg", entries: times.map(([tag, when]) => ({ tag, when })) });
  const added = "CREATE TABLE b (id bigint PRIMARY KEY);";
  const before = {
    "d/0001_a.sql": "CREATE TABLE a (id bigint PRIMARY KEY);",
    "d/meta/_journal.json": entries(["0001_a", 5]),
  };

  it("is late when its time is, wherever it stands", () => {
    const late = {
      ...before,
      "d/0002_b.sql": added,
      "d/meta/_journal.json": entries(["0001_a", 5], ["0002_b", 5]),
    };
    expect(judge(before, late)).toMatchObject([
      { rule: "no-late-version", severity: "error", path: "d/0002_b.sql" },
    ]);
    const first = { ...late, "d/meta/_journal.json": entries(["0002_b", 4], ["0001_a", 5]) };
    expect(rulesOf(before, first)).toEqual(["no-late-version"]);
  });

  it("is not late for its number", () => {
    const low = {
      ...before,
      "d/0000_b.sql": added,
      "d/meta/_journal.json": entries(["0001_a", 5], ["0000_b", 6]),
    };
    expect(rulesOf(before, low)).toEqual([]);
  });
});

describe("an edited migration", () => {
  it("makes no new table for those that follow", () => {
    const made = "CREATE TABLE items (id bigint PRIMARY KEY, n int);";
    const before = { "m/0002_a.up.sql": made, "m/0002_a.down.sql": "DROP TABLE items;" };
    const added = { "m/0003_b.up.sql": "CREATE INDEX i ON items (n);", "m/0003_b.down.sql": "DROP INDEX i;" };
    const edited = { ...before, "m/0002_a.down.sql": "DROP TABLE IF EXISTS items;", ...added };
    expect(rulesOf(before, edited)).toEqual(["no-blocking-index-build"]);
  });

  const before = { "m/0002_a.up.sql": index, "m/0002_a.down.sql": "SELECT 1;" };

  it("is judged by what changes in its up", () => {
    const up = `CREATE INDEX orders_user_id_idx ON orders (user_id, id);`;
    expect(rulesOf(before, { ...before, "m/0002_a.up.sql": up })).toEqual([
      "no-blocking-index-build",
      "no-edited-migration",
    ]);
  });

  it("has only notes on a statement that it only lets pass where its work is done", () => {
    const severities = (sql: string) =>
      judge(before, { ...before, "m/0002_a.up.sql": sql })
        .filter(({ rule }) => rule === "no-blocking-index-build")
        .map(({ severity }) => severity);
    expect(severities(index.replace("INDEX", "INDEX IF NOT EXISTS"))).toEqual(["info"]);
    expect(severities(index.replace("(user_id)", "(id)"))).toEqual(["error"]);
  });

  it("has only notes on the statements that it leaves as they were, wherever they stand", () => {
    const added = "CREATE INDEX orders_id_idx ON orders (id);";
    const findings = judge(before, {
      ...before,
      "m/0002_a.up.sql": `-- both\n${added}\n${index.toLowerCase()}`,
    });
    expect(findings.map(({ rule, line, gates, severity }) => [rule, line, gates, severity])).toEqual([
      ["no-blocking-index-build", 2, true, "error"],
      ["no-edited-migration", 1, false, "warning"],
      ["no-blocking-index-build", 3, false, "info"],
    ]);
    expect(findings[2]?.evidence.map(plain)).toContain(
      "the base branch has this statement as well: where the migration has run, it does not run again",
    );
  });

  it("takes a statement that is there twice for new once", () => {
    const twice = judge(before, { ...before, "m/0002_a.up.sql": `${index}\n${index}` });
    expect(twice.map(({ rule, line, gates }) => [rule, line, gates])).toEqual([
      ["no-blocking-index-build", 2, true],
      ["no-edited-migration", 1, false],
      ["no-blocking-index-build", 1, false],
    ]);
  });

  it("that could not have run is judged as a new one", () => {
    const broken = { ...before, "m/0002_a.up.sql": `${index}\nALTER TABEL orders ADD b int;` };
    const mended = { ...before, "m/0002_a.up.sql": `${index}\nALTER TABLE orders ADD b int;` };
    expect(judge(broken, mended).map(({ rule, line, gates }) => [rule, line, gates])).toContainEqual([
      "no-blocking-index-build",
      1,
      true,
    ]);
  });

  it("is offered no other edit of what may have run, but of its down", () => {
    const other = "CREATE INDEX orders_id_idx ON orders (id);";
    const [finding] = judge(before, { ...before, "m/0002_a.up.sql": other });
    expect([finding?.rule, finding?.fix, finding?.sequence]).toEqual(["no-blocking-index-build", null, null]);
    const [added] = judge({}, { ...before, "m/0002_a.up.sql": index });
    expect(added?.fix).not.toBeNull();
  });

  it("is not judged when only a comment changes", () => {
    expect(rulesOf(before, { ...before, "m/0002_a.up.sql": `${index} -- now` })).toEqual([]);
  });

  it("is not judged by its up when only the down changes", () => {
    expect(rulesOf(before, { ...before, "m/0002_a.down.sql": "DROP INDEX orders_user_id_idx;" })).toEqual([]);
  });

  it("is not asked for a down that it never had", () => {
    const { "m/0002_a.up.sql": up } = before;
    expect(
      rulesOf({ "m/0002_a.up.sql": up }, { "m/0002_a.up.sql": `${base.replace("orders", "x")}` }),
    ).toEqual(["no-edited-migration"]);
  });

  it("is asked for a down that is taken away", () => {
    expect(rulesOf(before, { "m/0002_a.up.sql": index })).toEqual(["require-down"]);
  });
});

describe("the configuration", () => {
  const head = { "m/0002_a.up.sql": index };

  it("turns a rule off, or gives it another severity", () => {
    const rules = { "no-blocking-index-build": "off", "require-down": "error" } as const;
    expect(judge({}, head, { rules }).map(({ rule, gates }) => [rule, gates])).toEqual([
      ["require-down", true],
    ]);
  });

  it("keeps what is milder mild", () => {
    const config = { rules: { "no-blocking-index-build": "warning" }, rows: { orders: 12 } } as const;
    const [, finding] = judge({}, head, config);
    expect(finding).toMatchObject({ rule: "no-blocking-index-build", severity: "info", gates: false });
  });
});

describe("a fingerprint", () => {
  const one = judge({}, { "m/0002_a.up.sql": `-- a note\n\n${index}` });

  it("survives another line, path and spelling", () => {
    const moved = judge({}, { "m/0009_b.up.sql": index.toLowerCase().replaceAll(" ", "\n  ") });
    expect(prints(moved)["no-blocking-index-build"]).toBe(prints(one)["no-blocking-index-build"]);
  });

  it("changes with the statement", () => {
    const other = judge({}, { "m/0002_a.up.sql": index.replace("(user_id)", "(user_id, id)") });
    expect(prints(other)["no-blocking-index-build"]).not.toBe(prints(one)["no-blocking-index-build"]);
  });

  it("is unique in a review", () => {
    const twice = judge({}, { "m/0002_a.up.sql": `${index}\n${index}` }).map(
      ({ fingerprint }) => fingerprint,
    );
    expect(new Set(twice).size).toBe(3);
  });
});

it("sorts by severity, path and line", () => {
  const findings = judge(
    {},
    {
      "m/0003_b.up.sql": `SELECT 1;\n${index}`,
      "m/0002_a.up.sql":
        "ALTER TABLE orders DROP COLUMN user_id;\nALTER TABLE orders ADD COLUMN state text NOT NULL;",
    },
  );
  expect(findings.map(({ path, line, rule }) => `${path}:${line} ${rule}`)).toEqual([
    "m/0002_a.up.sql:2 no-required-column-without-default",
    "m/0003_b.up.sql:2 no-blocking-index-build",
    "m/0002_a.up.sql:1 no-column-drop",
    "m/0002_a.up.sql:1 require-down",
    "m/0003_b.up.sql:1 require-down",
  ]);
});

function judge(before: Files, head: Files, given: Partial<Config> = {}): Finding[] {
  const start = { "m/0001_base.up.sql": base, "m/0001_base.down.sql": "DROP TABLE orders;" };
  const config = { ...defaultConfig, ...given };
  const changes: ChangeSet = read({ ...start, ...before }, { ...start, ...head }, config);
  return check({ changes, runs: [], config });
}

function rulesOf(before: Files, head: Files): string[] {
  return judge(before, head).map(({ rule }) => rule);
}

function prints(findings: readonly Finding[]): Record<string, string> {
  return Object.fromEntries(findings.map(({ rule, fingerprint }) => [rule, fingerprint]));
}
