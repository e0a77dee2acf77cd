import { parse } from "yaml";
import { joined } from "./code/typescript-paths.ts";
import type { Written } from "./dialect.ts";
import { directoryOf, isWithin } from "./paths.ts";
import { compareText } from "./versions.ts";

/** So many of them are read for a directory. */
const limit = 3;

/** Configurations of sqlc that may name a directory, the nearest first. */
export function sqlcFilesFor(directory: string, paths: Iterable<string>): string[] {
  const depth = (path: string) => (isWithin(directory, directoryOf(path)) ? directoryOf(path).length : -1);
  return [...paths]
    .filter((path) => /(^|\/)sqlc\.(ya?ml|json)$/.test(path))
    .sort((a, b) => depth(b) - depth(a) || compareText(a, b))
    .slice(0, limit);
}

/** The database of a directory that sqlc reads as its schema; null where none of them names it (sqlc documentation, Configuration). */
export function sqlcDialect(
  directory: string,
  files: readonly { readonly path: string; readonly text: string }[],
): Written | null {
  for (const { path, text } of files) {
    for (const { schema, engine = "postgresql" } of entriesIn(text)) {
      const folders = [schema].flat().map((one) => joined(directoryOf(path), String(one)));
      if (
        folders.some(
          (folder) => folder !== null && (folder === directory || directoryOf(folder) === directory),
        )
      )
        return engines[engine] ?? null;
    }
  }
  return null;
}

const engines: Readonly<Record<string, Written>> = {
  postgresql: { dialect: "postgresql" },
  sqlite: { dialect: "sqlite" },
  mysql: { other: "MySQL" },
};

interface Entry {
  readonly schema?: unknown;
  readonly engine?: string;
}

/** `sql` of version 2, `packages` of version 1. */
function entriesIn(text: string): Entry[] {
  try {
    const { sql, packages } = Object(parse(text, { maxAliasCount: 100 })) as Record<string, unknown>;
    return [sql, packages]
      .flat()
      .filter((entry): entry is Entry => typeof entry === "object" && entry !== null);
  } catch {
    return [];
  }
}
