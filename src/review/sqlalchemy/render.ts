import { readColumn } from "../alembic/columns.ts";
import { constraintSql, foreignKeySql, targetOf } from "../alembic/constraints.ts";
import type { Context, NamingConvention } from "../alembic/context.ts";
import { createIndexSql } from "../alembic/indexes.ts";
import { nameIn, namesIn, quoteName, tableSql } from "../alembic/names.ts";
import { createTableSql } from "../alembic/tables.ts";
import { createEnumSql, isTrue, typeOf } from "../alembic/types.ts";
import { Unreadable } from "../alembic/unreadable.ts";
import { placeIn } from "../code/places.ts";
import { membersOf } from "../code/python-evaluate.ts";
import type { LoadedModule } from "../code/python-modules.ts";
import { describe } from "../code/python-run.ts";
import {
  type CallArguments,
  type PythonCall,
  type PythonValue,
  pathOf,
  stringOf,
} from "../code/python-values.ts";
import type { Declared } from "../orm.ts";
import type { Dialect, ModelStatement, Place, Span } from "../types.ts";
import { sqlalchemy } from "./annotations.ts";
import { isColumnCall, type Models, wordOf } from "./classes.ts";
import { type ModelColumn, partsOf } from "./columns.ts";
import type { FoundTables, ModelTable } from "./tables.ts";
import { followType } from "./types.ts";

/** What the tables are rendered with. */
export interface Rendering {
  readonly dialect: Dialect;
  readonly models: Models;
  readonly found: FoundTables;
  readonly loose: readonly { readonly call: PythonCall; readonly module: LoadedModule }[];
  readonly naming: ReadonlyMap<PythonValue | string, PythonValue>;
  readonly supers: CallArguments[];
  /** The module that a call stands in. */
  readonly origins: WeakMap<PythonCall, LoadedModule>;
  say(module: LoadedModule, at: Span, reason: string): void;
}

/** What the tables build, and where each part of them stands. */
export interface Rendered {
  readonly objects: ReadonlyMap<string, Declared>;
  readonly partial: ReadonlySet<string>;
  readonly statements: readonly ModelStatement[];
}

/** A table as it is rendered: only what could be read. */
interface Ready {
  readonly table: ModelTable;
  readonly object: string;
  readonly columns: PythonCall[];
  readonly keys: PythonCall[];
  readonly constraints: PythonCall[];
  readonly indexes: PythonCall[];
  readonly refersTo: Set<string>;
}

