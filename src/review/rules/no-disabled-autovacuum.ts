import { placeNaming } from "../additions.ts";
import { defineRule } from "../rule.ts";
import { quoteTable } from "../sql/names.ts";
import { say } from "../text.ts";

export default defineRule({
  summary: "Leave autovacuum on",
  why: "Without it dead rows stay in the table and in its indexes, statistics grow old, and one day an emergency vacuum comes that cannot be put off.",
  instead: "Tune it with autovacuum_vacuum_scale_factor and autovacuum_vacuum_cost_delay.",
  // Seen in the catalogue.
  severity: "warning",
  ignoreWhen: "a job of your own vacuums and analyzes the table, or it is loaded once and dropped.",
  sources: ["PostgreSQL documentation, section 24.1, Routine Vacuuming"],
  check: {
    migration(migration, { run, head, onlyDown }) {
      if (!run || !head || onlyDown) return;
      const isOff = (options: readonly string[] | undefined) =>
        options?.some((option) => /^autovacuum_enabled=(?:false|off|no|0)$/i.test(option)) ?? false;
      return head.tables.flatMap(({ name, oid, options }) => {
        const before = run.before.tables.find((table) => table.oid === oid)?.options;
        const after = run.after.tables.find((table) => table.oid === oid)?.options;
        if (!isOff(options) || !isOff(after) || isOff(before)) return [];
        return [
          {
            message: say`Nothing vacuums ${name} any more.`,
            instead: say`Turn it on again with ${`ALTER TABLE ${quoteTable(name)} RESET (autovacuum_enabled)`} at the latest when the load is done.`,
            ...placeNaming(migration, ["AT_SetRelOptions", "AlterTableStmt"], [name]),
            object: name,
          },
        ];
      });
    },
  },
});
