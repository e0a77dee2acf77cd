import { directoriesUp } from "./code/typescript-paths.ts";
import type { Repository } from "./framework.ts";
import { fileNameOf } from "./paths.ts";

/** So many files are read for a directory. */
const limit = 6;

const starting =
  /^((GNU)?[Mm]akefile|[Jj]ustfile|Taskfile\.ya?ml|package\.json|\.env(\.example|\.sample)?|(docker-)?compose([.-][\w-]+)*\.ya?ml|(docker-)?entrypoint\.sh)$/;

/** A text that may start a tool, and the folder that its commands run in. */
export interface Started {
  readonly path: string;
  readonly folder: string;
  readonly text: string;
}

/** What starts tools beside a directory or above it, the nearest first: Makefiles, scripts of packages, compose files, the environment. */
export function startedAbove(directory: string, { folders, text }: Repository): Started[] {
  return directoriesUp(directory)
    .flatMap((folder) =>
      (folders.get(folder) ?? []).flatMap((path) =>
        starting.test(fileNameOf(path)) ? [{ folder, path }] : [],
      ),
    )
    .slice(0, limit)
    .flatMap(({ folder, path }) => {
      const content = text(path, directory);
      return content === null ? [] : [{ path, folder, text: content }];
    });
}

const script =
  /^(.*\/)?(scripts?|bin|hack|ci|\.github\/workflows|\.circleci)\/[^/]*(migrat|seed|goose|atlas|db|database|deploy|release|config|ci)[^/]*\.(sh|ya?ml)$/i;

/** The same, and then shell scripts and workflows whose names tell that they may: they are started at the root of the repository. */
export function startedAround(directory: string, repository: Repository): Started[] {
  const scripts = repository.paths
    .filter((path) => script.test(path))
    .slice(0, limit)
    .flatMap((path) => {
      const content = repository.text(path, directory);
      return content === null ? [] : [{ path, folder: "", text: content }];
    });
  return [...startedAbove(directory, repository), ...scripts];
}
