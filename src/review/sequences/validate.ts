import { quoteIdentifier } from "../sql/names.ts";
import { say } from "../text.ts";
import type { PlannedStep, TableName } from "../types.ts";
import { alter, fileName } from "./names.ts";

/** A foreign key or a check that is added as NOT VALID and validated by the next migration. `definition` is its own text. */
export function validateSequence(table: TableName, name: string, definition: string): readonly PlannedStep[] {
  const quoted = quoteIdentifier(name);
  const named = /^constraint\b/i.test(definition) ? definition : `CONSTRAINT ${quoted} ${definition}`;
  const add = alter(table, `ADD ${named} NOT VALID`);
  const drop = alter(table, `DROP CONSTRAINT ${quoted}`);
  return [
    {
      phase: "expand",
      title: say`New and changed rows must fit ${name}; the others are not looked at.`,
      name: fileName("add", name),
      up: [add],
      down: [drop],
      outsideTransaction: false,
    },
    {
      phase: "migrate",
      title: say`Check the rows that are there, while others read and write. Repair those that do not fit before.`,
      name: fileName("validate", name),
      up: [alter(table, `VALIDATE CONSTRAINT ${quoted}`)],
      down: [drop, add],
      outsideTransaction: false,
    },
  ];
}
