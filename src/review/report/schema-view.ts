import type { Column, Constraint, DryRun, Schema, Table } from "../types.ts";

export type Mark = "new" | "dropped" | "changed" | null;

export interface ColumnView {
  readonly name: string;
  readonly type: string;
  readonly mark: Mark;
  /** The type it had, when that changed. */
  readonly was: string | null;
  readonly primaryKey: boolean;
  readonly foreignKey: boolean;
}

export interface TableView {
  readonly name: string;
  readonly mark: Mark;
  readonly columns: readonly ColumnView[];
  /** Columns that are not shown because there are too many. */
  readonly more: number;
}

export interface RelationView {
  readonly from: string;
  readonly to: string;
  readonly columns: readonly string[];
  readonly mark: Mark;
}

/** The tables that a pull request changes, and those that they refer to, before and after in one picture. */
export interface SchemaView {
  readonly tables: readonly TableView[];
  readonly relations: readonly RelationView[];
  /** Changed tables that are not shown because there are too many. */
  readonly more: number;
}

const mostTables = 12;
const mostColumns = 16;

/** What the dry run changed in the schema; null when nothing did. */
export function schemaView({ base, head }: Pick<DryRun, "base" | "head">): SchemaView | null {
  const names = [...new Set([...base.tables, ...head.tables].map((table) => table.name))];
  const touched = names.filter((name) => differs(tableOf(base, name), tableOf(head, name)));
  if (touched.length === 0) return null;
  const shown = touched.slice(0, mostTables);
  const neighbours = neighboursOf(shown, head).slice(0, mostTables - shown.length);
  const all = [...shown, ...neighbours];
  return {
    tables: all.map((name) => tableView(tableOf(base, name), tableOf(head, name), touched.includes(name))),
    relations: relationsOf(all, base, head),
    more: touched.length - shown.length,
  };
}

function tableView(before: Table | undefined, after: Table | undefined, isTouched: boolean): TableView {
  const columns = columnsOf(before, after);
  const marked = columns.filter(
    ({ mark, primaryKey, foreignKey }) => mark !== null || primaryKey || foreignKey,
  );
  const wanted = isTouched ? columns : marked;
  const kept =
    wanted.length > mostColumns ? [...new Set([...marked, ...wanted])].slice(0, mostColumns) : wanted;
  return {
    name: (after ?? before)?.name ?? "",
    mark: markOf(before, after, isTouched),
    columns: columns.filter((column) => kept.includes(column)),
    more: columns.length - kept.length,
  };
}

function columnsOf(before: Table | undefined, after: Table | undefined): readonly ColumnView[] {
  const gone =
    before?.columns.filter(({ name }) => after && !after.columns.some((column) => column.name === name)) ??
    [];
  const standing = after?.columns ?? before?.columns ?? [];
  const table = after ?? before;
  return [
    ...standing.map((column) => columnView(column, before, after, table)),
    ...gone.map((column) => ({ ...columnView(column, before, undefined, before), mark: "dropped" as const })),
  ];
}

function columnView(
  column: Column,
  before: Table | undefined,
  after: Table | undefined,
  table: Table | undefined,
): ColumnView {
  const old = before?.columns.find(({ name }) => name === column.name);
  const both = before !== undefined && after !== undefined;
  const changed = both && old !== undefined && JSON.stringify(old) !== JSON.stringify(column);
  const isNew = both && old === undefined;
  const standing = changed ? "changed" : null;
  return {
    name: column.name,
    type: column.type,
    mark: isNew ? "new" : standing,
    was: changed && old.type !== column.type ? old.type : null,
    primaryKey: hasKey(table, "primary-key", column.name),
    foreignKey: hasKey(table, "foreign-key", column.name),
  };
}

function relationsOf(shown: readonly string[], base: Schema, head: Schema): readonly RelationView[] {
  const view = (table: Table, key: Constraint, mark: Mark): readonly RelationView[] => {
    if (!key.references || !shown.includes(key.references.table)) return [];
    return [{ from: table.name, to: key.references.table, columns: key.columns, mark }];
  };
  return shown.flatMap((name) => {
    const [before, after] = [tableOf(base, name), tableOf(head, name)];
    const old = foreignKeys(before);
    const now = foreignKeys(after);
    const isOld = (key: Constraint) => old.some(({ definition }) => definition === key.definition);
    const isStanding = (key: Constraint) => now.some(({ definition }) => definition === key.definition);
    return [
      ...(after ? now.flatMap((key) => view(after, key, isOld(key) ? null : "new")) : []),
      ...(before ? old.filter((key) => !isStanding(key)).flatMap((key) => view(before, key, "dropped")) : []),
    ];
  });
}

function neighboursOf(touched: readonly string[], head: Schema): readonly string[] {
  const near = touched.flatMap((name) =>
    foreignKeys(tableOf(head, name)).flatMap(({ references }) => (references ? [references.table] : [])),
  );
  return [...new Set(near)].filter((name) => !touched.includes(name) && tableOf(head, name));
}

function markOf(before: Table | undefined, after: Table | undefined, isTouched: boolean): Mark {
  if (!before) return "new";
  if (!after) return "dropped";
  return isTouched ? "changed" : null;
}

/** A table made anew under an old name counts as changed, although it may look the same. */
function differs(before: Table | undefined, after: Table | undefined): boolean {
  return JSON.stringify(before) !== JSON.stringify(after);
}

function foreignKeys(table: Table | undefined): readonly Constraint[] {
  return table?.constraints.filter(({ kind }) => kind === "foreign-key") ?? [];
}

function hasKey(table: Table | undefined, kind: Constraint["kind"], column: string): boolean {
  return table?.constraints.some((key) => key.kind === kind && key.columns.includes(column)) ?? false;
}

function tableOf(schema: Schema, name: string): Table | undefined {
  return schema.tables.find((table) => table.name === name);
}
