import { underLocks } from "../held-locks.ts";
import { sizeOf } from "../observed.ts";
import { defineRule, type MigrationContext } from "../rule.ts";
import { normaliseStatement, quoteTable, storedName } from "../sql/names.ts";
import { say } from "../text.ts";
import type { Migration, Problem, Severity, Statement, TableName } from "../types.ts";

/** A table of fewer rows is written in a moment. */
const large = 10_000;

export default defineRule({
  summary: "Fill a column of a large table in batches",
  why: "One UPDATE of every row keeps all of them locked until it ends, writes each row and its index entries anew, and is lost as a whole when it fails; other writers wait, replicas fall behind.",
  instead:
    "Update some thousand rows at a time, by ranges of the key, each in a transaction of its own, outside of the deploy.",
  // How long it takes depends on the number of rows.
  severity: "warning",
  ignoreWhen: "the table is small, or the application is stopped while the migration runs.",
  sources: [
    "PostgreSQL documentation, section 13.3.2, Row-Level Locks",
    "PostgreSQL documentation, section 24.1.2, Recovering Disk Space",
  ],
  check: {
    migration(migration, context) {
      const { run, onlyDown } = context;
      if (!run || onlyDown) return;
      // While a lock is held it is the lock that counts, which is told elsewhere.
      return underLocks(migration.up, run.up)
        .filter(({ held }) => held.length === 0)
        .flatMap(({ statement }) => problemsOf(statement, migration, context));
    },
  },
});

function problemsOf(statement: Statement, migration: Migration, context: MigrationContext): Problem[] {
  return statement.operations.flatMap((one) => {
    if (one.kind !== "write" || one.verb !== "update") return [];
    const table = context.base?.tables.find(({ name }) => name === one.table);
    if (!table || !(one.filtered ? isOnlyUnfilled(statement, one.table, migration, context) : true))
      return [];
    const rows = context.rows(one.table);
    if (rows !== null && rows < large) return [];
    const severity: Severity = rows === null ? "info" : "warning";
    return [
      {
        message:
          rows === null
            ? say`This UPDATE writes every row of ${one.table} in one transaction.`
            : say`This UPDATE writes all ${[rows.toLocaleString("en-US")]} rows of ${one.table} in one transaction.`,
        evidence: [sizeOf(one.table, context, "update")],
        instead: say`Update ${quoteTable(one.table)} some thousand rows at a time, by ranges of its key, each in a transaction of its own.`,
        at: one.at,
        object: one.table,
        severity,
      },
    ];
  });
}

/** `WHERE column IS NULL` of a column that this pull request adds leaves no row out. */
function isOnlyUnfilled(
  { sql }: Statement,
  table: TableName,
  migration: Migration,
  { database }: MigrationContext,
): boolean {
  const written = /\bWHERE (?:\S+ \. )?("(?:[^"]|"")+"|\w+) IS NULL$/i.exec(normaliseStatement(sql))?.[1];
  const column = written === undefined ? null : storedName(written);
  return database.steps
    .slice(0, database.steps.indexOf(migration) + 1)
    .filter(({ status }) => status !== "kept")
    .flatMap(({ up }) => up.statements)
    .flatMap(({ operations }) => operations)
    .some(
      (one) =>
        one.kind === "addColumn" &&
        one.table === table &&
        one.column.name === column &&
        one.column.defaultSql === null,
    );
}
