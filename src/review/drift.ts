import { bookkeeping } from "./additions.ts";
import { asModelled } from "./as-modelled.ts";
import { builtModels } from "./built-models.ts";
import { defaultOf, isComparable, isSameType } from "./column-words.ts";
import { enumDifferences } from "./drift-enums.ts";
import { holdsPolicy, policyDifferences } from "./drift-policies.ts";
import { objectsAddedBy } from "./made.ts";
import { notReplayed } from "./not-replayed.ts";
import { type Declarations, keyKinds } from "./orm.ts";
import { isOtherFamily } from "./type-families.ts";
import type { Column, Constraint, Database, Dialect, Drift, DryRun, Index, Schema, Table } from "./types.ts";

/** What differs between a model and the migrations, before it has a place. */
export type Unplaced = Omit<Drift, "path" | "line" | "endLine">;

/**
 * Where the models and the migrations of a database part, as far as this pull request makes or changes it: what was so before
 * is not told, nor is what only a migration can say (checks, partial indexes, triggers, views), nor what a part of the history
 * may concern that did not replay. What a migration added that is taken away was there before, and is told. Empty where either side could not be built.
 */
export function driftOf(database: Database, dryRun: DryRun): Drift[] {
  if (database.models?.isPushed) return [];
  const [base, head] = [builtModels(database, dryRun, "base"), builtModels(database, dryRun, "head")];
  if (!base || !head) return [];
  const run = asModelled(dryRun, [base.schema, head.schema]);
  const isUnsure = notReplayed(run, [base.schema, head.schema]);
  if (isUnsure === null) return [];
  const { steps, dialect } = database;
  const { declarations: before } = base;
  const { declarations: now } = head;
  const known = new Set(differences(base.schema, run.base, before, dialect).map(keyOf));
  // How a table of the models stood before is not known where the database did not build all of it.
  const refusedBefore = new Set(base.refused);
  const wasRefused = (name: string) => refusedBefore.has(name);
  // What an edited migration builds, and what runs after a new one, stands on the base side and not in the base schema.
  const isNew = steps.every(({ status }) => status === "added");
  const takenBack = new Set(objectsAddedBy(database.takenBack));
  const told = differences(head.schema, run.head, now, dialect).filter(
    (one) =>
      (!known.has(keyOf(one)) || (one.migrations === null && takenBack.has(one.object))) &&
      !isUnsure(one.object) &&
      !isUnsure(tableIn(one.object)) &&
      !wasRefused(one.object) &&
      !wasRefused(tableIn(one.object)) &&
      (one.model !== null || isMadeHere(one, run)) &&
      (isNew || !isMissing(one, base.schema, run.base)),
  );
  return told.flatMap((one) => {
    const place =
      now.find(
        one.object,
        keyKinds.find((kind) => kind === one.kind),
      ) ?? now.find(tableIn(one.object));
    if (place) return [{ ...one, path: place.path, line: place.line, endLine: place.endLine }];
    // The model knows nothing of the table: the migration that makes it does.
    const made = steps.flatMap(({ up }) =>
      up.statements.flatMap(({ operations, line, endLine }) =>
        operations.some((operation) => operation.kind === "createTable" && operation.table === one.object)
          ? [{ path: up.path, line, endLine }]
          : [],
      ),
    );
    return made.slice(0, 1).map((statement) => ({ ...one, ...statement }));
  });
}

/** Every difference of one side. Silent where either side could mean the same in other words. */
export function differences(
  model: Schema,
  built: Schema,
  declared: Declarations,
  dialect: Dialect = "postgresql",
): Unplaced[] {
  const tables = new Map(built.tables.map((table) => [table.name, table]));
  const views = new Set(built.views.map(({ name }) => name));
  const modelled = new Set(model.tables.map(({ name }) => name));
  const areSecured = model.tables.some(({ rowSecurity }) => rowSecurity);
  return [
    ...model.tables.flatMap((table): Unplaced[] => {
      const other = tables.get(table.name);
      if (other) return tableDifferences(table, other, { declared, modelled, tables, dialect, areSecured });
      return views.has(table.name) || declared.isPartial(table.name)
        ? []
        : [{ kind: "table", object: table.name, model: table.name, migrations: null }];
    }),
    ...built.tables
      .filter(
        ({ name, kind }) =>
          kind === "table" &&
          !modelled.has(name) &&
          !declared.isIncomplete &&
          !declared.isPartial(name) &&
          !bookkeeping.test(name),
      )
      .map(({ name }): Unplaced => ({ kind: "table", object: name, model: null, migrations: name })),
    ...enumDifferences(model, built),
  ];
}

interface Around {
  readonly dialect: Dialect;
  readonly declared: Declarations;
  readonly modelled: ReadonlySet<string>;
  readonly tables: ReadonlyMap<string, Table>;
  /** Whether models turn row level security on themselves. */
  readonly areSecured: boolean;
}

