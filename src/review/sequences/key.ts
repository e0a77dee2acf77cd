import { sqlColumns } from "../advice.ts";
import { quoteIdentifier, quoteTable } from "../sql/names.ts";
import { say } from "../text.ts";
import type { PlannedStep, Table } from "../types.ts";
import { alter, besideTable, fileName } from "./names.ts";
import { proveNotNull } from "./not-null.ts";

interface Key {
  readonly kind: "unique" | "primary-key";
  readonly name: string;
  readonly columns: readonly string[];
}

/**
 * A unique or primary key whose index is built first, with CONCURRENTLY. A primary key also needs columns that are NOT
 * NULL: where they are not, that is proved before. Null when a name would be cut.
 */
export function keySequence(table: Table, key: Key, postgres: number): readonly PlannedStep[] | null {
  const name = quoteIdentifier(key.name);
  const index = `${name} ON ${quoteTable(table.name)} ${sqlColumns(key.columns)}`;
  const nullable = table.columns.filter(({ name, notNull }) => key.columns.includes(name) && !notNull);
  const proofs =
    key.kind === "primary-key" ? nullable.map(({ name }) => proveNotNull(table.name, name, postgres)) : [];
  const known = proofs.filter((proof) => proof !== null);
  if (known.length < proofs.length) return null;
  const words = key.kind === "unique" ? "UNIQUE" : "PRIMARY KEY";
  return [
    {
      phase: "expand",
      title: say`Build the index while others write. Rows that hold the same values must be repaired before.`,
      name: fileName("build", key.name),
      up: [`CREATE UNIQUE INDEX CONCURRENTLY ${index}`],
      down: [`DROP INDEX CONCURRENTLY ${besideTable(table.name, key.name)}`],
      outsideTransaction: true,
    },
    ...known.flatMap(({ steps }) => steps),
    {
      phase: "migrate",
      title: say`Make the index a constraint: nothing is built any more.`,
      name: fileName("add", key.name),
      up: [
        ...known.flatMap(({ use }) => use),
        alter(table.name, `ADD CONSTRAINT ${name} ${words} USING INDEX ${name}`),
      ],
      down: [
        alter(table.name, `DROP CONSTRAINT ${name}`),
        `CREATE UNIQUE INDEX ${index}`,
        ...known.toReversed().flatMap(({ undo }) => undo),
      ],
      outsideTransaction: false,
    },
  ];
}
