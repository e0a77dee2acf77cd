import type { Database, Sqlite3Static } from "@sqlite.org/sqlite-wasm";
import type { StandIn } from "./messages.ts";

/**
 * What lets SQLite accept a statement that misses a collation, or one of these functions; null when it misses something
 * else.
 */
export function standInFor(message: string, functions: "any" | readonly string[]): StandIn | null {
  const collation = /\bno such collation sequence: (.+)$/s.exec(message)?.[1];
  if (collation !== undefined) return { kind: "collation", name: collation };
  const name = /\bno such function: (\w+)$/.exec(message)?.[1];
  if (name === undefined) return null;
  return functions === "any" || functions.includes(name) ? { kind: "function", name } : null;
}

/**
 * Makes it in a connection. Texts are compared byte by byte in place of the collation. The function fails as soon as a row
 * calls it, in the words in which SQLite misses it, so that nothing that it would have computed is made up.
 */
export function makeStandIn(sqlite: Sqlite3Static, db: Database, { kind, name }: StandIn): void {
  if (kind === "collation") makeCollation(sqlite, db, name);
  else makeFunction(sqlite, db, name);
}

function makeCollation({ capi, wasm }: Sqlite3Static, db: Database, name: string): void {
  const compare = (_: number, length: number, start: number, otherLength: number, otherStart: number) => {
    const heap = wasm.heap8u();
    const one = heap.subarray(start, start + length);
    return Buffer.compare(one, heap.subarray(otherStart, otherStart + otherLength));
  };
  capi.sqlite3_create_collation_v2(db, name, capi.SQLITE_UTF8, 0, compare, 0);
}

function makeFunction({ capi }: Sqlite3Static, db: Database, name: string): void {
  const fail = (context: number) => {
    capi.sqlite3_result_error(context, `no such function: ${name}`, -1);
  };
  db.createFunction(name, fail, { arity: -1, deterministic: true });
}
