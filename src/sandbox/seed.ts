import { quoteIdentifier } from "../review/sql/names.ts";
import type { DryRun } from "../review/types.ts";
import {
  type ForeignKey,
  inOrder,
  isOwed,
  readSeedTables,
  type SeedColumn,
  type SeedTable,
} from "./seed-tables.ts";
import { candidatesFor, valueFor } from "./seed-values.ts";
import { literal, type Session } from "./session.ts";

/** What was made up, and for which tables nothing could be. */
export type Seeded = DryRun["seeded"] & {
  /** Tables that hold made-up rows only. */
  readonly filled: readonly string[];
};

/** Made-up rows for each empty table. */
const rowsPerTable = 10;

/** Milliseconds for one INSERT; triggers of a stranger run in it. */
const insertTimeout = 4_000;

/** Tables that are asked at once whether they hold rows. */
const tablesAtOnce = 100;

/** Nullable columns of a check over several columns: at most 2 to this power rows are tried. */
const freeColumns = 5;

type Row = Map<string, string | null>;

/**
 * Fills every empty table, or those of them that are named, with a few rows that fit its keys, checks, enums and partitions;
 * the same rows for the same schema. Tables that the migrations filled keep what they have. Triggers fire, as they would in production. Rejects
 * with EngineLost when a trigger brings the engine down.
 */
export async function seed(session: Session, among?: ReadonlySet<string>): Promise<Seeded> {
  const tables = await readSeedTables(session);
  const wanted = among ? tables.filter(({ name }) => among.has(name)) : tables;
  const full = await filledTables(session, wanted);
  const empty: { table: string; reason: string }[] = [];
  const filled: string[] = [];
  let rows = 0;
  for (const table of inOrder(wanted)) {
    if (full.has(table.name)) continue;
    const { inserted, reason } = await fill(session, table);
    rows += inserted;
    if (inserted > 0) filled.push(table.name);
    else empty.push({ table: table.name, reason });
  }
  await session.reset();
  return { tables: filled.length, rows, empty, filled };
}

async function filledTables(session: Session, tables: readonly SeedTable[]): Promise<ReadonlySet<string>> {
  const full = new Set<string>();
  for (let i = 0; i < tables.length; i += tablesAtOnce) {
    const some = tables.slice(i, i + tablesAtOnce);
    const answers = await session.ask(
      some.map(({ sql }) => `SELECT EXISTS (SELECT 1 FROM ${sql})`).join(";\n"),
    );
    for (const [j, { name }] of some.entries()) if (answers[j]?.[0]?.[0] === "t") full.add(name);
  }
  return full;
}

async function fill(session: Session, table: SeedTable): Promise<{ inserted: number; reason: string }> {
  if (table.isPartitioned && table.partitions.length === 0)
    return { inserted: 0, reason: "it has no partitions" };
  const rows = await makeRows(session, table);
  if ("reason" in rows) return { inserted: 0, reason: rows.reason };
  const all = await insert(session, table, rows.rows);
  if (all.error === null) return { inserted: all.count, reason: "" };
  return insertOneByOne(rows.rows, all.error, masksOf(table), (row, mask) =>
    insert(session, table, [without(row, mask)]),
  );
}

/**
 * Inserts rows that were refused together each for itself: the first without one set of columns after the other until
 * one is taken, the others without the same. Gives up where three rows were refused.
 */
export async function insertOneByOne<Row>(
  rows: readonly Row[],
  refusal: string,
  masks: readonly ReadonlySet<string>[],
  insert: (row: Row, mask: ReadonlySet<string>) => Promise<{ count: number; error: string | null }>,
): Promise<{ inserted: number; reason: string }> {
  let inserted = 0;
  let reason = refusal;
  let mask: ReadonlySet<string> = new Set();
  for (const [i, row] of rows.entries()) {
    for (const candidate of i === 0 ? masks : [mask]) {
      const { count, error } = await insert(row, candidate);
      inserted += count;
      if (error === null) {
        mask = candidate;
        break;
      }
      reason = error;
    }
    if (i >= 2 && inserted === 0) break;
  }
  return { inserted, reason: `its made-up rows were refused: ${reason}` };
}

async function insert(session: Session, table: SeedTable, rows: readonly Row[]) {
  const names = [...(rows[0]?.keys() ?? [])];
  const values = rows.map((row) => `(${names.map((name) => text(row.get(name) ?? null)).join(", ")})`);
  const sql =
    names.length === 0
      ? `INSERT INTO ${table.sql} DEFAULT VALUES`
      : `INSERT INTO ${table.sql} (${names.map(quoteIdentifier).join(", ")}) VALUES ${values.join(", ")}`;
  const { error, sets } = await session.run(sql, { timeout: insertTimeout });
  // The tag is "INSERT 0 n"; a trigger may have swallowed rows.
  return { error: error?.message ?? null, count: Number(/ (\d+)$/.exec(sets.at(-1)?.tag ?? "")?.[1] ?? 0) };
}

