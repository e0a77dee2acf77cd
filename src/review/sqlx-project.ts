import { optionsIn } from "./code/package-scripts.ts";
import { directoriesUp, joined } from "./code/typescript-paths.ts";
import { commandLinesIn, filledIn, folderBefore } from "./command-lines.ts";
import type { MigrationDirectory, Repository } from "./framework.ts";
import { fileNameOf, isWithin, joinPath } from "./paths.ts";
import { startedAround } from "./started.ts";
import type { Dialect } from "./types.ts";

/** What a project of Rust says of the migrations that SQLx runs. */
export interface SqlxProject {
  readonly dialect: MigrationDirectory["dialect"];
  /** Of SQLx, as `Cargo.toml` asks for it; null where it does not say. */
  readonly version: string | null;
  /** Schemas that it makes before the migrations. */
  readonly schemas: readonly string[];
  /** null where SQLx's own runs them. */
  readonly runner: SqlxRunner | null;
}

/** A runner of the project's own: code that implements SQLx's `Migrate`. */
export interface SqlxRunner {
  readonly path: string;
  /** With which a migration's description ends that it does not run as SQLx does. */
  readonly endings: readonly string[];
}

/**
 * The project whose migrations lie in a directory: by `sqlx` among what a `Cargo.toml` above it depends on, and by the directory's
 * own name; by `migrations-dir` of `sqlx.toml`; or by a call of the command line (sqlx-cli/README.md, Usage;
 * sqlx-core/src/config/migrate.rs). Null where nothing tells that SQLx runs them.
 */
export function sqlxProjectOf(directory: string, repository: Repository): SqlxProject | null {
  const configured = textsAbove(directory, "sqlx.toml", repository)
    .map(({ home, text }) => ({ home, section: sectionIn(text, "migrate") }))
    .find(({ home, section }) => {
      const folder = /^\s*migrations-dir\s*=\s*["']([^"']+)["']/m.exec(section)?.[1] ?? "migrations";
      return joined(home, folder) === directory;
    });
  const isNamed = /migrat/i.test(directory) || repository.named.includes(directory);
  if (!isNamed && !configured) return null;
  const asked = textsAbove(directory, "Cargo.toml", repository).flatMap(({ text }) => dependenciesIn(text));
  if (!configured && asked.length === 0 && !isCalledOn(directory, repository)) return null;
  const made = /^\s*create-schemas\s*=\s*\[([^\]]*)\]/m.exec(configured?.section ?? "")?.[1] ?? "";
  return {
    dialect: dialectOf(asked),
    version: asked.map(versionIn).find((version) => version !== null) ?? null,
    schemas: [...made.matchAll(/["']([^"']+)["']/g)].map(([, schema = ""]) => schema),
    runner: runnerOf(directory, repository),
  };
}

/** The texts of files of one name in a directory and above it, the nearest first. */
function textsAbove(directory: string, name: string, { folders, text }: Repository) {
  return directoriesUp(directory).flatMap((home) => {
    const path = joinPath(home, name);
    const content = folders.get(home)?.includes(path) ? text(path, directory) : null;
    return content === null ? [] : [{ home, text: content }];
  });
}

/** So many files are read for a runner. */
const mostRunners = 4;

function runnerOf(directory: string, { paths, folders, text }: Repository): SqlxRunner | null {
  const home = directoriesUp(directory).find((above) =>
    folders.get(above)?.includes(joinPath(above, "Cargo.toml")),
  );
  const found = paths
    .filter((path) => home !== undefined && isWithin(path, home) && /migrat[^/]*\.rs$/.test(path))
    .slice(0, mostRunners)
    .map((path) => ({ path, code: text(path, directory) ?? "" }))
    .find(({ code }) => /\bimpl\b[^{;]*\bMigrate\s+for\b/.test(code));
  if (!found) return null;
  const { path, code } = found;
  const endings = [...code.matchAll(/\bends_with\(\s*(?:"([^"]+)"|(?:\w+::)*(\w+))\s*\)/g)].flatMap(
    ([, literal, name = ""]) =>
      literal ?? new RegExp(`\\bconst\\s+${name}\\s*:[^=;]*=\\s*"([^"]+)"`).exec(code)?.[1] ?? [],
  );
  return { path, endings: [...new Set(endings)] };
}

/** What stands beneath a header of TOML. */
function sectionIn(text: string, header: string): string {
  return new RegExp(`^\\[${header}\\][^\\n]*\\n((?:(?!\\[)[^\\n]*(?:\\n|$))*)`, "m").exec(text)?.[1] ?? "";
}

/** How a `Cargo.toml` asks for SQLx. */
function dependenciesIn(text: string): string[] {
  const table = sectionIn(text, String.raw`(?:[\w.'"()-]+\.)?(?:dev-|build-)?dependencies\.sqlx`);
  return [
    ...[...text.matchAll(/^[ \t]*sqlx(?:\.workspace)?[ \t]*=[ \t]*(\{[^}]*\}|"[^"]*"|true)/gm)].map(
      ([, value = ""]) => value,
    ),
    ...(table === "" ? [] : [table]),
  ];
}

/** The one database whose driver the nearest of them asks for. */
function dialectOf(asked: readonly string[]): SqlxProject["dialect"] {
  const drivers = asked
    .map((value) => new Set([...value.matchAll(/"(postgres|sqlite|mysql)\b/g)].map(([, name = ""]) => name)))
    .find(({ size }) => size > 0);
  const [driver] = drivers ?? [];
  return drivers?.size === 1 && driver !== undefined ? (dialects[driver] ?? null) : null;
}

const dialects: Readonly<Record<string, Dialect | { readonly other: string }>> = {
  postgres: "postgresql",
  sqlite: "sqlite",
  mysql: { other: "MySQL" },
};

function versionIn(value: string): string | null {
  return /(?:\bversion\s*=\s*|^)"[\^~=]?\s*(\d[^"]*)"/.exec(value)?.[1] ?? null;
}

/** Whether `sqlx migrate run`, or the like, is called on a directory, in a repository of Rust. */
function isCalledOn(directory: string, repository: Repository): boolean {
  if (!repository.paths.some((path) => fileNameOf(path) === "Cargo.toml")) return false;
  const started = startedAround(directory, repository);
  const variables = started.map(({ text }) => text).join("\n");
  return started.some(({ folder, text }) =>
    commandLinesIn(text, /\bsqlx\s+(migrate|mig|database|db)\b/).some((command) => {
      const source = optionsIn(command.words.split(/[\s"']+/)).source ?? "migrations";
      const [base, given] = [folderBefore(command), source].map((path) => filledIn(path, variables));
      const home = base == null ? null : joined(folder, base);
      return home !== null && given != null && joined(home, given) === directory;
    }),
  );
}
