import { bareName } from "../advice.ts";
import { tableBefore } from "../observed.ts";
import { defineRule, type OperationContext } from "../rule.ts";
import { quoteIdentifier } from "../sql/names.ts";
import { say } from "../text.ts";
import { outsideTransaction } from "../transaction.ts";

export default defineRule({
  summary: "Let CREATE INDEX CONCURRENTLY fail when an index of its name is there",
  why: "A concurrent build that fails leaves an invalid index of its name behind. With IF NOT EXISTS the next attempt finds that name, does nothing and succeeds: the migration counts as done, no query uses the index, and every write still pays for it.",
  instead:
    "Drop what may be left with DROP INDEX CONCURRENTLY IF EXISTS first, and build without IF NOT EXISTS.",
  // Only after a build that failed.
  severity: "warning",
  ignoreWhen: "somebody looks at pg_index.indisvalid after every deploy.",
  sources: ["PostgreSQL documentation, CREATE INDEX, Building Indexes Concurrently"],
  check: {
    createIndex({ table, name, concurrently, ifNotExists, at }, context) {
      if (!concurrently || !ifNotExists || name === null || context.isNew(table)) return;
      // It is there and does nothing, which is told elsewhere.
      if (tableBefore(context, table)?.indexes.some((index) => bareName(index.name) === name)) return;
      if (isDroppedBefore(name, context)) return;
      return {
        message: say`If a first attempt fails, it leaves ${name} invalid, and IF NOT EXISTS then takes that for the index.`,
        instead: say`Run ${`DROP INDEX CONCURRENTLY IF EXISTS ${quoteIdentifier(name)}`} before it, in ${outsideTransaction(context)}, and leave IF NOT EXISTS out here.`,
        at,
        object: name,
      };
    },
  },
});

/** The pull request drops an index of this name first, or may: in a statement that could not be read. */
function isDroppedBefore(
  name: string,
  { database, migration, script, statement }: OperationContext,
): boolean {
  const unread = script.statements.slice(0, statement.index).filter(({ refused }) => refused !== null);
  if (unread.some(({ sql }) => sql.includes(name))) return true;
  const steps = database.steps.slice(0, database.steps.indexOf(migration) + 1);
  return steps
    .flatMap((step) =>
      step === migration ? step.up.statements.slice(0, statement.index) : step.up.statements,
    )
    .flatMap(({ operations }) => operations)
    .some((one) => one.kind === "dropIndex" && bareName(one.name) === name);
}
