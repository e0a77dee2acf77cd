import { z } from "zod";
import { quoteIdentifier, quoteTable } from "../review/sql/names.ts";
import type { DataChange, TableName } from "../review/types.ts";
import type { ChangedFile } from "./engine.ts";
import { type Changes, fileNumbers, type Marks, type Oid } from "./marks.ts";
import type { Rows, Session } from "./session.ts";
import { allTables, someTables } from "./tables-sql.ts";

/** The rows of every table, as far as they are compared. */
export type Data = ReadonlyMap<TableName, TableData>;

export interface TableData {
  readonly columns: readonly string[];
  /** PostgreSQL's numbers of the columns: a column that was dropped and added again has another one. */
  readonly numbers: readonly number[];
  /** Columns of the primary key; empty when there is none. */
  readonly key: readonly string[];
  readonly count: number;
  /** The first rows in the order of the key, values as text; long values as their MD5. */
  readonly rows: readonly (readonly (string | null)[])[];
}

/** Rows of one table that are compared value by value; of larger tables only the first ones are. */
const comparedRows = 500;

/** Tables that are read in one query: what one answer may hold is limited. */
const tablesAtOnce = 50;

/** Values longer than this are compared by their MD5. */
const longValue = 80;

const names = z.array(z.string());
const rowsSchema = z.array(z.array(z.string().nullable()));

/** Reads the rows of every table, or of some. Rejects with EngineLost when the database is broken. */
export async function readData(session: Session, only: ReadonlySet<Oid> | null = null): Promise<Data> {
  const tables = await tablesAmong(session, only);
  const described = tables.map(([, schema, name, isPartitioned, columns, numbers, key]) => ({
    table: schema === "public" ? (name ?? "") : `${schema}.${name}`,
    from: `${isPartitioned === "t" ? "" : "ONLY "}${quoteIdentifier(schema ?? "")}.${quoteIdentifier(name ?? "")}`,
    columns: names.parse(JSON.parse(columns ?? "[]")),
    numbers: z.array(z.number()).parse(JSON.parse(numbers ?? "[]")),
    key: names.parse(JSON.parse(key ?? "[]")),
  }));
  const data = new Map<TableName, TableData>();
  for (let i = 0; i < described.length; i += tablesAtOnce) {
    const some = described.slice(i, i + tablesAtOnce);
    const answers = await session.ask(some.map(rowsQuery).join(";\n"));
    for (const [j, { table, columns, numbers, key }] of some.entries()) {
      const [count, rows] = answers[j]?.[0] ?? [];
      data.set(table, {
        columns,
        numbers,
        key,
        count: Number(count),
        rows: rowsSchema.parse(JSON.parse(rows ?? "[]")),
      });
    }
  }
  return data;
}

async function tablesAmong(session: Session, only: ReadonlySet<Oid> | null): Promise<Rows> {
  if (only === null) return (await session.ask(allTables))[0] ?? [];
  const asked = { question: someTables, values: [`{${[...only].join(",")}}`] };
  return (await session.askPlanned([asked])).get(someTables) ?? [];
}

/** Two states of a database, the second of which came from the first. */
export interface Succession {
  readonly before: Marks;
  readonly after: Marks;
  readonly changes: Changes;
  /** Files that changed; null when it cannot be told. */
  readonly files: readonly ChangedFile[] | null;
}

/** The rows after rows that are known: only tables whose rows can be others now are read again. */
export async function readChangedData(
  session: Session,
  earlier: Data,
  succession: Succession,
): Promise<Data> {
  const touched = touchedTables(succession);
  if (touched === null) return readData(session);
  const read = touched.size === 0 ? new Map<TableName, TableData>() : await readData(session, touched);
  const data = new Map<TableName, TableData>();
  for (const [oid, { name }] of succession.after.relations) {
    const rows = touched.has(oid) ? read.get(name) : earlier.get(name);
    if (rows) data.set(name, rows);
  }
  return data;
}

/**
 * Tables whose definition or file changed, partitions as their whole table; null when any could have. What unlogged tables
 * hold is not written to their files before the server stops.
 */
export function touchedTables({ before, after, changes, files }: Succession): ReadonlySet<Oid> | null {
  if (changes.values || files === null) return null;
  const numbers = fileNumbers(files);
  const touched = new Set<Oid>();
  for (const [oid, { file, persistence }] of after.relations) {
    if (!changes.relations.has(oid) && persistence !== "u" && !numbers.has(file)) continue;
    touched.add(wholeOf(oid, after));
    touched.add(wholeOf(oid, before));
  }
  for (const oid of changes.relations) touched.add(wholeOf(oid, before));
  return touched;
}

function wholeOf(oid: Oid, marks: Marks): Oid {
  const parent = marks.relations.get(oid)?.partitionOf ?? null;
  return parent === null ? oid : wholeOf(parent, marks);
}

/** A table's name as SQL, for statements of our own. */
export function sqlName(table: TableName): string {
  return table.includes(".") ? quoteTable(table) : `public.${quoteIdentifier(table)}`;
}

/**
 * What up and down together did to rows that were there before. Tables and columns that are gone altogether are left to
 * the comparison of schemas; a null that has become a value is no loss.
 */
export function compareData(before: Data, after: Data): DataChange[] {
  return [...before].flatMap(([table, old]) => {
    const now = after.get(table);
    return now && now !== old ? compareTable(table, old, now) : [];
  });
}

interface Described {
  readonly from: string;
  readonly columns: readonly string[];
  readonly key: readonly string[];
}

