import { afterAll, describe, expect, it } from "vitest";
import { applyEdits } from "../../src/review/fix.ts";
import type { Finding } from "../../src/review/types.ts";
import { createKeeper } from "../../src/sandbox/keeper.ts";
import { createReviewing } from "../handlers/reviewing.ts";

const reviewing = createReviewing();
afterAll(() => reviewing.close());

const base = `
CREATE TABLE users (id bigint PRIMARY KEY, email text);
CREATE TABLE orders (
  id bigint PRIMARY KEY,
  user_id bigint NOT NULL,
  total integer NOT NULL DEFAULT 0,
  note text,
  code text NOT NULL
);
CREATE INDEX orders_total_idx ON orders (total) WHERE total > 0;
CREATE TABLE keyless (a integer, b text);
CREATE TABLE teams (id serial PRIMARY KEY, slug text NOT NULL UNIQUE, parent integer REFERENCES teams (id));
CREATE TABLE members (
  id bigint PRIMARY KEY,
  team integer NOT NULL REFERENCES teams (id) ON DELETE CASCADE,
  level integer CONSTRAINT level_range CHECK (level >= 0 AND level < 100),
  mail text,
  UNIQUE (team, mail)
);
CREATE INDEX members_team_idx ON members (team, level);
`;

/** The finding of a rule on one statement, with what is offered for it. */
async function offered(rule: string, up: string, down: string, config = ""): Promise<Finding> {
  const files = {
    "db/0007_base.up.sql": base,
    "db/0007_base.down.sql":
      "DROP TABLE members;\nDROP TABLE teams;\nDROP TABLE keyless;\nDROP TABLE orders;\nDROP TABLE users;\n",
    ...(config === "" ? {} : { ".github/drydock.yml": config }),
  };
  const report = await reviewing.review(files, {
    ...files,
    "db/0008_change.up.sql": up,
    "db/0008_change.down.sql": down,
  });
  const finding = report.findings.find((found) => found.rule === rule);
  if (!finding) throw new Error(`no finding of ${rule}: ${report.findings.map((found) => found.rule)}`);
  return finding;
}

function texts({ sequence }: Finding): string {
  return (sequence?.steps ?? [])
    .flatMap(({ phase, files }) =>
      files
        .filter(({ path }) => path.includes(".up."))
        .map(({ path, text }) => `-- ${phase} ${path}\n${text}`),
    )
    .join("\n");
}

const cases: readonly (readonly [string, string, string, string])[] = [
  [
    "rename a column",
    "no-column-rename",
    "ALTER TABLE orders RENAME COLUMN note TO remark;",
    "ALTER TABLE orders RENAME COLUMN remark TO note;",
  ],
  [
    "rename a column with index, default and NOT NULL",
    "no-column-rename",
    "ALTER TABLE orders RENAME COLUMN total TO amount;",
    "ALTER TABLE orders RENAME COLUMN amount TO total;",
  ],
  [
    "rename a column of a table without a key",
    "no-column-rename",
    "ALTER TABLE keyless RENAME COLUMN b TO c;",
    "ALTER TABLE keyless RENAME COLUMN c TO b;",
  ],
  [
    "change a type",
    "no-column-type-rewrite",
    "ALTER TABLE orders ALTER COLUMN total TYPE bigint;",
    "ALTER TABLE orders ALTER COLUMN total TYPE integer;",
  ],
  [
    "change a type with an expression",
    "no-column-type-rewrite",
    "ALTER TABLE orders ALTER COLUMN code TYPE integer USING length(orders.code) + total;",
    "ALTER TABLE orders ALTER COLUMN code TYPE text;",
  ],
  [
    "rename a table",
    "no-table-rename",
    "ALTER TABLE users RENAME TO people;",
    "ALTER TABLE people RENAME TO users;",
  ],
  ["drop a table", "no-table-drop", "DROP TABLE keyless;", "CREATE TABLE keyless (a integer, b text);"],
  [
    "drop a column",
    "no-column-drop",
    "ALTER TABLE orders DROP COLUMN code;",
    "ALTER TABLE orders ADD COLUMN code text NOT NULL DEFAULT '';\nALTER TABLE orders ALTER COLUMN code DROP DEFAULT;",
  ],
  [
    "set not null",
    "no-blocking-not-null",
    "ALTER TABLE orders ALTER COLUMN note SET NOT NULL;",
    "ALTER TABLE orders ALTER COLUMN note DROP NOT NULL;",
  ],
  [
    "add a unique constraint",
    "no-blocking-unique",
    "ALTER TABLE orders ADD CONSTRAINT orders_code_key UNIQUE (code);",
    "ALTER TABLE orders DROP CONSTRAINT orders_code_key;",
  ],
  [
    "add a primary key",
    "no-blocking-unique",
    "ALTER TABLE keyless ADD PRIMARY KEY (a);",
    "ALTER TABLE keyless DROP CONSTRAINT keyless_pkey;\nALTER TABLE keyless ALTER COLUMN a DROP NOT NULL;",
  ],
  [
    "add a column whose default is computed for each row",
    "no-new-column-rewrite",
    "ALTER TABLE orders ADD COLUMN token uuid NOT NULL DEFAULT gen_random_uuid();",
    "ALTER TABLE orders DROP COLUMN token;",
  ],
  [
    "add a foreign key",
    "no-blocking-foreign-key",
    "ALTER TABLE orders ADD FOREIGN KEY (user_id) REFERENCES users (id);",
    "ALTER TABLE orders DROP CONSTRAINT orders_user_id_fkey;",
  ],
  [
    "add a check",
    "no-blocking-check",
    "ALTER TABLE orders ADD CONSTRAINT total_check CHECK (total >= 0);",
    "ALTER TABLE orders DROP CONSTRAINT total_check;",
  ],
];

