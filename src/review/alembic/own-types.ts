import { parsePython } from "../code/python.ts";
import { execute, startRun } from "../code/python-execute.ts";
import type { Host } from "../code/python-run.ts";
import { isNone, type PythonValue, pathOf, type Scope, stringOf } from "../code/python-values.ts";
import type { Dialect } from "../types.ts";
import { isLibrary } from "./database.ts";
import { quietHost } from "./quiet.ts";
import { typeOf } from "./types.ts";
import { Unreadable } from "./unreadable.ts";

/** The SQL of types that the project itself defines, by their dotted names. */
export type OwnTypes = Readonly<Record<string, string>>;

/** Modules of the project, by their dotted names; null for one whose text is not known. */
export type ModuleText = (module: string) => Module | null;

/** What a migration imports, in dotted names, libraries left out. */
export function importsOf(text: string): string[] {
  const found = new Set<string>();
  for (const [, from, names, plain] of text.matchAll(
    /^[ \t]*(?:from[ \t]+([\w.]+)[ \t]+import[ \t]+(\([^)]*\)|[^\n#]+)|import[ \t]+([\w.]+))/gm,
  )) {
    if (plain !== undefined) found.add(plain);
    if (from === undefined || names === undefined) continue;
    for (const name of names.replace(/#[^\n]*/g, "").split(/[\s,()]+/))
      if (/^\w+$/.test(name) && name !== "as") found.add(`${from}.${name}`);
  }
  const own = [...found].filter((name) => !isLibrary(name));
  // `import shop` alone, and `shop.db.types.GUID()` below.
  const used = own.flatMap((name) =>
    [...text.matchAll(new RegExp(`(?<![\\w.])${name.replaceAll(".", "\\.")}(?:\\.\\w+)+`, "g"))].map(
      ([path]) => path.split(".").slice(0, -1).join("."),
    ),
  );
  return [...new Set([...own, ...used])];
}

/**
 * What the project's own types are in a database: `sa.TypeDecorator` classes of the modules that migrations import, by what
 * their `load_dialect_impl` gives, or their `impl`.
 */
export function ownTypesOf(
  names: readonly string[],
  textOf: ModuleText,
  dialect: Dialect,
  known: KnownTypes,
): OwnTypes {
  const types: Record<string, string> = {};
  for (const name of names) {
    for (const [path, sql] of typesUnder(name, { textOf, dialect, known }, 0)) types[path] = sql;
  }
  return types;
}

const maxDepth = 4;

/** The types of modules that were read already, by database and module: many revisions import the same ones. */
export type KnownTypes = Map<string, readonly (readonly [path: string, sql: string])[]>;

interface Search {
  readonly textOf: ModuleText;
  readonly dialect: Dialect;
  readonly known: KnownTypes;
}

type Found = readonly (readonly [path: string, sql: string])[];

/** The types of a module, or the one that a dotted name stands for; also what the module takes from others. */
function typesUnder(name: string, search: Search, depth: number): Found {
  if (depth > maxDepth || isLibrary(name)) return [];
  const own = search.textOf(name);
  if (own) return typesOnce(name, own, search, depth);
  const parent = name.split(".").slice(0, -1).join(".");
  const outer = parent === "" ? null : search.textOf(parent);
  return outer ? typesOnce(parent, outer, search, depth).filter(([path]) => path === name) : [];
}

function typesOnce(module: string, own: Module, search: Search, depth: number): Found {
  const key = `${search.dialect} ${module}`;
  const before = search.known.get(key);
  if (before) return before;
  // Modules that import each other end here.
  search.known.set(key, []);
  const found = mayHaveTypes(own.text) ? typesIn(module, own, search, depth) : [];
  search.known.set(key, found);
  return found;
}

interface Module {
  readonly text: string;
  readonly isPackage: boolean;
}

/** A module that defines types, or one that only takes things from others: no other is worth to be followed. */
function mayHaveTypes(text: string): boolean {
  return /TypeDecorator|UserDefinedType|load_dialect_impl/.test(text) || !/^\s*(class|def)\s/m.test(text);
}

function typesIn(module: string, { text, isPackage }: Module, search: Search, depth: number): Found {
  const { dialect } = search;
  const parsed = parsePython(text);
  if (parsed.kind === "unreadable") return [];
  const scope: Scope = { names: new Map(), parent: null };
  const run = startRun(hostFor(dialect));
  execute(
    parsed.body.filter(({ kind }) => /^(class|import|assign|function|if|try)$/.test(kind)),
    scope,
    run,
  );
  return [...scope.names].flatMap(([name, value]): [string, string][] => {
    if (value.kind === "class") {
      const sql = sqlOf(value, dialect, run);
      return sql === null ? [] : [[`${module}.${name}`, sql]];
    }
    const path = absolute(pathOf(value), module, isPackage);
    if (value.kind !== "name" || path === null || isLibrary(path) || path.startsWith(`${module}.`)) return [];
    const [found] = typesUnder(path, search, depth + 1).filter(([other]) => other === path);
    return found ? [[`${module}.${name}`, found[1]]] : [];
  });
}

/** `from .guid import GUID` in the module `a.b` means `a.guid.GUID`. */
function absolute(path: string | null, module: string, isPackage: boolean): string | null {
  const [, dots, rest] = /^(\.+)(.*)$/.exec(path ?? "") ?? [];
  if (dots === undefined || rest === undefined) return path;
  const folders = module.split(".");
  const kept = folders.slice(0, folders.length - dots.length + (isPackage ? 1 : 0));
  return [...kept, rest.replace(/^\./, "")].join(".");
}

function sqlOf(type: PythonValue, dialect: Dialect, run: ReturnType<typeof startRun>): string | null {
  const inner = innerType(type, run);
  if (!inner) return null;
  try {
    const context = {
      dialect,
      naming: {},
      createdTypes: new Set<string>(),
      ownTypes: {},
      ownType: (each: PythonValue) => innerType(each, run),
    };
    return typeOf(inner, context).sql;
  } catch (error) {
    if (error instanceof Unreadable) return null;
    throw error;
  }
}

/** What a class derived from `TypeDecorator` stands for; null when it is no such class. */
export function innerType(value: PythonValue, run: ReturnType<typeof startRun>): PythonValue | null {
  const type = value.kind === "call" ? value.callee : value;
  if (type.kind !== "class") return null;
  const loads = type.members.names.get("load_dialect_impl");
  if (loads?.kind === "function") {
    const asked: PythonValue = { kind: "name", path: "alembic.dialect" };
    const given = run.callOwn(loads, { positional: [value, asked], named: new Map() }, { start: 0, end: 0 });
    const described =
      given.kind === "call" && given.callee.kind === "attribute" && given.callee.name === "type_descriptor"
        ? given.args.positional[0]
        : given;
    if (described && described.kind !== "unknown" && !isNone(described) && described.kind !== "attribute")
      return described;
  }
  const impl = type.members.names.get("impl");
  if (!impl || isNone(impl)) return null;
  return value.kind === "call" && impl.kind !== "call" ? { ...value, callee: impl } : impl;
}

function hostFor(dialect: Dialect): Host {
  return {
    ...quietHost,
    attribute: (object, name) =>
      name === "name" && pathOf(object) === "alembic.dialect" ? stringOf(dialect) : null,
  };
}
