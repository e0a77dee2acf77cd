import { groupByTable, placeNaming } from "../additions.ts";
import { addedPolicies } from "../row-security.ts";
import { defineRule } from "../rule.ts";
import { say } from "../text.ts";
import type { Policy } from "../types.ts";

export default defineRule({
  summary: "Ask once per query who the user is, not once per row",
  why: "A function in a policy is called for every row that is looked at. In a subquery of its own it is called once, and an index on the column can be used.",
  instead: "Write (SELECT auth.uid()) in place of auth.uid().",
  // Speed only.
  severity: "info",
  ignoreWhen: "the table stays small.",
  sources: ["PostgreSQL documentation, section 5.9, Row Security Policies"],
  check: {
    migration(migration, context) {
      const slow = addedPolicies(context).filter(({ policy }) => callOf(policy) !== null);
      return groupByTable(slow).flatMap(({ table, items }) => {
        const [first] = items;
        const call = first && callOf(first.policy);
        if (!first || !call) return [];
        return [
          {
            message: say`${first.policy.name} on ${table.name} calls ${call} for every row that is looked at.`,
            instead: say`Write ${`(SELECT ${call})`} in place of ${call}.`,
            ...placeNaming(migration, ["CreatePolicyStmt", "AlterPolicyStmt"], [first.policy.name]),
            object: table.name,
          },
        ];
      });
    },
  },
});

/** A call that is compared as it is; in a subquery PostgreSQL prints SELECT before it. */
function callOf({ using, check }: Policy): string | null {
  const text = `${using ?? ""} ${check ?? ""}`;
  const found = /\((auth\.(?:uid|role|email)\(\)) (?:=|<>)|(?:=|<>) (auth\.(?:uid|role|email)\(\))\)/.exec(
    text,
  );
  return found?.[1] ?? found?.[2] ?? null;
}
