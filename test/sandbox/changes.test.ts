import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { readCatalog } from "../../src/sandbox/catalog.ts";
import {
  contentAfter,
  fromKept,
  keptContent,
  readContent,
  type State,
  stateToCompare,
  toKept,
} from "../../src/sandbox/content.ts";
import type { Checkpoint, Engine } from "../../src/sandbox/engine.ts";
import { readData, touchedTables } from "../../src/sandbox/fingerprint.ts";
import { createKeeper, type Keeper } from "../../src/sandbox/keeper.ts";
import { readChanges } from "../../src/sandbox/marks.ts";
import { schemaOf } from "../../src/sandbox/schema.ts";
import { type Session, sessionOf } from "../../src/sandbox/session.ts";
import { testCache } from "./cache.ts";

let keeper: Keeper;
let engine: Engine;
let session: Session;
let start: State;

const schema = `
CREATE SCHEMA shop;
CREATE ROLE clerk;
CREATE TYPE mood AS ENUM ('good', 'bad');
CREATE TYPE pair AS (a int, b text);
CREATE DOMAIN small AS int CHECK (VALUE < 1000);
CREATE FUNCTION twice(n int) RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT n * 2';
CREATE TYPE size AS ENUM ('s', 'l');
CREATE FUNCTION told(x size) RETURNS text LANGUAGE sql IMMUTABLE AS $$ SELECT CASE x WHEN 's' THEN 'small' ELSE 'large' END $$;
CREATE CAST (size AS text) WITH FUNCTION told(size);
CREATE TABLE users (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, name text NOT NULL, m mood DEFAULT 'good', p pair,
  n int DEFAULT 1 CHECK (n < 100), v int GENERATED ALWAYS AS (twice(n)) STORED, s small DEFAULT 5, z size DEFAULT 's');
CREATE TABLE orders (id serial PRIMARY KEY, user_id bigint NOT NULL REFERENCES users (id) ON DELETE CASCADE, note text);
CREATE TABLE items (id serial PRIMARY KEY, order_id int REFERENCES orders (id) ON DELETE CASCADE, made timestamptz);
CREATE INDEX orders_note ON orders (note);
CREATE TABLE log (what text, at int);
CREATE UNLOGGED TABLE fleeting (n int);
CREATE TABLE shop.prices (id int, price numeric(10, 2));
CREATE TABLE animals (id int PRIMARY KEY, name text);
CREATE TABLE dogs (breed text) INHERITS (animals);
CREATE TABLE events (day int NOT NULL, what text) PARTITION BY RANGE (day);
CREATE TABLE events_1 PARTITION OF events FOR VALUES FROM (0) TO (10);
CREATE TABLE events_2 PARTITION OF events FOR VALUES FROM (10) TO (20) PARTITION BY RANGE (day);
CREATE TABLE events_2a PARTITION OF events_2 FOR VALUES FROM (10) TO (20);
CREATE INDEX events_day ON events (day);
CREATE VIEW named AS SELECT id, name, m FROM users;
CREATE VIEW named_good AS SELECT * FROM named WHERE m = 'good';
CREATE MATERIALIZED VIEW counted AS SELECT user_id, count(*) AS n FROM orders GROUP BY 1;
CREATE FUNCTION logged() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN INSERT INTO log VALUES (TG_TABLE_NAME || ' ' || TG_OP, 1); RETURN NULL; END $$;
CREATE TRIGGER orders_logged AFTER INSERT OR DELETE ON orders FOR EACH ROW EXECUTE FUNCTION logged();
CREATE POLICY own ON users FOR SELECT USING (EXISTS (SELECT 1 FROM orders o WHERE o.user_id = users.id));
CREATE STATISTICS users_stats ON name, n FROM users;
CREATE SEQUENCE numbers;
ALTER TABLE log ALTER COLUMN at SET DEFAULT nextval('numbers');
CREATE TABLE papers (id int, body text);
CREATE FUNCTION noted(n int) RETURNS bigint LANGUAGE sql BEGIN ATOMIC SELECT count(body) FROM papers WHERE id > n; END;
CREATE FUNCTION following(s regclass DEFAULT 'numbers') RETURNS bigint LANGUAGE sql RETURN nextval(s);
CREATE PUBLICATION told FOR TABLE orders;
CREATE TEXT SEARCH CONFIGURATION plain (COPY = simple);
CREATE DOMAIN tiny AS int CONSTRAINT few CHECK (VALUE < 10);
COMMENT ON TYPE size IS 'of a shirt'; COMMENT ON FUNCTION twice(int) IS 'two times';
COMMENT ON CONSTRAINT users_n_check ON users IS 'few';
GRANT SELECT ON users TO clerk;
INSERT INTO users (name, n, p) SELECT 'u' || g, g, ROW(g, 'x')::pair FROM generate_series(1, 12) g;
INSERT INTO orders (user_id, note) SELECT id, 'o' || id FROM users;
INSERT INTO items (order_id) SELECT id FROM orders;
INSERT INTO shop.prices VALUES (1, 1.5), (2, 2.5);
INSERT INTO animals VALUES (1, 'cat'); INSERT INTO dogs VALUES (2, 'rex', 'collie');
INSERT INTO events SELECT g, 'e' || g FROM generate_series(0, 19) g;
INSERT INTO fleeting VALUES (1), (2);
CREATE FUNCTION sweep() RETURNS void LANGUAGE plpgsql AS $$ BEGIN EXECUTE 'UPDATE ' || 'shop.prices' || ' SET price = price + 1'; END $$;`;

