import { placeNaming } from "../additions.ts";
import { type AddedPolicy, addedPolicies } from "../row-security.ts";
import { defineRule } from "../rule.ts";
import { say } from "../text.ts";
import type { Policy, Severity, Text } from "../types.ts";

export default defineRule({
  summary: "Let no policy allow everybody to write",
  why: "A policy that is always true, or that asks for what users can set themselves, lets each of them change every row of the table.",
  instead: "Compare a column of the row with the user, or grant the policy to a trusted role only.",
  // What the policy says is certain; that the role also holds the privilege is likely.
  severity: "warning",
  ignoreWhen: "everybody may write any row, or the roles hold no privilege to.",
  sources: ["PostgreSQL documentation, CREATE POLICY"],
  check: {
    migration(migration, context) {
      return addedPolicies(context).flatMap((added) => {
        const harm = harmOf(added);
        if (!harm) return [];
        const { table, policy } = added;
        return [
          {
            ...harm,
            ...placeNaming(migration, ["CreatePolicyStmt", "AlterPolicyStmt"], [policy.name]),
            object: `${table.name}.${policy.name}`,
          },
        ];
      });
    },
  },
});

/** Roles that anybody is, or becomes by signing up. */
const open = new Set(["public", "anon", "authenticated"]);

function harmOf({ table, policy }: AddedPolicy): { message: Text; severity: Severity } | null {
  const { permissive, command, roles, using, check } = policy;
  if (!permissive || !roles.some((role) => open.has(role))) return null;
  if (/user_meta_?data/.test(`${using} ${check}`))
    return {
      message: say`${policy.name} on ${table.name} trusts the metadata that users can change themselves.`,
      severity: "warning",
    };
  const isNarrowed = table.policies.some(
    (other) => !other.permissive && (other.command === command || other.command === "ALL"),
  );
  if (command === "SELECT" || isNarrowed || !isAlwaysTrue(policy)) return null;
  return {
    message: say`${policy.name} on ${table.name} is always true: ${roles.join(", ")} may ${[verbs[command]]}.`,
    severity: command === "INSERT" ? "info" : "warning",
  };
}

const verbs = {
  INSERT: "insert any row",
  UPDATE: "change any row",
  DELETE: "delete any row",
  ALL: "read, change and delete any row",
} as const;

/** Without a WITH CHECK of its own the USING expression counts for new rows as well. */
function isAlwaysTrue({ command, using, check }: Policy): boolean {
  const isTrue = (expression: string | null) => /^\(?(?:true|1 = 1)\)?$/.test(expression ?? "");
  if (command === "INSERT") return isTrue(check);
  return isTrue(using) && (check === null || isTrue(check));
}
