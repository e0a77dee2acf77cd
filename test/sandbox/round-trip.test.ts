import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { RoundTrip } from "../../src/review/types.ts";
import { createSharedDry, type Dry, differences, only, outcomesOf } from "./dry.ts";

let dry: Dry;
beforeAll(() => {
  dry = createSharedDry();
});
afterAll(() => dry.close());

const shop = `
CREATE TABLE users (id bigserial PRIMARY KEY, email text NOT NULL UNIQUE);
CREATE TABLE orders (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, user_id bigint NOT NULL REFERENCES users (id),
  note text DEFAULT 'none', total numeric(8, 2) NOT NULL CHECK (total > 0));
CREATE INDEX orders_note ON orders (note);`;

async function trip(up: string, down: string, history = shop): Promise<RoundTrip> {
  const { roundTrip } = only(await dry.run({ history: [history], steps: [{ up, down }] }));
  if (!roundTrip) throw new Error("no round trip");
  return roundTrip;
}

describe("a down that restores everything", () => {
  it.each([
    [
      "ALTER TABLE orders ADD COLUMN a integer; CREATE INDEX i ON orders (a)",
      "ALTER TABLE orders DROP COLUMN a",
    ],
    ["CREATE TABLE n (id serial PRIMARY KEY, o bigint REFERENCES orders)", "DROP TABLE n"],
    ["ALTER TABLE orders RENAME COLUMN note TO remark", "ALTER TABLE orders RENAME COLUMN remark TO note"],
    [
      "ALTER TABLE orders ALTER COLUMN total TYPE numeric(10, 2)",
      "ALTER TABLE orders ALTER COLUMN total TYPE numeric(8, 2)",
    ],
    [
      "DO $$ BEGIN EXECUTE 'CREATE VIEW v AS SELECT id FROM orders'; END $$",
      "DO $$ BEGIN IF EXISTS (SELECT 1 FROM pg_views WHERE viewname = 'v') THEN DROP VIEW v; END IF; END $$",
    ],
    [
      "ALTER TABLE users DROP CONSTRAINT users_email_key",
      "ALTER TABLE users ADD CONSTRAINT users_email_key UNIQUE (email)",
    ],
  ])("%s", async (up, down) => {
    expect(await trip(up, down)).toMatchObject({
      residue: [],
      benign: [],
      data: [],
      upAgainResidue: [],
      notEvaluated: null,
    });
  });
});

describe("what a down leaves behind", () => {
  it("is listed object by object, without what follows from it", async () => {
    const up = `CREATE TABLE n (id serial PRIMARY KEY, o bigint REFERENCES orders); CREATE INDEX n_o ON n (o);
      CREATE INDEX orders_user_id_idx ON orders (user_id); CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1'`;
    const { residue, upAgain } = await trip(up, "SELECT 1");
    expect(differences(residue).sort()).toEqual([
      "function f() extra",
      "index orders_user_id_idx extra",
      "table n extra",
    ]);
    expect(outcomesOf(upAgain)[0]).toMatch(/^42P07 /);
  });

  it("is listed when it comes back different, with both texts", async () => {
    const history = `CREATE TYPE state AS ENUM ('a', 'b');
      CREATE TABLE job (id bigserial PRIMARY KEY, args jsonb, metadata jsonb NOT NULL DEFAULT '{}', state state NOT NULL DEFAULT 'a')`;
    const up = `ALTER TABLE job ALTER COLUMN args SET DEFAULT '{}'; ALTER TABLE job ALTER COLUMN args SET NOT NULL;
      ALTER TABLE job ALTER COLUMN metadata SET NOT NULL; ALTER TYPE state ADD VALUE IF NOT EXISTS 'pending' AFTER 'a'`;
    const down = `ALTER TABLE job ALTER COLUMN args DROP NOT NULL; ALTER TABLE job ALTER COLUMN args DROP DEFAULT;
      ALTER TABLE job ALTER COLUMN metadata DROP DEFAULT; ALTER TABLE job ALTER COLUMN metadata DROP NOT NULL`;
    const { residue, benign } = await trip(up, down, history);
    expect(residue).toEqual([
      {
        kind: "column",
        identity: "job.metadata",
        change: "changed",
        before: "jsonb not null default '{}'::jsonb",
        after: "jsonb",
      },
    ]);
    expect(benign).toEqual([
      {
        kind: "type",
        identity: "state",
        change: "changed",
        before: "enum ('a', 'b')",
        after: "enum ('a', 'pending', 'b')",
      },
    ]);
  });

  it("holds what a CASCADE took along, and comments and privileges", async () => {
    const history = `${shop} CREATE VIEW v AS SELECT total FROM orders; CREATE ROLE app; GRANT SELECT ON orders TO app;
      COMMENT ON COLUMN orders.note IS 'shown to the customer'`;
    const up = `ALTER TABLE orders DROP COLUMN total CASCADE; REVOKE SELECT ON orders FROM app; COMMENT ON COLUMN orders.note IS NULL`;
    const down = "ALTER TABLE orders ADD COLUMN total numeric(8, 2) CHECK (total > 0)";
    const { residue } = await trip(up, down, history);
    expect(differences(residue).sort()).toEqual([
      "column orders.total changed",
      "comment column orders.note changed",
      "privilege SELECT on table orders to app missing",
      "view v missing",
    ]);
  });
});

