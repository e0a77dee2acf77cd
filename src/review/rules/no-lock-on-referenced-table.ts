import { list } from "../advice.ts";
import { locksElsewhere } from "../locks.ts";
import { evidenceOf, ranOf, sized } from "../observed.ts";
import { defineRule, type OperationContext } from "../rule.ts";
import { say } from "../text.ts";
import type { ConstraintDefinition, OperationOf, Problem, Severity, TableName } from "../types.ts";

export default defineRule({
  summary: "Mind the tables that a foreign key locks besides its own",
  why: "A foreign key's triggers stand on both tables: whoever drops it, or a table that has one, takes an ACCESS EXCLUSIVE lock on the referenced table as well; whoever creates it takes SHARE ROW EXCLUSIVE. The lock is short, but it waits for running queries, and later ones wait behind it until the transaction ends.",
  instead: "Set a short lock_timeout, touch one referenced table per transaction, and commit right after.",
  // Dropping stops reads of a table that the statement does not even name. Creating only stops its writes: an info.
  severity: "warning",
  ignoreWhen:
    "the referenced table has few long queries, or lock_timeout is set and the migration is tried again.",
  sources: [
    "PostgreSQL documentation, section 13.3.1, Table-Level Locks",
    "PostgreSQL documentation, ALTER TABLE, ADD table_constraint",
  ],
  check: {
    createTable: (operation, context) =>
      operation.partitionOf === null ? created(operation, operation.constraints, context) : undefined,
    addColumn(operation, context) {
      // With a default every row is checked: a rule of its own says so.
      if (context.isNew(operation.table) || operation.column.defaultSql !== null) return;
      return created(operation, operation.constraints, context);
    },
    dropTable: (operation, context) => dropped(operation, operation.table, context),
    dropConstraint: (operation, context) => dropped(operation, operation.name, context),
    dropColumn: (operation, context) => dropped(operation, operation.column, context),
  },
});

type Created = OperationOf<"createTable" | "addColumn">;
type Dropped = OperationOf<"dropTable" | "dropConstraint" | "dropColumn">;

function created(
  operation: Created,
  constraints: readonly ConstraintDefinition[],
  context: OperationContext,
): Problem | undefined {
  const run = ranOf(context);
  const referenced = constraints.flatMap(({ references }) => (references ? [references.table] : []));
  const locked = run
    ? locksElsewhere(run, context.statement, "SHARE ROW EXCLUSIVE").map(({ relation }) => relation)
    : referenced.filter((table) => table !== operation.table && !context.isNew(table));
  const tables = [...new Set(referenced)].filter((table) => locked.includes(table));
  if (tables.length === 0) return;
  return {
    message: say`The foreign keys of ${operation.table} make every write to ${list(tables)} wait until the transaction ends.`,
    evidence: evidenceOf(context, tables),
    instead: say`Keep the transaction short: nothing slow after this statement.`,
    at: operation.at,
    object: `${operation.table} ${tables.join(" ")}`,
    severity: "info",
  };
}

/** The first operation of the statement speaks for all of them: a lock is seen of a statement. */
function dropped(operation: Dropped, what: string, context: OperationContext): Problem | undefined {
  const run = ranOf(context);
  const { statement } = context;
  if (!run || statement.operations.find((other) => isDrop(other)) !== operation) return;
  const references = referencesBefore(context);
  const locks = locksElsewhere(run, statement, "ACCESS EXCLUSIVE").filter(({ relation }) =>
    references.has(relation),
  );
  const tables = locks.map(({ relation }) => relation);
  if (tables.length === 0) return;
  return {
    message: say`Dropping ${what} also locks ${list(tables)}, to which its foreign key points: every read and write there waits until the transaction ends.`,
    evidence: evidenceOf(context, tables),
    instead: say`Set a short lock_timeout, ${operation.kind === "dropConstraint" ? ["and drop it in a transaction of its own"] : ["drop the foreign keys first, one by one, each in a transaction of its own"]}.`,
    at: statement.span,
    object: `${operation.table} ${tables.join(" ")}`,
    severity: worst(tables, context),
  };
}

function isDrop({ kind }: { readonly kind: string }): boolean {
  return kind === "dropTable" || kind === "dropConstraint" || kind === "dropColumn";
}

/** Tables to which the foreign keys of the statement's tables point. */
function referencesBefore({ statement, before }: OperationContext): ReadonlySet<TableName> {
  const named = statement.operations.flatMap((one) => ("table" in one ? [one.table] : []));
  return new Set(
    (before?.tables ?? [])
      .filter(({ name }) => named.includes(name))
      .flatMap(({ constraints }) =>
        constraints.flatMap(({ references }) => (references ? [references.table] : [])),
      ),
  );
}

function worst(tables: readonly TableName[], context: OperationContext): Severity {
  return tables.some((table) => sized("warning", table, context) === "warning") ? "warning" : "info";
}
