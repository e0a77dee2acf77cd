import { tableSql } from "../alembic/names.ts";
import { type PythonCall, type PythonValue, pathOf, stringOf } from "../code/python-values.ts";
import { sqlalchemy } from "./annotations.ts";
import { isColumnCall, type Models, wordOf } from "./classes.ts";
import { type ModelColumn, partsOf } from "./columns.ts";
import type { ModelTable } from "./model-table.ts";
import type { FoundTables } from "./tables.ts";

/** A column that a model refers to; of a known table, though the column may not be. */
export interface ColumnReference {
  readonly table: ModelTable;
  readonly name: string;
}

/** How models refer to columns: by names, by attributes of classes and of `table.c`, by the call that makes a column. */
export interface References {
  /** What a foreign key points at: `users.id`, `User.id`. */
  refer(value: PythonValue, table: ModelTable): ColumnReference | null;
  /** A value with the columns that it refers to written as their names. */
  named(value: PythonValue, own: ModelTable): PythonValue;
  /** An attribute's name or a column as the column's name. */
  nameOfColumn(value: PythonValue, table: ModelTable): PythonValue;
  /** The type that a column has, or takes from the one that it refers to. */
  typeBehind(table: ModelTable, column: ModelColumn): PythonValue | null;
  /** Whether an index or a constraint outside of any class is on the table's columns. */
  belongs(call: PythonCall, table: ModelTable): boolean;
}

/** What the references of some tables' models stand for. */
export function referencesAmong(
  tables: readonly ModelTable[],
  models: Models,
  found: FoundTables,
): References {
  const byRef = new Map(tables.map((table) => [tableSql(table.ref), table]));
  const bySource = new Map<PythonValue, { table: ModelTable; column: ModelColumn }>();
  for (const table of tables)
    for (const column of table.columns)
      if (column.source && !bySource.has(column.source)) bySource.set(column.source, { table, column });

  /** A column by the value that refers to it: its call, an attribute of a class or of `table.c`. */
  const columnRefer = (value: PythonValue, own: ModelTable | null): ColumnReference | null => {
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
      const column = table?.columns.find(({ key }) => key === settled.name);
      return table ? { table, name: column?.name ?? settled.name } : null;
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
  /** What a foreign key points at: `users.id`, `User.id`. */
  const refer = (value: PythonValue, table: ModelTable): ColumnReference | null => {
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
  return {
    refer,
    named,
    nameOfColumn,
    typeBehind: (table, column) => typeBehind(table, column, new Set()),
    belongs,
  };
}

/** A column as a foreign key names it: `schema.table.column`. */
export function fullName({ table, name }: ColumnReference): string {
  return [table.ref.schema, table.ref.name, name].filter((part) => part !== null).join(".");
}

/** `column("a")` as an index or a key takes it: by its name. */
export function plain(value: PythonValue): PythonValue {
  return value.kind === "call" && pathOf(value.callee) === "sqlalchemy.column"
    ? (value.args.positional[0] ?? value)
    : value;
}

/** What `ForeignKeyConstraint([name, …], [target, …])` has for a column. */
function foreignPair(item: PythonValue, name: string): PythonValue[] {
  if (item.kind !== "call" || wordOf(item) !== "ForeignKeyConstraint") return [];
  const [own, other] = [
    item.args.positional[0] ?? item.args.named.get("columns"),
    item.args.positional[1] ?? item.args.named.get("refcolumns"),
  ];
  if (own?.kind !== "sequence" || other?.kind !== "sequence") return [];
  return own.items.flatMap((each, i) =>
    each.kind === "string" && each.value === name && other.items[i] ? [other.items[i]] : [],
  );
}

/** The type that a column's call names itself. */
export function ownTypeOf(call: PythonCall): PythonValue | null {
  const [, type] = call.args.positional;
  return type && partsOf(call, asWritten).type === type ? type : null;
}

const asWritten: Models = {
  settle: (value) => value,
  moduleOf: () => null,
  call: (callee) => callee,
  inheriting: new Set(),
};

function schemaOf({ metadata }: ModelTable): string | null {
  const schema = metadata.call?.args.named.get("schema");
  return schema?.kind === "string" ? schema.value : null;
}
