import type { Declarations, Declared, KeyKind } from "./orm.ts";
import type { MigrationContext } from "./rule.ts";
import type {
  Column,
  Constraint,
  Index,
  Migration,
  Operation,
  Place,
  Problem,
  Schema,
  Script,
  Span,
  Table,
  TableName,
} from "./types.ts";

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

/** Where a problem stands; nowhere in particular when nothing that is written down did it. */
export type Placed = Pick<Problem, "at" | "place">;

/** What one migration, or the models before any migration, added to the schema, as the pull request leaves it there. */
export interface Additions {
  /** What is written down of them: a migration, or models of which no migration brings them. */
  readonly by:
    | { readonly kind: "migration"; readonly migration: Migration }
    | { readonly kind: "models"; readonly declarations: Declarations };
  /** The schema right after them. */
  readonly after: Schema;
  readonly tables: readonly Table[];
  /** Also columns whose type the migration changed. Those of partitions are told with their parent. */
  readonly columns: readonly AddedColumn[];
  readonly indexes: readonly AddedIndex[];
  readonly constraints: readonly AddedConstraint[];
}

/** Tables that tools keep for themselves, most of them with a row for each migration. */
export const bookkeeping = new RegExp(
  `(?:^|\\.)_*(?:${[
    "(?:diesel_)?schema_migrations?",
    "schema_version",
    "goose_db_version",
    "(?:flyway|refinery)_schema_history",
    "alembic_version",
    "ar_internal_metadata",
    "(?:drizzle|prisma|sqlx|gorp|mikro_orm|gopg|bun|river|kysely|knex)_migrations?(?:_locks?)?",
    "pgmigrations",
    "sequelizemeta",
    "typeorm_metadata",
    "efmigrationshistory",
    "atlas_schema_revisions",
    "databasechangelog(?:lock)?",
  ].join("|")})$`,
  "i",
);

/**
 * Additions that were seen, whatever statement made them: a row of the catalogue after the migration that was not there
 * before. null when the migration did not run through, or nothing is said of its up.
 */
export function additionsOf(
  migration: Migration,
  { run, base, head, onlyDown }: MigrationContext,
): Additions | null {
  if (!run || !head || onlyDown) return null;
  const before = new Map(run.before.tables.map((table) => [table.oid, table]));
  const later = new Map(head.tables.map((table) => [table.oid, table]));
  const atBase = new Map(base?.tables.map((table) => [table.oid, table]));
  const nameBefore = namesBefore(migration);
  /** What the base branch has by the name that the migration found: RENAME makes nothing new. */
  const isRenamed = (of: "indexes" | "constraints", { oid }: Table, name: string) => {
    const former = nameBefore(name);
    return former !== name && [before, atBase].every((tables) => isNamed(tables.get(oid)?.[of], former));
  };
  const kept = run.after.tables.flatMap((after) => {
    const now = later.get(after.oid);
    const old = before.get(after.oid) ?? null;
    // The very same table throughout got nothing.
    if (!now || (old === after && after === now)) return [];
    if (now.kind === "partition" || now.temporary || bookkeeping.test(now.name)) return [];
    return [{ old, after, now }];
  });
  return {
    by: { kind: "migration", migration },
    after: run.after,
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
          if (!made || isRenamed("indexes", now, name)) return false;
          return !(old && keeps(old, after, made)) && stays(after, now, made);
        })
        .map((index) => ({ table: now, index })),
    ),
    constraints: kept.flatMap(({ old, after, now }) =>
      now.constraints
        .filter(({ name }) => isNamed(after.constraints, name) && !isNamed(old?.constraints, name))
        .filter(({ name }) => !isRenamed("constraints", now, name))
        .map((constraint) => ({ table: now, constraint })),
    ),
  };
}

/** A table's additions together: one finding speaks of them all. */
export function groupByTable<Item extends { readonly table: Table }>(
  items: readonly Item[],
): readonly { readonly table: Table; readonly items: readonly Item[] }[] {
  const tables = [...new Set(items.map(({ table }) => table))];
  return tables.map((table) => ({ table, items: items.filter((item) => item.table === table) }));
}

