import { concurrentlyFix } from "../concurrently.ts";
import { locksOnOld } from "../locks.ts";
import { evidenceOf, ranOf, sized, tableBefore } from "../observed.ts";
import { defineRule, type OperationContext } from "../rule.ts";
import { quoteTable } from "../sql/names.ts";
import { say } from "../text.ts";
import { isInTransaction, outsideTransaction } from "../transaction.ts";
import type { OperationOf, Problem, TableName, Text } from "../types.ts";
import { since } from "../versions-of-postgres.ts";

export default defineRule({
  summary: "Add and remove partitions without locking the partitioned table",
  why: "CREATE TABLE … PARTITION OF, DETACH PARTITION and DROP TABLE of a partition take an ACCESS EXCLUSIVE lock on the partitioned table: they wait for every query of any partition, and all later ones wait behind them. ATTACH PARTITION and DETACH … CONCURRENTLY let reads and writes through.",
  instead:
    "Create the partition as a table of its own (LIKE the parent) and ATTACH it; take one away with DETACH … CONCURRENTLY.",
  // The lock itself is short; how long it is waited for depends on the queries that run.
  severity: "warning",
  ignoreWhen: "no query of the table runs for long, or lock_timeout is set and the migration is tried again.",
  sources: [
    "PostgreSQL documentation, section 5.12.2.2, Partition Maintenance",
    "PostgreSQL documentation, ALTER TABLE, DETACH PARTITION",
  ],
  versions:
    "From PostgreSQL 12 on ATTACH PARTITION lets the partitioned table be read and written; DETACH PARTITION … CONCURRENTLY came with 14.",
  check: {
    createTable({ table, partitionOf, at }, context) {
      if (partitionOf === null || context.isNew(partitionOf)) return;
      if (!isFirstOf(partitionOf, context)) return;
      const like = `CREATE TABLE ${quoteTable(table)} (LIKE ${quoteTable(partitionOf)} INCLUDING ALL)`;
      const attach = `ALTER TABLE ${quoteTable(partitionOf)} ATTACH PARTITION ${quoteTable(table)} FOR VALUES …`;
      return answer(
        say`Creating ${table}`,
        table,
        partitionOf,
        say`Run ${like}, then ${attach}.`,
        at,
        context,
      );
    },
    attachPartition({ table, partition, at }, context) {
      if (context.postgres >= since.attachWithoutBlocking || context.isNew(table)) return;
      return {
        message: say`In PostgreSQL ${context.postgres} attaching ${partition} makes every read and write of ${table} wait, whichever partition it is about.`,
        instead: say`Set a short lock_timeout, and try again when it fails; from PostgreSQL 12 on reads and writes go on.`,
        at,
        object: partition,
        severity: sized("warning", table, context),
      };
    },
    detachPartition(operation, context) {
      const { table, partition, concurrently, at } = operation;
      if (concurrently || context.isNew(table) || context.isNew(partition)) return;
      const problem = answer(
        say`Detaching ${partition}`,
        partition,
        table,
        detachAdvice(operation, context),
        at,
        context,
      );
      if (!problem || !canBeConcurrent(operation, context)) return problem;
      const fix = concurrentlyFix(
        /\bDETACH\s+PARTITION\s+\S+$/i,
        "Detach the partition with CONCURRENTLY",
        context,
      );
      return { ...problem, fix };
    },
    dropTable({ table, at }, context) {
      if (context.isNew(table) || tableBefore(context, table)?.kind !== "partition") return;
      const parent = lockedParent(context);
      if (parent === null || context.statement.operations.some((one) => isDropOf(one, parent))) return;
      const detach = `ALTER TABLE ${quoteTable(parent)} DETACH PARTITION ${quoteTable(table)}${context.postgres < since.concurrentDetach ? "" : " CONCURRENTLY"}`;
      return answer(
        say`Dropping ${table}`,
        table,
        parent,
        say`Run ${detach} first, then drop ${table}.`,
        at,
        context,
      );
    },
  },
});

function answer(
  what: Text,
  partition: TableName,
  parent: TableName,
  instead: Text,
  at: Problem["at"],
  context: OperationContext,
): Problem | undefined {
  const run = ranOf(context);
  if (run && !locksOnOld(run, "ACCESS EXCLUSIVE").some(({ relation }) => relation === parent)) return;
  return {
    message: say`${what} makes every read and write of ${parent} wait, whichever partition it is about.`,
    evidence: evidenceOf(context, [parent]),
    instead,
    ...(at && { at }),
    object: partition,
    severity: sized("warning", parent, context),
  };
}

/** Several partitions made by one script are one finding: the first one takes the lock. */
function isFirstOf(parent: TableName, { script, statement }: OperationContext): boolean {
  return !script.statements
    .slice(0, statement.index)
    .some(({ operations }) =>
      operations.some((one) => one.kind === "createTable" && one.partitionOf === parent),
    );
}

function canBeConcurrent({ table }: OperationOf<"detachPartition">, context: OperationContext): boolean {
  return context.postgres >= since.concurrentDetach && !hasDefault(table, context);
}

/** CONCURRENTLY is refused while there is a DEFAULT partition; only a run shows that there is one: it is locked as well. */
function hasDefault(table: TableName, context: OperationContext): boolean {
  const { partition } = context.statement.operations.find((one) => one.kind === "detachPartition") ?? {};
  const run = ranOf(context);
  if (!run) return true;
  return locksOnOld(run, "ACCESS EXCLUSIVE").some(
    ({ relation }) => relation !== table && relation !== partition && isPartition(relation, context),
  );
}

function isPartition(table: TableName, context: OperationContext): boolean {
  return tableBefore(context, table)?.kind === "partition";
}

function detachAdvice(operation: OperationOf<"detachPartition">, context: OperationContext): Text {
  const { script, statement, postgres } = context;
  if (postgres < since.concurrentDetach)
    return say`PostgreSQL ${postgres} has no DETACH … CONCURRENTLY: set a short lock_timeout, and try again when it fails.`;
  if (!canBeConcurrent(operation, context))
    return say`${operation.table} has a DEFAULT partition, so CONCURRENTLY is refused: set a short lock_timeout, and try again when it fails.`;
  const better = `ALTER TABLE ${quoteTable(operation.table)} DETACH PARTITION ${quoteTable(operation.partition)} CONCURRENTLY`;
  const where = isInTransaction(script, statement) ? say` in ${outsideTransaction(context)}` : [];
  return say`Run ${better}${where}.`;
}

function lockedParent(context: OperationContext): TableName | null {
  const run = ranOf(context);
  const locks = run ? locksOnOld(run, "ACCESS EXCLUSIVE") : [];
  return (
    locks.find(({ relation }) => tableBefore(context, relation)?.kind === "partitioned")?.relation ?? null
  );
}

function isDropOf(operation: { readonly kind: string; readonly table?: string }, table: TableName): boolean {
  return operation.kind === "dropTable" && operation.table === table;
}
