import { noLongerUsed, stillUsed } from "../contracts.ts";
import { ranOf, tableBefore } from "../observed.ts";
import { isColumnReplaced, isColumnThere, isTableReplaced } from "../replaced.ts";
import { defineRule, type OperationContext } from "../rule.ts";
import { dropColumnSequence } from "../sequences/column.ts";
import { quoteIdentifier, quoteTable } from "../sql/names.ts";
import { say } from "../text.ts";
import type { Schema, TableName, Text } from "../types.ts";
import { failing, notUsed, stillMapped } from "../uses.ts";

export default defineRule({
  summary: "Drop a column only after no running code uses it",
  why: "Statements that name the column fail at once, and its data is gone: no down migration brings it back.",
  instead: "First release code that no longer reads or writes the column, then drop it.",
  // Dropping is what the author asked for; whether it is too early depends on code that is not seen here.
  severity: "warning",
  dialects: ["postgresql", "sqlite"],
  ignoreWhen: "the release before this one no longer used the column, and its data is not needed.",
  sources: ["PostgreSQL documentation, section 5.7.2, Removing a Column"],
  check: {
    dropColumn({ table, column, ifExists, at }, context) {
      if (context.isNewColumn(table, column)) return;
      const before = tableBefore(context, table);
      const known = before?.columns.find(({ name }) => name === column);
      if (ifExists && before && !known) return;
      const former = context.formerColumn(table, column);
      // Where the statement did not run, the schema has the column still.
      const after = ranOf(context) ? context.after : null;
      if (isColumnReplaced(table, former, after, context.script)) return;
      const lost = context.roundTrip?.data.find(
        (change) => change.table === table && change.column === column,
      );
      const used = { kind: "column", table: context.formerName(table), column: former } as const;
      const [uses, contract] = [context.uses(used), context.contract(used)];
      const unused = noLongerUsed(uses, contract);
      const copied = copiedTo(table, column, context) ?? contract?.expansion.successor ?? null;
      const twin = copied || former !== column ? null : addedLikeIt(table, column, context);
      const isThereAgain = isColumnThere(table, column, after);
      const copy = `UPDATE ${quoteTable(table)} SET ${quoteIdentifier(twin ?? "")} = ${quoteIdentifier(column)}`;
      return {
        message: [
          ...messageOf(
            { table, column, former, copied, isGenerated: known?.generated ?? false },
            unused,
            after,
          ),
          ...(twin ? say` ${twin}, of the same type, starts without its values.` : []),
          ...(unused ?? (former === column && !isThereAgain ? stillUsed(uses, contract) : null) ?? []),
        ],
        evidence: [
          ...(lost
            ? [
                say`observed: the down migration brought back ${lost.of - lost.rows} of ${lost.of} seeded values`,
              ]
            : []),
          ...failing(uses),
        ],
        instead: twin
          ? say`If ${twin} is ${column} under another name, run ${copy} in between, release code that uses ${twin}, and drop ${column} in the release after it.`
          : insteadOf(table, column, unused !== null),
        at,
        object: `${table}.${column}`,
        ...(unused && { severity: "info" }),
        sequence:
          before && !unused && former === column && context.database.dialect === "postgresql"
            ? dropColumnSequence(before, column)
            : null,
      };
    },
    dropTable({ table, at }, context) {
      const former = context.formerName(table);
      if (context.isNew(table) || !isTableReplaced(former, context.after, context.script)) return;
      return columnsLeftOut(former, context).map((column) => {
        const uses = context.uses({ kind: "column", table: former, column });
        const unused = notUsed(uses);
        return {
          message: unused
            ? say`Building ${former} anew without ${column} loses its data.${unused}`
            : say`Building ${former} anew without ${column} breaks running code that still uses it.${stillMapped(uses) ?? []}`,
          evidence: [say`observed: ${former} has no column ${column} after the migration`],
          instead: unused
            ? insteadOf(former, column, true)
            : say`Release code that no longer uses ${`${former}.${column}`} first, keep a copy if the data may be needed, and leave the column out in the release after it.`,
          at,
          object: `${former}.${column}`,
          ...(unused && { severity: "info" as const }),
        };
      });
    },
    modelChange({ kind, table, object, after, column }, { push }) {
      if (kind !== "column" || after !== null || !column || !push.drops) return;
      return {
        message: say`${[push.title]} drops ${object} with its data, which is gone from the model: ${push.drops}. Running code that still uses it fails from then on.`,
        evidence: [
          say`observed: the models of both sides were built in the sandbox: only the base side's have it`,
        ],
        instead: insteadOf(table, column.name, false),
        object,
      };
    },
  },
});