describe("differences that are no defect", () => {
  it.each([
    ["an extension left installed", "CREATE EXTENSION citext", "SELECT 1", "extension citext extra"],
    [
      "the place of a column that came back",
      "ALTER TABLE users DROP COLUMN email; ALTER TABLE users ADD COLUMN other text",
      "ALTER TABLE users DROP COLUMN other; ALTER TABLE users ADD COLUMN email text NOT NULL DEFAULT '' ; ALTER TABLE users ALTER COLUMN email DROP DEFAULT; ALTER TABLE users ADD COLUMN id2 int; ALTER TABLE users DROP COLUMN id2",
      null,
    ],
    [
      "white space in a function's body",
      "CREATE OR REPLACE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 2'",
      "CREATE OR REPLACE FUNCTION f() RETURNS int LANGUAGE sql AS '\n  SELECT   1\n'",
      "function f() changed",
    ],
    [
      "a comment in a function's body",
      "CREATE OR REPLACE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 2'",
      "CREATE OR REPLACE FUNCTION f() RETURNS int LANGUAGE sql AS $$\n-- one\nSELECT /* and only */ 1 $$",
      "function f() changed",
    ],
    [
      "the number in a name that PostgreSQL makes up",
      "DROP INDEX orders_user_id_idx",
      "CREATE INDEX orders_user_id_idx1 ON orders (user_id)",
      "index name orders_user_id_idx changed",
    ],
    ["a role that stays", "CREATE ROLE later", "SELECT 1", "role later extra"],
  ])("%s", async (_, up, down, expected) => {
    const history = `${shop} CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1'; ${
      up.includes("DROP INDEX") ? "CREATE INDEX orders_user_id_idx ON orders (user_id);" : ""
    }`;
    const { residue, benign } = await trip(up, down, history);
    if (expected === null) {
      expect(differences(residue)).toEqual(["constraint users.users_email_key missing"]);
      return;
    }
    expect(differences(residue)).toEqual([]);
    expect(differences(benign)).toContain(expected);
  });

  it("the order of columns", async () => {
    const { residue, benign } = await trip(
      "ALTER TABLE orders DROP COLUMN note",
      "ALTER TABLE orders ADD COLUMN note text DEFAULT 'none'; CREATE INDEX orders_note ON orders (note)",
    );
    expect(residue).toEqual([]);
    expect(differences(benign)).toEqual(["column order orders changed"]);
  });
});

