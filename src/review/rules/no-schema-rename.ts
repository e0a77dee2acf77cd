import { bareName } from "../advice.ts";
import { defineRule, type OperationContext } from "../rule.ts";
import { say } from "../text.ts";
import type { Schema } from "../types.ts";

export default defineRule({
  summary: "Keep tables in the schema in which running code looks for them",
  why: "From that moment until every instance runs the new code, each statement fails that names the old schema, or finds the table by a search path that does not hold the new one.",
  instead:
    "Leave a view under the old name in the same migration, and take it away when no running code uses it.",
  // Whether something breaks depends on deploy order and on code that is not seen here: it does not gate.
  severity: "warning",
  ignoreWhen: "nothing that is deployed uses what is moved, or the application is stopped during the deploy.",
  sources: [
    "PostgreSQL documentation, ALTER SCHEMA and ALTER TABLE, SET SCHEMA",
    "PostgreSQL documentation, section 5.10.3, The Schema Search Path",
  ],
  check: {
    renameSchema({ schema, to, at }, { base, before }) {
      const moved = before && relationsIn(before, schema);
      if (moved?.length === 0) return;
      // Made by this pull request.
      if (base && before && relationsIn(base, schema).length === 0) return;
      return {
        message: say`Renaming the schema ${schema} to ${to} breaks running code that still uses anything in it${moved ? say`, e.g. ${moved[0] ?? ""}` : ""}.`,
        instead: say`Make ${to} beside ${schema}, move the tables one by one and leave views in ${schema}, and drop it when no running code uses it any more.`,
        at,
        object: schema,
      };
    },
    setSchema({ object, name, to, at }, context) {
      if (object !== "table" && object !== "view" && object !== "materialized view") return;
      if (isNewRelation(name, context) || isStillThere(name, context)) return;
      return {
        message: say`Moving ${name} to the schema ${to} breaks running code that still uses ${name}.`,
        instead: say`In the same migration run ${`CREATE VIEW ${name} AS SELECT * FROM ${to}.${bareName(name)}`}, and drop the view when no running code uses it any more.`,
        at,
        object: name,
      };
    },
  },
});

function relationsIn({ tables, views }: Schema, schema: string): string[] {
  return [...tables, ...views]
    .map(({ name }) => name)
    .filter((name) => (schema === "public" ? !name.includes(".") : name.startsWith(`${schema}.`)));
}

function isNewRelation(name: string, { isNew, base }: OperationContext): boolean {
  if (base?.views.some((view) => view.name === name)) return false;
  return isNew(name);
}

function isStillThere(name: string, { after }: OperationContext): boolean {
  return after !== null && [...after.tables, ...after.views].some((relation) => relation.name === name);
}
