import { placeOfTable } from "../additions.ts";
import { defineRule } from "../rule.ts";
import { say } from "../text.ts";
import type { Index, Problem, Table } from "../types.ts";

export default defineRule({
  summary: "Give every table a primary key",
  why: "Without one nothing tells two equal rows apart: duplicates cannot be removed one by one, logical replication refuses UPDATE and DELETE, and most tools cannot edit rows.",
  instead: "Add a primary key: of the columns that tell rows apart, or of a generated number.",
  // Read from the catalogue. What only grows can do without more easily.
  severity: "warning",
  ignoreWhen: "rows are only appended and read in bulk, and the table is not replicated logically.",
  sources: [
    "PostgreSQL documentation, section 5.5.4, Primary Keys",
    "PostgreSQL documentation, section 29.1.1, Replica Identity",
  ],
  check: {
    additions(added) {
      return added.tables.flatMap((table): Problem[] => {
        if (table.kind === "foreign" || table.indexes.some(({ primary }) => primary)) return [];
        if (isCopy(table) || isInherited(table)) return [];
        const key = table.indexes.find((index) => isKey(table, index));
        const rest = { ...placeOfTable(added, table), object: table.name };
        if (key)
          return [
            {
              message: say`${table.name} has no primary key, though ${key.name} could be it: its columns are unique and never NULL.`,
              instead: say`Declare these columns as PRIMARY KEY.`,
              severity: "info",
              ...rest,
            },
          ];
        return [
          {
            message: say`${table.name} has no primary key.`,
            severity: isLog(table) ? "info" : "warning",
            ...rest,
          },
        ];
      });
    },
  },
});

/** A copy for safety's sake, or a place to load rows into. */
function isCopy({ name, unlogged }: Table): boolean {
  return (
    unlogged ||
    /(?:^|[._])(?:backup|bak|old|tmp|temp|staging|stage|copy|archive|snapshot)\d*(?:_|$)/i.test(name)
  );
}

/** Rows by time, which are appended and thrown away in bulk. */
function isLog({ kind, columns }: Table): boolean {
  if (kind === "partitioned") return true;
  const isTimed = columns.some(({ type }) => type.startsWith("timestamp") || type === "date");
  return isTimed && !columns.some(({ name }) => /^(?:id|uuid)$/i.test(name));
}

function isInherited({ columns }: Table): boolean {
  return columns.length === 0;
}

function isKey({ columns }: Table, index: Index): boolean {
  return (
    index.unique &&
    index.where === null &&
    index.columns.every((name) => columns.find((column) => column.name === name)?.notNull === true)
  );
}