describe("data that up and down do not bring back", () => {
  it("a dropped column", async () => {
    const { data } = await trip(
      "ALTER TABLE orders DROP COLUMN note",
      "ALTER TABLE orders ADD COLUMN note text; ALTER TABLE orders ALTER COLUMN note SET DEFAULT 'none'; CREATE INDEX orders_note ON orders (note)",
    );
    expect(data).toEqual([{ table: "orders", column: "note", rows: 10, of: 10, change: "lost" }]);
  });

  it("a dropped column that comes back with a default", async () => {
    const { data } = await trip(
      "ALTER TABLE orders DROP COLUMN total",
      "ALTER TABLE orders ADD COLUMN total numeric(8, 2) NOT NULL DEFAULT 1 CHECK (total > 0)",
    );
    expect(data).toEqual([{ table: "orders", column: "total", rows: 10, of: 10, change: "changed" }]);
  });

  it("a dropped table", async () => {
    const { data, residue } = await trip("DROP TABLE orders", shop.replace(/CREATE TABLE users.*/, ""));
    expect(residue).toEqual([]);
    expect(data).toEqual([{ table: "orders", column: null, rows: 10, of: 10, change: "lost" }]);
  });

  it("digits that a type change cuts off", async () => {
    const { data } = await trip(
      "ALTER TABLE orders ALTER COLUMN total TYPE integer",
      "ALTER TABLE orders ALTER COLUMN total TYPE numeric(8, 2)",
    );
    expect(data).toMatchObject([{ table: "orders", column: "total", change: "changed" }]);
  });

  it("rows that the up adds are told apart", async () => {
    const { data } = await trip("INSERT INTO users (email) VALUES ('root@example.test')", "SELECT 1");
    expect(data).toEqual([{ table: "users", column: null, rows: 1, of: 10, change: "added" }]);
  });

  it("times that a trigger sets are not counted, unless their column is a new one", async () => {
    const history = `CREATE TABLE t (id serial PRIMARY KEY, note text, updated_at timestamptz NOT NULL DEFAULT now());
      CREATE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN NEW.updated_at = now(); RETURN NEW; END';
      CREATE TRIGGER touch BEFORE UPDATE ON t FOR EACH ROW EXECUTE FUNCTION touch()`;
    expect((await trip("UPDATE t SET note = note", "SELECT 1", history)).data).toEqual([]);
    const up = "ALTER TABLE t DROP COLUMN updated_at";
    const down = "ALTER TABLE t ADD COLUMN updated_at timestamptz NOT NULL DEFAULT now()";
    expect((await trip(up, down, history)).data).toEqual([
      { table: "t", column: "updated_at", rows: 10, of: 10, change: "changed" },
    ]);
  });

  it("nothing, when the down maps values back", async () => {
    const { data } = await trip(
      "ALTER TABLE orders RENAME note TO remark; UPDATE orders SET remark = 'x' || remark",
      "UPDATE orders SET remark = substr(remark, 2); ALTER TABLE orders RENAME remark TO note",
    );
    expect(data).toEqual([]);
  });
});

describe("a down that does not get through", () => {
  it("is shown with the server's answer", async () => {
    const { down, upAgain, residue } = await trip(
      "ALTER TABLE orders DROP COLUMN note",
      "ALTER TABLE orders ADD COLUMN note text NOT NULL; SELECT 1",
    );
    expect(outcomesOf(down)).toEqual([
      '23502 column "note" of relation "orders" contains null values',
      "not-reached",
    ]);
    expect(upAgain).toBeNull();
    expect(residue).toEqual([]);
  });

  it("is not judged when the up did not get through", async () => {
    const { notEvaluated, down } = await trip("SELECT nope", "SELECT 1");
    expect(notEvaluated).toBe("the up did not get through");
    expect(outcomesOf(down)).toEqual(["not-reached"]);
  });

  it("is not compared when a statement was not run", async () => {
    const { notEvaluated, residue } = await trip(
      "CREATE TABLE n (a integer); CREATE EXTENSION pg_cron",
      "DROP EXTENSION pg_cron",
    );
    expect(notEvaluated).toMatch(/pg_cron/);
    expect(residue).toEqual([]);
  });
});

describe("the second up", () => {
  it("is compared with the first", async () => {
    const { residue, upAgainResidue } = await trip(
      "CREATE TABLE IF NOT EXISTS n (a integer); ALTER TABLE n ADD COLUMN IF NOT EXISTS b integer",
      "ALTER TABLE n RENAME TO old",
    );
    expect(differences(residue)).toEqual(["table old extra"]);
    expect(differences(upAgainResidue)).toEqual(["table old extra"]);
  });
});

describe("a migration that only runs in between", () => {
  it("is applied, and the next one starts after it", async () => {
    const run = await dry.run({
      history: [shop],
      steps: [
        { up: "CREATE TABLE a (x integer)", down: "DROP TABLE a" },
        { up: "CREATE TABLE b (x integer)", down: "SELECT 1", status: "kept" },
        {
          up: "ALTER TABLE a ADD COLUMN y integer; ALTER TABLE b ADD COLUMN y integer",
          down: "ALTER TABLE a DROP y; ALTER TABLE b DROP y",
        },
      ],
    });
    expect(run.migrations.map(({ up }) => outcomesOf(up).every((outcome) => outcome === "ran"))).toEqual([
      true,
      true,
      true,
    ]);
    expect(run.migrations.map(({ roundTrip }) => roundTrip?.residue)).toEqual([[], undefined, []]);
    expect(run.migrations[1]?.up.statements[0]?.locks).toEqual([]);
    expect(run.migrations[2]?.before.tables.map(({ name }) => name)).toEqual(["a", "b", "orders", "users"]);
  });
});
