import picomatch from "picomatch";
import { directoriesUp, importResolver, joined, type SourceFiles } from "../code/typescript-paths.ts";
import { readProgram } from "../code/typescript-program.ts";
import { propertyOf, type TypeScriptValue, textIn } from "../code/typescript-values.ts";
import { directoryOf, fileNameOf } from "../paths.ts";
import type { Dialect } from "../types.ts";
import { callOfDrizzle } from "./calls.ts";
import type { Casing } from "./casing.ts";
import { isPackagePath, optionsOfScripts } from "./scripts.ts";

/** What a configuration of Drizzle Kit says, its paths from where the tool is started. */
export interface DrizzleConfig {
  readonly path: string;
  /** Files, folders and globs; null where that is not constant. */
  readonly schema: readonly string[] | null;
  /** Where migrations go; null where that is not constant. */
  readonly out: string | null;
  readonly dialect: Dialect | "other" | null;
  readonly casing: Casing;
}

/** Whether a file is called as configurations of Drizzle Kit are. */
export function isConfigPath(path: string): boolean {
  return (
    /^[\w.-]*drizzle[\w.-]*\.([cm]?[jt]s|json)$/.test(fileNameOf(path)) && /config/.test(fileNameOf(path))
  );
}

/** Reads a configuration; null while its text is not known, or when it is none. */
export function readConfig(path: string, files: SourceFiles): DrizzleConfig | null {
  const text = files.text(path);
  if (text === null) return null;
  if (isPackagePath(path)) return configInOptions(path, text);
  const program = readProgram({ text: files.text, resolve: importResolver(files) });
  const exported = program.exportsOf(path).get("default");
  const made = exported && callOfDrizzle(exported, "defineConfig", /^drizzle-kit(\/|$)/);
  const config = made ? made.args[0] : exported;
  if (config?.kind !== "object") return null;
  const schema = propertyOf(config, "schema");
  const list = schema?.kind === "array" ? schema.items : [schema];
  const patterns = list.map((one) => pathIn(one, path));
  const out = propertyOf(config, "out");
  return {
    path,
    schema: patterns.includes(null) ? null : patterns.filter((pattern) => pattern !== null),
    out: out === undefined || out.kind === "undefined" ? "drizzle" : pathIn(out, path),
    dialect: dialectOf(textIn(propertyOf(config, "dialect")) ?? textIn(propertyOf(config, "driver"))),
    casing: casingIn(textIn(propertyOf(config, "casing"))),
  };
}

/** What scripts give as options where they name no file (Drizzle documentation, drizzle-kit generate); null where they differ. */
function configInOptions(path: string, text: string): DrizzleConfig | null {
  const given = optionsOfScripts(text).filter(({ schema }) => schema !== undefined);
  const [first] = given;
  if (!first || given.some((one) => one.schema !== first.schema || one.out !== first.out)) return null;
  const { schema = "", out = "drizzle", dialect = null, casing } = first;
  return { path, schema: schema.split(","), out, dialect: dialectOf(dialect), casing: casingIn(casing) };
}

function casingIn(name: string | null | undefined): Casing {
  return name === "snake_case" || name === "camelCase" ? name : null;
}

function dialectOf(name: string | null): DrizzleConfig["dialect"] {
  if (name === null) return null;
  if (/^(pg|postgres|postgresql|aws-data-api|pglite|cockroach)$/.test(name)) return "postgresql";
  if (/^(sqlite|turso|libsql|better-sqlite|better-sqlite3|d1|d1-http|expo|durable-sqlite)$/.test(name))
    return "sqlite";
  return "other";
}

/** What stands for the folder of the configuration itself in a path. */
const ownFolder = "\0";