function tableDifferences(model: Table, built: Table, around: Around): Unplaced[] {
  const missing = new Set(model.columns.filter(({ name }) => !columnOf(built, name)).map(({ name }) => name));
  const isThere = (columns: readonly (string | null)[]) =>
    columns.every((name) => name !== null && !missing.has(name));
  const keys = isJoinTable(model)
    ? []
    : [...keyDifferences(model, built, isThere), ...indexDifferences(model, built, isThere)].filter(
        (one) => !isUnsaid(around.declared, one),
      );
  return [
    ...model.columns.flatMap((column) => {
      const other = columnOf(built, column.name);
      if (other) return columnDifferences(model, column, other, around);
      const missing = onlyModel("column", model, column);
      return isUnsaid(around.declared, missing) ? [] : [missing];
    }),
    ...built.columns
      .filter(() => !around.declared.isPartial(model.name))
      .filter(({ name, generated }) => !generated && !columnOf(model, name))
      .map(
        (column): Unplaced => ({
          ...onlyModel("column", model, column),
          model: null,
          migrations: column.type,
        }),
      ),
    ...keys,
    ...foreignKeyDifferences(model, built, isThere, around),
    ...policyDifferences(model, built, around),
  ];
}

/** Whether it only follows from conventions that the database need not keep to. */
function isUnsaid(declared: Declarations, { kind, object }: Pick<Unplaced, "kind" | "object">): boolean {
  return declared.find(object)?.unsaid.includes(kind) ?? false;
}

function onlyModel(kind: Drift["kind"], { name }: Table, column: Column): Unplaced {
  return { kind, object: `${name}.${column.name}`, model: column.type, migrations: null };
}

function columnDifferences(
  table: Table,
  model: Column,
  built: Column,
  { declared, dialect }: Around,
): Unplaced[] {
  const object = `${table.name}.${model.name}`;
  const isArray = model.type.endsWith("[]");
  const found: Unplaced[] = [];
  const say = (kind: Drift["kind"], ofModel: string, ofMigrations: string) =>
    found.push({ kind, object, model: ofModel, migrations: ofMigrations });
  const place = declared.find(object);
  if (built.generated || place?.isOpaque) return [];
  const isSaid = (kind: Drift["kind"]) => !isUnsaid(declared, { kind, object });
  const isSame = isSameType(model, built, dialect);
  if (!isSame && (isSaid("type") || isOtherFamily(model.type, built.type))) {
    say("type", model.type, built.type);
  }
  // A list is never NULL for Prisma, whatever the database says; SQLite tells of a key only what is written beside it.
  const isKey = dialect === "sqlite" && primaryKeyOf(table)?.columns.includes(model.name);
  if (model.notNull !== built.notNull && !isArray && !isKey && isSaid("nullability")) {
    say("nullability", model.notNull ? "NOT NULL" : "NULL", built.notNull ? "NOT NULL" : "NULL");
  }
  const [wanted, found_] = [defaultOf(model), defaultOf(built)];
  if (isSame && wanted !== found_ && isComparable(model, wanted, found_)) {
    const isOwn = wanted === null && (place === null || place.hasOwnDefault);
    if (!isOwn && isSaid("default")) say("default", wanted ?? "no default", found_ ?? "no default");
  }
  return found;
}

function keyDifferences(
  model: Table,
  built: Table,
  isThere: (columns: readonly (string | null)[]) => boolean,
): Unplaced[] {
  const wanted = primaryKeyOf(model);
  if (!wanted || !isThere(wanted.columns)) return [];
  const found = primaryKeyOf(built);
  if (found && sameSet(found.columns, wanted.columns)) return [];
  const object = `${model.name}(${wanted.columns.join(", ")})`;
  return [
    {
      kind: "primary key",
      object,
      model: list(wanted.columns),
      migrations: found ? list(found.columns) : null,
    },
  ];
}

/** Only what the model has and the database lacks: further indexes are made by hand, often for a reason. */
function indexDifferences(
  model: Table,
  built: Table,
  isThere: (columns: readonly (string | null)[]) => boolean,
): Unplaced[] {
  return model.indexes
    .filter((index) => !index.primary && index.where === null && isThere(index.columns))
    .filter((index) => !built.indexes.some((other) => stands(other, index)))
    .map((index): Unplaced => {
      const object = `${model.name}(${index.columns.join(", ")})`;
      return {
        kind: index.unique ? "unique" : "index",
        object,
        model: list(index.columns),
        migrations: null,
      };
    });
}

/** Whether an index of the database does for one of the model; a partial one was narrowed by hand. */
export function stands(built: Index, model: Index): boolean {
  if (model.unique) {
    return (built.unique || built.where !== null) && sameSet(built.columns, model.columns);
  }
  return (
    built.columns.length === model.columns.length &&
    built.columns.every((name, i) => name === model.columns[i]) &&
    (built.method === model.method || built.where !== null)
  );
}

