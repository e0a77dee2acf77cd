import { insertOneByOne, masksOf, type Seeded } from "../seed.ts";
import { type ForeignKey, inOrder, isOwed, type SeedColumn, type SeedTable } from "../seed-tables.ts";
import { candidatesFor, valueFor } from "../seed-values.ts";
import { quoted } from "./data.ts";
import { literalOf, seedTablesOf } from "./seed-tables.ts";
import type { SqliteSession } from "./session.ts";
import type { Description } from "./tables.ts";

/** Made-up rows for each empty table. */
const rowsPerTable = 10;

/** Values by column, as SQL. */
type Row = ReadonlyMap<string, string>;

/**
 * Fills every empty table with a few rows that fit its keys and checks; the same rows for the same schema. Tables that the
 * migrations filled keep what they have. Triggers fire, as they would in production; foreign keys are heeded although
 * SQLite does not enforce them by default. Rejects with EngineLost when a trigger brings the engine down.
 */
export async function seedSqlite(session: SqliteSession, description: Description): Promise<Seeded> {
  const empty: { table: string; reason: string }[] = [];
  const filled: string[] = [];
  let rows = 0;
  for (const table of inOrder(seedTablesOf(description))) {
    const [[hasRows] = []] = await session.ask(`SELECT EXISTS (SELECT 1 FROM ${table.sql})`);
    if (hasRows === "1") continue;
    const { inserted, reason } = await fill(session, table);
    rows += inserted;
    if (inserted > 0) filled.push(table.name);
    else empty.push({ table: table.name, reason });
  }
  await session.reset();
  return { tables: filled.length, rows, empty, filled };
}

async function fill(session: SqliteSession, table: SeedTable): Promise<{ inserted: number; reason: string }> {
  const made = await makeRows(session, table);
  if ("reason" in made) return { inserted: 0, reason: made.reason };
  const all = await insert(session, table, made.rows);
  if (all.error === null) return { inserted: all.count, reason: "" };
  return insertOneByOne(made.rows, all.error, masksOf(table), (row, mask) =>
    insert(session, table, [without(row, mask)]),
  );
}

async function insert(session: SqliteSession, table: SeedTable, rows: readonly Row[]) {
  const names = [...(rows[0]?.keys() ?? [])];
  const values = rows.map((row) => `(${names.map((name) => row.get(name) ?? "NULL").join(", ")})`);
  const sql =
    names.length === 0
      ? `INSERT INTO ${table.sql} DEFAULT VALUES`
      : `INSERT INTO ${table.sql} (${names.map(quoted).join(", ")}) VALUES ${values.join(", ")}`;
  const { error, writes } = await session.run(sql);
  const written = writes.find(({ relation }) => relation === table.name);
  return { error: error?.message ?? null, count: error ? 0 : (written?.inserted ?? 0) };
}

async function makeRows(
  session: SqliteSession,
  table: SeedTable,
): Promise<{ rows: Row[] } | { reason: string }> {
  const columns = table.columns.filter((column) => !column.filled);
  const rows = Array.from({ length: rowsPerTable }, () => new Map<string, string>());
  for (const column of columns) {
    const choices = await choicesFor(session, table, column);
    // Nothing is known to fit: the default if there is one, else null.
    if (choices?.length === 0 && column.hasDefault) continue;
    for (const [i, row] of rows.entries()) {
      const own = literalOf(valueFor(column, i + 1), column.base);
      row.set(column.name, choices ? (choices[i % choices.length] ?? "NULL") : own);
    }
  }
  for (const key of table.foreignKeys) {
    const reason = await refer(session, table, key, rows);
    if (reason !== null) return { reason };
  }
  return { rows };
}

/** Values of a column, as SQL, that its own checks accept; null when it has none. */
async function choicesFor(
  session: SqliteSession,
  table: SeedTable,
  column: SeedColumn,
): Promise<readonly string[] | null> {
  const checks = table.checks.filter(({ columns }) => columns.length === 1 && columns[0] === column.name);
  if (checks.length === 0) return null;
  const candidates = candidatesFor(column, checks, rowsPerTable).map((value) =>
    literalOf(value, column.base),
  );
  const found = await session.tryAsk(
    `WITH made(n, ${quoted(column.name)}) AS (VALUES ${candidates.map((value, i) => `(${i}, ${value})`).join(", ")})
SELECT n FROM made WHERE ${checks.map(({ expression }) => `(${expression})`).join(" AND ")} ORDER BY n LIMIT ${rowsPerTable}`,
  );
  return found?.flatMap(([n]) => candidates[Number(n)] ?? []) ?? null;
}

/** Sets the columns of a foreign key to keys of existing parents. Answers why no row can have one; null when rows can. */
async function refer(
  session: SqliteSession,
  table: SeedTable,
  key: ForeignKey,
  rows: readonly Map<string, string>[],
): Promise<string | null> {
  if (key.parent === table.name) {
    for (const row of rows) {
      for (const [i, column] of key.columns.entries())
        row.set(column, isOwed(table, key) ? (row.get(key.parentColumns[i] ?? "") ?? "1") : "NULL");
    }
    return null;
  }
  const columns = key.parentColumns.map((name) => `quote(${quoted(name)})`).join(", ");
  const parents = await session.tryAsk(`SELECT ${columns} FROM ${key.parentSql} LIMIT ${rowsPerTable}`);
  if (!parents) return null;
  if (parents.length === 0 && isOwed(table, key)) return `its parent ${key.parent} has no rows`;
  for (const [i, row] of rows.entries()) {
    const parent = parents[i % parents.length];
    for (const [j, column] of key.columns.entries()) row.set(column, parent?.[j] ?? "NULL");
  }
  return null;
}

function without(row: Row, mask: ReadonlySet<string>): Row {
  return new Map([...row].map(([name, value]) => [name, mask.has(name) ? "NULL" : value]));
}
