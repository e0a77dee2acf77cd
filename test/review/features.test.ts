import { describe, expect, it } from "vitest";
import { features, featuresBeyond } from "../../src/review/sql/features.ts";

/** One statement for what came with each version, as the release notes have it. */
const examples: Readonly<Record<number, Readonly<Record<string, string>>>> = {
  18: {
    "a VIRTUAL generated column": "ALTER TABLE a ADD COLUMN b int GENERATED ALWAYS AS (c * 2) VIRTUAL",
    "NOT NULL … NOT VALID": "ALTER TABLE a ADD CONSTRAINT n NOT NULL b NOT VALID",
    "NOT NULL as a constraint of the table": "ALTER TABLE a ADD CONSTRAINT n NOT NULL b",
    "NOT ENFORCED": "ALTER TABLE a ADD CHECK (b > 0) NOT ENFORCED",
    "WITHOUT OVERLAPS": "ALTER TABLE a ADD PRIMARY KEY (id, during WITHOUT OVERLAPS)",
    "PERIOD in a foreign key":
      "ALTER TABLE a ADD FOREIGN KEY (id, PERIOD during) REFERENCES b (id, PERIOD during)",
    "ALTER CONSTRAINT … ENFORCED or NOT ENFORCED": "ALTER TABLE a ALTER CONSTRAINT c NOT ENFORCED",
    "ALTER CONSTRAINT … INHERIT or NO INHERIT": "ALTER TABLE a ALTER CONSTRAINT c NO INHERIT",
    "RETURNING WITH (OLD AS …, NEW AS …)": "DELETE FROM a RETURNING WITH (OLD AS o) o.id",
    "RETURNING of OLD and NEW": "UPDATE a SET b = 1 RETURNING old.b, new.b",
    "uuidv7()": "ALTER TABLE a ADD COLUMN b uuid DEFAULT uuidv7()",
  },
  17: {
    "MERGE … WHEN NOT MATCHED BY SOURCE":
      "MERGE INTO a USING b ON a.id = b.id WHEN NOT MATCHED BY SOURCE THEN DELETE",
    "MERGE … RETURNING": "MERGE INTO a USING b ON a.id = b.id WHEN MATCHED THEN DELETE RETURNING a.id",
    JSON_TABLE: "SELECT * FROM JSON_TABLE('[]', '$[*]' COLUMNS (a int PATH '$')) AS t",
    "JSON_EXISTS, JSON_QUERY and JSON_VALUE": "SELECT JSON_VALUE(a, '$.b') FROM t",
    "JSON, JSON_SCALAR and JSON_SERIALIZE": "SELECT JSON_SCALAR(1)",
    "ALTER COLUMN … SET EXPRESSION": "ALTER TABLE a ALTER COLUMN b SET EXPRESSION AS (c * 2)",
    "an exclusion of a partitioned table":
      "CREATE TABLE a (id int, EXCLUDE USING btree (id WITH =)) PARTITION BY HASH (id)",
    "SET STATISTICS DEFAULT": "ALTER TABLE a ALTER COLUMN b SET STATISTICS DEFAULT",
    "SET ACCESS METHOD DEFAULT": "ALTER TABLE a SET ACCESS METHOD DEFAULT",
    "the privilege MAINTAIN": "GRANT MAINTAIN ON a TO b",
    "an event trigger on login": "CREATE EVENT TRIGGER t ON login EXECUTE FUNCTION f()",
    "COPY … ON_ERROR": "COPY a FROM 'b' WITH (on_error ignore)",
    "the setting transaction_timeout": "SET transaction_timeout = 0",
  },
  16: {
    "IS JSON": "SELECT a IS JSON FROM t",
    "JSON_OBJECT and JSON_ARRAY with SQL's own syntax": "SELECT JSON_OBJECT('a' : 1)",
    "STORAGE in a column's definition": "CREATE TABLE a (b text STORAGE external)",
    "GRANT of a role WITH INHERIT or SET": "GRANT a TO b WITH INHERIT FALSE",
    "CREATE STATISTICS without a name": "CREATE STATISTICS ON a, b FROM t",
    "a subquery of FROM without a name": "SELECT * FROM (SELECT 1)",
    "any_value()": "SELECT any_value(a) FROM t",
  },
  15: {
    "NULLS NOT DISTINCT": "CREATE UNIQUE INDEX i ON a (b) NULLS NOT DISTINCT",
    MERGE: "MERGE INTO a USING b ON a.id = b.id WHEN MATCHED THEN DELETE",
    security_invoker: "CREATE VIEW v WITH (security_invoker = true) AS SELECT 1",
    "ON DELETE SET NULL or SET DEFAULT of single columns":
      "ALTER TABLE a ADD FOREIGN KEY (b, c) REFERENCES d ON DELETE SET NULL (c)",
    "SET ACCESS METHOD": "ALTER TABLE a SET ACCESS METHOD heap",
    "a publication of all tables of a schema": "CREATE PUBLICATION p FOR TABLES IN SCHEMA s",
    "a publication of some columns or rows": "CREATE PUBLICATION p FOR TABLE t WHERE (a > 1)",
    "an unlogged sequence": "CREATE UNLOGGED SEQUENCE s",
    "a privilege on a setting": "GRANT SET ON PARAMETER work_mem TO b",
    "regexp_like()": "SELECT regexp_like('a', 'b')",
  },
  14: {
    "DETACH PARTITION … CONCURRENTLY": "ALTER TABLE a DETACH PARTITION b CONCURRENTLY",
    "DETACH PARTITION … FINALIZE": "ALTER TABLE a DETACH PARTITION b FINALIZE",
    "COMPRESSION of a column": "CREATE TABLE a (b text COMPRESSION lz4)",
    "SET COMPRESSION": "ALTER TABLE a ALTER COLUMN b SET COMPRESSION lz4",
    "a function with an SQL body (BEGIN ATOMIC, RETURN)":
      "CREATE FUNCTION f() RETURNS int LANGUAGE sql RETURN 1",
    "CREATE OR REPLACE TRIGGER":
      "CREATE OR REPLACE TRIGGER t BEFORE INSERT ON a FOR EACH ROW EXECUTE FUNCTION f()",
    "CREATE STATISTICS of an expression": "CREATE STATISTICS s ON (a + 1) FROM t",
    "SEARCH and CYCLE":
      "WITH RECURSIVE r AS (SELECT 1 AS a UNION ALL SELECT a FROM r) SEARCH DEPTH FIRST BY a SET o SELECT * FROM r",
    "date_bin()": "SELECT date_bin('1 day', a, b) FROM t",
    "the setting idle_session_timeout": "SET idle_session_timeout = 0",
  },
  13: {
    "DROP EXPRESSION": "ALTER TABLE a ALTER COLUMN b DROP EXPRESSION",
    "ALTER VIEW … RENAME COLUMN": "ALTER VIEW v RENAME COLUMN a TO b",
    "WITH TIES": "SELECT 1 FROM t ORDER BY 1 FETCH FIRST 1 ROWS WITH TIES",
    "gcd()": "SELECT gcd(4, 6)",
  },
  12: {
    "a generated column": "ALTER TABLE a ADD COLUMN b int GENERATED ALWAYS AS (c * 2) STORED",
    "REINDEX … CONCURRENTLY": "REINDEX INDEX CONCURRENTLY i",
    "a table's access method": "CREATE TABLE a (b int) USING heap",
    "a nondeterministic collation": "CREATE COLLATION c (locale = 'und', deterministic = false)",
    "MATERIALIZED and NOT MATERIALIZED": "WITH r AS MATERIALIZED (SELECT 1) SELECT * FROM r",
    "AND CHAIN": "COMMIT AND CHAIN",
    "jsonb_path_query()": "SELECT jsonb_path_query(a, '$') FROM t",
    "the setting default_table_access_method": "SET default_table_access_method = heap",
  },
  11: {
    "INCLUDE of an index": "CREATE INDEX i ON a (b) INCLUDE (c)",
    "INCLUDE of a constraint": "ALTER TABLE a ADD UNIQUE (b) INCLUDE (c)",
    "a procedure": "CREATE PROCEDURE p() LANGUAGE sql AS ''",
    CALL: "CALL p()",
    "PARTITION BY HASH": "CREATE TABLE a (b int) PARTITION BY HASH (b)",
    "a DEFAULT partition": "CREATE TABLE a PARTITION OF b DEFAULT",
    "sha256()": "SELECT sha256('a')",
  },
  10: {
    "an identity column": "CREATE TABLE a (id int GENERATED ALWAYS AS IDENTITY)",
    "PARTITION BY": "CREATE TABLE a (b int) PARTITION BY LIST (b)",
    "CREATE STATISTICS": "CREATE STATISTICS s ON a, b FROM t",
  },
};

