import type { Script, ScriptRun } from "../../review/types.ts";
import { EngineLost } from "../engine.ts";
import { followsUnread, type LeftOut } from "../script-run.ts";
import { quoted } from "./data.ts";
import { isWrapped, runSqliteScript, type SqliteRun } from "./script-run.ts";
import { type SqliteContext, type SqliteState, stateOf } from "./state.ts";
import { needsNoTransaction, sqliteGapOf } from "./verdict.ts";

/** Rounds of trying again with something left out or emptied. */
const attemptLimit = 40;

/** A script that was run, and what had to be done for it. */
export interface Applied {
  readonly script: Script;
  readonly run: SqliteRun;
  /** Where it started: another state than the caller's when made-up rows had to be taken away first. */
  readonly start: SqliteState;
  readonly leftOut: LeftOut;
}

/** Runs an up; without made-up rows when it is they that it fails for. */
export async function applyUp(context: SqliteContext, script: Script, from: SqliteState): Promise<Applied> {
  const { session } = context;
  const applied = await runWithout(context, script, from);
  const { stop } = applied.run;
  context.lap("up");
  if (!stop || !dependsOnRows(script, stop, from)) return applied;
  try {
    await session.restore(from.checkpoint);
    const emptied = await takeRows(context, script);
    if (emptied.length === 0) return applied;
    const start = await stateOf(session);
    const again = await runWithout(context, script, start);
    context.lap("up");
    if (again.run.stop || again.run.lost !== null) return applied;
    const where = `${script.path}:${script.statements[stop.index]?.line ?? 1}`;
    const reason = `its made-up rows did not fit ${where} (${stop.error.message}), which ran without them`;
    for (const table of emptied) {
      context.filled.delete(table);
      context.emptied.push({ table, reason });
    }
    return again;
  } catch (cause) {
    if (!(cause instanceof EngineLost)) throw cause;
    return { ...applied, run: { ...applied.run, lost: cause.message } };
  }
}

/** Runs a script from a state, again without each statement of which the sandbox can say nothing. */
export async function runWithout(
  { session, gaps, unwrapped, functions, statement }: SqliteContext,
  script: Script,
  start: SqliteState,
  known: LeftOut = new Map(),
): Promise<Applied> {
  const leftOut = new Map(known);
  let needsNone: { index: number; reason: string } | null = null;
  for (let attempt = 0; ; attempt += 1) {
    const wrapped = isWrapped(script) && !unwrapped && needsNone === null;
    const run = await runSqliteScript(session, script, {
      leftOut,
      gaps,
      wrapped,
      statement,
      functions,
    });
    const applied = { script, run: withNeed(run, needsNone), start, leftOut };
    if (run.lost !== null || !run.stop || attempt >= attemptLimit) return applied;
    const { index, error, outcome } = run.stop;
    const one = script.statements[index];
    if (wrapped && needsNoTransaction(error)) {
      needsNone = {
        index,
        reason: `SQLite runs it only outside of a transaction, and most tools put one around a file (${error.message})`,
      };
    } else if (outcome.kind === "not-evaluated" && one) {
      leftOut.set(index, outcome.reason);
      gaps.push(sqliteGapOf(script, one, outcome.reason));
    } else return applied;
    await session.restore(start.checkpoint);
  }
}

/** Whether the statement gets through depends on how the tool is set up: it ran here, and is not said to run. */
function withNeed(run: SqliteRun, need: { index: number; reason: string } | null): SqliteRun {
  if (need === null) return run;
  const statements = run.statements.map((one) =>
    one.index === need.index && one.outcome.kind === "ran"
      ? { ...one, outcome: { kind: "not-evaluated" as const, reason: need.reason } }
      : one,
  );
  return { ...run, statements };
}

/** What functions say of a value that they cannot take; SQLite gives no code of its own to these. */
const valueErrors = /^(?:malformed JSON|bad JSON path|JSON cannot hold BLOB values|integer overflow)/;

/** Whether other rows could have let the statement run: not when it is the migration that leaves a new column empty. */
function dependsOnRows(
  script: Script,
  { index, error: { code, message } }: NonNullable<SqliteRun["stop"]>,
  { catalog }: SqliteState,
): boolean {
  if (code === "SQLITE_MISMATCH" || valueErrors.test(message)) return true;
  if (!code.startsWith("SQLITE_CONSTRAINT")) return false;
  const column = /^NOT NULL constraint failed: .*\.([^.]+)$/.exec(message)?.[1];
  if (column === undefined || followsUnread(script, index)) return true;
  return [...catalog.values()].some(({ kind, details }) => kind === "column" && details?.name === column);
}

/** Takes away the made-up rows of the tables that a script mentions; of all tables when those hold none. */
async function takeRows({ session, filled }: SqliteContext, script: Script): Promise<readonly string[]> {
  const mentioned = script.statements.flatMap(({ operations }) =>
    operations.flatMap((operation) => ("table" in operation ? [operation.table.toLowerCase()] : [])),
  );
  const named = [...filled].filter((table) => mentioned.includes(table.toLowerCase()));
  const tables = named.length > 0 ? named : [...filled];
  for (const table of tables) {
    const { error } = await session.run(`DELETE FROM main.${quoted(table)}`);
    if (error) return [];
  }
  return tables;
}

/** What of a run is told. */
export function scriptRunOf({ statements, leftOpen }: SqliteRun): ScriptRun {
  return { statements, leftOpen };
}
