import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { nothingBrought } from "../../src/review/framework.ts";
import { readScript } from "../../src/review/script.ts";
import type { Database } from "../../src/review/types.ts";
import { readContent } from "../../src/sandbox/content.ts";
import type { Checkpoint } from "../../src/sandbox/engine.ts";
import { createKeeper, type Keeper } from "../../src/sandbox/keeper.ts";
import { modelKeys } from "../../src/sandbox/kept-models.ts";
import { type Session, sessionOf } from "../../src/sandbox/session.ts";
import { createBatch } from "../batch.ts";
import { testCache } from "./cache.ts";

const statementsOf = (...texts: readonly string[]) => texts.map((sql) => ({ table: null, sql }));

describe("what models build is named by", () => {
  let keeper: Keeper;
  let session: Session;
  let start: Checkpoint;
  const models = statementsOf(
    `CREATE TYPE "State" AS ENUM ('a')`,
    'CREATE TABLE "users" (id int PRIMARY KEY, "Level" "State", kind level, name text COLLATE folded DEFAULT made())',
    `CREATE TABLE "orders" (id bigint DEFAULT nextval('numbers'), user_id int REFERENCES "users" (id), code text REFERENCES codes)`,
    'CREATE INDEX "orders_user_id" ON "orders" (user_id)',
  );
  beforeAll(async () => {
    keeper = createKeeper({ spares: 0, cacheDirectory: testCache });
    session = sessionOf(await keeper.lease());
    await session.run(
      `CREATE TYPE "State" AS ENUM ('a'); CREATE TYPE level AS ENUM ('x'); CREATE COLLATION folded FROM "C";
       CREATE FUNCTION made() RETURNS text LANGUAGE sql AS 'SELECT ''a''';
       CREATE FUNCTION other() RETURNS event_trigger LANGUAGE plpgsql AS 'BEGIN END';
       CREATE TABLE codes (code text PRIMARY KEY); CREATE SEQUENCE numbers; CREATE TABLE users (id int PRIMARY KEY);
       CREATE TABLE orders (id bigint)`,
    );
    start = await session.checkpoint();
  });
  afterAll(() => keeper.close());

  async function keyAfter(sql: string, asked = models, about = ["1"]): Promise<string | null> {
    await session.restore(start);
    for (const statement of sql.split("; ")) {
      const { error } = await session.run(statement);
      expect(error).toBeNull();
    }
    return (await modelKeys(session, await readContent(session), about))(asked);
  }

  it.each([
    "ALTER TABLE users ADD COLUMN more text",
    "CREATE TABLE fresh (id int, user_id int); CREATE INDEX fresh_id ON fresh (id)",
    "DROP TABLE orders",
    "ALTER TABLE orders RENAME TO bills",
    "INSERT INTO users VALUES (1)",
    "CREATE TYPE unrelated AS ENUM ('a')",
    "CREATE FUNCTION third() RETURNS int LANGUAGE sql AS 'SELECT 1'",
  ])("nothing of %s", async (sql) => {
    expect(await keyAfter(sql)).toBe(await keyAfter("SELECT 1"));
  });

  it.each([
    "CREATE EXTENSION citext",
    "CREATE SCHEMA app",
    "CREATE ROLE somebody",
    "ALTER TYPE level ADD VALUE 'y'",
    "ALTER TABLE codes ADD COLUMN more text",
    "ALTER TABLE codes DROP CONSTRAINT codes_pkey",
    "ALTER SEQUENCE numbers INCREMENT 5",
    "DROP COLLATION folded; CREATE COLLATION folded (provider = icu, locale = 'und')",
    "CREATE OR REPLACE FUNCTION made() RETURNS text LANGUAGE sql IMMUTABLE AS 'SELECT ''b'''",
    `ALTER TYPE "State" ADD VALUE 'b'`,
    "CREATE CAST (text AS level) WITH INOUT AS ASSIGNMENT",
    "ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO PUBLIC",
    "ALTER DATABASE postgres SET search_path = app, public",
    "CREATE EVENT TRIGGER watch ON ddl_command_end EXECUTE FUNCTION other()",
  ])("what changes with %s", async (sql) => {
    const [before, after] = [await keyAfter("SELECT 1"), await keyAfter(sql)];
    expect(after).not.toBeNull();
    expect(after).not.toBe(before);
  });

  it("the statements, and what it must not be mixed with", async () => {
    const key = await keyAfter("SELECT 1");
    expect(await keyAfter("SELECT 1", models.toReversed())).not.toBe(key);
    expect(await keyAfter("SELECT 1", models, ["2"])).not.toBe(key);
  });

  it("a table that is there until the models make their own", async () => {
    const late = statementsOf("ALTER TABLE orders ADD b int", "CREATE TABLE orders (a int)");
    const early = late.toReversed();
    const change = "ALTER TABLE orders ADD COLUMN more int";
    expect(await keyAfter(change, late)).not.toBe(await keyAfter("SELECT 1", late));
    expect(await keyAfter(change, early)).toBe(await keyAfter("SELECT 1", early));
    const other = statementsOf('CREATE TABLE "Orders" (a int)', "CREATE INDEX ON orders (id)");
    expect(await keyAfter(change, other)).not.toBe(await keyAfter("SELECT 1", other));
  });

  it("nothing where something is there that is not listed", async () => {
    const operators =
      "CREATE OPERATOR CLASS backwards FOR TYPE int USING btree AS FUNCTION 1 btint4cmp(int, int)";
    expect(await keyAfter(operators)).toBeNull();
  });
});

