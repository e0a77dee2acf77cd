import { z } from "zod";
import type { TableName } from "../review/types.ts";
import type { Session } from "./session.ts";

const column = z.object({
  number: z.number(),
  name: z.string(),
  /** With modifiers, as a cast takes it. */
  type: z.string(),
  /** Internal name of the type, below a domain: int4, varchar, … */
  base: z.string(),
  category: z.string(),
  modifier: z.number(),
  isDomain: z.boolean(),
  notNull: z.boolean(),
  /** The database fills it: identity, generated or from a sequence. */
  filled: z.boolean(),
  hasDefault: z.boolean(),
  labels: z.array(z.string()).nullable(),
  /** Number of attributes of a composite type. */
  attributes: z.number().nullable(),
  element: z.string().nullable(),
  elementLabels: z.array(z.string()).nullable(),
});

const foreignKey = z.object({
  columns: z.array(z.string()),
  parent: z.string(),
  parentSql: z.string(),
  parentColumns: z.array(z.string()),
});

const check = z.object({ columns: z.array(z.string()), expression: z.string() });

const partition = z.array(z.object({ bound: z.string(), columns: z.array(z.string().nullable()) }));

export type SeedColumn = z.infer<typeof column>;
export type ForeignKey = z.infer<typeof foreignKey>;
export type Check = z.infer<typeof check>;

/** A table as far as rows must fit it. */
export interface SeedTable {
  readonly name: TableName;
  readonly sql: string;
  readonly isPartitioned: boolean;
  readonly columns: readonly SeedColumn[];
  readonly foreignKeys: readonly ForeignKey[];
  readonly checks: readonly Check[];
  /** Bounds of each partition that holds rows, from the partition up to the table. */
  readonly partitions: readonly z.infer<typeof partition>[];
}

const tablesSql = `
WITH rel AS (
  SELECT c.*, CASE WHEN n.nspname = 'public' THEN '' ELSE n.nspname || '.' END || c.relname AS name,
    quote_ident(n.nspname) || '.' || quote_ident(c.relname) AS sql
  FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
  WHERE c.relkind IN ('r', 'p') AND c.relpersistence <> 't' AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
    AND NOT EXISTS (SELECT 1 FROM pg_depend e WHERE e.classid = 'pg_class'::regclass AND e.objid = c.oid AND e.deptype = 'e'))
SELECT r.name, r.sql, r.relkind,
  (SELECT jsonb_agg(jsonb_build_object('number', a.attnum, 'name', a.attname, 'type', format_type(a.atttypid, a.atttypmod), 'base', b.typname,
      'category', b.typcategory, 'modifier', CASE WHEN t.typtype = 'd' THEN t.typtypmod ELSE a.atttypmod END, 'isDomain', t.typtype = 'd',
      'notNull', a.attnotnull OR t.typnotnull, 'hasDefault', a.atthasdef,
      'filled', a.attidentity <> '' OR a.attgenerated <> '' OR coalesce(pg_get_expr(d.adbin, d.adrelid) LIKE 'nextval(%', false),
      'labels', (SELECT jsonb_agg(enumlabel ORDER BY enumsortorder) FROM pg_enum WHERE enumtypid = b.oid),
      'attributes', (SELECT count(*) FROM pg_attribute x WHERE x.attrelid = b.typrelid AND b.typrelid <> 0 AND x.attnum > 0 AND NOT x.attisdropped),
      'element', e.typname, 'elementLabels', (SELECT jsonb_agg(enumlabel ORDER BY enumsortorder) FROM pg_enum WHERE enumtypid = e.oid)) ORDER BY a.attnum)
    FROM pg_attribute a JOIN pg_type t ON t.oid = a.atttypid
    JOIN pg_type b ON b.oid = CASE WHEN t.typtype = 'd' THEN t.typbasetype ELSE t.oid END
    LEFT JOIN pg_type e ON e.oid = b.typelem AND b.typcategory = 'A'
    LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
    WHERE a.attrelid = r.oid AND a.attnum > 0 AND NOT a.attisdropped),
  (SELECT jsonb_agg(jsonb_build_object('parent', p.name, 'parentSql', p.sql,
      'columns', (SELECT jsonb_agg(a.attname ORDER BY k.n) FROM unnest(c.conkey) WITH ORDINALITY k(num, n) JOIN pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = k.num),
      'parentColumns', (SELECT jsonb_agg(a.attname ORDER BY k.n) FROM unnest(c.confkey) WITH ORDINALITY k(num, n) JOIN pg_attribute a ON a.attrelid = c.confrelid AND a.attnum = k.num)) ORDER BY c.conname)
    FROM pg_constraint c JOIN rel p ON p.oid = c.confrelid WHERE c.conrelid = r.oid AND c.contype = 'f'),
  (SELECT jsonb_agg(jsonb_build_object('columns', (SELECT coalesce(jsonb_agg(a.attname), '[]') FROM pg_attribute a WHERE a.attrelid = c.conrelid AND a.attnum = ANY (c.conkey)),
      'expression', pg_get_expr(c.conbin, c.conrelid)) ORDER BY c.conname)
    FROM pg_constraint c WHERE c.conrelid = r.oid AND c.contype = 'c'),
  (SELECT jsonb_agg(levels ORDER BY leaf) FROM (
    SELECT l.oid AS leaf, (SELECT jsonb_agg(jsonb_build_object('bound', pg_get_expr(x.relpartbound, x.oid),
        'columns', (SELECT jsonb_agg(a.attname ORDER BY k.n) FROM pg_inherits i JOIN pg_partitioned_table pt ON pt.partrelid = i.inhparent
          CROSS JOIN LATERAL unnest(pt.partattrs::int2[]) WITH ORDINALITY k(num, n) LEFT JOIN pg_attribute a ON a.attrelid = i.inhparent AND a.attnum = k.num AND k.num <> 0
          WHERE i.inhrelid = x.oid)))
      FROM pg_partition_ancestors(l.oid) anc JOIN pg_class x ON x.oid = anc.relid WHERE x.relispartition) AS levels
    FROM pg_partition_tree(r.oid) tree JOIN pg_class l ON l.oid = tree.relid WHERE tree.isleaf AND l.relispartition) leaves)
FROM rel r WHERE NOT r.relispartition ORDER BY r.name COLLATE "C"`;

