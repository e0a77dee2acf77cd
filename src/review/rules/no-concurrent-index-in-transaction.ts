import { ranOf } from "../observed.ts";
import { defineRule, type OperationContext } from "../rule.ts";
import { concurrentIndexSequence } from "../sequences/concurrent-index.ts";
import { withSchema } from "../sequences/names.ts";
import { say } from "../text.ts";
import { isInTransaction, outsideTransaction } from "../transaction.ts";
import type { Problem, Text } from "../types.ts";

export default defineRule({
  summary: "Run CONCURRENTLY outside a transaction",
  why: "PostgreSQL refuses to build, drop or rebuild an index CONCURRENTLY inside a transaction block: the migration fails.",
  instead: "Move the statement to a migration of its own that runs outside a transaction.",
  // Certain to fail.
  severity: "error",
  ignoreWhen: "never: the statement cannot run there.",
  sources: [
    "PostgreSQL documentation, CREATE INDEX, Building Indexes Concurrently",
    "PostgreSQL documentation, section 54.2.2.1, Multiple Statements in a Simple Query",
  ],
  // active_sql_transaction
  explains: ["25001"],
  check: {
    createIndex({ table, name, concurrently }, context) {
      const problem = concurrently && answer("CREATE INDEX CONCURRENTLY", name ?? table, context);
      if (!problem) return;
      if (name === null) return problem;
      const build = withSchema(context.statement.sql, table);
      return { ...problem, sequence: concurrentIndexSequence(table, name, build) };
    },
    dropIndex: (index, context) =>
      index.concurrently ? answer("DROP INDEX CONCURRENTLY", index.name, context) : undefined,
    reindex: (index, context) =>
      index.concurrently ? answer("REINDEX CONCURRENTLY", index.name, context) : undefined,
  },
});

function answer(form: string, object: string, context: OperationContext): Problem | undefined {
  const { run, script, statement } = context;
  const failure = run?.outcome.kind === "failed" ? run.outcome : null;
  if (!failure && (ranOf(context) || !isInTransaction(script, statement))) return;
  return {
    message: say`${[form]} cannot run inside a transaction: ${whyThere(context)}.`,
    evidence: failure ? [say`observed: PostgreSQL answered ${failure.message} (${[failure.code]})`] : [],
    instead: say`Move it to ${outsideTransaction(context)}.`,
    object,
  };
}

function whyThere({ script, framework }: OperationContext): Text {
  if (script.transaction === "transaction") return say`${[framework.title]} runs this migration in one`;
  if (script.transaction === "autocommit") return say`BEGIN has opened one`;
  return say`the ${script.statements.length} statements of this file are sent as one`;
}
