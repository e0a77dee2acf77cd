import { folderHistories, pairFolders } from "../folder-pairs.ts";
import { defineFramework, type MigrationDirectory, readWhole } from "../framework.ts";
import { actionsNotRead, isOfActions } from "../hasura-actions.ts";
import { directoryOf, fileNameOf, groupBy, joinPath } from "../paths.ts";
import { say } from "../text.ts";

/**
 * Hasura keeps a folder for each migration, `<milliseconds>_<name>` with `up.sql` and `down.sql`, in one folder for each
 * database. Each file is sent whole to the server's `run_sql`, which runs it in a transaction; what has not run yet is run in the
 * order of versions (Hasura documentation, Migrations & Metadata, Schema API: run_sql). What a server had before is exported as
 * `init`, an up alone (Managing Migrations, Create an initial Migration). `up.yaml` and `down.yaml` hold calls of its interface.
 */
export default defineFramework({
  title: "Hasura",
  concerns: isOfActions,
  find: (repository) => {
    const own = pairFolders(repository).filter(({ folder }) => /^\d{13}_/.test(fileNameOf(folder)));
    const found = folderHistories(own).map(withExport);
    const actions = groupBy(
      repository.paths.filter((path) => isOfActions.test(path)),
      (path) =>
        /^(up|down)\.yaml$/.test(fileNameOf(path)) ? directoryOf(directoryOf(path)) : directoryOf(path),
    );
    const known = new Set(found.map(({ directory }) => directory));
    const others = [...actions.keys()]
      .filter((directory) => !known.has(directory))
      .map((directory) => ({ directory, by: "name", dialect: null, migrations: [], skipped: [] }) as const);
    return [...found, ...others].map((one) => ({
      ...one,
      skipped: (actions.get(one.directory) ?? []).map(actionsNotRead),
    }));
  },
  read: (file) => readWhole(file, "transaction"),
  hasDowns: true,
  habits: { late: "run", duplicates: "unknown", checksums: false, together: false },
  outsideTransaction: say`a session of its own with psql, before the migration, and keep the plain statement with ${"IF NOT EXISTS"} in the migration: Hasura runs each file in a transaction`,
  write({ directory, version, name, up, down, outsideTransaction }) {
    if (outsideTransaction) return null;
    const folder = joinPath(directory, `${version}_${name}`);
    return [
      { path: `${folder}/up.sql`, text: up },
      ...(down === null ? [] : [{ path: `${folder}/down.sql`, text: down }]),
    ];
  },
});

function withExport(directory: MigrationDirectory): MigrationDirectory {
  const [first, ...more] = directory.migrations;
  if (first?.name !== "init" || first.down !== null) return directory;
  return { ...directory, migrations: [{ ...first, downPath: null }, ...more] };
}