const tied: typeof cases = [
  [
    "change the type of a key that numbers itself and that others refer to",
    "no-column-type-rewrite",
    "ALTER TABLE teams ALTER COLUMN id TYPE bigint;",
    "ALTER TABLE teams ALTER COLUMN id TYPE integer;",
  ],
  [
    "change the type of a foreign key's column that is part of a unique one",
    "no-column-type-rewrite",
    "ALTER TABLE members ALTER COLUMN team TYPE bigint;",
    "ALTER TABLE members ALTER COLUMN team TYPE integer;",
  ],
  [
    "change the type of a column with a check",
    "no-column-type-rewrite",
    "ALTER TABLE members ALTER COLUMN level TYPE bigint;",
    "ALTER TABLE members ALTER COLUMN level TYPE integer;",
  ],
  [
    "rename a key that others refer to",
    "no-column-rename",
    "ALTER TABLE teams RENAME COLUMN id TO number;",
    "ALTER TABLE teams RENAME COLUMN number TO id;",
  ],
  [
    "rename a column that is part of a key and refers to another table",
    "no-column-rename",
    "ALTER TABLE members RENAME COLUMN team TO team_id;",
    "ALTER TABLE members RENAME COLUMN team_id TO team;",
  ],
];

describe.each([18, 15])(
  "the migrations that take the place of one statement, for PostgreSQL %i",
  (postgres) => {
    it.each(postgres === 18 ? [...cases, ...tied] : cases)("%s", async (_title, rule, up, down) => {
      const { sequence } = await offered(rule, up, down, `postgres: ${postgres}\n`);
      const files = sequence?.steps.flatMap((step) => step.files) ?? [];
      expect(files.filter(({ path }) => path.endsWith(".up.sql")).length).toBeGreaterThan(1);
      expect(files.filter(({ path }) => path.endsWith(".down.sql"))).toHaveLength(files.length / 2);
      expect(sequence?.replaces).toEqual(["db/0008_change.up.sql", "db/0008_change.down.sql"]);
      expect(files[0]?.path).toMatch(/^db\/0008_/);
    });
  },
);

it("has the user's own names and types", async () => {
  const [, rule, up, down] = cases[0] ?? ["", "", "", ""];
  expect(texts(await offered(rule, up, down))).toMatchInlineSnapshot(`
    "-- expand db/0008_add_orders_remark.up.sql
    ALTER TABLE orders ADD COLUMN remark text;

    CREATE FUNCTION orders_note_remark_sync() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      IF TG_OP = 'INSERT' THEN
        IF NEW.remark IS NULL THEN
          NEW.remark := NEW.note;
        ELSE
          NEW.note := NEW.remark;
        END IF;
      ELSIF NEW.remark IS DISTINCT FROM OLD.remark THEN
        NEW.note := NEW.remark;
      ELSE
        NEW.remark := NEW.note;
      END IF;
      RETURN NEW;
    END $$;

    CREATE TRIGGER orders_note_remark_sync BEFORE INSERT OR UPDATE ON orders
      FOR EACH ROW EXECUTE FUNCTION orders_note_remark_sync();

    -- migrate db/0009_fill_orders_remark.up.sql
    DO $$
    DECLARE
      done orders.id%TYPE;
      upto orders.id%TYPE;
    BEGIN
      LOOP
        SELECT id INTO upto FROM orders
        WHERE done IS NULL OR id > done ORDER BY id OFFSET 999 LIMIT 1;
        UPDATE orders SET remark = note
        WHERE (done IS NULL OR id > done) AND (upto IS NULL OR id <= upto) AND remark IS DISTINCT FROM note;
        COMMIT;
        EXIT WHEN upto IS NULL;
        done := upto;
      END LOOP;
    END $$;

    -- contract db/0010_drop_orders_note.up.sql
    DROP TRIGGER orders_note_remark_sync ON orders;

    DROP FUNCTION orders_note_remark_sync();

    ALTER TABLE orders DROP COLUMN note;
    "
  `);
});