const cases = Object.entries(examples).flatMap(([version, statements]) =>
  Object.entries(statements).map(([name, sql]) => [Number(version), name, sql] as const),
);

describe("what a server does not know", () => {
  it.each(cases)("before %i: %s", (version, name, sql) => {
    expect(featuresBeyond(version - 1, sql).map((feature) => feature.name)).toContain(name);
    expect(featuresBeyond(version, sql).map((feature) => feature.name)).not.toContain(name);
  });

  it("has an example, unless it is one of many functions or settings", () => {
    const shown = new Set(cases.map(([, name]) => name));
    const isMany = (name: string) => name.endsWith("()") || name.startsWith("the setting ");
    expect(features.map(({ name }) => name).filter((name) => !isMany(name) && !shown.has(name))).toEqual([]);
  });

  it.each([
    ["a function of somebody's own schema", "SELECT app.uuidv7()"],
    ["a table that is called old", "UPDATE a SET b = 1 FROM old RETURNING old.b"],
    ["a subquery with a name", "SELECT * FROM (SELECT 1) AS x"],
    ["a WITH that says nothing of how it is run", "WITH r AS (SELECT 1) SELECT * FROM r"],
    ["a statistics target", "ALTER TABLE a ALTER COLUMN b SET STATISTICS 100"],
    [
      "a partitioned table's identity",
      "CREATE TABLE a (id int GENERATED ALWAYS AS IDENTITY) PARTITION BY HASH (id)",
    ],
    ["a constraint that is deferred", "ALTER TABLE a ALTER CONSTRAINT c DEFERRABLE"],
  ])("is not found in %s", (_title, sql) => {
    expect(featuresBeyond(11, sql)).toEqual([]);
  });
});
