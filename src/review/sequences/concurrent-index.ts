import { say } from "../text.ts";
import type { PlannedStep, TableName } from "../types.ts";
import { besideTable, fileName } from "./names.ts";

/** An index that gets a migration of its own, outside any transaction. `build` is the statement with CONCURRENTLY. */
export function concurrentIndexSequence(
  table: TableName,
  name: string,
  build: string,
): readonly PlannedStep[] {
  return [
    {
      phase: "expand",
      title: say`Build ${name} in a migration of its own, while others write. Take its DROP INDEX out of the old down as well.`,
      name: fileName("build", name),
      up: [build],
      down: [`DROP INDEX CONCURRENTLY ${besideTable(table, name)}`],
      outsideTransaction: true,
    },
  ];
}