it("proves NOT NULL with a check where NOT NULL itself cannot be NOT VALID", async () => {
  const finding = await offered(
    "no-blocking-not-null",
    "ALTER TABLE orders ALTER COLUMN note SET NOT NULL;",
    "ALTER TABLE orders ALTER COLUMN note DROP NOT NULL;",
    "postgres: 17\n",
  );
  expect(texts(finding)).toMatchInlineSnapshot(`
    "-- expand db/0008_require_orders_note.up.sql
    ALTER TABLE orders ADD CONSTRAINT orders_note_not_null CHECK (note IS NOT NULL) NOT VALID;

    -- migrate db/0009_validate_orders_note.up.sql
    ALTER TABLE orders VALIDATE CONSTRAINT orders_note_not_null;

    -- migrate db/0010_set_orders_note_not_null.up.sql
    ALTER TABLE orders ALTER COLUMN note SET NOT NULL;

    ALTER TABLE orders DROP CONSTRAINT orders_note_not_null;
    "
  `);
});

it("takes the statement out of a file that holds others, and follows the last migration", async () => {
  const up = "ALTER TABLE users ADD COLUMN name text;\nALTER TABLE orders RENAME COLUMN note TO remark;\n";
  const { sequence, path } = await offered(
    "no-column-rename",
    up,
    "ALTER TABLE orders RENAME COLUMN remark TO note;\nALTER TABLE users DROP COLUMN name;\n",
  );
  expect(sequence?.replaces).toEqual([]);
  expect(applyEdits(up, sequence?.edits ?? [])).toBe("ALTER TABLE users ADD COLUMN name text;\n");
  expect(sequence?.edits.map((edit) => edit.path)).toEqual([path]);
  expect(sequence?.steps[0]?.files[0]?.path).toBe("db/0009_add_orders_remark.up.sql");
});

it.each([
  ["no-blocking-index-build", "CREATE INDEX orders_note_idx ON orders (note);"],
  ["no-concurrent-index-in-transaction", "CREATE INDEX CONCURRENTLY orders_note_idx ON orders (note);"],
])("gives an index a migration of its own, out of a file of several: %s", async (rule, statement) => {
  const { sequence } = await offered(
    rule,
    `ALTER TABLE orders ADD COLUMN flag text;\n${statement}\n`,
    "DROP INDEX orders_note_idx;\nALTER TABLE orders DROP COLUMN flag;\n",
  );
  expect(sequence?.steps.map(({ files }) => files)).toEqual([
    [
      {
        path: "db/0009_build_orders_note_idx.up.sql",
        text: "CREATE INDEX CONCURRENTLY orders_note_idx ON orders (note);\n",
      },
      { path: "db/0009_build_orders_note_idx.down.sql", text: "DROP INDEX CONCURRENTLY orders_note_idx;\n" },
    ],
  ]);
});

it("is not offered where what depends on the column would not survive it", async () => {
  const files = {
    "db/0001_base.up.sql":
      "CREATE TABLE a (id bigint PRIMARY KEY, x text);\nCREATE VIEW v AS SELECT x FROM a;\n",
    "db/0001_base.down.sql": "DROP VIEW v;\nDROP TABLE a;\n",
  };
  const report = await reviewing.review(files, {
    ...files,
    "db/0002_change.up.sql": "ALTER TABLE a RENAME COLUMN x TO y;\n",
    "db/0002_change.down.sql": "ALTER TABLE a RENAME COLUMN y TO x;\n",
  });
  const grave = report.findings.filter(({ severity }) => severity !== "info");
  expect(grave.map(({ rule, sequence }) => [rule, sequence])).toEqual([["no-column-rename", null]]);
});

