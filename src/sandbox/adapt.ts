import { lastPart } from "../review/made.ts";
import { selectedFor } from "../review/sql/inserts.ts";
import { quoteIdentifier } from "../review/sql/names.ts";
import type { Script, Statement, TableName } from "../review/types.ts";
import type { Catalog } from "./catalog.ts";
import { type State, stateAfter } from "./content.ts";
import type { SqlError } from "./engine.ts";
import { sqlName } from "./fingerprint.ts";
import { followsUnread } from "./script-run.ts";
import type { RunContext } from "./step.ts";
import { wordsOf } from "./verdict.ts";

/** A statement that refuses made-up rows. */
export interface Refusal {
  readonly script: Script;
  readonly statement: Statement;
  readonly error: SqlError;
}

/**
 * Whether other rows could have made the statement run. They could not when the values are the migration's own: a column
 * that it adds, without values or with the same one in every row, or one for which it copies nothing out of another table.
 */
export function dependsOnOurRows({ script, statement, error }: Refusal, start: State): boolean {
  if (statement.operations.length > 0 && statement.operations.every(({ kind }) => kind === "addColumn"))
    return false;
  if (followsUnread(script, statement.index)) return true;
  const columns = columnsOf(error);
  if (columns.length === 0) return true;
  const [column] = columns;
  const selected = error.code === notNull && column ? selectedFor(statement.sql, column) : undefined;
  if (selected !== undefined) return selected !== null && !isConstant.test(selected);
  const tables = tablesOf(statement, error, start.catalog);
  return tables.some((table) => columns.some((column) => start.catalog.has(`column ${table}.${column}`)));
}

/** not_null_violation (documentation, appendix A). */
const notNull = "23502";

const isConstant = /^(?:null|true|false|'(?:[^']|'')*'|-?[\d.]+)(?:::[\w ]+)?$/i;

/** Columns that the server names: `column "x" of relation "t" contains null values`, `Key (a, b)=(1, 2) …`. */
function columnsOf({ message, detail }: SqlError): string[] {
  const named = /^(?:null value in )?column "([^"]+)"/.exec(message)?.[1];
  if (named) return [named];
  const key = /^Key \(([^)]+)\)=/.exec(detail ?? "")?.[1];
  return key ? key.split(", ").map((name) => name.replace(/^"|"$/g, "")) : [];
}

/** Those of another schema as well that have a name which is written without one: the search path may lead to them. */
function tablesOf(statement: Statement, { message }: SqlError, catalog: Catalog): string[] {
  const named = [...message.matchAll(/(?:relation|table) "([^"]+)"/g)].flatMap(([, name]) =>
    name ? [name] : [],
  );
  const read = statement.operations.flatMap((operation) => ("table" in operation ? [operation.table] : []));
  const referenced = statement.operations.flatMap((operation) =>
    operation.kind === "addConstraint" && operation.constraint.references
      ? [operation.constraint.references.table]
      : [],
  );
  const written = new Set([...read, ...named, ...referenced]);
  const elsewhere = [...catalog.values()].flatMap(({ kind, identity }) =>
    kind === "table" && written.has(identity.slice(identity.indexOf(".") + 1)) ? [identity] : [],
  );
  return [...new Set([...written, ...elsewhere])];
}

/**
 * Makes the made-up rows fit, one way after the other, each harder on them than the one before: values that the statement
 * speaks of become null; the rows of its tables go; those of the script's tables; all. Answers the state in which to try
 * again; null when nothing is left to try. `adapted` counts the ways that were tried for each statement.
 */
export async function adaptRows(
  context: RunContext,
  refusal: Refusal,
  start: State,
  adapted: Map<number, number>,
): Promise<State | null> {
  const { index } = refusal.statement;
  const ways = [nullValues, ofStatement, ofScript, ofAll];
  for (let way = adapted.get(index) ?? 0; way < ways.length; way += 1) {
    adapted.set(index, way + 1);
    const sql = ways[way]?.(context, refusal, start) ?? null;
    if (sql === null) continue;
    const { error } = await context.session.run(`SET session_replication_role = replica; ${sql}`);
    await context.session.reset();
    if (!error) return stateWithout(context, refusal, start);
  }
  return null;
}

/** Values of nullable columns that the statement names, in its own tables. Only the values go: the rows stay. */
function nullValues(
  { filled }: RunContext,
  { statement, error }: Refusal,
  { catalog }: State,
): string | null {
  const words = wordsOf(statement.sql);
  const updates = tablesOf(statement, error, catalog)
    .filter((table) => filled.has(table))
    .flatMap((table) => {
      const columns = [...catalog.values()].flatMap(({ kind, details }) =>
        kind === "column" &&
        details?.table === table &&
        details.notNull === false &&
        details.generated === false
          ? [String(details.name)]
          : [],
      );
      const named = columns.filter((column) => words.includes(column.toLowerCase()));
      const values = named.map((column) => `${quoteIdentifier(column)} = NULL`);
      return values.length === 0 ? [] : [`UPDATE ${sqlName(table)} SET ${values.join(", ")}`];
    });
  return updates.length === 0 ? null : updates.join("; ");
}

function ofStatement(
  { filled }: RunContext,
  { statement, error }: Refusal,
  { catalog }: State,
): string | null {
  const words = wordsOf(statement.sql);
  const named = tablesOf(statement, error, catalog);
  return truncate([...filled].filter((table) => named.includes(table) || words.includes(lastPart(table))));
}

function ofScript({ filled }: RunContext, { script }: Refusal): string | null {
  const words = wordsOf(script.statements.map(({ sql }) => sql).join("\n"));
  return truncate([...filled].filter((table) => words.includes(lastPart(table))));
}

function ofAll({ filled }: RunContext, _: Refusal, { catalog }: State): string | null {
  return truncate([...filled].filter((table) => catalog.has(`table ${table}`)));
}

function truncate(tables: readonly TableName[]): string | null {
  return tables.length === 0 ? null : `TRUNCATE ${tables.map(sqlName).join(", ")} CASCADE`;
}

/** The state after rows were adapted; which tables are empty now is told. */
async function stateWithout(
  { session, filled, emptied }: RunContext,
  { script, statement, error }: Refusal,
  start: State,
): Promise<State> {
  const reason = `its made-up rows did not fit ${script.path}:${statement.line} (${error.code}: ${error.message}), which ran without them`;
  const state = await stateAfter(session, start);
  for (const table of [...filled]) {
    if ((state.data.get(table)?.count ?? 0) > 0) continue;
    filled.delete(table);
    emptied.push({ table, reason });
  }
  return state;
}
