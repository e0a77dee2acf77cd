import { type CallOptions, callsInScripts, optionsIn } from "../code/package-scripts.ts";
import { joined } from "../code/typescript-paths.ts";
import { directoryOf, fileNameOf } from "../paths.ts";

/** Whether a file holds scripts that start Drizzle Kit. */
export function isPackagePath(path: string): boolean {
  return fileNameOf(path) === "package.json";
}

/** `drizzle-kit generate --config=./configs/sqlite.config.ts`: the options of every command of package.json's scripts. */
export function optionsOfScripts(text: string): CallOptions[] {
  return callsInScripts(text, /\bdrizzle-kit(?:@[\w.^~-]+)?(?=\s)/).map((words) => optionsIn(words));
}

/** The configurations that the scripts of a package name, by their paths from the repository's root. */
export function configsOfScripts(path: string, text: string): string[] {
  const files = optionsOfScripts(text).flatMap(({ config }) => {
    const file = config ? joined(directoryOf(path), config) : null;
    return file === null ? [] : [file];
  });
  return [...new Set(files)];
}
