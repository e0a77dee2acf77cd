import { directoriesUp, joined } from "../code/typescript-paths.ts";
import { folderHistories, pairFolders } from "../folder-pairs.ts";
import { defineFramework, noSettings, type Repository, readWhole } from "../framework.ts";
import { fileNameOf, joinPath } from "../paths.ts";
import { say } from "../text.ts";

/**
 * Diesel keeps a folder for each migration, `<version>_<name>` with `up.sql` and `down.sql`, and runs what has not run yet in the
 * order of versions, each file as one query in a transaction of its own, unless `metadata.toml` beside it says
 * `run_in_transaction = false` (Diesel guide, Getting Started; diesel_migrations/src/file_based_migrations.rs,
 * diesel/src/migration/mod.rs).
 */
export default defineFramework({
  title: "Diesel",
  concerns: /(^|\/)\d[^/]*\/metadata\.toml$/,
  find(repository) {
    const known = new Set(repository.paths);
    const own = pairFolders(repository).filter(
      ({ folder, home }) =>
        !isMilliseconds.test(fileNameOf(folder)) &&
        (/migrations/.test(fileNameOf(home)) || isTold(home, repository)),
    );
    return folderHistories(own, (folder, home) => {
      const metadata = joinPath(folder, "metadata.toml");
      const text = known.has(metadata) ? repository.text(metadata, home) : null;
      const isApart = text !== null && /^\s*run_in_transaction\s*=\s*false\b/m.test(text);
      return isApart ? { transaction: "none" } : noSettings;
    });
  },
  read: (file) => readWhole(file, file.settings.transaction === "none" ? "implicit" : "transaction"),
  hasDowns: true,
  habits: { late: "run", duplicates: "unknown", checksums: false, together: false },
  outsideTransaction: say`a migration of its own, as its only statement, with ${"run_in_transaction = false"} in its ${"metadata.toml"}`,
  write({ directory, version, name, up, down, outsideTransaction }) {
    const folder = joinPath(directory, `${version}_${name}`);
    return [
      { path: `${folder}/up.sql`, text: up },
      ...(down === null ? [] : [{ path: `${folder}/down.sql`, text: down }]),
      ...(outsideTransaction
        ? [{ path: `${folder}/metadata.toml`, text: "run_in_transaction = false\n" }]
        : []),
    ];
  },
});

/** Whether a `diesel.toml` above it names the folder (Diesel guide, Configuring Diesel CLI, `[migrations_directory]`). */
function isTold(home: string, { folders, text }: Repository): boolean {
  return directoriesUp(home).some((above) => {
    const path = joinPath(above, "diesel.toml");
    const content = folders.get(above)?.includes(path) ? text(path, home) : null;
    const [, folder] =
      /^\s*\[migrations_directory\][^[]*?^\s*dir\s*=\s*["']([^"']+)["']/m.exec(content ?? "") ?? [];
    return folder !== undefined && joined(above, folder) === home;
  });
}

/** Hasura names its folders by the millisecond. */
const isMilliseconds = /^\d{13}_/;
