import { bareName } from "../advice.ts";
import { tableBefore } from "../observed.ts";
import { defineRule, type OperationContext } from "../rule.ts";
import { renameTableSequence } from "../sequences/table.ts";
import { quoteIdentifier, quoteTable } from "../sql/names.ts";
import { say } from "../text.ts";
import type { Fix, Script, TableName, Text } from "../types.ts";
import { failing, stillMapped } from "../uses.ts";

export default defineRule({
  summary: "Leave a view under the old name when a table is renamed",
  why: "From the moment of the rename until every instance runs the new code, each statement that names the old table fails.",
  instead:
    "In the same migration, create a view with the old name that selects from the new one; drop it in a later release.",
  // Whether something breaks depends on deploy order and on code that is not seen here: it does not gate.
  severity: "warning",
  dialects: ["postgresql", "sqlite"],
  ignoreWhen: "nothing that is deployed uses the table, or the application is stopped during the deploy.",
  sources: [
    "PostgreSQL documentation, ALTER TABLE, RENAME",
    "PostgreSQL documentation, CREATE VIEW, Updatable Views",
  ],
  check: {
    renameTable({ table, to, at }, context) {
      if (context.isNew(table)) return;
      // ALTER TABLE … RENAME is also accepted for indexes, sequences and views.
      if (context.before && !tableBefore(context, table)) return;
      if (isStillThere(table, context)) return;
      const renamed = table.slice(0, table.length - bareName(table).length) + to;
      const uses = context.uses({ kind: "table", table: context.formerName(table) });
      return {
        message: say`Renaming ${table} to ${to} breaks running code that still uses ${table}.${stillMapped(uses) ?? []}`,
        evidence: failing(uses),
        instead: insteadOf(table, renamed, context),
        at,
        object: table,
        fix: fixOf(table, renamed, context),
        sequence: context.database.dialect === "sqlite" ? null : renameTableSequence(table, to),
      };
    },
  },
});

function insteadOf(table: TableName, renamed: TableName, { database }: OperationContext): Text {
  // A view of SQLite cannot be written to, and its columns' rename would not follow (SQLite documentation, CREATE VIEW).
  if (database.dialect === "sqlite")
    return say`Rename it in the release after the one that no longer uses ${table}; for code that only reads, a view of the old name is enough: ${`CREATE VIEW ${quoteTable(table)} AS SELECT * FROM ${quoteTable(renamed)}`}.`;
  return say`In the same migration run ${`CREATE VIEW ${quoteTable(table)} AS SELECT * FROM ${quoteTable(renamed)}`}, and drop the view when no running code uses ${quoteIdentifier(bareName(table))} any more.`;
}

/** A view after the rename, and out of the way before the down renames it back. Only where both are one transaction. */
function fixOf(
  table: TableName,
  renamed: TableName,
  { database, migration, script, statement }: OperationContext,
): Fix | null {
  const { down } = migration;
  const isAtomic = script.transaction !== "autocommit" && isBare(script) && (!down || isBare(down));
  if (database.dialect === "sqlite" || !isAtomic || down?.path === script.path) return null;
  const rest = /^\s*;(?:[ \t]*--.*)?/.exec(script.text.slice(statement.span.end))?.[0] ?? "";
  const end = statement.span.end + rest.length;
  const view = `CREATE VIEW ${quoteTable(table)} AS SELECT * FROM ${quoteTable(renamed)}`;
  const first = down?.statements[0];
  const drop = `DROP VIEW ${quoteTable(table)};\n`;
  return {
    title: "Leave a view under the old name",
    edits: [
      { path: script.path, start: end, end, text: `${rest === "" ? ";" : ""}\n${view};` },
      ...(down && first
        ? [{ path: down.path, start: first.span.start, end: first.span.start, text: drop }]
        : []),
    ],
    followUp: say`Drop the view when no running code uses ${table} any more.`,
  };
}

function isBare({ statements }: Script): boolean {
  return statements.every(({ operations }) => operations.every(({ kind }) => kind !== "transaction"));
}

/** Another table or a view has the old name when the migration ends. */
function isStillThere(table: TableName, { after, script, statement }: OperationContext): boolean {
  if (after) return [...after.tables, ...after.views].some(({ name }) => name === table);
  return script.statements
    .slice(statement.index + 1)
    .flatMap(({ operations }) => operations)
    .some(
      (operation) =>
        (operation.kind === "createView" && operation.name === table) ||
        (operation.kind === "createTable" && operation.table === table) ||
        (operation.kind === "renameTable" && operation.to === bareName(table)),
    );
}
