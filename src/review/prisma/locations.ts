import type { ModelRepository } from "../orm.ts";
import { directoryOf, fileNameOf, isWithin, joinPath } from "../paths.ts";
import { configName } from "./external.ts";

/**
 * The files of the schema whose migrations a directory holds (Prisma documentation, Prisma schema, Location; Prisma Config
 * reference). Where `prisma.config.ts` names the directory, it is the schema that this names, or Prisma's default. Usually it is
 * what is beside the directory: one file, or a folder of files of which one names the database. Where that is several schemas, or
 * none, `prisma.config.ts` and `package.json` tell; where nothing does, Prisma has a default. Empty where it cannot be told.
 */
export function schemaFilesOf(directory: string, repository: ModelRepository): readonly string[] {
  const named = namedFiles(directory, repository);
  if (named.length > 0) return named;
  const beside = filesBeside(directory, repository.paths);
  if (beside.length === 1) return beside;
  const told = toldFiles(directory, repository);
  if (told.length > 0) return told;
  if (beside.length === 0) return defaultFile(directory, repository);
  const sources = beside.filter((path) => namesDatabase(repository.text(path)));
  if (sources.length < 2) return beside;
  const usual = joinPath(homeOf(directory), "schema.prisma");
  return sources.includes(usual) ? [usual] : [];
}

/** What a configuration says that names the directory itself. */
function namedFiles(directory: string, repository: ModelRepository): readonly string[] {
  for (const { migrations, schema, saysSchema, project } of configsOf(repository)) {
    if (migrations !== directory) continue;
    const files = schema === null ? [] : filesIn(schema, repository);
    if (files.length > 0) return files;
    const usual = saysSchema ? [] : defaultsIn([project], repository);
    if (usual.length > 0) return usual;
  }
  return [];
}

function filesIn(schema: string, { paths }: ModelRepository): string[] {
  return paths.filter((path) => path.endsWith(".prisma") && isWithin(path, schema));
}

/** Without those beside another directory of migrations, and without what generators write. */
function filesBeside(directory: string, paths: readonly string[]): string[] {
  const home = homeOf(directory);
  const others = paths
    .filter((path) => fileNameOf(path) === "migration_lock.toml" && directoryOf(path) !== directory)
    .map((path) => directoryOf(directoryOf(path)))
    .filter((other) => other !== home && isWithin(other, home));
  return paths.filter(
    (path) =>
      path.endsWith(".prisma") &&
      isWithin(path, home) &&
      !/(^|\/)generated\//.test(path) &&
      !others.some((other) => isWithin(path, other)),
  );
}

/** At the root of a repository, files of other schemas would be taken along. */
function homeOf(directory: string): string {
  return directoryOf(directory) || "prisma";
}

/** So many configurations of one repository are read. */
const mostConfigs = 10;

/** What a configuration says of the directory: by the migrations' own path, else because they are beside its schema. */
function toldFiles(directory: string, repository: ModelRepository): readonly string[] {
  const { paths, text } = repository;
  const packages = paths.filter(
    (path) => fileNameOf(path) === "package.json" && isWithin(directory, directoryOf(path)),
  );
  const told = [...configsOf(repository), ...packages.map((path) => readPackage(path, text(path) ?? ""))];
  for (const { schema, migrations } of told) {
    if (schema === null) continue;
    const isFile = schema.endsWith(".prisma");
    const usual = [directoryOf(schema), ...(isFile ? [] : [schema])].map((home) =>
      joinPath(home, "migrations"),
    );
    if (migrations === null ? !usual.includes(directory) : migrations !== directory) continue;
    const files = filesIn(schema, repository);
    if (files.length > 0) return files;
  }
  return [];
}

/** The default of the repository's own project, where the migrations are at its root. */
function defaultFile(directory: string, repository: ModelRepository): readonly string[] {
  return directoryOf(directory) === "" ? defaultsIn([""], repository) : [];
}

/** The first of the two files that Prisma looks for, from the folder of a project that names no schema. */
function defaultsIn(projects: readonly string[], { paths }: ModelRepository): readonly string[] {
  const files = projects.flatMap((project) =>
    ["prisma/schema.prisma", "schema.prisma"].map((name) => joinPath(project, name)),
  );
  return files.filter((path) => paths.includes(path)).slice(0, 1);
}

function configsOf({ paths, text }: ModelRepository): ToldByConfig[] {
  const configs = paths.filter((path) => configName.test(path)).slice(0, mostConfigs);
  return configs.map((path) => readConfig(path, text(path) ?? ""));
}

interface Told {
  readonly schema: string | null;
  /** Where the migrations are, where that is said. */
  readonly migrations: string | null;
}

interface ToldByConfig extends Told {
  /** The folder of the project that is configured. */
  readonly project: string;
  /** Whether it says a schema, perhaps in a way that is not read. */
  readonly saysSchema: boolean;
}

/**
 * The paths that stand there as texts, alone or put together by `path.join`; they begin at the configuration's own folder (Prisma
 * Config reference, Path resolution).
 */
function readConfig(path: string, text: string): ToldByConfig {
  const folder = directoryOf(path);
  const code = text.replace(/\/\*[\s\S]*?\*\/|^\s*\/\/.*$/gm, "");
  const block = /\bmigrations\s*:\s*\{([^}]*)\}/.exec(code)?.[1] ?? "";
  return {
    schema: pathIn(code, "schema", folder),
    migrations: pathIn(block, "path", folder),
    project: fileNameOf(folder) === ".config" ? directoryOf(folder) : folder,
    saysSchema: /\bschema\s*[:,(]/.test(code),
  };
}

function pathIn(code: string, key: string, root: string): string | null {
  const [, alone, several = ""] =
    new RegExp(
      `\\b${key}\\s*:\\s*(?:["'\`]([^"'\`$]+)["'\`]|(?:path\\.)?(?:join|resolve)\\(([^()]*)\\))`,
    ).exec(code) ?? [];
  const parts =
    alone === undefined
      ? [...several.matchAll(/["'`]([^"'`$]+)["'`]/g)].map(([, part = ""]) => part)
      : [alone];
  return parts.length === 0 ? null : resolved(root, parts.join("/"));
}

function readPackage(path: string, text: string): Told {
  const said = /"prisma"\s*:\s*\{[^{}]*"schema"\s*:\s*"([^"]+)"/.exec(text)?.[1];
  return { schema: said === undefined ? null : resolved(directoryOf(path), said), migrations: null };
}

/** A path from a folder on, from the repository's root; null where it leads out of it. */
function resolved(folder: string, path: string): string | null {
  const parts: string[] = folder === "" ? [] : folder.split("/");
  for (const part of path.split("/")) {
    if (part === "" || part === ".") continue;
    if (part !== "..") parts.push(part);
    else if (parts.pop() === undefined) return null;
  }
  return parts.join("/");
}

function namesDatabase(text: string | null): boolean {
  return text !== null && /^\s*datasource\s+\w+\s*\{/m.test(text);
}
