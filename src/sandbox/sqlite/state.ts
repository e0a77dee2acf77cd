import type { Catalog } from "../catalog.ts";
import type { Checkpoint } from "../engine.ts";
import type { Data } from "../fingerprint.ts";
import type { Gap } from "../verdict.ts";
import { catalogOf } from "./catalog.ts";
import { readSqliteData } from "./data.ts";
import type { SqliteSession } from "./session.ts";
import { describe } from "./tables.ts";

/** The database between two steps, as what follows needs it. */
export interface SqliteState {
  readonly checkpoint: Checkpoint;
  readonly catalog: Catalog;
  readonly data: Data;
}

/** What the steps of a run share and add to. */
export interface SqliteContext {
  readonly session: SqliteSession;
  readonly gaps: Gap[];
  /** Tables that hold made-up rows only. */
  readonly filled: Set<string>;
  readonly emptied: { table: string; reason: string }[];
  /** Whether the tool is set up to put no transaction around a file. */
  readonly unwrapped: boolean;
  /** Functions of the application's own that the history calls. */
  readonly functions: readonly string[];
  /** Milliseconds that a statement may take. */
  readonly statement: number;
  lap(phase: string): void;
}

/** Reads the state that the database is in, as a new connection finds it; valid outside a transaction. */
export async function stateOf(session: SqliteSession): Promise<SqliteState> {
  const checkpoint = await session.checkpoint();
  await session.restore(checkpoint);
  const description = await describe(session);
  return {
    checkpoint,
    catalog: catalogOf(description),
    data: await readSqliteData(session, description),
  };
}
