import { restoreSnapshot, takeSnapshot } from "./checkpoint.ts";
import type { Internals } from "./internals.ts";
import type { Reply } from "./messages.ts";

type Exec = (sql: string, copyData: string | null) => Promise<Reply>;

/**
 * Libraries that PostgreSQL loads when they are first needed. A checkpoint is valid only for those that were loaded
 * before it, so they all are. Left out: the replication libraries, which need a server to talk to.
 */
const libraries: readonly string[] = [
  "plpgsql",
  "dict_snowball",
  "cyrillic_and_mic",
  "euc2004_sjis2004",
  "euc_cn_and_mic",
  "euc_jp_and_sjis",
  "euc_kr_and_mic",
  "euc_tw_and_big5",
  "latin2_and_win1250",
  "latin_and_mic",
  "utf8_and_big5",
  "utf8_and_cyrillic",
  "utf8_and_euc2004",
  "utf8_and_euc_cn",
  "utf8_and_euc_jp",
  "utf8_and_euc_kr",
  "utf8_and_euc_tw",
  "utf8_and_gb18030",
  "utf8_and_gbk",
  "utf8_and_iso8859",
  "utf8_and_iso8859_1",
  "utf8_and_johab",
  "utf8_and_sjis",
  "utf8_and_sjis2004",
  "utf8_and_uhc",
  "utf8_and_win",
];

/** Loads what checkpoints need loaded. */
export async function loadLibraries(exec: Exec): Promise<void> {
  await exec(libraries.map((name) => `LOAD '$libdir/${name}'`).join(";"), null);
}

/**
 * Whether a snapshot brings the database back here: a table made after it is gone, and the database answers. With `long`
 * it also runs what migrations typically hold, so that the compiler knows the way.
 */
export async function bringsBack(internals: Internals, exec: Exec, long: boolean): Promise<boolean> {
  try {
    const before = await countOfTables(exec);
    const snapshot = takeSnapshot(internals);
    for (const statement of long ? typicalStatements() : [tableStatement(0)]) await exec(statement, null);
    const changed = await countOfTables(exec);
    restoreSnapshot(internals, snapshot);
    const after = await countOfTables(exec);
    return before !== null && before === after && changed !== before;
  } catch {
    return false;
  }
}

async function countOfTables(exec: Exec): Promise<string | null> {
  const { sets } = await exec("SELECT pg_catalog.count(*) FROM pg_catalog.pg_class", null);
  return sets[0]?.rows[0]?.[0] ?? null;
}

function typicalStatements(): readonly string[] {
  const statements: string[] = [];
  for (let index = 0; index < 15; index++) statements.push(tableStatement(index));
  return [...statements, ...mixedStatements];
}

function tableStatement(index: number): string {
  const reference = index === 0 ? "" : ` REFERENCES warm_${index - 1} (id)`;
  return `CREATE TABLE warm_${index} (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, name text NOT NULL, other bigint${reference},
  created_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX warm_${index}_name ON warm_${index} (name);
ALTER TABLE warm_${index} ADD COLUMN status text;
ALTER TABLE warm_${index} ADD CONSTRAINT warm_${index}_check CHECK (length(name) < 100);`;
}

const mixedStatements: readonly string[] = [
  "INSERT INTO warm_0 (name) SELECT 'n' || g FROM generate_series(1, 20) g; UPDATE warm_0 SET name = name || 'x'; DELETE FROM warm_0",
  "SELECT to_tsvector('english', 'warm words'), gen_random_uuid(), '{}'::jsonb",
  "CREATE FUNCTION warm() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN new; END'; CREATE TRIGGER warm BEFORE INSERT ON warm_0 FOR EACH ROW EXECUTE FUNCTION warm()",
  "CREATE VIEW warm_view AS SELECT * FROM warm_0; ALTER TABLE warm_2 ALTER COLUMN name TYPE varchar(20); DROP TABLE warm_1 CASCADE",
  "EXPLAIN (FORMAT JSON) SELECT * FROM warm_0 JOIN warm_2 ON warm_0.id = warm_2.id WHERE warm_0.name = 'x' ORDER BY 1",
  "SELECT c.relname, a.attname, format_type(a.atttypid, a.atttypmod), pg_get_expr(d.adbin, d.adrelid) FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid LEFT JOIN pg_attrdef d ON d.adrelid = c.oid AND d.adnum = a.attnum WHERE c.relname LIKE 'warm%' ORDER BY 1, 2",
];
