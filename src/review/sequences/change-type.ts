import { isVolatile } from "../column-rewrite.ts";
import { quoteIdentifier, quoteTable } from "../sql/names.ts";
import { say } from "../text.ts";
import type { OperationOf, Plan, Schema, Table } from "../types.ts";
import { attributesFor, attributesOfOtherType, typeOf } from "./attributes.ts";
import { fillStep } from "./backfill.ts";
import { defaultOf, movable } from "./movable.ts";
import { alter, fileName, tooLong, withName } from "./names.ts";
import { syncOneWay } from "./sync.ts";

/** A column of another type: built beside the old one, and put in its place at once. */
export function changeTypeSequence(
  schema: Schema,
  table: Table,
  { column: name, type, using }: Pick<OperationOf<"alterColumnType">, "column" | "type" | "using">,
  postgres: number,
): Plan {
  const [next, last] = [`${name}_new`, `${name}_old`];
  const taken = table.columns.find((other) => other.name === next || other.name === last);
  if (taken) return { withheld: say`${table.name} has a column ${taken.name} already` };
  // A value that is another one each time, or is not made of the old one, cannot be kept up to date.
  const isKept = using === null || (withName(using, name, next) !== using && !isVolatile(using));
  if (!isKept) return { withheld: say`${using} is not made of ${name} alone` };
  const known = movable(schema, table, name, next, postgres);
  if ("withheld" in known) return known;
  const { column, moved, proof, handOver } = known;
  const sync = syncOneWay({ schema, table: table.name, from: name, to: next }, type, using);
  if (!sync) return { withheld: tooLong(table.name) };
  const value = using === null ? `${quoteIdentifier(name)}::${type}` : `(${using})::${type}`;
  const [now, fresh, old] = [quoteIdentifier(name), quoteIdentifier(next), quoteIdentifier(last)];
  const fallback = defaultOf(column);
  const rename = (from: string, to: string) => alter(table.name, `RENAME COLUMN ${from} TO ${to}`);
  // What was not written since the swap still has its old value.
  const keep = `UPDATE ${quoteTable(table.name)} SET ${old} = ${now}::${column.type} WHERE ${now} IS DISTINCT FROM ${withName(value, name, last)}`;
  return [
    {
      phase: "expand",
      title: say`Add ${next} beside ${name}, and write whatever is written to ${name} to it as well.`,
      name: fileName("add", table.name, next),
      up: [
        alter(table.name, `ADD COLUMN ${fresh} ${type}`),
        ...attributesOfOtherType(table.name, column, next),
        ...sync.create,
      ],
      down: [...sync.drop, alter(table.name, `DROP COLUMN ${fresh}`)],
      outsideTransaction: false,
    },
    fillStep(table, next, value),
    ...moved.steps,
    ...proof.steps,
    {
      phase: "migrate",
      title: say`Put ${next} in the place of ${name}: only names change, and nothing is read or written. Running code must cope with both types.`,
      name: fileName("swap", table.name, name),
      up: [
        ...sync.drop,
        ...proof.use,
        ...(fallback ? [alter(table.name, `ALTER COLUMN ${fresh} ${fallback.set}`)] : []),
        ...(fallback ? [alter(table.name, `ALTER COLUMN ${now} DROP DEFAULT`)] : []),
        ...(handOver?.(name, next) ?? []),
        ...moved.detach,
        ...moved.putAside,
        ...(column.notNull ? [alter(table.name, `ALTER COLUMN ${now} DROP NOT NULL`)] : []),
        rename(now, old),
        rename(fresh, now),
        ...moved.take,
      ],
      down: [
        keep,
        ...moved.giveBack(name),
        rename(now, fresh),
        rename(old, now),
        ...(column.notNull ? [alter(table.name, `ALTER COLUMN ${now} SET NOT NULL`)] : []),
        ...(fallback ? [alter(table.name, `ALTER COLUMN ${now} ${fallback.set}`)] : []),
        ...(fallback ? [alter(table.name, `ALTER COLUMN ${fresh} DROP DEFAULT`)] : []),
        ...(handOver?.(next, name) ?? []),
        ...moved.putBack,
        ...proof.undo,
        ...sync.create,
      ],
      outsideTransaction: false,
    },
    {
      phase: "contract",
      title: say`When nobody wants to go back any more, drop the old values.`,
      name: fileName("drop", table.name, last),
      up: [alter(table.name, `DROP COLUMN ${old}`)],
      down: [
        alter(table.name, `ADD COLUMN ${old} ${typeOf(column)}`),
        ...attributesFor(table.name, column, last),
        keep,
        ...moved.rebuildAside(last),
      ],
      outsideTransaction: false,
    },
  ];
}
