import { quoteIdentifier, quoteTable } from "../sql/names.ts";
import { say } from "../text.ts";
import type { Plan, Schema, Table } from "../types.ts";
import { attributesFor, typeOf } from "./attributes.ts";
import { fillStep } from "./backfill.ts";
import { defaultOf, movable, namedByTrigger } from "./movable.ts";
import { alter, fileName, tooLong } from "./names.ts";
import { syncBothWays } from "./sync.ts";

/** A column under a new name: both are written until no running code uses the old one. */
export function renameColumnSequence(
  schema: Schema,
  table: Table,
  from: string,
  to: string,
  postgres: number,
): Plan {
  const known = movable(schema, table, from, to, postgres);
  if ("withheld" in known) return known;
  const { column, moved, proof, handOver } = known;
  const named = namedByTrigger(schema, table, from);
  if (named) return { withheld: named };
  const sync = syncBothWays({ schema, table: table.name, from, to });
  if (!sync) return { withheld: tooLong(table.name) };
  const [old, now] = [quoteIdentifier(from), quoteIdentifier(to)];
  const fallback = defaultOf(column);
  return [
    {
      phase: "expand",
      title: say`Add ${to} beside ${from}, and write whatever is written to one of them to the other.`,
      name: fileName("add", table.name, to),
      up: [
        alter(table.name, `ADD COLUMN ${now} ${typeOf(column)}`),
        ...attributesFor(table.name, column, to),
        ...sync.create,
      ],
      down: [...sync.drop, alter(table.name, `DROP COLUMN ${now}`)],
      outsideTransaction: false,
    },
    fillStep(table, to, old),
    ...moved.steps,
    ...proof.steps,
    {
      phase: "contract",
      title: say`Release code that uses ${to}. When no running code reads or writes ${from} any more, drop it.`,
      name: fileName("drop", table.name, from),
      up: [
        ...sync.drop,
        ...proof.use,
        ...(fallback ? [alter(table.name, `ALTER COLUMN ${now} ${fallback.set}`)] : []),
        ...(handOver?.(from, to) ?? []),
        ...moved.detach,
        alter(table.name, `DROP COLUMN ${old}`),
        ...moved.take,
      ],
      down: [
        ...moved.giveBack(to),
        alter(table.name, `ADD COLUMN ${old} ${typeOf(column)}${fallback ? ` ${fallback.clause}` : ""}`),
        ...attributesFor(table.name, column, from),
        `UPDATE ${quoteTable(table.name)} SET ${old} = ${now}`,
        ...(column.notNull ? [alter(table.name, `ALTER COLUMN ${old} SET NOT NULL`)] : []),
        ...(fallback ? [alter(table.name, `ALTER COLUMN ${now} DROP DEFAULT`)] : []),
        ...(handOver?.(to, from) ?? []),
        ...proof.undo,
        ...moved.rebuild,
        ...sync.create,
      ],
      outsideTransaction: false,
    },
  ];
}
