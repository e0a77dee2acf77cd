import { say } from "../text.ts";
import type { Index, PlannedStep, TableName } from "../types.ts";
import { besideTable, concurrently, fileName } from "./names.ts";

/** An index that gets a migration of its own, outside any transaction. `build` is the statement with CONCURRENTLY. */
export function concurrentIndexSequence(
  table: TableName,
  name: string,
  build: string,
): readonly PlannedStep[] {
  return [
    {
      phase: "expand",
      title: say`Build ${name} in a migration of its own, while others write.`,
      name: fileName("build", name),
      up: [build],
      down: [`DROP INDEX CONCURRENTLY ${besideTable(table, name)}`],
      outsideTransaction: true,
    },
  ];
}

/** The same for an index that goes. `drop` is the statement with CONCURRENTLY. */
export function dropIndexSequence({ name, definition }: Index, drop: string): readonly PlannedStep[] {
  return [
    {
      phase: "contract",
      title: say`Drop ${name} in a migration of its own, while others read and write.`,
      name: fileName("drop", name),
      up: [drop],
      down: [concurrently(definition)],
      outsideTransaction: true,
    },
  ];
}
