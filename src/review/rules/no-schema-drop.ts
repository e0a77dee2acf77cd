import { list } from "../advice.ts";
import { defineRule, type OperationContext } from "../rule.ts";
import { say } from "../text.ts";

export default defineRule({
  summary: "Drop what is in a schema by name before the schema",
  why: "DROP SCHEMA … CASCADE drops every table, view, type and function of the schema without naming one, also those that somebody added later. DROP DATABASE drops everything that there is.",
  instead: "Drop the tables one by one, each when no running code uses it, then the schema without CASCADE.",
  // Rows of tables that the statement does not name are gone for good.
  severity: "error",
  ignoreWhen: "everything in it is known to be needed no longer.",
  // The sandbox does not have the database, or is in it.
  explains: ["3D000", "55006"],
  sources: ["PostgreSQL documentation, DROP SCHEMA", "PostgreSQL documentation, DROP DATABASE"],
  check: {
    dropObject({ object, name, cascade, at }, context) {
      if (object === "database")
        return {
          message: say`Dropping the database ${name} loses everything that is in it.`,
          instead: say`Leave it out of the migrations: they change one database, and do not remove it.`,
          at,
          object: name,
        };
      if (object !== "schema" || !cascade) return;
      const tables = tablesIn(name, context);
      if (tables.length === 0) return;
      return {
        message: say`Dropping the schema ${name} loses the rows of ${list(tables)}.`,
        evidence: tables
          .filter((table) => isGone(table, context))
          .map((table) => say`observed: ${table} is gone`),
        instead: say`Drop ${list(tables)} by name, each when no running code uses it, then ${name} without CASCADE.`,
        at,
        object: name,
      };
    },
  },
});

/** Tables that the schema had before the pull request, and that the migration does not drop by name. */
function tablesIn(schema: string, { before, script, isNew }: OperationContext): string[] {
  const dropped = script.statements.flatMap(({ operations }) =>
    operations.flatMap((one) => (one.kind === "dropTable" ? [one.table] : [])),
  );
  const prefix = schema === "public" ? "" : `${schema}.`;
  return (before?.tables ?? [])
    .map(({ name }) => name)
    .filter((name) => (prefix === "" ? !name.includes(".") : name.startsWith(prefix)))
    .filter((name) => !isNew(name) && !dropped.includes(name));
}

function isGone(table: string, { after }: OperationContext): boolean {
  return after !== null && !after.tables.some(({ name }) => name === table);
}
