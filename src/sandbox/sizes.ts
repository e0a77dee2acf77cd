import { z } from "zod";
import { relationNamed } from "../review/relations.ts";
import { type ColumnStatistics, type Statistics, statisticsOf } from "../review/statistics.ts";
import type { TableName } from "../review/types.ts";
import { literal, type Session } from "./session.ts";

/** What is known of production. */
export interface Production {
  /** Configured rows; they go before those of the statistics. */
  readonly rows: Readonly<Record<TableName, number>>;
  readonly statistics: Statistics | null;
}

/** A table or an index as large as the configured number of rows makes it. */
interface Size {
  readonly schema: string;
  readonly name: string;
  /** What pg_relation_filepath() answers; null for a partitioned table. */
  readonly file: string | null;
  readonly rows: number;
  /** 8 KiB blocks. */
  readonly pages: number;
}

/** Bytes of a block that hold rows, and what each row costs beyond its columns (documentation, section 66.6). */
const page = { bytes: 8_168, rowOverhead: 28, indexOverhead: 12, fill: 0.9 };

/** Rows that a partial index is taken to hold, as a share of its table's. */
const partialShare = 0.1;

const relationsSql = `
SELECT t.oid, n.nspname, t.relname, CASE WHEN n.nspname = 'public' THEN '' ELSE n.nspname || '.' END || t.relname, t.relkind,
  pg_relation_filepath(t.oid), (SELECT pg_partition_root(t.oid)::oid WHERE t.relispartition),
  (SELECT coalesce(sum(CASE WHEN a.attlen > 0 THEN a.attlen WHEN ty.typcategory = 'U' THEN 60 WHEN ty.typname = 'numeric' THEN 8 ELSE 24 END), 0)
    FROM pg_attribute a JOIN pg_type ty ON ty.oid = a.atttypid WHERE a.attrelid = t.oid AND a.attnum > 0 AND NOT a.attisdropped),
  (SELECT jsonb_agg(a.attname) FROM pg_attribute a WHERE a.attrelid = t.oid AND a.attnum > 0 AND NOT a.attisdropped),
  (SELECT jsonb_agg(jsonb_build_object('schema', n.nspname, 'name', c.relname, 'file', pg_relation_filepath(c.oid), 'partial', i.indpred IS NOT NULL,
      'width', (SELECT coalesce(sum(CASE WHEN a.attlen > 0 THEN a.attlen ELSE 24 END), 0) FROM pg_attribute a WHERE a.attrelid = c.oid)))
    FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid WHERE i.indrelid = t.oid AND c.relkind = 'i')
FROM pg_class t JOIN pg_namespace n ON n.oid = t.relnamespace
WHERE t.relkind IN ('r', 'p', 'm') AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'`;

const indexesSchema = z.array(
  z.object({
    schema: z.string(),
    name: z.string(),
    file: z.string(),
    partial: z.boolean(),
    width: z.number(),
  }),
);

interface Relation {
  readonly oid: string;
  readonly schema: string;
  readonly name: string;
  readonly table: TableName;
  readonly isPartitioned: boolean;
  readonly file: string | null;
  readonly root: string | null;
  readonly width: number;
  readonly columns: readonly string[];
  readonly indexes: z.infer<typeof indexesSchema>;
}

/**
 * Gives the planner the sizes of production: statistics of tables and their indexes are set, for all other tables
 * those of the made-up rows are taken away, and files are made to look as large as the rows would need (their width is
 * estimated where no bytes are known), and columns get their statistics where the file has some. The planner scales its statistics by a file's real size (documentation, section 69.1), so both are needed.
 * Answers the function that gives files their size back; only EXPLAIN may run before it is called. Statistics stay: the
 * caller puts the database back.
 */
export async function makeSizesReal(session: Session, known: Production): Promise<() => Promise<void>> {
  const relations = await readRelations(session);
  const production = { ...known, rows: withSchemas(known.rows, relations) };
  const sizes = relations.flatMap((relation) => sizesOf(relation, relations, production));
  const sized = new Set(sizes.map(({ schema, name }) => `${schema}.${name}`));
  const unsized = relations.filter(({ schema, name }) => !sized.has(`${schema}.${name}`));
  await askAll(session, [
    ...unsized.map(
      ({ schema, name }) => `SELECT pg_catalog.pg_clear_relation_stats(${literal(schema)}, ${literal(name)})`,
    ),
    ...sizes.map(statisticsSql),
  ]);
  for (const relation of relations) await giveColumns(session, columnsSql(relation, production.statistics));
  const pages = Object.fromEntries(
    sizes.flatMap((size) => (size.file === null ? [] : [[size.file, size.pages]])),
  );
  return session.pretendSizes(pages);
}

/** Configured rows by the tables that are meant: a name without a schema may be that of the only one in another. */
function withSchemas(rows: Production["rows"], relations: readonly Relation[]): Production["rows"] {
  const tables = relations.map(({ table }) => table);
  const others = Object.entries(rows).flatMap(([name, count]): [TableName, number][] => {
    const meant = relationNamed(name, tables);
    return meant === undefined ? [] : [[meant, count]];
  });
  return { ...Object.fromEntries(others), ...rows };
}

