import { bareName, list } from "../advice.ts";
import { ranOf, tableBefore } from "../observed.ts";
import { defineRule, type OperationContext } from "../rule.ts";
import { say } from "../text.ts";
import type { Column, ColumnDefinition, Index, OperationOf, TableName, Text } from "../types.ts";

export default defineRule({
  summary: "Do not let IF NOT EXISTS pass over something that is different",
  why: "IF NOT EXISTS looks at the name alone: when it is taken, the statement does nothing and succeeds, whatever stands behind the name. The migration counts as done, and what it was to make is not there.",
  instead: "Change what is there with ALTER, or take another name.",
  // Seen: the name was taken before the migration, by something else than it would make.
  severity: "warning",
  dialects: ["postgresql", "sqlite"],
  ignoreWhen: "what is there was made by hand, and is meant to stay.",
  sources: ["PostgreSQL documentation, CREATE TABLE, CREATE INDEX and ALTER TABLE, IF NOT EXISTS"],
  check: {
    createTable({ table, columns, ifNotExists, at }, context) {
      const there = ifNotExists ? thereBefore(table, context) : null;
      if (!there) return;
      const missing = columns.filter(({ name }) => !there.columns.some((column) => column.name === name));
      if (missing.length === 0) return;
      const names = missing.map(({ name }) => name);
      return {
        message: say`${table} is there already, so that this statement does nothing: ${list(names)} ${[names.length === 1 ? "is" : "are"]} not added.`,
        evidence: [
          say`observed: ${table} has ${list(there.columns.map(({ name }) => name))} after the migration`,
        ],
        instead: say`Write ${"ALTER TABLE"} … ${"ADD COLUMN"} for ${list(names)}, or create a table of another name.`,
        at,
        object: table,
      };
    },
    addColumn({ table, column, ifNotExists, at }, context) {
      const there = ifNotExists
        ? thereBefore(table, context)?.columns.find(({ name }) => name === column.name)
        : undefined;
      if (!there || context.isNewColumn(table, column.name)) return;
      const difference = differenceOf(column, there);
      if (!difference) return;
      return {
        message: say`${`${table}.${column.name}`} is there already, so that this statement does nothing: it stays ${difference}.`,
        instead: say`Write ${"ALTER TABLE"} … ${"ALTER COLUMN"} for what is to change.`,
        at,
        object: `${table}.${column.name}`,
      };
    },
    createIndex(index, context) {
      const there = index.ifNotExists ? indexBefore(index, context) : null;
      if (!there || isSame(index, there)) return;
      return {
        message: say`An index ${index.name ?? ""} is there already, on ${`${there.table} (${columnsOf(there.index)})`}, so that this statement does nothing.`,
        instead: say`Give this index another name, or drop the old one first.`,
        at: index.at,
        object: index.name ?? index.table,
      };
    },
  },
});

/** A table that is there before the migration, and that no statement of it before this one takes away. */
function thereBefore(table: TableName, context: OperationContext) {
  if (!ranOf(context) || isTakenAway(table, context)) return null;
  const before = tableBefore(context, table);
  const after = context.after?.tables.find(({ name }) => name === table);
  return before && after?.oid === before.oid ? before : null;
}

function isTakenAway(table: TableName, { script, statement }: OperationContext): boolean {
  return script.statements
    .slice(0, statement.index)
    .flatMap(({ operations }) => operations)
    .some((one) => (one.kind === "dropTable" || one.kind === "renameTable") && one.table === table);
}

/** Only what both sides surely mean: a type written in another way may be the same. */
function differenceOf(column: ColumnDefinition, there: Column): Text | null {
  if (column.notNull && !there.notNull) return ["nullable"];
  if (column.defaultSql !== null && there.defaultSql === null && !there.identity && !there.generated)
    return ["without a default"];
  const plain = /^[a-z ]+$/;
  const differs = plain.test(column.type) && plain.test(there.type) && !column.serial;
  return differs && column.type !== there.type ? say`of type ${there.type}` : null;
}

interface Found {
  readonly table: TableName;
  readonly index: Index;
}

function indexBefore(
  { name, table }: OperationOf<"createIndex">,
  { before, script, statement }: OperationContext,
): Found | null {
  const isDropped = script.statements
    .slice(0, statement.index)
    .flatMap(({ operations }) => operations)
    .some((one) => one.kind === "dropIndex" && bareName(one.name) === name);
  if (name === null || isDropped) return null;
  const schemaOf = (relation: TableName) => relation.slice(0, relation.length - bareName(relation).length);
  const found = (before?.tables ?? [])
    .filter((candidate) => schemaOf(candidate.name) === schemaOf(table))
    .flatMap((candidate) => candidate.indexes.map((index) => ({ table: candidate.name, index })));
  return found.find(({ index }) => bareName(index.name) === name) ?? null;
}

function isSame(index: OperationOf<"createIndex">, { table, index: there }: Found): boolean {
  const isExpression = there.columns.includes(null) || index.columns.some((column) => /\W/.test(column));
  return (
    table === index.table &&
    there.unique === index.unique &&
    (there.where === null) === (index.where === null) &&
    (isExpression || there.columns.join() === index.columns.join())
  );
}

function columnsOf({ columns }: Index): string {
  return columns.map((column) => column ?? "…").join(", ");
}
