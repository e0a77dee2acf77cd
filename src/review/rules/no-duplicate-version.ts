import { defineRule, type MigrationContext } from "../rule.ts";
import { say } from "../text.ts";
import type { Severity, Text } from "../types.ts";
import { normalVersion } from "../versions.ts";

export default defineRule({
  summary: "Give every migration a version of its own",
  why: "Tools remember versions, not files: with two files of one version they refuse to start, or run one of them and take the other for done.",
  instead: "Give the new migration the next free version.",
  // Certain where the tool is known to refuse or to skip it.
  severity: "error",
  dialects: ["postgresql", "sqlite"],
  ignoreWhen: "the tool tells migrations apart by their whole names.",
  sources: [
    "golang-migrate documentation, MIGRATIONS.md",
    "goose documentation, Migrations",
    "Flyway documentation, Versioned Migrations",
  ],
  check: {
    migration(migration, context) {
      const { database } = context;
      if (migration.status !== "added" || database.habits.duplicates === "run") return;
      if (!/^\d/.test(migration.version)) return;
      const other = otherOf(migration.version, migration.up.path, context);
      if (other === undefined) return;
      const severity: Severity = database.habits.duplicates === "unknown" ? "warning" : "error";
      const first = migration.up.statements[0];
      return {
        message: say`${migration.name} has version ${migration.version}, as ${other} has: ${effectOf(context)}.`,
        object: migration.name,
        severity,
        ...(first && { at: { start: first.span.start, end: first.span.start } }),
      };
    },
  },
});

function effectOf({ database, framework }: MigrationContext): Text {
  switch (database.habits.duplicates) {
    case "refused":
      return say`${[framework.title]} refuses to start`;
    case "skipped":
      return say`${[framework.title]} takes it for done where the other one has run`;
    default:
      return say`most tools refuse to start, or run only one of them`;
  }
}

/** Another file of the same version. */
function otherOf(version: string, path: string, { database }: MigrationContext): string | undefined {
  const same = pathsOf(database).get(normalVersion(version)) ?? [];
  return same.find((other) => other !== path);
}

const known = new WeakMap<MigrationContext["database"], ReadonlyMap<string, readonly string[]>>();

/** The files of a database by their versions, read once for all of its migrations. */
function pathsOf(database: MigrationContext["database"]): ReadonlyMap<string, readonly string[]> {
  const found = known.get(database);
  if (found) return found;
  const paths = new Map<string, string[]>();
  const steps = database.steps.map(({ version, up }) => ({ version, path: up.path }));
  for (const { version, path } of [...database.history, ...steps]) {
    const normal = normalVersion(version);
    const list = paths.get(normal);
    if (list) list.push(path);
    else paths.set(normal, [path]);
  }
  known.set(database, paths);
  return paths;
}
