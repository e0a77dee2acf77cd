import type { LoadedModule } from "../code/python-modules.ts";
import { describe } from "../code/python-run.ts";
import { isNone, type PythonCall, type PythonValue, pathOf, type Scope } from "../code/python-values.ts";
import type { Span } from "../types.ts";
import {
  basesOf,
  isCascading,
  isColumnCall,
  isComputed,
  isSentinel,
  keywordOf,
  lineageOf,
  type Models,
  memberOf,
  type PythonClassValue,
  type Root,
  rootOf,
  wordOf,
} from "./classes.ts";
import { type ClassColumns, declaredColumns, type ModelColumn, typeMapOf } from "./columns.ts";
import { metadataOfClass } from "./metadata.ts";
import { type LostModel, type ModelTable, newTable, withSchema } from "./model-table.ts";
import { sqlmodelColumns } from "./sqlmodel-columns.ts";
import { readTableCall } from "./table-calls.ts";

export interface FoundTables {
  readonly tables: readonly ModelTable[];
  readonly lost: readonly LostModel[];
  /** The table of a class, its own or the one of the class that it is stored with. */
  tableOf(value: PythonClassValue): ModelTable | null;
}

/** Every table that the classes and the `Table(…)` calls of a project declare. */
export function findTables(
  modules: Iterable<LoadedModule>,
  calls: readonly { readonly call: PythonCall; readonly module: LoadedModule }[],
  models: Models,
): FoundTables {
  const tables: ModelTable[] = [];
  const lost: LostModel[] = [];
  const byClass = new Map<PythonClassValue, ModelTable | null>();

  for (const { call, module } of calls) {
    const table = readTableCall(call, module, models, lost);
    if (table) tables.push(table);
  }

  const tableOf = (value: PythonClassValue): ModelTable | null => {
    const known = byClass.get(value);
    if (known !== undefined) return known;
    byClass.set(value, null);
    const table = readClass(value);
    byClass.set(value, table);
    return table;
  };

  /** The nearest class that it inherits from and that has a table. */
  const parentOf = (value: PythonClassValue): PythonClassValue | null =>
    lineageOf(value, models)
      .classes.slice(1)
      .find((each) => tableOf(each) !== null) ?? null;

  function readClass(value: PythonClassValue): ModelTable | null {
    const module = models.moduleOf(value);
    if (!module || isAbstract(value, models)) return null;
    const at = headOf(value);
    const root = rootOf(value, models);
    if (!root) {
      if (looksMapped(value, models))
        lost.push({ module, at, reason: `${value.definition.name} is a model whose base could not be read` });
      return null;
    }
    if (root.base === value) return null;
    if (root.kind === "sqlmodel") return readSqlmodel(value, module, root);
    if (memberOf(value, "__table_cls__", models)) {
      const reason = `${value.definition.name} says by __table_cls__ whether it has a table`;
      lost.push({ module, at, reason });
      return null;
    }
    const own = value.members.names.get("__table__");
    if (own) {
      const call = models.settle(own);
      const table = tables.find(({ source }) => source === call);
      if (!table)
        lost.push({
          module,
          at,
          reason: `the table of ${value.definition.name} is ${describe(call)}, known only when it runs`,
        });
      return table ?? null;
    }
    const parent = parentOf(value);
    if (parent) models.inheriting.add(value);
    const mapped = new Set(parent ? lineageOf(parent, models).classes : []);
    const line = lineageOf(value, models).classes.filter((each) => !mapped.has(each));
    const isMapped = (each: PythonClassValue) => each !== value && tableOf(each) !== null;
    const name = tableName(value, { line, isMapped, hasParent: parent !== null }, root, models);
    if (typeof name === "object" && name !== null) {
      lost.push({
        module,
        at,
        reason: `the table's name of ${value.definition.name} is ${name.reason}, known only when it runs`,
      });
      return null;
    }
    const found = columnsOf(value, line, root, models);
    if (name === null) {
      const table = parent && tableOf(parent);
      if (table) {
        // Stored in its parent's table: what it adds, it adds there.
        const has = new Set(table.columns.map((column) => column.name));
        table.columns.push(...found.columns.filter((column) => !has.has(column.name)));
        table.lost.push(...found.lost.map((each) => ({ ...each, module })));
      } else {
        lost.push({ module, at, reason: `${value.definition.name} names no table` });
      }
      return table;
    }
    const metadata = metadataOfClass(value, root, models);
    const table = newTable(name, metadata, found.columns, { module, at, owner: value, source: null });
    table.lost.push(
      ...found.lost.map((each) => ({ ...each, module })),
      ...strangersOf(value, root, models).map((reason) => ({ module, at, reason })),
    );
    readArguments(tableArguments(value, line, module, models), table, models);
    tables.push(withSchema(table));
    return tables.at(-1) ?? null;
  }

  function readSqlmodel(value: PythonClassValue, module: LoadedModule, root: Root): ModelTable | null {
    const flag = keywordOf(value, "table", module.run);
    if (!(flag?.kind === "constant" && flag.value === true)) {
      if (flag && flag.kind !== "constant")
        lost.push({
          module,
          at: headOf(value),
          reason: `whether ${value.definition.name} is a table is known only when it runs`,
        });
      return null;
    }
    const at = headOf(value);
    const line = lineageOf(value, models).classes;
    const name = tableName(value, { line, isMapped: () => false, hasParent: false }, root, models);
    if (typeof name === "object") {
      lost.push({
        module,
        at,
        reason: `the table's name of ${value.definition.name} is known only when it runs`,
      });
      return null;
    }
    const found = sqlmodelColumns(value, models);
    const metadata = metadataOfClass(value, root, models);
    const table = newTable(name, metadata, found.columns, { module, at, owner: value, source: null });
    table.lost.push(...strangersOf(value, root, models).map((reason) => ({ module, at, reason })));
    if (parentOf(value))
      table.lost.push({ module, at, reason: "it inherits from a model that has a table of its own" });
    readArguments(tableArguments(value, line, module, models), table, models);
    tables.push(withSchema(table));
    return tables.at(-1) ?? null;
  }

  for (const module of modules) {
    for (const value of classesIn(module.scope)) tableOf(value);
  }
  return { tables, lost, tableOf: (value) => byClass.get(value) ?? null };
}

