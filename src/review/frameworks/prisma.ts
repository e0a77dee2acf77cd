import {
  defineFramework,
  type MigrationDirectory,
  type MigrationFiles,
  noSettings,
  type Repository,
  readWhole,
} from "../framework.ts";
import { directoryOf, fileNameOf, groupBy, joinPath } from "../paths.ts";
import { lockedIn, providerRefusal } from "../prisma/provider.ts";
import { say } from "../text.ts";
import type { Dialect, Skipped } from "../types.ts";
import { compareText } from "../versions.ts";

/**
 * Prisma Migrate runs `<name>/migration.sql` of its folder in the order of the names, with the database named by `provider` in
 * `migration_lock.toml` (Prisma documentation, Prisma Migrate, About migration histories). Its engine sends a file for PostgreSQL
 * as one query, so that several statements are one transaction and one alone is in none, and a file for SQLite statement by
 * statement. It has no downs, though a team may keep a `down.sql` beside (Generating down migrations). The file's checksum is
 * kept, comments included; `migrate deploy` warns when it changed, `migrate dev` asks for a reset. Late ones are run. Every folder
 * beside the migrations is one to it: at one without `migration.sql` it stops (Error message reference, P3015).
 */
export default defineFramework({
  title: "Prisma Migrate",
  concerns: /(^|\/)migration_lock\.toml$/,
  find(repository) {
    const paths = new Set(repository.paths);
    const own = repository.paths.filter(
      (path) =>
        fileNameOf(path) === "migration.sql" && !paths.has(joinPath(directoryOf(path), "snapshot.json")),
    );
    const homes = groupBy(own, (path) => directoryOf(directoryOf(path)));
    return [...homes].flatMap(([directory, ups]) => {
      const lock = joinPath(directory, "migration_lock.toml");
      const hasLock = paths.has(lock);
      if (!hasLock && fileNameOf(directory) !== "migrations") return [];
      const provider = hasLock ? repository.text(lock, directory) : null;
      const found = layOut(directory, ups, paths, provider === null ? null : dialectIn(lock, provider));
      return [hasLock ? { ...found, skipped: withoutScript(directory, repository) } : found];
    });
  },
  read: (file) => readWhole(file, file.dialect === "sqlite" ? "autocommit" : "implicit"),
  hasDowns: false,
  habits: { late: "run", duplicates: "run", checksums: true, together: false },
  knownBy: "name",
  outsideTransaction: say`a migration of its own, as the only statement of its file`,
  write({ directory, version, name, up, after, down }) {
    const folder = joinPath(directory, `${version}_${name}`);
    const downs = down === null || after.down === null ? [] : [{ path: `${folder}/down.sql`, text: down }];
    return [{ path: `${folder}/migration.sql`, text: up }, ...downs];
  },
  refusal: providerRefusal,
});

function layOut(
  directory: string,
  ups: readonly string[],
  paths: ReadonlySet<string>,
  dialect: MigrationDirectory["dialect"],
): MigrationDirectory {
  const migrations = ups.map((up): MigrationFiles => {
    const folder = fileNameOf(directoryOf(up));
    const [, version = folder, name = folder] = /^(\d+)[_-]?(.*)$/s.exec(folder) ?? [];
    const down = joinPath(directoryOf(up), "down.sql");
    const hasDown = paths.has(down);
    return {
      version,
      name,
      up,
      down: hasDown ? down : null,
      downPath: null,
      settings: noSettings,
      isRepeatable: false,
      isBaseline: false,
    };
  });
  migrations.sort((a, b) => compareText(a.up, b.up));
  return { directory, by: dialect === null ? "name" : "file", dialect, migrations, skipped: [] };
}

/** Files of a folder that holds no migration, as what is left when one was taken away. */
function withoutScript(directory: string, { folders }: Repository): Skipped[] {
  const reason = "its folder has no migration.sql: Prisma stops at it (P3015); take the folder away";
  return [...folders].flatMap(([folder, files]) =>
    directoryOf(folder) === directory &&
    folder !== directory &&
    !files.includes(joinPath(folder, "migration.sql"))
      ? files.map((path) => ({ path, line: null, reason, matters: true }))
      : [],
  );
}

function dialectIn(path: string, lock: string): MigrationDirectory["dialect"] {
  const locked = lockedIn(path, lock);
  return locked && (providers[locked.provider] ?? { other: locked.provider });
}

const providers: Readonly<Record<string, Dialect | { readonly other: string }>> = {
  postgresql: "postgresql",
  postgres: "postgresql",
  sqlite: "sqlite",
  mysql: { other: "MySQL" },
  sqlserver: { other: "SQL Server" },
  cockroachdb: { other: "CockroachDB" },
};
