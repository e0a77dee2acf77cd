import { list, sqlColumns } from "../advice.ts";
import { tableBefore } from "../observed.ts";
import { defineRule, type OperationContext } from "../rule.ts";
import { implies } from "../sql/conditions.ts";
import { say } from "../text.ts";
import type { Constraint, Problem, Span, Table, TableName, Text } from "../types.ts";

export default defineRule({
  summary: "Drop a constraint only when nothing relies on what it keeps",
  why: "From then on wrong rows get in without a word, and they stay when the constraint is wanted back. Without a unique key, INSERT … ON CONFLICT on its columns fails; without NOT NULL, code meets NULL where it never had to.",
  instead:
    "Make sure that no code relies on it, or put the constraint that is wanted in its place in the same migration.",
  // A key that is gone breaks ON CONFLICT at once: a warning. Else it is the author's word: an info.
  severity: "warning",
  ignoreWhen: "it is not wanted any more, and no code relies on it.",
  sources: [
    "PostgreSQL documentation, section 5.7.4, Removing a Constraint",
    "PostgreSQL documentation, INSERT, ON CONFLICT Clause",
  ],
  check: {
    dropConstraint({ table, name, at }, context) {
      const before = tableBefore(context, table);
      const constraint = before?.constraints.find((one) => one.name === name);
      if (!before || !constraint || !isOld(table, name, context)) return;
      const after = tableAfter(before, context);
      if (!after || isReplaced(constraint, after)) return;
      const others = checksInstead(constraint, before, after);
      return others.length > 0
        ? looser(constraint, others, table, at)
        : problemOf(constraint, table, at, after, context);
    },
    dropIndex({ name, at }, context) {
      const bare = name.slice(name.indexOf(".") + 1);
      const before = context.before?.tables.find(({ indexes }) => indexes.some((one) => one.name === bare));
      const index = before?.indexes.find((one) => one.name === bare);
      if (!before || !index?.unique || index.columns.includes(null) || context.isNew(before.name)) return;
      const columns = index.columns.flatMap((column) => column ?? []);
      const after = tableAfter(before, context);
      if (!after || isUnique(after, columns, index.where) || !hasColumns(after, columns)) return;
      if (index.where !== null) return partlyUnique(index.where, columns, before.name, name, at);
      return unique(columns, before.name, name, at, partialOf(after, columns));
    },
    dropNotNull({ table, column, at }, context) {
      const known = tableBefore(context, table)?.columns.find(({ name }) => name === column);
      if (!known?.notNull || context.isNewColumn(table, column)) return;
      const after = context.after?.tables.find(({ name }) => name === table)?.columns;
      const now = after?.find(({ name }) => name === column);
      if (after && (!now || now.notNull)) return;
      return {
        message: say`${column} of ${table} may be NULL from now on: code that is running reads it as if it never were.`,
        instead: say`First release code that can read NULL in ${column}, then let it be NULL.`,
        at,
        object: `${table}.${column}`,
        severity: "info",
      };
    },
  },
});

function tableAfter({ oid }: Table, { after }: OperationContext): Table | undefined {
  return after?.tables.find((table) => table.oid === oid);
}

/** It was there before the pull request. */
function isOld(table: TableName, name: string, context: OperationContext): boolean {
  if (context.isNew(table)) return false;
  const base = context.base?.tables.find((one) => one.name === context.formerName(table));
  return base?.constraints.some((one) => one.name === name) ?? true;
}

