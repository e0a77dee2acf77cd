import { bareName, list } from "../advice.ts";
import { tableBefore } from "../observed.ts";
import { defineRule, type OperationContext } from "../rule.ts";
import { renameTableSequence } from "../sequences/table.ts";
import { quoteIdentifier, quoteTable } from "../sql/names.ts";
import { plain, say } from "../text.ts";
import type { Fix, Problem, Script, Span, TableName, Text } from "../types.ts";
import { failing, notUsed, stillMapped } from "../uses.ts";

export default defineRule({
  summary: "Leave a view under the old name when a table is renamed",
  why: "From the moment of the rename until every instance runs the new code, each statement that names the old table fails. Where a view or another table has the old name, each that names a column which is not in it does.",
  instead:
    "In the same migration, create a view with the old name and all columns that selects from the new one; drop it in a later release.",
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
      const heir = heirOf(table, context);
      if (heir) return leftOut(table, to, heir, at, context);
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

/** What has the old name when the migration ends. */
interface Heir {
  /** Null where they are not known. */
  readonly columns: readonly string[] | null;
  /** What it reads, when it is a view. */
  readonly reads: readonly TableName[];
}

/** What running code misses where another table or a view has the old name: the columns that only the renamed one has. */
function leftOut(
  table: TableName,
  to: string,
  heir: Heir,
  at: Span,
  context: OperationContext,
): Problem | undefined {
  const missing = heir.columns
    ? columnsStill(table, context).filter((one) => !heir.columns?.includes(one))
    : [];
  if (missing.length === 0 || isDroppedLater(to, context)) return;
  const former = context.formerName(table);
  const uses = missing.map((name) =>
    context.uses({ kind: "column", table: former, column: context.formerColumn(table, name) }),
  );
  const unused = uses.map(notUsed);
  const isUnused = unused.every((one) => one !== null);
  const broken = new Map(uses.flatMap(failing).map((fact) => [plain(fact), fact]));
  const left = say`Renaming ${table} to ${to} leaves ${table} without ${list(missing)}`;
  const them = [missing.length === 1 ? "it" : "them"];
  return {
    message: isUnused
      ? say`${left}.${unused[0] ?? []}`
      : say`${left}, which breaks running code that still uses ${them}.`,
    evidence: [
      ...(heir.reads.length > 0
        ? [say`observed: ${table} is a view of ${list(heir.reads)} after the migration`]
        : []),
      ...broken.values(),
    ],
    instead: isUnused
      ? say`See that no SQL in the code names ${list(missing.map((name) => `${table}.${name}`))}.`
      : say`Give what has the old name ${list(missing)} as well, or release code that no longer uses ${them} first.`,
    at,
    object: table,
    ...(isUnused && { severity: "info" }),
  };
}

/** The table is built anew: what the new one lacks is told where the old one goes. */
function isDroppedLater(name: string, { script, statement }: OperationContext): boolean {
  return script.statements
    .slice(statement.index + 1)
    .some(({ operations }) =>
      operations.some((one) => one.kind === "dropTable" && bareName(one.table) === name),
    );
}

/** Of the table's columns those that no statement before the rename drops or renames, which is told by itself. */
function columnsStill(table: TableName, context: OperationContext): readonly string[] {
  const changed = context.script.statements
    .slice(0, context.statement.index + 1)
    .flatMap(({ operations }) =>
      operations.flatMap((one) =>
        (one.kind === "dropColumn" || one.kind === "renameColumn") && one.table === table ? [one.column] : [],
      ),
    );
  const columns = tableBefore(context, table)?.columns.map(({ name }) => name) ?? [];
  return columns.filter((name) => !changed.includes(name));
}

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

/** The table or the view that has the old name when the migration ends. */
function heirOf(table: TableName, { after, script, statement }: OperationContext): Heir | null {
  if (after) {
    const columns = after.tables.find(({ name }) => name === table)?.columns.map(({ name }) => name);
    return columns ? { columns, reads: [] } : (after.views.find(({ name }) => name === table) ?? null);
  }
  const isMade = script.statements
    .slice(statement.index + 1)
    .flatMap(({ operations }) => operations)
    .some(
      (operation) =>
        (operation.kind === "createView" && operation.name === table) ||
        (operation.kind === "createTable" && operation.table === table) ||
        (operation.kind === "renameTable" && operation.to === bareName(table)),
    );
  return isMade ? { columns: null, reads: [] } : null;
}
