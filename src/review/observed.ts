import { bookkeeping } from "./additions.ts";
import { bytesInWords, countInWords, inWords, secondsOf, type Work } from "./duration.ts";
import { isRequired } from "./required-column.ts";
import type { Context, OperationContext } from "./rule.ts";
import { say } from "./text.ts";
import type { Operation, Severity, StatementRun, Table, TableName, Text } from "./types.ts";

/** A table below both is locked, scanned or rewritten in a moment: such a finding is only worth an `info`. */
const small = { rows: 10_000, bytes: 8 * 1024 ** 2 };

/** The statement's run when the statement was seen to run; null when it failed or was not evaluated. */
export function ranOf(context: OperationContext): StatementRun | null {
  return context.run?.outcome.kind === "ran" ? context.run : null;
}

/** The severity of a lock, a scan or a rewrite on this table: `info` when it is known to be small, or has to be empty. */
export function sized(severity: Severity, table: TableName, context: Context): Severity {
  return isSmall(table, context) || hasToBeEmpty(table, context) ? "info" : severity;
}

/** A column that the script gave the table before, as the rule of such columns tells, lets only an empty one through. */
function hasToBeEmpty(table: TableName, context: Context | OperationContext): boolean {
  if (!("statement" in context) || ranOf(context)) return false;
  return context.script.statements
    .slice(0, context.statement.index + 1)
    .flatMap(({ operations }) => operations)
    .some((one) => one.kind === "addColumn" && one.table === table && isRequired(one.column));
}

/** Whether the table is known to be small, by every number that is known of it, else by what a tool keeps in it. */
export function isSmall(table: TableName, context: Context): boolean {
  const rows = context.rows(table);
  const bytes = context.bytes(table);
  if (rows === null && bytes === null) return bookkeeping.test(table);
  return (rows ?? 0) < small.rows && (bytes ?? 0) < small.bytes;
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
 * Whether all that the statement was seen to do with its table's rows comes of this operation: the others change the catalogue alone
 * (documentation, ALTER TABLE, Notes).
 */
export function isAllOf(operation: Operation, { statement }: OperationContext): boolean {
  return statement.operations.every((other) => other === operation || leavesRows(other));
}

function leavesRows(operation: Operation): boolean {
  switch (operation.kind) {
    case "dropColumn":
    case "setDefault":
    case "dropNotNull":
    case "dropConstraint":
      return true;
    case "addConstraint":
      return operation.constraint.notValid;
    case "addColumn": {
      const { notNull, primaryKey, unique, identity, serial, generated, defaultSql } = operation.column;
      const isFilled = defaultSql !== null || identity || serial || generated === "stored";
      return !isFilled && !notNull && !primaryKey && !unique && operation.constraints.length === 0;
    }
    default:
      return false;
  }
}

/**
 * What the sandbox saw of a statement on tables that are older than the pull request, and what is known of the sizes of
 * those given tables that are older too: one fact an entry.
 */
export function evidenceOf(context: OperationContext, tables: readonly TableName[]): Text[] {
  const old = tables.filter((table) => !context.isNew(table));
  return [...seen(ranOf(context)), ...old.map((table) => sizeOf(table, context, workOn(table, context)))];
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

/** What was seen to be done with every row of the table; null when nothing was. */
function workOn(table: TableName, context: OperationContext): Work | null {
  const run = ranOf(context);
  if (!run) return null;
  if (wasRewritten(run, table)) return "rewrite";
  if (!wasScanned(run, table)) return null;
  return context.statement.operations.some(buildsIndex) ? "index" : "scan";
}

function buildsIndex(operation: Operation): boolean {
  if (operation.kind === "createIndex" || operation.kind === "reindex") return true;
  if (operation.kind === "addColumn") return operation.column.unique || operation.column.primaryKey;
  return (
    operation.kind === "addConstraint" &&
    ["unique", "primary-key", "exclude"].includes(operation.constraint.kind)
  );
}

/**
 * What is known of a table's size, and to what that work on all of it comes. A table of unknown size is only named: the
 * report says once what follows from that.
 */
export function sizeOf(table: TableName, context: Context, work: Work | null = null): Text {
  const size = { rows: context.rows(table), bytes: context.bytes(table) };
  if (size.rows === null && size.bytes === null)
    return bookkeeping.test(table)
      ? say`size: ${table} has a row for each migration`
      : say`unsized: ${table}`;
  const parts = [
    ...(size.rows === null ? [] : [`${countInWords(size.rows)} rows`]),
    ...(size.bytes === null ? [] : [bytesInWords(size.bytes)]),
  ];
  const seconds = work === null ? null : secondsOf(work, size);
  const expect =
    seconds === null || work === null ? "" : `: expect the ${names[work]} to take ${inWords(seconds)}`;
  return say`size: ${table} has ${[parts.join(", ")]}${[expect]}`;
}

const names: Readonly<Record<Work, string>> = {
  scan: "scan",
  index: "index build",
  update: "update",
  rewrite: "rewrite",
};

/** The table that a fact names as one of unknown size; null for every other fact. */
export function unsizedIn([label, name]: Text): TableName | null {
  return label === "unsized: " && typeof name === "object" ? name.code : null;
}
