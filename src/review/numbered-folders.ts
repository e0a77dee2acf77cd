import { directoryOf, fileNameOf, groupBy } from "./paths.ts";

/** Folders that are numbers and stand beside others that are: together they hold one history. */
export function numberedFolders(folders: Iterable<string>): ReadonlySet<string> {
  const numbers = [...folders].filter((folder) => /^\d+$/.test(fileNameOf(folder)));
  const siblings = [...groupBy(numbers, directoryOf)].filter(([, all]) => all.length > 1);
  return new Set(siblings.flatMap(([, all]) => all));
}
