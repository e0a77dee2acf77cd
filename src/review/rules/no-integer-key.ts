import { type Additions, placeOfColumn } from "../additions.ts";
import { isSettled } from "../convention.ts";
import { type Context, defineRule } from "../rule.ts";
import { quoteTable } from "../sql/names.ts";
import { say } from "../text.ts";
import type { Column, Problem, Severity, Table } from "../types.ts";

export default defineRule({
  summary: "Number rows with bigint",
  why: "A generated integer ends at 2,147,483,647, failed and deleted rows included: then every INSERT fails, and making the column larger rewrites the table and all that refer to it.",
  instead: "Declare it bigint GENERATED ALWAYS AS IDENTITY, or bigserial.",
  // A warning where the limit is near or was meant to be lifted; else advice.
  severity: "warning",
  ignoreWhen: "the table cannot grow that far.",
  sources: [
    "PostgreSQL documentation, section 8.1, Numeric Types",
    "PostgreSQL documentation, CREATE SEQUENCE",
  ],
  check: {
    additions(added, context) {
      return [...ofKeys(added, context), ...ofSequences(added, context)];
    },
  },
});

/** From here on the limit is no longer far away. */
const manyRows = 100_000_000;

const limits: Readonly<Record<string, string>> = { integer: "2,147,483,647", smallint: "32,767" };

function ofKeys(added: Additions, context: Context): Problem[] {
  const isGenerated = ({ identity, defaultSql }: Column) =>
    identity !== null || /^nextval\(/.test(defaultSql ?? "");
  const settled = () =>
    isSettled(
      context.base,
      (column) => isGenerated(column) && column.type === "integer",
      (column) => column.type === "bigint" && isGenerated(column),
    );
  return added.tables.flatMap((table): Problem[] => {
    const key = table.columns.find((column) => isGenerated(column) && isKey(table, column));
    const limit = key && limits[key.type];
    if (!key || limit === undefined) return [];
    const grows = (context.rows(table.name) ?? 0) >= manyRows;
    if (!grows && (isList(table) || settled())) return [];
    const severity: Severity = grows ? "warning" : "info";
    return [
      {
        message: say`${key.name} of ${table.name} ends at ${[limit]}: it is ${key.type}.`,
        wanted: { kind: "type", table: table.name, column: key.name, type: "bigint" },
        ...placeOfColumn(added, table, key.name),
        object: `${table.name}.${key.name}`,
        severity,
      },
    ];
  });
}

/** A column that was made larger, and its sequence that was not. An identity's sequence follows its column by itself. */
function ofSequences(added: Additions, context: Context): Problem[] {
  return added.columns.flatMap(({ table, column }): Problem[] => {
    const sequence = context.head?.sequences.find(
      ({ ownedBy }) => ownedBy?.table === table.name && ownedBy.column === column.name,
    );
    const limit = sequence && limits[sequence.type];
    if (column.type !== "bigint" || !sequence || limit === undefined) return [];
    return [
      {
        message: say`${column.name} of ${table.name} is bigint now, but its numbers still end at ${[limit]}: the sequence ${sequence.name} is ${sequence.type}.`,
        instead: say`Add ${`ALTER SEQUENCE ${quoteTable(sequence.name)} AS bigint`}.`,
        ...placeOfColumn(added, table, column.name),
        object: `${table.name}.${column.name} sequence`,
      },
    ];
  });
}

function isKey({ indexes }: Table, { name }: Column): boolean {
  return indexes.some(({ primary, columns }) => primary && columns.length === 1 && columns[0] === name);
}

/** A list of names to choose from: it has neither times nor references, and hardly a column. */
function isList({ columns, constraints }: Table): boolean {
  return (
    columns.length <= 3 &&
    !constraints.some(({ kind }) => kind === "foreign-key") &&
    !columns.some(({ type }) => type.startsWith("timestamp"))
  );
}
