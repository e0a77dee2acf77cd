import { bareName } from "../advice.ts";
import { defineRule, type OperationContext } from "../rule.ts";
import { quoteTable } from "../sql/names.ts";
import { say } from "../text.ts";
import type { NamedObject, Text } from "../types.ts";

/** What statements of an application name; indexes, constraints and sequences are named by few. */
const named: readonly NamedObject[] = ["view", "materialized view", "function", "procedure", "type"];

export default defineRule({
  summary: "Keep the name of a view, function or type while running code uses it",
  why: "From the moment of the rename until every instance runs the new code, each statement that names the old one fails. Bodies of functions that are strings fail when they are called.",
  instead: "Make the new one beside the old one, and drop the old one in a later release.",
  // Whether something breaks depends on deploy order and on code that is not seen here: it does not gate.
  severity: "warning",
  ignoreWhen: "nothing that is deployed uses it, or the application is stopped during the deploy.",
  sources: ["PostgreSQL documentation, ALTER VIEW, ALTER FUNCTION and ALTER TYPE"],
  check: {
    renameObject({ object, name, to, at }, context) {
      if (!named.includes(object) || isMadeHere(name, context) || isThereAgain(name, context)) return;
      return {
        message: say`Renaming the ${[object]} ${name} to ${to} breaks running code that still uses ${name}.`,
        instead: insteadOf(object, name, to),
        at,
        object: name,
      };
    },
  },
});

function insteadOf(object: NamedObject, name: string, to: string): Text {
  const renamed = name.slice(0, name.length - bareName(name).length) + to;
  if (object === "view" || object === "materialized view")
    return say`In the same migration run ${`CREATE VIEW ${quoteTable(name)} AS SELECT * FROM ${quoteTable(renamed)}`}, and drop it when no running code uses ${name} any more.`;
  if (object === "type")
    return say`Make ${to} beside ${name}, move the columns to it, and drop ${name} when no running code uses it any more.`;
  return say`Create ${to} beside ${name}, let ${name} call it, and drop ${name} when no running code uses it any more.`;
}

/** Made by the pull request before this statement. */
function isMadeHere(name: string, { database, base, migration, statement }: OperationContext): boolean {
  if (base && namesOf(base).has(name)) return false;
  const own = database.steps.indexOf(migration);
  return database.steps
    .slice(0, own + 1)
    .filter(({ status }) => status !== "kept")
    .flatMap((step) =>
      step === migration ? step.up.statements.slice(0, statement.index) : step.up.statements,
    )
    .some(({ sql }) => isCreationOf(name, sql));
}

/** A type that is put in another's place has the old name when the migration ends. */
function isThereAgain(name: string, { after, script, statement }: OperationContext): boolean {
  if (after && namesOf(after).has(name)) return true;
  return script.statements.slice(statement.index + 1).some(({ sql }) => isCreationOf(name, sql));
}

function namesOf({ views, functions, enums }: NonNullable<OperationContext["base"]>): Set<string> {
  return new Set([
    ...views.map((view) => view.name),
    ...functions.map(({ name }) => name.slice(0, name.indexOf("("))),
    ...enums.map((type) => type.name),
  ]);
}

function isCreationOf(name: string, sql: string): boolean {
  return /^\s*create\b/i.test(sql) && sql.slice(0, 200).toLowerCase().includes(bareName(name).toLowerCase());
}
