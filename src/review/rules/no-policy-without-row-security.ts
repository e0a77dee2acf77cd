import { placeNaming } from "../additions.ts";
import { addedPolicies } from "../row-security.ts";
import { defineRule } from "../rule.ts";
import { quoteTable } from "../sql/names.ts";
import { say } from "../text.ts";

export default defineRule({
  summary: "Turn on row level security where a policy is created",
  why: "A policy does nothing until row level security is enabled on its table: every role that was granted the table reaches all rows.",
  instead: "Enable row level security in the same migration.",
  // Seen in the catalogue at the end of the pull request.
  severity: "warning",
  ignoreWhen: "row level security is turned on later on purpose, after the policies were tried.",
  sources: ["PostgreSQL documentation, CREATE POLICY"],
  check: {
    migration(migration, context) {
      const idle = addedPolicies(context).filter(({ table }) => !table.rowSecurity);
      const tables = [...new Set(idle.map(({ table }) => table))];
      return tables.map((table) => {
        const policy = idle.find((added) => added.table === table)?.policy.name ?? "";
        return {
          message: say`The policy ${policy} does nothing: row level security of ${table.name} is off.`,
          instead: say`Add ${`ALTER TABLE ${quoteTable(table.name)} ENABLE ROW LEVEL SECURITY`}.`,
          ...placeNaming(migration, ["CreatePolicyStmt", "AlterPolicyStmt"], [policy, table.name]),
          object: table.name,
        };
      });
    },
  },
});