beforeAll(async () => {
  keeper = createKeeper({ spares: 0, cacheDirectory: testCache });
  engine = await keeper.lease();
  session = sessionOf(engine);
  const { error } = await session.run(schema);
  expect(error).toBeNull();
  await session.reset();
  const kept: unknown = JSON.parse(JSON.stringify(toKept(await readContent(session))));
  start = { checkpoint: await session.checkpoint(), ...fromKept(keptContent.parse(kept)) };
});
afterAll(() => keeper.close());

/** Reads after a change what a comparison needs, in the restricted way and in full. */
async function after(sql: string, from: State = start) {
  await session.restore(start.checkpoint);
  const { error } = await session.run(sql);
  await session.reset();
  expect(error).toBeNull();
  const content = await contentAfter(session, from, "rows");
  return { content, catalog: await readCatalog(session), data: await readData(session) };
}

const changes: readonly (readonly [what: string, sql: string])[] = [
  ["nothing", "SELECT 1"],
  [
    "a column, where our own questions are not known any more",
    "DEALLOCATE ALL; ALTER TABLE users ADD COLUMN extra int",
  ],
  [
    "a column, where a stranger answers our own questions",
    `DEALLOCATE "drydock: columns"; PREPARE "drydock: columns" (tid, tid, xid) AS SELECT 1 WHERE false;
DEALLOCATE "drydock: rows of pg_class.oid"; PREPARE "drydock: rows of pg_class.oid" (tid, tid, xid) AS SELECT '', 0, '', '' WHERE false;
ALTER TABLE users ADD COLUMN extra int`,
  ],
  [
    "a new table that refers to an old one",
    "CREATE TABLE notes (id serial PRIMARY KEY, user_id bigint REFERENCES users (id))",
  ],
  ["a column with a default, which rewrites nothing", "ALTER TABLE users ADD COLUMN extra int DEFAULT 7"],
  ["a dropped column", "ALTER TABLE orders DROP COLUMN note"],
  [
    "a column that is dropped and added again",
    "ALTER TABLE orders DROP COLUMN note; ALTER TABLE orders ADD COLUMN note text",
  ],
  [
    "a renamed column that a view, an index and a foreign key mention",
    "ALTER TABLE users RENAME COLUMN id TO uid",
  ],
  ["a renamed table", "ALTER TABLE users RENAME TO people"],
  ["a table that moves to another schema", "ALTER TABLE log SET SCHEMA shop"],
  ["a renamed index", "ALTER INDEX orders_note RENAME TO orders_text"],
  ["a renamed sequence that a default uses", "ALTER SEQUENCE numbers RENAME TO figures"],
  ["a sequence with another owner", "ALTER SEQUENCE numbers OWNED BY log.at"],
  ["a rewritten table", "ALTER TABLE orders ALTER COLUMN note TYPE varchar(20)"],
  ["a delete that cascades over two tables and fires triggers", "DELETE FROM users WHERE id < 4"],
  ["an update inside a function", "SELECT sweep()"],
  ["an update in a DO block", "DO $$ BEGIN UPDATE items SET made = 'epoch'; END $$"],
  ["TRUNCATE CASCADE", "TRUNCATE users CASCADE"],
  ["rows that go through a partitioned table", "UPDATE events SET what = 'z' WHERE day = 15"],
  ["rows of a partition itself", "DELETE FROM events_2a"],
  ["a dropped partition", "DROP TABLE events_1"],
  ["a detached partition", "ALTER TABLE events DETACH PARTITION events_2"],
  [
    "a new partition",
    "CREATE TABLE events_3 PARTITION OF events FOR VALUES FROM (20) TO (30); INSERT INTO events VALUES (25, 'n')",
  ],
  ["a column that is inherited", "ALTER TABLE animals ADD COLUMN legs int DEFAULT 4"],
  ["rows of a child table", "UPDATE dogs SET breed = 'pug'"],
  ["an end of inheritance", "ALTER TABLE dogs NO INHERIT animals"],
  [
    "another function body that a cast to text runs",
    "CREATE OR REPLACE FUNCTION told(x size) RETURNS text LANGUAGE sql IMMUTABLE AS $$ SELECT 'same' $$",
  ],
  ["a renamed function", "ALTER FUNCTION twice(int) RENAME TO doubled"],
  ["a renamed label", "ALTER TYPE mood RENAME VALUE 'good' TO 'fine'"],
  ["a new label", "ALTER TYPE mood ADD VALUE 'so' BEFORE 'bad'"],
  ["a renamed type", "ALTER TYPE mood RENAME TO humour"],
  ["an attribute of a composite type", "ALTER TYPE pair ADD ATTRIBUTE c int"],
  ["a dropped attribute of a composite type", "ALTER TYPE pair DROP ATTRIBUTE b"],
  ["a domain's constraint", "ALTER DOMAIN small ADD CONSTRAINT positive CHECK (VALUE > 0)"],
  ["a cast to text that is gone", "DROP CAST (size AS text)"],
  ["a setting of the database", "ALTER DATABASE postgres SET datestyle = 'German'"],
  ["a renamed schema", "ALTER SCHEMA shop RENAME TO store"],
  ["a renamed role", "ALTER ROLE clerk RENAME TO seller"],
  ["another owner", "ALTER TABLE orders OWNER TO clerk"],
  ["privileges", "REVOKE SELECT ON users FROM clerk; GRANT UPDATE (note) ON orders TO clerk"],
  ["a dropped constraint", "ALTER TABLE users DROP CONSTRAINT users_n_check"],
  ["a dropped trigger", "DROP TRIGGER orders_logged ON orders"],
  ["a disabled trigger", "ALTER TABLE orders DISABLE TRIGGER orders_logged"],
  ["a dropped policy", "DROP POLICY own ON users"],
  ["dropped statistics", "DROP STATISTICS users_stats"],
  ["a dropped view and its dependents", "DROP VIEW named CASCADE"],
  ["a replaced view", "CREATE OR REPLACE VIEW named AS SELECT id, name, m, n FROM users"],
  ["a refreshed materialized view", "REFRESH MATERIALIZED VIEW counted"],
  ["a comment that is gone", "COMMENT ON CONSTRAINT users_n_check ON users IS NULL"],
  [
    "comments",
    "COMMENT ON COLUMN orders.note IS 'n'; COMMENT ON TRIGGER orders_logged ON orders IS 't'; COMMENT ON VIEW named IS 'v'",
  ],
  ["a rule", "CREATE RULE quiet AS ON UPDATE TO log DO INSTEAD NOTHING"],
  [
    "storage settings",
    "ALTER TABLE orders SET (fillfactor = 70); ALTER TABLE orders ALTER COLUMN note SET STATISTICS 50",
  ],
  ["rows of an unlogged table", "DELETE FROM fleeting WHERE n = 1"],
  ["a table without a log", "ALTER TABLE log SET UNLOGGED; INSERT INTO log VALUES ('x', 1)"],
  ["a dropped table that others refer to", "DROP TABLE users CASCADE"],
  [
    "a primary key that moves",
    "ALTER TABLE items DROP CONSTRAINT items_pkey; ALTER TABLE items ADD PRIMARY KEY (id)",
  ],
  ["an empty column", "ALTER TABLE log ADD COLUMN x int"],
  [
    "a write that a rolled back savepoint hides",
    "BEGIN; SAVEPOINT s; DELETE FROM items; ROLLBACK TO s; UPDATE shop.prices SET id = 9 WHERE id = 1; COMMIT",
  ],
  ["a renamed column that a function's body mentions", "ALTER TABLE papers RENAME COLUMN body TO content"],
  ["a renamed sequence that a function's default mentions", "ALTER SEQUENCE numbers RENAME TO figures"],
  ["a renamed table that is published", "ALTER TABLE orders RENAME TO purchases"],
  ["a table that is published no more", "ALTER PUBLICATION told DROP TABLE orders"],
  ["a dropped constraint of a domain", "ALTER DOMAIN tiny DROP CONSTRAINT few"],
  ["a dropped domain", "DROP DOMAIN tiny"],
  ["a new enum, a dropped one", "CREATE TYPE hue AS ENUM ('red'); DROP TYPE mood CASCADE"],
  ["a dropped function", "DROP FUNCTION noted(int)"],
  ["a comment on a type that is gone", "COMMENT ON TYPE size IS NULL"],
  ["another comment on a function", "COMMENT ON FUNCTION twice(int) IS 'doubled'"],
  [
    "privileges on a function and on a schema",
    "REVOKE EXECUTE ON FUNCTION twice(int) FROM PUBLIC; GRANT USAGE ON SCHEMA shop TO clerk",
  ],
  ["a function that joins an extension", "ALTER EXTENSION plpgsql ADD FUNCTION twice(int)"],
  ["a role, and its membership", "CREATE ROLE boss; GRANT boss TO clerk"],
  ["a role's attribute", "ALTER ROLE clerk LOGIN"],
  ["a mapping of a text search configuration", "ALTER TEXT SEARCH CONFIGURATION plain DROP MAPPING FOR word"],
  [
    "an event trigger",
    "CREATE FUNCTION watch() RETURNS event_trigger LANGUAGE plpgsql AS 'BEGIN END'; CREATE EVENT TRIGGER watching ON ddl_command_end EXECUTE FUNCTION watch()",
  ],
  [
    "a foreign server",
    "CREATE FOREIGN DATA WRAPPER far; CREATE SERVER away FOREIGN DATA WRAPPER far; CREATE FOREIGN TABLE afar (n int) SERVER away",
  ],
  [
    "a collation and an operator",
    "CREATE COLLATION plainly (provider = icu, locale = 'und'); CREATE OPERATOR === (LEFTARG = int, RIGHTARG = int, FUNCTION = int4eq)",
  ],
  ["an aggregate", "CREATE AGGREGATE summed(int) (SFUNC = int4pl, STYPE = int)"],
  ["a range type", "CREATE TYPE span AS RANGE (subtype = int)"],
  ["an extension", "CREATE EXTENSION citext; ALTER TABLE log ADD COLUMN c citext"],
  ["a table that joins an extension", "CREATE EXTENSION citext; ALTER EXTENSION citext ADD TABLE log"],
  [
    "a publication and default privileges",
    "CREATE PUBLICATION p FOR TABLE orders; ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO clerk",
  ],
];