function insteadOf(table: TableName, column: string, isUnused: boolean): Text {
  return isUnused
    ? say`See that no SQL in the code names ${`${table}.${column}`}, and keep a copy if the data may be needed.`
    : say`Release code that no longer uses ${`${table}.${column}`} first, keep a copy if the data may be needed, and drop the column in the release after it.`;
}

/** The column into which an earlier statement of the script writes what this one holds. */
function copiedTo(table: TableName, column: string, { script, statement }: OperationContext): string | null {
  const sets = script.statements
    .slice(0, statement.index)
    .flatMap(({ operations }) =>
      operations.flatMap((one) => (one.kind === "write" && one.table === table ? (one.sets ?? []) : [])),
    );
  return sets.find((set) => set.column !== column && set.from.includes(column))?.column ?? null;
}

/** The only column that the script adds to the table, when this is the only one that it drops and both have the same type. */
function addedLikeIt(table: TableName, column: string, context: OperationContext): string | null {
  const operations = context.script.statements.flatMap((statement) => statement.operations);
  const added = operations.flatMap((one) =>
    one.kind === "addColumn" && one.table === table ? [one.column] : [],
  );
  const dropped = operations.filter((one) => one.kind === "dropColumn" && one.table === table);
  const [only] = added;
  if (!only || added.length > 1 || dropped.length > 1) return null;
  const type = tableBefore(context, table)?.columns.find(({ name }) => name === column)?.type;
  return only.name !== column && only.type === type && !only.serial && !only.generated ? only.name : null;
}

/** Columns that a table had before the pull request and loses when the migration builds it anew, as SQLite often has to. */
function columnsLeftOut(table: TableName, { base, before, after, script }: OperationContext): string[] {
  const said = script.statements.flatMap(({ operations }) =>
    operations.flatMap((one) => (one.kind === "dropColumn" && one.table === table ? [one.column] : [])),
  );
  const old = before?.tables.find(({ name }) => name === table)?.columns ?? [];
  return old
    .map(({ name }) => name)
    .filter(
      (column) =>
        isColumnThere(table, column, base) && !isColumnThere(table, column, after) && !said.includes(column),
    );
}

interface Dropped {
  readonly table: TableName;
  readonly column: string;
  readonly former: string;
  readonly copied: string | null;
  readonly isGenerated: boolean;
}

function messageOf(
  { table, column, former, copied, isGenerated }: Dropped,
  unused: Text | null,
  after: Schema | null,
): Text {
  if (copied && unused)
    return say`Dropping ${column} takes it from ${table}; its values live on in ${copied}.`;
  if (copied)
    return say`Dropping ${column} breaks running code that still uses it in ${table}; its values live on in ${copied}.`;
  // The rename is what breaks running code, and a finding of its own.
  if (former !== column) return say`Dropping ${column}, until now ${former}, loses its data in ${table}.`;
  if (isColumnThere(table, column, after))
    return say`Dropping ${column} loses its data: the column of ${table} that takes its name starts without.`;
  if (unused && isGenerated) return say`Dropping ${column} takes it from ${table}.`;
  if (unused) return say`Dropping ${column} loses its data in ${table}.`;
  if (isGenerated) return say`Dropping ${column} breaks running code that still reads it from ${table}.`;
  return say`Dropping ${column} loses its data and breaks running code that still uses it in ${table}.`;
}
