import { isExposed } from "../row-security.ts";
import { defineRule, type MigrationContext } from "../rule.ts";
import { quoteTable } from "../sql/names.ts";
import { say } from "../text.ts";
import type { Migration, Schema, View } from "../types.ts";

export default defineRule({
  summary: "Let a view over guarded tables check the rights of whoever reads it",
  why: "A view reads its tables with its owner's rights, whom row level security does not hold back: whoever may read the view sees every row.",
  instead: "Create the view WITH (security_invoker = true).",
  // Seen in the catalogue; who may read the view is decided elsewhere.
  severity: "warning",
  ignoreWhen: "the view's own conditions decide what each user may see.",
  sources: [
    "PostgreSQL documentation, CREATE VIEW, security_invoker",
    "PostgreSQL documentation, section 39.5, Rules and Privileges",
  ],
  versions: "security_invoker came with PostgreSQL 15; before, the rule is silent.",
  check: {
    migration(migration, context) {
      const { head, postgres } = context;
      if (!head || postgres < 15) return;
      return addedViews(context).flatMap((view) => {
        const guarded = guardedBy(view, head);
        if (guarded === undefined || view.materialized || isInvoker(view)) return [];
        return [
          {
            message: say`${view.name} shows every row of ${guarded} to whoever may read it: it reads with its owner's rights, past row level security.`,
            instead: say`Add ${`ALTER VIEW ${quoteTable(view.name)} SET (security_invoker = true)`}, or write it in CREATE VIEW.`,
            ...placeOf(migration, view),
            object: view.name,
          },
        ];
      });
    },
  },
});

function addedViews({ run, head, onlyDown }: MigrationContext): View[] {
  if (!run || !head || onlyDown) return [];
  const has = (views: readonly View[], { name, definition }: View) =>
    views.some((known) => known.name === name && known.definition === definition);
  return head.views.filter((view) => has(run.after.views, view) && !has(run.before.views, view));
}

/** A table that its owner reads past its policies. Users of a hosted platform are guarded by their schema. */
function guardedBy({ name, reads }: View, schema: Schema): string | undefined {
  const isHeld = (table: string) =>
    schema.tables.some((known) => known.name === table && known.rowSecurity && !known.rowSecurityForced);
  const isOpen = !name.includes(".") && isExposed(schema);
  return reads.find((table) => isHeld(table) || (isOpen && table === "auth.users"));
}

function isInvoker({ options }: View): boolean {
  return options.some((option) => /^security_invoker=(?:true|on|yes|1)$/i.test(option));
}

function placeOf({ up }: Migration, { name }: View) {
  const statement = up.statements.find(({ operations }) =>
    operations.some((operation) => operation.kind === "createView" && operation.name === name),
  );
  return statement ? { at: statement.span } : {};
}