/** What `create_all` sends for the tables; what cannot be read is left out of it, and said. */
export function renderTables(tables: readonly ModelTable[], rendering: Rendering): Rendered {
  const { dialect, models, found, say } = rendering;
  const objects = new Map<string, Declared>();
  const partial = new Set<string>();
  const createdTypes = new Set<string>();
  const byRef = new Map(tables.map((table) => [tableSql(table.ref), table]));
  const bySource = new Map<PythonValue, { table: ModelTable; column: ModelColumn }>();
  for (const table of tables)
    for (const column of table.columns)
      if (column.source && !bySource.has(column.source)) bySource.set(column.source, { table, column });

  const contextOf = (table: ModelTable): Context => ({
    dialect,
    naming: namingOf(table, rendering),
    createdTypes,
    ownTypes: {},
    ownType: (type) => followType(type, models, rendering.supers),
  });
  const attempt = <T>(
    table: ModelTable,
    at: { module: LoadedModule; at: Span },
    what: string,
    read: () => T,
  ): T | null => {
    try {
      return read();
    } catch (error) {
      if (!(error instanceof Unreadable)) throw error;
      say(at.module, at.at, `${what} of ${objectOf(table)} is not read: ${error.message}`);
      return null;
    }
  };

  /** A column by the value that refers to it: its call, an attribute of a class or of `table.c`. */
  const columnRefer = (
    value: PythonValue,
    own: ModelTable | null,
  ): { table: ModelTable; name: string } | null => {
    const settled = models.settle(value);
    if (settled.kind === "call") {
      const mine = own?.columns.find(({ source }) => source === settled);
      if (own && mine) return { table: own, name: mine.name };
      const known = bySource.get(settled);
      return known ? { table: known.table, name: known.column.name } : null;
    }
    if (settled.kind !== "attribute") return null;
    const object = models.settle(settled.object);
    if (object.kind === "class") {
      const table = found.tableOf(object) ?? (own?.owner ? own : null);
      const column = table?.columns.find(({ key }) => key === settled.name);
      return table && column ? { table, name: column.name } : null;
    }
    if (object.kind === "attribute" && /^(c|columns)$/.test(object.name)) {
      const call = models.settle(object.object);
      const table = tables.find(
        ({ source, owner }) =>
          source === call ||
          (call.kind === "attribute" &&
            call.name === "__table__" &&
            owner !== null &&
            owner === models.settle(call.object)),
      );
      return table ? { table, name: settled.name } : null;
    }
    return null;
  };
  /** A value with columns that it refers to written as their names. */
  const named = (value: PythonValue, own: ModelTable): PythonValue => {
    const column = isColumnCall(value) || value.kind === "attribute" ? columnRefer(value, own) : null;
    if (column)
      return {
        kind: "call",
        callee: sqlalchemy("column"),
        args: { positional: [stringOf(column.name)], named: new Map() },
        at: { start: 0, end: 0 },
      };
    switch (value.kind) {
      case "call":
        return {
          ...value,
          callee:
            value.callee.kind === "attribute" && pathOf(value.callee) === null
              ? { ...value.callee, object: named(value.callee.object, own) }
              : value.callee,
          args: {
            positional: value.args.positional.map((each) => named(each, own)),
            named: new Map([...value.args.named].map(([key, each]) => [key, named(each, own)])),
          },
        };
      case "operation":
        return { ...value, left: value.left && named(value.left, own), right: named(value.right, own) };
      case "sequence":
        return { ...value, items: value.items.map((each) => named(each, own)) };
      case "name":
        return models.settle(value);
      default:
        return value;
    }
  };
  /** `column("a")` as an index or a key takes it: by its name. */
  const plain = (value: PythonValue): PythonValue =>
    value.kind === "call" && pathOf(value.callee) === "sqlalchemy.column"
      ? (value.args.positional[0] ?? value)
      : value;

  /** The type that a column takes from the one that it refers to. */
  const typeBehind = (table: ModelTable, column: ModelColumn, seen: Set<ModelColumn>): PythonValue | null => {
    if (seen.has(column)) return null;
    seen.add(column);
    const type = ownTypeOf(column.column);
    if (type) return type;
    if (column.problem !== null) return null;
    const targets = [
      ...column.column.args.positional.flatMap((each) =>
        wordOf(each) === "ForeignKey" && each.kind === "call"
          ? [each.args.positional[0] ?? each.args.named.get("column")]
          : [],
      ),
      ...table.items.flatMap((item) => foreignPair(item, column.name)),
    ];
    for (const target of targets) {
      const at = target && refer(target, table);
      const other = at?.table.columns.find(({ name }) => name === at.name);
      const found = at && other && typeBehind(at.table, other, seen);
      if (found) return found;
    }
    return null;
  };
  const foreignPair = (item: PythonValue, name: string): PythonValue[] => {
    if (item.kind !== "call" || wordOf(item) !== "ForeignKeyConstraint") return [];
    const [own, other] = [
      item.args.positional[0] ?? item.args.named.get("columns"),
      item.args.positional[1] ?? item.args.named.get("refcolumns"),
    ];
    if (own?.kind !== "sequence" || other?.kind !== "sequence") return [];
    return own.items.flatMap((each, i) =>
      each.kind === "string" && each.value === name && other.items[i] ? [other.items[i]] : [],
    );
  };
  /** What a foreign key points at: `users.id`, `User.id`. */
  const refer = (value: PythonValue, table: ModelTable): { table: ModelTable; name: string } | null => {
    const settled = models.settle(value);
    if (settled.kind !== "string") return columnRefer(settled, table);
    const parts = settled.value.split(".");
    const name = parts.at(-1) ?? "";
    const own = parts.length > 2 ? parts.slice(0, -2).join(".") : schemaOf(table);
    const other = byRef.get(tableSql({ name: parts.at(-2) ?? "", schema: own }));
    return other
      ? {
          table: other,
          name: other.columns.find((column) => column.name === name || column.key === name)?.name ?? name,
        }
      : null;
  };

  const ready: Ready[] = tables.map((table) => {
    const object = objectOf(table);
    const context = { ...contextOf(table), createdTypes: new Set<string>() };
    const one: Ready = {
      table,
      object,
      columns: [],
      keys: [],
      constraints: [],
      indexes: [],
      refersTo: new Set(),
    };
    const put = (name: string, at: { module: LoadedModule; at: Span }, more: Partial<Declared> = {}) => {
      if (objects.has(name)) return;
      objects.set(name, {
        ...placeIn(at.module, at.at),
        hasOwnDefault: true,
        isOpaque: false,
        unsaid: [],
        ...more,
      });
    };
    put(object, { module: table.module, at: headOf(table) });
    for (const { module, at, reason } of table.lost) {
      partial.add(object);
      say(module, at, `${object} is not read in full: ${reason}`);
    }
    const opaque = new Set<string>();
    for (const column of table.columns) {
      if (isTrue(column.column.args.named.get("system"))) continue;
      const made = attempt(table, column, `the column ${column.name}`, () => {
        if (column.name === "") throw new Unreadable("its name is known only when it runs");
        if (column.problem !== null) throw new Unreadable(column.problem);
        const call = readyColumn(column, table);
        const read = readColumn(call, context);
        return { call, hasDefault: read.defaultSql !== null };
      });
      if (made === null) {
        partial.add(object);
        opaque.add(column.name);
        if (column.name === "") continue;
      }
      put(`${object}.${column.name}`, column, {
        hasOwnDefault: !made?.hasDefault,
        isOpaque: made === null,
        unsaid: column.unsaid,
      });
      one.columns.push(made?.call ?? standIn(column));
      const call = made?.call;
      if (!call) continue;
      const refers = call.args.positional.some((each) => wordOf(each) === "ForeignKey");
      if (
        refers ||
        isTrue(call.args.named.get("unique")) ||
        isTrue(call.args.named.get("index")) ||
        isTrue(call.args.named.get("primary_key"))
      )
        put(`${object}(${column.name})`, column);
    }
    const names = new Set(table.columns.map(({ name }) => name));
    const items = [
      ...table.items,
      ...rendering.loose.flatMap(({ call }) =>
        belongs(call, table) && !table.items.includes(call) ? [call] : [],
      ),
    ];
    for (const item of items) {
      if (item.kind !== "call") {
        partial.add(object);
        say(
          table.module,
          table.at,
          `${object} is not read in full: ${describe(item)} is known only when it runs`,
        );
        continue;
      }
      const at = { module: rendering.origins.get(item) ?? table.module, at: item.at };
      const word = wordOf(item);
      const call = readyItem(item, table);
      const columns = columnsIn(call, word);
      // A column that is not read was told already.
      if (columns.some((name) => opaque.has(name))) {
        if (word === "ForeignKeyConstraint" || word === "PrimaryKeyConstraint") partial.add(object);
        continue;
      }
      const stranger = columns.find((name) => !names.has(name));
      const read = attempt(table, at, word === "Index" ? "an index" : "a constraint", () => {
        if (stranger !== undefined) throw new Unreadable(`it is on ${stranger}, which is not known`);
        if (word === "Index") return indexSql(call, table, context);
        return constraintSql(call, table.ref, context);
      });
      if (read === null) {
        if (word === "ForeignKeyConstraint" || word === "PrimaryKeyConstraint") partial.add(object);
        continue;
      }
      put(`${object}(${columns.join(", ")})`, at);
      if (word === "Index") one.indexes.push(call);
      else if (word === "ForeignKeyConstraint") one.keys.push(call);
      else one.constraints.push(call);
    }
    dropUnknownReferences(one);
    return one;
  });

  function readyColumn(column: ModelColumn, table: ModelTable): PythonCall {
    const { column: call } = column;
    const [name, ...rest] = call.args.positional;
    const type = ownTypeOf(call);
    const items = rest
      .filter((each) => each !== type)
      .map((item) =>
        wordOf(item) === "ForeignKey" && item.kind === "call" ? readyForeignKey(item, table) : item,
      );
    const args = new Map(
      [...call.args.named]
        .map(([key, value]) => [key, models.settle(value)] as const)
        .filter(([key, value]) => key !== "server_default" || wordOf(value) !== "FetchedValue"),
    );
    const enumerated = type ?? typeBehind(table, column, new Set());
    if (!enumerated && items.some((each) => wordOf(each) === "ForeignKey"))
      throw new Unreadable("it has the type of a column that is not known");
    if (!enumerated && !isTrue(args.get("system"))) throw new Unreadable("it has no type");
    const withSchema = enumerated && inherit(enumerated, table);
    return {
      ...call,
      args: {
        positional: [
          name ?? stringOf(""),
          ...(withSchema ? [withSchema] : []),
          ...items.filter((each) => wordOf(each) !== "FetchedValue"),
        ],
        named: args,
      },
    };
  }
  /** `Enum(…, inherit_schema=True)` is made in the table's schema. */
  function inherit(type: PythonValue, table: ModelTable): PythonValue {
    if (type.kind !== "call" || !isTrue(type.args.named.get("inherit_schema")) || table.ref.schema === null)
      return type;
    return {
      ...type,
      args: { ...type.args, named: new Map([...type.args.named, ["schema", stringOf(table.ref.schema)]]) },
    };
  }
  function readyForeignKey(item: PythonCall, table: ModelTable): PythonCall {
    const [first, ...rest] = item.args.positional;
    const target = first ?? item.args.named.get("column");
    const at = target && refer(target, table);
    return at
      ? { ...item, args: { ...item.args, positional: [stringOf(fullName(at)), ...rest] } }
      : {
          ...item,
          args: { ...item.args, positional: item.args.positional.map((each) => models.settle(each)) },
        };
  }
  function readyItem(item: PythonCall, table: ModelTable): PythonCall {
    const word = wordOf(item);
    if (word === "ForeignKeyConstraint") {
      const [own, other, ...rest] = [
        item.args.positional[0] ?? item.args.named.get("columns"),
        item.args.positional[1] ?? item.args.named.get("refcolumns"),
        ...item.args.positional.slice(2),
      ];
      const list =
        own?.kind === "sequence"
          ? { ...own, items: own.items.map((each) => nameOfColumn(each, table)) }
          : own;
      const targets =
        other?.kind === "sequence"
          ? {
              ...other,
              items: other.items.map((each) => {
                const at = refer(each, table);
                return at ? stringOf(fullName(at)) : each;
              }),
            }
          : other;
      const left = new Map([...item.args.named].filter(([key]) => key !== "columns" && key !== "refcolumns"));
      return {
        ...item,
        args: { positional: [list, targets, ...rest].flatMap((each) => each ?? []), named: left },
      };
    }
    const isIndex = word === "Index";
    const positional = item.args.positional.map((each, i) =>
      isIndex && i === 0 ? models.settle(each) : plain(named(models.settle(each), table)),
    );
    // An attribute's name stands for its column.
    const byKey = positional.map((each, i) =>
      word === "CheckConstraint" || (isIndex && i === 0) ? each : nameOfColumn(each, table),
    );
    const options = new Map(
      [...item.args.named].map(([key, each]) => [key, named(models.settle(each), table)] as const),
    );
    return { ...item, args: { positional: byKey, named: options } };
  }
  function nameOfColumn(value: PythonValue, table: ModelTable): PythonValue {
    if (value.kind !== "string") {
      const at = columnRefer(value, table);
      return at ? stringOf(at.name) : value;
    }
    if (table.columns.some(({ name }) => name === value.value)) return value;
    const byKey = table.columns.find(({ key }) => key === value.value);
    return byKey ? stringOf(byKey.name) : value;
  }
  function belongs(call: PythonCall, table: ModelTable): boolean {
    return call.args.positional.slice(1).some((each) => touches(each, table));
  }
  function touches(value: PythonValue, table: ModelTable): boolean {
    if (value.kind === "attribute" || isColumnCall(value)) {
      const at = columnRefer(value, null);
      if (at) return at.table === table;
    }
    if (value.kind === "call")
      return (
        value.args.positional.some((each) => touches(each, table)) ||
        (value.callee.kind === "attribute" && touches(value.callee.object, table))
      );
    return (
      value.kind === "operation" &&
      [value.left, value.right].some((each) => each !== null && touches(each, table))
    );
  }
  function fullName({ table, name }: { table: ModelTable; name: string }): string {
    return [table.ref.schema, table.ref.name, name].filter((part) => part !== null).join(".");
  }
  /** Keys to tables that are not known cannot be built: what the table lacks says nothing then. */
  function dropUnknownReferences(one: Ready): void {
    const drop = (item: PythonCall): boolean => {
      const target = item.args.positional[wordOf(item) === "ForeignKey" ? 0 : 1];
      const first = target?.kind === "sequence" ? target.items[0] : target;
      const at = first && refer(first, one.table);
      if (at?.table.columns.some(({ name }) => name === at.name)) {
        if (at.table !== one.table) one.refersTo.add(tableSql(at.table.ref));
        return false;
      }
      partial.add(one.object);
      say(
        rendering.origins.get(item) ?? one.table.module,
        item.at,
        `a foreign key of ${one.object} is not read: the column that it refers to is not known`,
      );
      return true;
    };
    one.columns.splice(
      0,
      one.columns.length,
      ...one.columns.map((column) => ({
        ...column,
        args: {
          ...column.args,
          positional: column.args.positional.filter(
            (each) => !(each.kind === "call" && wordOf(each) === "ForeignKey" && drop(each)),
          ),
        },
      })),
    );
    one.keys.splice(0, one.keys.length, ...one.keys.filter((each) => !drop(each)));
  }

  const types = enumTypes(ready, contextOf, rendering, objects);
  const sent = inOrder(ready).map((placed) => statementsOf(placed, contextOf(placed.one.table), attempt));
  const schemas = [
    ...new Set(
      tables.flatMap(({ ref }) => (ref.schema === null || ref.schema === "public" ? [] : [ref.schema])),
    ),
  ];
  return {
    objects,
    partial,
    statements: [
      ...(dialect === "postgresql"
        ? schemas.map((schema) => ({ table: null, sql: `CREATE SCHEMA IF NOT EXISTS ${quoteName(schema)}` }))
        : []),
      ...types,
      ...sent.flatMap(({ now }) => now),
      ...sent.flatMap(({ later }) => later),
    ],
  };
}

