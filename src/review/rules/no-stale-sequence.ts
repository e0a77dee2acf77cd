import { ranOf } from "../observed.ts";
import { defineRule, type OperationContext } from "../rule.ts";
import { insertedValues } from "../sql/inserts.ts";
import { quoteTable } from "../sql/names.ts";
import { say } from "../text.ts";
import type { TableName } from "../types.ts";

export default defineRule({
  summary: "Move the sequence on after rows are inserted with ids of their own",
  why: "A sequence knows nothing of ids that are written out: it gives the same numbers again, and the next INSERT that leaves the id to it fails as a duplicate.",
  instead: "Leave the id out of the INSERT, or set the sequence behind the greatest id.",
  // Rows of this pull request's own table: certain, as soon as somebody inserts without an id.
  severity: "warning",
  ignoreWhen: "nobody ever inserts into the table without an id.",
  sources: [
    "PostgreSQL documentation, section 8.1.4, Serial Types",
    "PostgreSQL documentation, section 9.17, Sequence Manipulation Functions",
  ],
  check: {
    write({ verb, table, at }, context) {
      if (verb !== "insert" || !ranOf(context)) return;
      const column = numberedColumn(table, context);
      const ids = column === null ? [] : (insertedValues(context.statement.sql).get(column) ?? []);
      if (column === null || !ids.some((id) => /^0*[1-9]\d*$/.test(id)) || isMovedOn(table, context)) return;
      return {
        message: say`The sequence of ${`${table}.${column}`} does not know of these ids: it gives them out again, and that INSERT fails.`,
        instead: say`Run ${`SELECT setval(pg_get_serial_sequence('${quoteTable(table)}', '${column}'), max(${column})) FROM ${quoteTable(table)}`} after it.`,
        at,
        object: `${table}.${column}`,
        severity: context.isNew(table) ? "warning" : "info",
      };
    },
  },
});

/** The column that a sequence fills. */
function numberedColumn(table: TableName, { after }: OperationContext): string | null {
  const columns = after?.tables.find(({ name }) => name === table)?.columns ?? [];
  return (
    columns.find(({ identity, defaultSql }) => identity || /^nextval\(/.test(defaultSql ?? ""))?.name ?? null
  );
}

/** A later statement of the pull request sets a sequence, or fills the table from scratch. */
function isMovedOn(table: TableName, { database, migration, statement }: OperationContext): boolean {
  return database.steps
    .slice(database.steps.indexOf(migration))
    .flatMap((step) =>
      step === migration ? step.up.statements.slice(statement.index + 1) : step.up.statements,
    )
    .some(
      ({ sql, operations }) =>
        /\bsetval\s*\(|\bRESTART\b/i.test(sql) ||
        operations.some((one) => one.kind === "dropTable" && one.table === table),
    );
}
