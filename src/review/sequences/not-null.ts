import { quoteIdentifier } from "../sql/names.ts";
import { say } from "../text.ts";
import type { PlannedStep, TableName } from "../types.ts";
import { alter, fileName, partName } from "./names.ts";

/**
 * How a column comes to be NOT NULL without a scan under a lock: steps that prove it while others write, then the
 * statements that make use of the proof, with those that take them back.
 */
export interface NotNullProof {
  readonly steps: readonly PlannedStep[];
  readonly use: readonly string[];
  readonly undo: readonly string[];
}

/**
 * From PostgreSQL 18 on a NOT NULL constraint itself can be added as NOT VALID; before, a CHECK stands in for it, and SET
 * NOT NULL skips its scan where a valid one proves it (PostgreSQL documentation, ALTER TABLE). Null when no name fits.
 */
export function proveNotNull(table: TableName, column: string, postgres: number): NotNullProof | null {
  const name = partName(table, column, "not_null");
  if (name === null) return null;
  const quoted = quoteIdentifier(column);
  const isOwn = postgres >= 18;
  const add = alter(
    table,
    `ADD CONSTRAINT ${name} ${isOwn ? `NOT NULL ${quoted}` : `CHECK (${quoted} IS NOT NULL)`} NOT VALID`,
  );
  const drop = alter(table, `DROP CONSTRAINT ${name}`);
  const validate = alter(table, `VALIDATE CONSTRAINT ${name}`);
  const steps: PlannedStep[] = [
    {
      phase: "expand",
      title: say`New and changed rows must have a value in ${column}: code that writes NULL fails from here on.`,
      name: fileName("require", table, column),
      up: [add],
      down: [drop],
      outsideTransaction: false,
    },
    {
      phase: "migrate",
      title: say`Check the rows that are there, while others read and write; those that hold NULL must be filled before.`,
      name: fileName("validate", table, column),
      up: [validate],
      down: [drop, add],
      outsideTransaction: false,
    },
  ];
  if (isOwn) return { steps, use: [], undo: [] };
  return {
    steps,
    use: [alter(table, `ALTER COLUMN ${quoted} SET NOT NULL`), drop],
    undo: [add, validate, alter(table, `ALTER COLUMN ${quoted} DROP NOT NULL`)],
  };
}

/** For a column that may be NULL. */
export const noProof: NotNullProof = { steps: [], use: [], undo: [] };

/** SET NOT NULL in steps of which none reads the table while others wait. */
export function notNullSequence(
  table: TableName,
  column: string,
  postgres: number,
): readonly PlannedStep[] | null {
  const proof = proveNotNull(table, column, postgres);
  if (!proof || proof.use.length === 0) return proof?.steps ?? null;
  return [
    ...proof.steps,
    {
      phase: "migrate",
      title: say`Set NOT NULL: the check proves it, so that nothing is read.`,
      name: fileName("set", table, column, "not_null"),
      up: proof.use,
      down: proof.undo,
      outsideTransaction: false,
    },
  ];
}
