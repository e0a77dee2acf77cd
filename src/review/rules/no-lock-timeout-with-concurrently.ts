import { defineRule, type OperationContext } from "../rule.ts";
import { type InEffect, inEffect, millisecondsOf } from "../settings-in-effect.ts";
import { say } from "../text.ts";
import type { Fix, Problem } from "../types.ts";

/** A timeout from here on is meant as a last resort: ten minutes. */
const long = 600_000;

export default defineRule({
  summary: "Switch lock_timeout off for CONCURRENTLY, and on again after it",
  why: "CONCURRENTLY waits for every transaction that began before it, on any table, and each wait counts as a wait for a lock: one query that runs longer than lock_timeout ends it. What is left is an invalid index that every write pays for, and a migration that cannot simply run again. The wait itself blocks nobody.",
  instead: "Set lock_timeout to 0 right before the statement, and back right after it.",
  // Depends on what else runs at that moment.
  severity: "warning",
  ignoreWhen: "no transaction in the database ever takes longer than the timeout.",
  sources: [
    "PostgreSQL documentation, CREATE INDEX, Building Indexes Concurrently",
    "PostgreSQL documentation, section 19.11.1, lock_timeout",
  ],
  check: {
    createIndex: (index, context) =>
      index.concurrently ? answer("CREATE INDEX", index.name ?? index.table, context) : undefined,
    dropIndex: (index, context) =>
      index.concurrently ? answer("DROP INDEX", index.name, context) : undefined,
    reindex: (index, context) => (index.concurrently ? answer("REINDEX", index.name, context) : undefined),
    detachPartition: ({ concurrently, partition }, context) =>
      concurrently ? answer("DETACH PARTITION", partition, context) : undefined,
  },
});

function answer(form: string, object: string, context: OperationContext): Problem | undefined {
  const { statement, migration, database } = context;
  const timeout = inEffect("lock_timeout", statement, migration, database);
  const milliseconds = timeout && millisecondsOf(timeout.value);
  if (!timeout || milliseconds === null || milliseconds === 0 || milliseconds >= long) return;
  const isHere = timeout.migration === migration;
  return {
    message: say`${[form]} CONCURRENTLY fails as soon as one other transaction takes longer than ${timeout.value}: lock_timeout counts its waits as well.`,
    evidence: [say`lock_timeout is set in ${timeout.migration.up.path}, line ${timeout.by.line}`],
    instead: isHere
      ? say`Run ${"SET lock_timeout = 0"} right before this statement, and ${timeout.by.sql} again right after it.`
      : say`End ${timeout.migration.up.path} with ${"RESET lock_timeout"}, or use SET LOCAL there: its timeout lasts for what the same connection runs next.`,
    object,
    fix: isHere ? fixOf(timeout, context) : null,
  };
}

/** Only where statements are sent one by one: elsewhere another statement beside it makes CONCURRENTLY fail. */
function fixOf({ by }: InEffect, { script, statement }: OperationContext): Fix | null {
  if (script.transaction !== "autocommit" || /\bLOCAL\b/i.test(by.sql)) return null;
  const { start } = statement.span;
  const end = script.text.indexOf(";", statement.span.end) + 1;
  if (end === 0) return null;
  return {
    title: "Switch lock_timeout off for this statement",
    edits: [
      { path: script.path, start, end: start, text: "SET lock_timeout = 0;\n" },
      { path: script.path, start: end, end, text: `\n${by.sql};` },
    ],
    followUp: null,
  };
}
