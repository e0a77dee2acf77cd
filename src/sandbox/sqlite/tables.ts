import type { Rows, SqliteSession } from "./session.ts";

/** What a database holds, as SQLite's own pragmas tell it (SQLite documentation, PRAGMA Statements). */
export interface Description {
  readonly tables: readonly TableDescription[];
  readonly triggers: readonly { readonly name: string; readonly table: string; readonly sql: string }[];
  readonly views: readonly { readonly name: string; readonly sql: string }[];
}

export interface TableDescription {
  readonly name: string;
  readonly isVirtual: boolean;
  readonly hasRowid: boolean;
  readonly isStrict: boolean;
  readonly sql: string;
  readonly columns: readonly ColumnDescription[];
  readonly foreignKeys: readonly ForeignKeyDescription[];
  readonly indexes: readonly IndexDescription[];
}

export interface ColumnDescription {
  readonly name: string;
  readonly type: string;
  readonly notNull: boolean;
  readonly defaultSql: string | null;
  /** Place in the primary key, from 1; 0 when it is not part of it. */
  readonly key: number;
  readonly isGenerated: boolean;
}

export interface ForeignKeyDescription {
  readonly columns: readonly string[];
  readonly parent: string;
  readonly parentColumns: readonly string[];
  readonly onUpdate: string;
  readonly onDelete: string;
}

export interface IndexDescription {
  readonly name: string;
  readonly isUnique: boolean;
  /** c: CREATE INDEX; u: UNIQUE constraint; pk: primary key. */
  readonly origin: string;
  readonly columns: readonly {
    readonly name: string | null;
    readonly isDescending: boolean;
    readonly collation: string;
  }[];
  /** null for an index behind a constraint. */
  readonly sql: string | null;
}

/** Tables that are SQLite's own, or the storage of a virtual table, are left out everywhere. */
const tablesSql = `
SELECT s.name, l.type, l.wr, l.strict, s.sql FROM main.sqlite_schema AS s JOIN pragma_table_list AS l ON l.schema = 'main' AND l.name = s.name
WHERE s.type = 'table' AND l.type IN ('table', 'virtual') AND s.name NOT LIKE 'sqlite\\_%' ESCAPE '\\' ORDER BY s.name`;

const ofTables = `FROM main.sqlite_schema AS s JOIN`;
const onlyTables = `s.type = 'table' AND s.name NOT LIKE 'sqlite\\_%' ESCAPE '\\'`;

const columnsSql = `
SELECT s.name, x.name, x.type, x."notnull", x.dflt_value, x.pk, x.hidden
${ofTables} pragma_table_xinfo(s.name, 'main') AS x WHERE ${onlyTables} AND x.hidden <> 1 ORDER BY s.name, x.cid`;

const foreignKeysSql = `
SELECT s.name, f.id, f."from", f."table", f."to", f.on_update, f.on_delete
${ofTables} pragma_foreign_key_list(s.name, 'main') AS f WHERE ${onlyTables} ORDER BY s.name, f.id, f.seq`;

const indexesSql = `
SELECT s.name, l.name, l."unique", l.origin, i.sql, x.name, x."desc", x.coll
${ofTables} pragma_index_list(s.name, 'main') AS l JOIN pragma_index_xinfo(l.name, 'main') AS x
LEFT JOIN main.sqlite_schema AS i ON i.type = 'index' AND i.name = l.name
WHERE ${onlyTables} AND x.key = 1 ORDER BY s.name, l.name, x.seqno`;

const othersSql = `
SELECT type, name, tbl_name, sql FROM main.sqlite_schema WHERE type IN ('trigger', 'view') ORDER BY name`;

/** Reads the schema `main`. Rejects with EngineLost when the database is broken. */
export async function describe(session: SqliteSession): Promise<Description> {
  const tables = await session.ask(tablesSql);
  const columns = byTable(await session.ask(columnsSql));
  const foreignKeys = byTable(await session.ask(foreignKeysSql));
  const indexes = byTable(await session.ask(indexesSql));
  const others = await session.ask(othersSql);
  const keys = new Map(
    [...columns].map(([table, rows]) => [table.toLowerCase(), keyOf(rows.map(columnOf))] as const),
  );
  return {
    tables: tables.map(([name, type, withoutRowid, strict, sql]) => ({
      name: name ?? "",
      isVirtual: type === "virtual",
      hasRowid: withoutRowid === "0",
      isStrict: strict === "1",
      sql: sql ?? "",
      columns: (columns.get(name ?? "") ?? []).map(columnOf),
      foreignKeys: foreignKeysOf(foreignKeys.get(name ?? "") ?? [], keys),
      indexes: indexesOf(indexes.get(name ?? "") ?? []),
    })),
    triggers: others.flatMap(([type, name, table, sql]) =>
      type === "trigger" ? [{ name: name ?? "", table: table ?? "", sql: sql ?? "" }] : [],
    ),
    views: others.flatMap(([type, name, , sql]) =>
      type === "view" ? [{ name: name ?? "", sql: sql ?? "" }] : [],
    ),
  };
}

/** Columns of the primary key in its order. */
export function keyOf(columns: readonly ColumnDescription[]): string[] {
  return columns
    .filter(({ key }) => key > 0)
    .sort((a, b) => a.key - b.key)
    .map(({ name }) => name);
}

/** Rows without their first value, by it. */
function byTable(rows: Rows): Map<string, (string | null)[][]> {
  const groups = new Map<string, (string | null)[][]>();
  for (const [table, ...row] of rows) {
    const group = groups.get(table ?? "") ?? [];
    group.push(row);
    groups.set(table ?? "", group);
  }
  return groups;
}

function columnOf([name, type, notNull, defaultSql, key, hidden]: readonly (
  | string
  | null
)[]): ColumnDescription {
  return {
    name: name ?? "",
    type: type ?? "",
    notNull: notNull === "1",
    defaultSql: defaultSql ?? null,
    key: Number(key),
    isGenerated: hidden === "2" || hidden === "3",
  };
}

/** A foreign key that names no columns of its parent means the parent's primary key. */
function foreignKeysOf(
  rows: readonly (string | null)[][],
  keys: ReadonlyMap<string, readonly string[]>,
): ForeignKeyDescription[] {
  return grouped(rows).map((group) => {
    const [, , parent, , onUpdate, onDelete] = group[0] ?? [];
    const named = group.flatMap(([, , , to]) => to ?? []);
    return {
      columns: group.flatMap(([, from]) => from ?? []),
      parent: parent ?? "",
      parentColumns: named.length > 0 ? named : (keys.get((parent ?? "").toLowerCase()) ?? []),
      onUpdate: onUpdate ?? "",
      onDelete: onDelete ?? "",
    };
  });
}

function indexesOf(rows: readonly (string | null)[][]): IndexDescription[] {
  return grouped(rows).map((group) => {
    const [name, isUnique, origin, sql] = group[0] ?? [];
    return {
      name: name ?? "",
      isUnique: isUnique === "1",
      origin: origin ?? "",
      sql: sql ?? null,
      columns: group.map(([, , , , column, isDescending, collation]) => ({
        name: column ?? null,
        isDescending: isDescending === "1",
        collation: (collation ?? "").toLowerCase(),
      })),
    };
  });
}

/** Runs of rows with the same first value. */
function grouped(rows: readonly (string | null)[][]): (readonly (string | null)[])[][] {
  const groups: (readonly (string | null)[])[][] = [];
  for (const row of rows) {
    const last = groups.at(-1);
    if (last && last[0]?.[0] === row[0]) last.push(row);
    else groups.push([row]);
  }
  return groups;
}
