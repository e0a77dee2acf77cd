import startSqlite, { type Database, type Sqlite3Static } from "@sqlite.org/sqlite-wasm";
import type { RowChanges } from "../../review/types.ts";
import type { SqliteError, SqliteLimits, SqliteReply, SqliteRequest, StandIn } from "./messages.ts";
import { makeStandIn, standInFor } from "./stand-ins.ts";

type ExecRequest = Extract<SqliteRequest, { kind: "exec" }>;

/** The database inside the isolated process: it executes, and concludes nothing. */
export interface SqliteInstance {
  readonly version: string;
  exec(request: ExecRequest): SqliteReply;
  /** Remembers the whole database. Throws inside a transaction. */
  checkpoint(): number;
  /** Puts the whole database back, in a new connection: settings, attached and temporary databases are gone. */
  restore(checkpoint: number): void;
  forget(checkpoint: number): void;
  dump(): Uint8Array;
  load(image: Uint8Array): void;
}

/** Instructions of SQLite's virtual machine between two looks at the clock; a single one may take milliseconds. */
const ticks = 500;

/** Longest text or blob that SQLite may make: one call that makes it cannot be interrupted. */
const longestValue = 64 * 1024 * 1024;

/** Starts SQLite. `overflow` must end the process: it is called when an answer grows beyond its limit. */
export async function createSqliteInstance(
  limits: SqliteLimits,
  overflow: () => void,
): Promise<SqliteInstance> {
  const quiet = { print: () => undefined, printErr: () => undefined };
  const sqlite = await startSqlite(quiet);
  const { capi, wasm } = sqlite;
  const saved: (Uint8Array | null)[] = [];
  let deadline = Number.POSITIVE_INFINITY;
  let db = open(null);
  // Once set it can only be lowered (SQLite documentation, PRAGMA hard_heap_limit).
  db.exec(`PRAGMA hard_heap_limit = ${limits.memory}`);

  function open(image: Uint8Array | null): Database {
    const opened = new sqlite.oo1.DB(":memory:");
    if (image !== null) fill(sqlite, opened, image);
    secure(sqlite, opened, () => performance.now() > deadline);
    return opened;
  }

  function exec({ sql, milliseconds, answers, functions }: ExecRequest): SqliteReply {
    const rows: (string | null)[][] = [];
    const writes = watchWrites(sqlite, db);
    const standIns: StandIn[] = [];
    let size = 0;
    let error: SqliteError | null = null;
    deadline = performance.now() + milliseconds;
    const scope = wasm.scopedAllocPush();
    try {
      const bytes = new TextEncoder().encode(sql);
      const text = wasm.scopedAlloc(bytes.length + 1);
      wasm.heap8u().set(bytes, text);
      wasm.poke8(text + bytes.length, 0);
      const statement = wasm.scopedAlloc(8);
      const tail = wasm.scopedAlloc(8);
      let at = text;
      while (at < text + bytes.length && error === null) {
        const left = text + bytes.length - at;
        const result = prepare(at, left + 1, statement, tail);
        const place = (offset: number) =>
          offset < 0 ? null : new TextDecoder().decode(bytes.subarray(0, at - text + offset)).length;
        if (result !== capi.SQLITE_OK) {
          error = errorOf(place);
          break;
        }
        const prepared = wasm.peekPtr(statement);
        if (prepared) error = run(prepared, place);
        at = wasm.peekPtr(tail);
      }
    } finally {
      deadline = Number.POSITIVE_INFINITY;
      wasm.scopedAllocPop(scope);
    }
    return {
      rows,
      error,
      done: error === null,
      inTransaction: isInTransaction(sqlite, db),
      writes: writes(),
      standIns,
    };

    function prepare(at: number, length: number, statement: number, tail: number): number {
      for (;;) {
        const result = capi.sqlite3_prepare_v3(db, at, length, 0, statement, tail);
        const standIn = result === capi.SQLITE_OK ? null : standInFor(capi.sqlite3_errmsg(db), functions);
        // It is made only once: what is still missed then has a name that SQLite does not take.
        if (
          standIn === null ||
          standIns.some(({ kind, name }) => kind === standIn.kind && name === standIn.name)
        )
          return result;
        standIns.push(standIn);
        makeStandIn(sqlite, db, standIn);
      }
    }

    function run(prepared: number, place: (offset: number) => number | null): SqliteError | null {
      try {
        let result = capi.sqlite3_step(prepared);
        for (; result === capi.SQLITE_ROW; result = capi.sqlite3_step(prepared)) {
          if (answers) keep(prepared);
        }
        return result === capi.SQLITE_DONE ? null : errorOf(place);
      } finally {
        capi.sqlite3_finalize(prepared);
      }
    }

    function keep(prepared: number): void {
      const row = Array.from({ length: capi.sqlite3_column_count(prepared) }, (_, i) =>
        capi.sqlite3_column_type(prepared, i) === capi.SQLITE_NULL
          ? null
          : capi.sqlite3_column_text(prepared, i),
      );
      for (const value of row) size += value?.length ?? 0;
      if (size > limits.output) overflow();
      rows.push(row);
    }
  }

  function errorOf(place: (offset: number) => number | null): SqliteError {
    const code = capi.sqlite3_extended_errcode(db);
    return {
      code: capi.sqlite3_js_rc_str(code) ?? `SQLITE_${code}`,
      message: capi.sqlite3_errmsg(db),
      offset: place(capi.sqlite3_error_offset(db)),
    };
  }

  function dump(): Uint8Array {
    if (isInTransaction(sqlite, db)) throw new Error("A transaction is open");
    return capi.sqlite3_js_db_export(db);
  }

  function load(image: Uint8Array): void {
    const old = db;
    db = open(image);
    old.close();
  }

  return {
    version: capi.sqlite3_libversion(),
    exec,
    dump,
    load,
    checkpoint: () => saved.push(dump()) - 1,
    restore(checkpoint) {
      const image = saved[checkpoint];
      if (!image) throw new Error("There is no such checkpoint");
      load(image);
    },
    forget(checkpoint) {
      saved[checkpoint] = null;
    },
  };
}

