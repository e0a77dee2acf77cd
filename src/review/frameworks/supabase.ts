import { defineFramework, noSettings, readWhole } from "../framework.ts";
import { fileNameOf, isSqlPath, joinPath } from "../paths.ts";
import { say } from "../text.ts";
import type { Skipped } from "../types.ts";
import { compareText } from "../versions.ts";

/**
 * Supabase's CLI runs `supabase/migrations/<digits>_<name>.sql` in the order of their names and has no downs. It sends the
 * statements of a file together with its own entry as one pipeline, which is one transaction (Supabase CLI documentation,
 * supabase db push, supabase migration up; PostgreSQL documentation, section 54.2.4). A late file is refused unless
 * --include-all is given.
 */
export default defineFramework({
  title: "Supabase",
  concerns: null,
  find: ({ folders }) =>
    [...folders].flatMap(([directory, paths]) => {
      if (!home.test(directory)) return [];
      const sql = paths.filter(isSqlPath);
      const inOrder = sql.filter((path) => pattern.test(fileNameOf(path))).sort(compareText);
      const own = inOrder.filter((path, i) => i > 0 || !isOldDump(path));
      if (own.length === 0) return [];
      const others = sql.filter((path) => !pattern.test(fileNameOf(path)));
      return [
        {
          directory,
          by: "name" as const,
          dialect: "postgresql" as const,
          migrations: own.map((path) => ({
            version: pattern.exec(fileNameOf(path))?.[1] ?? "",
            name: pattern.exec(fileNameOf(path))?.[2] ?? "",
            up: path,
            down: null,
            downPath: null,
            settings: noSettings,
            isRepeatable: false,
            isBaseline: false,
          })),
          skipped: [
            ...others.map((path) => skip(path, "its name is not of the form `<timestamp>_<name>.sql`")),
            ...inOrder
              .filter((path) => !own.includes(path))
              .map((path) => skip(path, "a first file of this name is what its older versions dumped")),
          ],
        },
      ];
    }),
  read: (file) => readWhole(file, "transaction"),
  hasDowns: false,
  habits: { late: "refused", duplicates: "refused", checksums: false, together: false },
  // Supabase documentation, Database, Extensions; a type of an extension is found in the schema of that.
  brings: (directory) =>
    home.test(directory)
      ? {
          by: "Supabase",
          schemas: [
            "extensions",
            "auth",
            "storage",
            "realtime",
            "vault",
            "net",
            "cron",
            "graphql",
            "graphql_public",
            "pgmq",
            "pgsodium",
          ],
          types: ["vector", "halfvec", "citext", "hstore", "ltree", "geometry", "geography"],
          extensions: ["uuid-ossp", "pgcrypto"],
        }
      : null,
  // RESET ALL before each (pkg/migration/apply.go).
  resetSettings: "all",
  outsideTransaction: say`a session of its own with psql, as no migration of Supabase runs outside a transaction`,
  write({ directory, version, name, up, outsideTransaction }) {
    if (outsideTransaction) return null;
    return [{ path: joinPath(directory, `${version}_${name}.sql`), text: up }];
  },
});

const home = /(^|\/)supabase\/migrations$/;

/** pkg/migration/list.go, shouldSkip. */
function isOldDump(path: string): boolean {
  const time = /^(\d{14})_init\.sql$/.exec(fileNameOf(path))?.[1];
  return time !== undefined && time < "20211209000000";
}

function skip(path: string, reason: string): Skipped {
  return { path, line: null, reason: `Supabase does not run it: ${reason}`, matters: true };
}

const pattern = /^(\d+)_(.*)\.sql$/;
