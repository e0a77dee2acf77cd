import { joined } from "../code/typescript-paths.ts";
import { directoryOf, fileNameOf } from "../paths.ts";

/** Whether a file holds scripts that start Drizzle Kit. */
export function isPackagePath(path: string): boolean {
  return fileNameOf(path) === "package.json";
}

/** Options of Drizzle Kit by their names, as a script writes them. */
export type ScriptOptions = Readonly<Partial<Record<string, string>>>;

/** `drizzle-kit generate --config=./configs/sqlite.config.ts`: the options of every command of package.json's scripts. */
export function optionsOfScripts(text: string): ScriptOptions[] {
  return scriptsIn(text)
    .flatMap((script) => script.split(/&&|\|\||[;|&]/))
    .flatMap((command) => {
      const [, args] = /\bdrizzle-kit(?:@[\w.^~-]+)?\s+(.*)$/s.exec(command) ?? [];
      return args === undefined ? [] : [optionsIn(args)];
    });
}

/** The configurations that the scripts of a package name, by their paths from the repository's root. */
export function configsOfScripts(path: string, text: string): string[] {
  const files = optionsOfScripts(text).flatMap(({ config }) => {
    const file = config === undefined ? null : joined(directoryOf(path), config);
    return file === null ? [] : [file];
  });
  return [...new Set(files)];
}

function scriptsIn(text: string): string[] {
  try {
    const { scripts } = JSON.parse(text) as { scripts?: unknown };
    if (typeof scripts !== "object" || scripts === null) return [];
    return Object.values(scripts).filter((script): script is string => typeof script === "string");
  } catch {
    return [];
  }
}

function optionsIn(args: string): ScriptOptions {
  const found = args.matchAll(/--(\w+)(?:=|\s+)(?:"([^"]*)"|'([^']*)'|([^\s"'-][^\s"']*))/g);
  return Object.fromEntries(
    [...found].map(([, name = "", double, single, bare]) => [name, double ?? single ?? bare ?? ""]),
  );
}
