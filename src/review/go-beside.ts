import type { Repository } from "./framework.ts";
import { directoryOf, fileNameOf } from "./paths.ts";
import { compareText } from "./versions.ts";

/** So many files are read for a directory. */
const limit = 4;

/** Go files that may run the migrations of a directory: in it, or in the folder above, from where files can be embedded. */
export function goBeside(
  directory: string,
  { folders, text }: Repository,
): { readonly path: string; readonly text: string }[] {
  return [directory, directoryOf(directory)]
    .filter((folder, i, all) => all.indexOf(folder) === i)
    .flatMap((folder) => (folders.get(folder) ?? []).filter(isProgram))
    .sort((a, b) => Number(isTelling(b)) - Number(isTelling(a)) || compareText(a, b))
    .slice(0, limit)
    .flatMap((path) => {
      const content = text(path, directory);
      return content === null ? [] : [{ path, text: content }];
    });
}

/** Steps in Go have a number; code that is made, and tests, run nothing elsewhere. */
function isProgram(path: string): boolean {
  return /^\D.*(?<!_test|\.sql|\.gen|\.pb)\.go$/.test(fileNameOf(path));
}

function isTelling(path: string): boolean {
  return /migrat|seed|goose|embed|^(main|db|database|postgres|sqlite|store)\.go$/i.test(fileNameOf(path));
}
