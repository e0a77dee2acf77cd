import { directoriesUp } from "../code/typescript-paths.ts";
import type { Push } from "../orm.ts";
import { directoryOf, foreignFolderOf, joinPath } from "../paths.ts";
import { quoteIdentifier, quoteTable } from "../sql/names.ts";
import { say } from "../text.ts";
import { isConfigPath, nearestSchemaFiles, readConfig } from "./config.ts";
import { dialectOf, filesOf, recorded } from "./files.ts";

/**
 * `drizzle-kit push` brings a database to its schema, and asks before it drops what holds data (Drizzle documentation, drizzle-kit
 * push). A schema is taken to be pushed where a script of its package says so, and the repository keeps no migrations.
 */
export const push: Push = {
  title: "drizzle-kit push",
  find(changed, repository, migrations) {
    if (migrations.length > 0) return [];
    const configs = repository.paths.filter((path) => isConfigPath(path) && foreignFolderOf(path) === null);
    return configs.flatMap((path) => {
      const folders = directoriesUp(directoryOf(path)).map((folder) => joinPath(folder, "package.json"));
      const manifests = folders.filter((each) => repository.paths.includes(each));
      if (!manifests.some((each) => pushes.test(repository.text(each) ?? ""))) return [];
      const files = recorded(repository);
      const config = readConfig(path, files);
      if (!config || config.dialect === "other") return [];
      const entries = nearestSchemaFiles(config, files.paths);
      const all = filesOf(config, entries, files);
      if (!changed.some((each) => all.includes(each))) return [];
      return [{ directory: directoryOf(path), files: all, dialect: dialectOf(config, entries, files) }];
    });
  },
  leavesOut: () => false,
  drops: say`it asks before where rows are, unless ${"--force"} is given`,
  // As drizzle-kit generate writes it.
  retype({ table, column, after }) {
    if (!column || after === null) return null;
    return `ALTER TABLE ${quoteTable(table)} ALTER COLUMN ${quoteIdentifier(column.name)} SET DATA TYPE ${after}`;
  },
};

const pushes = /\bdrizzle-kit(?:@[\w.^~-]+)?\s+push\b/;
