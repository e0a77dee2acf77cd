import { directoryOf, joinPath } from "../paths.ts";
import type { Span } from "../types.ts";
import { parsePython } from "./python.ts";
import { execute, startRun } from "./python-execute.ts";
import type { Host, Run } from "./python-run.ts";
import { memberPath } from "./python-slices.ts";
import type { PythonModule } from "./python-tree.ts";
import { booleanOf, isNone, type PythonCall, type PythonValue, pathOf, type Scope } from "./python-values.ts";

/** Where the modules of a project are, by dotted names as files of it import them. */
export interface PythonPaths {
  /** The file of a module, as another file names it; null when it is none of the project's. */
  fileOf(module: string, from: string): string | null;
  /** The `__init__.py` files of the packages that a file is in, outermost first. */
  packagesOf(path: string): readonly string[];
}

/** Finds modules among files; what is a library is looked for nowhere. */
export function pythonPaths(paths: readonly string[], isLibrary: (module: string) => boolean): PythonPaths {
  const files = new Set(paths.filter((path) => path.endsWith(".py")));
  const byName = new Map<string, string[]>();
  for (const path of files) {
    const end = moduleEnd(path);
    byName.set(end, [...(byName.get(end) ?? []), path]);
  }
  const at = (folder: string, module: string) => {
    const stem = joinPath(folder, module.replaceAll(".", "/"));
    return [`${stem}.py`, joinPath(stem, "__init__.py")].find((path) => files.has(path)) ?? null;
  };
  const known = new Map<string, string | null>();
  const absolute = (module: string, from: string): string | null => {
    for (let folder = directoryOf(from); ; folder = directoryOf(folder)) {
      // A folder that is a package is on no search path: its modules are named by the whole name.
      const found = files.has(joinPath(folder, "__init__.py")) ? null : at(folder, module);
      if (found !== null) return found;
      if (folder === "") break;
    }
    const end = module.replaceAll(".", "/");
    const pattern = new RegExp(`^(?:(.*)/)?${end.replaceAll(/[^\w/]/g, "\\$&")}(?:/__init__)?\\.py$`);
    const named = (byName.get(module.split(".").at(-1) ?? "") ?? []).filter((path) => pattern.test(path));
    const outermost = named.filter(
      (path) => !files.has(joinPath(pattern.exec(path)?.[1] ?? "", "__init__.py")),
    );
    const candidates = outermost.length > 0 ? outermost : named;
    // With one name alone, any file of any folder would do.
    if (!module.includes(".") && !candidates.some((path) => /^(src|lib|app|backend|server)\//.test(path)))
      return candidates.find((path) => path.split("/").length <= 2) ?? null;
    return nearest(candidates, from);
  };
  return {
    fileOf(module, from) {
      const [, dots = "", rest = ""] = /^(\.*)(.*)$/.exec(module) ?? [];
      if (dots !== "") {
        let folder = directoryOf(from);
        for (let up = 1; up < dots.length; up += 1) folder = directoryOf(folder);
        return rest === "" ? at(folder, "__init__") : at(folder, rest);
      }
      if (isLibrary(module)) return null;
      const key = `${directoryOf(from)} ${module}`;
      const cached = known.get(key);
      if (cached !== undefined) return cached;
      const found = absolute(module, from);
      known.set(key, found);
      return found;
    },
    packagesOf(path) {
      const found: string[] = [];
      for (let folder = directoryOf(path); folder !== ""; folder = directoryOf(folder)) {
        const init = joinPath(folder, "__init__.py");
        if (!files.has(init)) break;
        if (init !== path) found.unshift(init);
      }
      return found;
    },
  };
}

function moduleEnd(path: string): string {
  const parts = path.replace(/\.py$/, "").split("/");
  return (parts.at(-1) === "__init__" ? parts.at(-2) : parts.at(-1)) ?? "";
}

function nearest(paths: readonly string[], from: string): string | null {
  const shared = (path: string) => {
    let i = 0;
    while (i < path.length && path[i] === from[i]) i += 1;
    return path.slice(0, i).split("/").length;
  };
  return paths.toSorted((a, b) => shared(b) - shared(a) || a.length - b.length)[0] ?? null;
}

/** An import as it is written: the module with its dots, and what is taken from it. */
export interface PythonImport {
  readonly module: string;
  readonly names: readonly string[];
}

/** What a module imports as it is loaded: not what its functions import, nor what only a type checker does. */
export function importsIn(text: string): PythonImport[] {
  const found: PythonImport[] = [];
  let inBlock = false;
  for (const [line, indent = "", words = ""] of text.matchAll(
    /^([ \t]*)(from[ \t]+[.\w]+[ \t]+import[ \t]*(?:\([^)]*\)|(?:[^\n\\]|\\\r?\n)*)|import[ \t]+[^\n]+|[^\s#][^\n]*)/gm,
  )) {
    if (!/^(from|import)\s/.test(words)) {
      if (indent === "") inBlock = /^(try|except|else|finally|if(?!.*TYPE_CHECKING)|with)\b/.test(line);
      continue;
    }
    if (indent !== "" && !inBlock) continue;
    const [, module, list] = /^from[ \t]+([.\w]+)[ \t]+import\b([\s\S]*)$/.exec(words) ?? [];
    if (module !== undefined && list !== undefined) {
      found.push({ module, names: namesIn(list) });
      continue;
    }
    for (const name of namesIn(words.replace(/^import/, ""))) found.push({ module: name, names: [] });
  }
  return found;
}

function namesIn(list: string): string[] {
  return list
    .replaceAll(/#[^\n]*/g, "")
    .replaceAll(/[()\\]/g, " ")
    .split(",")
    .flatMap((part) => part.trim().split(/\s+/)[0] || []);
}

/** A module of the project, with what it defines. */
export interface LoadedModule {
  readonly path: string;
  readonly text: string;
  readonly scope: Scope;
  readonly run: Run;
}

/** What is done with what the modules lean on. */
export interface ModuleWatcher {
  /** What an attribute gives; null when it stays as it is written. */
  attribute(object: PythonValue, name: string, run: Run): PythonValue | null;
  /** What a call gives; null when it stays as it is written. */
  call(call: PythonCall, module: LoadedModule): PythonValue | null;
  assigned(object: PythonValue, name: string, value: PythonValue): void;
  /** Statements of a module that may or may not run; null for those of a function that it calls. */
  open(at: LoadedModule, span: Span | null, reason: string): void;
}

/** The modules of a project, each followed once, when it is first asked for. */
export interface PythonProject {
  readonly modules: ReadonlyMap<string, LoadedModule>;
  load(path: string): LoadedModule | null;
  /** What a name of another module means, once all are loaded. */
  settle(value: PythonValue): PythonValue;
  /** What the file of this path has of the others. */
  namesFor(path: string): ImportedNames;
}

/** What one file has of the modules of its project. */
export type ImportedNames = Pick<Host, "imported" | "exported"> & {
  /** A name of a module that is known; null for anything else. */
  member(object: PythonValue, name: string): PythonValue | null;
};

/** Links modules: what one imports of another is what that one defines. Nothing is executed. */
export function linkModules(
  texts: ReadonlyMap<string, string>,
  paths: Pick<PythonPaths, "fileOf" | "packagesOf">,
  watcher: ModuleWatcher,
  parse: (text: string) => PythonModule = parseOnce,
): PythonProject {
  const modules = new Map<string, LoadedModule>();
  /** Dotted names from the repository's root, by which values tell modules. */
  const byName = new Map([...texts.keys()].map((path) => [dotted(path), path]));

  const load = (path: string): LoadedModule | null => {
    const before = modules.get(path);
    if (before) return before;
    const text = texts.get(path);
    if (text === undefined) return null;
    const scope: Scope = { names: new Map(), parent: null };
    const loaded: LoadedModule = { path, text, scope, run: startRun(hostOf(() => loaded, path)) };
    modules.set(path, loaded);
    const module = parse(text);
    if (module.kind === "unreadable") watcher.open(loaded, module.at, "this is no Python that could be read");
    else execute(module.body, scope, loaded.run);
    return loaded;
  };
  const loadWith = (path: string) => {
    for (const init of paths.packagesOf(path)) load(init);
    return load(path);
  };
  const moduleValue = (path: string): PythonValue => ({ kind: "name", path: dotted(path) });

  const memberOf = (path: string, name: string): PythonValue | null => {
    const module = loadWith(path);
    const known = module?.scope.names.get(name);
    if (known) return known;
    const inner = path.endsWith("/__init__.py") ? paths.fileOf(`.${name}`, path) : null;
    if (inner !== null && texts.has(inner)) {
      loadWith(inner);
      return moduleValue(inner);
    }
    // Modules that import each other: it is defined by the time that somebody asks for it.
    return { kind: "name", path: `${dotted(path)}.${name}` };
  };

  const settle = (value: PythonValue): PythonValue => {
    if (value.kind === "attribute") {
      const object = settle(value.object);
      if (object.kind === "class") return object === value.object ? value : { ...value, object };
      const path = pathOf(value);
      return path === null ? value : settle({ kind: "name", path });
    }
    if (value.kind !== "name") return value;
    const parts = value.path.split(".");
    for (let count = parts.length - 1; count > 0; count -= 1) {
      const file = byName.get(parts.slice(0, count).join("."));
      const found = file === undefined ? undefined : modules.get(file)?.scope.names.get(parts[count] ?? "");
      if (!found) continue;
      if (count < parts.length - 1 || (found.kind === "name" && found.path === value.path)) return value;
      return settle(found);
    }
    return value;
  };

  const namesFor = (own: string): ImportedNames => ({
    member(object, name) {
      const path = object.kind === "class" ? null : pathOf(object);
      const file = path === null ? undefined : (byName.get(path) ?? paths.fileOf(path, own));
      return file !== null && file !== undefined && texts.has(file) ? memberOf(file, name) : null;
    },
    imported(module, name) {
      if (/^typing(_extensions)?$/.test(module) && name === "TYPE_CHECKING") return booleanOf(false);
      const file = paths.fileOf(module, own);
      if (name === null) {
        if (file !== null) loadWith(file);
        return null;
      }
      const sub = paths.fileOf(memberPath(module, name), own);
      if (file === null || !texts.has(file)) {
        if (sub === null || !texts.has(sub)) return null;
        loadWith(sub);
        return moduleValue(sub);
      }
      return memberOf(file, name);
    },
    exported(module) {
      const file = paths.fileOf(module, own);
      const names = (file === null ? null : loadWith(file))?.scope.names ?? new Map<string, PythonValue>();
      const listed = names.get("__all__");
      const all =
        listed?.kind === "sequence"
          ? new Set(listed.items.flatMap((item) => (item.kind === "string" ? [item.value] : [])))
          : null;
      return new Map([...names].filter(([name]) => all?.has(name) ?? !name.startsWith("_")));
    },
  });

  function hostOf(own: () => LoadedModule, path: string): Host {
    const { member, imported, exported } = namesFor(path);
    return {
      attribute(object, name) {
        if (name === "TYPE_CHECKING" && pathOf(object) === "typing") return booleanOf(false);
        return member(object, name) ?? watcher.attribute(object, name, own().run);
      },
      call: (call) => watcher.call(call, own()),
      enter: (context) => context,
      exit: () => undefined,
      // What may not run has no effect; that it stands there is said.
      speculate: () => true,
      decide: () => null,
      mayHave: () => null,
      under: () => () => undefined,
      skip: (at, reason) => watcher.open(own(), own().run.depth > 0 ? null : at, reason),
      effects: () => 0,
      imported,
      exported,
      assigned: (object, name, value) => watcher.assigned(object, name, value),
      statement: () => undefined,
    };
  }

  return { modules, load: loadWith, settle, namesFor };
}

/** Most modules of the two sides of a pull request are the same. */
const parsed = new Map<string, PythonModule>();

/** Reads a Python file whose text may have been read before. */
export function parseOnce(text: string): PythonModule {
  const before = parsed.get(text);
  if (before) return before;
  if (parsed.size >= 400) parsed.clear();
  const module = parsePython(text);
  parsed.set(text, module);
  return module;
}

/** `a.b` of `a/b.py` and of `a/b/__init__.py`. */
function dotted(path: string): string {
  return path
    .replace(/\.py$/, "")
    .replace(/\/__init__$/, "")
    .replaceAll("/", ".");
}

/** Whether a value is given at all. */
export function isGiven(value: PythonValue | undefined): value is PythonValue {
  return value !== undefined && !isNone(value);
}
