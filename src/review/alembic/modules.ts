import { parsePython } from "../code/python.ts";
import {
  type ImportedNames,
  linkModules,
  type ModuleWatcher,
  type PythonPaths,
  parseOnce,
} from "../code/python-modules.ts";
import { definedIn } from "../code/python-names.ts";
import { nowhere } from "../code/python-run.ts";
import { sliceOf, textOfSlice } from "../code/python-slices.ts";
import type { PythonModule } from "../code/python-tree.ts";
import { isLibrary } from "./database.ts";

/** What a migration takes of other modules of its repository. */
export interface Modules {
  /** Their text by their path, as far as the migration leans on it. */
  readonly texts: Readonly<Record<string, string>>;
  /** Their paths, by the dotted names that the migration and they themselves import them by; a relative name stands behind the path that it is relative to. */
  readonly paths: Readonly<Record<string, string>>;
}

export const noModules: Modules = { texts: {}, paths: {} };

/** So far imports are followed, so long a module may be, and so much is kept: what is beyond stays unread. */
const most = { steps: 4, module: 500_000, characters: 50_000 };

interface Wanted {
  readonly names: Set<string>;
  readonly step: number;
}

/** Finds what a migration takes of other modules, and what that takes of others. `textOf` answers null for what is not known. */
export function modulesOf(
  path: string,
  text: string,
  files: PythonPaths,
  textOf: (path: string) => string | null,
): Modules {
  const own = usesOnce(text);
  if (own.length === 0) return noModules;
  const paths: Record<string, string> = {};
  const wanted = new Map<string, Wanted>();
  const texts = new Map<string, string>();
  const open = new Set<string>();

  /** `a.b.C.value` may be a name of the module `a.b.C`, `a.b` or `a`: the longest that there is. */
  function want(use: string, from: string, step: number): void {
    const [, dots = "", rest = ""] = /^(\.*)(.*)$/.exec(use) ?? [];
    const parts = rest.split(".");
    for (let count = parts.length; count >= (dots === "" ? 1 : 0); count -= 1) {
      const module = `${dots}${parts.slice(0, count).join(".")}`;
      const file = files.fileOf(module, from);
      if (file === null || file === path) continue;
      paths[writtenName(module, from)] = file;
      const known = wanted.get(file) ?? { names: new Set(), step };
      wanted.set(file, known);
      const name = parts[count];
      if (name !== undefined && !known.names.has(name)) {
        known.names.add(name);
        open.add(file);
      }
      return;
    }
  }

  for (const use of own) want(use, path, 1);
  for (const file of open) {
    open.delete(file);
    const { names, step } = wanted.get(file) ?? { names: new Set<string>(), step: most.steps };
    const whole = textOf(file);
    const module = whole === null || whole.length > most.module ? null : parseOnce(whole);
    if (whole === null || module?.kind !== "module") continue;
    const { statements, uses } = sliceOf(module.body, names);
    texts.set(file, statements.map((statement) => textOfSlice(statement, whole)).join("\n"));
    if ([...texts.values()].reduce((sum, { length }) => sum + length, 0) > most.characters) {
      texts.delete(file);
      break;
    }
    if (step < most.steps) for (const use of uses) want(use, file, step + 1);
  }
  return texts.size === 0 ? noModules : { texts: Object.fromEntries(texts), paths };
}

/** Opens these modules for the migration of this path; `outside` answers what is known of things outside of them. */
export function openModules(
  { texts, paths }: Modules,
  path: string,
  outside: Pick<ModuleWatcher, "attribute" | "call">,
): ImportedNames {
  const files = {
    fileOf: (module: string, from: string) => paths[writtenName(module, from)] ?? null,
    packagesOf: () => [],
  };
  const watcher = { ...outside, assigned: () => undefined, open: () => undefined };
  return linkModules(new Map(Object.entries(texts)), files, watcher, parseElsewhere).namesFor(path);
}

const elsewhere = new Map<string, PythonModule>();

/** What stands in another file has no place in this one. */
function parseElsewhere(text: string): PythonModule {
  const before = elsewhere.get(text);
  if (before) return before;
  if (elsewhere.size >= 400) elsewhere.clear();
  const module = withoutPlaces(parsePython(text));
  elsewhere.set(text, module);
  return module;
}

/** A syntax tree whose nodes are nowhere. */
function withoutPlaces<T>(tree: T): T {
  if (Array.isArray(tree)) return tree.map(withoutPlaces) as T;
  if (typeof tree !== "object" || tree === null) return tree;
  const entries = Object.entries(tree).map(([key, value]) => {
    if (key === "at") return [key, nowhere];
    return [key, key === "offsets" ? value.map(() => -1) : withoutPlaces(value)];
  });
  return Object.fromEntries(entries) as T;
}

/** A history is laid out more than once. */
const used = new Map<string, readonly string[]>();

/** What a migration uses of other modules that are no libraries, in dotted names. */
function usesOnce(text: string): readonly string[] {
  const before = used.get(text);
  if (before) return before;
  if (used.size >= 4000) used.clear();
  const found = usesIn(text);
  used.set(text, found);
  return found;
}

function usesIn(text: string): readonly string[] {
  const imports = [...text.matchAll(/^[ \t]*(?:from|import) +([.\w]+)/gm)];
  if (imports.every(([, name = ""]) => isLibrary(name))) return [];
  const module = parseOnce(text);
  if (module.kind === "unreadable") return [];
  return sliceOf(module.body, definedIn(module.body)).uses.filter((use) => !isLibrary(use));
}

/** How a module of the repository is told from others: relative names mean something else in every file. */
function writtenName(module: string, from: string): string {
  return module.startsWith(".") ? `${from} ${module}` : module;
}