/** A path, put together by Node's functions where it is. */
function pathIn(value: TypeScriptValue | undefined, file: string): string | null {
  const text = pathText(value);
  if (text === null) return null;
  const own = text.lastIndexOf(ownFolder);
  if (own < 0) return text.replace(/^file:\/\//, "");
  // A path from the configuration's folder is one from the repository's root, written so that it stays one.
  const absolute = joined(directoryOf(file), text.slice(own + 1));
  return absolute === null ? null : `/${absolute}`;
}

function pathText(value: TypeScriptValue | undefined): string | null {
  const text = textIn(value);
  if (text !== null) return text;
  if (isOwnFolder(value)) return ownFolder;
  if (value?.kind !== "call" || (value.callee.kind !== "member" && value.callee.kind !== "external"))
    return null;
  const { name } = value.callee;
  if (name === "cwd") return ".";
  const parts = value.args.map(pathText);
  const [first = null, second = null] = parts;
  if (name === "URL" && isImportMeta(value.args[1], /^url$/)) return first && `${ownFolder}/${first}`;
  // From where the tool is started, as all paths are.
  if (name === "relative") return first === "." ? second : null;
  if (!/^(join|resolve|fileURLToPath|URL)$/.test(name) || parts.includes(null)) return null;
  return parts.join("/");
}

function isOwnFolder(value: TypeScriptValue | undefined): boolean {
  return (
    (value?.kind === "external" && value.from === "" && value.name === "__dirname") ||
    isImportMeta(value, /^(dirname|dir)$/)
  );
}

/** `dir` is Bun's. */
function isImportMeta(value: TypeScriptValue | undefined, names: RegExp): boolean {
  return (
    value?.kind === "member" &&
    value.object.kind === "external" &&
    value.object.name === "import.meta" &&
    names.test(value.name)
  );
}

/** The folder that the tool is started in, so that its migrations go to this directory. */
export function homeOf({ path, out }: DrizzleConfig, directory: string): string | null {
  const folder = directoryOf(path);
  if (out === null) return folder === directoryOf(directory) ? folder : null;
  return directoriesUp(folder).find((home) => fromHome(home, out) === directory) ?? null;
}

/** The files of the schema, from the folder that the tool is started in. */
export function schemaFilesOf(
  { schema }: DrizzleConfig,
  home: string,
  paths: ReadonlySet<string>,
): readonly string[] {
  return [...new Set((schema ?? []).flatMap((pattern) => filesMatching(pattern, home, paths)))];
}

/** The files of the schema, from the nearest folder that has them. */
export function nearestSchemaFiles(config: DrizzleConfig, paths: ReadonlySet<string>): readonly string[] {
  for (const home of directoriesUp(directoryOf(config.path))) {
    const found = schemaFilesOf(config, home, paths);
    if (found.length > 0) return found;
  }
  return [];
}

function fromHome(home: string, path: string): string | null {
  return path.startsWith("/") ? joined("", path) : joined(home, path);
}

function filesMatching(pattern: string, home: string, paths: ReadonlySet<string>): string[] {
  const path = fromHome(home, pattern);
  if (path === null) return [];
  const found = filesAt(path, paths);
  if (found.length > 0) return found;
  // What is built is not in the repository; what it is built from is.
  const sources = [
    path.replace(/(^|\/)(dist|build|lib|out)\//, "$1"),
    path.replace(/(^|\/)(dist|build|lib|out)\//, "$1src/"),
  ];
  for (const source of sources) {
    const other = source === path ? [] : filesAt(source.replace(/\.([cm]?)js$/, ".$1ts"), paths);
    if (other.length > 0) return other;
  }
  return [];
}

function filesAt(path: string, paths: ReadonlySet<string>): string[] {
  if (paths.has(path)) return isCode(path) ? [path] : [];
  const code = [...paths].filter(isCode);
  if (!/[*?[\]{}()!]/.test(path)) return code.filter((file) => directoryOf(file) === path);
  const isMatch = picomatch(path);
  // A folder that matches stands for the files right in it.
  return code.filter((file) => isMatch(file) || isMatch(directoryOf(file)));
}

function isCode(path: string): boolean {
  return /\.[cm]?[jt]sx?$/.test(path) && !/\.d\.[cm]?ts$|\.(test|spec)\.[cm]?[jt]sx?$/.test(path);
}
