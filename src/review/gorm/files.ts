import { parseGo, pointed } from "../code/go.ts";
import { moduleNameOf } from "../code/go-program.ts";
import type { GoType } from "../code/go-tree.ts";
import type { ModelRepository } from "../orm.ts";
import { directoryOf, fileNameOf, foreignFolderOf, isSqlPath, isWithin, joinPath } from "../paths.ts";
import { readGormModels } from "./models.ts";

/**
 * The files that declare the models of a migration directory's database: those of the innermost folder around it whose models'
 * tables are largely the tables that its migrations make. None where that is not plain: where GORM makes tables itself
 * (`AutoMigrate`), or where other SQL makes the tables that are missing here.
 */
export function modelsBeside(directory: string, { paths, text }: ModelRepository): readonly string[] {
  const home = moduleAround(directory, paths);
  if (home === null) return [];
  const manifest = joinPath(home, "go.mod");
  const module = text(manifest);
  if (module === null || !/\bgorm\.io\/gorm\b/.test(module)) return [];
  const sources = sourcesOf(home, paths);
  const texts = new Map<string, string>();
  for (const path of sources) {
    const source = text(path);
    if (source !== null) texts.set(path, source);
  }
  const scopes = scopesOf(directory, home);
  let last = "";
  for (const scope of scopes) {
    const files = filesWithin(scope, { home, module, texts });
    if (files.length === 0 || files.join("\n") === last) continue;
    last = files.join("\n");
    const read = files.map((path) => ({ path, text: texts.get(path) ?? "" }));
    const models = readGormModels([{ path: manifest, text: module }, ...read], "postgresql");
    const tables = [...models.schemas, ...models.joinTables].map(({ table }) => plainName(table));
    const made = tablesMadeIn(
      paths.filter((path) => isSqlPath(path) && isWithin(path, directory)),
      text,
    );
    const missing = tables.filter((table) => !made.has(table));
    const shared = tables.length - missing.length;
    if (shared === 0 || shared < Math.min(enough, tables.length) || shared < tables.length * share) continue;
    if ([...texts].some(([path, source]) => isWithin(path, scope) && migratesItself(path, source))) return [];
    const others = paths.filter(
      (path) => isSqlPath(path) && isWithin(path, home) && !isWithin(path, directory),
    );
    const elsewhere = missing.length === 0 ? new Set() : tablesMadeIn(others.slice(0, mostOthers), text);
    return missing.some((table) => elsewhere.has(table)) ? [] : [...files, manifest];
  }
  return [];
}

/** So many tables of the models have to be made by the migrations, and such a part of them. */
const enough = 3;
const share = 0.6;
/** A module with more files is searched by their names alone. */
const mostSources = 600;
const mostOthers = 300;

/** The module that a folder lies in; else the only one there is. */
export function moduleAround(directory: string, paths: readonly string[]): string | null {
  const modules = paths
    .filter((path) => fileNameOf(path) === "go.mod" && foreignFolderOf(path) === null)
    .map(directoryOf);
  const around = modules.filter((folder) => isWithin(directory, folder));
  if (around.length > 0) return around.reduce((a, b) => (b.length > a.length ? b : a));
  const [only, ...more] = modules;
  return only !== undefined && more.length === 0 ? only : null;
}

/** The module's own Go files that can have to do with its database; by their names alone if only likely ones are wanted. */
export function sourcesOf(home: string, paths: readonly string[], onlyLikely = false): string[] {
  const nested = paths
    .filter((path) => fileNameOf(path) === "go.mod" && path !== joinPath(home, "go.mod"))
    .map(directoryOf)
    .filter((folder) => isWithin(folder, home) && folder !== home);
  const sources = paths.filter(
    (path) =>
      path.endsWith(".go") &&
      isWithin(path, home) &&
      !/\.pb\.go$/.test(path) &&
      !forTests.test(path) &&
      foreignFolderOf(path) === null &&
      !nested.some((folder) => isWithin(path, folder)),
  );
  if (sources.length <= mostSources && !onlyLikely) return sources;
  const named = sources.filter((path) => likely.test(path));
  return named.length <= mostSources ? named : [];
}

