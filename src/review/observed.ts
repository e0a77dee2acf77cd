import type { Context, OperationContext } from "./rule.ts";
import { say } from "./text.ts";
import type { Severity, StatementRun, Table, TableName, Text } from "./types.ts";

/** A table of fewer rows is locked, scanned or rewritten in a moment: such a finding is only worth an `info`. */
const smallTable = 1000;

/** The statement's run when the statement was seen to run; null when it failed or was not evaluated. */
export function ranOf(context: OperationContext): StatementRun | null {
  return context.run?.outcome.kind === "ran" ? context.run : null;
}

/** The severity of a lock, a scan or a rewrite on this table: `info` when the configuration says that it is small. */
export function sized(severity: Severity, table: TableName, context: Context): Severity {
  const rows = context.rows(table);
  return rows !== null && rows < smallTable ? "info" : severity;
}

/** Whether the statement was seen to read the whole table. */
export function wasScanned(run: StatementRun, table: TableName): boolean {
  return run.scans.some((scan) => scan.relation === table);
}

/** Whether the statement was seen to write the table anew. */
export function wasRewritten(run: StatementRun, table: TableName): boolean {
  return run.rewrites.some((rewrite) => rewrite.relation === table && rewrite.kind === "table");
}

/**
 * What the sandbox saw of a statement on tables that are older than the pull request, and what is known of the sizes of
 * those given tables that are older too: one fact an entry.
 */
export function evidenceOf(context: OperationContext, tables: readonly TableName[]): Text[] {
  const old = tables.filter((table) => !context.isNew(table));
  return [...seen(ranOf(context)), ...old.map((table) => sizeOf(table, context))];
}

/** The table as it was before the migration; null when that is not known. */
export function tableBefore(context: OperationContext, table: TableName): Table | null {
  return context.before?.tables.find(({ name }) => name === table) ?? null;
}

function seen(run: StatementRun | null): Text[] {
  if (!run) return [];
  const locks = run.locks.filter((lock) => lock.kind === "table" && !lock.isNew);
  const rewrites = run.rewrites.filter((rewrite) => rewrite.kind !== "view" && !rewrite.isNew);
  const rewritten = new Set(rewrites.map(({ relation }) => relation));
  const scans = run.scans.filter((scan) => !scan.isNew && !rewritten.has(scan.relation));
  return [
    ...locks.map(({ mode, relation, source }) => say`${[source]}: ${[mode]} lock on ${relation}`),
    ...rewrites.map(({ kind, relation }) =>
      kind === "table"
        ? say`observed: ${relation} is rewritten`
        : say`observed: the index ${relation} is rebuilt`,
    ),
    ...scans.map(({ relation }) => say`observed: full scan of ${relation}`),
  ];
}

function sizeOf(table: TableName, context: Context): Text {
  const rows = context.rows(table);
  if (rows === null) return say`sizes are not configured: ${table} is taken to be large`;
  return say`configured: ${table} has ${[rows.toLocaleString("en-US")]} rows`;
}