async function readRelations(session: Session): Promise<readonly Relation[]> {
  const [rows = []] = await session.ask(relationsSql);
  return rows.map(([oid, schema, name, table, kind, file, root, width, columns, indexes]) => ({
    oid: oid ?? "",
    schema: schema ?? "",
    name: name ?? "",
    table: table ?? "",
    isPartitioned: kind === "p",
    file: file ?? null,
    root: root ?? null,
    width: Number(width),
    columns: z.array(z.string()).parse(JSON.parse(columns ?? "[]")),
    indexes: indexesSchema.parse(JSON.parse(indexes ?? "[]")),
  }));
}

function sizesOf(relation: Relation, all: readonly Relation[], production: Production): Size[] {
  const count = rowsOf(relation, all, production);
  if (count === null) return [];
  const { schema, name, file, width } = relation;
  const perPage = Math.max(1, Math.floor(page.bytes / (page.rowOverhead + eights(width))));
  const known = bytesOf(relation, production);
  const pages = known === null ? Math.ceil(count / perPage) : Math.ceil(known / 8_192);
  return [
    { schema, name, file, rows: count, pages: relation.isPartitioned ? 0 : pages },
    ...relation.indexes.map((index) => {
      const held = index.partial ? Math.ceil(count * partialShare) : count;
      const bytes = held * (page.indexOverhead + eights(index.width));
      return { ...index, rows: held, pages: Math.max(2, Math.ceil(bytes / (page.bytes * page.fill))) };
    }),
  ];
}

/** Configured rows of a table; those of a partitioned one are spread evenly over its partitions. */
function rowsOf(relation: Relation, all: readonly Relation[], production: Production): number | null {
  const own = knownRows(relation.table, production);
  if (own !== undefined) return own;
  const root = all.find(({ oid }) => oid === relation.root);
  const total = root && knownRows(root.table, production);
  if (total === undefined || relation.isPartitioned) return null;
  const parts = all.filter((other) => other.root === relation.root && !other.isPartitioned).length;
  return Math.ceil(total / Math.max(1, parts));
}

function knownRows(table: TableName, { rows, statistics }: Production): number | undefined {
  return (Object.hasOwn(rows, table) ? rows[table] : undefined) ?? statisticsOf(statistics, table)?.rows;
}

/** Bytes hold for the rows that were counted with them, not for configured ones. */
function bytesOf({ table }: Relation, { rows, statistics }: Production): number | null {
  return Object.hasOwn(rows, table) ? null : (statisticsOf(statistics, table)?.bytes ?? null);
}

/**
 * Statistics of the columns that both the file and the table have (documentation, section 9.28.9, Database Object
 * Statistics Manipulation Functions). What the server does not take, such as a value of another type, it warns of and leaves out.
 */
function columnsSql(
  { schema, name, table, columns, isPartitioned }: Relation,
  statistics: Statistics | null,
): string[] {
  const known = statisticsOf(statistics, table)?.columns ?? {};
  return columns
    .filter((column) => Object.hasOwn(known, column))
    .map((column) => {
      const facts = factsOf(known[column] ?? {});
      const given = [
        "'schemaname'",
        literal(schema),
        "'relname'",
        literal(name),
        "'attname'",
        literal(column),
      ];
      return `SELECT pg_catalog.pg_restore_attribute_stats(${[...given, "'inherited'", String(isPartitioned), ...facts].join(", ")})`;
    });
}

/** Most common values need their frequencies, and the other way round. */
function factsOf({
  nullFrac,
  distinct,
  width,
  correlation,
  mostCommon,
  frequencies,
}: ColumnStatistics): string[] {
  const has = mostCommon !== undefined && frequencies !== undefined;
  return [
    ...(nullFrac === undefined ? [] : ["'null_frac'", `${nullFrac}::real`]),
    ...(width === undefined ? [] : ["'avg_width'", `${width}::integer`]),
    ...(distinct === undefined ? [] : ["'n_distinct'", `${distinct}::real`]),
    ...(correlation === undefined ? [] : ["'correlation'", `${correlation}::real`]),
    ...(has
      ? [
          "'most_common_vals'",
          `${literal(mostCommon)}::text`,
          "'most_common_freqs'",
          `ARRAY[${frequencies.join(", ")}]::real[]`,
        ]
      : []),
  ];
}

function statisticsSql({ schema, name, rows, pages }: Size): string {
  return `SELECT pg_catalog.pg_restore_relation_stats('schemaname', ${literal(schema)}, 'relname', ${literal(name)},
    'relpages', ${pages}::integer, 'reltuples', ${rows}::real, 'relallvisible', ${pages}::integer)`;
}

/** What a file says of columns is not ours: whatever of it the server does not take is left out. */
async function giveColumns(session: Session, queries: readonly string[]): Promise<void> {
  if (queries.length > 0) await session.run(queries.join(";\n"));
}

async function askAll(session: Session, queries: readonly string[]): Promise<void> {
  for (let i = 0; i < queries.length; i += 100) await session.ask(queries.slice(i, i + 100).join(";\n"));
}

function eights(bytes: number): number {
  return Math.ceil(bytes / 8) * 8;
}
