import { bareName } from "../advice.ts";
import { quoteIdentifier, quoteTable } from "../sql/names.ts";
import { say } from "../text.ts";
import type { PlannedStep, TableName } from "../types.ts";
import { alter, besideTable, fileName } from "./names.ts";

/** A table under a new name, with a view under the old one until no running code uses it. */
export function renameTableSequence(table: TableName, to: string): readonly PlannedStep[] {
  const renamed = besideTable(table, to);
  const view = `CREATE VIEW ${quoteTable(table)} AS SELECT * FROM ${renamed}`;
  const dropView = `DROP VIEW ${quoteTable(table)}`;
  return [
    {
      phase: "expand",
      title: say`Rename ${table} and leave a view under the old name, which can be written to as well. Grant on it what running code needs.`,
      name: fileName("rename", table, "to", to),
      up: [alter(table, `RENAME TO ${quoteIdentifier(to)}`), view],
      down: [dropView, `ALTER TABLE ${renamed} RENAME TO ${quoteIdentifier(bareName(table))}`],
      outsideTransaction: false,
    },
    {
      phase: "contract",
      title: say`When no running code uses ${table} any more, drop the view.`,
      name: fileName("drop", table, "view"),
      up: [dropView],
      down: [view],
      outsideTransaction: false,
    },
  ];
}

/** A table that is put aside under another name before it is dropped. `restore` builds it again, as the author wrote it. */
export function dropTableSequence(
  table: TableName,
  restore: readonly string[],
): readonly PlannedStep[] | null {
  const aside = `${bareName(table)}_dropped`;
  if (new TextEncoder().encode(aside).length > 63) return null;
  const renamed = besideTable(table, aside);
  const putAside = alter(table, `RENAME TO ${quoteIdentifier(aside)}`);
  return [
    {
      phase: "contract",
      title: say`When no running code uses ${table} any more, put it aside: code that was overlooked fails now, and to go back loses nothing.`,
      name: fileName("put_aside", table),
      up: [putAside],
      down: [`ALTER TABLE ${renamed} RENAME TO ${quoteIdentifier(bareName(table))}`],
      outsideTransaction: false,
    },
    {
      phase: "contract",
      title: say`When nothing has missed it for a while, drop it. Its rows are gone from here on.`,
      name: fileName("drop", table),
      up: [`DROP TABLE ${renamed}`],
      down: [...restore, putAside],
      outsideTransaction: false,
    },
  ];
}
