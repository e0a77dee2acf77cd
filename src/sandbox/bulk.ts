import type { Operation, Statement, TableName } from "../review/types.ts";
import type { ExecResult } from "./engine.ts";
import type { Session } from "./session.ts";

type Write = Operation & { readonly kind: "write" };

/** Statements of one sort that go alone before the rest go together. */
const alone = 3;

/** Bounds of what goes together. */
const most = { statements: 500, characters: 200_000 };

/** The only thing that a statement does, when that is to write rows of one table; null when it is anything else. */
export function onlyWrite({ operations, copyData, refused, asks, guard }: Statement): Write | null {
  const [operation, ...more] = operations;
  if (guard !== null || asks.length > 0) return null;
  if (operation?.kind !== "write" || more.length > 0 || copyData !== null || refused !== null) return null;
  return operation.verb === "merge" ? null : operation;
}

/** What statements of one sort have in common: `insert orders`. */
export function sortOf({ verb, table }: { readonly verb: string; readonly table: TableName }): string {
  return `${verb} ${table}`;
}

/**
 * A script's statements in the parts in which they are sent: each alone, but those that write rows as several did before
 * them together, because thousands of them come in files with data.
 */
export function partsOf(statements: readonly Statement[]): readonly (readonly Statement[])[] {
  const counts = new Map<string, number>();
  const parts: Statement[][] = [];
  let open: Statement[] | null = null;
  let length = 0;
  for (const statement of statements) {
    const write = onlyWrite(statement);
    const before = write ? (counts.get(sortOf(write)) ?? 0) : 0;
    if (write) counts.set(sortOf(write), before + 1);
    const isFull =
      open && (open.length >= most.statements || length + statement.sql.length > most.characters);
    if (!write || before < alone) {
      parts.push([statement]);
      open = null;
    } else if (open && !isFull) {
      open.push(statement);
      length += statement.sql.length;
    } else {
      open = [statement];
      length = statement.sql.length;
      parts.push(open);
    }
  }
  return parts;
}

/** What statements came to that were sent as one query; `failed` is the place of the one that did not run. */
export interface TogetherResult extends ExecResult {
  readonly failed: number | null;
}

/** Sends statements as one query. They run one after the other, and the first that fails ends it. */
export async function sendTogether(
  session: Session,
  statements: readonly Statement[],
): Promise<TogetherResult> {
  const result = await session.run(statements.map(({ sql }) => sql).join(between), {
    statements: statements.length,
  });
  const { error, sets } = result;
  if (!error) return { ...result, failed: null };
  if (error.position === null) return { ...result, failed: sets.length };
  let position = error.position;
  let failed = 0;
  for (const { sql } of statements.slice(0, -1)) {
    // The server counts characters, not UTF-16 units, from the start of what was sent.
    const length = [...sql].length + between.length;
    if (position <= length) break;
    position -= length;
    failed += 1;
  }
  return { ...result, failed, error: { ...error, position } };
}

/** A statement may end in a comment that runs to the end of its line. */
const between = "\n;\n";

/** How many rows a write changed, as its tag says: `INSERT 0 2`, `DELETE 3`. */
export function rowsOf(tag: string): number {
  return Number(/(\d+)$/.exec(tag)?.[1] ?? 0);
}
