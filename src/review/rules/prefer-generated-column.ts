import { placeNaming } from "../additions.ts";
import { list } from "../advice.ts";
import { defineRule, type MigrationContext } from "../rule.ts";
import { say } from "../text.ts";
import type { SchemaFunction } from "../types.ts";

export default defineRule({
  summary: "Let the database derive a column instead of a trigger",
  why: "A trigger that only computes a column from others of its row runs code for each row, can be switched off, and lets the column be written. A generated column cannot be wrong.",
  instead: "Declare the column GENERATED ALWAYS AS (expression) STORED.",
  // Advice: the trigger is right as well.
  severity: "info",
  ignoreWhen:
    "the column must also be written directly, or an older version of PostgreSQL is to be supported.",
  sources: ["PostgreSQL documentation, section 5.4, Generated Columns"],
  versions: "Generated columns came with PostgreSQL 12; before, the rule is silent.",
  check: {
    migration(migration, context) {
      if (context.postgres < 12) return;
      return newFunctions(context).flatMap((found) => {
        const columns = derivedBy(found);
        if (columns.length === 0) return [];
        const bare = found.name.slice(0, found.name.indexOf("("));
        return [
          {
            message: say`${found.name} only computes ${list(columns)} from other columns of the same row.`,
            ...placeNaming(migration, ["CreateFunctionStmt"], [bare]),
            object: found.name,
          },
        ];
      });
    },
  },
});

function newFunctions({ run, head, onlyDown }: MigrationContext): SchemaFunction[] {
  if (!run || !head || onlyDown) return [];
  const has = (functions: readonly SchemaFunction[], name: string) =>
    functions.some((known) => known.name === name);
  return head.functions.filter(
    ({ name }) => has(run.after.functions, name) && !has(run.before.functions, name),
  );
}

/** Functions whose answer depends on nothing but their arguments: a generated column may call them. */
const immutable = new Set(
  `coalesce nullif greatest least lower upper initcap trim btrim ltrim rtrim length left right substr substring replace abs
  round ceil floor to_tsvector setweight md5 concat_ws_immutable numeric text int integer bigint`.split(
    /\s+/,
  ),
);

/** The columns that a trigger's function sets; empty when it does anything else. */
function derivedBy({ definition }: SchemaFunction): string[] {
  const [, body] =
    /\bRETURNS trigger\b[\s\S]*?\bAS (\$\w*\$)\s*BEGIN\b([\s\S]*)\bEND;?\s*\1/i
      .exec(definition.replace(/--.*$/gm, ""))
      ?.slice(1) ?? [];
  const statements = (body ?? "")
    .split(";")
    .map((text) => text.trim())
    .filter((text) => text !== "");
  if (!/^RETURN NEW$/i.test(statements.at(-1) ?? "")) return [];
  const set = statements.slice(0, -1).map((text) => /^NEW\."?(\w+)"?\s*:?=\s*([\s\S]+)$/i.exec(text));
  const columns = set.map((match) => match?.[1] ?? "");
  const isDerived = set.every((match) => match !== null && isPure(match[2] ?? "", columns));
  return set.length > 0 && isDerived ? columns : [];
}

/** Constants, operators, columns of the row that are not derived themselves, and immutable functions. */
function isPure(expression: string, derived: readonly string[]): boolean {
  const text = expression.replace(/'(?:[^']|'')*'(?:::\w+)?/g, "''");
  const read = [...text.matchAll(/\bNEW\."?(\w+)"?/gi)].map(([, name = ""]) => name);
  if (read.length === 0 || read.some((name) => derived.includes(name))) return false;
  const rest = text.replace(/\bNEW\."?\w+"?/gi, "").replace(/::\w+/g, "");
  // A text search configuration must be named: the default one can change.
  if (/\bto_tsvector\s*\(\s*(?!'')/i.test(rest)) return false;
  return (rest.match(/[a-z_]\w*/gi) ?? []).every((word) => immutable.has(word.toLowerCase()));
}