/** The package's types leave the function out. */
function isInTransaction({ capi }: Sqlite3Static, db: Database): boolean {
  const { sqlite3_get_autocommit: isIdle } = capi as unknown as {
    sqlite3_get_autocommit(db: Database): number;
  };
  return isIdle(db) === 0;
}

/** Puts a database's file into a connection that has none. */
function fill({ capi, wasm }: Sqlite3Static, db: Database, image: Uint8Array): void {
  const flags = capi.SQLITE_DESERIALIZE_FREEONCLOSE | capi.SQLITE_DESERIALIZE_RESIZEABLE;
  const bytes = wasm.allocFromTypedArray(image);
  const result = capi.sqlite3_deserialize(db, "main", bytes, image.length, image.length, flags);
  if (result !== capi.SQLITE_OK) throw new Error("The database could not be put back");
}

/**
 * Bounds what a stranger's statement can do, and takes double-quoted text where SQLite's usual builds do (SQLite
 * documentation, "Quirks, Caveats, and Gotchas", section 8): migrations were written for those. Files are refused by name
 * already; there are none to be reached either.
 */
function secure({ capi }: Sqlite3Static, db: Database, isOver: () => boolean): void {
  capi.sqlite3_db_config(db, capi.SQLITE_DBCONFIG_DQS_DDL, 1, 0);
  capi.sqlite3_db_config(db, capi.SQLITE_DBCONFIG_DQS_DML, 1, 0);
  capi.sqlite3_extended_result_codes(db, 1);
  capi.sqlite3_limit(db, capi.SQLITE_LIMIT_LENGTH, longestValue);
  capi.sqlite3_progress_handler(db, ticks, () => (isOver() ? 1 : 0), 0);
  const inMemory: readonly (string | 0)[] = ["", ":memory:"];
  capi.sqlite3_set_authorizer(
    db,
    (_, action, file) =>
      action === capi.SQLITE_ATTACH && !inMemory.includes(file) ? capi.SQLITE_DENY : capi.SQLITE_OK,
    0,
  );
}

/** Counts the rows of tables that are written until the returned function is called. */
function watchWrites({ capi }: Sqlite3Static, db: Database): () => RowChanges[] {
  const tables = new Map<string, { inserted: number; updated: number; deleted: number }>();
  const hook = capi.sqlite3_preupdate_hook as unknown as (
    db: Database,
    callback: ((context: number, db: number, action: number, schema: string, table: string) => void) | 0,
    context: number,
  ) => number;
  hook(
    db,
    (_context, _db, action, schema, table) => {
      if (schema !== "main" || table.startsWith("sqlite_")) return;
      const counts = tables.get(table) ?? { inserted: 0, updated: 0, deleted: 0 };
      if (action === capi.SQLITE_INSERT) counts.inserted += 1;
      else if (action === capi.SQLITE_DELETE) counts.deleted += 1;
      else counts.updated += 1;
      tables.set(table, counts);
    },
    0,
  );
  return () => {
    hook(db, 0, 0);
    return [...tables].map(([relation, counts]) => ({ relation, ...counts }));
  };
}
