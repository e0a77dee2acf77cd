import { additionsOf, placeNaming, placeOfCreation } from "../additions.ts";
import { isExposed, schemaOf, toggledTables, usesRowSecurity } from "../row-security.ts";
import { defineRule, type MigrationContext } from "../rule.ts";
import { quoteTable } from "../sql/names.ts";
import { say } from "../text.ts";
import type { Problem, Table } from "../types.ts";

export default defineRule({
  summary: "Turn on row level security where the schema's other tables have it",
  why: "Where access is decided by row, a table without row level security shows and gives all of its rows to every role that was granted the table.",
  instead: "Enable row level security and create policies, or revoke the table from the roles of the API.",
  // Seen in the catalogue; whether the roles of the API hold rights on the table is decided elsewhere.
  severity: "warning",
  ignoreWhen: "no role that is held to policies has any right on the table.",
  sources: ["PostgreSQL documentation, section 5.9, Row Security Policies"],
  check: {
    migration(migration, context) {
      const added = (additionsOf(migration, context)?.tables ?? []).filter((table) =>
        isUnguarded(table, context),
      );
      const disabled = toggledTables(context, false);
      return [
        ...added.map(
          (table): Problem => ({
            message: say`${table.name} has no row level security, though ${[reasonOf(table, context)]}.`,
            instead: say`Add ${`ALTER TABLE ${quoteTable(table.name)} ENABLE ROW LEVEL SECURITY`} and its policies.`,
            ...placeOfCreation(migration, table),
            object: table.name,
          }),
        ),
        ...disabled.map(
          (table): Problem => ({
            message: say`${table.name} loses its row level security: roles that were granted the table now reach every row.`,
            ...placeNaming(migration, ["AlterTableStmt", "AT_DisableRowSecurity"], [table.name]),
            object: table.name,
          }),
        ),
      ];
    },
  },
});

/** A table with policies is another rule's: there row level security was only forgotten. */
function isUnguarded(
  { name, rowSecurity, policies, kind }: Table,
  { base, head }: MigrationContext,
): boolean {
  if (rowSecurity || policies.length > 0 || kind === "foreign" || !head) return false;
  const schema = schemaOf(name);
  return (schema === "public" && isExposed(head)) || (base !== null && usesRowSecurity(base, schema));
}

function reasonOf({ name }: Table, { base }: MigrationContext): string {
  return base !== null && usesRowSecurity(base, schemaOf(name))
    ? "most other tables of its schema have it"
    : "the API's roles reach this schema";
}
