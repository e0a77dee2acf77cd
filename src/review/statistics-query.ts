/**
 * The one query that makes a statistics file: numbers of the planner and sizes of files, as one row of one JSON value. It reads
 * the catalogue alone and takes no lock that waits for anybody. `withValues` adds the most common values of columns, which are
 * data of rows; without it no value leaves the database. (PostgreSQL documentation, chapter 52, pg_class and pg_stats; it
 * runs on PostgreSQL 10 and later.)
 */
export function statisticsQuery({ withValues }: { readonly withValues: boolean }): string {
  const values = withValues
    ? `,
        'mostCommon', s.most_common_vals::text, 'frequencies', to_jsonb(s.most_common_freqs)`
    : "";
  return `WITH RECURSIVE parts (root, oid) AS (
  SELECT c.oid, c.oid FROM pg_class c WHERE c.relkind IN ('r', 'p', 'm')
  UNION ALL
  SELECT p.root, i.inhrelid FROM parts p JOIN pg_inherits i ON i.inhparent = p.oid
  JOIN pg_class c ON c.oid = i.inhrelid WHERE c.relispartition
), sizes AS (
  SELECT p.root, sum(c.reltuples) FILTER (WHERE c.reltuples >= 0 AND c.relkind <> 'p') AS rows,
    bool_or(c.reltuples < 0 AND c.relkind <> 'p') OR sum(c.reltuples) = 0 AND sum(pg_relation_size(c.oid)) > 0 AS unknown,
    sum(pg_table_size(c.oid)) AS bytes, sum(pg_indexes_size(c.oid)) AS index_bytes
  FROM parts p JOIN pg_class c ON c.oid = p.oid GROUP BY p.root
), columns AS (
  SELECT s.schemaname, s.tablename, jsonb_object_agg(s.attname, jsonb_strip_nulls(jsonb_build_object(
        'nullFrac', s.null_frac, 'distinct', s.n_distinct, 'width', s.avg_width, 'correlation', s.correlation${values}))) AS stats
  FROM (SELECT DISTINCT ON (schemaname, tablename, attname) * FROM pg_stats
        ORDER BY schemaname, tablename, attname, inherited DESC) s
  GROUP BY s.schemaname, s.tablename
)
SELECT jsonb_pretty(jsonb_build_object(
  'version', 1, 'postgres', current_setting('server_version_num')::int, 'taken', current_date::text,
  'tables', coalesce(jsonb_object_agg(
    CASE WHEN n.nspname = 'public' THEN '' ELSE n.nspname || '.' END || c.relname,
    jsonb_strip_nulls(jsonb_build_object(
      'rows', CASE WHEN z.unknown THEN NULL ELSE z.rows::bigint END, 'bytes', z.bytes::bigint,
      'indexBytes', z.index_bytes::bigint, 'columns', col.stats))), '{}')))
FROM sizes z JOIN pg_class c ON c.oid = z.root JOIN pg_namespace n ON n.oid = c.relnamespace
LEFT JOIN columns col ON col.schemaname = n.nspname AND col.tablename = c.relname
WHERE n.nspname !~ '^pg_' AND n.nspname <> 'information_schema' AND c.relpersistence <> 't';
`;
}