/** The classes that a module defines itself. */
export function classesIn(scope: Scope): PythonClassValue[] {
  return [...scope.names.values()].flatMap((value) =>
    value.kind === "class" && value.scope === scope ? [value] : [],
  );
}

function headOf({ definition }: PythonClassValue): Span {
  return { start: definition.at.start, end: definition.at.start + 1 };
}

/** A base of concrete classes has no table of its own either: it is put together from theirs. */
function isAbstract(value: PythonClassValue, models: Models): boolean {
  const flag = value.members.names.get("__abstract__");
  if (flag?.kind === "constant" && flag.value === true) return true;
  return basesOf(value, models).some((base) => pathOf(base)?.endsWith(".AbstractConcreteBase"));
}

function looksMapped(value: PythonClassValue, models: Models): boolean {
  const { outside } = lineageOf(value, models);
  const isOpen = outside.some(
    (base) =>
      base.kind === "unknown" ||
      !/^(builtins|typing|abc|enum|dataclasses|pydantic)\./.test(pathOf(base) ?? "unknown."),
  );
  return isOpen && value.members.names.has("__tablename__");
}

/** Bases from libraries that may bring columns of their own. */
function strangersOf(value: PythonClassValue, root: Root, models: Models): string[] {
  return lineageOf(value, models).outside.flatMap((base) => {
    if (base === root.base || (base.kind === "attribute" && base.object === root.base)) return [];
    const path = pathOf(base);
    if (
      path !== null &&
      /^(builtins|typing|typing_extensions|abc|enum|dataclasses|pydantic|sqlalchemy|sqlmodel|collections)(\.|$)/.test(
        path,
      )
    )
      return [];
    if (base.kind === "call" && /^(declarative_base|automap_base|generate_base)$/.test(wordOf(base) ?? ""))
      return [];
    if (base.kind === "attribute" && base.name === "Model") return [];
    return [
      `${value.definition.name} inherits from ${describe(base)}, which is not read and may have columns`,
    ];
  });
}

