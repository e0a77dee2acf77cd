import type { MigrationContext } from "./rule.ts";
import type { Column, Constraint, Index, Migration, Operation, Script, Span, Table } from "./types.ts";

export interface AddedColumn {
  readonly table: Table;
  readonly column: Column;
}

export interface AddedIndex {
  readonly table: Table;
  readonly index: Index;
}

export interface AddedConstraint {
  readonly table: Table;
  readonly constraint: Constraint;
}

/** Where a problem stands; nowhere in particular when no statement that is written down did it. */
export type Placed = { readonly at: Span } | Record<never, never>;

/** What one migration added to the schema and the pull request leaves there, as the pull request leaves it. */
export interface Additions {
  readonly tables: readonly Table[];
  /** Also columns whose type the migration changed. Those of partitions are told with their parent. */
  readonly columns: readonly AddedColumn[];
  readonly indexes: readonly AddedIndex[];
  readonly constraints: readonly AddedConstraint[];
}

const none: Additions = { tables: [], columns: [], indexes: [], constraints: [] };

/** Tables that tools keep for themselves. */
export const bookkeeping =
  /(?:^|\.)_*(?:schema_migrations?|schema_version|goose_db_version|flyway_schema_history|alembic_version|ar_internal_metadata|drizzle_migrations|prisma_migrations|sqlx_migrations|databasechangelog(?:lock)?)$/i;

/**
 * Additions that were seen, whatever statement made them: a row of the catalogue after the migration that was not there
 * before. Empty when the migration did not run through, or nothing is said of its up.
 */
export function additionsOf({ run, head, onlyDown }: MigrationContext): Additions {
  if (!run || !head || onlyDown) return none;
  const known = seen.get(run);
  if (known?.head === head) return known.additions;
  const before = new Map(run.before.tables.map((table) => [table.oid, table]));
  const later = new Map(head.tables.map((table) => [table.oid, table]));
  const kept = run.after.tables.flatMap((after) => {
    const now = later.get(after.oid);
    if (!now || now.kind === "partition" || now.temporary || bookkeeping.test(now.name)) return [];
    return [{ old: before.get(after.oid) ?? null, after, now }];
  });
  const additions: Additions = {
    tables: kept.flatMap(({ old, now }) => (old ? [] : [now])),
    columns: kept.flatMap(({ old, after, now }) =>
      now.columns
        .filter(({ name, type }) => has(after.columns, name, type) && !(old && had(old, after, name, type)))
        .map((column) => ({ table: now, column })),
    ),
    indexes: kept.flatMap(({ old, after, now }) =>
      now.indexes
        .filter(({ name }) => {
          const made = after.indexes.find((index) => index.name === name);
          return made !== undefined && !(old && keeps(old, after, made)) && stays(after, now, made);
        })
        .map((index) => ({ table: now, index })),
    ),
    constraints: kept.flatMap(({ old, after, now }) =>
      now.constraints
        .filter(({ name }) => isNamed(after.constraints, name) && !isNamed(old?.constraints, name))
        .map((constraint) => ({ table: now, constraint })),
    ),
  };
  seen.set(run, { head, additions });
  return additions;
}

/** Every rule asks the same of a run. */
const seen = new WeakMap<
  object,
  { readonly head: NonNullable<MigrationContext["head"]>; readonly additions: Additions }
>();

/** A table's additions together: one finding speaks of them all. */
export function groupByTable<Item extends { readonly table: Table }>(
  items: readonly Item[],
): readonly { readonly table: Table; readonly items: readonly Item[] }[] {
  const tables = [...new Set(items.map(({ table }) => table))];
  return tables.map((table) => ({ table, items: items.filter((item) => item.table === table) }));
}

/** The statement that creates the table, as far as one is written down. */
export function placeOfTable({ up }: Migration, { name }: Table): Placed {
  return placed(
    up.statements.find(({ operations }) =>
      operations.some((operation) => operation.kind === "createTable" && operation.table === name),
    )?.span,
  );
}

/** The column's definition, the change of its type, or else the statement that creates its table. */
export function placeOfColumn(migration: Migration, table: Table, column: string): Placed {
  for (const operation of operationsOf(migration.up)) {
    if (operation.kind === "createTable" && operation.table === table.name) {
      const definition = operation.columns.find(({ name }) => name === column);
      if (definition) return { at: definition.at };
    }
    if (operation.kind === "addColumn" && operation.table === table.name && operation.column.name === column)
      return { at: operation.column.at };
    if (operation.kind === "alterColumnType" && operation.table === table.name && operation.column === column)
      return { at: operation.at };
  }
  return placeOfTable(migration, table);
}

