import { keyName } from "./additions.ts";
import { builtModels, type ModelSide } from "./built-models.ts";
import type { Column, Constraint, Database, DryRun, Index, ModelChange, Table } from "./types.ts";

type Unplaced = Omit<ModelChange, "path" | "line" | "endLine">;

/**
 * What the pull request changes in tables of models that no migration brings: what the base side's and the head side's models
 * build, compared. Tables that are not understood in full, on either side, are left out, as are new ones.
 */
export function modelChangesOf(database: Database, run: Pick<DryRun, "models">): ModelChange[] {
  if (!database.models?.isPushed) return [];
  const [base, head] = [builtModels(database, run, "base"), builtModels(database, run, "head")];
  if (!base || !head) return [];
  const { declarations } = head;
  const changed = head.schema.tables.flatMap((table) => {
    const { name } = table;
    const before = base.schema.tables.find((other) => other.name === name);
    if (!before || declarations.isPartial(name) || base.declarations.isPartial(name)) return [];
    return changesIn(before, table).flatMap((change): ModelChange[] => {
      const place =
        declarations.find(change.object) ??
        declarations.find(`${name}.${columnIn(change.object)}`) ??
        declarations.find(name);
      return place ? [{ ...change, path: place.path, line: place.line, endLine: place.endLine }] : [];
    });
  });
  return [...changed, ...goneTables(base, head)];
}

/** Tables without a model on the head side, which has no line for them: the file that had it stands for it. */
function goneTables(base: ModelSide, { schema, declarations, files }: ModelSide): ModelChange[] {
  if (declarations.isIncomplete) return [];
  const left = new Set(schema.tables.map(({ name }) => name));
  return base.schema.tables.flatMap(({ name }): ModelChange[] => {
    const known = base.declarations.find(name);
    if (left.has(name) || declarations.isPartial(name) || !known) return [];
    const path = files.includes(known.path) ? known.path : files[0];
    if (path === undefined) return [];
    const change = {
      kind: "table",
      table: name,
      object: name,
      before: name,
      after: null,
      column: null,
    } as const;
    return [{ ...change, path, line: 1, endLine: 1 }];
  });
}

function changesIn(before: Table, after: Table): Unplaced[] {
  const { name: table } = after;
  const names = new Set([...before.columns, ...after.columns].map(({ name }) => name));
  return [
    ...[...names].flatMap((name) => ofColumn(table, columnOf(before, name), columnOf(after, name))),
    ...ofKeys(table, keysOf(before), keysOf(after)),
  ];
}

function ofColumn(table: string, before: Column | null, after: Column | null): Unplaced[] {
  const column = after ?? before;
  if (!column) return [];
  const object = `${table}.${column.name}`;
  if (!before || !after)
    return [
      { kind: "column", table, object, before: before?.type ?? null, after: after?.type ?? null, column },
    ];
  const nullability = ({ notNull }: Column) => (notNull ? "NOT NULL" : "NULL");
  const pairs = [
    ["type", before.type, after.type],
    ["nullability", nullability(before), nullability(after)],
    ["default", before.defaultSql, after.defaultSql],
  ] as const;
  return pairs.flatMap(([kind, was, is]): Unplaced[] =>
    was === is ? [] : [{ kind, table, object, before: was, after: is, column }],
  );
}

interface Key {
  readonly kind: "unique" | "index" | "foreign key";
  readonly columns: readonly (string | null)[];
  readonly definition: string;
}

/** Indexes and foreign keys by what they do; what a model calls them is its own affair. */
function keysOf({ indexes, constraints }: Table): Key[] {
  return [
    ...indexes.filter(({ primary }) => !primary).map(ofIndex),
    ...constraints.filter(({ kind }) => kind === "foreign-key").map(ofForeignKey),
  ];
}

function ofIndex({ columns, unique, where, method }: Index): Key {
  const definition = [columns.join(", "), method, where].join(" ");
  return { kind: unique ? "unique" : "index", columns, definition };
}

function ofForeignKey({ columns, references }: Constraint): Key {
  return { kind: "foreign key", columns, definition: `${columns.join(", ")} ${references?.table}` };
}

function ofKeys(table: string, before: readonly Key[], after: readonly Key[]): Unplaced[] {
  const without = (keys: readonly Key[], others: readonly Key[]) =>
    keys.filter((key) => !others.some((one) => one.kind === key.kind && one.definition === key.definition));
  const told = (key: Key, change: Pick<Unplaced, "before" | "after">): Unplaced => ({
    kind: key.kind,
    table,
    object: keyName(table, key.columns),
    ...change,
    column: null,
  });
  return [
    ...without(before, after).map((key) => told(key, { before: key.definition, after: null })),
    ...without(after, before).map((key) => told(key, { before: null, after: key.definition })),
  ];
}

function columnOf({ columns }: Table, name: string): Column | null {
  return columns.find((column) => column.name === name) ?? null;
}

/** The first column of `orders(user_id, at)`. */
function columnIn(object: string): string {
  return /\(([^,)]+)/.exec(object)?.[1] ?? "";
}
