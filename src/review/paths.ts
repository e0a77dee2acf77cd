/** `a/b` of `a/b/c.sql`; empty at the repository's root. */
export function directoryOf(path: string): string {
  return path.slice(0, Math.max(0, path.lastIndexOf("/")));
}

/** `c.sql` of `a/b/c.sql`. */
export function fileNameOf(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1);
}

/** A directory and a name as one path; the root's name is empty. */
export function joinPath(directory: string, name: string): string {
  return directory === "" ? name : `${directory}/${name}`;
}

export function isSqlPath(path: string): boolean {
  return /\.sql$/i.test(path);
}

/** Whether the path is the directory itself or lies in it, at any depth. */
export function isWithin(path: string, directory: string): boolean {
  return directory === "" || path === directory || path.startsWith(`${directory}/`);
}

/** Paths by the directory that holds them. */
export function byDirectory(paths: readonly string[]): Map<string, string[]> {
  return groupBy(paths, directoryOf);
}

/** Items by a key, in their order. */
export function groupBy<Item>(items: readonly Item[], keyOf: (item: Item) => string): Map<string, Item[]> {
  const groups = new Map<string, Item[]>();
  for (const item of items) {
    const key = keyOf(item);
    const group = groups.get(key);
    if (group) group.push(item);
    else groups.set(key, [item]);
  }
  return groups;
}

/** The folder's name when the path lies in one that holds test data or other people's code; else null. */
export function foreignFolderOf(path: string): string | null {
  const folders = directoryOf(path).split("/");
  return folders.find((folder) => foreignFolder.test(folder)) ?? null;
}

const foreignFolder =
  /^(tests?|specs?|testdata|test[-_]data|testing|fixtures?|__(fixtures|tests|mocks|snapshots)__|node_modules|vendor|third[-_]?party)$/i;
