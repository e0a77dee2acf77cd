import { constraintSql, foreignKeySql, targetOf } from "../alembic/constraints.ts";
import type { Context } from "../alembic/context.ts";
import { nameIn, namesIn, quoteName, tableSql } from "../alembic/names.ts";
import { createSequenceSql } from "../alembic/sequence-options.ts";
import { createTableSql } from "../alembic/tables.ts";
import { createEnumSql, isTrue, typeOf } from "../alembic/types.ts";
import { placeIn } from "../code/places.ts";
import { membersOf } from "../code/python-evaluate.ts";
import type { LoadedModule } from "../code/python-modules.ts";
import type { PythonCall, PythonValue } from "../code/python-values.ts";
import type { Declared } from "../orm.ts";
import type { ModelStatement, Place, Span } from "../types.ts";
import { type Models, wordOf } from "./classes.ts";
import { metadataOf } from "./metadata.ts";
import type { ModelTable } from "./model-table.ts";
import { ownTypeOf } from "./references.ts";
import type { Rendering } from "./render.ts";

/** A table as it is rendered: only what could be read. */
export interface Ready {
  readonly table: ModelTable;
  readonly object: string;
  readonly columns: PythonCall[];
  readonly keys: PythonCall[];
  readonly constraints: PythonCall[];
  readonly indexes: PythonCall[];
  readonly refersTo: Set<string>;
}

/**
 * What `create_all` sends for the tables, in the order in which it can: schemas, types, tables, and the keys to tables that come later.
 * Adds to `objects` where enumerations and their labels stand.
 */
export function createAll(
  ready: readonly Ready[],
  { dialect, models, sequences }: Pick<Rendering, "dialect" | "models" | "sequences">,
  objects: Map<string, Declared>,
  contextOf: (table: ModelTable) => Context,
  attempt: Attempt,
): ModelStatement[] {
  const types = enumTypes(ready, contextOf, models, objects);
  const schemas = new Set(
    ready.flatMap(({ table: { ref } }) =>
      ref.schema === null || ref.schema === "public" ? [] : [ref.schema],
    ),
  );
  const sent = inOrder(ready).map((placed) => statementsOf(placed, contextOf(placed.one.table), attempt));
  return [
    ...(dialect === "postgresql"
      ? [...schemas].map((schema) => ({
          table: null,
          sql: `CREATE SCHEMA IF NOT EXISTS ${quoteName(schema)}`,
        }))
      : []),
    ...types,
    ...(dialect === "postgresql" ? sequencesOf(ready, sequences, { models, contextOf, attempt }) : []),
    ...sent.flatMap(({ now }) => now),
    ...sent.flatMap(({ later }) => later),
  ];
}

interface Placed {
  readonly one: Ready;
  /** Tables that are only made after it: keys to them are added when they are. */
  readonly late: ReadonlySet<string>;
}

/** Tables after those that they refer to. */
function inOrder(all: readonly Ready[]): Placed[] {
  const order: Placed[] = [];
  let left = all.toSorted((a, b) => (a.object < b.object ? -1 : 1));
  while (left.length > 0) {
    const open = new Set(left.map(({ table }) => tableSql(table.ref)));
    const missing = ({ refersTo, table }: Ready) =>
      new Set([...refersTo].filter((name) => open.has(name) && name !== tableSql(table.ref)));
    const next = left.find((one) => missing(one).size === 0) ?? left[0];
    if (!next) break;
    order.push({ one: next, late: missing(next) });
    left = left.filter((one) => one !== next);
  }
  return order;
}

/** Reads a part, or says why it is not read. */
export type Attempt = <T>(
  table: ModelTable,
  at: { module: LoadedModule; at: Span },
  what: string,
  read: () => T,
) => T | null;

interface Sent {
  readonly now: readonly ModelStatement[];
  /** Keys to tables that come later. */
  readonly later: readonly ModelStatement[];
}

