import { catalogSql, objectsOfRelations, standaloneObjects } from "./catalog-sql.ts";
import { restoreSnapshot, type Snapshot, takeSnapshot, tellsWrites } from "./checkpoint.ts";
import type { Internals } from "./internals.ts";
import { anySight, sightQuestions } from "./lookout.ts";
import { anyChanges } from "./marks.ts";
import { marksQuestions } from "./marks-sql.ts";
import type { Reply } from "./messages.ts";
import { sightSql } from "./observe.ts";
import { askInsideSql, askSql, type Planned, prepareSql } from "./planned.ts";
import { someTables } from "./tables-sql.ts";

type Exec = (sql: string, copyData: string | null) => Promise<Reply>;

/** Libraries that nearly every database needs. */
const usual: readonly string[] = ["plpgsql", "dict_snowball"];
/** Libraries of the extensions that migrations create most. */
const frequent: readonly string[] = [
  "btree_gin",
  "btree_gist",
  "citext",
  "hstore",
  "pg_trgm",
  "pgcrypto",
  "unaccent",
  "uuid-ossp",
];

/**
 * Loads libraries before the first checkpoint, because one that is loaded after it makes going back slow: the usual
 * ones, those that the database's functions name, and, with `long`, those that migrations may create next.
 */
export async function loadLibraries(exec: Exec, long: boolean, more: Iterable<string>): Promise<void> {
  const { sets } = await exec(
    "SELECT DISTINCT probin FROM pg_catalog.pg_proc WHERE probin IS NOT NULL",
    null,
  );
  const named = (sets[0]?.rows ?? []).map(([name]) => name ?? "");
  const listed = [...usual, ...(long ? frequent : [])].map((name) => `$libdir/${name}`);
  for (const file of new Set([...listed, ...named, ...more])) {
    await exec(`LOAD '${file.replaceAll("'", "''")}'`, null);
  }
}

/**
 * A snapshot that was seen to bring the database back here: a table made after it is gone, and the database answers. null
 * when it does not. With `long` it also runs what migrations typically hold, so that the compiler knows the way.
 */
export async function provenSnapshot(
  internals: Internals,
  exec: Exec,
  long: boolean,
): Promise<Snapshot | null> {
  try {
    const before = await countOfTables(exec);
    const snapshot = takeSnapshot(internals);
    for (const statement of long ? typicalStatements() : [tableStatement(0)]) await exec(statement, null);
    const changed = await countOfTables(exec);
    await exec("CHECKPOINT", null);
    const isWatched = tellsWrites(internals, snapshot);
    restoreSnapshot(internals, snapshot);
    const after = await countOfTables(exec);
    return isWatched && before !== null && before === after && changed !== before ? snapshot : null;
  } catch {
    return null;
  }
}

const questions: readonly Planned[] = [
  ...marksQuestions,
  ...sightQuestions,
  objectsOfRelations,
  ...standaloneObjects.values(),
  someTables,
];

/** Our own questions are planned before anybody waits, and stay so in every checkpoint. */
export async function prepareQuestions(exec: Exec): Promise<void> {
  for (const question of questions) await exec(prepareSql(question), null);
}

/**
 * Asks once what is asked around each statement, of nothing in particular: what the server remembers of its own catalogues to
 * answer stays in its memory, and so in every checkpoint, from which it would otherwise learn it anew each time.
 */
export async function askAhead(exec: Exec): Promise<void> {
  for (const asked of anything) await exec(asked, null);
}

/** What is asked after most migrations, and around each statement. */
const anything = [
  askSql(anyChanges),
  askSql([
    ...[objectsOfRelations, someTables].map((question) => ({ question, values: ["{1}"] })),
    ...[...standaloneObjects.values()].map((question) => ({ question, values: [] })),
  ]),
  sightSql,
  ...["BEGIN", askInsideSql(anySight), "ROLLBACK"],
];

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
  catalogSql(),
  ...Array.from({ length: 3 }, () => anything).flat(),
];
