import { list } from "../advice.ts";
import { tableBefore } from "../observed.ts";
import { defineRule, type OperationContext } from "../rule.ts";
import { say } from "../text.ts";
import type { Constraint, Index, OperationOf, Table } from "../types.ts";

export default defineRule({
  summary: "Drop the constraints of several columns by name before one of the columns",
  why: "DROP COLUMN takes every constraint and every index along that the column is a part of, without a word: what kept the other columns unique, consistent or quick to find is gone as well.",
  instead: "Drop the constraint or index by name, and add what still has to hold for the columns that stay.",
  // Seen: it was there before and nothing does its work afterwards. A lost index is slow, not wrong.
  severity: "warning",
  ignoreWhen: "nothing of it has to hold any more.",
  sources: ["PostgreSQL documentation, ALTER TABLE, DROP COLUMN"],
  check: {
    dropColumn(operation, context) {
      const { table, column, at } = operation;
      const before = tableBefore(context, table);
      const after = context.after?.tables.find(({ oid }) => oid === before?.oid);
      if (!before || !after || context.isNew(table)) return;
      const constraints = constraintsLost(operation, before, after, context);
      const indexes = indexesLost(operation, before, after);
      if (constraints.length === 0 && indexes.length === 0) return;
      const names = [...constraints, ...indexes].map(({ name }) => name);
      return {
        message: say`Dropping ${column} takes ${list(names)} along: ${[
          constraints.length > 0
            ? constraints.map(meaningOf).join("; ")
            : "queries by its other columns have no index any more",
        ]}.`,
        evidence: names.map((name) => say`observed: ${name} is gone`),
        instead: say`Drop ${list(names)} by name, and add what still has to hold for the columns that stay.`,
        at,
        object: `${table}.${column}`,
        severity: constraints.length > 0 ? "warning" : "info",
      };
    },
  },
});

type DropColumn = OperationOf<"dropColumn">;

/** Constraints of this column and others, and a primary key, that nothing replaces. */
function constraintsLost(
  { table, column }: DropColumn,
  before: Table,
  after: Table,
  { script }: OperationContext,
): Constraint[] {
  const named = script.statements.flatMap(({ operations }) =>
    operations.flatMap((one) => (one.kind === "dropConstraint" && one.table === table ? [one.name] : [])),
  );
  return before.constraints.filter((constraint) => {
    const { kind, name, columns } = constraint;
    if (!columns.includes(column) || kind === "not-null" || named.includes(name)) return false;
    if (after.constraints.some((other) => other.name === name)) return false;
    if (kind === "primary-key") return !after.indexes.some((index) => index.primary);
    const rest = columns.filter((other) => after.columns.some((one) => one.name === other));
    if (rest.length === 0) return false;
    return kind === "unique"
      ? !isUnique(after, rest)
      : !after.constraints.some((other) => isLike(other, kind, rest));
  });
}

function isUnique({ indexes }: Table, columns: readonly string[]): boolean {
  return indexes.some(
    (index) =>
      index.unique &&
      index.where === null &&
      index.columns.some((name) => name !== null && columns.includes(name)),
  );
}

function isLike(other: Constraint, kind: Constraint["kind"], columns: readonly string[]): boolean {
  return other.kind === kind && other.columns.some((name) => columns.includes(name));
}

/** Indexes of which another column comes first, when no other index begins with it; those of constraints are theirs. */
function indexesLost({ column }: DropColumn, before: Table, after: Table): Index[] {
  return before.indexes.filter(({ name, columns }) => {
    const [first] = columns;
    if (first === null || first === undefined || first === column || !columns.includes(column)) return false;
    if (before.constraints.some((constraint) => constraint.name === name)) return false;
    if (!after.columns.some((one) => one.name === first)) return false;
    return !after.indexes.some((index) => index.name === name || index.columns[0] === first);
  });
}

function meaningOf({ kind }: Constraint): string {
  switch (kind) {
    case "primary-key":
      return "the table has no primary key any more";
    case "unique":
      return "nothing keeps its other columns unique";
    case "foreign-key":
      return "nothing keeps its other columns referring to rows that are there";
    default:
      return "nothing checks its other columns";
  }
}
