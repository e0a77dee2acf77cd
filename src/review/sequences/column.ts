import { isVolatile } from "../column-rewrite.ts";
import { quoteIdentifier, quoteTable } from "../sql/names.ts";
import { say } from "../text.ts";
import type { Column, ColumnDefinition, OperationOf, PlannedStep, Schema, Table } from "../types.ts";
import { backfillSql } from "./backfill.ts";
import { moveDependents } from "./dependents.ts";
import { alter, fileName, withName } from "./names.ts";
import { proveNotNull } from "./not-null.ts";
import { syncBothWays, syncOneWay } from "./sync.ts";

/** The column of a table that can be copied to another one; null for one that PostgreSQL itself fills. */
function plainColumn(table: Table, name: string): Column | null {
  const column = table.columns.find((candidate) => candidate.name === name);
  return table.kind === "table" && column && !column.identity && !column.generated ? column : null;
}

/** A column under a new name: both are written until no running code uses the old one. Null where that is not enough. */
export function renameColumnSequence(
  schema: Schema,
  table: Table,
  from: string,
  to: string,
  postgres: number,
): readonly PlannedStep[] | null {
  const column = plainColumn(table, from);
  const sync = syncBothWays({ table: table.name, from, to });
  const moved = moveDependents(schema, table, from, to);
  const proof = column?.notNull ? proveNotNull(table.name, to, postgres) : noProof;
  if (!column || !sync || !moved || !proof) return null;
  const [old, now] = [quoteIdentifier(from), quoteIdentifier(to)];
  const fallback = defaultOf(column);
  return [
    {
      phase: "expand",
      title: say`Add ${to} beside ${from}, and write whatever is written to one of them to the other.`,
      name: fileName("add", table.name, to),
      up: [alter(table.name, `ADD COLUMN ${now} ${column.type}`), ...sync.create],
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
        ...moved.detach,
        alter(table.name, `DROP COLUMN ${old}`),
        ...moved.take,
      ],
      down: [
        ...moved.giveBack(to),
        alter(table.name, `ADD COLUMN ${old} ${column.type}${fallback ? ` ${fallback.clause}` : ""}`),
        `UPDATE ${quoteTable(table.name)} SET ${old} = ${now}`,
        ...(column.notNull ? [alter(table.name, `ALTER COLUMN ${old} SET NOT NULL`)] : []),
        ...(fallback ? [alter(table.name, `ALTER COLUMN ${now} DROP DEFAULT`)] : []),
        ...proof.undo,
        ...moved.rebuild,
        ...sync.create,
      ],
      outsideTransaction: false,
    },
  ];
}

/** A column of another type: built beside the old one, and put in its place at once. Null where that is not enough. */
export function changeTypeSequence(
  schema: Schema,
  table: Table,
  { column: name, type, using }: Pick<OperationOf<"alterColumnType">, "column" | "type" | "using">,
  postgres: number,
): readonly PlannedStep[] | null {
  const column = plainColumn(table, name);
  const [next, last] = [`${name}_new`, `${name}_old`];
  const isTaken = table.columns.some((other) => other.name === next || other.name === last);
  const value = using === null ? `${quoteIdentifier(name)}::${type}` : `(${using})::${type}`;
  const sync = syncOneWay({ table: table.name, from: name, to: next }, type, using);
  const moved = moveDependents(schema, table, name, next);
  const proof = column?.notNull ? proveNotNull(table.name, next, postgres) : noProof;
  // A value that is another one each time, or is not made of the old one, cannot be kept up to date.
  const isKept = using === null || (withName(using, name, next) !== using && !isVolatile(using));
  if (!column || isTaken || !isKept || !sync || !moved || !proof) return null;
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
      up: [alter(table.name, `ADD COLUMN ${fresh} ${type}`), ...sync.create],
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
      down: [alter(table.name, `ADD COLUMN ${old} ${column.type}`), keep, ...moved.rebuildAside(last)],
      outsideTransaction: false,
    },
  ];
}

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
  const column = plainColumn(table, name);
  if (!column?.notNull || column.defaultSql !== null) return null;
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
        alter(table.name, `ADD COLUMN ${quoted} ${column.type}`),
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

const noProof = { steps: [], use: [], undo: [] };

function defaultOf({ defaultSql }: Column): { readonly set: string; readonly clause: string } | null {
  return defaultSql === null ? null : { set: `SET DEFAULT ${defaultSql}`, clause: `DEFAULT ${defaultSql}` };
}

function fillStep(table: Table, column: string, value: string, isOpen?: string): PlannedStep {
  return {
    phase: "migrate",
    title: say`Fill ${column} for the old rows in batches, each in a transaction of its own.`,
    name: fileName("fill", table.name, column),
    up: [backfillSql(table, column, value, isOpen)],
    // What was NULL before may hold a value: nothing has to be undone before the column itself goes.
    down: [],
    outsideTransaction: true,
  };
}
