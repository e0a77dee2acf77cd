import { bareName, conventionalName, list, sqlColumns } from "../advice.ts";
import { rewriteReason } from "../column-rewrite.ts";
import { evidenceOf, ranOf, sized, tableBefore, wasRewritten } from "../observed.ts";
import { defineRule, type OperationContext } from "../rule.ts";
import { keySequence } from "../sequences/key.ts";
import { quoteIdentifier, quoteTable } from "../sql/names.ts";
import { say } from "../text.ts";
import type { Problem, Span, TableName, Text } from "../types.ts";

export default defineRule({
  summary: "Build the index of a unique or primary key on an existing table first, with CONCURRENTLY",
  why: "ADD UNIQUE and ADD PRIMARY KEY hold an ACCESS EXCLUSIVE lock while they build an index: every read and write of the table waits.",
  instead: "CREATE UNIQUE INDEX CONCURRENTLY in a migration of its own, then ADD CONSTRAINT … USING INDEX.",
  // The lock blocks even reads and lasts as long as the table is large.
  severity: "error",
  ignoreWhen: "the table is small, or the application is stopped while the migration runs.",
  sources: [
    "PostgreSQL documentation, ALTER TABLE, ADD table_constraint_using_index",
    "PostgreSQL documentation, section 13.3.1, Table-Level Locks",
  ],
  check: {
    addConstraint({ table, constraint, at }, context) {
      const { kind, columns, name, usingIndex } = constraint;
      if (kind !== "unique" && kind !== "primary-key") return;
      if (usingIndex !== null) return;
      return answer({ table, kind, columns, name, at }, context);
    },
    addColumn({ table, column, at }, context) {
      if (!column.unique && !column.primaryKey) return;
      // A column that rewrites the table builds its index on the way: one danger, said by its own rule.
      const run = ranOf(context);
      if (run ? wasRewritten(run, table) : rewriteReason(column, context.postgres) !== null) return;
      // Without a default it fails on the first row: said by its own rule.
      if (column.primaryKey && column.defaultSql === null) return;
      const kind = column.primaryKey ? "primary-key" : "unique";
      return answer({ table, kind, columns: [column.name], name: null, at }, context);
    },
  },
});

interface Key {
  readonly table: TableName;
  readonly kind: "unique" | "primary-key";
  readonly columns: readonly string[];
  readonly name: string | null;
  readonly at: Span;
}

function answer(key: Key, context: OperationContext): Problem | undefined {
  const { table, columns, at } = key;
  if (context.isNew(table)) return;
  return {
    message: say`${[titleOf(key)]} on ${list(columns)} builds an index while every read and write of ${table} waits.`,
    evidence: evidenceOf(context, [table]),
    instead: stepsFor(key, tableBefore(context, table)?.kind === "partitioned"),
    at,
    object: `${table}.${nameOf(key)}`,
    severity: sized("error", table, context),
    sequence: sequenceFor(key, context),
  };
}

function sequenceFor(key: Key, context: OperationContext) {
  const { operations } = context.statement;
  const before = tableBefore(context, key.table);
  if (before?.kind !== "table" || operations.some(({ kind }) => kind !== "addConstraint")) return null;
  return keySequence(before, { ...key, name: nameOf(key) }, context.postgres);
}

function stepsFor(key: Key, partitioned: boolean): Text {
  const { table, columns } = key;
  if (partitioned)
    return say`${table} is partitioned and takes no CONCURRENTLY: build a unique index on each partition with CREATE UNIQUE INDEX CONCURRENTLY before it.`;
  const name = quoteIdentifier(nameOf(key));
  const build = `CREATE UNIQUE INDEX CONCURRENTLY ${name} ON ${quoteTable(table)} ${sqlColumns(columns)}`;
  const use = `ALTER TABLE ${quoteTable(table)} ADD CONSTRAINT ${name} ${keywordsOf(key)} USING INDEX ${name}`;
  return say`Run ${build} outside a transaction, then ${use} in the next migration.`;
}

function nameOf({ table, kind, columns, name }: Key): string {
  if (name !== null) return name;
  const conventional =
    kind === "unique" ? conventionalName(table, columns, "key") : conventionalName(table, [], "pkey");
  return conventional ?? `${bareName(table)}_key`;
}

function titleOf({ kind }: Key): string {
  return kind === "unique" ? "A unique constraint" : "A primary key";
}

function keywordsOf({ kind }: Key): string {
  return kind === "unique" ? "UNIQUE" : "PRIMARY KEY";
}
