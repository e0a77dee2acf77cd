import { defineRule, type OperationContext } from "../rule.ts";
import { say } from "../text.ts";
import type { ColumnDefinition, Problem, TableName } from "../types.ts";

export default defineRule({
  summary: "Give a column of SQLite a type that means what it says",
  why: "SQLite takes only parts of a type's name: INT anywhere in it makes numbers of what looks like one, and so does a name that it does not know, such as STRING. Text like 007 or 1e5 is then stored as 7 and 100000.",
  instead: "Write TEXT, INTEGER, REAL, BLOB or NUMERIC.",
  // Values change when they are stored.
  severity: "warning",
  dialects: ["sqlite"],
  ignoreWhen: "the column never holds text that looks like a number.",
  sources: ["SQLite documentation, Datatypes In SQLite, section 3.1, Determination Of Column Affinity"],
  check: {
    createTable: ({ table, columns }, context) => columns.flatMap((column) => answer(table, column, context)),
    addColumn: ({ table, column }, context) => answer(table, column, context),
  },
});

function answer(table: TableName, { name, type }: ColumnDefinition, context: OperationContext): Problem[] {
  const affinity = surpriseOf(type);
  // Built anew with the type that it has, so that nothing changes.
  const old = context.before?.tables.flatMap(({ columns }) => columns);
  if (affinity === null || old?.some((column) => column.name === name && column.type === type)) return [];
  return [
    {
      message: say`${`${table}.${name}`} is of type ${type}, which SQLite takes for ${[affinity]}: text that looks like a number is stored as one.`,
      instead: affinity === "INTEGER" ? say`Write TEXT, or REAL for numbers.` : say`Write TEXT.`,
      object: `${table}.${name}`,
    },
  ];
}

function surpriseOf(type: string): "INTEGER" | "NUMERIC" | null {
  const name = type.toUpperCase().replace(/\(.*$/s, "").trim();
  if (/INT/.test(name))
    return /^(?:(?:TINY|SMALL|MEDIUM|BIG|UNSIGNED|SIGNED|U|LONG)[ ]?)*INT(?:EGER|\d+)?(?: (?:UNSIGNED|SIGNED))?$/.test(
      name,
    )
      ? null
      : "INTEGER";
  return /^STRING\b/.test(name) ? "NUMERIC" : null;
}