function statementsOf({ one, late }: Placed, context: Context, attempt: Attempt): Sent {
  const { table, object } = one;
  const isLate = (item: PythonCall) => {
    if (context.dialect === "sqlite") return false;
    if (isTrue(item.args.named.get("use_alter"))) return true;
    if (late.size === 0) return false;
    const target = wordOf(item) === "ForeignKey" ? item.args.positional[0] : item.args.positional[1];
    return late.has(tableSql(targetOf(namesIn(target, "a referenced column")).table));
  };
  const columns = one.columns.map((column) => ({
    ...column,
    args: {
      ...column.args,
      positional: column.args.positional.filter(
        (each) => !(each.kind === "call" && wordOf(each) === "ForeignKey" && isLate(each)),
      ),
    },
  }));
  const keys = one.keys.filter((item) => !isLate(item));
  const made =
    attempt(table, table, "a part", () =>
      createTableSql(
        table.ref,
        [...columns, ...one.constraints, ...keys, ...one.indexes],
        table.named,
        context,
      ),
    ) ?? [];
  const alter = `ALTER TABLE ${tableSql(table.ref)} ADD`;
  const later = [
    ...one.columns.flatMap((column) => {
      const [name] = column.args.positional;
      return column.args.positional.flatMap((each) => {
        if (each.kind !== "call" || wordOf(each) !== "ForeignKey" || !isLate(each)) return [];
        const target = targetOf(namesIn(each.args.positional[0], "a referenced column"));
        const own = name?.kind === "string" ? [name.value] : [];
        return `${alter} ${foreignKeySql(nameIn(each.args.named.get("name")), table.ref, own, target, each.args.named, context)}`;
      });
    }),
    ...one.keys.filter(isLate).map((item) => `${alter} ${constraintSql(item, table.ref, context)}`),
  ];
  const statement = (sql: string): ModelStatement => ({ table: object, sql });
  return { now: made.map(statement), later: later.map(statement) };
}

/** CREATE SEQUENCE for those of the metadata, and for those that columns take their values from. */
function sequencesOf(
  ready: readonly Ready[],
  ofMetadata: readonly PythonCall[],
  {
    models,
    contextOf,
    attempt,
  }: {
    readonly models: Models;
    readonly contextOf: (table: ModelTable) => Context;
    readonly attempt: Attempt;
  },
): ModelStatement[] {
  const statements = new Set<string>();
  for (const { table, columns } of ready) {
    const { key, call } = table.metadata;
    const own = ofMetadata.filter(({ args }) => {
      const value = args.named.get("metadata");
      return value && metadataOf(value, models)?.key === key;
    });
    const schema = call?.args.named.get("schema");
    const shared = schema?.kind === "string" ? schema.value : null;
    const used = columns
      .flatMap(({ args }) => args.positional)
      .filter((item): item is PythonCall => item.kind === "call" && wordOf(item) === "Sequence")
      // One that is needed only where a database has no other way to count.
      .filter((item) => !isTrue(item.args.named.get("optional")));
    for (const each of new Set([...own, ...used])) {
      const inherits = each.args.named.has("metadata") ? shared : null;
      const sql = attempt(table, { module: table.module, at: each.at }, "a sequence", () =>
        createSequenceSql(each, inherits, contextOf(table)),
      );
      if (sql !== null) statements.add(sql);
    }
  }
  return [...statements].map((sql) => ({ table: null, sql }));
}

/** CREATE TYPE for every enumeration of a column, once; and where its labels stand. */
function enumTypes(
  ready: readonly Ready[],
  contextOf: (table: ModelTable) => Context,
  models: Models,
  objects: Map<string, Declared>,
): ModelStatement[] {
  const statements: ModelStatement[] = [];
  for (const { table, columns, object } of ready) {
    const context = contextOf(table);
    for (const call of columns) {
      const type = ownTypeOf(call);
      const described = type && typeOf(type, context).enum;
      if (!type || !described?.createdByTable || context.createdTypes.has(described.sql)) continue;
      context.createdTypes.add(described.sql);
      statements.push({ table: null, sql: createEnumSql(described) });
      const [name] = call.args.positional;
      const own = objects.get(`${object}.${name?.kind === "string" ? name.value : ""}`);
      const enumName = described.sql.replaceAll('"', "").replace(/^public\./, "");
      const places = placesOf(type, models);
      if (own && !objects.has(enumName)) objects.set(enumName, { ...own, ...places?.whole });
      for (const [i, label] of described.labels.entries()) {
        const key = `${enumName}.${label}`;
        if (own && !objects.has(key)) objects.set(key, { ...own, ...(places?.members[i] ?? places?.whole) });
      }
    }
  }
  return statements;
}

/** Where an enumeration and its members stand. */
function placesOf(
  type: PythonValue,
  models: Models,
): { readonly whole: Place; readonly members: readonly Place[] } | null {
  const [first] = type.kind === "call" ? type.args.positional : [];
  const value = first && models.settle(first);
  if (value?.kind !== "class") return null;
  const module = models.moduleOf(value);
  if (!module) return null;
  const { definition } = value;
  const members = membersOf(value).flatMap(([name]) => {
    const statement = definition.body.find(
      (each) =>
        each.kind === "assign" &&
        each.targets.some(([target]) => target?.kind === "name" && target.name === name),
    );
    return statement ? [placeIn(module, statement.at)] : [];
  });
  return {
    whole: placeIn(module, { start: definition.at.start, end: definition.at.start + 1 }),
    members,
  };
}
