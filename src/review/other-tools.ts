import { directoryOf, fileNameOf, groupBy, isSqlPath } from "./paths.ts";

/** A directory whose migrations belong to a tool that is not read yet. */
export interface OtherTool {
  readonly tool: string;
  readonly directory: string;
}

/** The tool whose naming this path follows, and its directory; null when no such tool is recognised by the name alone. */
export function otherToolOf(path: string): OtherTool | null {
  for (const { tool, pattern } of byName) {
    const directory = pattern.exec(path)?.groups?.dir;
    if (directory !== undefined) return { tool, directory: directory.replace(/\/$/, "") };
  }
  return null;
}

/** Directories that a tool marks with a file of its own (a journal, a plan, a checksum file). */
export function markedDirectories(paths: readonly string[]): OtherTool[] {
  return paths.flatMap((path) => {
    const mark = markFiles.find(({ file }) => path === file || path.endsWith(`/${file}`));
    if (!mark) return [];
    const directory = path.slice(0, Math.max(0, path.length - mark.file.length - 1));
    return [{ tool: mark.tool, directory }];
  });
}

/**
 * For a repository of these paths: the tool that owns a path, by its name or by the mark in its directory. What names say is
 * remembered in `named`.
 */
export function ownersAmong(
  paths: readonly string[],
  named: Map<string, OtherTool | null>,
): (path: string) => OtherTool | null {
  const marked = groupBy(markedDirectories(paths), ({ directory }) => directory);
  return (path) => {
    const known = named.get(path);
    const byName = known === undefined ? otherToolOf(path) : known;
    if (known === undefined) named.set(path, byName);
    return byName ?? markedOwner(path, marked);
  };
}

/** The tool whose marks stand in the text of a numbered SQL file; null when there are none. */
export function toolOfText(text: string): string | null {
  const head = text.slice(0, 65_536);
  return byText.find(({ pattern }) => pattern.test(head))?.tool ?? null;
}

/** What kind of model the path holds; null when it is none that is recognised by its name. */
export function isModelPath(path: string): boolean {
  return (
    /\.prisma$|\.entity\.[jt]s$/.test(path) ||
    /^models\.py$/.test(fileNameOf(path)) ||
    /(^|\/)(app\/models\/[^/]+\.rb|db\/schema(\/[^/]+)?\.ts)$/.test(path)
  );
}

/** The tool that marks one of the folders above the path and has files of this kind there. */
function markedOwner(path: string, marked: ReadonlyMap<string, readonly OtherTool[]>): OtherTool | null {
  if (marked.size === 0) return null;
  let directory = path;
  for (let up = 0; up < maxDepth && directory !== ""; up += 1) {
    directory = directoryOf(directory);
    const owner = marked.get(directory)?.find(({ tool }) => isOwned(path, tool, directory));
    if (owner) return owner;
  }
  return null;
}

const maxDepth = 30;

function isOwned(path: string, tool: string, directory: string): boolean {
  if (tool === "Sqitch") return /(^|\/)(deploy|revert|verify)\//.test(path.slice(directory.length));
  return isSqlPath(path) && directoryOf(path) === directory;
}

const markFiles = [{ tool: "Sqitch", file: "sqitch.plan" }];

/** Names that only one tool gives; `dir` is the directory that holds its migrations. */
const byName = [
  { tool: "Django", pattern: /^(?<dir>(?:.*\/)?migrations)\/\d{4}_[^/]*\.py$/s },
  { tool: "Rails", pattern: /^(?<dir>(?:.*\/)?db\/[^/]*migrate)\/\d{14}_[^/]*\.rb$/s },
  { tool: "Ecto", pattern: /^(?<dir>(?:.*\/)?priv\/[^/]+\/migrations)\/\d+_[^/]*\.exs$/s },
  { tool: "Laravel", pattern: /^(?<dir>(?:.*\/)?database\/migrations)\/\d{4}_[^/]*\.php$/s },
  { tool: "Flyway's Java", pattern: /^(?<dir>.*\/|)[VR][\d._]*__[^/]*\.(?:java|kt|groovy)$/s },
  { tool: "Doctrine", pattern: /^(?<dir>.*\/|)Version\d{14}\.php$/s },
  { tool: "Entity Framework", pattern: /^(?<dir>(?:.*\/)?Migrations)\/\d{14}_[^/]*\.cs$/s },
  { tool: "Liquibase", pattern: /^(?<dir>.*\/|)db\.changelog[^/]*\.(?:xml|ya?ml|json|sql)$/s },
  {
    tool: "Prisma 8",
    pattern: /^(?<dir>(?:.*\/)?migrations\/[^/]+)\/\d{8}T\d{4}_[^/]*\/(?:ops\.json|migration\.ts)$/s,
  },
  { tool: "Prisma 2.12", pattern: /^(?<dir>(?:.*\/)?migrations)\/\d{14}[^/]*\/steps\.json$/s },
  {
    tool: "JavaScript or TypeScript",
    pattern: /^(?<dir>(?:.*\/)?[^/]*migrations?)\/\d{8,}[-_.][^/]*\.[cm]?[jt]s$/s,
  },
  { tool: "Go", pattern: /^(?<dir>(?:.*\/)?[^/]*migrations?)\/\d+_(?![^/]*_test\.go$)[^/]*\.go$/s },
];

/** Marks inside a file that say where its up and its down begin. */
const byText = [
  { tool: "Liquibase", pattern: /^--\s*liquibase formatted sql\b/im },
  { tool: "Graphile Migrate", pattern: /^--! (Previous|Hash):/m },
];
