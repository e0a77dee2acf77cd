import { readColumn } from "../alembic/columns.ts";
import { constraintSql } from "../alembic/constraints.ts";
import type { Context, NamingConvention } from "../alembic/context.ts";
import { createIndexSql } from "../alembic/indexes.ts";
import { tableSql } from "../alembic/names.ts";
import { isTrue } from "../alembic/types.ts";
import { Unreadable } from "../alembic/unreadable.ts";
import { placeIn } from "../code/places.ts";
import type { LoadedModule } from "../code/python-modules.ts";
import { describe } from "../code/python-run.ts";
import { type CallArguments, type PythonCall, type PythonValue, stringOf } from "../code/python-values.ts";
import type { Declared } from "../orm.ts";
import type { Dialect, ModelStatement, Span } from "../types.ts";
import { sqlalchemy } from "./annotations.ts";
import { type Models, wordOf } from "./classes.ts";
import type { ModelColumn } from "./columns.ts";
import { type Attempt, createAll, type Ready } from "./create-all.ts";
import { columnsIn, inDialect } from "./items.ts";
import type { ModelTable } from "./model-table.ts";
import { referencesAmong } from "./references.ts";
import { settling } from "./settle.ts";
import type { FoundTables } from "./tables.ts";
import { followType } from "./types.ts";

/** An index outside of any table, and the call around it where that says for which database it is. */
export interface LooseIndex {
  readonly call: PythonCall;
  readonly whole: PythonCall;
}

/** What the tables are rendered with. */
export interface Rendering {
  readonly dialect: Dialect;
  readonly models: Models;
  readonly found: FoundTables;
  readonly loose: readonly LooseIndex[];
  /** Sequences that are given their metadata. */
  readonly sequences: readonly PythonCall[];
  /** What functions of the project write in their own way. */
  readonly compiled: ReadonlySet<string>;
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

/** What `create_all` sends for the tables; what cannot be read is left out of it, and said. */
export function renderTables(tables: readonly ModelTable[], rendering: Rendering): Rendered {
  const { dialect, models, found, say } = rendering;
  const references = referencesAmong(tables, models, found);
  const { refer, belongs } = references;
  const { readyColumn, readyItem } = settling(models, references);
  const objects = new Map<string, Declared>();
  const partial = new Set<string>();
  const createdTypes = new Set<string>();
  const contextOf = (table: ModelTable): Context => ({
    dialect,
    naming: namingOf(table, rendering),
    createdTypes,
    qualifies: false,
    around: new Set(),
    compiled: rendering.compiled,
    ownType: (type) => followType(type, models, rendering.supers),
  });
  const attempt: Attempt = (table, at, what, read) => {
    try {
      return read();
    } catch (error) {
      if (!(error instanceof Unreadable)) throw error;
      say(at.module, at.at, `${what} of ${objectOf(table)} is not read: ${error.message}`);
      return null;
    }
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
      const rest = made === null ? withoutDefault(column, table, context) : null;
      if (made === null && rest === null) {
        partial.add(object);
        opaque.add(column.name);
        if (column.name === "") continue;
      }
      put(`${object}.${column.name}`, column, {
        hasOwnDefault: !made?.hasDefault,
        isOpaque: made === null,
        unsaid: column.unsaid,
      });
      const call = made?.call ?? rest;
      one.columns.push(call ?? standIn(column));
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
      ...rendering.loose.flatMap(({ call, whole }) =>
        belongs(call, table) && !table.items.includes(call) && !table.items.includes(whole) ? [whole] : [],
      ),
    ];
    for (const each of items) {
      const item = inDialect(each, dialect);
      if (item === null) continue;
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

  /** A column of which only the default is not known: it can still be a key, and be referred to. */
  function withoutDefault(column: ModelColumn, table: ModelTable, context: Context): PythonCall | null {
    const { named } = column.column.args;
    if (!named.has("server_default") || column.name === "" || column.problem !== null) return null;
    const left = new Map([...named].filter(([key]) => key !== "server_default"));
    const args = { ...column.column.args, named: left };
    try {
      const call = readyColumn({ ...column, column: { ...column.column, args } }, table);
      readColumn(call, context);
      return call;
    } catch (error) {
      if (error instanceof Unreadable) return null;
      throw error;
    }
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

  return { objects, partial, statements: createAll(ready, rendering, objects, contextOf, attempt) };
}

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