describe("what is read again after a change", () => {
  it.each(changes)("is all that differs: %s", async (_, sql) => {
    schemaOf(start.catalog);
    const { content, catalog, data } = await after(sql);
    expect(sorted(content.catalog)).toEqual(sorted(catalog));
    // A copy of it came from nowhere.
    expect(schemaOf(content.catalog)).toEqual(schemaOf(new Map(content.catalog)));
    expect([...content.data]).toEqual([...data]);
  });

  it("is all that differs when a system table is written anew", async () => {
    await session.restore(start.checkpoint);
    for (const sql of [
      "ALTER TABLE log DROP COLUMN at",
      "VACUUM FULL pg_class",
      "VACUUM FREEZE pg_attribute",
      "ALTER TABLE log ADD COLUMN later int",
    ])
      expect((await session.run(sql)).error).toBeNull();
    const content = await contentAfter(session, start, "rows");
    expect(sorted(content.catalog)).toEqual(sorted(await readCatalog(session)));
    expect([...content.data]).toEqual([...(await readData(session))]);
  });

  it("is all that differs from a state that was itself read in part", async () => {
    await session.restore(start.checkpoint);
    await session.run("ALTER TABLE users ADD COLUMN extra int DEFAULT 7; DELETE FROM orders WHERE id > 9");
    const checkpoint: Checkpoint = await session.checkpoint();
    const middle = { checkpoint, ...(await contentAfter(session, start, "rows")) };
    await session.run("ALTER TABLE users DROP COLUMN extra; UPDATE items SET made = now()");
    const content = await contentAfter(session, middle, "rows");
    expect(sorted(content.catalog)).toEqual(sorted(await readCatalog(session)));
    expect([...content.data]).toEqual([...(await readData(session))]);
    await session.forget(checkpoint);
  });

  it.each(changes)("is all that differs from a state without a checkpoint of its own: %s", async (_, sql) => {
    await session.restore(start.checkpoint);
    await session.run(
      "ALTER TABLE users ADD COLUMN early int DEFAULT 7; DELETE FROM items WHERE id > 9; DROP INDEX orders_note; CREATE TABLE between (a int)",
    );
    const middle = await stateToCompare(session, start, "rows");
    expect(middle.checkpoint).toBe(start.checkpoint);
    await session.run("DROP TABLE between; CREATE INDEX orders_note ON orders (note)");
    await session.run(sql);
    await session.reset();
    const content = await contentAfter(session, middle, "rows");
    expect(sorted(content.catalog)).toEqual(sorted(await readCatalog(session)));
    expect([...content.data]).toEqual([...(await readData(session))]);
  });

  it("is little: tables that nobody touched are not read", async () => {
    await session.restore(start.checkpoint);
    await session.run("DELETE FROM orders WHERE id = 3");
    const files = await session.changedFiles(start.checkpoint);
    const { marks, changes } = await readChanges(session, start.marks, files);
    const touched = touchedTables({ before: start.marks, after: marks, changes, files }) ?? new Set();
    const names = [...touched].map((oid) => marks.relations.get(oid)?.name).sort();
    expect(names).toEqual(["fleeting", "items", "log", "orders"]);
  });
});

function sorted(catalog: State["catalog"]) {
  return [...catalog].sort(([a], [b]) => (a < b ? -1 : 1));
}