/** Go files that serve tests alone. */
const forTests =
  /(?:^|[/_]|db|unit|e2e)(?:tests?|mocks?|fakes?|fixtures?|testing|testutils?|testdata|testhelpers?)(?:[/_]|\.go$)/i;

const likely =
  /model|entit|domain|schema|dao\b|\bdb\b|database|gorm|store|storage|repo|persist|postgres|sqlite|types?\b|\bmain\.go$|orm\b|datab/i;

/** The folders around the migrations, the innermost first, up to the module's own. */
function scopesOf(directory: string, home: string): string[] {
  const scopes: string[] = [];
  for (let folder = directoryOf(directory); isWithin(folder, home); folder = directoryOf(folder)) {
    scopes.push(folder);
    if (folder === home || folder === "") break;
  }
  return scopes.includes(home) ? scopes : [...scopes, home];
}

interface Known {
  readonly home: string;
  readonly module: string;
  readonly texts: ReadonlyMap<string, string>;
}

/** The packages of a folder that declare models, those that the fields' types come from, and what sets GORM up. */
export function filesWithin(scope: string, { home, module, texts }: Known): string[] {
  const name = moduleNameOf(module);
  const packages = new Set<string>();
  for (const [path, source] of texts) {
    if (isWithin(path, scope) && /\bgorm:"|\bgorm:\\"|\bgorm\.Model\b/.test(source))
      packages.add(directoryOf(path));
  }
  if (packages.size === 0) return [];
  const wanted = new Set(packages);
  for (let round = 0; round < 3; round += 1) {
    for (const [path, source] of texts) {
      if (!wanted.has(directoryOf(path))) continue;
      for (const imported of typePackagesOf(source)) {
        if (name === null || !(imported === name || imported.startsWith(`${name}/`))) continue;
        wanted.add(joinPath(home, imported.slice(name.length + 1)).replace(/\/$/, ""));
      }
    }
  }
  const setsUp = (path: string, source: string) =>
    /\bNamingStrategy\b|\bgorm\.Config\b/.test(source) && isWithin(path, home);
  const set = [...texts].filter(([path, source]) => setsUp(path, source)).map(([path]) => path);
  const nearer = set.filter((path) => isWithin(path, scope));
  const own = [...texts.keys()].filter((path) => wanted.has(directoryOf(path)));
  return [...new Set([...own, ...(nearer.length > 0 ? nearer : set)])].sort();
}

/** The packages that types of fields are taken from. */
function typePackagesOf(source: string): string[] {
  const { types, imports } = parseGo(source);
  const found = new Set<string>();
  const visit = (type: GoType) => {
    const base = pointed(type);
    if (base.kind === "struct") for (const field of base.fields) visit(field.type);
    if (base.kind === "slice" || base.kind === "array") visit(base.of);
    if (base.kind !== "name") return;
    const path = base.package === null ? undefined : imports.get(base.package);
    if (path !== undefined) found.add(path);
    for (const arg of base.args) visit(arg);
  };
  for (const { type } of types) visit(type);
  return [...found];
}

function migratesItself(path: string, source: string): boolean {
  return /\.AutoMigrate\(/.test(source) && !/example/i.test(path);
}

/** The tables that SQL files make, or give a new name to. */
function tablesMadeIn(paths: readonly string[], text: (path: string) => string | null): ReadonlySet<string> {
  const made = new Set<string>();
  for (const path of paths) {
    for (const [, created, renamed] of (text(path) ?? "").matchAll(makes)) {
      const name = created ?? renamed;
      if (name !== undefined) made.add(plainName(name));
    }
  }
  return made;
}

const makes =
  /\bcreate\s+(?:unlogged\s+)?table\s+(?:if\s+not\s+exists\s+)?([\w."`]+)|\brename\s+to\s+([\w."`]+)/gi;

function plainName(table: string): string {
  return table.replace(/["`]/g, "").replace(/^public\./, "");
}
