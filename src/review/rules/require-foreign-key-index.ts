import { type AddedConstraint, type Additions, type Placed, placeOfConstraint } from "../additions.ts";
import { conventionalName, list, sqlColumns } from "../advice.ts";
import { columnsIn, tableIn } from "../drift.ts";
import { beginsWithKey, servesKey } from "../foreign-key-index.ts";
import { sized } from "../observed.ts";
import { type Context, defineRule } from "../rule.ts";
import { softDelete } from "../soft-delete.ts";
import { quoteIdentifier, quoteTable } from "../sql/names.ts";
import { say } from "../text.ts";
import type { Migration, PlannedFix, Problem, Table, TableName } from "../types.ts";

export default defineRule({
  summary: "Index the columns of a foreign key",
  why: "PostgreSQL creates no index for a foreign key. Each DELETE of a referenced row, and each UPDATE of its key, then reads the whole referencing table while it holds a lock on the row. Where rows are marked as deleted (`deleted_at`), a DELETE is rare, and it is a note.",
  instead: "Create an index that begins with the foreign key's columns.",
  // The cost depends on the size of the table and on whether referenced rows are ever deleted.
  severity: "warning",
  ignoreWhen:
    "referenced rows are never deleted and their keys never change, and no query joins on these columns.",
  sources: ["PostgreSQL documentation, section 5.5.5, Foreign Keys"],
  check: {
    additions(added, context) {
      return added.constraints.flatMap((one) => answer(added, one, context));
    },
  },
});

/** Asked of the schema that the pull request leaves, so that an index created later in it counts. */
function answer(added: Additions, { table, constraint }: AddedConstraint, context: Context): Problem[] {
  const { kind, columns, references } = constraint;
  if (kind !== "foreign-key" || !references || table.indexes.some((index) => servesKey(index, columns)))
    return [];
  if (isOnlyDeclared(table.name, columns, context)) return [];
  const place = placeOfConstraint(added, table, constraint);
  const mark = deletionMark(references.table, added);
  const isNew = context.base?.tables.every(({ oid }) => oid !== table.oid) ?? false;
  return [
    {
      message: say`Deleting from ${references.table} reads all of ${table.name}: no index begins with ${list(columns)}.`,
      instead: isNew
        ? say`Add ${`${indexSql(table.name, columns)};`} after the table.`
        : say`Add ${`CREATE INDEX CONCURRENTLY ON ${quoteTable(table.name)} ${sqlColumns(columns)}`} in a migration that runs outside a transaction, before the foreign key.`,
      wanted: { kind: "index", table: table.name, columns, method: "btree" },
      ...place,
      evidence: mark ? [say`observed: ${references.table} has ${mark}: its rows are marked as deleted`] : [],
      object: `${table.name}(${columns.join(", ")})`,
      severity: mark ? "info" : sized("warning", table.name, context),
      planned: added.by.kind === "migration" ? fixOf(added.by.migration, table, columns, place) : null,
    },
  ];
}

/** The column by which rows of the table are marked as deleted instead of being deleted. */
function deletionMark(table: TableName, { after }: Additions): string | null {
  const columns = after.tables.find(({ name }) => name === table)?.columns ?? [];
  return columns.find(({ name }) => softDelete.test(name))?.name ?? null;
}

/** Whether the model declares such an index and no migration adds it, which is told of the model, with what comes of it. */
function isOnlyDeclared(table: TableName, columns: readonly string[], { drift }: Context): boolean {
  return drift.some(
    ({ kind, object, migrations }) =>
      (kind === "index" || kind === "unique") &&
      migrations === null &&
      tableIn(object) === table &&
      beginsWithKey(columnsIn(object), columns),
  );
}

function indexSql(table: TableName, columns: readonly string[]): string {
  const name = conventionalName(table, columns, "idx");
  return `CREATE INDEX ${name === null ? "" : `${quoteIdentifier(name)} `}ON ${quoteTable(table)} ${sqlColumns(columns)}`;
}

/** Right after the statement, and only where it creates the table: the migration's down then drops the index as well. */
function fixOf(
  { up }: Migration,
  { name: table }: Table,
  columns: readonly string[],
  { at: place }: Placed,
): PlannedFix | null {
  const statement = up.statements.find(
    ({ operations, span }) =>
      place !== undefined &&
      span.start <= place.start &&
      place.end <= span.end &&
      operations.some(
        (operation) =>
          operation.kind === "createTable" && operation.table === table && !operation.ifNotExists,
      ),
  );
  const isInTransaction = up.statements.some(({ operations }) =>
    operations.some(({ kind }) => kind === "transaction"),
  );
  if (!statement || isInTransaction) return null;
  return {
    title: "Create an index for the foreign key",
    change: { kind: "followed by", sql: indexSql(table, columns) },
    followUp: null,
  };
}
