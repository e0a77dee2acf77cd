import { quoteIdentifier } from "../sql/names.ts";
import { say } from "../text.ts";
import type { ColumnDefinition, PlannedStep, Table } from "../types.ts";
import { attributesFor, typeOf } from "./attributes.ts";
import { fillStep } from "./backfill.ts";
import { alter, fileName } from "./names.ts";
import { noProof, proveNotNull } from "./not-null.ts";

/** A column with a default that is computed for every row: new rows get it at once, the old ones in batches. */
export function addColumnSequence(
  table: Table,
  { name, type, defaultSql, notNull }: Pick<ColumnDefinition, "name" | "type" | "defaultSql" | "notNull">,
  postgres: number,
): readonly PlannedStep[] | null {
  const proof = notNull ? proveNotNull(table.name, name, postgres) : noProof;
  if (table.kind !== "table" || defaultSql === null || !proof) return null;
  const column = quoteIdentifier(name);
  const use: readonly PlannedStep[] = [
    {
      phase: "migrate",
      title: say`Set NOT NULL: the check proves it, so that nothing is read.`,
      name: fileName("set", table.name, name, "not_null"),
      up: proof.use,
      down: proof.undo,
      outsideTransaction: false,
    },
  ];
  return [
    {
      phase: "expand",
      title: say`Add ${name} without a value for the old rows; new ones get the default.`,
      name: fileName("add", table.name, name),
      up: [
        alter(table.name, `ADD COLUMN ${column} ${type}`),
        alter(table.name, `ALTER COLUMN ${column} SET DEFAULT ${defaultSql}`),
      ],
      down: [alter(table.name, `DROP COLUMN ${column}`)],
      outsideTransaction: false,
    },
    fillStep(table, name, defaultSql, `${column} IS NULL`),
    ...proof.steps,
    ...(proof.use.length > 0 ? use : []),
  ];
}

/** A required column without a default: code that no longer writes it must be able to insert before it goes. */
export function dropColumnSequence(table: Table, name: string): readonly PlannedStep[] | null {
  const column = table.columns.find((candidate) => candidate.name === name);
  const isFilled = !column || column.defaultSql !== null || column.identity !== null || column.generated;
  if (table.kind !== "table" || isFilled || !column.notNull) return null;
  const quoted = quoteIdentifier(name);
  const { indexes, constraints } = table;
  const own = constraints.filter(({ kind, columns }) => kind !== "not-null" && columns.includes(name));
  const backing = new Set(own.map((constraint) => constraint.name));
  return [
    {
      phase: "expand",
      title: say`Let ${name} be NULL, so that code that no longer writes it can insert rows.`,
      name: fileName("release", table.name, name),
      up: [alter(table.name, `ALTER COLUMN ${quoted} DROP NOT NULL`)],
      down: [alter(table.name, `ALTER COLUMN ${quoted} SET NOT NULL`)],
      outsideTransaction: false,
    },
    {
      phase: "contract",
      title: say`When no running code reads or writes ${name} any more, drop it. Its values are gone from here on.`,
      name: fileName("drop", table.name, name),
      up: [alter(table.name, `DROP COLUMN ${quoted}`)],
      down: [
        alter(table.name, `ADD COLUMN ${quoted} ${typeOf(column)}`),
        ...attributesFor(table.name, column, name),
        ...own.map((one) =>
          alter(table.name, `ADD CONSTRAINT ${quoteIdentifier(one.name)} ${one.definition}`),
        ),
        ...indexes
          .filter((index) => index.columns.includes(name) && !backing.has(index.name))
          .map(({ definition }) => definition),
      ],
      outsideTransaction: false,
    },
  ];
}
