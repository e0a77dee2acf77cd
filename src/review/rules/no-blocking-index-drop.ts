import { list, sql } from "../advice.ts";
import { isStoppedAfter, isStoppedBefore } from "../held-locks.ts";
import { locksOnOld } from "../locks.ts";
import { evidenceOf, ranOf, sized } from "../observed.ts";
import { defineRule, type OperationContext } from "../rule.ts";
import { dropIndexSequence } from "../sequences/concurrent-index.ts";
import { withSchema } from "../sequences/names.ts";
import { say } from "../text.ts";
import { isInTransaction, outsideTransaction } from "../transaction.ts";
import type { OperationOf, PlannedFix, Table, Text } from "../types.ts";

const keywords = /^DROP\s+INDEX\b/i;

const inPlace: PlannedFix = {
  title: "Drop the index with CONCURRENTLY",
  change: { kind: "concurrently" },
  followUp: null,
};

export default defineRule({
  summary: "Drop an index of an existing table with CONCURRENTLY",
  why: "DROP INDEX takes an ACCESS EXCLUSIVE lock on the index's table: it waits for every running query of the table, and all later reads and writes wait behind it.",
  instead: "Use DROP INDEX CONCURRENTLY in a migration that runs outside a transaction.",
  // The lock itself is short; how long it is waited for depends on the queries that run.
  severity: "warning",
  ignoreWhen: "no query of the table runs for long, or lock_timeout is set and the migration is tried again.",
  sources: [
    "PostgreSQL documentation, DROP INDEX, CONCURRENTLY",
    "PostgreSQL documentation, section 13.3.1, Table-Level Locks",
  ],
  check: {
    dropIndex(operation, context) {
      const { statement } = context;
      if (operation.concurrently || statement.operations[0] !== operation) return;
      const tables = tablesOf(statement.operations.filter(isDropped), context).filter(
        (table) =>
          !context.isNew(table.name) && !isLockedAnyway(table, context) && !isDroppedToo(table, context),
      );
      const [first] = tables;
      if (!first) return;
      const names = tables.map(({ name }) => name);
      return {
        message: say`Dropping ${list(statement.operations.filter(isDropped).map(({ name }) => name))} makes every read and write of ${list(names)} wait until the queries that run there have ended.`,
        evidence: evidenceOf(context, names),
        instead: insteadOf(operation, tables, context),
        at: statement.span,
        object: operation.name,
        severity: sized("warning", first.name, context),
        planned: canBeConcurrent(tables, context) ? inPlace : null,
        sequence: canBeConcurrent(tables, context) ? sequenceFor(operation, first, context) : null,
      };
    },
  },
});

type DropIndex = OperationOf<"dropIndex">;

function isDropped(operation: { readonly kind: string }): operation is DropIndex {
  return operation.kind === "dropIndex";
}

/** The tables that the schema gives the indexes to, or that were seen to be locked. */
function tablesOf(dropped: readonly DropIndex[], context: OperationContext): Table[] {
  const run = ranOf(context);
  const locked = run ? locksOnOld(run, "ACCESS EXCLUSIVE").map(({ relation }) => relation) : null;
  return (context.before?.tables ?? []).filter(({ name, indexes }) =>
    locked
      ? locked.includes(name)
      : indexes.some((index) => dropped.some((one) => one.name === indexName(name, index.name))),
  );
}

/** The transaction stops the table also by a change of it, or has stopped it by dropping another of its indexes. */
function isLockedAnyway({ name, indexes }: Table, { script, statement }: OperationContext): boolean {
  if (isStoppedBefore(name, script, statement) || isStoppedAfter(name, script, statement)) return true;
  if (!isInTransaction(script, statement)) return false;
  return script.statements
    .slice(0, statement.index)
    .flatMap(({ operations }) => operations.filter(isDropped))
    .some((one) => indexes.some((index) => one.name === indexName(name, index.name)));
}

/** The table itself goes in the same migration, which is told of that. */
function isDroppedToo({ oid }: Table, { after }: OperationContext): boolean {
  return after?.tables.every((table) => table.oid !== oid) ?? false;
}

/** An index is in its table's schema. */
function indexName(table: string, index: string): string {
  const dot = table.indexOf(".");
  return dot < 0 ? index : `${table.slice(0, dot)}.${index}`;
}

/** CONCURRENTLY takes one index, no CASCADE, and none of a partitioned table. */
function canBeConcurrent(tables: readonly Table[], { statement }: OperationContext): boolean {
  return (
    statement.operations.length === 1 &&
    !/\bCASCADE\s*$/i.test(statement.sql) &&
    !tables.some(({ kind }) => kind === "partitioned")
  );
}

function insteadOf({ name }: DropIndex, tables: readonly Table[], context: OperationContext): Text {
  const partitioned = tables.find(({ kind }) => kind === "partitioned");
  if (partitioned)
    return say`The index of a partitioned table cannot be dropped with CONCURRENTLY: set a short lock_timeout, and try again when it fails.`;
  if (!canBeConcurrent(tables, context))
    return say`Drop each index by a statement of its own with DROP INDEX CONCURRENTLY in ${outsideTransaction(context)}.`;
  const better = withSchema(context.statement.sql.replace(keywords, "$& CONCURRENTLY"), name);
  const where = isInTransaction(context.script, context.statement)
    ? say` in ${outsideTransaction(context)}`
    : [];
  return say`Run ${sql(better)}${where}.`;
}

/** Where the file is sent as a transaction, the index has to go in one of its own. */
function sequenceFor({ name }: DropIndex, table: Table, { script, statement }: OperationContext) {
  const index = table.indexes.find((one) => indexName(table.name, one.name) === name);
  if (!index || !isInTransaction(script, statement)) return null;
  return dropIndexSequence(index, withSchema(statement.sql.replace(keywords, "$& CONCURRENTLY"), name));
}