async function makeRows(session: Session, table: SeedTable): Promise<{ rows: Row[] } | { reason: string }> {
  const columns = table.columns.filter((column) => !column.filled);
  const choices = new Map<string, readonly string[]>();
  for (const column of columns) {
    const found = await choicesFor(session, table, column);
    if (found) choices.set(column.name, found);
  }
  const rows = Array.from({ length: rowsPerTable }, (_, i): Row => {
    const pinned = pinsOf(table, i);
    return new Map(
      columns.map((column) => {
        const chosen = choices.get(column.name);
        const value = chosen ? (chosen[i % chosen.length] ?? null) : valueFor(column, i + 1);
        return [column.name, pinned.get(column.name) ?? value];
      }),
    );
  });
  for (const column of columns) {
    if (choices.get(column.name)?.length === 0 || rows.every((row) => row.get(column.name) === null)) {
      // Nothing is known to fit: the default if there is one, else null.
      if (column.hasDefault) for (const row of rows) row.delete(column.name);
    }
  }
  for (const key of table.foreignKeys) {
    const reason = await refer(session, table, key, rows);
    if (reason !== null) return { reason };
  }
  return { rows };
}

/** Values of a column that its own checks accept; null when it has none and its type is a plain one. */
async function choicesFor(
  session: Session,
  table: SeedTable,
  column: SeedColumn,
): Promise<readonly string[] | null> {
  const checks = table.checks.filter(({ columns }) => columns.length === 1 && columns[0] === column.name);
  const isKnown = valueFor(column, 1) !== null && column.category !== "C";
  if (checks.length === 0 && isKnown && !column.isDomain) return null;
  if (column.labels && checks.length === 0) return null;
  const candidates = candidatesFor(column, checks, rowsPerTable);
  const type = literal(column.type);
  const { error, sets } = await session.run(
    `SELECT v FROM (SELECT v, n, CASE WHEN pg_catalog.pg_input_is_valid(v, ${type}) THEN v::${column.type} END AS ${quoteIdentifier(column.name)}
FROM pg_catalog.unnest(ARRAY[${candidates.map(literal).join(", ")}]::pg_catalog.text[]) WITH ORDINALITY AS t(v, n)) x
WHERE ${quoteIdentifier(column.name)} IS NOT NULL${checks.map(({ expression }) => ` AND (${expression})`).join("")} ORDER BY n`,
    { timeout: insertTimeout },
  );
  if (error) return null;
  const found = (sets.at(-1)?.rows ?? []).flatMap(([value]) => (value == null ? [] : [value]));
  return found.slice(0, rowsPerTable);
}

/** Sets the columns of a foreign key to keys of existing parents. Answers why no row can have one; null when rows can. */
async function refer(
  session: Session,
  table: SeedTable,
  key: ForeignKey,
  rows: readonly Row[],
): Promise<string | null> {
  if (key.parent === table.name) {
    for (const row of rows) referToItself(table, key, row);
    return null;
  }
  const columns = key.parentColumns.map(quoteIdentifier).join(", ");
  const order = key.parentColumns.map((_, i) => i + 1).join(", ");
  const [parents = []] = await session.ask(
    `SELECT ${columns} FROM ${key.parentSql} ORDER BY ${order} LIMIT ${rowsPerTable}`,
  );
  if (parents.length === 0 && isOwed(table, key)) return `its parent ${key.parent} has no rows`;
  for (const [i, row] of rows.entries()) {
    const parent = parents[i % parents.length];
    for (const [j, column] of key.columns.entries()) row.set(column, parent?.[j] ?? null);
  }
  return null;
}

/** A row that must refer to a row of its own table can only refer to itself. */
function referToItself(table: SeedTable, key: ForeignKey, row: Row): void {
  for (const [i, column] of key.columns.entries()) {
    const own = row.get(key.parentColumns[i] ?? "") ?? null;
    if (isOwed(table, key)) row.set(column, own);
    else if (!table.foreignKeys.some((other) => other !== key && other.columns.includes(column)))
      row.set(column, null);
  }
}

/** Values that put the i-th row into a partition. */
function pinsOf(table: SeedTable, i: number): ReadonlyMap<string, string> {
  const levels = table.partitions[i % Math.max(1, table.partitions.length)] ?? [];
  const pins = new Map<string, string>();
  for (const { bound, columns } of levels) {
    const list = /^FOR VALUES (?:IN|FROM) \((.*?)\)(?: TO \(|$)/s.exec(bound)?.[1];
    if (list === undefined) continue;
    const constants = [...list.matchAll(/'((?:[^']|'')*)'|([^\s,']+)/g)].map(([, quoted, plain]) =>
      (quoted ?? plain ?? "").replaceAll("''", "'"),
    );
    for (const [j, column] of columns.entries()) {
      const constant = constants[j];
      if (column !== null && constant !== undefined && !/^(MINVALUE|MAXVALUE|NULL)$/.test(constant))
        pins.set(column, constant);
    }
  }
  return pins;
}

/** Sets of columns to leave null, the smallest first: for checks over several columns such as "one or the other". */
export function masksOf(table: SeedTable): Set<string>[] {
  const wide = table.checks.filter(({ columns }) => columns.length !== 1).flatMap(({ columns }) => columns);
  const nullable = table.columns.filter((column) => !column.notNull && !column.filled);
  const free = nullable.filter(({ name }) => wide.includes(name)).slice(0, freeColumns);
  const masks = Array.from(
    { length: 2 ** free.length },
    (_, bits) => new Set(free.filter((_, i) => (bits >> i) & 1).map(({ name }) => name)),
  );
  const everything = new Set(nullable.map(({ name }) => name));
  return [...masks.sort((a, b) => a.size - b.size), everything];
}

function without(row: Row, mask: ReadonlySet<string>): Row {
  return new Map([...row].map(([name, value]) => [name, mask.has(name) ? null : value]));
}

function text(value: string | null): string {
  return value === null ? "NULL" : literal(value);
}
