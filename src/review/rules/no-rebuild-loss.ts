import { bareName, list } from "../advice.ts";
import { isTableReplaced } from "../replaced.ts";
import { defineRule, type OperationContext } from "../rule.ts";
import { say } from "../text.ts";
import type { Constraint, Index, Operation, Schema, Table, TableName } from "../types.ts";

export default defineRule({
  summary: "Make everything of a table again when it is built anew",
  why: "DROP TABLE takes the table's indexes, triggers and foreign keys with it, and the table that takes its place has only what is written for it: what is forgotten is gone without a word.",
  instead: "Create the indexes, triggers and foreign keys again after the new table has its name.",
  // Seen: they were there before the migration and are not after it.
  severity: "warning",
  dialects: ["postgresql", "sqlite"],
  ignoreWhen: "they are not wanted any more.",
  sources: [
    "SQLite documentation, ALTER TABLE, section 7, Making Other Kinds Of Table Schema Changes",
    "PostgreSQL documentation, DROP TABLE",
  ],
  check: {
    dropTable({ table, at }, context) {
      const { before, after } = context;
      const name = context.formerName(table);
      if (context.isNew(table) || !before || !after || !isTableReplaced(name, after, context.script)) return;
      const [old, now] = [tableOf(name, before), tableOf(name, after)];
      if (!old || !now) return;
      const lost = [
        ...lostIndexes(old, now, context),
        ...lostTriggers(name, before, after),
        ...lostForeignKeys(old, now),
        ...lostReferences(name, before, after),
      ];
      if (lost.length === 0) return;
      return {
        message: say`Building ${name} anew loses ${list(lost)}.`,
        evidence: lost.map((one) => say`observed: ${one} is gone after the migration`),
        instead: say`Make ${list(lost)} again after the new table has the name ${name}.`,
        at,
        object: name,
      };
    },
  },
});

function tableOf(name: TableName, { tables }: Schema): Table | undefined {
  return tables.find((table) => table.name === name);
}

/** An index that the migration drops by its name is not wanted any more; one over more columns is meant in its place. */
function lostIndexes(old: Table, now: Table, { script }: OperationContext): string[] {
  const dropped = script.statements
    .flatMap(({ operations }) => operations)
    .flatMap((one: Operation) => (one.kind === "dropIndex" ? [bareName(one.name)] : []));
  const isThere = (index: Index) =>
    now.indexes.some((other) => {
      const covers = index.unique
        ? other.unique && index.columns.every((column) => other.columns.includes(column))
        : other.columns.slice(0, index.columns.length).join() === index.columns.join();
      return covers && (other.where === null) === (index.where === null);
    });
  return old.indexes
    .filter((index) => !index.primary && !isThere(index) && !dropped.includes(index.name))
    .filter(({ columns }) => columns.every((column) => hasColumn(now, column)))
    .map(({ name }) => name);
}

function lostTriggers(table: TableName, before: Schema, after: Schema): string[] {
  const now = after.triggers.filter((trigger) => trigger.table === table).map(({ name }) => name);
  return before.triggers
    .filter((trigger) => trigger.table === table && !now.includes(trigger.name))
    .map(({ name }) => name);
}

function lostForeignKeys(old: Table, now: Table): string[] {
  return old.constraints
    .filter((one) => one.kind === "foreign-key" && !now.constraints.some((other) => isSameKey(one, other)))
    .filter(({ columns }) => columns.every((column) => hasColumn(now, column)))
    .map(({ name }) => name);
}

/** Foreign keys of other tables, which CASCADE takes along. */
function lostReferences(table: TableName, before: Schema, after: Schema): string[] {
  return before.tables
    .filter(({ name }) => name !== table)
    .flatMap((child) => {
      const now = tableOf(child.name, after);
      return child.constraints
        .filter(({ references }) => now && references?.table === table)
        .filter((one) => !now?.constraints.some((other) => isSameKey(one, other)))
        .map(({ name }) => `${child.name}.${name}`);
    });
}

/** The same key, or one over more columns, which is meant in its place. */
function isSameKey(one: Constraint, other: Constraint): boolean {
  return (
    one.references?.table === other.references?.table &&
    one.columns.every((column) => other.columns.includes(column))
  );
}

function hasColumn({ columns }: Table, name: string | null): boolean {
  return name === null || columns.some((column) => column.name === name);
}
