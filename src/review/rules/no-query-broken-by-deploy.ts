import { bareName } from "../advice.ts";
import { type BrokenQuery, type Context, defineRule } from "../rule.ts";
import { say } from "../text.ts";
import type { Database, Migration, Operation, Problem, Statement, Text } from "../types.ts";
import type { Used } from "../uses.ts";

/** So many queries are named one by one. */
const shown = 5;

export default defineRule({
  summary: "Let the queries of running code live until the code is replaced",
  why: "Between the migration and the moment when the last instance runs the new code, the old code sends its queries to the new schema: those that no longer fit fail.",
  instead:
    "Release code that no longer sends the query first, and take away what it needs in a later release.",
  // Seen to fail, but only for as long as the deploy takes; whether old code still runs then is not seen here.
  severity: "warning",
  ignoreWhen: "the application is stopped during the deploy.",
  sources: ["PostgreSQL documentation, appendix A, Error Codes"],
  check: {
    migration(migration, { brokenQueries, database, uses }) {
      const places = brokenQueries
        .map((query) => ({ query, ...culpritOf(query, database) }))
        .filter(({ query, operation }) => !isToldWith(operation, query, uses));
      const own = places.filter((place) => place.migration === migration);
      const statements = [...new Set(own.map(({ statement }) => statement))];
      return statements.map((statement) =>
        problemOf(
          migration,
          statement,
          own.filter((place) => place.statement === statement).map(({ query }) => query),
        ),
      );
    },
  },
});

function problemOf(
  migration: Migration,
  statement: Statement | null,
  queries: readonly BrokenQuery[],
): Problem {
  const [first] = queries;
  const from: Text = [statement ? "this statement" : "this migration"];
  return {
    message:
      first && queries.length === 1
        ? say`Code that is running sends ${first.name} (${placeOf(first)}), which fails from ${from} on.`
        : say`Code that is running sends ${queries.length} queries that fail from ${from} on.`,
    evidence: queries
      .slice(0, shown)
      .map(
        (query) =>
          say`observed: ${query.name} (${placeOf(query)}) is planned on the base schema, and then fails: ${query.message} (${[query.code]})`,
      ),
    instead: say`Release the new code of this pull request first, and this change in the release after it; or keep what the old code needs until then.`,
    object: `${migration.name} ${queries.map(({ name }) => name).join(" ")}`,
    ...(statement && { at: statement.span }),
  };
}

function placeOf({ path, line }: BrokenQuery): string {
  return `${path}:${line}`;
}

/** Whether the rule about what is dropped or renamed names the query as one that uses it: one danger is told once. */
function isToldWith(
  operation: Operation | null,
  { path, line }: BrokenQuery,
  uses: Context["uses"],
): boolean {
  const used = operation && usedOf(operation);
  return used !== null && uses(used).by.some((use) => use.path === path && use.line === line);
}

function usedOf(operation: Operation): Used | null {
  switch (operation.kind) {
    case "dropColumn":
    case "renameColumn":
      return { kind: "column", table: operation.table, column: operation.column };
    case "dropTable":
    case "renameTable":
      return { kind: "table", table: operation.table };
    case "renameEnumValue":
      return { kind: "enum value", type: operation.type, value: operation.value };
    default:
      return null;
  }
}

/** The statement that takes away what the query fails for; the last new migration as a whole when none can be told. */
function culpritOf(
  query: BrokenQuery,
  { steps }: Database,
): { migration: Migration | null; statement: Statement | null; operation: Operation | null } {
  const changed = steps.filter(({ status }) => status !== "kept");
  const names = namesIn(query.message);
  for (const migration of changed)
    for (const statement of migration.up.statements) {
      const operation = statement.operations.find((one) => names.includes(goneWith(one) ?? ""));
      if (operation) return { migration, statement, operation };
    }
  return { migration: changed.at(-1) ?? null, statement: null, operation: null };
}

/** `column "a" does not exist`, `column t.a does not exist`, `function f(integer) does not exist`: the names without what they stand in. */
function namesIn(message: string): string[] {
  const quoted = [...message.matchAll(/"([^"]+)"/g)].map((match) => match[1] ?? "");
  const plain = /(?:column|function) ([^\s"(]+)/.exec(message)?.[1];
  return [...quoted, ...(plain === undefined ? [] : [plain])].flatMap((name) => [
    name,
    name.slice(name.lastIndexOf(".") + 1),
  ]);
}

/** The bare name of what is gone after the operation. */
function goneWith(operation: Operation): string | null {
  switch (operation.kind) {
    case "dropColumn":
    case "renameColumn":
    case "alterColumnType":
      return operation.column;
    case "dropTable":
    case "renameTable":
      return bareName(operation.table);
    case "dropObject":
    case "renameObject":
    case "setSchema":
      return bareName(operation.name);
    case "renameEnumValue":
      return operation.value;
    default:
      return null;
  }
}
