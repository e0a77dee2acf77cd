import { placeNaming } from "../additions.ts";
import { defineRule } from "../rule.ts";
import { say } from "../text.ts";

export default defineRule({
  summary: "Create no role that stands above every rule",
  why: "A superuser passes every privilege and policy, and can run programs on the server; BYPASSRLS passes every policy. Whoever learns such a role's password has the whole database.",
  instead: "Grant the privileges that the role needs.",
  // Seen in the catalogue.
  severity: "warning",
  ignoreWhen: "the role belongs to the people who run the server.",
  sources: ["PostgreSQL documentation, section 21.2, Role Attributes"],
  check: {
    migration(migration, { run, head, onlyDown }) {
      if (!run || !head || onlyDown) return;
      return head.roles.flatMap(({ name, superuser, bypassesRowSecurity }) => {
        const after = run.after.roles.find((role) => role.name === name);
        const before = run.before.roles.find((role) => role.name === name);
        if (superuser && after?.superuser && !before?.superuser)
          return [
            {
              message: say`${name} becomes a superuser: no privilege and no policy holds it back.`,
              ...placeNaming(migration, ["CreateRoleStmt", "AlterRoleStmt", "DoStmt"], [name]),
              object: name,
            },
          ];
        if (!superuser && bypassesRowSecurity && after && !before?.bypassesRowSecurity)
          return [
            {
              message: say`${name} bypasses row level security: no policy holds it back.`,
              ...placeNaming(migration, ["CreateRoleStmt", "AlterRoleStmt", "DoStmt"], [name]),
              object: name,
            },
          ];
        return [];
      });
    },
  },
});
