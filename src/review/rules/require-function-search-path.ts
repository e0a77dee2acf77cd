import { placeNaming } from "../additions.ts";
import { schemaOf } from "../row-security.ts";
import { defineRule, type MigrationContext } from "../rule.ts";
import { readToken } from "../sql/lexer.ts";
import { quoteIdentifier } from "../sql/names.ts";
import { say } from "../text.ts";
import type { Fix, Migration, Problem, SchemaFunction, Statement } from "../types.ts";

export default defineRule({
  summary: "Fix the search_path of a function that runs as its owner",
  why: "A SECURITY DEFINER function finds tables and operators by its caller's search_path. A caller who puts objects of the same names in front has them run with the owner's rights.",
  instead: "Add SET search_path with the schemas that the function needs, and pg_temp last.",
  // Seen in the catalogue; a caller needs a schema to write to.
  severity: "warning",
  ignoreWhen: "every name in the body is written with its schema, operators included.",
  sources: ["PostgreSQL documentation, CREATE FUNCTION, Writing SECURITY DEFINER Functions Safely"],
  check: {
    migration(migration, context) {
      return changedFunctions(context).flatMap((changed): Problem[] => {
        const { name, securityDefiner, settings, parsed } = changed;
        if (!securityDefiner || parsed || settings.some((setting) => setting.startsWith("search_path=")))
          return [];
        const bare = name.slice(0, name.indexOf("("));
        return [
          {
            message: say`${name} runs with its owner's rights and its caller's search_path.`,
            instead: say`Add ${settingFor(changed)} to it.`,
            ...placeNaming(migration, ["CreateFunctionStmt", "AlterFunctionStmt"], [bare]),
            object: name,
            fix: fixOf(migration, changed, bare),
          },
        ];
      });
    },
  },
});

/** Functions that the migration made or changed, as the pull request leaves them. */
function changedFunctions({ run, head, onlyDown }: MigrationContext): SchemaFunction[] {
  if (!run || !head || onlyDown) return [];
  const has = (functions: readonly SchemaFunction[], { name, definition }: SchemaFunction) =>
    functions.some((known) => known.name === name && known.definition === definition);
  return head.functions.filter(
    (known) => has(run.after.functions, known) && !has(run.before.functions, known),
  );
}

/** PostgreSQL looks into pg_catalog first by itself. */
function settingFor({ name }: SchemaFunction): string {
  const schemas = [...new Set([schemaOf(name.slice(0, name.indexOf("("))), "public"])];
  return `SET search_path = ${[...schemas.map(quoteIdentifier), "pg_temp"].join(", ")}`;
}

/** Behind the words SECURITY DEFINER of the statement that creates it, when only one statement can be meant. */
function fixOf({ up }: Migration, changed: SchemaFunction, bare: string): Fix | null {
  const simple = bare.slice(bare.lastIndexOf(".") + 1).toLowerCase();
  const statements = up.statements.filter(
    ({ operations, sql }) =>
      operations.some((operation) => operation.kind === "other" && operation.node === "CreateFunctionStmt") &&
      sql.toLowerCase().includes(simple),
  );
  const [statement] = statements;
  const end = statement && statements.length === 1 ? definerEnd(statement) : null;
  if (!statement || end === null) return null;
  const at = statement.span.start + end;
  return {
    title: "Fix the function's search_path",
    edits: [{ path: up.path, start: at, end: at, text: ` ${settingFor(changed)}` }],
    followUp: null,
  };
}

/** The end of the words SECURITY DEFINER outside of quotes. */
function definerEnd({ sql }: Statement): number | null {
  let previous = "";
  for (let token = readToken(sql, 0, sql.length); token; token = readToken(sql, token.end, sql.length)) {
    if (token.kind === "comment") continue;
    const word = token.kind === "word" ? sql.slice(token.start, token.end).toLowerCase() : "";
    if (previous === "security" && word === "definer") return token.end;
    previous = word;
  }
  return null;
}
