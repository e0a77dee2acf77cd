import { evidenceOf, ranOf, sized, tableBefore } from "../observed.ts";
import { defineRule, type OperationContext } from "../rule.ts";
import { quoteTable } from "../sql/names.ts";
import { say } from "../text.ts";
import type { Problem, Span, TableName } from "../types.ts";

export default defineRule({
  summary: "Prove a partition's bounds with a valid CHECK before it is attached",
  why: "ATTACH PARTITION reads every row of the new partition under an ACCESS EXCLUSIVE lock, unless a valid CHECK says what its bounds say. And whenever a partition is added, the rows of the DEFAULT partition are read under the same lock, unless a CHECK keeps them out.",
  instead:
    "Add a CHECK with the partition's bounds as NOT VALID, VALIDATE it in a later migration, then ATTACH, and drop the CHECK.",
  // Seen to read the whole table under a lock that blocks even reads. A DEFAULT partition is often empty: a warning.
  severity: "error",
  ignoreWhen: "the partition is small or nothing uses it yet, and the DEFAULT partition is as good as empty.",
  sources: [
    "PostgreSQL documentation, ALTER TABLE, ATTACH PARTITION",
    "PostgreSQL documentation, section 5.12.2.2",
  ],
  check: {
    attachPartition({ table, partition, at }, context) {
      return [...ofPartition(partition, table, at, context), ...ofDefault(table, partition, at, context)];
    },
    createTable({ table, partitionOf, at }, context) {
      return partitionOf === null ? [] : ofDefault(partitionOf, table, at, context);
    },
  },
});

function ofPartition(
  partition: TableName,
  parent: TableName,
  at: Span,
  context: OperationContext,
): Problem[] {
  const run = ranOf(context);
  if (context.isNew(partition) || (run && !scanned(context).includes(partition))) return [];
  const bounds = `ALTER TABLE ${quoteTable(partition)} ADD CONSTRAINT bounds CHECK (…) NOT VALID`;
  return [
    {
      message: run
        ? say`Attaching ${partition} reads all of it while every read and write of it waits.`
        : say`Attaching ${partition} reads all of it while every read and write of it waits, unless a valid CHECK proves its bounds.`,
      evidence: evidenceOf(context, [partition]),
      instead: say`First ${bounds} with what the partition's bounds say, NOT NULL of the key included, in the next migration VALIDATE CONSTRAINT, then attach ${partition} to ${parent}.`,
      at,
      object: partition,
      severity: sized(run ? "error" : "warning", partition, context),
    },
  ];
}

function ofDefault(parent: TableName, partition: TableName, at: Span, context: OperationContext): Problem[] {
  if (context.isNew(parent)) return [];
  // The parent itself is listed among the scanned tables only with its partitions.
  const others = scanned(context).filter(
    (table) => table !== partition && tableBefore(context, table)?.kind === "partition",
  );
  return others.map((table) => ({
    message: say`Adding ${partition} reads all of ${table}, the DEFAULT partition of ${parent}, while every read and write of it waits.`,
    evidence: evidenceOf(context, [table]),
    instead: say`Add a CHECK to ${table} that keeps the rows of ${partition} out, as NOT VALID, VALIDATE it in the next migration, and add the partition after it.`,
    at,
    object: `${partition} ${table}`,
    severity: sized("warning", table, context),
  }));
}

function scanned(context: OperationContext): TableName[] {
  return (ranOf(context)?.scans ?? []).filter(({ isNew }) => !isNew).map(({ relation }) => relation);
}
