import { list } from "../advice.ts";
import { defineRule } from "../rule.ts";
import { say } from "../text.ts";
import type { Migration, Span } from "../types.ts";
import { stillMapped } from "../uses.ts";

export default defineRule({
  summary: "Keep the values of an enum while rows or code use them",
  why: "PostgreSQL cannot remove a value of an enum, so the type is made anew without it. Rows that hold the value then make the migration fail, every table that uses the type is written anew, and running code that still writes the value fails.",
  instead: "Leave the value in the type, and stop using it; or change the rows in an earlier migration.",
  // Seen: the type is there again with fewer values. Whether rows hold them is known only in production.
  severity: "warning",
  ignoreWhen: "no row holds the value, and no running code writes it.",
  sources: [
    "PostgreSQL documentation, ALTER TYPE, Notes",
    "PostgreSQL documentation, section 8.7, Enumerated Types",
  ],
  check: {
    migration(migration, { run, onlyDown, uses }) {
      if (!run || onlyDown) return;
      return run.before.enums.flatMap(({ name, labels }) => {
        const now = run.after.enums.find((other) => other.name === name);
        const gone = labels.filter((label) => now && !now.labels.includes(label));
        const at = createdAt(name, migration);
        if (!now || gone.length === 0 || !at) return [];
        const mapped = gone.flatMap(
          (value) => stillMapped(uses({ kind: "enum value", type: name, value })) ?? [],
        );
        return [
          {
            message: say`${name} is made anew without ${list(gone)}: rows that hold ${gone.length === 1 ? ["it"] : ["them"]} make this migration fail, and running code that writes ${gone.length === 1 ? ["it"] : ["them"]} fails afterwards.${mapped}`,
            evidence: [say`observed: ${name} has no ${list(gone)} after the migration`],
            instead: say`Leave ${list(gone)} in ${name} and stop using ${gone.length === 1 ? ["it"] : ["them"]}; or change such rows in an earlier migration, when no running code writes ${gone.length === 1 ? ["it"] : ["them"]} any more.`,
            at,
            object: name,
          },
        ];
      });
    },
  },
});

/**
 * A value that is renamed in place is another danger; a block may hide what it does. Some make the new type under another name, which
 * takes the old one's place afterwards.
 */
function createdAt(name: string, { up }: Migration): Span | undefined {
  const operations = up.statements.flatMap((statement) => statement.operations);
  const former = operations.flatMap((one) =>
    one.kind === "renameObject" && one.object === "type" && renamed(one.name, one.to) === name
      ? [one.name]
      : [],
  );
  return up.statements.find(({ operations: own }) =>
    own.some((one) => one.kind === "createType" && [name, ...former].includes(one.name)),
  )?.span;
}

function renamed(name: string, to: string): string {
  return `${name.slice(0, name.lastIndexOf(".") + 1)}${to}`;
}
