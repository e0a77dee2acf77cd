import { lastPart } from "../review/made.ts";
import type { RowChanges, Statement, StatementRun, TableName } from "../review/types.ts";
import { onlyWrite, rowsOf, sendTogether, sortOf } from "./bulk.ts";
import type { Lookout } from "./lookout.ts";
import { nothingObserved, type Observation, observed } from "./observe.ts";
import { ranAs } from "./script-run.ts";
import type { Session } from "./session.ts";

/** What was seen of writes of each sort that ran alone; null for a sort whose writes do more than write rows. */
export type Sorts = Map<string, Observation | null>;

/** What became of statements that were sent together: what was seen, or how many ran before the one that failed. */
export type Together =
  | { readonly kind: "seen"; readonly runs: readonly StatementRun[] }
  | { readonly kind: "failed"; readonly ran: number }
  | { readonly kind: "different" };

/** Remembers what a write of its sort takes and does. */
export function learn(sorts: Sorts, statement: Statement, observation: Observation, tag: string): void {
  const write = onlyWrite(statement);
  if (!write) return;
  const sort = sortOf(write);
  const expected = changesBy(relationOf(write, observation), write.verb, rowsOf(tag));
  const isPlain =
    observation.scans.length === 0 &&
    observation.rewrites.length === 0 &&
    equal(observation.writes, expected);
  sorts.set(sort, isPlain && sorts.get(sort) !== null ? observation : null);
}

/**
 * Sees writes in one transaction. What each did is known when all of them together hold the locks that one of each sort
 * held, read no table in full, and changed as many rows as they say, no others: no trigger did anything beside.
 */
export async function traceTogether(
  session: Session,
  lookout: Lookout,
  statements: readonly Statement[],
  sorts: Sorts,
  isNew: (oid: string) => boolean,
): Promise<Together> {
  const known = statements.map((statement) => {
    const write = onlyWrite(statement);
    return write ? (sorts.get(sortOf(write)) ?? null) : null;
  });
  if (known.includes(null)) return { kind: "different" };
  const { sight: before, after: question } = await lookout.before();
  await session.ask("BEGIN; SET LOCAL enable_seqscan = off");
  const result = await sendTogether(session, statements);
  if (result.error || result.status !== "transaction" || result.sets.length !== statements.length) {
    if (result.status !== "idle") await session.ask("ROLLBACK");
    lookout.lose();
    return result.failed !== null ? { kind: "failed", ran: result.failed } : { kind: "different" };
  }
  const after = await lookout.after(before, await session.run(question.sql, question));
  if (!after) return { kind: "different" };
  const all = observed(before, after, isNew);
  const runs = statements.map((statement, i): StatementRun => {
    const tag = result.sets[i]?.tag ?? "";
    const write = onlyWrite(statement);
    const like = known[i] ?? nothingObserved;
    const writes = write ? changesBy(relationOf(write, like), write.verb, rowsOf(tag)) : [];
    const observation = { ...nothingObserved, locks: like.locks, writes };
    return ranAs(statement.index, { kind: "ran", tag }, result.ms / statements.length, observation);
  });
  if (!agrees(all, runs)) {
    await session.ask("ROLLBACK");
    return { kind: "different" };
  }
  if ((await session.run("COMMIT")).error) return { kind: "different" };
  lookout.took(after);
  return { kind: "seen", runs };
}

function agrees(all: Observation, runs: readonly StatementRun[]): boolean {
  if (all.scans.length > 0 || all.rewrites.length > 0) return false;
  const held = (locks: Observation["locks"]) => locks.map(({ relation, mode }) => `${mode} ${relation}`);
  const expected = new Set(held(runs.flatMap(({ locks }) => locks)));
  if (held(all.locks).some((lock) => !expected.has(lock))) return false;
  const sums = new Map<TableName, RowChanges>();
  for (const change of runs.flatMap(({ writes }) => writes)) {
    const sum = sums.get(change.relation);
    sums.set(change.relation, {
      relation: change.relation,
      inserted: change.inserted + (sum?.inserted ?? 0),
      updated: change.updated + (sum?.updated ?? 0),
      deleted: change.deleted + (sum?.deleted ?? 0),
    });
  }
  return equal(all.writes, [...sums.values()]);
}

/** The table that was seen to be written, which the search path may have led to. */
function relationOf({ table }: { readonly table: TableName }, { writes }: Observation): TableName {
  const [only] = writes;
  return only && lastPart(only.relation) === lastPart(table) ? only.relation : table;
}

function changesBy(relation: TableName, verb: string, rows: number): RowChanges[] {
  if (rows === 0) return [];
  const none = { relation, inserted: 0, updated: 0, deleted: 0 };
  if (verb === "insert") return [{ ...none, inserted: rows }];
  return [verb === "update" ? { ...none, updated: rows } : { ...none, deleted: rows }];
}

function equal(some: readonly RowChanges[], others: readonly RowChanges[]): boolean {
  const texts = (changes: readonly RowChanges[]) =>
    changes
      .map(({ relation, inserted, updated, deleted }) =>
        JSON.stringify([relation, inserted, updated, deleted]),
      )
      .sort()
      .join();
  return texts(some) === texts(others);
}
