import { loopQueries } from "../review/sql/loops.ts";
import type { Statement } from "../review/types.ts";
import type { Session } from "./session.ts";

/**
 * Whether a loop of a DO block has no rows to go over, as the database is before it: schemas of tenants or partitions, for instance,
 * that only production has. Null where there is nothing to ask; a query that needs the block's variables tells nothing.
 */
export async function askIdleLoops(session: Session, { sql }: Statement): Promise<boolean | null> {
  const queries = loopQueries(sql);
  if (queries.length === 0) return null;
  let isIdle = false;
  for (const query of queries) {
    const { error, status, sets } = await session.run(
      `BEGIN; SELECT EXISTS (SELECT FROM (${query}\n) AS q); ROLLBACK`,
    );
    if (status !== "idle") await session.ask("ROLLBACK");
    if (!error && sets[1]?.rows[0]?.[0] === "f") isIdle = true;
  }
  return isIdle;
}
