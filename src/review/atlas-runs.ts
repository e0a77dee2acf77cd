import { optionsIn } from "./code/package-scripts.ts";
import { directoriesUp, joined } from "./code/typescript-paths.ts";
import { commandLinesIn, filledIn, folderBefore } from "./command-lines.ts";
import type { Repository } from "./framework.ts";
import { directoryOf, joinPath } from "./paths.ts";
import { startedAround } from "./started.ts";

/** How Atlas runs a directory, as the repository says it. */
export interface AtlasRun {
  /** Of all files that say nothing of it themselves. */
  readonly transaction: "file" | "none" | "all";
  /** What is done with a late file: "unknown" where environments differ. */
  readonly late: "refused" | "skipped" | "run" | "unknown";
  /** Files whose runs take the transactions otherwise; empty where all agree. */
  readonly apart: readonly string[];
  /** What its configuration sets `lock_timeout` to before migrations; null for nothing. */
  readonly lockTimeout: string | null;
}

interface Call {
  readonly by: string;
  readonly mode: string;
  readonly order: string;
}

/**
 * What the calls of `atlas migrate apply` on a directory say, in scripts, Makefiles, compose files and workflows, also by its
 * action: `--tx-mode`, `--exec-order`; and `exec_order` of the environments in `atlas.hcl` that have this directory (Atlas
 * documentation, Applying Migrations, Transaction Configuration, Execution Order; cmd/atlas/internal/cmdapi/migrate.go, modeFor,
 * setMigrateEnvFlags; the configuration has no transaction mode).
 */
export function atlasRunOn(directory: string, repository: Repository): AtlasRun {
  const configured = environmentsOf(directory, repository);
  const started = startedAround(directory, repository);
  const variables = started.map(({ text }) => text).join("\n");
  const calls = started.flatMap(({ path, folder, text }) =>
    [...callsIn(text), ...actionsIn(text)].flatMap(({ from, options }): Call[] => {
      const base = filledIn(from, variables);
      const home = base === null ? null : joined(folder, base);
      const given = filledIn(options.dir ?? "", variables);
      if (home === null || given === null) return [];
      const isOwn =
        given === ""
          ? configured.some((one) => isNamed(one, options.env)) || joined(home, "migrations") === directory
          : joined(home, pathOf(given)) === directory;
      return isOwn
        ? [{ by: path, mode: options["tx-mode"] ?? "file", order: options["exec-order"] ?? "" }]
        : [];
    }),
  );
  const modes = [...new Set(calls.map(({ mode }) => mode))];
  const [mode] = modes;
  const told = calls.length === 0 ? [""] : calls.map(({ order }) => order);
  const orders = told.flatMap((order) =>
    order === "" && configured.length > 0 ? configured.map((one) => one.order) : [order],
  );
  const lates = new Set(orders.map(lateOf));
  const [late] = lates;
  return {
    transaction: modes.length === 1 && (mode === "none" || mode === "all") ? mode : "file",
    late: lates.size === 1 ? (late ?? "refused") : "unknown",
    apart: modes.length > 1 ? calls.filter(({ mode }) => mode !== "file").map(({ by }) => by) : [],
    lockTimeout: configured.map((one) => one.lockTimeout).find((one) => one !== null) ?? null,
  };
}

function lateOf(order: string): AtlasRun["late"] {
  switch (order.toLowerCase().replaceAll("_", "-")) {
    case "non-linear":
      return "run";
    case "linear-skip":
      return "skipped";
    default:
      return "refused";
  }
}

/** `file://a/b?format=atlas` and `a/b`. */
function pathOf(url: string): string {
  return url.replace(/^file:\/\//, "").replace(/\?.*$/s, "");
}

interface Given {
  readonly from: string;
  readonly options: Readonly<Partial<Record<string, string>>>;
}

function callsIn(text: string): Given[] {
  return commandLinesIn(text, /\bmigrate["',\s]+apply\b/)
    .filter(({ before }) => /\batlas\b/.test(`${before} ${text}`))
    .map((command) => ({
      from: folderBefore(command),
      options: optionsIn(command.words.split(/[\s"',[\]]+/)),
    }));
}

/** The steps of a workflow that use Atlas's action, with what they are given. */
function actionsIn(text: string): Given[] {
  return text
    .split(/^(?=[ \t]*- )/m)
    .filter((step) => /\buses:\s*["']?ariga\/atlas-action\/migrate\/apply@/.test(step))
    .map((step) => {
      const given = [...step.matchAll(/^\s*([\w-]+):[ \t]*["']?([^\s"'#]+)/gm)];
      const options = Object.fromEntries(given.map(([, name = "", value = ""]) => [name, value]));
      return { from: options["working-directory"] ?? ".", options };
    });
}

interface Environment {
  /** null for one that is named by `--env` itself, or by no text. */
  readonly name: string | null;
  /** Empty where it gives none. */
  readonly order: string;
  readonly lockTimeout: string | null;
}

function isNamed({ name }: Environment, wanted: string | undefined): boolean {
  return name === null || wanted === undefined || name === wanted;
}

/** The environments of `atlas.hcl`, beside a directory or above it, that have this directory. */
function environmentsOf(directory: string, { folders, text }: Repository): Environment[] {
  for (const home of directoriesUp(directory)) {
    const file = joinPath(home, "atlas.hcl");
    const config = folders.get(directoryOf(file))?.includes(file) ? text(file, directory) : null;
    if (config === null) continue;
    const own = [...config.matchAll(/^[ \t]*migration\s*\{((?:[^{}]|\{[^{}]*\})*)\}/gm)].flatMap(
      ({ 1: block = "", index }): Environment[] => {
        const dir = /^\s*dir\s*=\s*"([^"]*)"/m.exec(block)?.[1] ?? "file://migrations";
        if (joined(home, pathOf(dir)) !== directory) return [];
        const name = [...config.slice(0, index).matchAll(/^env\s+(?:"([^"]*)"\s*)?\{/gm)].at(-1)?.[1] ?? null;
        const order = /^\s*exec_order\s*=\s*"?(\w+)/m.exec(block)?.[1] ?? "";
        return [{ name, order, lockTimeout: lockTimeoutIn(config) }];
      },
    );
    if (own.length > 0) return own;
  }
  return [];
}

/**
 * A setting of the connection: by SQL of a hook (Atlas documentation, Pre & Post Execution Hooks; Transaction Hooks), or in the address of
 * the database. `lock_timeout` of a `migration` block is another one: how long Atlas waits for its own lock.
 */
function lockTimeoutIn(config: string): string | null {
  const text = config.replaceAll(/^\s*(#|\/\/).*$/gm, "");
  const set = /\bSET\s+(?:SESSION\s+|LOCAL\s+)?lock_timeout\s*(?:=|\bTO\b)\s*'?(\w+)/i.exec(text)?.[1];
  const given = /(?:[?&]|-c(?:\s|%20)|-c)lock_timeout(?:=|%3D)(\w+)/i.exec(text)?.[1];
  return set ?? given ?? null;
}