describe("models", () => {
  const sandbox = createBatch();
  afterAll(() => sandbox.close());

  const users = "CREATE TABLE users (id int PRIMARY KEY, name citext)";
  async function modelsOf(up: string, head: readonly string[]) {
    const script = readScript("migrations/1.up.sql", up, "implicit");
    const database: Database = {
      directory: "migrations",
      framework: "golang-migrate",
      dialect: "postgresql",
      habits: { late: "skipped", duplicates: "refused", checksums: false, together: false },
      brought: nothingBrought,
      takenBack: [],
      models: {
        orm: "drizzle",
        isPushed: false,
        isIncomplete: false,
        statements: { base: statementsOf(users), head: statementsOf(...head) },
        base: [],
        head: [],
      },
      snapshots: null,
      history: [],
      steps: [
        {
          id: "migrations/1",
          version: "1",
          name: "one",
          up: script,
          down: null,
          together: false,
          time: null,
          settings: {},
          downWaived: null,
          downPath: null,
          status: "added",
          changed: ["up"],
          unchanged: [],
          former: null,
        },
      ],
    };
    const loadHistory = async () => [];
    const run = await sandbox.dryRun({ database, scope: "test", loadHistory, queries: [], rows: {} });
    expect(run.lost).toBeNull();
    return run.models;
  }
  const orders = "CREATE TABLE orders (id int)";

  it("are built once, also where the other side differs, and anew where what they need is there", async () => {
    const first = await modelsOf("CREATE TABLE orders (id int)", [users, orders]);
    expect(first?.base).toMatchObject({
      kind: "built",
      refused: [{ reason: 'type "citext" does not exist' }],
    });
    const second = await modelsOf("CREATE TABLE orders (id int)", [
      users,
      `${orders.slice(0, -1)}, more int)`,
    ]);
    expect(second?.base).toBe(first?.base);
    expect(second?.head).not.toEqual(first?.head);
    const third = await modelsOf("CREATE EXTENSION citext; CREATE TABLE orders (id int)", [users, orders]);
    expect(third?.base).toMatchObject({
      kind: "built",
      refused: [],
      schema: { tables: [{ name: "users" }] },
    });
    const fourth = await modelsOf("CREATE EXTENSION citext; CREATE TABLE orders (id int)", [users, orders]);
    expect(fourth?.head).toBe(third?.head);
  });
});