function foreignKeyDifferences(
  model: Table,
  built: Table,
  isThere: (columns: readonly (string | null)[]) => boolean,
  { declared, modelled, tables }: Around,
): Unplaced[] {
  const own = foreignKeysOf(model);
  const others = foreignKeysOf(built);
  const missing = own
    .filter(({ columns, references }) => isThere(columns) && tables.has(references?.table ?? ""))
    .flatMap((key): Unplaced[] => {
      const object = `${model.name}(${key.columns.join(", ")})`;
      if (isUnsaid(declared, { kind: "foreign key", object })) return [];
      const same = others.filter(({ columns }) => sameSet(columns, key.columns));
      const near = same.find(({ references }) => references?.table === key.references?.table);
      if (!near)
        return [{ kind: "foreign key", object, model: key.references?.table ?? "", migrations: null }];
      const [wanted, found] = [actionsOf(key), actionsOf(near)];
      return wanted === found ? [] : [{ kind: "foreign key", object, model: wanted, migrations: found }];
    });
  const extra = others
    .filter(() => declared.hasForeignKeys && !declared.isPartial(model.name))
    .filter(({ references }) => modelled.has(references?.table ?? ""))
    .filter(({ columns }) => columns.every((name) => columnOf(model, name)))
    .filter(({ columns }) => !own.some((key) => sameSet(key.columns, columns)))
    .map(
      ({ columns, references }): Unplaced => ({
        kind: "foreign key",
        object: `${model.name}(${columns.join(", ")})`,
        model: null,
        migrations: references?.table ?? "",
      }),
    );
  return [...missing, ...extra];
}

/** NO ACTION and RESTRICT part only in when they check. */
function actionsOf({ definition }: Constraint): string {
  const action = (event: string) =>
    new RegExp(`ON ${event} (CASCADE|SET NULL|SET DEFAULT)`).exec(definition)?.[1] ?? "RESTRICT";
  return `ON DELETE ${action("DELETE")} ON UPDATE ${action("UPDATE")}`;
}

/** Whether the base side declares what the base schema lacks, so that the two tell nothing of what was so before. */
function isMissing({ object, kind }: Unplaced, model: Schema, built: Schema): boolean {
  if (kind === "enum" || kind === "enum value") return true;
  const name = tableIn(object);
  const [declared, found] = [model, built].map(({ tables }) =>
    tables.find((table) => table.name === name || table.name === object),
  );
  if (!declared) return false;
  return !found || declared.columns.some((column) => !columnOf(found, column.name));
}

/** Whether the migrations of this pull request make it: a model that gave something up before is on its way to drop it. */
function isMadeHere({ kind, object }: Unplaced, { base, head }: DryRun): boolean {
  return holds(head, kind, object) && !holds(base, kind, object);
}

/** Whether a schema has what a difference is about. */
export function holds({ tables, enums }: Schema, kind: Drift["kind"], object: string): boolean {
  switch (kind) {
    case "table":
      return tables.some(({ name }) => name === object);
    case "column":
      return tables.some((table) => table.columns.some(({ name }) => `${table.name}.${name}` === object));
    case "foreign key":
      return tables.some((table) =>
        foreignKeysOf(table).some(({ columns }) => `${table.name}(${columns.join(", ")})` === object),
      );
    case "enum value":
      return enums.some(({ name, labels }) => labels.some((label) => `${name}.${label}` === object));
    case "policy":
    case "row security":
      return holdsPolicy({ tables }, object);
    default:
      return false;
  }
}

function keyOf(one: Unplaced): string {
  return JSON.stringify([one.kind, one.object, one.model, one.migrations]);
}

/** Tables of implicit relations of many to many, whose keys differ from one major version of Prisma to the other. */
function isJoinTable({ name, columns }: Table): boolean {
  return /(^|\.)_/.test(name) && columns.map((column) => column.name).join() === "A,B";
}

/** `orders` of `orders.note` and of `orders(user_id)`, `app.orders` of `app.orders(user_id)`. */
export function tableIn(object: string): string {
  return object.replace(/(?:\(.*\)|\.[^.(]*)$/s, "");
}

/** The columns of `orders(user_id, at)`. */
export function columnsIn(object: string): readonly string[] {
  return /\((.*)\)$/s.exec(object)?.[1]?.split(", ") ?? [];
}

function columnOf({ columns }: Table, name: string): Column | undefined {
  return columns.find((column) => column.name === name);
}

function primaryKeyOf({ constraints }: Table): Constraint | undefined {
  return constraints.find(({ kind }) => kind === "primary-key");
}

function foreignKeysOf({ constraints }: Table): readonly Constraint[] {
  return constraints.filter(({ kind }) => kind === "foreign-key");
}

function sameSet(some: readonly (string | null)[], others: readonly (string | null)[]): boolean {
  return some.length === others.length && some.every((name) => others.includes(name));
}

function list(names: readonly (string | null)[]): string {
  return names.join(", ");
}