function rowsQuery({ from, columns, key }: Described): string {
  const value = (column: string) => {
    const text = `t.${quoteIdentifier(column)}::pg_catalog.text`;
    return `CASE WHEN pg_catalog.length(${text}) > ${longValue} THEN pg_catalog.md5(${text}) ELSE ${text} END`;
  };
  const order =
    key.length > 0 ? `ORDER BY ${key.map((column) => `t.${quoteIdentifier(column)}`).join(", ")}` : "";
  const row =
    columns.length > 0
      ? `pg_catalog.jsonb_build_array(${chunked(columns.map(value))})`
      : "'[]'::pg_catalog.jsonb";
  return `SELECT (SELECT pg_catalog.count(*) FROM ${from}),
(SELECT pg_catalog.jsonb_agg(r) FROM (SELECT ${row} AS r FROM ${from} t ${order} LIMIT ${comparedRows}) x)`;
}

/** A function takes at most 100 arguments (documentation, section 51.39 on FUNC_MAX_ARGS): longer lists are joined. */
function chunked(values: readonly string[]): string {
  const chunks: string[] = [];
  for (let i = 0; i < values.length; i += 90) chunks.push(values.slice(i, i + 90).join(", "));
  return chunks.join(") || pg_catalog.jsonb_build_array(");
}

function compareTable(table: TableName, old: TableData, now: TableData): DataChange[] {
  const of = old.count;
  const change = (column: string | null, kind: DataChange["change"], rows: number): DataChange[] =>
    rows > 0 ? [{ table, column, rows, of, change: kind }] : [];
  const columns = old.columns.filter((column) => now.columns.includes(column));
  if (of === 0 || now.count === 0) {
    return [
      ...change(null, "lost", of - Math.min(of, now.count)),
      ...change(null, "added", now.count - Math.min(of, now.count)),
    ];
  }
  const pairs = pairRows(old, now);
  const isWhole = old.count <= comparedRows && now.count <= comparedRows;
  if (!pairs) {
    const counts = [...change(null, "lost", of - now.count), ...change(null, "added", now.count - of)];
    if (!isWhole) return counts;
    return [
      ...counts,
      ...columns.flatMap((column) => {
        const { lost, changed } = strangers(old, now, column);
        return [...change(column, "lost", lost), ...change(column, "changed", changed)];
      }),
    ];
  }
  const lost = isWhole ? of - pairs.length : of - now.count;
  const added = isWhole ? now.count - pairs.length : now.count - of;
  return [
    ...change(null, "lost", lost),
    ...change(null, "added", added),
    ...columns.flatMap((column) => {
      const was = old.columns.indexOf(column);
      const is = now.columns.indexOf(column);
      const isSame = old.numbers[was] === now.numbers[is];
      const values = pairs
        .map(([a, b]) => [a[was] ?? null, b[is] ?? null] as const)
        .filter(([, b]) => !(isSame && isJustNow(b)));
      return [
        ...change(column, "lost", values.filter(([a, b]) => a !== null && b === null).length),
        ...change(column, "changed", values.filter(([a, b]) => a !== null && b !== null && a !== b).length),
      ];
    }),
  ];
}

/** Milliseconds: longer than a run, shorter than what separates made-up times from the clock. */
const recently = 3_600_000;

/** A time of this very run: a trigger or the migration itself keeps a column such as `updated_at` up to date. */
function isJustNow(value: string | null): boolean {
  const found = /^(\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d)/.exec(value ?? "");
  return found !== null && Math.abs(Date.parse(`${found[1]}T${found[2]}Z`) - Date.now()) < recently;
}

type Row = readonly (string | null)[];

/** Rows of both sides by the primary key that the table had before; null when keys cannot tell rows. */
function pairRows(old: TableData, now: TableData): [Row, Row][] | null {
  if (old.key.length === 0 || !old.key.every((column) => now.columns.includes(column))) return null;
  const keyOf = (data: TableData) => {
    const places = old.key.map((column) => data.columns.indexOf(column));
    return (row: Row) => JSON.stringify(places.map((place) => row[place] ?? null));
  };
  const keyOfNow = keyOf(now);
  const rows = new Map(now.rows.map((row) => [keyOfNow(row), row]));
  const keyOfOld = keyOf(old);
  // SQLite takes any number of rows with NULL for a primary key: such a key tells no row from another.
  const isKey = new Set(old.rows.map(keyOfOld)).size === old.rows.length && rows.size === now.rows.length;
  if (!isKey) return null;
  const pairs = old.rows.flatMap((row): [Row, Row][] => {
    const other = rows.get(keyOfOld(row));
    return other ? [[row, other]] : [];
  });
  return pairs.length > 0 ? pairs : null;
}

/** Values of a column that have no equal on the other side: without keys, a column is a bag of values. */
function strangers(old: TableData, now: TableData, column: string): { lost: number; changed: number } {
  const bag = (data: TableData) => {
    const place = data.columns.indexOf(column);
    return data.rows.map((row) => row[place] ?? null);
  };
  const left = new Map<string | null, number>();
  for (const value of bag(now)) left.set(value, (left.get(value) ?? 0) + 1);
  let unmatched = 0;
  for (const value of bag(old)) {
    const count = left.get(value) ?? 0;
    if (count > 0) left.set(value, count - 1);
    else if (value !== null) unmatched += 1;
  }
  const gone = Math.max(0, old.rows.length - now.rows.length);
  const replaced = Math.max(0, unmatched - gone);
  const lost = Math.min(replaced, left.get(null) ?? 0);
  return { lost, changed: replaced - lost };
}
