import type { Migration, MigrationRun } from "../../review/types.ts";
import { EngineLost } from "../engine.ts";
import { formerOf, formerRunOf } from "../former.ts";
import { unjudged } from "../round-trip.ts";
import { emptySchema, schemaOf } from "../schema.ts";
import { unreachedStep } from "../step.ts";
import { applyUp, scriptRunOf } from "./apply.ts";
import { roundTripOf } from "./round-trip.ts";
import { type SqliteContext, type SqliteState, stateOf } from "./state.ts";
import { sqliteGapOf } from "./verdict.ts";

/** What became of a step: `next` is the state in which the following one starts, null when there is none. */
export interface SqliteStep {
  readonly run: MigrationRun;
  readonly next: SqliteState | null;
  readonly lost: string | null;
}

/**
 * Runs one migration: its up as the tool runs it, and its round trip. A migration that is only there (`kept`) is applied
 * and nothing more; of one that is edited the old text is run first, from the same state. Never rejects for what the SQL does.
 */
export async function runSqliteStep(
  context: SqliteContext,
  migration: Migration,
  start: SqliteState,
): Promise<SqliteStep> {
  const old = formerOf(migration);
  if (!old) return runText(context, migration, start);
  const { gaps, filled, emptied, session } = context;
  const apart = { ...context, gaps: [...gaps], filled: new Set(filled), emptied: [...emptied] };
  const { run, next, lost } = await runText(apart, old, start);
  if (lost !== null)
    return { run: unreachedStep(migration, schemaOf(start.catalog), lost), next: null, lost };
  if (next) await session.forget(next.checkpoint);
  await session.restore(start.checkpoint);
  const step = await runText(context, migration, start);
  return { ...step, run: { ...step.run, former: formerRunOf(run) } };
}

async function runText(
  context: SqliteContext,
  migration: Migration,
  start: SqliteState,
): Promise<SqliteStep> {
  const { session } = context;
  for (const one of migration.up.statements) {
    if (one.refused !== null) context.gaps.push(sqliteGapOf(migration.up, one, one.refused));
  }
  const up = await applyUp(context, migration.up, start);
  const before = schemaOf(up.start.catalog);
  const base = { migration: migration.id, up: scriptRunOf(up.run), before, former: null };
  const notTried = migration.down && unjudged(migration.down, "the up did not get through");
  if (up.run.lost !== null || up.run.stop || up.run.leftOpen)
    return { run: { ...base, after: before, roundTrip: notTried }, next: null, lost: up.run.lost };
  let next: SqliteState | null = null;
  try {
    next = await stateOf(session);
    context.lap("compare");
    const after = schemaOf(next.catalog);
    if (migration.status === "kept" || !migration.down)
      return { run: { ...base, after, roundTrip: null }, next, lost: null };
    const { roundTrip, lost } = await roundTripOf(context, migration.down, up, next);
    if (lost === null) await session.restore(next.checkpoint);
    return { run: { ...base, after, roundTrip }, next, lost };
  } catch (cause) {
    if (!(cause instanceof EngineLost)) throw cause;
    const after = next ? schemaOf(next.catalog) : emptySchema;
    const roundTrip = migration.down && unjudged(migration.down, cause.message);
    return { run: { ...base, after, roundTrip }, next: null, lost: cause.message };
  }
}