/** Every table that can hold rows of its own, in the order of names. */
export async function readSeedTables(session: Session): Promise<readonly SeedTable[]> {
  const [, , rows = []] = await session.ask(`BEGIN; SET LOCAL search_path = public; ${tablesSql}; ROLLBACK`);
  return rows.map(([name, sql, kind, columns, foreignKeys, checks, partitions]) => ({
    name: name ?? "",
    sql: sql ?? "",
    isPartitioned: kind === "p",
    columns: z.array(column).parse(JSON.parse(columns ?? "[]")),
    foreignKeys: z.array(foreignKey).parse(JSON.parse(foreignKeys ?? "[]")),
    checks: z.array(check).parse(JSON.parse(checks ?? "[]")),
    partitions: z.array(partition).parse(JSON.parse(partitions ?? "[]")),
  }));
}

/**
 * Parents before children. Where tables refer to each other in a circle, those that can do without the reference
 * (nullable columns) come first.
 */
export function inOrder(tables: readonly SeedTable[]): readonly SeedTable[] {
  const known = new Set(tables.map(({ name }) => name));
  const done = new Set<TableName>();
  const left = new Set(tables);
  const parents = (table: SeedTable, isRequired: boolean) =>
    table.foreignKeys.filter(
      (key) => key.parent !== table.name && known.has(key.parent) && (!isRequired || isOwed(table, key)),
    );
  const ready = (isRequired: boolean) =>
    [...left].find((table) => parents(table, isRequired).every(({ parent }) => done.has(parent)));
  const order: SeedTable[] = [];
  while (left.size > 0) {
    const next = ready(false) ?? ready(true) ?? [...left][0];
    if (!next) break;
    left.delete(next);
    done.add(next.name);
    order.push(next);
  }
  return order;
}

/** Whether a row must have a parent: none of the key's columns may be null. */
export function isOwed(table: SeedTable, key: ForeignKey): boolean {
  return key.columns.every((name) => table.columns.find((column) => column.name === name)?.notNull);
}
