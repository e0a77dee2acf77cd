import { type AddedColumn, placeOfColumn } from "../additions.ts";
import { isText } from "../convention.ts";
import { tableOfPrefix } from "../relations.ts";
import { type Context, defineRule } from "../rule.ts";
import { say } from "../text.ts";
import type { Column, Problem } from "../types.ts";

export default defineRule({
  summary: "Give a column that names another table's row the type of that table's key",
  why: "A join over two types casts one of them for each row, and an index on it is not used; a foreign key cannot be added later.",
  instead: "Declare it with the type of the key.",
  // Advice: the name alone says that it refers to the table.
  severity: "info",
  ignoreWhen: "the column holds a key of another system.",
  sources: ["PostgreSQL documentation, section 10.2, Operators"],
  check: {
    additions(added, context) {
      return added.columns.flatMap((one): Problem[] => {
        const found = keyNamedBy(one, context);
        if (!found) return [];
        const { table, column } = one;
        return [
          {
            message: say`${column.name} of ${table.name} is ${column.type}, though ${`${found.table}.${found.key.name}`} is ${found.key.type}.`,
            instead: say`Declare it ${found.key.type}, with a foreign key if it always refers to ${found.table}.`,
            wanted: { kind: "type", table: table.name, column: column.name, type: found.key.type },
            ...placeOfColumn(added, table, column.name),
            object: `${table.name}.${column.name}`,
          },
        ];
      });
    },
  },
});

/** The key of a table that the column is named after, when no foreign key says more and a join needs a cast. */
function keyNamedBy({ table, column }: AddedColumn, { base, head }: Context) {
  const prefix = /^(.+)_id$/.exec(column.name)?.[1];
  const target = prefix === undefined || !head ? null : tableOfPrefix(head, table, prefix);
  if (!target || target === table) return null;
  if (table.constraints.some(({ kind, columns }) => kind === "foreign-key" && columns.includes(column.name)))
    return null;
  const keys = target.indexes.find(({ primary }) => primary)?.columns ?? [];
  const key = keys.length === 1 ? target.columns.find(({ name }) => name === keys[0]) : undefined;
  if (key?.name !== "id" || familyOf(key) === familyOf(column) || isHabit(column, key, base)) return null;
  return { table: target.name, key };
}

/** Whether the columns of this name that are there already are mostly of this type: there it means something else. */
function isHabit(column: Column, key: Column, base: Context["base"]): boolean {
  const older = (base?.tables ?? []).flatMap(({ columns }) =>
    columns.filter(({ name }) => name === column.name).map(familyOf),
  );
  const alike = older.filter((family) => family === familyOf(column)).length;
  return alike > older.filter((family) => family === familyOf(key)).length;
}

function familyOf({ type }: Column): string {
  if (/^(?:smallint|integer|bigint)$/.test(type)) return "integer";
  return isText(type) ? "text" : type;
}
