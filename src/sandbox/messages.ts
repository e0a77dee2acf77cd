import type { ChangedFile, ResultSet, SqlError } from "./engine.ts";

/** A data-directory archive: bytes, or the path of a file that holds them. */
export type Image = string | Uint8Array;

/** Bounds that the child itself keeps, in bytes. */
export interface ChildLimits {
  /** WebAssembly memory of the database. */
  readonly memory: number;
  /** Growth of its in-memory files; the write-ahead log is counted, but never refused. */
  readonly files: number;
  /** What one query may send back. */
  readonly output: number;
}

/** What the parent asks of the child. The child does as it is told and judges nothing. */
export type Request =
  | { readonly kind: "build"; readonly parameters: readonly string[]; readonly statements: readonly string[] }
  | {
      readonly kind: "boot";
      readonly image: Image;
      /** PGlite's version, for the title. */
      readonly version: string;
      readonly limits: ChildLimits;
      readonly extensions: readonly ExtensionArchive[];
      /** Runs typical statements first, so that the compiler has seen them before a stranger waits. */
      readonly warm: boolean;
      /** Whether checkpoints may be copies of memory, if those are seen to work; archives otherwise. */
      readonly snapshots: boolean;
    }
  | ({ readonly kind: "exec" } & SentQuery)
  /** Is answered with a part for each, until one does not run. */
  | { readonly kind: "execAll"; readonly queries: readonly SentQuery[] }
  | { readonly kind: "checkpoint" }
  | { readonly kind: "restore"; readonly checkpoint: number }
  | { readonly kind: "changedFiles"; readonly checkpoint: number }
  | { readonly kind: "forget"; readonly checkpoint: number }
  | { readonly kind: "dump" }
  | { readonly kind: "pretend"; readonly pages: Readonly<Record<string, number>> }
  | { readonly kind: "unpretend" };

/** One simple query. */
export interface SentQuery {
  readonly sql: string;
  readonly copyData: string | null;
}

export type RequestKind = Request["kind"];

/** An extension's files as PGlite packs them. */
export interface ExtensionArchive {
  readonly name: string;
  readonly path: string;
}

/** What the server said to one query, message by message, nothing concluded. */
export interface Reply {
  readonly sets: readonly ResultSet[];
  readonly error: SqlError | null;
  /** The last ReadyForQuery's status byte; null when none came. */
  readonly ready: string | null;
  readonly notices: readonly string[];
  /** Notices that came beyond those that were kept. */
  readonly noticesLeftOut: number;
  /** What was thrown out of the engine, if anything. */
  readonly thrown: string | null;
}

/** What each request is answered with. */
export interface Answers {
  readonly build: Uint8Array;
  readonly boot: {
    readonly title: string;
    readonly checkpoints: "memory" | "archive";
    /** The checkpoint of the database as it started; null when there is none yet. */
    readonly start: number | null;
  };
  readonly exec: Reply;
  readonly execAll: null;
  readonly checkpoint: number;
  readonly restore: null;
  readonly changedFiles: readonly ChangedFile[] | null;
  readonly forget: null;
  readonly dump: Uint8Array;
  readonly pretend: null;
  readonly unpretend: null;
}

export interface Envelope {
  readonly id: number;
  readonly request: Request;
}

export type Answer =
  | { readonly id: number; readonly value: Answers[RequestKind] }
  | { readonly id: number; readonly part: Reply }
  | { readonly id: number; readonly failed: string };

/** Exit codes by which the child says why it left. */
export const exitCodes = { output: 70, orphaned: 71 } as const;
