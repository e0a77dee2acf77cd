import { isLibrary } from "../alembic/database.ts";
import { quotedName } from "../alembic/names.ts";
import { placeIn } from "../code/places.ts";
import { importsIn, type LoadedModule, linkModules, pythonPaths } from "../code/python-modules.ts";
import { describe } from "../code/python-run.ts";
import {
  type CallArguments,
  type PythonCall,
  type PythonValue,
  pathOf,
  type Scope,
  stringOf,
  unknown,
} from "../code/python-values.ts";
import type { ModelReading } from "../orm.ts";
import { fileNameOf } from "../paths.ts";
import type { Dialect, ModelFile, Skipped, Span } from "../types.ts";
import { sqlalchemy } from "./annotations.ts";
import { classAttribute, isColumnCall, isFlask, type Models, wordOf } from "./classes.ts";
import { metadataOf } from "./metadata.ts";
import type { ModelTable } from "./model-table.ts";
import { renderTables } from "./render.ts";
import { tableColumn } from "./table-calls.ts";
import { findTables } from "./tables.ts";

/** What the modules of one side declare, and what `create_all` would send for it. */
export function readModels(files: readonly ModelFile[], dialect: Dialect): ModelReading {
  const texts = new Map(files.map(({ path, text }) => [path, text]));
  const paths = pythonPaths([...texts.keys()], isLibrary);
  const calls: { call: PythonCall; module: LoadedModule }[] = [];
  const loose: { call: PythonCall; whole: PythonCall }[] = [];
  const sequences: PythonCall[] = [];
  const supers: CallArguments[] = [];
  const origins = new WeakMap<PythonCall, LoadedModule>();
  const skipped: Skipped[] = [];
  let isIncomplete = false;
  let isLoading = true;
  let opened = 0;

  const say = (module: LoadedModule, at: Span, reason: string) => {
    const { line } = placeIn(module, at);
    if (skipped.some((one) => one.path === module.path && one.line === line)) return;
    skipped.push({ path: module.path, line, reason, matters: false });
  };
  const appended: { object: PythonValue; item: PythonValue; module: LoadedModule }[] = [];
  const inheriting = new Set<PythonValue>();
  const homes = new Map<Scope, LoadedModule>();
  const models: Models = {
    settle: (value) => quotedName(project.settle(value)),
    inheriting,
    moduleOf: ({ scope }) => {
      if (!homes.has(scope)) for (const module of project.modules.values()) homes.set(module.scope, module);
      return homes.get(scope) ?? null;
    },
    call(callee, positional, run) {
      const before = opened;
      const given = run.callOwn(callee, { positional, named: new Map() }, { start: 0, end: 0 });
      return opened > before ? unknown(describe(callee)) : given;
    },
  };
  const naming = new Map<PythonValue | string, PythonValue>();
  const added: { object: PythonValue; name: string; value: PythonValue }[] = [];
  const project = linkModules(texts, paths, {
    attribute(object, name, run) {
      if (pathOf(object) === "alembic.dialect") return name === "name" ? stringOf(dialect) : null;
      if (object.kind === "class") return classAttribute(object, name, run, models);
      // Flask's `db.Column` is SQLAlchemy's.
      if (
        object.kind === "call" &&
        /^[A-Z]|^(relationship|mapped_column|func|text|declared_attr|backref|deferred|column_property)/.test(
          name,
        ) &&
        !/^(Model|Table)$/.test(name) &&
        isFlask(object, models)
      )
        return sqlalchemy(name);
      return null;
    },
    call(call, module) {
      origins.set(call, module);
      const word = wordOf(call);
      if (word === "Table" && isLoading) calls.push({ call, module });
      if (word === "Index" && isLoading) loose.push({ call, whole: call });
      if (word === "Sequence" && isLoading && call.args.named.has("metadata")) sequences.push(call);
      const { callee } = call;
      if (word === "ddl_if" && callee.kind === "attribute")
        for (const one of loose) if (one.call === callee.object) one.whole = call;
      const [first] = call.args.positional;
      if (isLoading && outside.test(word ?? "") && callee.kind === "attribute") {
        isIncomplete = true;
        say(module, call.at, `${word}() makes a table that is not followed`);
      }
      if (word === "has_inherited_table" && first)
        return { kind: "constant", value: inheriting.has(models.settle(first)) };
      if (
        /^append_(constraint|column)$/.test(word ?? "") &&
        callee.kind === "attribute" &&
        first &&
        isLoading
      )
        appended.push({ object: callee.object, item: first, module });
      if (callee.kind === "attribute" && callee.name === "__init__" && wordOf(callee.object) === "super")
        supers.push(call.args);
      return null;
    },
    assigned(object, name, value) {
      if (isLoading) added.push({ object, name, value });
    },
    open(module, span, reason) {
      opened += 1;
      if (!isLoading || span === null) return;
      if (
        !/\bclass\s|\bTable\(|\bColumn\(|mapped_column\(|declarative_base/.test(
          module.text.slice(span.start, span.end),
        )
      )
        return;
      isIncomplete = true;
      say(module, span, reason);
    },
  });
  for (const path of texts.keys()) project.load(path);
  isLoading = false;

  const found = findTables(project.modules.values(), calls, models);
  for (const { module, at, reason } of found.lost) {
    isIncomplete = true;
    say(module, at, reason);
  }
  for (const { object, item, module } of appended) {
    const source = models.settle(object);
    const table = found.tables.find((each) => each.source === source);
    const settled = models.settle(item);
    if (!table || settled.kind !== "call") continue;
    if (isColumnCall(settled)) table.columns.push(tableColumn(settled, module, models));
    else table.items.push(settled);
  }
  for (const { object, name, value } of added) {
    const settled = models.settle(object);
    if (name === "naming_convention") {
      const metadata = metadataOf(settled, models);
      if (metadata) naming.set(metadata.key, models.settle(value));
    } else if (settled.kind === "class") {
      const table = found.tableOf(settled);
      if (table && isColumnCall(models.settle(value)))
        table.lost.push({ module: table.module, at: table.at, reason: `${name} is added to it later` });
    }
  }

  const target = targetOf(files, project.modules, models);
  const wanted = chosen(found.tables, target);
  if (wanted.length < found.tables.length && target.length === 0) isIncomplete = true;
  if (target.length === 0 || hasOpenImports(texts, paths)) isIncomplete = true;
  const { objects, partial, statements } = renderTables(wanted, {
    dialect,
    models,
    found,
    loose,
    sequences,
    compiled: compiledIn(texts, dialect),
    naming,
    supers,
    say,
    origins,
  });
  return {
    declarations: {
      find: (object) => objects.get(object) ?? null,
      hasForeignKeys: true,
      isPartial: (table) => partial.has(table),
      isIncomplete,
      policiesOf: () => null,
    },
    statements,
    skipped,
  };
}

/** `@compiles(functions.now, "sqlite")`: what a function of the project writes in its own way (SQLAlchemy, Custom SQL Constructs). */
function compiledIn(texts: ReadonlyMap<string, string>, dialect: Dialect): Set<string> {
  const found = [...texts.values()].flatMap((text) => [
    ...text.matchAll(/^@compiles\(\s*([\w.]+)\s*(?:,([^)]*))?\)/gm),
  ]);
  return new Set(
    found.flatMap(([, name = "", dialects]) =>
      dialects === undefined || dialects.trim() === "" || dialects.includes(dialect)
        ? [name.split(".").at(-1) ?? name]
        : [],
    ),
  );
}

/** Calls that make tables of what was no model. */
const outside = /^(map_declaratively|to_?metadata)$/;

/** `target_metadata` of the environment; empty when it is not known. */
function targetOf(
  files: readonly ModelFile[],
  modules: ReadonlyMap<string, LoadedModule>,
  models: Models,
): (PythonValue | string)[] {
  const environment = files.find(({ path }) => fileNameOf(path) === "env.py");
  const module = environment && modules.get(environment.path);
  const value = module?.scope.names.get("target_metadata");
  if (!value) return [];
  const settled = models.settle(value);
  const several = settled.kind === "dict" ? settled.entries.map(([, each]) => each) : null;
  const list = settled.kind === "sequence" ? settled.items : (several ?? [settled]);
  return list.flatMap((each) => metadataOf(each, models)?.key ?? []);
}

/** The tables of the metadata that migrations are made for; when that is not known, those of the only one that there is. */
function chosen(
  tables: readonly ModelTable[],
  target: readonly (PythonValue | string)[],
): readonly ModelTable[] {
  if (target.length > 0) return tables.filter(({ metadata }) => target.includes(metadata.key));
  const keys = new Set(tables.map(({ metadata }) => metadata.key));
  return keys.size === 1 ? tables : [];
}

/** Whether a module of the project is imported and not among the files: it may lead to further models. */
function hasOpenImports(texts: ReadonlyMap<string, string>, paths: ReturnType<typeof pythonPaths>): boolean {
  const tops = new Set([...texts.keys()].flatMap((path) => path.split("/").slice(0, -1)));
  return [...texts].some(([path, text]) =>
    importsIn(text).some(({ module }) => {
      if (paths.fileOf(module, path) !== null) return false;
      return module.startsWith(".") || tops.has(module.split(".")[0] ?? "");
    }),
  );
}
