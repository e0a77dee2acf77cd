import { bareName } from "../advice.ts";
import { namesRow, wordsOf } from "../sql/bodies.ts";
import { say } from "../text.ts";
import type { Column, Schema, Table, Text, Withheld } from "../types.ts";
import { type Moved, moveDependents } from "./dependents.ts";
import { type HandOver, handOverOf } from "./identity.ts";
import { isTooLong, tooLong } from "./names.ts";
import { type NotNullProof, noProof, proveNotNull } from "./not-null.ts";

/** A column whose values and whose work another column can take over. */
export interface Movable {
  readonly column: Column;
  readonly moved: Moved;
  readonly proof: NotNullProof;
  /** Null where it does not number itself. */
  readonly handOver: HandOver | null;
}

/** What moves a column to another one, or why that cannot be written out. */
export function movable(
  schema: Schema,
  table: Table,
  name: string,
  to: string,
  postgres: number,
): Movable | Withheld {
  const column = table.columns.find((candidate) => candidate.name === name);
  if (!column) return { withheld: say`${name} is not known` };
  const obstacle = obstacleOf(schema, table, column);
  if (obstacle) return { withheld: obstacle };
  const moved = moveDependents(schema, table, name, to);
  if ("withheld" in moved) return moved;
  const proof = column.notNull ? proveNotNull(table.name, to, postgres) : noProof;
  if (!proof) return { withheld: tooLong(table.name) };
  return { column, moved, proof, handOver: handOverOf(schema, table, column) };
}

/** The column's default, for SET DEFAULT and for a column definition; null when it has none. */
export function defaultOf({ defaultSql }: Column): { readonly set: string; readonly clause: string } | null {
  return defaultSql === null ? null : { set: `SET DEFAULT ${defaultSql}`, clause: `DEFAULT ${defaultSql}` };
}

function obstacleOf(schema: Schema, table: Table, { name, generated }: Column): Text | null {
  if (table.kind !== "table") return say`${table.name} is ${[kinds[table.kind]]}`;
  if (generated) return say`PostgreSQL computes ${name} itself`;
  const child = schema.tables.find(({ parents }) => parents.includes(table.name));
  if (child) return say`${child.name} inherits ${name}, and a trigger of ${table.name} does not see its rows`;
  const replica = table.indexes.find((index) => index.replicaIdentity && index.columns.includes(name));
  if (replica) return say`${replica.name} is the replica identity of ${table.name}`;
  const numbers = schema.sequences.filter(
    ({ ownedBy }) => ownedBy?.table === table.name && ownedBy.column === name,
  );
  const long = numbers.find((sequence) => isTooLong(bareName(sequence.name)));
  return long ? tooLong(long.name) : null;
}

const kinds = { partitioned: "partitioned", partition: "a partition", foreign: "a foreign table" } as const;

/**
 * A trigger of the table that knows the column by its name: in what it is given, or in its function's body. It would work with
 * the old column alone for as long as both are there, and fail when that one goes.
 */
export function namedByTrigger(schema: Schema, table: Table, column: string): Text | null {
  const trigger = schema.triggers.find(({ table: own, function: called, definition }) => {
    if (own !== table.name) return false;
    const body = schema.functions.find(({ name }) => name === called)?.definition ?? "";
    return isGiven(definition, column) || namesRow(wordsOf(body), column);
  });
  return trigger ? say`the trigger ${trigger.name} works with ${column} by its name` : null;
}

/** `EXECUTE FUNCTION f('column')` */
function isGiven(definition: string, column: string): boolean {
  const given = /\bEXECUTE (?:FUNCTION|PROCEDURE) [^(]*\((.*)\)/s.exec(definition)?.[1] ?? "";
  return given.includes(`'${column.replaceAll("'", "''")}'`);
}