describe("while a column is renamed", () => {
  const keeper = createKeeper({ spares: 0 });
  afterAll(() => keeper.close());

  it("old and new code see the same values, and all rows are filled in batches", async () => {
    const [, rule, up, down] = cases[1] ?? ["", "", "", ""];
    const { sequence } = await offered(rule, up, down);
    const steps = sequence?.steps.map(({ files }) => files[0]?.text ?? "") ?? [];
    const engine = await keeper.lease();
    const run = async (sql: string) => {
      const { error, sets } = await engine.exec(sql);
      if (error) throw new Error(error.message);
      return sets.at(-1)?.rows ?? [];
    };
    await run(base);
    await run(
      "INSERT INTO orders (id, user_id, total, code) SELECT n, 1, n, 'c' FROM generate_series(1, 2500) n",
    );
    await run(steps[0] ?? "");
    await run("INSERT INTO orders (id, user_id, total, code) VALUES (3001, 1, 11, 'c')");
    await run("INSERT INTO orders (id, user_id, amount, code) VALUES (3002, 1, 12, 'c')");
    await run("INSERT INTO orders (id, user_id, code) VALUES (3003, 1, 'c')");
    await run("UPDATE orders SET total = 21 WHERE id = 1");
    await run(steps[1] ?? "");
    await run("UPDATE orders SET amount = 22 WHERE id = 2");
    await run("UPDATE orders SET total = 23 WHERE id = 3");
    expect(await run("SELECT id, total, amount FROM orders WHERE id < 4 OR id > 3000 ORDER BY id")).toEqual([
      ["1", "21", "21"],
      ["2", "22", "22"],
      ["3", "23", "23"],
      ["3001", "11", "11"],
      ["3002", "12", "12"],
      ["3003", "0", "0"],
    ]);
    expect(await run("SELECT count(*) FROM orders WHERE total IS DISTINCT FROM amount")).toEqual([["0"]]);
    for (const step of steps.slice(2)) await run(step);
    expect(await run("SELECT sum(amount) FROM orders")).toEqual([["3126333"]]);
    await engine.close();
  });
});

describe("while the type of a key changes", () => {
  const keeper = createKeeper({ spares: 0 });
  afterAll(() => keeper.close());

  it("rows keep their numbers, new ones get theirs, what refers to them is held, and going back loses nothing", async () => {
    const { sequence } = await offered(
      "no-column-type-rewrite",
      "ALTER TABLE teams ALTER COLUMN id TYPE bigint;",
      "ALTER TABLE teams ALTER COLUMN id TYPE integer;",
    );
    const files = sequence?.steps.map(({ files: [up, down] }) => [up?.text ?? "", down?.text ?? ""]) ?? [];
    const engine = await keeper.lease();
    const run = async (sql = "") => {
      const { error, sets } = await engine.exec(sql);
      if (error) throw new Error(error.message);
      return sets.at(-1)?.rows ?? [];
    };
    await run(base);
    await run("INSERT INTO teams (slug) SELECT 'team' || n FROM generate_series(1, 2500) n");
    await run("INSERT INTO members (id, team) SELECT n, n FROM generate_series(1, 2500) n");
    for (const [i, [up]] of files.slice(0, -1).entries()) {
      await run(up);
      await run(`INSERT INTO teams (slug) VALUES ('during${i}')`);
      await run(
        `INSERT INTO members (id, team) SELECT 10000 + ${i}, id FROM teams WHERE slug = 'during${i}'`,
      );
    }
    const count = 2500 + files.length - 1;
    expect(await run("SELECT count(*), max(id) FROM teams")).toEqual([[String(count), String(count)]]);
    await expect(run("INSERT INTO members (id, team) VALUES (1, 999999)")).rejects.toThrow();
    await expect(run("INSERT INTO members (id, team) VALUES (20000, 999999)")).rejects.toThrow(
      /members_team_fkey/,
    );
    expect(await run("DELETE FROM teams WHERE id = 7 RETURNING id")).toEqual([["7"]]);
    expect(await run("SELECT count(*) FROM members WHERE team = 7")).toEqual([["0"]]);
    for (const [, down] of files.slice(0, -1).toReversed()) await run(down);
    expect(await run("SELECT count(*), max(id), pg_typeof(max(id)) FROM teams")).toEqual([
      [String(count - 1), String(count), "integer"],
    ]);
    await engine.close();
  });
});
