import { directoryOf, joinPath } from "../paths.ts";
import { parseTypeScript } from "./typescript.ts";
import type { TypeScriptExpression } from "./typescript-tree.ts";

/** The files of a repository, as far as they lead from one to the other. */
export interface SourceFiles {
  readonly paths: ReadonlySet<string>;
  text(path: string): string | null;
}

/** What finds the file that an import leads to; null for a package. */
export function importResolver(files: SourceFiles): (specifier: string, from: string) => string | null {
  const known = new Map<string, string | null>();
  const packages = [...files.paths].filter((path) => /(^|\/)package\.json$/.test(path));
  return (specifier, from) => {
    const key = `${directoryOf(from)} ${specifier}`;
    const found = known.get(key);
    if (found !== undefined) return found;
    const target = resolve(specifier, directoryOf(from), files, packages);
    known.set(key, target);
    return target;
  };
}

function resolve(
  specifier: string,
  directory: string,
  files: SourceFiles,
  packages: readonly string[],
): string | null {
  if (/^\.\.?(\/|$)/.test(specifier)) return fileAt(joined(directory, specifier), files.paths);
  if (/^(node:|bun:|https?:)/.test(specifier) || specifier === "") return null;
  return byTypeScriptConfig(specifier, directory, files) ?? byPackage(specifier, directory, files, packages);
}

/** The file that stands for a path without its extension, with the one it is compiled to, or for a folder. */
export function fileAt(path: string | null, paths: ReadonlySet<string>): string | null {
  if (path === null) return null;
  const bare = path.replace(/\.([cm]?)jsx?$/, "");
  const candidates = [
    path,
    ...extensions.map((extension) => `${path}${extension}`),
    ...(bare === path ? [] : extensions.map((extension) => `${bare}${extension}`)),
    ...extensions.map((extension) => joinPath(path, `index${extension}`)),
  ];
  return candidates.find((candidate) => paths.has(candidate)) ?? null;
}

const extensions = [".ts", ".tsx", ".mts", ".cts", ".js", ".jsx", ".mjs", ".cjs", ".json"];

/** `a/b` and `../c` as `a/c`; null for what lies outside of the repository. */
export function joined(directory: string, relative: string): string | null {
  const parts = directory === "" ? [] : directory.split("/");
  for (const part of relative.split("/")) {
    if (part === "" || part === ".") continue;
    if (part !== "..") parts.push(part);
    else if (parts.pop() === undefined) return null;
  }
  return parts.join("/");
}

/** The directory and those above it, the repository's root last. */
export function directoriesUp(directory: string): string[] {
  const found = [directory];
  for (let one = directory; one !== ""; ) {
    one = directoryOf(one);
    found.push(one);
  }
  return found;
}

/** `compilerOptions.paths` of the nearest file that has some, by its own `baseUrl`. */
function byTypeScriptConfig(specifier: string, directory: string, files: SourceFiles): string | null {
  for (const above of directoriesUp(directory)) {
    const path = ["tsconfig.json", "jsconfig.json"]
      .map((name) => joinPath(above, name))
      .find((candidate) => files.paths.has(candidate));
    const options = path === undefined ? null : compilerOptions(path, files, 0);
    if (!options) continue;
    for (const { pattern, targets } of options) {
      const star = matchOf(pattern, specifier);
      if (star === null) continue;
      for (const target of targets) {
        const file = fileAt(joined(target.directory, target.pattern.replace("*", star)), files.paths);
        if (file !== null) return file;
      }
    }
    return null;
  }
  return null;
}

function matchOf(pattern: string, specifier: string): string | null {
  const star = pattern.indexOf("*");
  if (star < 0) return pattern === specifier ? "" : null;
  const [before, after] = [pattern.slice(0, star), pattern.slice(star + 1)];
  const isMatch =
    specifier.length >= before.length + after.length &&
    specifier.startsWith(before) &&
    specifier.endsWith(after);
  return isMatch ? specifier.slice(before.length, specifier.length - after.length) : null;
}

interface PathRule {
  readonly pattern: string;
  readonly targets: readonly { readonly directory: string; readonly pattern: string }[];
}

const maxExtends = 8;

