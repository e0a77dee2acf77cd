import { placeOfTable } from "../additions.ts";
import { defineRule } from "../rule.ts";
import { say } from "../text.ts";
import type { Problem } from "../types.ts";

export default defineRule({
  summary: "Keep what must not be lost in a logged table",
  why: "An unlogged table is emptied after a crash, is empty on every replica, and is in no backup that is made from the log.",
  instead: "Leave UNLOGGED out.",
  // A warning where an older table loses its safety; a new one may be meant so.
  severity: "warning",
  ignoreWhen: "the rows can be made again at any time.",
  sources: ["PostgreSQL documentation, CREATE TABLE, UNLOGGED"],
  check: {
    additions(added) {
      return added.tables.flatMap((table): Problem[] =>
        table.unlogged
          ? [
              {
                message: say`${table.name} is emptied after a crash, and is empty on every replica.`,
                ...placeOfTable(added, table),
                object: table.name,
                severity: "info",
              },
            ]
          : [],
      );
    },
    rewriteTable({ table, by, at }, { isNew }) {
      if (by !== "SET UNLOGGED" || isNew(table)) return;
      return {
        message: say`${table} will be emptied after a crash, and is empty on every replica from now on.`,
        at,
        object: table,
      };
    },
  },
});