function ownTypeOf(call: PythonCall): PythonValue | null {
  const [, type] = call.args.positional;
  return type && partsOf(call, asWritten).type === type ? type : null;
}

const asWritten: Models = { settle: (value) => value, moduleOf: () => null, call: (callee) => callee };

/** A column of which the name is all that is known. */
function standIn({ name }: ModelColumn): PythonCall {
  return {
    kind: "call",
    callee: sqlalchemy("Column"),
    args: { positional: [stringOf(name), sqlalchemy("Text")], named: new Map() },
    at: { start: 0, end: 0 },
  };
}

/** The table's name as the database's schema has it. */
function objectOf({ ref }: ModelTable): string {
  return ref.schema === null || ref.schema === "public" ? ref.name : `${ref.schema}.${ref.name}`;
}

function headOf({ at, owner }: ModelTable): Span {
  return owner ? { start: at.start, end: at.start + 1 } : at;
}

function schemaOf({ metadata }: ModelTable): string | null {
  const schema = metadata.call?.args.named.get("schema");
  return schema?.kind === "string" ? schema.value : null;
}

/** `MetaData(naming_convention=…)`, and what SQLAlchemy names an index without one. */
function namingOf({ metadata }: ModelTable, { naming, models }: Rendering): NamingConvention {
  const value = naming.get(metadata.key) ?? metadata.call?.args.named.get("naming_convention");
  const given = value && models.settle(value);
  const pairs =
    given?.kind === "dict"
      ? given.entries.flatMap(([key, pattern]) =>
          key.kind === "string" && pattern.kind === "string" ? [[key.value, pattern.value] as const] : [],
        )
      : [];
  return { ix: "ix_%(column_0_label)s", ...Object.fromEntries(pairs) };
}