function compilerOptions(path: string, files: SourceFiles, depth: number): PathRule[] | null {
  const text = files.text(path);
  const root = text === null ? null : readJson(text);
  if (root === null) return null;
  const options = jsonProperty(root, "compilerOptions");
  const paths = jsonProperty(options, "paths");
  const baseUrl = jsonText(jsonProperty(options, "baseUrl"));
  const home = joined(directoryOf(path), baseUrl ?? ".");
  if (paths?.kind === "object" && home !== null)
    return paths.entries.flatMap((entry): PathRule[] => {
      if (entry.kind !== "property" || typeof entry.key !== "string") return [];
      const items = entry.value.kind === "array" ? entry.value.items.map(({ value }) => value) : [];
      const targets = items.flatMap((one) => {
        const pattern = jsonText(one);
        return pattern === null ? [] : [{ directory: home, pattern }];
      });
      return [{ pattern: entry.key, targets }];
    });
  const base = jsonText(jsonProperty(root, "extends"));
  if (base !== null && /^\.\.?\//.test(base) && depth < maxExtends) {
    const parent = fileAt(joined(directoryOf(path), base), files.paths);
    const inherited = parent === null ? null : compilerOptions(parent, files, depth + 1);
    if (inherited) return inherited;
  }
  return baseUrl === null || home === null
    ? null
    : [{ pattern: "*", targets: [{ directory: home, pattern: "*" }] }];
}

/** A package of the same repository: by what it exports, else by the usual place of its sources. */
function byPackage(
  specifier: string,
  directory: string,
  files: SourceFiles,
  packages: readonly string[],
): string | null {
  const [scope = "", second] = specifier.split("/");
  const name = scope.startsWith("@") ? `${scope}/${second ?? ""}` : scope;
  const last = name.split("/").at(-1) ?? "";
  // `#db` is the package's own; others are tried where their folder is called as they are, so that few files are asked for.
  const near = specifier.startsWith("#")
    ? directoriesUp(directory)
        .map((above) => joinPath(above, "package.json"))
        .filter((path) => files.paths.has(path))
        .slice(0, 1)
    : packages.filter((path) => {
        const folder = directoryOf(path);
        const names = [folder.split("/").at(-1) ?? "", folder.split("/").slice(-2).join("-")];
        return names.some((one) => one !== "" && (one === last || last.endsWith(`-${one}`)));
      });
  for (const path of near.slice(0, maxPackages)) {
    const text = files.text(path);
    const root = text === null ? null : readJson(text);
    if (root === null) continue;
    const home = directoryOf(path);
    if (specifier.startsWith("#")) {
      const target = exportFor(jsonProperty(root, "imports"), specifier);
      return target === null ? null : fileAt(joined(home, target), files.paths);
    }
    if (jsonText(jsonProperty(root, "name")) !== name) continue;
    const rest = specifier.slice(name.length + 1);
    const key = rest === "" ? "." : `./${rest}`;
    const exported =
      exportFor(jsonProperty(root, "exports"), key) ??
      (rest === "" ? (jsonText(jsonProperty(root, "main")) ?? "index") : rest);
    const places = [
      exported,
      exported.replace(/^(\.\/)?(dist|build|lib|out)\//, "src/"),
      `src/${rest === "" ? "index" : rest}`,
    ];
    for (const place of places) {
      const file = fileAt(joined(home, place), files.paths);
      if (file !== null && !file.endsWith(".json")) return file;
    }
  }
  return null;
}

const maxPackages = 4;

function exportFor(exports: TypeScriptExpression | null, key: string): string | null {
  if (exports === null) return null;
  if (exports.kind === "string") return key === "." ? exports.value : null;
  if (exports.kind !== "object") return null;
  const keys = exports.entries.flatMap((entry) =>
    entry.kind === "property" && typeof entry.key === "string" ? [entry.key] : [],
  );
  if (!keys.some((one) => /^[.#]/.test(one))) return key === "." ? conditionIn(exports) : null;
  for (const pattern of keys) {
    const star = matchOf(pattern, key);
    const target = star === null ? null : conditionIn(jsonProperty(exports, pattern));
    if (star !== null && target !== null) return target.replace("*", star);
  }
  return null;
}

/** The source where the conditions name it, else the first that leads to a file. */
function conditionIn(value: TypeScriptExpression | null): string | null {
  if (value?.kind === "string") return value.value;
  if (value?.kind !== "object") return null;
  const found = value.entries.flatMap((entry) => {
    const target = entry.kind === "property" ? conditionIn(entry.value) : null;
    return target === null ? [] : [target];
  });
  return found.find((one) => /\.[cm]?tsx?$/.test(one) && !/\.d\.[cm]?ts$/.test(one)) ?? found[0] ?? null;
}

/** JSON with comments and commas at the end, which is what configuration of TypeScript is written in. */
function readJson(text: string): TypeScriptExpression | null {
  const parsed = parseTypeScript(`(${text.replace(/^\uFEFF/, "")}\n)`, "json.ts");
  const [first] = parsed.kind === "module" ? parsed.body : [];
  return first?.kind === "expression" ? first.value : null;
}

function jsonProperty(value: TypeScriptExpression | null, key: string): TypeScriptExpression | null {
  if (value?.kind !== "object") return null;
  for (const entry of value.entries) if (entry.kind === "property" && entry.key === key) return entry.value;
  return null;
}

function jsonText(value: TypeScriptExpression | null): string | null {
  return value?.kind === "string" ? value.value : null;
}
