import { placeNaming } from "../additions.ts";
import { defineRule, type MigrationContext } from "../rule.ts";
import { quoteIdentifier, quoteTable } from "../sql/names.ts";
import { say } from "../text.ts";
import type { Migration, Problem, Severity, View } from "../types.ts";

export default defineRule({
  summary: "Give a materialized view a unique index, so that it can be refreshed while it is read",
  why: "REFRESH MATERIALIZED VIEW CONCURRENTLY needs a unique index on plain columns without WHERE, and fails without one. A plain REFRESH holds an ACCESS EXCLUSIVE lock: every reader waits until the whole view is built.",
  instead: "Create a unique index on the columns that tell the view's rows apart.",
  // An error where a concurrent refresh was seen to fail, a warning where one is written down, else advice.
  severity: "error",
  explains: ["55000"],
  ignoreWhen: "the view is never refreshed, or only while nobody reads it.",
  sources: ["PostgreSQL documentation, REFRESH MATERIALIZED VIEW"],
  check: {
    refreshView({ name, concurrently, at }, { run }) {
      const failed = run?.outcome.kind === "failed" ? run.outcome : null;
      if (!concurrently || !failed?.hint?.includes("unique index")) return;
      return {
        message: say`Refreshing ${name} CONCURRENTLY fails: it has no unique index on plain columns without WHERE.`,
        evidence: [say`observed: PostgreSQL answered ${failed.message} (${[failed.code]})`],
        instead: say`First ${indexSql(name)} with the columns that tell its rows apart.`,
        at,
        object: name,
      };
    },
    migration(migration, context) {
      const { run, head, onlyDown } = context;
      if (!run || !head || onlyDown) return;
      return head.views.flatMap((view) => {
        const isNew = run.after.views.some((after) => after.name === view.name) && !isOld(view, context);
        return isNew && view.materialized && !hasUniqueIndex(view)
          ? [problemOf(migration, view, context)]
          : [];
      });
    },
  },
});

function problemOf(migration: Migration, view: View, context: MigrationContext): Problem {
  const refreshes = refreshedBy(view, context);
  const severity: Severity = refreshes === null ? "info" : "warning";
  return {
    message:
      refreshes === null
        ? say`${view.name} cannot be refreshed CONCURRENTLY: it has no unique index, so whoever reads it waits for every refresh.`
        : say`${refreshes} refreshes ${view.name} CONCURRENTLY, which fails: the view has no unique index on plain columns without WHERE.`,
    instead: say`Add ${indexSql(view.name)} with the columns that tell its rows apart.`,
    ...placeOf(migration, view),
    object: view.name,
    severity,
  };
}

function isOld({ name }: View, { run }: MigrationContext): boolean {
  return run?.before.views.some((before) => before.name === name && before.materialized) ?? false;
}

function hasUniqueIndex({ indexes }: View): boolean {
  return indexes.some(
    ({ unique, where, columns, valid }) => valid && unique && where === null && !columns.includes(null),
  );
}

/** A function of the schema, or a job that a migration schedules. */
function refreshedBy(view: View, { head, database }: MigrationContext): string | null {
  const name = view.name.slice(view.name.lastIndexOf(".") + 1).replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
  const refresh = new RegExp(
    `refresh\\s+materialized\\s+view\\s+concurrently\\s+(?:"?\\w+"?\\.)?"?${name}"?(?!\\w)`,
    "i",
  );
  const job = database.steps.some(({ up }) =>
    up.statements.some(({ sql }) => /\bcron\.schedule\b/i.test(sql) && refresh.test(sql)),
  );
  const found = head?.functions.find(({ definition }) => refresh.test(definition));
  return found?.name ?? (job ? "cron.schedule" : null);
}

function placeOf(migration: Migration, view: View) {
  for (const { operations, span } of migration.up.statements)
    if (operations.some((operation) => operation.kind === "createView" && operation.name === view.name))
      return { at: span };
  return placeNaming(migration, ["DoStmt"], [view.name]);
}

function indexSql(view: string): string {
  const name = view.slice(view.lastIndexOf(".") + 1);
  return `CREATE UNIQUE INDEX ${quoteIdentifier(`${name}_key`)} ON ${quoteTable(view)} (…)`;
}
