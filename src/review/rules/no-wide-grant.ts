import { defineRule } from "../rule.ts";
import { normaliseStatement } from "../sql/names.ts";
import { say } from "../text.ts";
import type { Severity, Text } from "../types.ts";

export default defineRule({
  summary: "Grant what a role needs, to the role that needs it",
  why: "What PUBLIC is granted, every role has, also those that are created later. ALL PRIVILEGES on a table holds TRUNCATE, which row level security does not hold back, and rights that later versions add.",
  instead: "Name the privileges and the role.",
  // Written down in the statement; how much harm it does depends on who can connect.
  severity: "warning",
  ignoreWhen: "every role that can connect may do so.",
  sources: ["PostgreSQL documentation, section 5.8, Privileges", "PostgreSQL documentation, GRANT"],
  check: {
    other({ node, at }, { statement, migration }) {
      if (node !== "GrantStmt" && node !== "AlterDefaultPrivilegesStmt") return;
      const found = harmOf(normaliseStatement(statement.sql));
      return found ? { ...found, at, object: `${migration.name} ${found.object}` } : undefined;
    },
  },
});

interface Harm {
  readonly message: Text;
  readonly severity: Severity;
  readonly object: string;
}

/** Roles that own or run everything anyway, and those of platforms that hold them back by row. */
const trusted =
  /^"?(?:\w*(?:admin|owner|migrat|super|root|postgres|deploy)\w*|anon|authenticated|service_role|authenticator)"?$/i;

/** Words of `grant … on … to …` with single spaces, as normalised. */
function harmOf(sql: string): Harm | null {
  const match = /\bgrant (.+?) on (.+?) to (.+?)(?: with grant option)?$/.exec(sql);
  if (!match) return null;
  const [, privileges = "", objects = "", grantees = ""] = match;
  const kind = kindOf(objects);
  const isAll = /^all(?: privileges)?$/.test(privileges);
  if (grantees.split(" , ").includes("public")) return toPublic(privileges, objects, kind, isAll);
  const roles = grantees.split(" , ").filter((role) => !trusted.test(role));
  if (!isAll || kind !== "table" || roles.length === 0) return null;
  return {
    message: say`${roles.join(", ")} may do everything with ${objects}, TRUNCATE and triggers included.`,
    severity: "info",
    object: objects,
  };
}

function toPublic(privileges: string, objects: string, kind: string, isAll: boolean): Harm | null {
  const writes =
    isAll || /\b(?:insert|update|delete|truncate|trigger|references|maintain)\b/.test(privileges);
  if (kind === "table")
    return {
      message: writes
        ? say`Every role, also each that is created later, may change ${objects}.`
        : say`Every role, also each that is created later, may read ${objects}.`,
      severity: writes ? "warning" : "info",
      object: objects,
    };
  if (kind !== "schema" || !(isAll || /\bcreate\b/.test(privileges))) return null;
  return {
    message: say`Every role may create objects in ${objects}, and so put its own in front of yours.`,
    severity: "warning",
    object: objects,
  };
}

function kindOf(objects: string): string {
  const other =
    /^(?:all )?(schema|database|functions?|procedures?|routines?|sequences?|types?|domain|language|tablespace|foreign|large|parameter)\b/.exec(
      objects,
    );
  return other?.[1] ?? "table";
}
