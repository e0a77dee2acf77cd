import type { Limits } from "../limits.ts";
import { type SqliteSession, startSqliteSession } from "./session.ts";
import { stateOf } from "./state.ts";

/** Some of what databases hold, so that all that is asked about one is asked once. */
const typical = [
  "CREATE TABLE a (id INTEGER PRIMARY KEY, name TEXT NOT NULL DEFAULT '', n REAL CHECK (n > 0), UNIQUE (name))",
  "CREATE TABLE b (id TEXT PRIMARY KEY, a_id INTEGER REFERENCES a ON DELETE CASCADE)",
  "CREATE INDEX b_a_id ON b (a_id)",
  "CREATE VIEW v AS SELECT * FROM a JOIN b ON b.a_id = a.id",
  "INSERT INTO a (name, n) VALUES ('a', 1), ('b', 2); INSERT INTO b VALUES ('c', 1), ('d', 2)",
  "ALTER TABLE a ADD COLUMN more TEXT; ALTER TABLE a RENAME COLUMN more TO other; ALTER TABLE a DROP COLUMN other",
];

/** A session for a run to come, in which what every run asks was asked before, so that the compiler knows the way; it is empty. */
export async function startWarmSession(limits: Limits): Promise<SqliteSession> {
  const session = await startSqliteSession(limits);
  const empty = await session.checkpoint();
  for (const sql of typical) await session.run(sql);
  await session.load(await session.dump());
  await session.tryAsk("PRAGMA main.quick_check");
  for (let times = 0; times < 3; times += 1) await stateOf(session);
  await session.reset();
  await session.canary();
  await session.restore(empty);
  return session;
}
