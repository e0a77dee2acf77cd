import { list } from "../advice.ts";
import { type UnderLocks, underLocks } from "../held-locks.ts";
import { locksElsewhere } from "../locks.ts";
import { evidenceOf, ranOf, sized } from "../observed.ts";
import { defineRule, type MigrationContext, type OperationContext } from "../rule.ts";
import { say } from "../text.ts";
import type {
  ConstraintDefinition,
  Lock,
  Migration,
  MigrationRun,
  Operation,
  OperationOf,
  Problem,
  Schema,
  Severity,
  TableName,
} from "../types.ts";

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
    migration(migration, context) {
      const { run, onlyDown } = context;
      if (!run || onlyDown) return;
      return droppedKeys(migration, run, context);
    },
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

/** One finding a migration, where the first of its foreign keys goes, with all the tables that are locked for it. */
function droppedKeys(
  migration: Migration,
  run: MigrationRun,
  context: MigrationContext,
): Problem | undefined {
  const drops = underLocks(migration.up, run.up).flatMap((one) => {
    const drop = one.statement.operations.find(isDrop);
    return drop ? [{ drop, statement: one.statement, locks: newLocks(one, run) }] : [];
  });
  const [first, ...later] = drops.filter(({ locks }) => locks.length > 0);
  if (!first) return;
  const locks = [first, ...later].flatMap((one) => one.locks);
  const tables = [...new Set(locks.map(({ relation }) => relation))];
  const { drop, statement } = first;
  const others = [...new Set(later.map((one) => nameOf(one.drop)))].filter((name) => name !== nameOf(drop));
  return {
    message: say`Dropping ${list([nameOf(drop), ...others])} also locks ${list(tables)}, to which ${others.length > 0 ? ["foreign keys point"] : ["a foreign key points"]}: every read and write there waits until the transaction ends.`,
    evidence: locks
      .filter(({ relation }, i) => locks.findIndex((other) => other.relation === relation) === i)
      .map(({ mode, relation, source }) => say`${[source]}: ${[mode]} lock on ${relation}`),
    instead: say`Set a short lock_timeout, and drop the foreign keys one by one, each in a transaction of its own${drop.kind === "dropConstraint" ? [] : [", before what they belong to"]}.`,
    at: statement.span,
    object: `${drop.table} ${tables.join(" ")}`,
    severity: worst(tables, context),
  };
}

/** Tables to which a foreign key of the statement's tables points, that nothing has locked before and that are to stay. */
function newLocks({ statement, run: seen, held }: UnderLocks, { before, after }: MigrationRun): Lock[] {
  const named = statement.operations.flatMap((one) => ("table" in one ? [one.table] : []));
  const references = before.tables
    .filter(({ name }) => named.includes(name))
    .flatMap(({ constraints }) =>
      constraints.flatMap((one) => (one.references ? [one.references.table] : [])),
    );
  return locksElsewhere(seen, statement, "ACCESS EXCLUSIVE").filter(
    ({ relation }) =>
      references.includes(relation) &&
      !held.some(({ table, mode }) => table === relation && mode === "ACCESS EXCLUSIVE") &&
      isKept(relation, before, after),
  );
}

function isKept(table: TableName, before: Schema, after: Schema): boolean {
  const oid = before.tables.find(({ name }) => name === table)?.oid;
  return after.tables.some((one) => one.oid === oid);
}

function isDrop(operation: Operation): operation is Dropped {
  return ["dropTable", "dropConstraint", "dropColumn"].includes(operation.kind);
}

function nameOf(drop: Dropped): string {
  if (drop.kind === "dropTable") return drop.table;
  return drop.kind === "dropColumn" ? drop.column : drop.name;
}

function worst(tables: readonly TableName[], context: MigrationContext): Severity {
  return tables.some((table) => sized("warning", table, context) === "warning") ? "warning" : "info";
}
