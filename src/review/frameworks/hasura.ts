import { folderHistories, pairFolders } from "../folder-pairs.ts";
import {
  defineFramework,
  type MigrationDirectory,
  type MigrationFile,
  type Reading,
  readWhole,
} from "../framework.ts";
import { actionsNotRead, isOfActions } from "../hasura-actions.ts";
import { type HasuraRun, hasuraRunOn, isBackup, noTransactionMarker } from "../hasura-runs.ts";
import { directoryOf, fileNameOf, groupBy, joinPath } from "../paths.ts";
import { say } from "../text.ts";

/**
 * Hasura keeps a folder for each migration, `<milliseconds>_<name>` with `up.sql` and `down.sql`, in one folder for each
 * database. Each file is sent whole to the server's `run_sql`, which runs it in a transaction; what has not run yet is run in the
 * order of versions (Hasura documentation, Migrations & Metadata, Schema API: run_sql). What a server had before is exported as
 * `init`, an up alone (Managing Migrations, Create an initial Migration). `up.yaml` and `down.yaml` hold calls of its interface.
 * How it is run tells more of the transactions (`hasura-runs.ts`); the copy of a project that was made newer is no history.
 */
export default defineFramework({
  title: "Hasura",
  concerns: isOfActions,
  find: (repository) => {
    const own = pairFolders(repository).filter(
      ({ folder }) => /^\d{13}_/.test(fileNameOf(folder)) && !isBackup(folder, repository),
    );
    const found = folderHistories(own).map((one) =>
      withRun(withExport(one), hasuraRunOn(one.directory, repository)),
    );
    const actions = groupBy(
      repository.paths.filter((path) => isOfActions.test(path) && !isBackup(path, repository)),
      (path) =>
        /^(up|down)\.yaml$/.test(fileNameOf(path)) ? directoryOf(directoryOf(path)) : directoryOf(path),
    );
    const known = new Set(found.map(({ directory }) => directory));
    const others = [...actions.keys()]
      .filter((directory) => !known.has(directory))
      .map((directory) => ({ directory, by: "name", dialect: null, migrations: [], skipped: [] }) as const);
    return [...found, ...others].map((one) => ({
      ...one,
      skipped: [...one.skipped, ...(actions.get(one.directory) ?? []).map(actionsNotRead)],
    }));
  },
  read,
  hasDowns: true,
  habits: { late: "run", duplicates: "unknown", checksums: false, together: false },
  outsideTransaction: say`a migration of its own that begins with ${noTransactionMarker}, where Hasura is run with ${"--per-migration-transaction"}; without that, a session of its own with psql before the migration, and keep the plain statement with ${"IF NOT EXISTS"} in the migration`,
  write({ directory, version, name, after, up, down, outsideTransaction }) {
    const leaves = after.settings.transaction === "own";
    if (outsideTransaction && !leaves) return null;
    const head = outsideTransaction ? `${noTransactionMarker}\n` : "";
    const folder = joinPath(directory, `${version}_${name}`);
    return [
      { path: `${folder}/up.sql`, text: `${head}${up}` },
      ...(down === null ? [] : [{ path: `${folder}/down.sql`, text: `${head}${down}` }]),
    ];
  },
});

function withExport(directory: MigrationDirectory): MigrationDirectory {
  const [first, ...more] = directory.migrations;
  if (first?.name !== "init" || first.down !== null) return directory;
  return { ...directory, migrations: [{ ...first, downPath: null }, ...more] };
}

function withRun(directory: MigrationDirectory, { settings, open }: HasuraRun): MigrationDirectory {
  const skipped =
    open === null
      ? []
      : directory.migrations.map(({ up }) => ({ path: up, line: null, reason: open, matters: false }));
  return {
    ...directory,
    migrations: directory.migrations.map((one) => ({ ...one, settings: { ...one.settings, ...settings } })),
    skipped,
  };
}

/** Without a transaction the server still sends a file as one query. */
function read(file: MigrationFile): Reading {
  const { path, text, settings } = file;
  const isMarked = text.split("\n", 1)[0]?.trim() === noTransactionMarker;
  if (settings.transaction === "none" || (isMarked && settings.transaction === "own"))
    return readWhole(file, "implicit");
  const reading = readWhole(file, "transaction");
  if (!isMarked) return reading;
  const reason = `\`${noTransactionMarker}\` counts only with \`--per-migration-transaction\`, of which nothing tells here: the file is taken for one transaction`;
  return { ...reading, skipped: [{ path, line: 1, reason, matters: false }] };
}