function indexSql({ args }: PythonCall, { ref }: ModelTable, context: Context): string {
  const [name, ...columns] = args.positional;
  return createIndexSql(
    { name, table: ref, columns, unique: isTrue(args.named.get("unique")), named: args.named },
    context,
  );
}

/** Names of the columns that a constraint or an index is on. */
function columnsIn({ args }: PythonCall, word: string | null): string[] {
  if (word === "CheckConstraint" || word === "ExcludeConstraint") return [];
  if (word === "ForeignKeyConstraint") {
    const [own] = args.positional;
    return own?.kind === "sequence"
      ? own.items.flatMap((each) => (each.kind === "string" ? [each.value] : []))
      : [];
  }
  return args.positional.slice(word === "Index" ? 1 : 0).flatMap(columnNames);
}

function columnNames(value: PythonValue): string[] {
  if (value.kind === "string") return [value.value];
  if (value.kind === "call" && pathOf(value.callee) === "sqlalchemy.column") {
    const [name] = value.args.positional;
    return name?.kind === "string" ? [name.value] : [];
  }
  return [];
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

type Attempt = <T>(
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
    if (late.size === 0 || context.dialect === "sqlite") return false;
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

/** CREATE TYPE for every enumeration of a column, once; and where its labels stand. */
function enumTypes(
  ready: readonly Ready[],
  contextOf: (table: ModelTable) => Context,
  { models }: Rendering,
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
