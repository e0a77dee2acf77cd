import { bareName } from "../advice.ts";
import { defineRule, type OperationContext } from "../rule.ts";
import { namesRow, relationsNamedIn, wordsOf } from "../sql/bodies.ts";
import { say } from "../text.ts";
import type { Problem, SchemaFunction, Span, TableName, Trigger } from "../types.ts";

export default defineRule({
  summary: "Change the functions that name a column or table together with it",
  why: "PostgreSQL looks at the body of a function that is a string only when it is called: the migration passes, and from then on every call fails; for a trigger, every write of its table.",
  instead: "Replace the function in the same migration.",
  // The body is read, not run.
  severity: "warning",
  ignoreWhen: "nothing calls the function any more.",
  sources: [
    "PostgreSQL documentation, section 36.5, Query Language (SQL) Functions",
    "PostgreSQL documentation, section 5.15, Dependency Tracking",
  ],
  check: {
    renameColumn: ({ table, column, at }, context) => columnProblems(table, column, at, context),
    dropColumn: ({ table, column, at }, context) => columnProblems(table, column, at, context),
    renameTable: ({ table, at }, context) => tableProblems(table, at, context),
    dropTable: ({ table, at }, context) => tableProblems(table, at, context),
  },
});

function columnProblems(table: TableName, column: string, at: Span, context: OperationContext): Problem[] {
  const { before, after } = context;
  const oid = before?.tables.find(({ name }) => name === table)?.oid;
  const now = after?.tables.find((candidate) => candidate.oid === oid);
  if (!before || !after || now?.columns.some(({ name }) => name === column)) return [];
  const others = after.tables.filter(
    ({ name, columns }) => name !== now?.name && columns.some((other) => other.name === column),
  );
  return unchangedFunctions(context).flatMap((routine) => {
    const trigger = after.triggers.find(
      (candidate) => candidate.table === now?.name && candidate.function === routine.name,
    );
    const words = wordsOf(routine.definition);
    const isOfRow = trigger !== undefined && namesRow(words, column);
    const isNamed =
      words.includes(column) &&
      relationsNamedIn(words).includes(bareName(table)) &&
      !others.some(({ name }) => words.includes(bareName(name)));
    return isOfRow || isNamed
      ? [problemOf(routine, `${table}.${column}`, isOfRow ? trigger : undefined, at)]
      : [];
  });
}

function tableProblems(table: TableName, at: Span, context: OperationContext): Problem[] {
  const { before, after } = context;
  if (!before?.tables.some(({ name }) => name === table) || !after) return [];
  // Something of its name is there, in this schema or in another one that is searched.
  if ([...after.tables, ...after.views].some(({ name }) => bareName(name) === bareName(table))) return [];
  return unchangedFunctions(context)
    .filter(({ definition }) => relationsNamedIn(wordsOf(definition)).includes(bareName(table)))
    .map((routine) =>
      problemOf(
        routine,
        table,
        after.triggers.find((trigger) => trigger.function === routine.name),
        at,
      ),
    );
}

function problemOf(
  { name }: SchemaFunction,
  object: string,
  trigger: Trigger | undefined,
  at: Span,
): Problem {
  return {
    message: trigger
      ? say`The function ${name} still uses ${object}: the trigger ${trigger.name} calls it, and writes of ${trigger.table} fail from here on.`
      : say`The function ${name} still uses ${object}: it fails when it is called.`,
    instead: say`Replace ${name} in the same migration.`,
    at,
    object: `${name} ${object}`,
  };
}

/** Functions with a body that is text, as they were before the migration. */
function unchangedFunctions({ before, after }: OperationContext): SchemaFunction[] {
  const old = new Map(before?.functions.map(({ name, definition }) => [name, definition]));
  return (after?.functions ?? []).filter(
    ({ name, definition, parsed }) =>
      !parsed && old.get(name) === definition && /\bLANGUAGE (?:sql|plpgsql)\b/.test(definition),
  );
}
