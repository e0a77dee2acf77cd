import { defineRule } from "../rule.ts";
import { say } from "../text.ts";
import type { Migration, PlannedFix } from "../types.ts";
import { undoOf } from "../undo.ts";

export default defineRule({
  summary: "Write a down migration for every up",
  why: "Without a down the schema cannot be taken back when a release has to be: the tool stops at this version.",
  instead: "Add the down migration, or say in the file why the step is irreversible.",
  // Nothing breaks until somebody has to go back.
  severity: "warning",
  dialects: ["postgresql", "sqlite"],
  ignoreWhen: "the team never migrates down, in any environment.",
  sources: ["golang-migrate documentation, MIGRATIONS.md, Migration Content Format"],
  check: {
    migration(migration) {
      const { up, down, downWaived, downPath, status, changed } = migration;
      if (down || downWaived !== null || downPath === null || up.statements.length === 0) return;
      // Of a migration that the base side has, only a down that this pull request takes away is news.
      if (status === "edited" && !changed.includes("down")) return;
      const first = migration.up.statements[0];
      // In a file that has a place for it, an empty one was seen and left.
      const isLeftOpen = downPath === migration.up.path;
      return {
        ...(isLeftOpen && { severity: "info" as const }),
        message:
          downPath === migration.up.path
            ? say`${migration.name} has no down migration: its file holds none.`
            : say`${migration.name} has no down migration: ${downPath} is missing.`,
        instead:
          downPath === migration.up.path
            ? say`Add a down that undoes it to the file, or a comment there that says why the step is irreversible.`
            : say`Add ${downPath} that undoes this file, or a comment in it that says why the step is irreversible.`,
        object: migration.name,
        planned: downOf(migration, downPath),
        ...(first && { at: { start: first.span.start, end: first.span.start } }),
      };
    },
  },
});

/** Where the statements themselves say how they are taken back. */
function downOf({ up }: Migration, path: string): PlannedFix | null {
  const sql = undoOf(up);
  if (!sql) return null;
  const beyond = say`Or say in a comment there why the step is irreversible.`;
  return { title: "Write the down migration", followUp: null, beyond, change: { kind: "down", path, sql } };
}
