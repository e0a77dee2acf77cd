import type { ModelRepository } from "../orm.ts";
import { directoryOf, fileNameOf, isWithin, joinPath } from "../paths.ts";
import { configName } from "./external.ts";

/**
 * The files of the schema whose migrations a directory holds (Prisma documentation, Prisma schema, Location; Prisma Config
 * reference). Usually what is beside the directory: one file, or a folder of files of which one names the database. Where that
 * is several schemas, or none, `prisma.config.ts` and `package.json` tell. Empty where it cannot be told.
 */
export function schemaFilesOf(directory: string, repository: ModelRepository): readonly string[] {
  const beside = filesBeside(directory, repository.paths);
  if (beside.length === 1) return beside;
  const told = toldFiles(directory, repository);
  if (told.length > 0) return told;
  const sources = beside.filter((path) => namesDatabase(repository.text(path)));
  if (sources.length < 2) return beside;
  const usual = joinPath(homeOf(directory), "schema.prisma");
  return sources.includes(usual) ? [usual] : [];
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
function toldFiles(directory: string, { paths, text }: ModelRepository): readonly string[] {
  const configs = paths.filter((path) => configName.test(path)).slice(0, mostConfigs);
  const packages = paths.filter(
    (path) => fileNameOf(path) === "package.json" && isWithin(directory, directoryOf(path)),
  );
  const told = [
    ...configs.map((path) => readConfig(path, text(path) ?? "")),
    ...packages.map((path) => readPackage(path, text(path) ?? "")),
  ];
  for (const { schema, migrations } of told) {
    if (schema === null) continue;
    const isFile = schema.endsWith(".prisma");
    const usual = [directoryOf(schema), ...(isFile ? [] : [schema])].map((home) =>
      joinPath(home, "migrations"),
    );
    if (migrations === null ? !usual.includes(directory) : migrations !== directory) continue;
    const files = paths.filter((path) => path.endsWith(".prisma") && isWithin(path, schema));
    if (files.length > 0) return files;
  }
  return [];
}

interface Told {
  readonly schema: string | null;
  /** Where the migrations are, where that is said. */
  readonly migrations: string | null;
}

/** The paths that stand there as texts, alone or put together by `path.join`. */
function readConfig(path: string, text: string): Told {
  const folder = directoryOf(path);
  const root = fileNameOf(folder) === ".config" ? directoryOf(folder) : folder;
  const code = text.replace(/\/\*[\s\S]*?\*\/|^\s*\/\/.*$/gm, "");
  const block = /\bmigrations\s*:\s*\{([^}]*)\}/.exec(code)?.[1] ?? "";
  return {
    schema: pathIn(code, "schema", root),
    migrations: pathIn(block, "path", root),
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