function columnsOf(
  value: PythonClassValue,
  line: readonly PythonClassValue[],
  root: Root,
  models: Models,
): ClassColumns {
  const map = typeMapOf(value, root.base, models);
  const columns: ModelColumn[] = [];
  const seen = new Set<string>();
  const lost: ClassColumns["lost"][number][] = [];
  const inherited = lineageOf(value, models).classes.filter((each) => !line.includes(each));
  for (const each of [...line, ...inherited]) {
    const all = declaredColumns(each, value, map, models);
    const isMade = (name: string) => line.includes(each) || isCascading(each.members.names.get(name));
    const found = {
      // A sentinel is no attribute, so that the children's tables get one of their own.
      columns: all.columns.filter(({ key, source }) => isMade(key) || (source && isSentinel(source))),
      others: [...all.others].filter(isMade),
      lost: all.lost.filter(({ name }) => isMade(name)),
    };
    const own = [...found.columns.map(({ key }) => key), ...found.others];
    columns.push(...found.columns.filter(({ key }) => !seen.has(key)));
    lost.push(...found.lost.filter(({ name }) => !seen.has(name)));
    for (const key of own) seen.add(key);
  }
  const order = (column: ModelColumn) => {
    const given = column.source?.kind === "call" ? column.source.args.named.get("sort_order") : undefined;
    return given?.kind === "number" ? given.value : 0;
  };
  return { columns: columns.toSorted((a, b) => order(a) - order(b)), others: seen, lost };
}

/** The name of a class's table: null when it has none of its own, a reason when it is not known. */
function tableName(
  value: PythonClassValue,
  {
    line,
    isMapped,
    hasParent,
  }: {
    readonly line: readonly PythonClassValue[];
    readonly isMapped: (value: PythonClassValue) => boolean;
    readonly hasParent: boolean;
  },
  root: Root,
  models: Models,
): string | null | { readonly reason: string } {
  // What a mixin says holds for the children of who takes it as well; of a table's own class only what is worked out for each.
  const holder = lineageOf(value, models).classes.find((each) => {
    const own = each.members.names.get("__tablename__");
    return own && (line.includes(each) || !isMapped(each) || isComputed(own));
  });
  const member = holder?.members.names.get("__tablename__");
  const { run } = models.moduleOf(value) ?? {};
  if (member && run) {
    const isMethod = isComputed(member) || member.kind === "function";
    const name = models.settle(isMethod ? models.call(member, [value], run) : member);
    if (name.kind === "string") return name.value;
    if (isNone(name)) return null;
    return { reason: describe(name) };
  }
  const own = value.definition.name;
  if (root.kind === "sqlmodel") return own.toLowerCase();
  if (root.kind !== "flask" || hasParent) return null;
  // Flask-SQLAlchemy, "Models and Tables": the class's name in snake case.
  return own.replaceAll(/((?<=[a-z0-9])[A-Z]|(?!^)[A-Z](?=[a-z]))/g, "_$1").toLowerCase();
}

function tableArguments(
  value: PythonClassValue,
  line: readonly PythonClassValue[],
  module: LoadedModule,
  models: Models,
): PythonValue | null {
  const holder = line.find(({ members }) => members.names.has("__table_args__"));
  const member = holder?.members.names.get("__table_args__");
  if (!member) return null;
  return member.kind === "function" ? models.call(member, [value], module.run) : models.settle(member);
}

function readArguments(given: PythonValue | null, table: ModelTable, models: Models): void {
  if (given === null || isNone(given)) return;
  if (given.kind === "dict") {
    for (const [key, value] of given.entries)
      if (key.kind === "string") table.named.set(key.value, models.settle(value));
    return;
  }
  if (given.kind !== "sequence") {
    table.lost.push({
      module: table.module,
      at: table.at,
      reason: `its __table_args__ is ${describe(given)}, known only when it runs`,
    });
    return;
  }
  for (const item of given.items) {
    const settled = models.settle(item);
    if (settled.kind === "dict") readArguments(settled, table, models);
    else if (isColumnCall(settled) && settled.kind === "call") continue;
    else table.items.push(settled);
  }
}
