/** An SQL error as the server reported it. */
export interface SqlError {
  readonly code: string;
  readonly message: string;
  readonly detail: string | null;
  readonly hint: string | null;
  /** 1-based character position in the query string; null when the server gave none. */
  readonly position: number | null;
  /** The statement inside a function that failed, as the server describes it. */
  readonly where: string | null;
}

export interface ResultSet {
  /** CommandComplete's tag, e.g. "CREATE TABLE"; "" for an empty query. */
  readonly tag: string;
  readonly fields: readonly string[];
  /** Values in text form. */
  readonly rows: readonly (readonly (string | null)[])[];
}

/**
 * What one simple query came to. It ran only when `lost` is null, `error` is null and `status` is not null:
 * CommandComplete and ReadyForQuery were both received.
 */
export interface ExecResult {
  readonly sets: readonly ResultSet[];
  readonly error: SqlError | null;
  /** ReadyForQuery's transaction status; null when it never came. */
  readonly status: "idle" | "transaction" | "failed" | null;
  /** Why the engine can no longer be trusted (killed on the clock, crashed, out of protocol); null when it can. */
  readonly lost: string | null;
  readonly notices: readonly string[];
  readonly ms: number;
}

export interface ExecOptions {
  /** Data for COPY … FROM STDIN. */
  readonly copyData?: string | null;
  /** Milliseconds; the engine's own limit when left out. */
  readonly timeout?: number;
  /** How many statements the text holds; each of them has the time that one has. */
  readonly statements?: number;
}

/** One simple query of several that are sent at once. */
export interface Query extends ExecOptions {
  readonly sql: string;
}

/** A throwaway database in an isolated process. After `lost` every call answers `lost`. */
export interface Engine {
  /** E.g. "PostgreSQL 18.6 (PGlite 0.5.16)". */
  readonly title: string;
  /** The database as it started; null where that is not remembered. */
  readonly start: Checkpoint | null;
  /** Sends one simple query; several statements in it are one implicit transaction. Never rejects for what the SQL does. */
  exec(sql: string, options?: ExecOptions): Promise<ExecResult>;
  /** Sends simple queries one after the other until one does not run: what each of these came to. */
  execAll(queries: readonly Query[]): Promise<readonly ExecResult[]>;
  /** Remembers the whole database; valid only outside a transaction. Rejects with EngineLost when the engine is gone. */
  checkpoint(): Promise<Checkpoint>;
  /** Puts the whole database back; any number of times, also after an error or an open transaction. */
  restore(checkpoint: Checkpoint): Promise<void>;
  /**
   * Files that are not, byte for byte, what they were at a checkpoint. The rows of a permanent table are the same when its
   * files are. null when it cannot be told; valid only outside a transaction.
   */
  changedFiles(checkpoint: Checkpoint): Promise<readonly ChangedFile[] | null>;
  /** Gives back the memory of a checkpoint that is not needed any more; it can not be restored again. */
  forget(checkpoint: Checkpoint): Promise<void>;
  /** The data directory as an archive from which a new engine can start; null when that would not hold all that this one does. */
  dump(): Promise<Uint8Array | null>;
  /**
   * Lets the planner see relations of the given sizes until the returned function is called. Only EXPLAIN may run meanwhile.
   * Keys are what pg_relation_filepath() answers; values are 8 KiB blocks.
   */
  pretendSizes(pages: Readonly<Record<string, number>>): Promise<() => Promise<void>>;
  close(): Promise<void>;
}

export interface Checkpoint {
  readonly id: number;
}

export interface ChangedFile {
  /** As pg_relation_filepath() tells it. */
  readonly path: string;
  /** Where in it, in blocks of 8 KiB; null when it was not there before, or is gone. */
  readonly blocks: readonly BlockRange[] | null;
}

/** Blocks from one on, up to another that is not one of them any more. */
export type BlockRange = readonly [from: number, to: number];

/** The engine was killed or can no longer be trusted; nothing it said since the last answer counts. */
export class EngineLost extends Error {
  override readonly name = "EngineLost";
}
