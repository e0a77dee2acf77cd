import { optionsIn } from "./code/package-scripts.ts";
import { directoriesUp, joined } from "./code/typescript-paths.ts";
import { commandLinesIn, folderBefore } from "./command-lines.ts";
import type { Repository } from "./framework.ts";
import { joinPath } from "./paths.ts";
import { startedAround } from "./started.ts";
import type { Settings } from "./types.ts";

/** How Hasura's command line runs a directory, as the repository says it. */
export interface HasuraRun {
  readonly settings: Settings;
  /** What is not told; null for nothing. */
  readonly open: string | null;
}

/** The first line of a file that leaves its transaction, with `--per-migration-transaction` (cli/migrate/migrate.go, noTransactionMarker). */
export const noTransactionMarker = "-- hasura:no-transaction";

/**
 * Since version 2 the command line sends each file by itself; before, it sends all that is pending as one `bulk`, which the server
 * runs in one transaction (cli/migrate/database/hasuradb/hasuradb.go, Run, UnLock). Version 1 knows the configurations 1 and 2, version
 * 2 the configurations 2 and 3. `--no-transaction` takes every file out of its transaction, `--per-migration-transaction` those that ask
 * for it (cli/commands/migrate_apply.go).
 */
export function hasuraRunOn(directory: string, repository: Repository): HasuraRun {
  const config = configOf(directory, repository);
  const started = startedAround(directory, repository);
  const texts = started.map(({ text }) => text);
  const calls = started.flatMap(({ folder, text }) =>
    commandLinesIn(text, /\bmigrate["',\s]+apply\b/)
      .filter(({ before }) => /\bhasura\b/.test(`${before} ${text}`))
      .flatMap((command) => {
        const options = optionsIn(command.words.split(/[\s"',[\]]+/));
        const home = joined(joined(folder, folderBefore(command)) ?? "", options.project ?? ".");
        return config === null || home === config.home ? [options] : [];
      }),
  );
  const isOn = (option: string): boolean | "unknown" => {
    const name = option.replaceAll("-", "_");
    const everywhere = new RegExp(
      `^\\s*(?:-\\s*)?["']?(?:HASURA_GRAPHQL_${name.toUpperCase()}|${name})["']?\\s*[:=]\\s*["']?true\\b`,
      "m",
    );
    if ([...texts, config?.text ?? ""].some((text) => everywhere.test(text))) return true;
    const on = calls.filter((call) => call[option] !== undefined && call[option] !== "false");
    if (on.length === 0) return false;
    return on.length === calls.length ? true : "unknown";
  };
  const [none, own] = [isOn("no-transaction"), isOn("per-migration-transaction")];
  if (none === true) return { settings: { transaction: "none" }, open: null };
  if (none === "unknown")
    return {
      settings: {},
      open: "not all that runs Hasura here says `--no-transaction`: each file is taken for one transaction",
    };
  const settings: Settings = own === false ? {} : { transaction: "own" };
  const major = config === null || config.version >= 3 || own !== false ? 2 : majorIn(texts);
  if (major === 1) return { settings: { together: "true" }, open: null };
  if (major === 2) return { settings, open: null };
  return {
    settings,
    open: "nothing here tells which version of Hasura's command line runs it: before 2.0 all that is pending is one transaction; each file is taken for its own",
  };
}

/** Whether it is the copy that `hasura scripts update-project-v2` leaves of the migrations, beside them: nothing of it runs. */
export function isBackup(directory: string, repository: Repository): boolean {
  const [, home = "", name = ""] = /^(.*?)(?:^|\/)(migrations_backup)(?:\/|$)/.exec(directory) ?? [];
  if (name === "") return false;
  const config = configOf(directory, repository);
  if (config !== null && config.home === home) return config.migrations !== name;
  const beside = joinPath(home, "migrations/");
  return repository.paths.some((path) => path.startsWith(beside));
}

interface HasuraConfig {
  readonly home: string;
  readonly text: string;
  readonly version: number;
  readonly migrations: string;
}

/** The `config.yaml` of the project that a directory lies in (Hasura documentation, Hasura CLI, Configuration reference). */
function configOf(directory: string, { folders, text }: Repository): HasuraConfig | null {
  for (const home of directoriesUp(directory)) {
    const file = joinPath(home, "config.yaml");
    const content = folders.get(home)?.includes(file) ? text(file, directory) : null;
    if (content === null || !/^(endpoint|metadata_directory|migrations_directory)\s*:/m.test(content))
      continue;
    const version = /^version\s*:\s*["']?(\d)/m.exec(content)?.[1] ?? "1";
    const migrations = /^migrations_directory\s*:\s*["']?(?:\.\/)?([^\s"'#]+)/m.exec(content)?.[1];
    return { home, text: content, version: Number(version), migrations: migrations ?? "migrations" };
  }
  return null;
}

/** The version of the command line, by the images that hold it and by its package; null where these are none or differ. */
function majorIn(texts: readonly string[]): number | null {
  const majors = new Set(
    texts.flatMap((text) =>
      [
        ...text.matchAll(/\bhasura\/graphql-engine:v(\d)[\w.-]*\.cli-migrations/g),
        ...text.matchAll(/"hasura-cli"\s*:\s*"[^\d"]*(\d)/g),
      ].map(([, major]) => Number(major)),
    ),
  );
  const [major = null] = majors;
  return majors.size === 1 ? major : null;
}
