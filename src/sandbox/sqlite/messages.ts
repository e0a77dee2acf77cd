import type { RowChanges } from "../../review/types.ts";

/** Bounds that the child itself keeps, in bytes. */
export interface SqliteLimits {
  /** All that SQLite may allocate; the database is in it. */
  readonly memory: number;
  /** What one question of our own may send back. */
  readonly output: number;
}

/** What the parent asks of the child. The child does as it is told and judges nothing. */
export type SqliteRequest =
  | { readonly kind: "boot"; readonly limits: SqliteLimits }
  | {
      readonly kind: "exec";
      readonly sql: string;
      /** SQLite is interrupted after so many. */
      readonly milliseconds: number;
      /** Whether rows are sent back, or only counted as having come. */
      readonly answers: boolean;
      /** Functions that are made up when they are missing; they fail when they are called. */
      readonly functions: "any" | readonly string[];
    }
  | { readonly kind: "checkpoint" }
  | { readonly kind: "restore"; readonly checkpoint: number }
  | { readonly kind: "forget"; readonly checkpoint: number }
  | { readonly kind: "dump" }
  | { readonly kind: "load"; readonly image: Uint8Array };

/** An error in SQLite's own words. */
export interface SqliteError {
  /** Name of the extended result code, e.g. "SQLITE_CONSTRAINT_UNIQUE". */
  readonly code: string;
  readonly message: string;
  /** UTF-16 offset in the text that was sent; null when SQLite points nowhere. */
  readonly offset: number | null;
}

/** Something that applications add to SQLite and that was made up. */
export interface StandIn {
  readonly kind: "collation" | "function";
  readonly name: string;
}

/** What SQLite said to one text, nothing concluded. */
export interface SqliteReply {
  /** Values as text; empty when they were not asked for. */
  readonly rows: readonly (readonly (string | null)[])[];
  readonly error: SqliteError | null;
  /** Whether every statement of the text was stepped to its end. */
  readonly done: boolean;
  readonly inTransaction: boolean;
  /** Rows of tables that were written, also by triggers and foreign keys. */
  readonly writes: readonly RowChanges[];
  /** What was made up because the text needs it. */
  readonly standIns: readonly StandIn[];
}

/** What each request is answered with. */
export interface SqliteAnswers {
  readonly boot: { readonly version: string };
  readonly exec: SqliteReply;
  readonly checkpoint: number;
  readonly restore: null;
  readonly forget: null;
  readonly dump: Uint8Array;
  readonly load: null;
}
