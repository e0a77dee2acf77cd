import { LRUCache } from "lru-cache";
import { parseTypeScript } from "./typescript.ts";
import { apply, bind, declare, evaluate } from "./typescript-evaluate.ts";
import { asObject, memberOf, type Run } from "./typescript-members.ts";
import type { TypeScriptExpression, TypeScriptModule } from "./typescript-tree.ts";
import { type Scope, type TypeScriptClosure, type TypeScriptValue, unknown } from "./typescript-values.ts";

/** Where the files of a program come from. */
export interface TypeScriptFiles {
  /** The text of a file; null while it is not known. */
  text(path: string): string | null;
  /** The file that an import leads to; null for a package. */
  resolve(specifier: string, from: string): string | null;
}

/** Files that are followed from one to the other, as far as one needs the other. */
export interface TypeScriptProgram {
  /** What a file exports, by name. */
  exportsOf(path: string): ReadonlyMap<string, TypeScriptValue>;
  /** What a function of the repository gives for these arguments. */
  call(callee: TypeScriptClosure, args: readonly TypeScriptValue[]): TypeScriptValue;
  member(object: TypeScriptValue, name: string): TypeScriptValue;
  /** An object, or all that a file exports as one. */
  object(value: TypeScriptValue): TypeScriptValue;
  /** Files that could not be parsed, with the reason. */
  readonly unreadable: ReadonlyMap<string, string>;
}

interface Module {
  readonly exports: ReadonlyMap<string, () => TypeScriptValue>;
  /** Files whose exports are its own as well. */
  readonly all: readonly string[];
}

/** Parsed files by their text: the same ones are read again and again while files that they lead to are fetched. */
const parsed = new LRUCache<string, TypeScriptModule>({
  maxSize: 32 * 2 ** 20,
  sizeCalculation: (_, key) => key.length,
});

function parse(text: string, path: string): TypeScriptModule {
  // JSON is imported as what a file exports by default.
  const source = path.endsWith(".json") ? `export default (${text}\n)` : text;
  const key = `${path.slice(path.lastIndexOf("."))} ${source}`;
  const known = parsed.get(key);
  if (known) return known;
  const module = parseTypeScript(source, path);
  parsed.set(key, module);
  return module;
}

/** The most expressions that one reading works out. */
const maxSteps = 2_000_000;

/** Follows files from what they export. Takes any input: what is not understood is an unknown value with its reason. */
export function readProgram(files: TypeScriptFiles): TypeScriptProgram {
  const modules = new Map<string, Module | null>();
  const unreadable = new Map<string, string>();
  const run: Run = {
    steps: maxSteps,
    depth: 0,
    namespace: exportsOf,
    exported: (path, name) => exported(path, name, new Set()),
  };

  function moduleOf(path: string): Module | null {
    const found = modules.get(path);
    if (found !== undefined) return found;
    const text = files.text(path);
    const read = text === null ? null : parse(text, path);
    if (read?.kind === "unreadable") unreadable.set(path, read.reason);
    const made = read?.kind === "module" ? link(path, read) : null;
    modules.set(path, made);
    return made;
  }

  function link(path: string, { body, changed }: TypeScriptModule & { readonly kind: "module" }): Module {
    const scope: Scope = { path, parent: null, names: new Map() };
    const exports = new Map<string, () => TypeScriptValue>();
    const all: string[] = [];
    // A second scope holds what is exported under another name, so that it is worked out once as well.
    const outer: Scope = { path, parent: scope, names: new Map() };
    const put = (name: string, compute: () => TypeScriptValue) => {
      bind(outer, name, compute);
      exports.set(name, () => outer.names.get(name)?.() ?? unknown(name));
    };
    const value = (expression: TypeScriptExpression) => () => evaluate(expression, scope, run);
    for (const statement of body) {
      switch (statement.kind) {
        case "import":
          for (const { name, as } of statement.names)
            bind(scope, as, () => imported(path, statement.from, name));
          break;
        case "export": {
          const { from } = statement;
          for (const { name, as } of statement.names)
            put(as, () =>
              from === null ? (scope.names.get(name)?.() ?? unknown(name)) : imported(path, from, name),
            );
          break;
        }
        case "export all": {
          const target = files.resolve(statement.from, path);
          if (target !== null) all.push(target);
          break;
        }
        case "declare":
          for (const name of declare(statement, scope, changed, run))
            if (statement.isExported) exports.set(name, () => scope.names.get(name)?.() ?? unknown(name));
          break;
        case "export default":
          put("default", value(statement.value));
          break;
        case "assign exports":
          put(statement.name ?? "default", value(statement.value));
          if (statement.name !== null || statement.value.kind !== "object") break;
          for (const entry of statement.value.entries)
            if (entry.kind === "property" && typeof entry.key === "string")
              put(entry.key, value(entry.value));
          break;
        default:
          break;
      }
    }
    return { exports, all };
  }

  function imported(from: string, specifier: string, name: string): TypeScriptValue {
    const target = files.resolve(specifier, from);
    if (target === null) return { kind: "external", from: specifier, name };
    if (name === "*") return { kind: "namespace", path: target };
    return run.exported(target, name) ?? unknown(`${name} of ${target}`);
  }

  function exported(path: string, name: string, seen: Set<string>): TypeScriptValue | null {
    if (seen.has(path)) return null;
    seen.add(path);
    const module = moduleOf(path);
    const own = module?.exports.get(name);
    if (own) return own();
    if (!module || name === "default") return null;
    for (const target of module.all) {
      const found = exported(target, name, seen);
      if (found) return found;
    }
    return null;
  }

  function namesOf(path: string, seen: Set<string>): string[] {
    if (seen.has(path)) return [];
    seen.add(path);
    const module = moduleOf(path);
    if (!module) return [];
    const inherited = module.all.flatMap((target) => namesOf(target, seen));
    return [...module.exports.keys(), ...inherited.filter((name) => name !== "default")];
  }

  function exportsOf(path: string): Map<string, TypeScriptValue> {
    const names = new Set(namesOf(path, new Set()));
    return new Map(
      [...names].map((name) => [name, run.exported(path, name) ?? unknown(`${name} of ${path}`)]),
    );
  }

  return {
    exportsOf,
    call: (callee, args) => apply(callee, args, run),
    member: (object, name) => memberOf(object, name, run),
    object: (value) => asObject(value, run),
    unreadable,
  };
}
