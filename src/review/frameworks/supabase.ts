import { defineFramework, noSettings, readWhole } from "../framework.ts";
import { fileNameOf, isSqlPath, joinPath } from "../paths.ts";
import { say } from "../text.ts";
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
      if (!/(^|\/)supabase\/migrations$/.test(directory)) return [];
      const sql = paths.filter(isSqlPath);
      const own = sql.filter((path) => pattern.test(fileNameOf(path))).sort(compareText);
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
          skipped: others.map((path) => ({
            path,
            line: null,
            reason: "Supabase does not run it: its name is not of the form `<timestamp>_<name>.sql`",
            matters: true,
          })),
        },
      ];
    }),
  read: (file) => readWhole(file, "transaction"),
  hasDowns: false,
  habits: { late: "refused", duplicates: "refused", checksums: false, together: false },
  outsideTransaction: say`a session of its own with psql, as no migration of Supabase runs outside a transaction`,
  write({ directory, version, name, up, outsideTransaction }) {
    if (outsideTransaction) return null;
    return [{ path: joinPath(directory, `${version}_${name}.sql`), text: up }];
  },
});

const pattern = /^(\d+)_(.*)\.sql$/;
