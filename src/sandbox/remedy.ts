import type { Outcome, Script, Statement } from "../review/types.ts";
import type { SqlError } from "./engine.ts";
import { readData, sqlName } from "./fingerprint.ts";
import type { LeftOut } from "./script-run.ts";
import { missingExtensionOf, standInFor, standInForExtension } from "./stand-ins.ts";
import { type RunContext, type State, stateOf } from "./step.ts";
import { gapOf } from "./verdict.ts";

interface Stop {
  readonly index: number;
  readonly error: SqlError;
  readonly outcome: Outcome;
}

/** Class 22 and 23: a value or a row is refused (documentation, appendix A). */
const dataError = /^2[23]/;

/**
 * What lets a script be tried once more after a statement did not run, when the reason lies with the sandbox: a role is
 * created, a statement that proves nothing is left out, made-up rows that do not fit are taken away. Answers the state
 * in which to try, or null when the failure is the script's own.
 */
export async function remedyFor(
  context: RunContext,
  script: Script,
  stop: Stop,
  start: State,
  leftOut: LeftOut & Map<number, string>,
): Promise<State | null> {
  const { session } = context;
  const statement = script.statements[stop.index];
  if (!statement) return null;
  await session.restore(start.checkpoint);
  const made = await makeMissing(context, stop.error);
  if (stop.outcome.kind === "not-evaluated") {
    leftOut.set(stop.index, stop.outcome.reason);
    context.known.gaps.push(gapOf(script, statement, stop.outcome.reason));
    return made ? stateOf(session) : start;
  }
  if (made) return stateOf(session);
  if (!dataError.test(stop.error.code) || !dependsOnOurRows(statement, stop.error, start)) return null;
  return empty(context, script, statement, stop.error, start);
}

export async function makeMissing(context: RunContext, error: SqlError): Promise<boolean> {
  const extension = missingExtensionOf(error);
  if (extension !== null) context.known.missingExtensions.add(extension);
  const standIn = extension === null ? standInFor(error, "change") : standInForExtension(extension);
  if (!standIn || context.standIns.has(standIn.note)) return false;
  context.standIns.add(standIn.note);
  return standIn.sql !== "" && (await context.session.run(standIn.sql)).error === null;
}

/**
 * Whether other rows could have made the statement run. They could not when the values are the migration's own: a column
 * that it adds, without values or with the same one in every row.
 */
function dependsOnOurRows(statement: Statement, error: SqlError, start: State): boolean {
  if (statement.operations.length > 0 && statement.operations.every(({ kind }) => kind === "addColumn"))
    return false;
  const columns = columnsOf(error);
  if (columns.length === 0) return true;
  const tables = tablesOf(statement, error);
  return tables.some((table) => columns.some((column) => start.catalog.has(`column ${table}.${column}`)));
}

/** Columns that the server names: `column "x" of relation "t" contains null values`, `Key (a, b)=(1, 2) …`. */
function columnsOf({ message, detail }: SqlError): string[] {
  const named = /^(?:null value in )?column "([^"]+)"/.exec(message)?.[1];
  if (named) return [named];
  const key = /^Key \(([^)]+)\)=/.exec(detail ?? "")?.[1];
  return key ? key.split(", ").map((name) => name.replace(/^"|"$/g, "")) : [];
}

function tablesOf(statement: Statement, { message }: SqlError): string[] {
  const named = [...message.matchAll(/(?:relation|table) "([^"]+)"/g)].flatMap(([, name]) =>
    name ? [name] : [],
  );
  const read = statement.operations.flatMap((operation) => ("table" in operation ? [operation.table] : []));
  const referenced = statement.operations.flatMap((operation) =>
    operation.kind === "addConstraint" && operation.constraint.references
      ? [operation.constraint.references.table]
      : [],
  );
  return [...new Set([...read, ...named, ...referenced])];
}

/** Takes the made-up rows of the statement's tables away; when those were not the reason, those of all tables. */
async function empty(
  context: RunContext,
  script: Script,
  statement: Statement,
  error: SqlError,
  start: State,
): Promise<State | null> {
  const { session, filled } = context;
  const named = tablesOf(statement, error).filter((table) => filled.has(table));
  const tables =
    named.length > 0 ? named : [...filled].filter((table) => start.catalog.has(`table ${table}`));
  if (tables.length === 0) return null;
  const result = await session.run(`TRUNCATE ${tables.map(sqlName).join(", ")} CASCADE`);
  if (result.error) return null;
  const reason = `its made-up rows did not fit ${script.path}:${statement.line} (${error.code}: ${error.message}), which ran without them`;
  const data = await readData(session);
  for (const table of [...filled]) {
    if ((data.get(table)?.count ?? 0) > 0) continue;
    filled.delete(table);
    context.emptied.push({ table, reason });
  }
  return { checkpoint: await session.checkpoint(), catalog: start.catalog, data };
}