/** Another does its work when the migration ends, or its columns are gone. */
function isReplaced({ kind, columns, definition }: Constraint, after: Table): boolean {
  if (!hasColumns(after, columns)) return true;
  if (kind === "unique" || kind === "primary-key") return isUnique(after, columns);
  const provesNotNull = /^CHECK \(\(*"?[^\s"()]+"? IS NOT NULL\)*\)/i.test(definition);
  if (provesNotNull && columns.every((name) => after.columns.some((one) => one.name === name && one.notNull)))
    return true;
  return after.constraints.some((one) => one.kind === kind && sameColumns(one.columns, columns));
}

/** Checks of some of its columns, or of more, which the migration leaves and did not find. */
function checksInstead({ kind, columns }: Constraint, before: Table, after: Table): Constraint[] {
  if (kind !== "check") return [];
  return after.constraints.filter(
    (one) =>
      one.kind === "check" &&
      one.columns.some((name) => columns.includes(name)) &&
      !before.constraints.some((old) => old.definition === one.definition),
  );
}

function hasColumns({ columns }: Table, names: readonly string[]): boolean {
  return names.every((name) => columns.some((one) => one.name === name));
}

/** A unique key of the same columns, or of fewer of them, for all rows or for those of the condition. */
function isUnique({ indexes }: Table, columns: readonly string[], where: string | null = null): boolean {
  return indexes.some(
    (index) =>
      index.unique &&
      (index.where === null || index.where === where) &&
      index.columns.length > 0 &&
      index.columns.every((name) => name !== null && columns.includes(name)),
  );
}

function sameColumns(some: readonly string[], others: readonly string[]): boolean {
  return some.length === others.length && some.every((name) => others.includes(name));
}

function problemOf(
  constraint: Constraint,
  table: TableName,
  at: Span,
  after: Table,
  context: OperationContext,
): Problem | undefined {
  const { kind, name, columns, references } = constraint;
  if (kind === "unique" || kind === "primary-key")
    return unique(columns, table, name, at, partialOf(after, columns));
  const message = looserMessage(constraint, table);
  if (kind === "not-null" || context.statement.operations.some((one) => one.kind === "dropTable")) return;
  return {
    message,
    instead: references
      ? say`Keep the foreign key, or make sure that whatever deletes from ${references.table} also takes care of ${table}.`
      : say`Make sure that no code relies on ${name}, or add what is wanted in its place in the same migration.`,
    at,
    object: `${table}.${name}`,
    severity: "info",
  };
}

/** Nothing where the others ask for all that it asked for, or look at each of its columns. */
function looser(
  { name, columns, definition }: Constraint,
  others: readonly Constraint[],
  table: TableName,
  at: Span,
): Problem | undefined {
  const unseen = columns.filter((column) => !others.some((one) => one.columns.includes(column)));
  const definitions = others.map((one) => one.definition);
  if (unseen.length === 0 || implies(definitions, [definition])) return;
  const names = others.map((one) => one.name);
  const isOne = names.length === 1;
  const old = names.includes(name) ? ["the old one"] : name;
  return {
    message: implies([definition], definitions)
      ? say`The new ${list(names)} ${[isOne ? "lets" : "let"]} rows of ${table} pass that ${old} refused: ${[isOne ? "it does" : "they do"]} not look at ${list(unseen)}.`
      : say`The new ${list(names)} of ${table} ${[isOne ? "does" : "do"]} not look at ${list(unseen)}, which ${old} did.`,
    instead: say`Make sure that no code relies on what ${old} asked of ${list(unseen)}.`,
    at,
    object: `${table}.${name}`,
    severity: "info",
  };
}

function looserMessage({ kind, name, columns, references }: Constraint, table: TableName): Text {
  if (references)
    return say`Without ${name} rows of ${table} may refer by ${list(columns)} to rows of ${references.table} that are not there.`;
  return kind === "exclude"
    ? say`Without ${name} rows of ${table} may overlap.`
    : say`Without ${name} nothing checks ${columns.length > 0 ? list(columns) : ["the rows"]} of ${table}.`;
}

function unique(
  columns: readonly string[],
  table: TableName,
  name: string,
  at: Span,
  partial: string | null,
): Problem {
  const target = `ON CONFLICT ${sqlColumns(columns)}`;
  return {
    message: partial
      ? say`Without ${name}, ${table} keeps ${list(columns)} unique only where ${partial}, and INSERT … ${target} without that WHERE fails.`
      : say`Without ${name} nothing keeps ${list(columns)} of ${table} unique, and INSERT … ${target} fails.`,
    evidence: [say`observed: no unique index of ${list(columns)} for all rows is left on ${table}`],
    instead: partial
      ? say`First release code that writes ${`${target} WHERE ${partial}`}, or that does without ON CONFLICT.`
      : say`Put the unique key that is wanted in its place in the same migration, or first release code that does without it.`,
    at,
    object: `${table}.${name}`,
  };
}

/** The same of a unique index that held for some rows only. */
function partlyUnique(
  where: string,
  columns: readonly string[],
  table: TableName,
  name: string,
  at: Span,
): Problem {
  const target = `ON CONFLICT ${sqlColumns(columns)} WHERE ${where}`;
  return {
    message: say`Without ${name} nothing keeps ${list(columns)} of ${table} unique where ${where}, and INSERT … ${target} fails.`,
    evidence: [say`observed: no unique index of ${list(columns)} for these rows is left on ${table}`],
    instead: say`Put the unique key that is wanted in its place in the same migration, or first release code that does without it.`,
    at,
    object: `${table}.${name}`,
  };
}

/** The condition of a unique index of the same columns that does not hold every row; null when there is none. */
function partialOf({ indexes }: Table, columns: readonly string[]): string | null {
  const found = indexes.find(
    (index) =>
      index.unique &&
      index.where !== null &&
      index.columns.every((name) => name !== null && columns.includes(name)),
  );
  return found?.where ?? null;
}