/** The model of the table, or the statement that creates it, as far as one is written down. */
export function placeOfTable({ by }: Additions, table: Table): Placed {
  return by.kind === "models" ? declared(by.declarations, table.name) : placeOfCreation(by.migration, table);
}

/** The statement that creates the table. */
export function placeOfCreation({ up }: Migration, { name }: Table): Placed {
  return placed(
    up.statements.find(({ operations }) =>
      operations.some((operation) => operation.kind === "createTable" && operation.table === name),
    )?.span,
  );
}

/** The column's declaration or definition, the change of its type, or else what makes its table. */
export function placeOfColumn({ by }: Additions, table: Table, column: string): Placed {
  if (by.kind === "models") return declared(by.declarations, `${table.name}.${column}`, table.name);
  const { migration } = by;
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
  return placeOfCreation(migration, table);
}

/** The constraint, or else what makes its table. */
export function placeOfConstraint(
  { by }: Additions,
  table: Table,
  { name, kind, columns }: Pick<Constraint, "name" | "kind" | "columns">,
): Placed {
  if (by.kind === "models") return declaredKey(by.declarations, table, columns, keyKinds[kind] ?? "index");
  const { migration } = by;
  const definitions = operationsOf(migration.up).flatMap((operation) => {
    if (!("table" in operation) || operation.table !== table.name) return [];
    if (operation.kind === "addConstraint") return [operation.constraint];
    return operation.kind === "createTable" || operation.kind === "addColumn" ? operation.constraints : [];
  });
  const own =
    definitions.find((definition) => definition.name === name) ??
    definitions.find((definition) => definition.kind === kind && sameList(definition.columns, columns));
  return own ? { at: own.at } : placeOfCreation(migration, table);
}

/** What declares or creates the index, or the constraint that brings it. */
export function placeOfIndex(added: Additions, table: Table, index: Index): Placed {
  const { by } = added;
  if (by.kind === "models")
    return declaredKey(by.declarations, table, index.columns, index.unique ? "unique" : "index");
  const own = operationsOf(by.migration.up).filter(
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
  return placeOfConstraint(added, table, {
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

/** The first of these that a model declares. */
function declared({ find }: Declarations, ...objects: readonly string[]): Placed {
  for (const object of objects) {
    const found = find(object);
    if (found) return { place: placeIn(found) };
  }
  return {};
}

/** A key or an index, else its table. */
function declaredKey(
  { find }: Declarations,
  { name }: Table,
  columns: readonly (string | null)[],
  kind: KeyKind,
): Placed {
  const found = find(keyName(name, columns), kind) ?? find(name);
  return found ? { place: placeIn(found) } : {};
}

const keyKinds: Readonly<Partial<Record<Constraint["kind"], KeyKind>>> = {
  "foreign-key": "foreign key",
  unique: "unique",
  "primary-key": "unique",
};

function placeIn({ path, line, endLine }: Declared): Place {
  return { path, line, endLine };
}

/** How declarations name a key or an index. */
export function keyName(table: TableName, columns: readonly (string | null)[]): string {
  return `${table}(${columns.join(", ")})`;
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

function isNamed(items: readonly { readonly name: string }[] | undefined, name: string): boolean {
  return items?.some((item) => item.name === name) ?? false;
}

/** By which name the migration found a constraint or an index that it leaves by this one. */
function namesBefore({ up }: Migration): (name: string) => string {
  const renames = operationsOf(up).flatMap((operation) =>
    operation.kind === "renameObject" ? [operation] : [],
  );
  return (left) =>
    renames.reduceRight(
      (name, { name: former, to }) =>
        bare(name) === to ? `${name.slice(0, name.length - to.length)}${bare(former)}` : name,
      left,
    );
}

function sameList(some: readonly string[], others: readonly string[]): boolean {
  return some.length === others.length && some.every((name, i) => name === others[i]);
}
