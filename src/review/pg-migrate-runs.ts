import { type CallOptions, callsInScripts, optionsIn } from "./code/package-scripts.ts";
import { directoriesUp, joined } from "./code/typescript-paths.ts";
import type { Repository } from "./framework.ts";
import { directoryOf, joinPath } from "./paths.ts";

/** How node-pg-migrate is run on a folder, as the repository says it. */
export interface PgMigrateRun {
  /** Whether files of these names are left out; null for none. */
  readonly ignored: RegExp | null;
  /** Whether a late migration is run. */
  readonly runsLate: boolean;
  /** Whether each migration has a transaction of its own. */
  readonly isApart: boolean;
  /** The schema in which names without one are made, and found first. */
  readonly schema: string;
  /** Schemas that it makes itself. */
  readonly made: readonly string[];
}

/**
 * The run of node-pg-migrate that the scripts of a `package.json` above a folder tell: in `migrations` beside it, or where
 * `--migrations-dir` says; a section of `--config-file` or of `config/default.json` counts before the call itself (node-pg-migrate
 * documentation, CLI, Configuration and JSON Configuration; src/cli/config.ts). Only settings in JSON are read; null where nothing
 * tells of a run here.
 */
export function pgMigrateRunOn(directory: string, { folders, text }: Repository): PgMigrateRun | null {
  const textOf = (path: string) =>
    folders.get(directoryOf(path))?.includes(path) ? text(path, directory) : null;
  for (const home of directoriesUp(directory)) {
    for (const command of commandsIn(textOf(joinPath(home, "package.json")) ?? "")) {
      const settings = { ...command, ...settingsOf(command, home, textOf) };
      if (settings["use-glob"] !== undefined) continue;
      if (joined(home, settings["migrations-dir"] ?? "migrations") === directory) return runOf(settings);
    }
  }
  return null;
}

/** The options of each call of node-pg-migrate that migrates up, by their long names. */
function commandsIn(text: string): CallOptions[] {
  return callsInScripts(text, /\bnode-pg-migrate(?:\.js)?["']?(?=\s|$)/)
    .filter((words) => !words.some((word) => /^(create|down|redo)$/.test(word)))
    .map((words) => optionsIn(words, short));
}

const short: Readonly<Record<string, string>> = {
  "-m": "migrations-dir",
  "-f": "config-file",
  "-s": "schema",
};

/** What the JSON files say that a call reads; one of JavaScript is not read. */
function settingsOf(
  command: CallOptions,
  home: string,
  textOf: (path: string) => string | null,
): CallOptions {
  const section = command["config-value"] ?? "db";
  const file = command["config-file"];
  const own = file === undefined ? {} : objectIn(textOf(joined(home, file) ?? ""));
  const shared = objectIn(textOf(joinPath(home, "config/default.json")));
  const chosen = { ...Object(shared[section]), ...Object(own[section] ?? own) } as Record<string, unknown>;
  return Object.fromEntries(
    Object.entries(chosen).flatMap(([key, value]) =>
      typeof value === "string" || typeof value === "boolean" || Array.isArray(value)
        ? [[key, String(value)]]
        : [],
    ),
  );
}

function runOf(options: CallOptions): PgMigrateRun {
  const schemas = (options.schema ?? "public").split(",");
  return {
    ignored: patternIn(options["ignore-pattern"]),
    runsLate: isOff("check-order", options),
    // Only the call itself says it.
    isApart: options["no-single-transaction"] !== undefined || options["single-transaction"] === "false",
    schema: schemas[0] ?? "public",
    made: [
      ...(isOn(options["create-schema"]) ? schemas : []),
      ...(isOn(options["create-migrations-schema"]) ? [options["migrations-schema"] ?? ""] : []),
    ].filter((schema) => schema !== "" && schema !== "public"),
  };
}

function isOn(value: string | undefined): boolean {
  return value !== undefined && value !== "false";
}

function isOff(name: string, options: CallOptions): boolean {
  const value = options[name];
  return value === undefined ? options[`no-${name}`] !== undefined : value === "false";
}

function patternIn(pattern: string | undefined): RegExp | null {
  if (pattern === undefined) return null;
  try {
    return new RegExp(`^${pattern}$`);
  } catch {
    return null;
  }
}

function objectIn(text: string | null): Record<string, unknown> {
  try {
    return Object(JSON.parse(text ?? "{}")) as Record<string, unknown>;
  } catch {
    return {};
  }
}
