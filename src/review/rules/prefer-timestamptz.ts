import { type AddedColumn, groupByTable, placeOfColumn } from "../additions.ts";
import { list } from "../advice.ts";
import { isSettled } from "../convention.ts";
import { defineRule } from "../rule.ts";
import { say } from "../text.ts";
import type { Column, Problem } from "../types.ts";

export default defineRule({
  summary: "Store moments as timestamp with time zone",
  why: "A timestamp without time zone is a reading of some clock and no moment: what it means depends on who wrote it. timestamptz takes the same 8 bytes and is converted to each reader's zone.",
  instead: "Declare it timestamptz.",
  // Advice: an application that keeps to UTC everywhere is right as well.
  severity: "info",
  ignoreWhen: "it holds the time on a wall clock, or every writer and reader keeps to UTC.",
  sources: [
    "PostgreSQL documentation, section 8.5.1.3, Time Stamps",
    "PostgreSQL documentation, section 8.5.3, Time Zones",
  ],
  check: {
    additions(added, context) {
      const { columns } = added;
      const found = columns.filter(({ column }) => isPlain(column));
      const isOther = ({ type }: Column) => /^timestamp.* with time zone$/.test(type);
      const plain = found.length > 0 && isSettled(context.base, isPlain, isOther) ? [] : found;
      const times = columns.filter(({ column }) => /^time(?:\(\d\))? with time zone$/.test(column.type));
      const problem = (
        items: readonly AddedColumn[],
        rest: Pick<Problem, "message" | "instead" | "wanted">,
      ): Problem => {
        const [{ table, column }] = items as [AddedColumn];
        return {
          ...rest,
          ...placeOfColumn(added, table, column.name),
          object: `${table.name}.${column.name}`,
        };
      };
      return [
        ...groupByTable(plain).map(({ table, items }) =>
          problem(items, {
            message: say`${namesOf(items)} of ${table.name} ${[items.length > 1 ? "do" : "does"]} not say in which time zone.`,
            wanted: {
              kind: "type",
              table: table.name,
              column: items[0]?.column.name ?? "",
              type: "timestamp with time zone",
            },
          }),
        ),
        ...groupByTable(times).map(({ table, items }) =>
          problem(items, {
            message: say`${namesOf(items)} of ${table.name} holds a time of day with an offset, which means nothing without the date.`,
            instead: say`Declare it time, or timestamptz when it is a moment.`,
          }),
        ),
      ];
    },
  },
});

/** What is called local is meant to have no zone. A precision of milliseconds is the mark of a tool that writes UTC. */
function isPlain({ name, type }: Column): boolean {
  return (
    /^timestamp(?:\([0-24-6]\))? without time zone$/.test(type) && !/(?:^|_)(?:local|wall)(?:_|$)/i.test(name)
  );
}

function namesOf(items: readonly AddedColumn[]) {
  return list(items.map(({ column }) => column.name));
}
