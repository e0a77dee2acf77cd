import { list } from "../advice.ts";
import { type Held, type UnderLocks, underLocks } from "../held-locks.ts";
import { isAtLeast, waiting } from "../locks.ts";
import { sized, sizeOf } from "../observed.ts";
import { defineRule, type MigrationContext } from "../rule.ts";
import { say } from "../text.ts";
import { isInTransaction } from "../transaction.ts";
import type { Problem, Script, Severity, Statement, StatementRun, TableName, Text } from "../types.ts";

export default defineRule({
  summary: "Do slow work in another transaction than a strong lock",
  why: "A lock is held until its transaction ends. A statement that reads, writes or rewrites a whole table keeps every lock that earlier statements took: a lock that would last milliseconds then lasts as long as the work.",
  instead:
    "Put what takes the lock and what takes time into two migrations, each in a transaction of its own.",
  // Both were seen: the lock on a table that is in use, and the work. Rows are counted only in production: writing them is a warning.
  severity: "error",
  ignoreWhen: "the tables are small, or the application is stopped while the migration runs.",
  sources: [
    "PostgreSQL documentation, section 13.3.1, Table-Level Locks",
    "PostgreSQL documentation, ALTER TABLE, Notes",
  ],
  check: {
    migration(migration, context) {
      const { run, onlyDown } = context;
      if (!run || onlyDown) return;
      const slow = underLocks(migration.up, run.up).flatMap((one) => slowOf(one, migration.up) ?? []);
      const [first, ...more] = slow;
      if (!first) return;
      return problemOf(first, more.length, context);
    },
  },
});

interface Slow extends UnderLocks {
  readonly held: readonly [Held, ...Held[]];
  readonly work: Work;
}

interface Work {
  readonly kind: "rewrites" | "reads" | "searches" | "writes" | "copies";
  readonly tables: readonly TableName[];
}

function slowOf(one: UnderLocks, script: Script): Slow | null {
  const work = workOf(one);
  if (!work) return null;
  const [first, ...others] = one.held.filter((lock) => !isSaidElsewhere(lock, one, script));
  return first ? { ...one, held: [first, ...others], work } : null;
}

/**
 * A strong lock of the statement itself, one whose own statement read the whole table, and a constraint validated in the
 * transaction that adds it, have rules of their own.
 */
function isSaidElsewhere(
  { table, by, wasSlow }: Held,
  { run, statement }: UnderLocks,
  script: Script,
): boolean {
  if (wasSlow) return true;
  if (run.locks.some((lock) => lock.relation === table && isAtLeast(lock.mode, "SHARE"))) return true;
  // Another statement may have locked the table before the one that adds it.
  const adding = script.statements
    .slice(0, statement.index)
    .filter((earlier) => isInTransaction(script, earlier));
  return statement.operations.some(
    (one) =>
      one.kind === "validateConstraint" &&
      (one.table === table ? adding : [by])
        .flatMap(({ operations }) => operations)
        .some(
          (other) =>
            other.kind === "addConstraint" &&
            other.table === one.table &&
            other.constraint.name === one.name &&
            (other.constraint.kind === "check" || other.constraint.kind === "foreign-key"),
        ),
  );
}

/** What was seen to take as long as a table is large. */
function workOf({ run, statement }: UnderLocks): Work | null {
  const scanned = run.scans.filter(({ isNew, rows }) => !isNew && rows > 0);
  const rewritten = run.rewrites.filter(
    ({ kind, isNew, relation }) =>
      !isNew && kind !== "index" && (kind === "view" || scanned.some((scan) => scan.relation === relation)),
  );
  if (rewritten.length > 0) return { kind: "rewrites", tables: rewritten.map(({ relation }) => relation) };
  const read = scanned.map(({ relation }) => relation).filter((table) => isLocked(run, table));
  if (read.length > 0) return { kind: "reads", tables: read };
  if (keepsQuery(statement) && scanned.length > 0)
    return { kind: "reads", tables: scanned.map(({ relation }) => relation) };
  const written = statement.operations.flatMap((one) =>
    one.kind === "write" && one.verb !== "insert" ? [one.table] : [],
  );
  const changed = scanned
    .map(({ relation }) => relation)
    .filter((table) => written.includes(table) || changes(run, table));
  if (changed.length > 0) return { kind: isFiltered(statement) ? "searches" : "writes", tables: changed };
  const copied = scanned.filter(({ rows }) => copies(run, rows)).map(({ relation }) => relation);
  return copied.length > 0 ? { kind: "copies", tables: copied } : null;
}

/** A condition leaves open how many of the rows it writes. */
function isFiltered({ operations }: Statement): boolean {
  return operations.some((one) => one.kind === "write" && one.filtered);
}

/** CREATE TABLE … AS and CREATE MATERIALIZED VIEW run a query to its end. */
function keepsQuery({ operations }: Statement): boolean {
  return operations.some(
    (one) =>
      (one.kind === "createTable" && one.columns.length === 0) ||
      (one.kind === "createView" && one.materialized),
  );
}

/** DDL that reads a table locks it more strongly than any query does. */
function isLocked({ locks }: StatementRun, table: TableName): boolean {
  return locks.some(({ relation, mode }) => relation === table && isAtLeast(mode, "SHARE UPDATE EXCLUSIVE"));
}

function changes({ writes }: StatementRun, table: TableName): boolean {
  return writes.some(({ relation, updated, deleted }) => relation === table && updated + deleted > 0);
}

/** As many rows come in as were read of a table: INSERT … SELECT of all of it. */
function copies({ writes }: StatementRun, rows: number): boolean {
  return writes.some(({ inserted }) => inserted >= rows);
}

function problemOf({ statement, held, work }: Slow, more: number, context: MigrationContext): Problem {
  const [first] = held;
  const strongest = held.find(({ mode }) => mode === "ACCESS EXCLUSIVE") ?? first;
  const tables = held.map(({ table }) => table);
  // Of a table that is locked less, not as much waits.
  const asMuch = held.filter(({ mode }) => waiting(mode) === waiting(strongest.mode));
  const rest: Text =
    more === 0 ? [] : [`; ${more} later ${more === 1 ? "statement does" : "statements do"} the same`];
  return {
    message: say`This statement ${[work.kind]} all of ${list(work.tables)} while ${[waiting(strongest.mode) ?? "every write"]} of ${list(asMuch.map(({ table }) => table))} waits: the ${[strongest.mode]} lock of an earlier statement is still held${rest}.`,
    evidence: [
      ...held.map(
        ({ table, mode, by }) => say`observed: ${[mode]} lock on ${table}, taken by line ${by.line}`,
      ),
      ...work.tables.map((table) => sizeOf(table, context, measured[work.kind])),
    ],
    instead: say`Move it to a migration of its own, so that the transaction that locks ${list(tables)} ends before it.`,
    at: statement.span,
    object: `${tables.join(" ")} ${work.tables.join(" ")}`,
    severity: severityOf(work, tables, context),
  };
}

/** What it comes to on every row. */
const measured = {
  rewrites: "rewrite",
  reads: "scan",
  searches: "scan",
  writes: "update",
  copies: "scan",
} as const;

function severityOf(work: Work, tables: readonly TableName[], context: MigrationContext): Severity {
  const severity: Severity = /^(?:searches|writes|copies)$/.test(work.kind) ? "warning" : "error";
  const isLarge = (some: readonly TableName[]) =>
    some.some((table) => sized(severity, table, context) === severity);
  return isLarge(work.tables) && isLarge(tables) ? severity : "info";
}
