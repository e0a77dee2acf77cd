import { z } from "zod";
import type { TableName } from "../review/types.ts";
import { literal, type Session } from "./session.ts";

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
  readonly indexes: z.infer<typeof indexesSchema>;
}

/**
 * Gives the planner the configured numbers of rows: statistics of tables and their indexes are set, for all other tables
 * those of the made-up rows are taken away, and files are made to look as large as the rows would need (their width is
 * estimated). The planner scales its statistics by a file's real size (documentation, section 69.1), so both are needed.
 * Answers the function that gives files their size back; only EXPLAIN may run before it is called. Statistics stay: the
 * caller puts the database back.
 */
export async function makeSizesReal(
  session: Session,
  rows: Readonly<Record<TableName, number>>,
): Promise<() => Promise<void>> {
  const relations = await readRelations(session);
  const sizes = relations.flatMap((relation) => sizesOf(relation, relations, rows));
  const sized = new Set(sizes.map(({ schema, name }) => `${schema}.${name}`));
  const unsized = relations.filter(({ schema, name }) => !sized.has(`${schema}.${name}`));
  await askAll(session, [
    ...unsized.map(
      ({ schema, name }) => `SELECT pg_catalog.pg_clear_relation_stats(${literal(schema)}, ${literal(name)})`,
    ),
    ...sizes.map(statisticsSql),
  ]);
  const pages = Object.fromEntries(
    sizes.flatMap((size) => (size.file === null ? [] : [[size.file, size.pages]])),
  );
  return session.pretendSizes(pages);
}

async function readRelations(session: Session): Promise<readonly Relation[]> {
  const [rows = []] = await session.ask(relationsSql);
  return rows.map(([oid, schema, name, table, kind, file, root, width, indexes]) => ({
    oid: oid ?? "",
    schema: schema ?? "",
    name: name ?? "",
    table: table ?? "",
    isPartitioned: kind === "p",
    file: file ?? null,
    root: root ?? null,
    width: Number(width),
    indexes: indexesSchema.parse(JSON.parse(indexes ?? "[]")),
  }));
}

function sizesOf(
  relation: Relation,
  all: readonly Relation[],
  rows: Readonly<Record<TableName, number>>,
): Size[] {
  const count = rowsOf(relation, all, rows);
  if (count === null) return [];
  const { schema, name, file, width } = relation;
  const perPage = Math.max(1, Math.floor(page.bytes / (page.rowOverhead + eights(width))));
  return [
    { schema, name, file, rows: count, pages: relation.isPartitioned ? 0 : Math.ceil(count / perPage) },
    ...relation.indexes.map((index) => {
      const held = index.partial ? Math.ceil(count * partialShare) : count;
      const bytes = held * (page.indexOverhead + eights(index.width));
      return { ...index, rows: held, pages: Math.max(2, Math.ceil(bytes / (page.bytes * page.fill))) };
    }),
  ];
}

/** Configured rows of a table; those of a partitioned one are spread evenly over its partitions. */
function rowsOf(
  relation: Relation,
  all: readonly Relation[],
  rows: Readonly<Record<TableName, number>>,
): number | null {
  const own = rows[relation.table];
  if (own !== undefined) return own;
  const root = all.find(({ oid }) => oid === relation.root);
  const total = root && rows[root.table];
  if (total === undefined || relation.isPartitioned) return null;
  const parts = all.filter((other) => other.root === relation.root && !other.isPartitioned).length;
  return Math.ceil(total / Math.max(1, parts));
}

function statisticsSql({ schema, name, rows, pages }: Size): string {
  return `SELECT pg_catalog.pg_restore_relation_stats('schemaname', ${literal(schema)}, 'relname', ${literal(name)},
    'relpages', ${pages}::integer, 'reltuples', ${rows}::real, 'relallvisible', ${pages}::integer)`;
}

async function askAll(session: Session, queries: readonly string[]): Promise<void> {
  for (let i = 0; i < queries.length; i += 100) await session.ask(queries.slice(i, i + 100).join(";\n"));
}

function eights(bytes: number): number {
  return Math.ceil(bytes / 8) * 8;
}
