import { waiting } from "./locks.ts";
import { evidenceOf, isAllOf, ranOf, sized, tableBefore, wasScanned } from "./observed.ts";
import type { OperationContext } from "./rule.ts";
import { isVerbatim } from "./script.ts";
import { validateSequence } from "./sequences/validate.ts";
import { quoteIdentifier, quoteTable } from "./sql/names.ts";
import { say } from "./text.ts";
import { isInTransaction } from "./transaction.ts";
import type {
  ConstraintDefinition,
  ConstraintKind,
  OperationOf,
  PlannedFix,
  PlannedStep,
  Problem,
  TableName,
  Text,
} from "./types.ts";

/** What to do so that a foreign key or a check is not verified under the lock that adds it. */
export function validateLater(table: TableName, constraint: ConstraintDefinition, name: string): Text {
  return say`Add ${constraint.name ?? name} as NOT VALID, which only checks new rows, and run ${validation(table, constraint.name ?? name)} in the next migration.`;
}

/** Adds the constraint as NOT VALID. */
export function notValidFix({ table, constraint }: OperationOf<"addConstraint">, name: string): PlannedFix {
  return {
    title: "Add the constraint as NOT VALID",
    change: { kind: "not valid", at: constraint.at },
    followUp: say`Run ${validation(table, constraint.name ?? name)} in the next migration: until then only new rows are checked.`,
  };
}

/** The constraint as NOT VALID, and its validation, as two migrations. */
export function validateLaterSequence(
  { table, constraint }: OperationOf<"addConstraint">,
  name: string,
  { script, statement }: OperationContext,
): readonly PlannedStep[] {
  const definition = isVerbatim(script, statement)
    ? script.text.slice(constraint.at.start, constraint.at.end)
    : statement.sql.replace(/^ALTER\s+TABLE\s+(?:"(?:[^"]|"")*"|[\w$.])+\s+ADD\s+/i, "");
  return validateSequence(table, constraint.name ?? name, definition);
}

/** Whether the constraint that is validated was added by the same transaction, whose strong lock then lasts for the whole scan. */
export function addedInSameTransaction(
  validate: OperationOf<"validateConstraint">,
  kind: ConstraintKind,
  { script, statement }: OperationContext,
): boolean {
  if (!isInTransaction(script, statement)) return false;
  return script.statements
    .slice(0, statement.index)
    .flatMap(({ operations }) => operations)
    .some(
      (operation) =>
        operation.kind === "addConstraint" &&
        operation.table === validate.table &&
        operation.constraint.kind === kind &&
        operation.constraint.name === validate.name,
    );
}

/**
 * A constraint, a foreign key or another, that is validated by a statement whose other parts take a lock that everybody waits for: it
 * lasts for the whole scan then. Undefined where that was not seen.
 */
export function validatedBeside(
  operation: OperationOf<"validateConstraint">,
  of: "foreign key" | "other",
  context: OperationContext,
): Problem | undefined {
  const { table, name, at } = operation;
  const known = tableBefore(context, table)?.constraints.find((one) => one.name === name);
  if ((known?.kind === "foreign-key") !== (of === "foreign key")) return;
  const run = ranOf(context);
  const lock = run?.locks.find(({ kind, relation }) => kind === "table" && relation === table);
  const waits = lock ? waiting(lock.mode) : null;
  if (!run || !lock || !waits || !wasScanned(run, table) || !isAllOf(operation, context)) return;
  return {
    message: say`Validating ${name} reads all of ${table} while ${[waits]} of it waits: another part of the statement takes the ${[lock.mode]} lock.`,
    evidence: evidenceOf(context, [table]),
    instead: say`Run ${validation(table, name)} in the next migration: alone, it lets others read and write.`,
    at,
    object: `${table}.${name}`,
    severity: sized("error", table, context),
  };
}

function validation(table: TableName, name: string): string {
  return `ALTER TABLE ${quoteTable(table)} VALIDATE CONSTRAINT ${quoteIdentifier(name)}`;
}
