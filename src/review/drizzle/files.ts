import type { SourceFiles } from "../code/typescript-paths.ts";
import type { ModelRepository } from "../orm.ts";
import type { Dialect } from "../types.ts";
import { compareText } from "../versions.ts";
import type { DrizzleConfig } from "./config.ts";
import { readSchema } from "./read.ts";

/** Files that remember which of them were asked for. */
export interface Recorded extends SourceFiles {
  /** Files whose texts were asked for. */
  readonly asked: Set<string>;
}

/** The files of a repository, so. */
export function recorded({ paths, text }: ModelRepository): Recorded {
  const asked = new Set<string>();
  return {
    paths: new Set(paths),
    asked,
    text(path) {
      asked.add(path);
      return text(path);
    },
  };
}

/** The files that a schema is read from, with those that they import; none where it has none. */
export function filesOf(config: DrizzleConfig, entries: readonly string[], files: Recorded): string[] {
  if (entries.length === 0) return [];
  // The configuration comes first: it is how the others are found again.
  files.asked.delete(config.path);
  for (const path of entries) files.text(path);
  readSchema(entries, files, dialectOf(config, entries, files), config.casing);
  return [config.path, ...[...files.asked].sort(compareText)];
}

/** The database of a schema, by its configuration or by what its tables are made with. */
export function dialectOf(config: DrizzleConfig, entries: readonly string[], files: SourceFiles): Dialect {
  if (config.dialect === "postgresql" || config.dialect === "sqlite") return config.dialect;
  return entries.some((path) => files.text(path)?.includes("sqlite-core")) ? "sqlite" : "postgresql";
}
