import { isColumnReplaced, isReplacement, isTableReplaced, picksRows } from "../replaced.ts";
import { defineRule } from "../rule.ts";
import { say } from "../text.ts";
import type {
  DataChange,
  Migration,
  Operation,
  Schema,
  Script,
  Severity,
  Statement,
  Text,
} from "../types.ts";

export default defineRule({
  summary: "Let up and down together keep the data",
  why: "A rollback that restores the schema but not the values loses data in silence: nobody looks until it is needed.",
  instead: "Keep the old values, in a spare column or table, until the step can no longer be taken back.",
  // Seen: seeded rows were compared before the up and after the down. Values that the up itself overwrites or deletes are the
  // author's word: a warning; rows that go by their values, which are made up here: a note.
  severity: "error",
  dialects: ["postgresql", "sqlite"],
  ignoreWhen: "the values are derived, or not needed after the change.",
  sources: ["PostgreSQL documentation, ALTER TABLE, Notes"],
  check: {
    migration(migration, { run }) {
      const trip = run?.roundTrip;
      if (!trip || trip.notEvaluated !== null || trip.down.leftOpen) return;
      const seen = trip.data.filter((change) => !isDropped(change, migration, run.after));
      const hashed = seen.filter((change) => isHashed(change, migration.down));
      const changes = [...seen.filter((change) => !hashed.includes(change)), ...hashed];
      const [first] = changes;
      if (!first) return;
      const cause = migration.up.statements.find((statement) => touches(statement, first, migration.up));
      const place = cause ?? migration.down?.statements.at(-1);
      return {
        message: hashed.includes(first)
          ? hashedAnew(first, hashed.length > 1)
          : say`Up and down together ${sentence(first)}${changes.length > 1 ? say`, and more` : []}.`,
        evidence: changes.map((change) => say`observed: up and down ${sentence(change)}`),
        object: migration.name,
        severity: severityOf(
          changes.filter((change) => !hashed.includes(change)),
          migration,
        ),
        side: cause ? "up" : "down",
        at: place?.span ?? { start: 0, end: 0 },
      };
    },
  },
});

/** What the up drops by name, and does not replace, is said where it is dropped. */
function isDropped({ table, column }: DataChange, { up }: Migration, after: Schema): boolean {
  return operationsOf(up.statements).some((operation) => {
    if (operation.kind === "dropTable")
      return operation.table === table && !isTableReplaced(operation.table, after, up);
    if (operation.kind !== "dropColumn" || operation.table !== table || operation.column !== column)
      return false;
    return !isColumnReplaced(operation.table, column, after, up);
  });
}

function sentence({ table, column, rows, of, change }: DataChange): Text {
  if (change === "added")
    return say`leave ${rows} ${[rows === 1 ? "row" : "rows"]} in ${table} that ${[rows === 1 ? "was" : "were"]} not there before`;
  const verb = change === "lost" ? "lose" : "change";
  if (column === null) return say`${[verb]} ${rows} of ${of} seeded rows of ${table}`;
  return say`${[verb]} ${column} in ${rows} of ${of} seeded rows of ${table}`;
}

function severityOf(changes: readonly DataChange[], { up, down }: Migration): Severity {
  const grave = changes.filter(
    (change) =>
      change.change !== "added" && !isPicked(change, up) && !(down !== null && isPicked(change, down)),
  );
  if (grave.length === 0) return "info";
  return grave.every((change) => up.statements.some((statement) => writes(statement, change)))
    ? "warning"
    : "error";
}

/** Values that the down makes out of others by a hash: what is made up here never is that hash, what an application wrote may be. */
function isHashed({ table, column, change }: DataChange, down: Script | null): boolean {
  const last = down?.statements.findLast((statement) =>
    statement.operations.some(
      (one) =>
        one.kind === "write" &&
        one.table === table &&
        (one.sets?.some((set) => set.column === column) ?? false),
    ),
  );
  return change === "changed" && last !== undefined && hash.test(last.sql) && !chance.test(last.sql);
}

const hash = /\b(?:md5|sha(?:224|256|384|512)|digest|hmac|hashtext(?:extended)?)\s*\(/i;
const chance = /\b(?:random|gen_random_\w+|uuid_generate_\w+|uuidv\d|gen_salt|now|clock_timestamp)\s*\(/i;

function hashedAnew({ table, column }: DataChange, isMore: boolean): Text {
  return say`Up and down together compute ${column ?? table} of ${table} anew${[isMore ? ", and more" : ""]}: rows that held anything but the hash which the down makes do not get it back. The values of seeded rows are made up, and no hashes.`;
}

/** Rows that a script deletes, or does not bring along to a new table, by what is in them. */
function isPicked(change: DataChange, script: Script): boolean {
  return change.column === null && script.statements.some((statement) => picks(statement, change, script));
}

function picks(statement: Statement, { table }: DataChange, up: Script): boolean {
  return statement.operations.some((operation) => {
    if (operation.kind !== "write") return false;
    if (operation.verb === "delete") return operation.table === table && operation.filtered;
    return operation.verb === "insert" && isReplacement(operation.table, table, up) && picksRows(statement);
  });
}

function writes({ operations }: Statement, { table }: DataChange): boolean {
  return operations.some((operation) => isWrite(operation) && operation.table === table);
}

function isWrite(operation: Operation): operation is Extract<Operation, { kind: "write" | "truncateTable" }> {
  return operation.kind === "write" || operation.kind === "truncateTable";
}

function touches(statement: Statement, change: DataChange, up: Script): boolean {
  if (writes(statement, change)) return true;
  if (picks(statement, change, up)) return true;
  return statement.operations.some(
    (operation) =>
      "table" in operation &&
      operation.table === change.table &&
      (!("column" in operation) || operation.column === change.column),
  );
}

function operationsOf(statements: readonly Statement[]): Operation[] {
  return statements.flatMap(({ operations }) => operations);
}
