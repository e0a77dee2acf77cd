import { parseGo } from "./code/go.ts";
import type { GoExpression, GoFile } from "./code/go-tree.ts";
import { joined } from "./code/typescript-paths.ts";
import { type CommandLine, commandLinesIn, filledIn, folderBefore } from "./command-lines.ts";
import type { Repository } from "./framework.ts";
import { goBeside } from "./go-beside.ts";
import { directoryOf, fileNameOf } from "./paths.ts";
import { startedAround } from "./started.ts";

/** How goose is told to run a folder without versions: by which file, and whether that is certain to mean this folder. */
export interface Unversioned {
  readonly by: string;
  readonly isCertain: boolean;
}

/**
 * Where a call of goose's command line (`-no-versioning`, `-dir`, `GOOSE_MIGRATION_DIR`; README.md, Usage) or of its package
 * (`WithNoVersioning()`, `WithDisableVersioning(true)`) beside a folder or above it runs that without versions; null where none does.
 */
export function unversionedRunOf(directory: string, repository: Repository): Unversioned | null {
  const started = startedAround(directory, repository);
  const variables = started.map(({ text }) => text).join("\n");
  const runs = [
    ...started.flatMap(({ path, folder, text }) =>
      commandsIn(text).map((command) => ({ by: path, directory: folderOf(command, folder, variables) })),
    ),
    ...goBeside(directory, repository).flatMap(({ path, text }) =>
      callsIn(text).map((given) => ({ by: path, directory: folderGiven(given, path, directory) })),
    ),
  ];
  const own = runs.find((run) => run.directory === directory);
  if (own) return { by: own.by, isCertain: true };
  const open = runs.find((run) => run.directory === null);
  return open ? { by: open.by, isCertain: false } : null;
}

function commandsIn(text: string): CommandLine[] {
  return commandLinesIn(text, /\bgoose\b/).filter(({ words }) =>
    /\s--?no-versioning(=(true|1|t))?(?=[\s"']|$)/i.test(words),
  );
}

/** The folder that a command means; null where that is not told. */
function folderOf(command: CommandLine, home: string, variables: string): string | null {
  const { before, words } = command;
  const given =
    /\s--?dir[= ]\s*["']?((?:\{\{[^}]*\}\}|[^\s"'])+)/.exec(words)?.[1] ??
    /\bGOOSE_MIGRATION_DIR["']?\s*[:?]?[=:]\s*["']?([^\s"']+)/.exec(`${before}\n${variables}`)?.[1] ??
    ".";
  const [base, folder] = [folderBefore(command), given].map((path) => filledIn(path, variables));
  if (base == null || folder == null) return null;
  const start = joined(home, base);
  return start === null ? null : joined(start, folder);
}

/** The texts that each call without versions is given; null for one that the file does not tell. */
function callsIn(text: string): (string | null)[] {
  if (!/\b(WithNoVersioning|WithDisableVersioning)\b/.test(text)) return [];
  const file = parseGo(text);
  const calls = file.calls.filter(({ args }) => args.some(isWithout));
  const given = calls.map(({ args }) =>
    args.map((arg) => textIn(arg, file, text)).find((value) => value !== null),
  );
  return given.length === 0 ? [null] : given.map((value) => value ?? null);
}

function isWithout(arg: GoExpression): boolean {
  if (arg.kind !== "call" || !("name" in arg.callee)) return false;
  const [first] = arg.args;
  if (arg.callee.name === "WithNoVersioning") return true;
  return arg.callee.name === "WithDisableVersioning" && !(first?.kind === "boolean" && first.value === false);
}

/** A text, or what a name that is given one stands for. */
function textIn(arg: GoExpression, file: GoFile, text: string): string | null {
  if (arg.kind === "string") return arg.value;
  if (arg.kind !== "name" || arg.package !== null) return null;
  const constant = file.constants.get(arg.name);
  if (constant?.kind === "string") return constant.value;
  return new RegExp(`\\b${arg.name}\\s*:?=\\s*"([^"\\n]*)"`).exec(text)?.[1] ?? null;
}

/** A path of a file system that may begin at the file's own folder, or where the program is started. */
function folderGiven(given: string | null, path: string, directory: string): string | null {
  if (given === null) return null;
  const beside = joined(directoryOf(path), given);
  if (beside === directory) return directory;
  const bare = given.replace(/^(\.{0,2}\/)+/, "").replace(/\/$/, "");
  const isEnd = directory === bare || (bare !== "" && bare !== "." && directory.endsWith(`/${bare}`));
  return isEnd ? directory : (beside ?? fileNameOf(given));
}
