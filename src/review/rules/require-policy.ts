import { placeNaming, placeOfCreation } from "../additions.ts";
import { toggledTables } from "../row-security.ts";
import { defineRule } from "../rule.ts";
import { say } from "../text.ts";
import type { Schema } from "../types.ts";

export default defineRule({
  summary: "Create a policy where row level security is turned on",
  why: "Without a policy row level security lets nobody through but the owner, superusers and roles that bypass it: others see an empty table, and no error.",
  instead: "Create the policies that let rows through.",
  // A table that only privileged roles reach may be meant.
  severity: "info",
  ignoreWhen: "only the owner, or a role that bypasses row level security, works with the table.",
  sources: ["PostgreSQL documentation, section 5.9, Row Security Policies"],
  check: {
    migration(migration, context) {
      if (isHabit(context.base)) return;
      return toggledTables(context, true).flatMap((table) => {
        if (table.policies.length > 0 || table.kind === "partition") return [];
        const enabled = placeNaming(migration, ["AlterTableStmt", "AT_EnableRowSecurity"], [table.name]);
        return [
          {
            message: say`Row level security of ${table.name} is on and it has no policy: roles other than its owner see no row.`,
            ...("at" in enabled ? enabled : placeOfCreation(migration, table)),
            object: table.name,
          },
        ];
      });
    },
  },
});

/** Row level security without policies shuts an API out of tables that only a privileged role works with. */
function isHabit(base: Schema | null): boolean {
  const guarded = (base?.tables ?? []).filter(({ rowSecurity }) => rowSecurity);
  const shut = guarded.filter(({ policies }) => policies.length === 0).length;
  return shut > 1 && shut * 2 > guarded.length;
}
