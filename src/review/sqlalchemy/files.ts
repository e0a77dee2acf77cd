import { isLibrary } from "../alembic/database.ts";
import { importsIn, type PythonPaths, pythonPaths } from "../code/python-modules.ts";
import type { ModelRepository } from "../orm.ts";
import { directoryOf, fileNameOf, foreignFolderOf, isWithin, joinPath } from "../paths.ts";

/** So many files are read at most; a project with more has most of them for other things. */
const mostFiles = 600;

/**
 * The files that declare the models of a migration directory: `env.py` names the metadata, and what it imports, and so on,
 * fills it. Modules that hold no models are not followed any further.
 */
export function modelFilesFor(directory: string, { paths, text }: ModelRepository): string[] {
  const environment = environmentOf(directory, paths);
  if (environment === null) return [];
  const own = text(environment);
  if (own === null) return [environment];
  const python = pythonPaths(paths, isLibrary);
  const found = new Set<string>([environment]);
  const waiting: string[] = [environment];
  /** What is imported itself, and not only because something in it is. */
  const direct = new Set<string>();
  const { wanted, isAll } = likelyFiles(environment, own, paths, python);
  for (const path of wanted) {
    if (isAll) add(path);
    else text(path);
  }
  function add(path: string): void {
    if (found.has(path) || found.size >= mostFiles) return;
    found.add(path);
    waiting.push(path);
  }
  for (let path = waiting.pop(); path !== undefined; path = waiting.pop()) {
    const known = path === environment ? own : text(path);
    if (known === null || !(path === environment || leadsOn(path, known, !direct.has(path)))) continue;
    const { files, packages } = importedFiles(path, known, python);
    for (const file of [...files, ...loadedBy(path, known, paths)]) {
      direct.add(file);
      add(file);
    }
    for (const file of packages) add(file);
  }
  return [...found].toSorted(
    (a, b) => Number(b === environment) - Number(a === environment) || (a < b ? -1 : 1),
  );
}

/** `env.py` beside the folder of the revisions; null when there is none. */
function environmentOf(directory: string, paths: readonly string[]): string | null {
  const all = new Set(paths);
  for (let folder = directory, step = 0; step < 4; folder = directoryOf(folder), step += 1) {
    const path = joinPath(folder, "env.py");
    if (all.has(path)) return path;
    if (folder === "") break;
  }
  return null;
}

interface Imported {
  readonly files: readonly string[];
  /** The `__init__.py` of the packages that they are in. */
  readonly packages: readonly string[];
}

/** The files of the project that a module imports as it is loaded. */
function importedFiles(path: string, text: string, python: PythonPaths): Imported {
  const direct = importsOnce(text).flatMap(({ module, names }) => {
    const file = python.fileOf(module, path);
    const inner = names.flatMap((name) => {
      const sub = python.fileOf(module.endsWith(".") ? `${module}${name}` : `${module}.${name}`, path);
      return sub === null || (file !== null && !file.endsWith("/__init__.py")) ? [] : [sub];
    });
    return file === null ? inner : [file, ...inner];
  });
  const files = [...new Set(direct)];
  const packages = new Set(files.flatMap((file) => python.packagesOf(file)));
  return { files, packages: [...packages].filter((file) => !files.includes(file)) };
}

/** What a package loads without naming it, by `pkgutil` or by its files' names: all of its modules. */
function loadedBy(path: string, text: string, paths: readonly string[]): string[] {
  if (!/\b(iter_modules|walk_packages|glob|rglob|iterdir|listdir)\s*\(/.test(text)) return [];
  if (!/\b(import_module|__import__|iter_modules|walk_packages)\s*\(/.test(text)) return [];
  const folder = directoryOf(path);
  return fileNameOf(path) === "env.py"
    ? []
    : paths.filter((each) => each.endsWith(".py") && isWithin(each, folder));
}

/** The same texts are asked for again and again while files are fetched. */
const known = new Map<string, ReturnType<typeof importsIn>>();

function importsOnce(text: string): ReturnType<typeof importsIn> {
  const before = known.get(text);
  if (before) return before;
  if (known.size > 2000) known.clear();
  const found = importsIn(text);
  known.set(text, found);
  return found;
}

/** Whether what a module imports can matter: it declares models or types, or only takes together what others do. */
function leadsOn(path: string, text: string, isAround: boolean): boolean {
  if (declares.test(text)) return true;
  const isGathering = fileNameOf(path) === "__init__.py" || !/^\s*(class|(\w+ )?def)\s/m.test(text);
  return isGathering && (!isAround || modelPath.test(path));
}

/** Whether a module declares models, or what models are made of. */
export function declaresModels(text: string): boolean {
  return declares.test(text);
}

const declares =
  /\b(mapped_column|Column|declarative_base|DeclarativeBase|declared_attr|as_declarative|TypeDecorator|UserDefinedType|MetaData|SQLModel|SQLAlchemy)\b|\bTable\s*\(|\.Model\b/;

/** Folders and files that hold models by their names: asked for at once, so that imports need not be followed one by one. */
export const modelPath =
  /(^|\/)(models?|entities|orm|tables|db|database|schemas?)(\/|\.py$)|[._-]?models?\.py$|(^|\/)enums?(\.py$|\/)/i;

/**
 * What the environment's own imports point at, and files beside the package that are models by their names. When it imports
 * nothing of the project (Flask's takes the metadata from the running application), models are known by their names alone.
 */
function likelyFiles(
  environment: string,
  text: string,
  paths: readonly string[],
  python: PythonPaths,
): { readonly wanted: readonly string[]; readonly isAll: boolean } {
  const imported = importedFiles(environment, text, python).files;
  const roots = new Set(imported.map((path) => topOf(path, python)));
  const home = projectOf(environment, paths);
  const isNear = (path: string) =>
    roots.size > 0 ? [...roots].some((root) => isWithin(path, root)) : isWithin(path, home);
  const isOther = (path: string) =>
    /(^|\/)(versions|migrations?|alembic|site-packages|node_modules|venv)\//.test(path.slice(home.length)) ||
    foreignFolderOf(path) !== null;
  const likely = paths.filter(
    (path) => path.endsWith(".py") && modelPath.test(path) && isNear(path) && !isOther(path),
  );
  if (roots.size === 0) return { wanted: likely.slice(0, 300), isAll: true };
  // Only those in folders that the environment leads into are worth a fetch before it is known that they are needed.
  const folders = imported.filter((path) => modelPath.test(path)).map((path) => directoryOf(path));
  const wanted = likely.filter((path) => folders.some((folder) => isWithin(path, folder))).slice(0, 300);
  return { wanted, isAll: false };
}

/** The outermost package that a file is in. */
function topOf(path: string, python: PythonPaths): string {
  const [outermost] = python.packagesOf(path);
  return outermost === undefined ? directoryOf(path) : directoryOf(outermost);
}

/** The folder with `alembic.ini`, `pyproject.toml` or the like above the environment. */
function projectOf(environment: string, paths: readonly string[]): string {
  const all = new Set(paths);
  for (let folder = directoryOf(environment); folder !== ""; folder = directoryOf(folder))
    if (
      ["alembic.ini", "pyproject.toml", "setup.py", "requirements.txt"].some((name) =>
        all.has(joinPath(folder, name)),
      )
    )
      return folder;
  return "";
}