/** The constraint, or else the statement that creates its table. */
export function placeOfConstraint(
  migration: Migration,
  table: Table,
  { name, kind, columns }: Pick<Constraint, "name" | "kind" | "columns">,
): Placed {
  const definitions = operationsOf(migration.up).flatMap((operation) => {
    if (!("table" in operation) || operation.table !== table.name) return [];
    if (operation.kind === "addConstraint") return [operation.constraint];
    return operation.kind === "createTable" || operation.kind === "addColumn" ? operation.constraints : [];
  });
  const own =
    definitions.find((definition) => definition.name === name) ??
    definitions.find((definition) => definition.kind === kind && sameList(definition.columns, columns));
  return own ? { at: own.at } : placeOfTable(migration, table);
}

/** The statement that creates the index, or the constraint that brings it. */
export function placeOfIndex(migration: Migration, table: Table, index: Index): Placed {
  const own = operationsOf(migration.up).filter(
    (operation) => operation.kind === "createIndex" && operation.table === table.name,
  );
  const at =
    own.find((operation) => operation.kind === "createIndex" && operation.name === bare(index.name))?.at ??
    own.find(
      (operation) =>
        operation.kind === "createIndex" &&
        operation.name === null &&
        operation.unique === index.unique &&
        operation.columns.length === index.columns.length &&
        index.columns.every((column, i) => column === null || column === operation.columns[i]),
    )?.at;
  if (at) return { at };
  const kind = index.primary ? "primary-key" : "unique";
  return placeOfConstraint(migration, table, {
    name: index.name,
    kind,
    columns: index.columns.map((column) => column ?? ""),
  });
}

/** The last statement of one of the parser's kinds that names all of these. */
export function placeNaming({ up }: Migration, nodes: readonly string[], names: readonly string[]): Placed {
  return placed(
    up.statements.findLast(
      ({ operations, sql }) =>
        operations.some((operation) => operation.kind === "other" && nodes.includes(operation.node)) &&
        names.every((name) => mentions(sql, bare(name))),
    )?.span,
  );
}

/** Whether the name stands in the text as a word of its own. */
function mentions(sql: string, name: string): boolean {
  const [text, word] = [sql.toLowerCase(), name.toLowerCase()];
  for (let at = text.indexOf(word); at >= 0; at = text.indexOf(word, at + 1)) {
    const around = `${text[at - 1] ?? " "}${text[at + word.length] ?? " "}`;
    if (!/[\w$]/.test(around)) return true;
  }
  return false;
}

function placed(at: Span | undefined): Placed {
  return at ? { at } : {};
}

function operationsOf({ statements }: Script): Operation[] {
  return statements.flatMap(({ operations }) => operations);
}

function bare(name: string): string {
  return name.slice(name.lastIndexOf(".") + 1);
}

function has(columns: readonly Column[], name: string, type: string): boolean {
  return columns.some((column) => column.name === name && column.type === type);
}

/** Whether an older table has the column already, perhaps by the name that stood in its place. */
function had(old: Table, after: Table, name: string, type: string): boolean {
  if (has(old.columns, name, type)) return true;
  const former = old.columns[after.columns.findIndex((column) => column.name === name)];
  return former?.type === type && !after.columns.some((column) => column.name === former.name);
}

/** Whether the pull request leaves the index as the migration made it, and no other one of its name. */
function stays(after: Table, now: Table, { name, definition }: Index): boolean {
  const isRenamed =
    now.name !== after.name ||
    !after.columns.every((column) => now.columns.some((other) => other.name === column.name));
  return isRenamed || now.indexes.some((index) => index.name === name && index.definition === definition);
}

/** Whether an older table has the index already: of a renamed table or column all definitions read differently. */
function keeps(old: Table, after: Table, { name, definition }: Index): boolean {
  const isAltered =
    old.name !== after.name ||
    !old.columns.every((column) =>
      after.columns.some((c) => c.name === column.name && c.type === column.type),
    );
  return old.indexes.some((index) => index.definition === definition || (isAltered && index.name === name));
}

function isNamed(constraints: readonly Constraint[] | undefined, name: string): boolean {
  return constraints?.some((constraint) => constraint.name === name) ?? false;
}

function sameList(some: readonly string[], others: readonly string[]): boolean {
  return some.length === others.length && some.every((name, i) => name === others[i]);
}
