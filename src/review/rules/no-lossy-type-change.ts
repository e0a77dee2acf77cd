import { type Narrowing, narrowingOf } from "../narrowing.ts";
import { tableBefore } from "../observed.ts";
import { defineRule, type OperationContext } from "../rule.ts";
import { say } from "../text.ts";
import type { OperationOf } from "../types.ts";

type TypeChange = OperationOf<"alterColumnType">;

export default defineRule({
  summary: "Make sure that every value fits a column's new type",
  why: "A narrower type either refuses the first value that does not fit, and the deploy stops, or changes such values without a word: strings are cut, numbers rounded, times lose their day or hour. No down migration brings the old values back.",
  instead: "Look for values that do not fit before the change, and decide what becomes of them.",
  // Whether such values are there is known only in production.
  severity: "warning",
  ignoreWhen: "it is known that every value fits.",
  sources: [
    "PostgreSQL documentation, section 8.1, Numeric Types",
    "PostgreSQL documentation, section 8.3, Character Types",
    "PostgreSQL documentation, ALTER TABLE, SET DATA TYPE",
  ],
  check: {
    alterColumnType(change, context) {
      const { table, column, type, at } = change;
      if (context.isNewColumn(table, column)) return;
      const old = tableBefore(context, table)?.columns.find(({ name }) => name === column)?.type;
      const narrowing = old === undefined ? null : narrowingOf(old, type, change.using);
      if (!narrowing || isSaid(change, context)) return;
      if (narrowing.effect === "rejects" && isPrepared(change, context)) return;
      return {
        message: messageOf(change, narrowing),
        instead:
          narrowing.effect === "rejects"
            ? say`Look for such values in ${table} first, and correct them in an earlier migration; or keep ${old ?? type}.`
            : say`Keep the old values of ${column} in a column of their own until it is known that nobody needs them; or keep ${old ?? type}.`,
        at,
        object: `${table}.${column}`,
      };
    },
  },
});

function messageOf({ table, column, type }: TypeChange, { effect, how }: Narrowing) {
  return effect === "rejects"
    ? say`Changing ${column} to ${type} fails if a value in ${table} ${[how]}.`
    : say`Changing ${column} to ${type} changes values of ${table} without a word: they ${[how]}.`;
}

/** Seeded values that up and down did not bring back are told with what was seen. */
function isSaid({ table, column }: TypeChange, { roundTrip }: OperationContext): boolean {
  return roundTrip?.data.some((change) => change.table === table && change.column === column) ?? false;
}

/** The migration corrects the values before, or a valid CHECK speaks of them. */
function isPrepared({ table, column }: TypeChange, context: OperationContext): boolean {
  const corrected = context.script.statements
    .slice(0, context.statement.index)
    .some(({ operations }) =>
      operations.some(
        (one) =>
          one.kind === "write" &&
          one.table === table &&
          (one.verb === "delete" || (one.sets?.some((set) => set.column === column) ?? false)),
      ),
    );
  const checked = tableBefore(context, table)?.constraints.some(
    ({ kind, valid, columns }) => kind === "check" && valid && columns.includes(column),
  );
  return corrected || (checked ?? false);
}
