import { sql } from "../advice.ts";
import { evidenceOf, ranOf, sized, tableBefore, wasScanned } from "../observed.ts";
import { defineRule, type OperationContext } from "../rule.ts";
import { concurrentIndexSequence } from "../sequences/concurrent-index.ts";
import { withSchema } from "../sequences/names.ts";
import { say } from "../text.ts";
import { isInTransaction, outsideTransaction } from "../transaction.ts";
import type { OperationOf, PlannedFix, TableName, Text } from "../types.ts";

const keywords = /^CREATE\s+(?:UNIQUE\s+)?INDEX\b/i;

const inPlace: PlannedFix = {
  title: "Build the index with CONCURRENTLY",
  change: { kind: "concurrently" },
  followUp: null,
};

export default defineRule({
  summary: "Build an index on an existing table with CONCURRENTLY",
  why: "CREATE INDEX holds a SHARE lock on the table: every INSERT, UPDATE and DELETE waits until the build has ended.",
  instead: "Use CREATE INDEX CONCURRENTLY in a migration that runs outside a transaction.",
  // The lock is certain and lasts as long as the table is large.
  severity: "error",
  ignoreWhen: "the table is small, or nothing writes to it while the migration runs.",
  sources: [
    "PostgreSQL documentation, CREATE INDEX, Building Indexes Concurrently",
    "PostgreSQL documentation, section 13.3.1, Table-Level Locks",
  ],
  check: {
    createIndex(index, context) {
      if (index.concurrently || context.isNew(index.table)) return;
      const run = ranOf(context);
      const partitioned = tableBefore(context, index.table)?.kind === "partitioned";
      const built = !run || wasScanned(run, index.table) || run.scans.some((scan) => !scan.isNew);
      // ON ONLY a partitioned table, or IF NOT EXISTS of an index that is there, builds nothing.
      if (!built && (partitioned || context.hasRows(index.table))) return;
      return {
        message: say`Building ${index.name ?? ["this index"]} blocks every write to ${index.table} until it ends.`,
        evidence: evidenceOf(context, [index.table]),
        instead: partitioned ? perPartition(index) : concurrently(index, context),
        object: index.name ?? `${index.table}(${index.columns.join(", ")})`,
        severity: sized("error", index.table, context),
        planned: partitioned ? null : inPlace,
        sequence: partitioned ? null : sequenceFor(index, context),
      };
    },
    // What a block or a function did is seen, not read.
    other({ at }, context) {
      return builtBy(context).map(({ table, index }) => ({
        message: say`What this statement runs builds ${index} and blocks every write to ${table} until it ends.`,
        evidence: evidenceOf(context, [table]),
        instead: say`CREATE INDEX CONCURRENTLY cannot run inside a block or a function: build ${index} by a statement of its own in ${outsideTransaction(context)}.`,
        at,
        object: index,
        severity: sized("error", table, context),
      }));
    },
  },
});

type CreateIndex = OperationOf<"createIndex">;

/** Indexes that are there after the migration and were not before, of old tables that the statement read under a SHARE lock. */
function builtBy(context: OperationContext): { table: TableName; index: string }[] {
  const run = ranOf(context);
  if (!run || !context.statement.operations.every(({ kind }) => kind === "other")) return [];
  const locked = run.locks.filter(({ mode, kind, isNew }) => mode === "SHARE" && kind === "table" && !isNew);
  return locked.flatMap(({ relation: table }) => {
    if (!wasScanned(run, table)) return [];
    const known = tableBefore(context, table)?.indexes.map(({ name }) => name) ?? [];
    const now = context.after?.tables.find(({ name }) => name === table)?.indexes ?? [];
    const index = now.find(({ name }) => !known.includes(name) && !isWritten(name, context));
    return index ? [{ table, index: index.name }] : [];
  });
}

/** Another statement of the script creates an index of this name. */
function isWritten(name: string, { script }: OperationContext): boolean {
  return script.statements.some(({ operations }) =>
    operations.some((one) => one.kind === "createIndex" && one.name === name),
  );
}

/** CONCURRENTLY is not accepted for a partitioned table (0A000). */
function perPartition({ table }: CreateIndex): Text {
  return say`${table} is partitioned and takes no CONCURRENTLY. Create the index ON ONLY ${table}, build one on each partition with CREATE INDEX CONCURRENTLY, then ALTER INDEX … ATTACH PARTITION.`;
}

function concurrently({ table }: CreateIndex, { script, statement, framework }: OperationContext): Text {
  const better = withSchema(statement.sql.replace(keywords, "$& CONCURRENTLY"), table);
  const where = isInTransaction(script, statement)
    ? say` in ${outsideTransaction({ script, framework })}`
    : [];
  return say`Run ${sql(better)}${where}.`;
}

/** Where the file is sent as a transaction, the index has to go into one of its own. */
function sequenceFor(index: CreateIndex, { script, statement }: OperationContext) {
  const { table, name } = index;
  if (name === null || !keywords.test(statement.sql) || !isInTransaction(script, statement)) return null;
  const replaced = index.unique && replacedBy(index, { script, statement });
  if (replaced)
    return {
      withheld: say`rows of ${table} could repeat between the migration that drops ${replaced} and the next one`,
    };
  const build = withSchema(statement.sql.replace(keywords, "$& CONCURRENTLY"), table);
  return concurrentIndexSequence(table, name, build);
}

/** What kept rows apart until an earlier statement of the migration dropped it. */
function replacedBy(
  { table }: CreateIndex,
  { script, statement }: Pick<OperationContext, "script" | "statement">,
): string | null {
  const before = script.statements.slice(0, statement.index).flatMap(({ operations }) => operations);
  const dropped = before.find(
    (one) => one.kind === "dropIndex" || (one.kind === "dropConstraint" && one.table === table),
  );
  return dropped && "name" in dropped ? dropped.name : null;
}
